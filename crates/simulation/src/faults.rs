//! What may happen to a call on its way out of a process and back: it is lost before it arrives,
//! its answer is lost, or it comes late. The seed decides how often; an actor may also take a whole
//! server down.

pub(crate) mod chain;
pub(crate) mod feed;
pub(crate) mod lies;
pub(crate) mod queue;
pub(crate) mod store;

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use ports::{Error, Random, Result, Shutdown};

use crate::process::Process;

/// How long a slow call takes at most.
const SLOW: Duration = Duration::from_millis(300);
/// How much later a call that counts as lost may still arrive.
const LATE: Duration = Duration::from_millis(500);

/// The probabilities of one kind of server, each out of 1.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Climate {
    pub(crate) request_lost: f64,
    pub(crate) answer_lost: f64,
    pub(crate) late: f64,
    pub(crate) slow: f64,
    /// Delivered twice, if that has a meaning.
    pub(crate) doubled: f64,
}

impl Climate {
    /// Draws how bad it is: most servers work most of the time.
    fn draw(random: &Random) -> Self {
        let worst = [0.0, 0.0, 0.02, 0.1, 0.3][usize::try_from(random.below(5)).unwrap_or(0)];
        let part = || worst * f64::from(u8::try_from(random.below(101)).unwrap_or(0)) / 100.0;
        Self {
            request_lost: part(),
            answer_lost: part(),
            late: part(),
            slow: part() * 2.0,
            doubled: part(),
        }
    }
}

/// One kind of server, shared by all processes.
#[derive(Debug)]
pub(crate) struct Server {
    name: &'static str,
    climate: Climate,
    is_away: AtomicBool,
    is_calm: AtomicBool,
    faults: AtomicU64,
}

impl Server {
    pub(crate) fn new(name: &'static str, random: &Random) -> Arc<Self> {
        Arc::new(Self {
            name,
            climate: Climate::draw(random),
            is_away: AtomicBool::new(false),
            is_calm: AtomicBool::new(false),
            faults: AtomicU64::new(0),
        })
    }

    /// Takes it down, or brings it back.
    pub(crate) fn set_away(&self, is_away: bool) {
        self.is_away.store(is_away, Ordering::Relaxed);
    }

    /// Ends all faults, for good.
    pub(crate) fn calm_down(&self) {
        self.set_away(false);
        self.is_calm.store(true, Ordering::Relaxed);
    }

    pub(crate) fn faults(&self) -> u64 {
        self.faults.load(Ordering::Relaxed)
    }

    fn lies(&self) -> bool {
        let lies = !self.is_calm.load(Ordering::Relaxed);
        self.faults.fetch_add(u64::from(lies), Ordering::Relaxed);
        lies
    }

    fn happens(&self, fortune: &Random, chance: f64) -> bool {
        // Drawn even without faults, so that ending the faults does not shift later draws.
        let happens = fortune.chance(chance) && !self.is_calm.load(Ordering::Relaxed);
        self.faults.fetch_add(u64::from(happens), Ordering::Relaxed);
        happens
    }
}

/// A process' connection to a server.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) process: Arc<Process>,
    pub(crate) server: Arc<Server>,
    /// Carries calls that arrive after their sender has given up, or died.
    pub(crate) network: Shutdown,
}

/// What happens to one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Answered,
    RequestLost,
    AnswerLost,
    /// It counts as lost, and arrives later.
    Late(Duration),
}

impl Line {
    pub(crate) fn happens(&self, chance: impl Fn(&Climate) -> f64) -> bool {
        let chance = chance(&self.server.climate);
        self.server.happens(&self.process.fortune, chance)
    }

    /// Whether whoever is at its end may say what is not so; counted as a fault each time.
    pub(crate) fn lies(&self) -> bool {
        self.server.lies()
    }

    /// Leaves the process; returns what happens to the call.
    pub(crate) async fn leave(&self) -> Fate {
        self.process.pass().await;
        self.take_time().await;
        if self.server.is_away.load(Ordering::Relaxed) {
            self.server.faults.fetch_add(1, Ordering::Relaxed);
            return Fate::RequestLost;
        }
        if self.happens(|climate| climate.request_lost) {
            Fate::RequestLost
        } else if self.happens(|climate| climate.answer_lost) {
            Fate::AnswerLost
        } else if self.happens(|climate| climate.late) {
            Fate::Late(self.process.fortune.duration_below(LATE))
        } else {
            Fate::Answered
        }
    }

    /// Comes back into the process.
    pub(crate) async fn come_back(&self) {
        self.take_time().await;
        self.process.pass().await;
    }

    async fn take_time(&self) {
        let time = self.process.fortune.duration_below(SLOW);
        if self.happens(|climate| climate.slow) {
            tokio::time::sleep(time).await;
        }
    }

    /// Lets a call arrive later, whatever has become of its sender.
    pub(crate) fn deliver_late(
        &self,
        delay: Duration,
        call: impl Future<Output = ()> + Send + 'static,
    ) {
        self.network.spawn(async move {
            tokio::time::sleep(delay).await;
            call.await;
        });
    }

    fn lost(&self) -> Error {
        Error::unavailable(self.server.name, "the request was lost")
    }

    /// A call that changes nothing.
    pub(crate) async fn ask<T>(&self, call: impl Future<Output = Result<T>> + Send) -> Result<T> {
        match self.leave().await {
            Fate::RequestLost | Fate::Late(_) => Err(self.lost()),
            Fate::AnswerLost => {
                self.come_back().await;
                Err(self.lost())
            }
            Fate::Answered => {
                let answer = call.await;
                self.come_back().await;
                answer
            }
        }
    }

    /// A call that changes something.
    pub(crate) async fn tell<T: Send + 'static>(
        &self,
        call: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Result<T> {
        let unknown = || Error::outcome_unknown(self.server.name, "no answer came");
        match self.leave().await {
            Fate::RequestLost => Err(self.lost()),
            Fate::AnswerLost => {
                let _ = call.await;
                self.come_back().await;
                Err(unknown())
            }
            Fate::Late(delay) => {
                self.deliver_late(delay, async {
                    let _ = call.await;
                });
                self.come_back().await;
                Err(unknown())
            }
            Fate::Answered => {
                let answer = call.await;
                self.come_back().await;
                answer
            }
        }
    }
}
