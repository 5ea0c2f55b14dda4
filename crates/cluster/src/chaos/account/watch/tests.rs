use std::time::Duration;

use serde_json::json;

use super::*;

/// A reader, and a moment that goes on with each step of it.
struct Story {
    watch: Watch,
    now: Instant,
    events: Vec<Value>,
    handed_in: Instant,
}

const ORDER: &str = "an order";
const STATUSES: [&str; 5] = ["pending", "routing", "building", "submitted", "confirmed"];

impl Story {
    /// A reader, and an order that is submitted afterwards and ends.
    fn of_an_order() -> Self {
        let now = Instant::now();
        let mut story = Self {
            watch: Watch::default(),
            now,
            events: (0..5).map(event).collect(),
            handed_in: now,
        };
        let began = story.later();
        story.watch.begins(began);
        story.handed_in = story.later();
        story
    }

    fn later(&mut self) -> Instant {
        self.now += Duration::from_millis(1);
        self.now
    }

    fn tells(mut self, seqs: impl IntoIterator<Item = u64>) -> Self {
        for seq in seqs {
            let mut message = event(seq);
            message["cursor"] = json!(format!("after {seq}"));
            self.watch.sees(&message);
        }
        self
    }

    fn resyncs(mut self) -> Self {
        let now = self.later();
        self.watch.resyncs_at(now);
        self
    }

    fn orders(&self) -> [Told<'_>; 1] {
        [Told {
            id: ORDER,
            handed_in: self.handed_in,
            events: &self.events,
        }]
    }

    #[track_caller]
    fn check_untold(&self, expected: &[&str]) {
        let untold: Vec<String> = self.watch.untold(&self.orders()).collect();
        assert_eq!(untold, expected);
    }

    #[track_caller]
    fn check_well(&self) {
        self.check_untold(&[]);
        assert_eq!(self.watch.complaints(), []);
        assert_eq!(self.watch.wrong(&self.orders()).count(), 0);
    }
}

fn event(seq: u64) -> Value {
    let status = usize::try_from(seq).ok().and_then(|seq| STATUSES.get(seq));
    json!({"orderId": ORDER, "seq": seq, "status": status})
}

#[test]
fn a_reader_that_is_told_everything_has_nothing_to_complain_of() {
    Story::of_an_order().tells(0..5).check_well();
}

#[test]
fn an_event_that_never_comes_is_untold() {
    let story = Story::of_an_order().tells([0, 1, 3, 4]);

    story.check_untold(&["an order: not told of 2 (building)"]);
}

#[test]
fn an_end_that_never_comes_is_untold() {
    let story = Story::of_an_order().tells(0..4);

    story.check_untold(&["an order: not told of 4 (confirmed)"]);
}

#[test]
fn an_order_that_was_never_announced_is_untold() {
    let mut story = Story::of_an_order();
    story.events.truncate(2);

    story.check_untold(&["an order: not told of 0 (pending), 1 (routing)"]);
}

#[test]
fn a_resync_explains_what_is_missing_before_it_and_after_it_of_orders_that_were_there() {
    Story::of_an_order()
        .tells([0, 1])
        .resyncs()
        .tells([4])
        .check_well();
    Story::of_an_order().tells([0, 1, 4]).resyncs().check_well();
    Story::of_an_order().resyncs().check_well();
}

#[test]
fn a_resync_explains_nothing_of_an_order_that_is_handed_in_after_it() {
    let mut story = Story::of_an_order().resyncs();
    story.handed_in = story.later();

    let story = story.tells([0, 1, 3, 4]);

    story.check_untold(&["an order: not told of 2 (building)"]);
}

#[test]
fn a_reader_that_begins_anew_knows_nothing_of_what_was_before() {
    let mut story = Story::of_an_order().tells([0]);
    let now = story.later();

    story.watch.begins(now);

    story.check_well();
    assert_eq!(story.watch.resyncs(), 0);
}

#[test]
fn an_event_that_comes_after_its_successor_is_told() {
    let story = Story::of_an_order().tells([0, 2, 1, 3, 4]);

    story.check_untold(&[]);
    story.check_well();
}

#[test]
fn after_a_resync_what_is_older_than_what_was_told_before_may_come() {
    Story::of_an_order()
        .tells([0, 3])
        .resyncs()
        .tells([1, 4])
        .check_well();
}

#[test]
fn an_event_that_comes_twice_does_no_harm() {
    Story::of_an_order()
        .tells([0, 1, 1, 0, 2, 3, 4])
        .check_well();
}

#[test]
fn another_event_than_the_one_that_happened_is_told_wrongly() {
    let mut story = Story::of_an_order().tells(0..5);
    story.events[4] = json!({"orderId": ORDER, "seq": 4, "status": "failed"});

    let wrong: Vec<String> = story.watch.wrong(&story.orders()).collect();

    assert_eq!(wrong, ["an order: told of another event 4 than its stream"]);
}

#[test]
fn an_event_beyond_the_order_s_end_is_told_wrongly() {
    let mut story = Story::of_an_order().tells(0..5);
    story.events.truncate(4);

    assert_eq!(story.watch.wrong(&story.orders()).count(), 1);
}

#[test]
fn what_is_no_event_is_a_complaint() {
    let mut story = Story::of_an_order();

    story.watch.sees(&json!({"type": "hello"}));

    assert_eq!(story.watch.complaints().len(), 1);
}
