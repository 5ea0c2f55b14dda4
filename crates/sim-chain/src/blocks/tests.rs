//! Heights on a clock moved by hand.

use async_trait::async_trait;
use domain::Timestamp;

use super::*;

const BLOCK_TIME: Duration = Duration::from_millis(20);

#[derive(Debug, Default)]
struct ManualClock(Mutex<Duration>);

impl ManualClock {
    fn pass_blocks(&self, blocks: u32) {
        *self.0.lock().unwrap() += BLOCK_TIME * blocks;
    }
}

#[async_trait]
impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(0)
    }

    fn monotonic(&self) -> Duration {
        *self.0.lock().unwrap()
    }

    async fn sleep(&self, _: Duration) {
        std::future::pending::<()>().await;
    }
}

fn blocks(mark: u64) -> (Arc<ManualClock>, Blocks) {
    let clock = Arc::new(ManualClock::default());
    (clock.clone(), Blocks::from_mark(clock, BLOCK_TIME, mark))
}

fn move_mark(blocks: &Blocks) {
    blocks.pin().mark_is_written();
}

#[test]
fn no_height_is_shown_beyond_the_mark_on_disk() {
    let (clock, blocks) = blocks(100);
    assert_eq!(blocks.look(), Look::HeightMarkLow(100));

    clock.pass_blocks(1);
    assert_eq!(blocks.look(), Look::BeyondMark);

    move_mark(&blocks);
    assert_eq!(blocks.look(), Look::Height(101));
}

#[test]
fn a_mark_that_was_not_written_is_not_relied_on() {
    let (clock, blocks) = blocks(100);
    clock.pass_blocks(1);

    drop(blocks.pin());

    assert_eq!(blocks.look(), Look::BeyondMark);
}

#[test]
fn the_mark_is_asked_for_once_while_it_is_low() {
    let (clock, blocks) = blocks(100);
    move_mark(&blocks);
    assert_eq!(blocks.look(), Look::Height(100));

    clock.pass_blocks(9);
    assert_eq!(blocks.look(), Look::HeightMarkLow(109));
    assert_eq!(blocks.look(), Look::Height(109));

    move_mark(&blocks);
    clock.pass_blocks(8);
    assert_eq!(blocks.look(), Look::Height(117));
}

#[test]
fn the_height_stands_still_while_a_batch_is_open() {
    let (clock, blocks) = blocks(100);
    move_mark(&blocks);
    let pin = blocks.pin();

    clock.pass_blocks(5);
    assert_eq!(pin.height, 100);
    assert_eq!(blocks.look(), Look::Height(100));

    drop(pin);
    assert_eq!(blocks.look(), Look::Height(105));
}

#[test]
fn a_batch_is_never_judged_below_a_height_that_was_shown() {
    let (clock, blocks) = blocks(100);
    move_mark(&blocks);
    clock.pass_blocks(3);
    assert_eq!(blocks.look(), Look::Height(103));

    assert_eq!(blocks.pin().height, 103);
}

#[test]
fn the_time_of_a_height_is_when_the_clock_shows_it() {
    let (clock, blocks) = blocks(100);
    move_mark(&blocks);

    *clock.0.lock().unwrap() = blocks.time_of(104);

    assert_eq!(blocks.look(), Look::Height(104));
}
