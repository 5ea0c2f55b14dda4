//! 1. However the feed loses, repeats and shuffles, and wherever connections are cut, a client sees each
//!    event of its order once, in order, up to the terminal one.
//! 2. A client is never shown what the store does not have.

use proptest::prelude::*;

use super::*;

/// What the world does to one order, its gateways and one client.
#[derive(Debug, Clone)]
enum Step {
    /// The store gets the next event.
    Record,
    /// The feed brings this one of the recorded events, again or for the first time.
    Feed(usize),
    /// The hub reads the store from where its log ends.
    ReadStore,
    /// The client takes what it is due.
    Show,
    /// The connection is cut; the client comes back with `since` to a gateway that knows nothing yet.
    Reconnect,
    /// The connection is cut; the client comes back with `since` to the same gateway.
    Rejoin,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => Just(Step::Record),
        6 => (0..20_usize).prop_map(Step::Feed),
        1 => Just(Step::ReadStore),
        3 => Just(Step::Show),
        1 => Just(Step::Reconnect),
        1 => Just(Step::Rejoin),
    ];
    prop::collection::vec(step, 0..120)
}

struct World {
    life: Vec<Status>,
    recorded: usize,
    log: Log,
    place: Place,
    shown: Vec<Seq>,
    over: bool,
}

impl World {
    fn new(length: usize) -> Self {
        let mut life = vec![Status::Routing; length];
        life[0] = Status::Pending;
        life.push(Status::Confirmed);
        Self {
            life,
            recorded: 0,
            log: Log::default(),
            place: Place::after(None),
            shown: Vec::new(),
            over: false,
        }
    }

    fn offer(&mut self, index: usize) -> Verdict {
        let seq = Seq::new(u32::try_from(index).unwrap());
        self.log
            .offer(seq, self.life[index], || format!("event {index}").into())
    }

    fn take(&mut self, step: &Step) {
        match step {
            Step::Record => self.recorded = (self.recorded + 1).min(self.life.len()),
            Step::Feed(index) if *index < self.recorded => {
                self.offer(*index);
            }
            Step::Feed(_) => {}
            Step::ReadStore => {
                let from = usize::try_from(self.log.next().get()).unwrap();
                for index in from..self.recorded {
                    assert_eq!(self.offer(index), Verdict::Next);
                }
            }
            Step::Show => self.show(),
            Step::Reconnect => {
                self.log = Log::default();
                self.place = Place::after(self.shown.last().copied());
            }
            Step::Rejoin => self.place = Place::after(self.shown.last().copied()),
        }
    }

    fn show(&mut self) {
        match self.place.advance(&self.log) {
            Due::Event(told) => self.shown.push(told.seq),
            Due::Wait => {}
            Due::Over => self.over = true,
        }
    }
}

proptest! {
    #[test]
    fn a_client_sees_each_event_once_and_in_order(length in 1..12_usize, steps in steps()) {
        let mut world = World::new(length);

        for step in &steps {
            world.take(step);
            let expected: Vec<_> = (0..).map(Seq::new).take(world.shown.len()).collect();
            prop_assert_eq!(&world.shown, &expected);
            prop_assert!(world.shown.len() <= world.recorded);
            prop_assert!(!world.over || world.shown.len() == world.life.len());
        }

        // The order ends, the hub reads the store at last, the client takes what it is due.
        world.recorded = world.life.len();
        world.take(&Step::ReadStore);
        for _ in 0..=world.life.len() {
            world.show();
        }
        prop_assert!(world.over);
        prop_assert_eq!(world.shown.len(), world.life.len());
    }
}

#[test]
fn an_event_out_of_turn_is_a_hole_and_changes_nothing() {
    let mut log = Log::default();

    let verdict = log.offer(Seq::new(2), Status::Building, || unreachable!());

    assert_eq!(verdict, Verdict::Hole);
    assert_eq!(log.next(), Seq::FIRST);
}

#[test]
fn a_known_event_is_not_rendered_again() {
    let mut log = Log::default();
    log.offer(Seq::FIRST, Status::Pending, || "first".into());

    let verdict = log.offer(Seq::FIRST, Status::Pending, || unreachable!());

    assert_eq!(verdict, Verdict::Seen);
}

#[test]
fn a_client_that_has_seen_the_end_is_done_at_once() {
    let mut log = Log::default();
    log.offer(Seq::FIRST, Status::Pending, || "first".into());
    log.offer(Seq::new(1), Status::Cancelled, || "last".into());

    assert_eq!(Place::after(Some(Seq::new(1))).advance(&log), Due::Over);
    assert_eq!(Place::after(Some(Seq::new(9))).advance(&log), Due::Over);
}

#[test]
fn a_client_ahead_of_the_log_waits() {
    let mut log = Log::default();
    log.offer(Seq::FIRST, Status::Pending, || "first".into());

    assert_eq!(Place::after(Some(Seq::new(3))).advance(&log), Due::Wait);
}
