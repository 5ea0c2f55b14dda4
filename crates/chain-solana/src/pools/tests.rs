use amm::token::{TOKEN_PROGRAM, WRAPPED_SOL};
use futures_util::future::join_all;
use ports::{Clock as _, SystemClock};

use super::discovery::{deepest, discover};
use super::*;
use crate::address::CLOCK;
use crate::rpc::{Account, At, Filter, Slot};
use crate::script::{Call, LATENCY, Script};
use crate::world::{CPMM, USDC, account, holding};

const AMM_V4: amm::Program = amm::Program::MAINNET[1];

fn clock_account() -> Account {
    let mut data = vec![0; 40];
    data[..8].copy_from_slice(&350_000_000_u64.to_le_bytes());
    data[16..24].copy_from_slice(&810_u64.to_le_bytes());
    data[32..40].copy_from_slice(&1_780_000_000_i64.to_le_bytes());
    account(TOKEN_PROGRAM, data)
}

/// One answer: an account that exists, and the clock.
fn answer(slot: u64) -> Result<At<Vec<Option<Account>>>, Error> {
    let mint = account(TOKEN_PROGRAM, vec![0; 82]);
    Ok(At {
        slot: Slot::new(slot),
        value: vec![Some(mint), None, Some(clock_account())],
    })
}

fn asked() -> Vec<Address> {
    vec![WRAPPED_SOL, USDC, CLOCK]
}

fn both() -> BTreeSet<Address> {
    [USDC, WRAPPED_SOL].into()
}

#[tokio::test(start_paused = true)]
async fn all_who_ask_at_one_moment_share_one_request() {
    let script = Script::new([
        Call::Accounts(asked(), answer(7)),
        Call::Accounts(asked(), answer(8)),
    ]);
    let snapshots = Snapshots::new(script.rpc(), Arc::new(SystemClock::new()));

    let first = join_all((0..20).map(|_| snapshots.take(both(), View::CONFIRMED))).await;
    let second = snapshots.take(both(), View::CONFIRMED).await.unwrap();

    for snapshot in first {
        assert_eq!(snapshot.unwrap().slot, Slot::new(7));
    }
    assert_eq!(second.slot, Slot::new(8));
    script.check_done();
}

#[tokio::test(start_paused = true)]
async fn a_request_outlives_whoever_asked_first() {
    let script = Script::new([Call::Accounts(asked(), answer(7))]);
    let snapshots = Snapshots::new(script.rpc(), Arc::new(SystemClock::new()));

    let mut first = Box::pin(snapshots.take(both(), View::CONFIRMED));
    let is_waiting = futures_util::poll!(&mut first).is_pending();
    let mut second = Box::pin(snapshots.take(both(), View::CONFIRMED));
    let joined = futures_util::poll!(&mut second).is_pending();
    drop(first);
    let snapshot = second.await.unwrap();

    assert!(is_waiting && joined);
    assert_eq!(snapshot.slot, Slot::new(7));
    script.check_done();
}

#[tokio::test(start_paused = true)]
async fn a_request_that_nobody_waits_for_is_not_joined_later() {
    let script = Script::new([
        Call::Accounts(asked(), answer(7)),
        Call::Accounts(asked(), answer(9)),
    ]);
    let snapshots = Snapshots::new(script.rpc(), Arc::new(SystemClock::new()));

    let mut given_up = Box::pin(snapshots.take(both(), View::CONFIRMED));
    assert!(futures_util::poll!(&mut given_up).is_pending());
    drop(given_up);
    let snapshot = snapshots.take(both(), View::CONFIRMED).await.unwrap();

    assert_eq!(snapshot.slot, Slot::new(9));
    script.check_done();
}

#[tokio::test(start_paused = true)]
async fn a_failure_reaches_all_who_shared_it_and_nobody_after() {
    let lost = Err(Error::unavailable("lost"));
    let script = Script::new([
        Call::Accounts(asked(), lost),
        Call::Accounts(asked(), answer(8)),
    ]);
    let snapshots = Snapshots::new(script.rpc(), Arc::new(SystemClock::new()));

    let first = join_all((0..3).map(|_| snapshots.take(both(), View::CONFIRMED))).await;
    let second = snapshots.take(both(), View::CONFIRMED).await;

    assert!(first.iter().all(Result::is_err));
    assert!(second.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_has_the_chains_time_and_says_when_it_was_asked_for() {
    let script = Script::new([Call::Accounts(asked(), answer(7))]);
    let clock = Arc::new(SystemClock::new());
    let snapshots = Snapshots::new(script.rpc(), clock.clone());

    let snapshot = snapshots.take(both(), View::CONFIRMED).await.unwrap();

    let now = amm::ChainTime {
        slot: 350_000_000,
        epoch: 810,
        unix_time: 1_780_000_000,
    };
    assert_eq!(snapshot.now, now);
    // It may have been taken as soon as it was asked for.
    assert_eq!(clock.monotonic() - snapshot.asked_at(), LATENCY);
    use amm::snapshot::Snapshot as _;
    assert!(snapshot.account(&WRAPPED_SOL).is_some());
    assert!(snapshot.account(&USDC).is_none());
}

#[tokio::test]
async fn more_than_one_request_can_carry_is_refused() {
    let script = Script::new([]);
    let snapshots = Snapshots::new(script.rpc(), Arc::new(SystemClock::new()));
    let many = (0..=snapshot::ADDRESSES_MAX).map(|it| Address([u8::try_from(it).unwrap(); 32]));

    let taken = snapshots.take(many.collect(), View::CONFIRMED).await;

    assert!(matches!(taken, Err(Error::Refused(_))));
}

/// An account as long as a CPMM pool, of these mints.
fn cpmm_pool(mints: [Address; 2]) -> Vec<u8> {
    let mut data = vec![0; 637];
    data[..8].copy_from_slice(&[247, 237, 227, 245, 215, 195, 222, 70]);
    data[168..200].copy_from_slice(&mints[0].0);
    data[200..232].copy_from_slice(&mints[1].0);
    data
}

fn filters(size: u64, mints: [(u64, Address); 2]) -> Vec<Filter> {
    let mints = mints.map(|(offset, mint)| Filter::address(offset, mint));
    std::iter::once(Filter::Size(size)).chain(mints).collect()
}

#[tokio::test]
async fn a_pair_whose_mints_are_sorted_is_searched_once() {
    let [low, high] = [WRAPPED_SOL, USDC];
    assert!(low < high);
    let mut filters = filters(637, [(168, low), (200, high)]);
    let discriminator = vec![247, 237, 227, 245, 215, 195, 222, 70];
    let discriminator = Filter::Bytes {
        offset: 0,
        bytes: discriminator,
    };
    filters.insert(1, discriminator);
    let pool = account(CPMM.id(), cpmm_pool([low, high]));
    let found = vec![(Address([3; 32]), pool.clone()), (Address([2; 32]), pool)];
    let script = Script::new([Call::ProgramAccounts(CPMM.id(), filters, Ok(found))]);

    let found = discover(&*script.rpc(), CPMM, (high, low), View::CONFIRMED)
        .await
        .unwrap();

    let addresses: Vec<_> = found.iter().map(|it| it.address).collect();
    assert_eq!(addresses, [Address([2; 32]), Address([3; 32])]);
    assert_eq!(found[0].mints, (low, high));
    script.check_done();
}

#[tokio::test]
async fn a_pair_in_any_order_is_searched_both_ways() {
    let search = |mints: [Address; 2]| {
        let filters = filters(752, [(400, mints[0]), (432, mints[1])]);
        Call::ProgramAccounts(AMM_V4.id(), filters, Ok(Vec::new()))
    };
    let script = Script::new([search([USDC, WRAPPED_SOL]), search([WRAPPED_SOL, USDC])]);

    let found = discover(&*script.rpc(), AMM_V4, (USDC, WRAPPED_SOL), View::CONFIRMED).await;

    assert_eq!(found.unwrap(), []);
    script.check_done();
}

#[tokio::test]
async fn what_an_endpoint_gives_that_was_not_asked_for_is_dropped() {
    let mut wrong_kind = cpmm_pool([WRAPPED_SOL, USDC]);
    wrong_kind[0] = 0;
    let lies = [
        account(USDC, cpmm_pool([WRAPPED_SOL, USDC])),
        account(CPMM.id(), cpmm_pool([WRAPPED_SOL, WRAPPED_SOL])),
        account(CPMM.id(), wrong_kind),
        account(CPMM.id(), Vec::new()),
    ];
    let found = lies.into_iter().map(|it| (Address([1; 32]), it)).collect();
    let mut filters = filters(637, [(168, WRAPPED_SOL), (200, USDC)]);
    let bytes = vec![247, 237, 227, 245, 215, 195, 222, 70];
    filters.insert(1, Filter::Bytes { offset: 0, bytes });
    let script = Script::new([Call::ProgramAccounts(CPMM.id(), filters, Ok(found))]);

    let found = discover(&*script.rpc(), CPMM, (WRAPPED_SOL, USDC), View::CONFIRMED).await;

    assert_eq!(found.unwrap(), []);
}

/// A CPMM pool whose vaults carry its number.
fn candidate(number: u8) -> Candidate {
    let mut data = cpmm_pool([WRAPPED_SOL, USDC]);
    data[72..104].copy_from_slice(&[number; 32]);
    data[104..136].copy_from_slice(&[number + 100; 32]);
    Candidate::of(CPMM, Address([number; 32]), &data).unwrap()
}

/// What such pools hold of SOL and of USDC.
fn vaults_of(held: &[(u64, u64)]) -> Call {
    let numbers = 1..=u8::try_from(held.len()).unwrap();
    let asked = numbers.flat_map(|it| [Address([it; 32]), Address([it + 100; 32])]);
    let held = held.iter().flat_map(|(sol, usdc)| {
        let (sol, usdc) = (holding(WRAPPED_SOL, *sol), holding(USDC, *usdc));
        [Some(sol), Some(usdc)]
    });
    let answer = At {
        slot: Slot::new(1),
        value: held.collect(),
    };
    Call::Accounts(asked.collect(), Ok(answer))
}

async fn kept(vaults: Call, count: u8, at_most: usize) -> Vec<u8> {
    let script = Script::new([vaults]);
    let candidates = (1..=count).map(candidate).collect();
    let pair = (WRAPPED_SOL, USDC);
    let rpc = script.rpc();
    let deepest = deepest(&*rpc, candidates, pair, at_most, View::CONFIRMED);
    let deepest = deepest.await.unwrap();
    deepest.iter().map(|it| it.address.0[0]).collect()
}

#[tokio::test(start_paused = true)]
async fn half_of_the_places_go_to_the_deepest_by_either_token() {
    // Somebody makes one of the tokens himself, and pools with any amount of it.
    let made = u64::MAX;
    let vaults = vaults_of(&[
        (1, made),
        (50, 5),
        (1, made - 1),
        (70, 7),
        (1, made - 2),
        (60, 6),
    ]);

    let kept = kept(vaults, 6, 4).await;

    assert_eq!(kept, [4, 1, 6, 3]);
}

#[tokio::test(start_paused = true)]
async fn a_vault_that_is_not_there_or_of_another_token_holds_nothing() {
    let mut vaults = vaults_of(&[(9, 9), (9, 9), (2, 2), (1, 1)]);
    if let Call::Accounts(_, Ok(answer)) = &mut vaults {
        (answer.value[0], answer.value[1]) = (None, None);
        answer.value[2] = Some(holding(USDC, 9));
        answer.value[3] = Some(holding(WRAPPED_SOL, 9));
    }

    assert_eq!(kept(vaults, 4, 2).await, [3, 4]);
}

#[tokio::test]
async fn few_pools_are_not_ranked() {
    let script = Script::new([]);
    let candidates: Vec<_> = (1..=3).map(candidate).collect();
    let pair = (WRAPPED_SOL, USDC);

    let kept = deepest(&*script.rpc(), candidates.clone(), pair, 3, View::CONFIRMED).await;

    assert_eq!(kept.unwrap(), candidates);
}
