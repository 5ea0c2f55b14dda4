//! Compares the queue with a naive model: lists searched from end to end.
//!
//! Invariants, after every step:
//! 1. An order is in one place at most, and is handed out only from there.
//! 2. The queue hands out what the model hands out, in the same order.
//! 3. The gauges match the content.

use std::collections::BTreeSet;

use proptest::prelude::*;
use uuid::Uuid;

use super::*;

const CLIENTS: u8 = 4;
const LIMITS: Limits = Limits {
    window: 1_000,
    resumes: 1_000,
    delayed: 1_000,
};

#[derive(Debug, Clone, Copy)]
enum Step {
    Push {
        order: u8,
    },
    PushResume {
        order: u8,
    },
    PushDelayed {
        order: u8,
        seconds: u8,
    },
    /// What was handed out within this time is left out.
    Refill {
        order: u8,
        seconds: u8,
    },
    Pop {
        max: usize,
        resumes: bool,
    },
    Pass {
        seconds: u8,
    },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let (order, seconds) = (0u8..40, 0u8..15);
    let step = prop_oneof![
        4 => order.clone().prop_map(|order| Step::Push { order }),
        1 => order.clone().prop_map(|order| Step::PushResume { order }),
        1 => (order.clone(), seconds.clone())
            .prop_map(|(order, seconds)| Step::PushDelayed { order, seconds }),
        2 => (order, seconds.clone()).prop_map(|(order, seconds)| Step::Refill { order, seconds }),
        4 => (1usize..4, any::<bool>()).prop_map(|(max, resumes)| Step::Pop { max, resumes }),
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
    popped: Vec<(u64, OrderId)>,
}

impl Model {
    fn knows(&self, order: OrderId) -> bool {
        let ready = self.ready.iter();
        let delayed = self.delayed.iter().map(|(_, job)| job);
        ready.chain(delayed).any(|job| job.order_id == order)
    }

    /// A resume replaces a start.
    fn forget_start(&mut self, order: OrderId) {
        let is_start = |job: &Job| job.order_id == order && job.starts_execution;
        self.ready.retain(|job| !is_start(job));
        self.delayed.retain(|(_, job)| !is_start(job));
    }

    fn add(&mut self, job: Job) {
        if job.starts_execution && !self.ring.contains(&job.client) {
            self.ring.push(job.client.clone());
        }
        self.ready.push(job);
        let comes_later = |job: &Job| job.starts_execution && !job.has_fired;
        self.ready
            .sort_by_key(|job| (comes_later(job), job.order_id));
    }

    fn next(&mut self, resumes: bool) -> Option<Job> {
        if let Some(index) = self.ready.iter().position(|job| !job.starts_execution) {
            return Some(self.ready.remove(index));
        }
        if resumes {
            return None;
        }
        while !self.ring.is_empty() {
            let client = self.ring.remove(0);
            let of_client = |job: &Job| job.starts_execution && job.client == client;
            let Some(index) = self.ready.iter().position(of_client) else {
                continue;
            };
            let job = self.ready.remove(index);
            if self.ready.iter().any(of_client) {
                self.ring.push(client.clone());
            }
            return Some(job);
        }
        None
    }

    fn pop(&mut self, max: usize, resumes: bool, now: u64) -> Vec<Job> {
        self.delayed.sort_by_key(|(due, job)| (*due, job.order_id));
        while self.delayed.first().is_some_and(|(due, _)| *due <= now) {
            let (_, job) = self.delayed.remove(0);
            self.add(job);
        }
        let jobs: Vec<_> = std::iter::from_fn(|| self.next(resumes))
            .take(max)
            .collect();
        self.popped
            .extend(jobs.iter().map(|job| (now, job.order_id)));
        jobs
    }

    fn depth(&self) -> Depth {
        let count = |size: usize| u64::try_from(size).unwrap();
        Depth {
            ready: count(self.ready.len()),
            delayed: count(self.delayed.len()),
            ..Depth::default()
        }
    }
}

/// An order always belongs to the same client.
fn job(order: u8, starts_execution: bool) -> Job {
    let client = order % CLIENTS;
    Job {
        order_id: OrderId::new(Uuid::from_u128(u128::from(order))),
        client: ClientId::parse(&format!("client-{client}")).unwrap(),
        starts_execution,
        has_fired: starts_execution && order.is_multiple_of(5),
    }
}

fn take_step(step: Step, queue: &mut State, model: &mut Model, now: &mut u64) {
    let at = |seconds: u64| Duration::from_secs(seconds);
    match step {
        Step::Push { order } => {
            let job = job(order, true);
            let known = model.knows(job.order_id);
            assert_eq!(queue.push(&job), !known);
            if !known {
                model.add(job);
            }
        }
        Step::PushResume { order } => {
            let job = job(order, false);
            model.forget_start(job.order_id);
            let known = model.knows(job.order_id);
            assert_eq!(queue.push(&job), !known);
            if !known {
                model.add(job);
            }
        }
        Step::PushDelayed { order, seconds } => {
            let job = job(order, true);
            let due = *now + u64::from(seconds);
            if !model.knows(job.order_id) {
                model.delayed.push((due, job.clone()));
            }
            queue.push_delayed(job, at(due));
        }
        Step::Refill { order, seconds } => {
            let job = job(order, true);
            let is_recent = |(popped, id): &(u64, OrderId)| {
                *id == job.order_id && *now - popped < u64::from(seconds)
            };
            let is_left_out = model.popped.iter().any(is_recent);
            let known = model.knows(job.order_id);
            let refilled = queue.refill(&job, at(u64::from(seconds)), at(*now));
            assert_eq!(refilled, !known && !is_left_out);
            if refilled {
                model.add(job);
            }
        }
        Step::Pop { max, resumes } => {
            let wanted = if resumes {
                Wanted::Resumes
            } else {
                Wanted::Any
            };
            let popped = queue.pop(max, wanted, at(*now));
            assert_eq!(popped, model.pop(max, resumes, *now));
        }
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
    fn a_bounded_queue_hands_out_everything_in_turn(
        // All of one client.
        orders in prop::collection::vec(any::<u8>().prop_map(|n| n - n % CLIENTS), 0..200),
        window in 1usize..20,
        burst in 1usize..7,
    ) {
        let mut queue = State::new(Limits { window, ..LIMITS });
        let store: BTreeSet<_> = orders.iter().copied().collect();
        let mut waiting: Vec<_> = store.iter().map(|order| job(*order, true)).collect();
        let mut expected = waiting.clone();
        expected.sort_by_key(Turn::of);
        for order in &orders {
            queue.push(&job(*order, true));
        }
        prop_assert_eq!(queue.depth().is_overflowing, store.len() > window);
        let mut served = Vec::new();

        while !waiting.is_empty() {
            let popped = queue.pop(burst, Wanted::Any, Duration::ZERO);
            prop_assert!(!popped.is_empty(), "it starves with {} waiting", waiting.len());
            waiting.retain(|job| !popped.contains(job));
            served.extend(popped);
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
