//! The queue against a naive model: lists searched from end to end.
//!
//! Invariants, after every step:
//! 1. An order is in one place at most, and is handed out only from there.
//! 2. What the model hands out, the queue hands out, in the same order.
//! 3. The gauges say what is there.

use proptest::prelude::*;
use uuid::Uuid;

use super::*;

const LEASE: Duration = Duration::from_secs(10);
const LIMITS: Limits = Limits {
    window: 1_000,
    resumes: 1_000,
    delayed: 1_000,
    lease: LEASE,
};

#[derive(Debug, Clone, Copy)]
enum Step {
    Push {
        order: u8,
        client: u8,
    },
    PushResume {
        order: u8,
    },
    PushDelayed {
        order: u8,
        client: u8,
        seconds: u8,
    },
    Claim {
        worker: u8,
        max: usize,
        resumes: bool,
    },
    Ack {
        held: usize,
    },
    Retry {
        held: usize,
        seconds: u8,
    },
    Leave {
        worker: u8,
    },
    Heartbeat {
        worker: u8,
    },
    Reap,
    Pass {
        seconds: u8,
    },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let (order, client, worker, seconds) = (0u8..40, 0u8..4, 0u8..3, 0u8..15);
    let step = prop_oneof![
        4 => (order.clone(), client.clone()).prop_map(|(order, client)| Step::Push { order, client }),
        1 => order.clone().prop_map(|order| Step::PushResume { order }),
        1 => (order, client, seconds.clone())
            .prop_map(|(order, client, seconds)| Step::PushDelayed { order, client, seconds }),
        4 => (worker.clone(), 1usize..4, any::<bool>())
            .prop_map(|(worker, max, resumes)| Step::Claim { worker, max, resumes }),
        2 => (0usize..100).prop_map(|held| Step::Ack { held }),
        2 => (0usize..100, seconds.clone()).prop_map(|(held, seconds)| Step::Retry { held, seconds }),
        1 => worker.clone().prop_map(|worker| Step::Leave { worker }),
        1 => worker.prop_map(|worker| Step::Heartbeat { worker }),
        1 => Just(Step::Reap),
        2 => seconds.prop_map(|seconds| Step::Pass { seconds }),
    ];
    prop::collection::vec(step, 0..120)
}

/// Every entry with its place; times in seconds.
#[derive(Debug, Default)]
struct Model {
    ready: Vec<Job>,
    ring: Vec<ClientId>,
    delayed: Vec<(u64, Job)>,
    held: Vec<(u8, Job)>,
    seen: Vec<(u8, u64)>,
}

impl Model {
    fn knows(&self, order: OrderId) -> bool {
        let ready = self.ready.iter();
        let delayed = self.delayed.iter().map(|(_, job)| job);
        let held = self.held.iter().map(|(_, job)| job);
        ready
            .chain(delayed)
            .chain(held)
            .any(|job| job.order_id == order)
    }

    fn add(&mut self, job: Job) {
        if job.starts_execution && !self.ring.contains(&job.client) {
            self.ring.push(job.client.clone());
        }
        self.ready.push(job);
        self.ready.sort_by_key(|job| job.order_id);
    }

    fn next(&mut self, resumes: bool) -> Option<Job> {
        if let Some(index) = self.ready.iter().position(|job| !job.starts_execution) {
            return Some(self.ready.remove(index));
        }
        if resumes || self.ring.is_empty() {
            return None;
        }
        let client = self.ring.remove(0);
        let of_client = |job: &Job| job.starts_execution && job.client == client;
        let index = self.ready.iter().position(of_client)?;
        let job = self.ready.remove(index);
        if self.ready.iter().any(of_client) {
            self.ring.push(client.clone());
        }
        Some(job)
    }

    fn claim(&mut self, worker: u8, max: usize, resumes: bool, now: u64) -> Vec<Job> {
        self.delayed.sort_by_key(|(due, job)| (*due, job.order_id));
        while self.delayed.first().is_some_and(|(due, _)| *due <= now) {
            let (_, job) = self.delayed.remove(0);
            self.add(job);
        }
        let jobs: Vec<_> = std::iter::from_fn(|| self.next(resumes))
            .take(max)
            .collect();
        if !self.seen.iter().any(|(id, _)| *id == worker) {
            self.seen.push((worker, now));
        }
        self.held
            .extend(jobs.iter().map(|job| (worker, job.clone())));
        jobs
    }

    fn give_back(&mut self, worker: u8) -> usize {
        self.seen.retain(|(id, _)| *id != worker);
        let (mut back, held) = std::mem::take(&mut self.held)
            .into_iter()
            .partition::<Vec<_>, _>(|(id, _)| *id == worker);
        self.held = held;
        back.sort_by_key(|(_, job)| job.order_id);
        let count = back.len();
        back.into_iter().for_each(|(_, job)| self.add(job));
        count
    }

    fn reap(&mut self, now: u64) -> usize {
        let silent = |(_, seen): &&(u8, u64)| now - seen > LEASE.as_secs();
        let mut silent: Vec<_> = self.seen.iter().filter(silent).map(|(id, _)| *id).collect();
        silent.sort_unstable();
        silent
            .into_iter()
            .map(|worker| self.give_back(worker))
            .sum()
    }

    fn depth(&self) -> Depth {
        let count = |size: usize| u64::try_from(size).unwrap();
        Depth {
            ready: count(self.ready.len()),
            delayed: count(self.delayed.len()),
            in_flight: count(self.held.len()),
            ..Depth::default()
        }
    }
}

fn worker_id(worker: u8) -> WorkerId {
    WorkerId::new(Uuid::from_u128(u128::from(worker)))
}

fn job(order: u8, client: u8, starts_execution: bool) -> Job {
    Job {
        order_id: OrderId::new(Uuid::from_u128(u128::from(order))),
        client: ClientId::parse(&format!("client-{client}")).unwrap(),
        starts_execution,
    }
}

fn delivery(held: &(u8, Job)) -> Delivery {
    Delivery {
        job: held.1.clone(),
        worker: worker_id(held.0),
    }
}

/// Takes one of the held entries out of the model, if there is any.
fn pick(model: &mut Model, index: usize) -> Option<(u8, Job)> {
    let count = model.held.len();
    (count > 0).then(|| model.held.remove(index % count))
}

fn take_step(step: Step, queue: &mut State, model: &mut Model, now: &mut u64) {
    let at = |seconds: u64| Duration::from_secs(seconds);
    match step {
        Step::Push { order, client } => {
            let job = job(order, client, true);
            let known = model.knows(job.order_id);
            assert_eq!(queue.push(&job), !known);
            if !known {
                model.add(job);
            }
        }
        Step::PushResume { order } => {
            let job = job(order, 0, false);
            let known = model.knows(job.order_id);
            assert_eq!(queue.push(&job), !known);
            if !known {
                model.add(job);
            }
        }
        Step::PushDelayed {
            order,
            client,
            seconds,
        } => {
            let job = job(order, client, true);
            let due = *now + u64::from(seconds);
            if !model.knows(job.order_id) {
                model.delayed.push((due, job.clone()));
            }
            queue.push_delayed(job, at(due));
        }
        Step::Claim {
            worker,
            max,
            resumes,
        } => {
            let wanted = if resumes {
                Wanted::Resumes
            } else {
                Wanted::Any
            };
            let claimed = queue.claim(worker_id(worker), max, wanted, at(*now));
            assert_eq!(claimed, model.claim(worker, max, resumes, *now));
        }
        Step::Ack { held } => {
            if let Some(held) = pick(model, held) {
                queue.ack(&delivery(&held));
                // A second word about it says nothing.
                queue.ack(&delivery(&held));
            }
        }
        Step::Retry { held, seconds } => {
            if let Some(held) = pick(model, held) {
                let due = *now + u64::from(seconds);
                queue.retry(&delivery(&held), at(due), at(*now));
                queue.ack(&delivery(&held));
                if due <= *now {
                    model.add(held.1);
                } else {
                    model.delayed.push((due, held.1));
                }
            }
        }
        Step::Leave { worker } => {
            assert_eq!(queue.give_back(worker_id(worker)), model.give_back(worker));
        }
        Step::Heartbeat { worker } => {
            queue.heartbeat(worker_id(worker), at(*now));
            model.seen.retain(|(id, _)| *id != worker);
            model.seen.push((worker, *now));
        }
        Step::Reap => assert_eq!(queue.reap(at(*now)), model.reap(*now)),
        Step::Pass { seconds } => *now += u64::from(seconds),
    }
}

proptest! {
    #[test]
    fn any_sequence_of_calls_is_as_the_model_says(steps in steps()) {
        let (mut queue, mut model, mut now) = (State::new(LIMITS), Model::default(), 0);

        for step in steps {
            take_step(step, &mut queue, &mut model, &mut now);
            prop_assert_eq!(queue.depth(), model.depth());
        }
    }

    #[test]
    fn a_bounded_queue_hands_out_everything_oldest_first(
        orders in prop::collection::vec(any::<u8>(), 0..200),
        window in 1usize..20,
        burst in 1usize..7,
    ) {
        let mut queue = State::new(Limits { window, ..LIMITS });
        let store: BTreeSet<_> = orders.iter().copied().collect();
        let mut waiting: Vec<_> = store.iter().map(|order| job(*order, 0, true)).collect();
        let expected = waiting.clone();
        for order in &orders {
            queue.push(&job(*order, 0, true));
        }
        prop_assert_eq!(queue.depth().is_overflowing, store.len() > window);
        let mut served = Vec::new();

        while !waiting.is_empty() {
            let claimed = queue.claim(worker_id(0), burst, Wanted::Any, Duration::ZERO);
            prop_assert!(!claimed.is_empty(), "it starves with {} waiting", waiting.len());
            waiting.retain(|job| !claimed.contains(job));
            served.extend(claimed);
            if queue.take_wakes().hungry {
                // The sweeper brings what the store knows.
                for job in &waiting {
                    queue.push(job);
                }
            }
            prop_assert!(queue.waiting() <= window);
        }

        prop_assert_eq!(served, expected);
        prop_assert!(!queue.depth().is_overflowing);
    }
}
