//! Pools that are asked for often are read when they change, and not for each quote. What is told is a hint: it never
//! makes a quote older than a read of its own would, as far as anybody told.

use std::collections::BTreeSet;
use std::sync::Mutex;

use tokio::sync::Notify;
use tokio::task::JoinSet;

use super::*;
use crate::rpc::changes::Seen;

/// Questions from which on a pair is read ahead.
const OFTEN: usize = 25;
const MOMENT: Duration = Duration::from_millis(1);

/// Somebody who tells what a test says.
#[derive(Debug, Default)]
struct Teller {
    seen: Mutex<Option<Seen>>,
    followed: Mutex<BTreeSet<Address>>,
    news: Notify,
}

impl Teller {
    fn tell(&self, seen: Option<Seen>) {
        *self.seen.lock().unwrap() = seen;
        self.news.notify_one();
    }

    fn followed(&self) -> Vec<Address> {
        self.followed.lock().unwrap().iter().copied().collect()
    }
}

#[async_trait]
impl Changes for Teller {
    fn follow(&self, accounts: &BTreeSet<Address>) {
        self.followed.lock().unwrap().clone_from(accounts);
    }

    fn seen(&self, _: &[Address]) -> Option<Seen> {
        *self.seen.lock().unwrap()
    }

    async fn next(&self) {
        self.news.notified().await;
    }

    async fn attend(&self) {
        std::future::pending::<()>().await;
    }
}

/// A slot in which one of the accounts changed, none before it unseen.
fn changed(slot: u64) -> Option<Seen> {
    Some(Seen {
        since: Duration::ZERO,
        changed_in: Slot::new(slot),
        newest: Slot::new(slot.max(SLOT)),
    })
}

struct Stage {
    script: Script,
    teller: Arc<Teller>,
    pools: Arc<PoolReader>,
    _attending: JoinSet<()>,
}

impl Stage {
    /// Pools that were asked for so often, each time read, and whoever tells of them has told this.
    async fn after(times: usize, told: Option<Seen>) -> Self {
        let reads = (0..times).map(|_| snapshot(&[DEEP]));
        let script = Script::new([search(&[DEEP])].into_iter().chain(reads));
        let teller = Arc::<Teller>::default();
        teller.tell(told);
        let clock = Arc::new(ports::SystemClock::new());
        let pools = PoolReader::new(script.rpc(), clock, &settings());
        let pools = Arc::new(pools.told_by(teller.clone()));
        let mut attending = JoinSet::new();
        let attended = Arc::clone(&pools);
        attending.spawn(async move { attended.attend().await });
        for _ in 0..times {
            asked(&pools).await.unwrap();
        }
        Self {
            script,
            teller,
            pools,
            _attending: attending,
        }
    }

    async fn slot(&self) -> u64 {
        asked(&self.pools).await.unwrap().slot
    }

    /// Lets what is under way come to its end.
    async fn pass(&self) {
        tokio::time::sleep(LATENCY + MOMENT).await;
    }
}

#[tokio::test(start_paused = true)]
async fn pools_asked_for_often_are_followed_and_not_read_while_nothing_changes() {
    let stage = Stage::after(OFTEN, changed(SLOT)).await;

    for _ in 0..10 {
        assert_eq!(stage.slot().await, SLOT);
    }

    let followed = stage.teller.followed();
    assert_eq!(followed.len(), 3, "the pool and its vaults: {followed:?}");
    assert!(followed.contains(&DEEP.address));
    stage.script.check_done();
}

#[tokio::test(start_paused = true)]
async fn a_change_is_read_before_the_next_quote_and_once() {
    let stage = Stage::after(OFTEN, changed(SLOT)).await;
    assert_eq!(stage.slot().await, SLOT);
    stage.script.then(snapshot_at(SLOT + 1, &[DEEP]));

    stage.teller.tell(changed(SLOT + 1));
    stage.pass().await;
    stage.teller.tell(changed(SLOT + 1));
    stage.pass().await;

    stage.script.check_done();
    assert_eq!(stage.slot().await, SLOT + 1);
}

#[tokio::test(start_paused = true)]
async fn a_quote_that_comes_while_a_change_is_read_waits_for_the_same_answer() {
    let stage = Stage::after(OFTEN, changed(SLOT)).await;
    stage.script.then(snapshot_at(SLOT + 1, &[DEEP]));

    stage.teller.tell(changed(SLOT + 1));
    tokio::time::sleep(LATENCY / 2).await;

    assert_eq!(stage.slot().await, SLOT + 1);
    stage.script.check_done();
}

#[tokio::test(start_paused = true)]
async fn where_nothing_is_told_each_quote_reads() {
    let stage = Stage::after(OFTEN, changed(SLOT)).await;

    stage.teller.tell(None);
    for _ in 0..3 {
        stage.script.then(snapshot_at(SLOT + 1, &[DEEP]));
        assert_eq!(stage.slot().await, SLOT + 1);
    }

    stage.script.check_done();
}

#[tokio::test(start_paused = true)]
async fn who_tells_of_older_slots_than_those_that_are_read_is_not_believed() {
    let stage = Stage::after(OFTEN, changed(SLOT)).await;

    stage.teller.tell(Some(Seen {
        since: Duration::ZERO,
        changed_in: Slot::new(SLOT - 9),
        newest: Slot::new(SLOT - 3),
    }));
    stage.script.then(snapshot(&[DEEP]));
    stage.slot().await;

    stage.script.check_done();
}

#[tokio::test(start_paused = true)]
async fn what_was_read_before_it_was_followed_is_read_anew() {
    let stage = Stage::after(OFTEN, None).await;
    stage.script.then(snapshot_at(SLOT + 1, &[DEEP]));

    stage.teller.tell(Some(Seen {
        since: Duration::from_secs(3_600),
        changed_in: Slot::new(0),
        newest: Slot::new(SLOT + 1),
    }));
    stage.pass().await;

    stage.script.check_done();
}

#[tokio::test(start_paused = true)]
async fn a_quiet_pool_is_read_again_before_its_reading_is_too_old_to_build_on() {
    let stage = Stage::after(OFTEN, changed(SLOT)).await;
    stage.script.then(snapshot(&[DEEP]));

    tokio::time::sleep(settings().quote_age_max / 2 + MOMENT).await;
    stage.slot().await;

    stage.script.check_done();
}

#[tokio::test(start_paused = true)]
async fn pools_that_are_doubted_are_looked_for_again_whoever_tells_that_nothing_changed() {
    let stage = Stage::after(OFTEN, changed(SLOT)).await;
    // Those found just now are not doubted.
    tokio::time::sleep(Duration::from_secs(11)).await;
    stage.script.then(snapshot(&[DEEP]));
    stage.slot().await;
    assert_eq!(stage.slot().await, SLOT);

    stage.pools.doubt(PAIR);
    stage.script.then(search(&[DEEP]));
    stage.script.then(snapshot(&[DEEP]));
    stage.slot().await;

    stage.script.check_done();
}

#[tokio::test(start_paused = true)]
async fn pools_asked_for_no_more_are_not_followed_any_more() {
    let stage = Stage::after(OFTEN, changed(SLOT)).await;
    assert!(!stage.teller.followed().is_empty());

    tokio::time::sleep(settings().pace.slot * 80).await;

    assert!(stage.teller.followed().is_empty());
    stage.script.check_done();
}

#[tokio::test(start_paused = true)]
async fn pools_asked_for_less_than_once_a_slot_are_not_followed() {
    let stage = Stage::after(1, changed(SLOT)).await;

    for _ in 0..4 * OFTEN {
        tokio::time::sleep(settings().pace.slot * 5 / 4).await;
        stage.script.then(snapshot(&[DEEP]));
        stage.slot().await;
    }

    assert!(stage.teller.followed().is_empty());
    stage.script.check_done();
}

#[tokio::test(start_paused = true)]
async fn a_watched_pair_is_followed_however_seldom_it_is_asked_for_and_its_changes_are_news() {
    let stage = Stage::after(1, changed(SLOT)).await;
    let (raydium, other) = (&stage.pools, Venue::Meteora);
    raydium.pools(other, PAIR).await.unwrap();
    assert_eq!(raydium.version(PAIR), None, "nobody watches it");

    raydium.watch(&[PAIR], &[]);
    stage.pass().await;

    assert_eq!(stage.teller.followed().len(), 3, "the pool and its vaults");
    let version = raydium.version(PAIR).expect("it is followed");
    stage.script.then(snapshot_at(SLOT + 1, &[DEEP]));
    stage.teller.tell(changed(SLOT + 1));
    raydium.news().await;
    assert_ne!(raydium.version(PAIR), Some(version));
    stage.pass().await;
    stage.script.check_done();
    raydium.watch(&[], &[]);
    stage.pass().await;
    assert_eq!(raydium.version(PAIR), None);
}
