use std::collections::VecDeque;

use domain::Venue;
use ports::SystemClock;
use tokio::task::JoinSet;

use super::*;
use crate::convert::mints;
use crate::pools::PoolReader;
use crate::pools::reader::Known;
use crate::script::{Call, LATENCY, Script};
use crate::world::{CPMM, DEEP, PAIR, search, settings, snapshot};
use dex_router::PoolSource as _;
use dex_router::pools::{PairPools, Unavailable};

const MOMENT: Duration = Duration::from_millis(1);

/// Somebody who tells of births what a test says.
#[derive(Debug, Default)]
struct Teller {
    since: Mutex<Option<Duration>>,
    born: Mutex<VecDeque<BTreeSet<Born>>>,
    told: Notify,
    watched: Mutex<BTreeSet<Address>>,
}

impl Teller {
    fn tell(&self, mints: (Address, Address)) {
        let program = CPMM.id();
        let born = BTreeSet::from([Born { program, mints }]);
        self.born.lock().unwrap().push_back(born);
        self.told.notify_one();
    }
}

#[async_trait::async_trait]
impl PoolBirths for Teller {
    fn watch(&self, tokens: &BTreeSet<Address>) {
        self.watched.lock().unwrap().clone_from(tokens);
    }

    fn told_since(&self, _: Address) -> Option<Duration> {
        *self.since.lock().unwrap()
    }

    async fn pools(&self) -> BTreeSet<Born> {
        loop {
            let born = self.born.lock().unwrap().pop_front();
            if let Some(born) = born {
                return born;
            }
            self.told.notified().await;
        }
    }
}

/// A reader that somebody attends to.
struct Stage {
    script: Script,
    teller: Arc<Teller>,
    pools: Arc<PoolReader>,
    attending: JoinSet<()>,
}

impl Stage {
    fn with(calls: impl IntoIterator<Item = Call>) -> Self {
        let script = Script::new(calls);
        let teller = Arc::<Teller>::default();
        let known = Known {
            births: Some(teller.clone()),
            ..Known::default()
        };
        let clock = Arc::new(SystemClock::new());
        let pools = PoolReader::finding(script.rpc(), clock, &settings(), known);
        let mut stage = Self {
            script,
            teller,
            pools: Arc::new(pools),
            attending: JoinSet::new(),
        };
        stage.attend();
        stage
    }

    fn attend(&mut self) {
        let attended = Arc::clone(&self.pools);
        self.attending.spawn(async move { attended.attend().await });
    }

    async fn asked(&self) -> Result<PairPools, Unavailable> {
        self.pools.pools(Venue::Raydium, PAIR).await
    }

    async fn found(&self) -> usize {
        self.asked().await.unwrap().pools.len()
    }

    /// Lets whoever attends come to rest.
    async fn pass(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }
}

fn fails() -> Call {
    let mut lost = search(&[]);
    if let Call::ProgramAccounts(_, _, answer) = &mut lost {
        *answer = Err(Error::unavailable("refused"));
    }
    lost
}

#[tokio::test(start_paused = true)]
async fn a_search_that_has_begun_goes_on_when_nobody_waits_for_it_any_more() {
    let stage = Stage::with([search(&[DEEP]).slow(), snapshot(&[DEEP])]);
    stage.pass(MOMENT).await;

    let impatient = timeout(LATENCY / 2, stage.asked()).await;
    stage.pass(LATENCY).await;

    assert!(impatient.is_err());
    // It has ended: whoever asks now makes no other search.
    assert_eq!(stage.found().await, 1);
    stage.script.check_done();
}

#[tokio::test(start_paused = true)]
async fn searches_end_with_whoever_attends_to_them() {
    let mut stage = Stage::with([search(&[]).slow(), search(&[DEEP]), snapshot(&[DEEP])]);
    stage.pass(MOMENT).await;

    let impatient = timeout(LATENCY / 2, stage.asked()).await;
    stage.attending.shutdown().await;
    stage.pass(LATENCY).await;

    assert!(impatient.is_err());
    assert_eq!(stage.found().await, 1, "it is begun again");
    stage.script.check_done();
}

#[tokio::test(start_paused = true)]
async fn a_stale_answer_that_there_is_no_pool_is_used_at_once_and_looked_at_anew() {
    let stage = Stage::with([search(&[]), search(&[DEEP]).slow(), snapshot(&[DEEP])]);
    stage.pass(MOMENT).await;
    assert_eq!(stage.found().await, 0);
    stage.pass(Duration::from_secs(2)).await;

    let before = tokio::time::Instant::now();
    let stale = stage.found().await;
    let waited = before.elapsed();
    stage.pass(2 * LATENCY).await;

    assert_eq!((stale, waited), (0, Duration::ZERO));
    assert_eq!(stage.found().await, 1);
    stage.script.check_done();
}

#[tokio::test(start_paused = true)]
async fn who_must_be_sure_waits_for_a_stale_answer_to_be_looked_at_anew() {
    let stage = Stage::with([search(&[]), fails(), search(&[DEEP]), snapshot(&[DEEP])]);
    stage.pass(MOMENT).await;
    let fresh = stage.pools.search_anew(&[PAIR]).await;
    assert_eq!(fresh, Ok(false), "what was never asked for is not stale");
    assert_eq!(stage.found().await, 0);
    assert_eq!(stage.pools.search_anew(&[PAIR]).await, Ok(false));
    stage.pass(Duration::from_secs(2)).await;

    let failed = stage.pools.search_anew(&[PAIR]).await;
    let searched = stage.pools.search_anew(&[PAIR]).await;

    assert!(failed.is_err(), "an error is no answer");
    assert_eq!(searched, Ok(true));
    assert_eq!(stage.found().await, 1);
    stage.script.check_done();
}

#[tokio::test(start_paused = true)]
async fn a_pair_that_was_never_searched_for_is_waited_for_and_an_error_is_no_answer() {
    let stage = Stage::with([fails(), search(&[DEEP]), snapshot(&[DEEP])]);
    stage.pass(MOMENT).await;

    assert!(stage.asked().await.is_err());
    assert_eq!(stage.found().await, 1);
    stage.script.check_done();
}

#[tokio::test(start_paused = true)]
async fn while_births_are_told_nobody_looks_again_whether_there_is_a_pool() {
    let stage = Stage::with([search(&[]), search(&[])]);
    *stage.teller.since.lock().unwrap() = Some(Duration::ZERO);
    stage.pass(MOMENT).await;

    for _ in 0..119 {
        assert_eq!(stage.found().await, 0);
        stage.pass(Duration::from_secs(5)).await;
    }
    // The socket is lost, and nobody tells any more.
    *stage.teller.since.lock().unwrap() = None;
    assert_eq!(stage.found().await, 0);
    stage.pass(LATENCY + MOMENT).await;

    stage.script.check_done();
}

#[tokio::test(start_paused = true)]
async fn a_pool_that_is_told_to_be_born_is_searched_for_at_once_and_what_was_known_is_used_no_more()
{
    let stage = Stage::with([search(&[]), search(&[DEEP]), snapshot(&[DEEP])]);
    *stage.teller.since.lock().unwrap() = Some(Duration::ZERO);
    stage.pass(MOMENT).await;
    assert_eq!(stage.found().await, 0);

    stage.teller.tell(mints(PAIR));
    stage.pass(MOMENT).await;

    // It waits for the search that the birth has begun.
    assert_eq!(stage.found().await, 1);
    stage.script.check_done();
}

#[tokio::test(start_paused = true)]
async fn a_search_that_began_before_a_birth_does_not_answer_who_asks_after_it() {
    let stage = Stage::with([
        search(&[]),
        search(&[]).slow(),
        search(&[DEEP]).slow(),
        snapshot(&[DEEP]),
    ]);
    stage.pass(MOMENT).await;
    assert_eq!(stage.found().await, 0);
    stage.pass(Duration::from_secs(2)).await;
    assert_eq!(stage.found().await, 0, "a search has begun in passing");
    stage.pass(LATENCY / 2).await;

    stage.pools.doubt(PAIR);

    assert_eq!(stage.found().await, 1);
    stage.script.check_done();
}

#[tokio::test(start_paused = true)]
async fn searches_that_nobody_waits_for_are_begun_one_after_the_other() {
    let stage = Stage::with([]);
    stage.pass(MOMENT).await;
    let token = |number: u8| domain::Mint::new(domain::Address::new([number; 32]));
    let pairs: Vec<_> = (1..=3).map(|number| (PAIR.0, token(number))).collect();
    for pair in &pairs {
        stage.script.then(of_pair(mints(*pair)));
        let none = stage.pools.pools(Venue::Raydium, *pair).await.unwrap();
        assert!(none.pools.is_empty());
    }
    stage.pass(Duration::from_secs(2)).await;

    // One at once, and each other a while later.
    stage.script.then(of_pair(mints(pairs[0])));
    for pair in &pairs {
        stage.pools.pools(Venue::Raydium, *pair).await.unwrap();
    }
    stage.pass(ANEW_EVERY - MOMENT).await;
    stage.script.check_done();
    stage.script.then(of_pair(mints(pairs[1])));
    stage.pass(ANEW_EVERY).await;
    stage.script.check_done();
    stage.script.then(of_pair(mints(pairs[2])));
    stage.pass(ANEW_EVERY).await;
    stage.script.check_done();
}

/// The answer to a search for a pair that has no pool.
fn of_pair((one, other): (Address, Address)) -> Call {
    let Call::ProgramAccounts(program, mut filters, _) = search(&[]) else {
        unreachable!("it is a search");
    };
    let (low, high) = (one.min(other), one.max(other));
    filters.truncate(2);
    filters.push(crate::rpc::Filter::address(168, low));
    filters.push(crate::rpc::Filter::address(200, high));
    Call::ProgramAccounts(program, filters, Ok(Vec::new()))
}

#[tokio::test(start_paused = true)]
async fn only_so_many_searches_are_under_way_and_further_ones_are_refused() {
    let script = Script::new([]);
    let clock = Arc::new(SystemClock::new());
    let searches = Searches::new(Finder::new(script.rpc(), vec![CPMM]), clock);
    let key = |number: usize| {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&number.to_be_bytes());
        key(Venue::Raydium, (Address(bytes), Address([255; 32])))
    };
    let waiting: Vec<_> = (0..UNDER_WAY_MAX)
        .map(|it| searches.begin(key(it), false).unwrap())
        .collect();

    let refused = searches.candidates(key(UNDER_WAY_MAX)).await;

    assert!(matches!(refused, Err(Error::Unavailable(_))));
    assert!(searches.begin(key(0), false).is_ok(), "it is shared");
    drop(waiting);
    assert!(searches.begin(key(UNDER_WAY_MAX), false).is_ok());
}

#[test]
fn what_is_asked_for_beside_a_pair_waits_until_somebody_needs_it() {
    let clock = Arc::new(SystemClock::new());
    let finder = Finder::new(Script::new([]).rpc(), vec![CPMM]);
    let searches = Searches::new(finder, clock);
    let key = key(Venue::Raydium, (Address([1; 32]), Address([2; 32])));
    let may_wait = || {
        searches.state().under_way[&key]
            .may_wait
            .load(Ordering::Relaxed)
    };

    let _waits = searches.let_wait(&key);
    let asking = searches.begin(key, false);

    assert!(asking.is_ok() && may_wait());
    searches.hurry(&key);
    assert!(!may_wait());
}
