//! 1. No transaction offers more than the cap, whatever the endpoint answers and whatever the order says.
//! 2. A level offers no less than the floor, where the cap allows it, and no less than a lower level.

use domain::fee::UnitPrice;
use ports::SystemClock;
use proptest::prelude::*;

use super::*;
use crate::build::budget::Budget;
use crate::script::{Call, Script};

fn fees(script: &Script, most: u64) -> Fees {
    let policy = FeePolicy {
        level: FeeLevel::DEFAULT,
        most: Lamports::new(most),
    };
    Fees::new(script.rpc(), Arc::new(SystemClock::new()), policy)
}

fn landed(prices: &[u64]) -> Vec<(Slot, MicroLamports)> {
    let slots = (1..).map(Slot::new);
    let prices = prices.iter().map(|price| MicroLamports::new(*price));
    slots.zip(prices).collect()
}

const POOL: Address = Address([7; 32]);

fn answer(prices: &[u64]) -> Call {
    Call::Fees(vec![POOL], Ok(landed(prices)))
}

async fn price(fees: &Fees, level: FeeRank) -> u64 {
    let level = Some(FeeLevel::Ranked(level));
    fees.price(level, 0, &[POOL].into()).await.get()
}

#[tokio::test(start_paused = true)]
async fn a_level_is_a_percentile_of_what_was_paid() {
    // Blocks in which nobody paid anything say nothing.
    let prices = [0, 20_000, 0, 40_000, 30_000, 50_000, 0];
    let script = Script::new([answer(&prices)]);
    let fees = fees(&script, 1_000_000);

    let offered = [
        price(&fees, FeeRank::Low).await,
        price(&fees, FeeRank::Medium).await,
        price(&fees, FeeRank::High).await,
        price(&fees, FeeRank::Urgent).await,
    ];

    assert_eq!(offered, [20_000, 30_000, 40_000, 50_000]);
    script.check_done();
}

#[tokio::test(start_paused = true)]
async fn one_answer_serves_for_some_slots() {
    let script = Script::new([answer(&[20_000]), answer(&[70_000])]);
    let fees = fees(&script, 1_000_000);

    assert_eq!(price(&fees, FeeRank::High).await, 20_000);
    tokio::time::advance(USED_FOR - Duration::from_millis(1)).await;
    assert_eq!(price(&fees, FeeRank::High).await, 20_000);
    tokio::time::advance(Duration::from_millis(1)).await;
    assert_eq!(price(&fees, FeeRank::High).await, 70_000);

    script.check_done();
}

#[tokio::test(start_paused = true)]
async fn who_gets_no_answer_offers_what_was_known_and_then_the_floor() {
    let failing = || Call::Fees(vec![POOL], Err(Error::unavailable("lost")));
    let script = Script::new([answer(&[20_000]), failing(), failing()]);
    let fees = fees(&script, 1_000_000);

    assert_eq!(price(&fees, FeeRank::High).await, 20_000);
    tokio::time::advance(USED_FOR).await;
    assert_eq!(price(&fees, FeeRank::High).await, 20_000);
    tokio::time::advance(USED_IN_NEED_FOR).await;
    assert_eq!(price(&fees, FeeRank::High).await, FLOOR.get());

    script.check_done();
}

#[tokio::test(start_paused = true)]
async fn each_death_raises_the_level_and_an_own_price_asks_nobody() {
    let script = Script::new([answer(&[20_000, 30_000, 40_000, 50_000])]);
    let fees = fees(&script, 1_000_000);
    let written = [POOL].into();
    let level = |level, deaths| fees.price(level, deaths, &written);
    let own = Some(FeeLevel::Priced(UnitPrice::new(123).unwrap()));

    assert_eq!(level(own, 0).await.get(), 123);
    assert_eq!(level(own, 2).await.get(), 492);
    let raised = [level(None, 0).await, level(None, 1).await];
    assert_eq!(raised.map(MicroLamports::get), [30_000, 40_000]);

    script.check_done();
}

#[test]
fn a_standing_is_the_share_of_what_landed_for_no_more() {
    let landed = [10, 20, 30, 40].map(MicroLamports::new);

    let standing = |price| standing(MicroLamports::new(price), &landed);

    assert_eq!(
        [standing(5), standing(20), standing(35), standing(40)],
        [Some(0), Some(50), Some(75), Some(100)]
    );
    assert_eq!(super::standing(MicroLamports::new(5), &[]), None);
}

fn levels() -> impl Strategy<Value = FeeLevel> {
    let price = 0..=UnitPrice::MAX.get();
    prop_oneof![
        prop::sample::select(FeeRank::ALL.to_vec()).prop_map(FeeLevel::Ranked),
        price.prop_map(|price| FeeLevel::Priced(UnitPrice::new(price).unwrap())),
    ]
}

fn prices() -> impl Strategy<Value = Vec<u64>> {
    let price = prop_oneof![Just(0), 1..100_000_u64, any::<u64>()];
    prop::collection::vec(price, 0..200)
}

proptest! {
    #[test]
    fn nothing_costs_more_than_the_cap(
        level in levels(),
        deaths in 0..5_u32,
        prices in prices(),
        units in 0..=UNITS_MAX,
        most in LAMPORTS_PER_SIGNATURE..10_000_000_000,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let script = Script::new([answer(&prices)]);
        let fees = fees(&script, most);

        let price = runtime.block_on(fees.price(Some(level), deaths, &[POOL].into()));
        let price = fees.capped(price, units);

        let fee = Budget { units, price }.fee().get();
        prop_assert!(fee <= most);
    }

    #[test]
    fn a_higher_level_offers_no_less(prices in prices()) {
        let paid = paid(landed(&prices));
        let offered = FeeRank::ALL.map(|rank| percentile(rank, &paid));

        prop_assert!(offered.is_sorted());
        prop_assert!(offered[0] >= FLOOR && offered[3] <= CEILING);
    }
}
