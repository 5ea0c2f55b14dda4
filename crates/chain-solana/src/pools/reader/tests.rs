mod ahead;

use amm::token::WRAPPED_SOL;
use dex_router::pools::{FoundPool, MintFacts};
use domain::BaseUnits;
use futures_util::future::join_all;

use super::*;
use crate::rpc::{Account, Filter};
use crate::script::{Call, LATENCY, Script};
use crate::world::{
    DEEP, PAIR, SHALLOW, SLOT, USDC, reader, search, settings, snapshot, snapshot_at,
};

async fn asked(pools: &PoolReader) -> Result<PairPools, Unavailable> {
    pools.pools(Venue::Raydium, PAIR).await
}

fn addresses(pools: &PairPools) -> Vec<Address> {
    let all = pools.pools.iter();
    all.map(|it| address(it.pool.address.unwrap())).collect()
}

fn is_read(pools: &PairPools) -> bool {
    pools.pools.iter().all(|it| it.state.is_ok())
}

#[tokio::test(start_paused = true)]
async fn pools_are_searched_once_and_read_each_time() {
    let script = Script::new([
        search(&[SHALLOW, DEEP]),
        snapshot(&[SHALLOW, DEEP]),
        snapshot_at(SLOT + 1, &[SHALLOW, DEEP]),
    ]);
    let pools = reader(&script, &settings());

    let first = asked(&pools).await.unwrap();
    let second = asked(&pools).await.unwrap();

    assert_eq!(addresses(&first), [SHALLOW.address, DEEP.address]);
    assert!(is_read(&first) && is_read(&second));
    assert_eq!((first.slot, second.slot), (SLOT, SLOT + 1));
    script.check_done();
}

#[tokio::test(start_paused = true)]
async fn all_who_ask_at_one_moment_share_one_search_and_one_snapshot() {
    let script = Script::new([search(&[DEEP]), snapshot(&[DEEP])]);
    let pools = reader(&script, &settings());

    let both = (0..20).map(async |number| match number % 2 {
        0 => asked(&pools).await,
        _ => pools.pools(Venue::Raydium, (PAIR.1, PAIR.0)).await,
    });
    let both = join_all(both).await;

    let read: Vec<_> = both.into_iter().map(Result::unwrap).collect();
    let state = |pools: &PairPools| pools.pools[0].state.clone().unwrap();
    // Each pool was read once for all of them.
    let first = state(&read[0]);
    assert!(read.iter().all(|it| Arc::ptr_eq(&first, &state(it))));
    script.check_done();
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_is_given_to_others_for_a_part_of_a_slot() {
    let script = Script::new([search(&[DEEP]), snapshot(&[DEEP]), snapshot(&[DEEP])]);
    let shared_for = Duration::from_millis(50);
    let settings = Settings {
        shared_for,
        ..settings()
    };
    let pools = reader(&script, &settings);

    asked(&pools).await.unwrap();
    tokio::time::advance(shared_for - Duration::from_millis(1)).await;
    asked(&pools).await.unwrap();
    tokio::time::advance(Duration::from_millis(1)).await;
    asked(&pools).await.unwrap();

    script.check_done();
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_came_too_late_is_not_quoted_from() {
    let script = Script::new([search(&[DEEP]), snapshot(&[DEEP])]);
    let settings = Settings {
        quote_age_max: LATENCY - Duration::from_millis(1),
        ..settings()
    };

    let late = asked(&reader(&script, &settings)).await;

    assert!(late.is_err());
    script.check_done();
}

#[tokio::test(start_paused = true)]
async fn a_pair_without_a_pool_may_get_one_and_is_searched_again_soon() {
    let script = Script::new([search(&[]), search(&[DEEP]), snapshot(&[DEEP])]);
    let pools = reader(&script, &settings());

    // Who asks meanwhile makes no search.
    for _ in 0..10 {
        assert!(asked(&pools).await.unwrap().pools.is_empty());
    }
    tokio::time::advance(Duration::from_secs(2)).await;
    let found = asked(&pools).await.unwrap();

    assert_eq!(addresses(&found), [DEEP.address]);
    script.check_done();
}

#[tokio::test(start_paused = true)]
async fn pools_are_searched_again_after_ten_minutes() {
    let script = Script::new([
        search(&[DEEP]),
        snapshot(&[DEEP]),
        search(&[SHALLOW, DEEP]),
        snapshot(&[SHALLOW, DEEP]),
    ]);
    let pools = reader(&script, &settings());

    asked(&pools).await.unwrap();
    tokio::time::advance(Duration::from_secs(600)).await;
    let again = asked(&pools).await.unwrap();

    assert_eq!(again.pools.len(), 2);
    script.check_done();
}

#[tokio::test(start_paused = true)]
async fn an_error_is_nobodys_answer_but_theirs_who_asked() {
    let mut lost = search(&[]);
    if let Call::ProgramAccounts(_, _, answer) = &mut lost {
        *answer = Err(Error::unavailable("refused"));
    }
    let script = Script::new([lost, search(&[DEEP]), snapshot(&[DEEP])]);
    let pools = reader(&script, &settings());

    let failed = asked(&pools).await.unwrap_err();
    let found = asked(&pools).await;

    assert!(failed.to_string().contains("refused"), "{failed}");
    assert!(found.is_ok());
    script.check_done();
}

#[tokio::test(start_paused = true)]
async fn a_venue_is_asked_for_the_pools_of_both_its_programs() {
    let amm_v4 = |mints: [Address; 2]| {
        let filters = vec![
            Filter::Size(752),
            Filter::address(400, mints[0]),
            Filter::address(432, mints[1]),
        ];
        Call::ProgramAccounts(Program::MAINNET[1].id(), filters, Ok(Vec::new()))
    };
    let script = Script::new([
        search(&[DEEP]),
        amm_v4([WRAPPED_SOL, USDC]),
        amm_v4([USDC, WRAPPED_SOL]),
        snapshot(&[DEEP]),
    ]);
    let settings = Settings {
        programs: Program::MAINNET.to_vec(),
        ..settings()
    };

    let found = asked(&reader(&script, &settings)).await.unwrap();

    assert_eq!(addresses(&found), [DEEP.address]);
    script.check_done();
}

#[tokio::test(start_paused = true)]
async fn a_pool_tells_what_it_holds_and_its_mints_what_they_cost() {
    let script = Script::new([search(&[DEEP]), snapshot(&[DEEP])]);

    let found = asked(&reader(&script, &settings())).await.unwrap();

    let holds = found.pools[0].holds.unwrap();
    let held = |mint| holds.of(mint).map(BaseUnits::get);
    assert_eq!(held(PAIR.0), Some(DEEP.sol));
    assert_eq!(held(PAIR.1), Some(DEEP.usdc));
    assert_eq!(held(Mint::new(domain::Address::new([9; 32]))), None);
    assert_eq!(found.mints, Some(<(MintFacts, MintFacts)>::default()));
}

#[tokio::test(start_paused = true)]
async fn a_pool_whose_vaults_are_not_its_own_is_not_used() {
    let mut taken = snapshot(&[DEEP, SHALLOW]);
    if let Call::Accounts(_, Ok(answer)) = &mut taken {
        let vaults = answer.value.iter_mut().flatten();
        let mut of_deep = vaults.filter(|it| it.data.len() == 165 && amount(it) == DEEP.usdc);
        // Whoever may empty it.
        of_deep.next().unwrap().data[32..64].fill(1);
    }
    let script = Script::new([search(&[SHALLOW, DEEP]), taken]);

    let found = asked(&reader(&script, &settings())).await.unwrap();

    let is_read = |pool: &FoundPool| pool.state.is_ok();
    let read: Vec<_> = found.pools.iter().map(is_read).collect();
    assert_eq!(addresses(&found), [SHALLOW.address, DEEP.address]);
    assert_eq!(read, [true, false]);
    let why = found.pools[1].state.as_ref().unwrap_err();
    assert!(why.contains("no token account of the pool"), "{why}");
}

fn amount(account: &Account) -> u64 {
    u64::from_le_bytes(*account.data[64..].first_chunk().unwrap())
}

#[tokio::test(start_paused = true)]
async fn pools_that_somebody_doubts_are_searched_again_but_not_every_moment() {
    let script = Script::new([
        search(&[DEEP]),
        snapshot(&[DEEP]),
        snapshot(&[DEEP]),
        search(&[SHALLOW, DEEP]),
        snapshot(&[SHALLOW, DEEP]),
        snapshot(&[SHALLOW, DEEP]),
    ]);
    let pools = reader(&script, &settings());
    asked(&pools).await.unwrap();

    pools.doubt((PAIR.1, PAIR.0));
    let too_soon = asked(&pools).await.unwrap();
    tokio::time::advance(Duration::from_secs(10)).await;
    pools.doubt((PAIR.1, PAIR.0));
    let doubted = asked(&pools).await.unwrap();
    pools.doubt(PAIR);
    asked(&pools).await.unwrap();

    assert_eq!((too_soon.pools.len(), doubted.pools.len()), (1, 2));
    script.check_done();
}
