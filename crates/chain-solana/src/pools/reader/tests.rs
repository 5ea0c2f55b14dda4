use amm::token::WRAPPED_SOL;
use futures_util::future::join_all;

use super::*;
use crate::rpc::Filter;
use crate::script::{Call, LATENCY, Script};
use crate::world::{
    DEEP, PAIR, SHALLOW, SLOT, USDC, reader, search, settings, snapshot, snapshot_at, vaults,
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
async fn depths_are_told_of_the_mints_asked_for() {
    let script = Script::new([search(&[SHALLOW, DEEP]), vaults(&[DEEP, SHALLOW])]);
    let pools = reader(&script, &settings());
    let of = |address: [u8; 32]| PoolRef {
        program: venue::Program::Cpmm,
        address: Some(domain::Address::new(address)),
    };
    let asked = [
        of(DEEP.address.0),
        of([99; 32]),
        PoolRef::unaddressed(venue::Program::Cpmm),
        of(SHALLOW.address.0),
    ];

    let depths = pools.depths(&asked, PAIR).await.unwrap();

    let depth = |sol, usdc| {
        Some(Depth {
            first: BaseUnits::new(sol),
            second: BaseUnits::new(usdc),
        })
    };
    let expected = [
        depth(DEEP.sol, DEEP.usdc),
        None,
        None,
        depth(SHALLOW.sol, SHALLOW.usdc),
    ];
    assert_eq!(depths, expected);
    script.check_done();
}
