//! Sends calls in lists: calls that arrive while the allowed number of lists is in flight make up the next list.
//! No call waits for a timer, and no task runs while there are no calls.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ports::Shutdown;
use reqwest::{Client, Response, Url};
use tokio::sync::oneshot;

use crate::rpc::{Answer, CALLS_MAX, Call, Reply, Request};

/// Calls that may wait to be sent. With more of them the chain counts as unreachable.
const WAITING_MAX: usize = 16_384;
/// The longest a call takes, its wait to be sent included.
const CALL_LIMIT: Duration = Duration::from_secs(6);
/// The longest a list takes, so that a frozen chain does not hold its place for ever.
const LIST_LIMIT: Duration = Duration::from_secs(5);
/// The longest line read: a full page of the ledger fits easily.
const LINE_MAX: usize = 4 * 1024 * 1024;

/// One queue of calls to the chain, with its own limit on lists in flight.
pub(super) struct Lane {
    http: Client,
    url: Url,
    shutdown: Shutdown,
    in_flight_max: usize,
    queue: Mutex<Queue>,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Job>,
    in_flight: usize,
}

struct Job {
    call: Call,
    caller: oneshot::Sender<Result<Answer, String>>,
}

impl Lane {
    pub(super) fn new(http: Client, url: Url, shutdown: Shutdown, in_flight_max: usize) -> Self {
        Self {
            http,
            url,
            shutdown,
            in_flight_max,
            queue: Mutex::default(),
        }
    }

    /// Makes a call. The error is a text for people.
    pub(super) async fn call(self: &Arc<Self>, call: Call) -> Result<Answer, String> {
        let (caller, answer) = oneshot::channel();
        self.enqueue(Job { call, caller })?;
        match tokio::time::timeout(CALL_LIMIT, answer).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err("this process is stopping".to_owned()),
            Err(_) => Err("no answer in time".to_owned()),
        }
    }

    fn enqueue(self: &Arc<Self>, job: Job) -> Result<(), String> {
        let mut queue = self.lock();
        if queue.waiting.len() >= WAITING_MAX {
            return Err("too many calls wait for it".to_owned());
        }
        queue.waiting.push_back(job);
        if queue.in_flight < self.in_flight_max {
            queue.in_flight += 1;
            let place = Place {
                lane: Arc::clone(self),
                is_free: false,
            };
            self.shutdown.spawn(place.send_lists());
        }
        Ok(())
    }

    async fn post(&self, jobs: Vec<Job>) {
        let mut callers = HashMap::with_capacity(jobs.len());
        let mut requests = Vec::with_capacity(jobs.len());
        for (id, Job { call, caller }) in (0u64..).zip(jobs) {
            requests.push(Request { id, call });
            callers.insert(id, caller);
        }
        let sent = self
            .http
            .post(self.url.clone())
            .timeout(LIST_LIMIT)
            .json(&requests)
            .send()
            .await;
        let read = match sent.and_then(Response::error_for_status) {
            Ok(response) => read_lines(response, &mut callers).await,
            Err(error) => Err(reason(&error)),
        };
        let reason = read
            .err()
            .unwrap_or_else(|| "it left out the answer".to_owned());
        for caller in callers.into_values() {
            // Here and below: a caller may have given up.
            let _ = caller.send(Err(reason.clone()));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        // Every change leaves the queue consistent.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One of the lists that may be in flight at once.
struct Place {
    lane: Arc<Lane>,
    is_free: bool,
}

impl Place {
    /// Sends what waits, list after list, until nothing does.
    async fn send_lists(mut self) {
        while let Some(jobs) = self.next_list() {
            self.lane.post(jobs).await;
        }
    }

    /// The next calls whose callers still wait. Without any, the place is freed.
    fn next_list(&mut self) -> Option<Vec<Job>> {
        let mut queue = self.lane.lock();
        queue.waiting.retain(|job| !job.caller.is_closed());
        if queue.waiting.is_empty() {
            queue.in_flight -= 1;
            self.is_free = true;
            return None;
        }
        let count = queue.waiting.len().min(CALLS_MAX);
        Some(queue.waiting.drain(..count).collect())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // The process is stopping: dropping the waiting calls tells their callers at once.
        if !self.is_free {
            let mut queue = self.lane.lock();
            queue.in_flight -= 1;
            queue.waiting.clear();
        }
    }
}

type Callers = HashMap<u64, oneshot::Sender<Result<Answer, String>>>;

/// Gives each line to its caller as soon as it arrives.
async fn read_lines(mut response: Response, callers: &mut Callers) -> Result<(), String> {
    let mut rest = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| reason(&error))? {
        rest.extend_from_slice(&chunk);
        let Some(end) = rest.iter().rposition(|byte| *byte == b'\n') else {
            if rest.len() > LINE_MAX {
                return Err("its answer is too long".to_owned());
            }
            continue;
        };
        let unfinished = rest.split_off(end + 1);
        for line in rest
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
        {
            let reply: Reply = serde_json::from_slice(line)
                .map_err(|_| "its answer cannot be understood".to_owned())?;
            if let Some(caller) = callers.remove(&reply.id) {
                let _ = caller.send(Ok(reply.answer));
            }
        }
        rest = unfinished;
    }
    Ok(())
}

fn reason(error: &reqwest::Error) -> String {
    let text = if error.is_timeout() {
        "no answer in time"
    } else if error.is_connect() {
        "it cannot be reached"
    } else if error.is_status() {
        "it refused the request"
    } else {
        "the connection broke"
    };
    text.to_owned()
}

impl fmt::Debug for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lane")
            .field("url", &self.url.as_str())
            .finish_non_exhaustive()
    }
}
