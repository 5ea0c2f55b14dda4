use domain::Venue;
use ports::SystemClock;

use super::*;
use crate::rpc::Error;
use crate::script::{Call, Script};
use crate::shelf::Shelf;
use crate::world::{CPMM, DEEP, PoolOf, SHALLOW, USDC, WRAPPED, found_at, search};

const KEY: Key = (Venue::Raydium, (WRAPPED, USDC));

fn finder(script: &Script) -> Finder {
    Finder::new(script.rpc(), vec![CPMM])
}

fn sharing(script: &Script, shelf: &Arc<Shelf>) -> Finder {
    let mut finder = finder(script);
    finder.share(shelf.clone());
    finder
}

fn listing(script: &Script, pools: &[PoolOf]) -> Finder {
    let mut finder = finder(script);
    let addresses = pools.iter().map(|it| it.address);
    finder.list(addresses.collect(), Arc::new(SystemClock::new()));
    finder
}

async fn find(finder: &Finder) -> Found {
    finder.find(KEY, FOUND_FOR).await.unwrap()
}

fn addresses(found: &Found) -> Vec<Address> {
    found.candidates.iter().map(|it| it.address).collect()
}

#[tokio::test(start_paused = true)]
async fn what_one_process_finds_another_need_not_search_for() {
    let script = Script::new([search(&[DEEP]), found_at(&[DEEP], &[DEEP])]);
    let shelf = Shelf::new();
    find(&sharing(&script, &shelf)).await;

    tokio::time::advance(Duration::from_secs(300)).await;
    let found = find(&sharing(&script, &shelf)).await;

    assert_eq!(addresses(&found), [DEEP.address]);
    assert_eq!(found.age, Duration::from_secs(300));
    script.check_done();
}

#[tokio::test(start_paused = true)]
async fn what_was_found_too_long_ago_is_searched_for_again() {
    let script = Script::new([search(&[DEEP]), search(&[SHALLOW, DEEP]), search(&[DEEP])]);
    let shelf = Shelf::new();
    let finder = sharing(&script, &shelf);
    find(&finder).await;

    tokio::time::advance(FOUND_FOR).await;
    let again = find(&finder).await;
    // Somebody doubts what was found just now.
    let doubted = finder.find(KEY, Duration::ZERO).await.unwrap();

    assert_eq!(addresses(&again).len(), 2);
    assert_eq!(
        (addresses(&doubted).len(), doubted.age),
        (1, Duration::ZERO)
    );
    script.check_done();
}

#[tokio::test(start_paused = true)]
async fn pools_that_are_gone_or_never_were_are_searched_for() {
    let script = Script::new([
        search(&[DEEP]),
        found_at(&[DEEP], &[]),
        search(&[SHALLOW]),
        search(&[]),
        search(&[DEEP]),
    ]);
    let shelf = Shelf::new();
    find(&sharing(&script, &shelf)).await;

    let other = find(&sharing(&script, &shelf)).await;
    shelf.pools.lock().unwrap().clear();
    let none = find(&sharing(&script, &shelf)).await;
    let born = find(&sharing(&script, &shelf)).await;

    assert_eq!(addresses(&other), [SHALLOW.address]);
    assert!(none.candidates.is_empty());
    assert_eq!(addresses(&born), [DEEP.address]);
    script.check_done();
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_away_keeps_nobody_from_finding_pools() {
    let script = Script::new([search(&[DEEP]), search(&[DEEP])]);
    let shelf = Shelf::new();
    *shelf.is_away.lock().unwrap() = true;

    for _ in 0..2 {
        let found = find(&sharing(&script, &shelf)).await;
        assert_eq!(addresses(&found), [DEEP.address]);
    }
    script.check_done();
}

#[tokio::test(start_paused = true)]
async fn where_pools_are_listed_no_others_are_searched_for_and_all_are_looked_at_once() {
    let script = Script::new([
        found_at(&[SHALLOW, DEEP], &[DEEP]),
        found_at(&[SHALLOW, DEEP], &[SHALLOW, DEEP]),
    ]);
    let finder = listing(&script, &[SHALLOW, DEEP]);

    let found = find(&finder).await;
    let meteora = finder
        .find((Venue::Meteora, KEY.1), FOUND_FOR)
        .await
        .unwrap();
    let others = (KEY.1.0, Address([99; 32]));
    let others = finder.find((KEY.0, others), FOUND_FOR).await.unwrap();
    tokio::time::advance(FOUND_FOR).await;
    let later = find(&finder).await;

    // What stands at an address that is no pool is left out.
    assert_eq!(addresses(&found), [DEEP.address]);
    assert!(meteora.candidates.is_empty() && others.candidates.is_empty());
    assert_eq!(addresses(&later), [SHALLOW.address, DEEP.address]);
    script.check_done();
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_makes_no_searches_is_told_of_with_what_helps() {
    let mut refused = search(&[]);
    if let Call::ProgramAccounts(_, _, answer) = &mut refused {
        *answer = Err(Error::Unsupported("getProgramAccounts".to_owned()));
    }
    let script = Script::new([refused]);

    let error = finder(&script).find(KEY, FOUND_FOR).await.unwrap_err();

    let told = error.to_string();
    assert!(
        told.contains("getProgramAccounts") && told.contains("POOLS_FILE"),
        "{told}"
    );
}
