//! Snipers: what they wait for, and that a gate that is shut when one comes to execute keeps it from buying.

use std::sync::Arc;
use std::time::Duration;

use domain::event::FailureCode;
use domain::order::{OrderType, PoolGates, Sniper, Trigger, VolumeFactor};
use domain::{BaseUnits, EventData, OrderId, Price, Status};
use order_worker::Settings;
use ports::waiting::Pair;

use crate::world::venue::Mood;
use crate::world::{ScriptedBirths, World, settings};

const MINUTE: Duration = Duration::from_secs(60);
const SOL: u64 = 1_000_000_000;

async fn accept(world: &World, trigger: Trigger, gates: PoolGates) -> OrderId {
    let mut order = world.given.order();
    order.terms.order_type = OrderType::Sniper(Sniper { trigger, gates });
    world.given.accept(world.store(), order).await
}

async fn waits(world: &World, order: OrderId) -> bool {
    let waiting = world.truth.waiting_among(&[order]).await.unwrap();
    !waiting.is_empty()
}

/// Several scans pass, in the paused runtime's time.
async fn scans_pass() {
    tokio::time::sleep(settings().sweep * 50).await;
}

#[tokio::test(start_paused = true)]
async fn a_sniper_waits_until_there_is_a_pool_and_executes_once() {
    let world = World::new().await;
    world.venue.set(Mood::NoPool);
    let _running = [world.start(settings()), world.start(settings())];
    let order = accept(&world, Trigger::PoolCreated, PoolGates::default()).await;
    scans_pass().await;
    assert!(waits(&world, order).await);
    assert_eq!(world.events(order).await.len(), 1);

    world.venue.set(Mood::Offers);

    world.until(order, Status::Confirmed).await;
    scans_pass().await;
    assert_eq!(world.chain.built(order), 1);
    let triggered = |data: &EventData| matches!(data, EventData::Triggered { .. });
    let events = world.events(order).await;
    assert_eq!(events.iter().filter(|it| triggered(&it.data)).count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_sniper_leaves_alone_what_does_not_pass_its_gates() {
    let world = World::new().await;
    let _running = world.start(settings());
    let gates = [
        PoolGates {
            min_liquidity: Some(BaseUnits::new(1_000_000 * SOL + 1)),
            ..PoolGates::default()
        },
        PoolGates {
            max_fee_bps: Some(24),
            ..PoolGates::default()
        },
    ];
    let mut orders = Vec::new();
    for gates in gates {
        orders.push(accept(&world, Trigger::PoolCreated, gates).await);
    }
    // Nor does its price, which other pools would pay.
    let trigger = Trigger::PriceAbove {
        price: Price::parse("1").unwrap(),
    };
    orders.push(accept(&world, trigger, gates[0]).await);
    let wide = PoolGates {
        min_liquidity: Some(BaseUnits::new(1_000_000 * SOL)),
        max_fee_bps: Some(25),
        require_renounced: true,
    };
    let passing = accept(&world, Trigger::PoolCreated, wide).await;

    world.until(passing, Status::Confirmed).await;

    scans_pass().await;
    for order in orders {
        assert!(waits(&world, order).await);
        assert_eq!(world.chain.built(order), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_sniper_fires_on_either_side_of_its_price() {
    let world = World::new().await;
    let _running = world.start(settings());
    let price = |text| Price::parse(text).unwrap();
    let gates = PoolGates::default();
    // The venue sells one SOL for some 149.6 USDC.
    let above = Trigger::PriceAbove {
        price: price("149"),
    };
    let below = Trigger::PriceBelow {
        price: price("150"),
    };
    let too_high = Trigger::PriceAbove {
        price: price("150"),
    };
    let too_low = Trigger::PriceBelow {
        price: price("149"),
    };
    let fire = [
        accept(&world, above, gates).await,
        accept(&world, below, gates).await,
    ];
    let wait = [
        accept(&world, too_high, gates).await,
        accept(&world, too_low, gates).await,
    ];

    for order in fire {
        world.until(order, Status::Confirmed).await;
    }
    scans_pass().await;
    for order in wait {
        assert!(waits(&world, order).await);
    }
}

#[tokio::test(start_paused = true)]
async fn a_sniper_fires_in_the_minute_that_trades_so_many_times_the_mean() {
    let world = World::new().await;
    world.venue.let_slots_pass();
    let _running = world.start(settings());
    let factor = VolumeFactor::parse("3").unwrap();
    let order = accept(
        &world,
        Trigger::VolumeSpike { factor },
        PoolGates::default(),
    )
    .await;
    let stored = world.truth.order(order, None).await.unwrap().unwrap();
    let pair = Pair::of(&stored.terms);
    let volume = async || world.truth.volume(&pair).await.unwrap().volume;

    // A spike means nothing before there is a mean.
    scans_pass().await;
    world.venue.trade(1_000 * SOL);
    for _ in 0..12 {
        world.venue.trade(100 * SOL);
        tokio::time::sleep(MINUTE).await;
    }
    let known = volume().await;
    assert!(waits(&world, order).await);
    assert!(known.minutes >= 10 && known.lacks().is_none(), "{known:?}");
    assert!(known.total >= u128::from(2_000 * SOL), "{known:?}");
    let mean = known.mean().unwrap().get();

    world.venue.trade(mean * 3 + 100 * SOL);

    world.until(order, Status::Confirmed).await;
    assert_eq!(world.chain.built(order), 1);
}

#[tokio::test(start_paused = true)]
async fn a_pool_that_has_gone_when_a_sniper_executes_is_not_bought_from() {
    let world = World::new().await;
    world.venue.set(Mood::NoPool);
    let _running = world.start(settings());
    let order = accept(&world, Trigger::PoolCreated, PoolGates::default()).await;

    // Whoever fired it saw a pool.
    crate::waiting::fire(&world, order, 0).await;

    let failure = world.failure(order).await;
    assert_eq!(failure.code, FailureCode::NoPool);
    assert_eq!(world.chain.built(order), 0);
    let events = world.events(order).await;
    let retried = |data: &EventData| matches!(data, EventData::RetryScheduled { .. });
    // Another endpoint may be behind, so that one look is not enough.
    assert!(events.iter().any(|event| retried(&event.data)));
}

/// A sniper whose token's births are told, with so seldom scans that none comes meanwhile, and the time in which it fires
/// after it is told of a pool, which the endpoint that is asked knows so much later.
async fn fires_after_birth(endpoint_lags: Duration) -> Duration {
    let mut world = World::new().await;
    let births = Arc::<ScriptedBirths>::default();
    world.births = Some(Arc::clone(&births));
    world.venue.set(Mood::NoPool);
    let _running = world.start(Settings {
        sweep: MINUTE,
        ..settings()
    });
    let order = accept(&world, Trigger::PoolCreated, PoolGates::default()).await;
    let token = world.get(order).await.terms.asset_out.mint;
    // The first scan, minutes later, finds no pool.
    for _ in 0..10 {
        tokio::time::sleep(MINUTE).await;
    }
    assert!(births.follows(token));

    births.tell(token);
    let told_at = tokio::time::Instant::now();
    tokio::time::sleep(endpoint_lags).await;
    world.venue.set(Mood::Offers);
    testkit::contract::eventually("it to fire", || async {
        (!waits(&world, order).await).then_some(())
    })
    .await;
    told_at.elapsed()
}

#[tokio::test(start_paused = true)]
async fn a_pool_that_was_told_is_bought_from_in_its_slot() {
    let fired_after = fires_after_birth(Duration::ZERO).await;

    assert!(fired_after < Duration::from_millis(400), "{fired_after:?}");
}

#[tokio::test(start_paused = true)]
async fn a_pool_that_the_endpoint_does_not_know_yet_is_looked_for_in_the_next_slots() {
    let fired_after = fires_after_birth(Duration::from_secs(1)).await;

    assert!(fired_after < Duration::from_secs(2), "{fired_after:?}");
}
