//! What orders may spend (FAILURES.md, case 44).

use domain::event::FailureCode;
use domain::spending::{Item, Means, Purpose, SpendLimits};
use domain::{Address, Asset, BaseUnits, EventData, Mint, Status, TokenList};
use order_worker::Settings;
use testkit::contract::eventually;

use crate::world::chain::TAKEN;
use crate::world::{Plan, World, settings};

const SOL: Purpose = Purpose::Token(Mint::SOL);
const FEE: BaseUnits = BaseUnits::new(10_000);

fn limited(limits: &str) -> Settings {
    Settings {
        limits: SpendLimits::parse(limits, &TokenList::mainnet()).unwrap(),
        ..settings()
    }
}

/// What an order of these tests sells, and its fee.
fn sells() -> [Item; 2] {
    let none = BaseUnits::new(0);
    [
        Item::new(SOL, TAKEN, BaseUnits::new(TAKEN.get() + FEE.get())),
        Item::new(Purpose::Fees, FEE, none),
    ]
}

#[tokio::test(start_paused = true)]
async fn an_order_that_sells_more_than_one_may_is_never_built() {
    let world = World::new().await;
    world.chain.spends(&sells());
    let _running = world.start(limited("SOL:1.4/order"));

    let order = world.order().await;

    let failure = world.failure(order).await;
    assert_eq!(failure.code, FailureCode::SpendLimit);
    assert_eq!(
        failure.reason,
        "an order may take 1.4 SOL, and this one sells 1.5 SOL"
    );
    assert_eq!(world.chain.built(order), 0);
}

#[tokio::test(start_paused = true)]
async fn what_is_not_named_is_limited_by_the_star() {
    let world = World::new().await;
    world.chain.spends(&sells());
    let _running = world.start(limited("USDC:5/order,*:0/order"));

    let order = world.order().await;

    let failure = world.failure(order).await;
    assert_eq!(failure.code, FailureCode::SpendLimit);
}

#[tokio::test(start_paused = true)]
async fn a_day_takes_no_more_than_its_limit_and_an_order_beyond_it_says_why() {
    let world = World::new().await;
    world.chain.spends(&sells());
    let _running = world.start(limited("SOL:4/day"));
    for _ in 0..2 {
        let order = world.order().await;
        world.until(order, Status::Confirmed).await;
    }

    let order = world.order().await;

    let failure = world.failure(order).await;
    assert_eq!(failure.code, FailureCode::SpendLimit);
    let (said, room) = failure.reason.rsplit_once(" at ").unwrap();
    assert_eq!(
        said,
        "a day may take 4 SOL, of which 3 SOL are used, and the order takes 1.5 SOL: there is room for it"
    );
    assert!(room.ends_with(":00.000Z"), "{room}");
    assert_eq!(world.get(order).await.executions_ended(), 1);
    // It was signed, and thrown away.
    let signature = world.chain.signature_of(order).unwrap();
    assert_eq!(world.chain.sends(&signature), 0);
    assert_eq!(world.chain.landed(), 2);
}

#[tokio::test(start_paused = true)]
async fn fees_have_a_limit_of_their_own() {
    let world = World::new().await;
    world.chain.spends(&sells());
    let _running = world.start(limited("fees:0.000009/order"));
    let order = world.order().await;
    let failure = world.failure(order).await;
    assert_eq!(
        failure.reason,
        "an order may take 0.000009 SOL, and this one may take in fees and rent 0.00001 SOL"
    );

    let world = World::new().await;
    world.chain.spends(&sells());
    let _running = world.start(limited("fees:0.000009/day"));
    let order = world.order().await;
    let failure = world.failure(order).await;
    assert_eq!(failure.code, FailureCode::SpendLimit);
    assert_eq!(
        failure.reason,
        "a day may take 0.000009 SOL in fees and rent, of which 0 SOL are used, and the order takes 0.00001 SOL: it \
         is more than a day may take"
    );
}

/// What was not spent makes room, and what was does not.
#[tokio::test(start_paused = true)]
async fn a_transaction_that_was_rolled_back_counts_its_fee_alone() {
    let world = World::new().await;
    world.chain.spends(&sells());
    world.chain.plan([Plan::Revert, Plan::Land]);
    let _running = world.start(limited("SOL:1.5/day,fees:0.000016/day"));

    let order = world.order().await;
    world.until(order, Status::Confirmed).await;

    let events = world.events(order).await;
    let paid = events.iter().find_map(|event| match &event.data {
        EventData::RetryScheduled { failure, .. } => failure.paid_lamports,
        _ => None,
    });
    assert_eq!(paid, Some(5_001));
    let wallet = Address::new([7; 32]);
    let uses = world.store().uses(wallet, &[SOL, Purpose::Fees]).await;
    let uses = uses.unwrap();
    let used = uses.iter().map(|it| it.quarters.iter().sum::<u128>());
    let both = 2 * 5_001;
    assert_eq!(used.collect::<Vec<_>>(), [TAKEN.get().into(), both]);
    assert_eq!(uses[0].live, 0);
}

/// FAILURES.md, case 40, where all ask at once: what others may still spend is not there.
#[tokio::test(start_paused = true)]
async fn ten_orders_at_once_for_the_price_of_five_send_five() {
    let world = World::new().await;
    let means = Means {
        held: BaseUnits::new(5 * (TAKEN.get() + FEE.get()) + 9),
        settled: 0,
    };
    let [sold, fees] = sells();
    let sold = Item {
        means: Some(means),
        ..sold
    };
    world.chain.spends(&[sold, fees]);
    let _running = world.start(settings());

    let mut orders = Vec::new();
    for _ in 0..10 {
        orders.push(world.order().await);
    }
    let mut ends = Vec::new();
    for order in orders {
        let ended = || async {
            let order = world.get(order).await;
            order.status().is_terminal().then_some(order)
        };
        ends.push(eventually("the order to end", ended).await);
    }

    assert_eq!(world.chain.landed(), 5);
    let failed = ends.iter().filter_map(|order| match &order.state {
        domain::State::Failed { failure } => Some(failure),
        _ => None,
    });
    let failed: Vec<_> = failed.collect();
    assert_eq!(failed.len(), 5);
    for failure in failed {
        assert_eq!(failure.code, FailureCode::InsufficientFunds);
        assert!(
            failure
                .reason
                .starts_with("the wallet holds 7.500050009 SOL, of which 7.5"),
            "{}",
            failure.reason
        );
    }
}

/// A builder that does not say what it spends is limited by nothing: nothing of it is stored.
#[tokio::test(start_paused = true)]
async fn what_does_not_say_what_it_spends_is_not_sent_under_limits() {
    let world = World::new().await;
    let _running = world.start(limited(&format!("{}:1/order", Asset::USDC.mint)));

    let order = world.order().await;

    let failure = world.failure(order).await;
    assert_eq!(failure.code, FailureCode::Internal);
    assert_eq!(world.chain.landed(), 0);
}
