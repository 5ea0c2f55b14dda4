//! The promises of [`ports::directory`], by their numbers.

use std::sync::Arc;
use std::time::Duration;

use domain::asset::TokenProgram;
use domain::route::PoolRef;
use domain::transaction::Blockhash;
use domain::venue::Program;
use domain::{Address, Asset, Mint, Venue};
use ports::Store;
use ports::cluster::{ClusterId, Mode, Rebound};
use ports::directory::{KnownPools, POOLS_KEPT_FOR, POOLS_MAX, VenuePair};

use super::StoreFixture;
use super::given::UNLISTED;

const PAIR: (Mint, Mint) = (Mint::SOL, UNLISTED.mint);

fn pool(number: u8) -> PoolRef {
    PoolRef {
        program: Program::DammV2,
        address: Some(Address::new([number; 32])),
    }
}

async fn asset(store: &Arc<dyn Store>, mint: Mint) -> Option<Asset> {
    store.asset(mint).await.expect("asset answers")
}

async fn pools(store: &Arc<dyn Store>, pair: &VenuePair) -> Option<KnownPools> {
    store.pools(pair).await.expect("pools answers")
}

async fn keep(store: &Arc<dyn Store>, pair: &VenuePair, pools: &[PoolRef]) {
    let kept = store.keep_pools(pair, pools).await;
    kept.expect("keep_pools answers");
}

/// 1: for ever, everywhere, and as they were first.
pub async fn the_facts_of_a_mint_are_kept_for_ever(fixture: &impl StoreFixture) {
    let store = fixture.store();
    let other = Asset {
        decimals: 2,
        program: TokenProgram::Token2022,
        ..UNLISTED
    };
    assert_eq!(asset(&store, UNLISTED.mint).await, None);

    for facts in [UNLISTED, other] {
        store.keep_asset(&facts).await.expect("keep_asset answers");
    }

    let second = fixture.second_handle().await;
    assert_eq!(asset(&second, UNLISTED.mint).await, Some(UNLISTED));
    assert_eq!(asset(&second, Mint::SOL).await, None);
    let found = fixture.after_a_crash().await;
    assert_eq!(asset(&found, UNLISTED.mint).await, Some(UNLISTED));
}

/// 1: all there is to know.
pub async fn the_facts_of_a_mint_come_back_as_they_went(fixture: &impl StoreFixture) {
    let store = fixture.store();
    let facts = Asset {
        decimals: u8::MAX,
        program: TokenProgram::Token2022,
        ..UNLISTED
    };

    store.keep_asset(&facts).await.expect("keep_asset answers");

    assert_eq!(asset(&store, facts.mint).await, Some(facts));
}

/// 2: those kept last, whichever mint is named first.
pub async fn a_pairs_pools_are_those_kept_last(fixture: &impl StoreFixture) {
    let store = fixture.store();
    let pair = VenuePair::new(Venue::Meteora, PAIR);
    let turned = VenuePair::new(Venue::Meteora, (PAIR.1, PAIR.0));
    let elsewhere = VenuePair::new(Venue::Raydium, PAIR);
    assert_eq!(pools(&store, &pair).await, None);

    keep(&store, &pair, &[pool(1), pool(2)]).await;
    keep(&store, &elsewhere, &[]).await;
    keep(&store, &turned, &[pool(3)]).await;

    let second = fixture.second_handle().await;
    let found = pools(&second, &pair).await.expect("they were kept");
    assert_eq!(found.pools, [pool(3)]);
    let found = pools(&second, &elsewhere).await.expect("it was kept");
    assert_eq!(found.pools, []);
    let found = fixture.after_a_crash().await;
    let found = pools(&found, &turned).await.expect("they were kept");
    assert_eq!(found.pools, [pool(3)]);
}

/// 2: their age, also where the clock was set back; and 4.
pub async fn a_pairs_pools_grow_older_and_are_forgotten(fixture: &impl StoreFixture) {
    let store = fixture.store();
    let [pair, other] = Venue::ALL.map(|venue| VenuePair::new(venue, PAIR));
    let age = async || pools(&store, &pair).await.map(|found| found.age);
    keep(&store, &pair, &[pool(1)]).await;

    fixture.turn_clock(3_600_000).await;
    let later = age().await;
    fixture.turn_clock(-7_200_000).await;
    let back = age().await;
    let long = i64::try_from(POOLS_KEPT_FOR.as_millis()).expect("it fits");
    fixture.turn_clock(7_200_000 + long).await;
    keep(&store, &other, &[]).await;

    let hour = Duration::from_secs(3_600);
    assert!(later >= Some(hour) && later < Some(2 * hour), "{later:?}");
    assert_eq!(back, Some(Duration::ZERO));
    assert_eq!(age().await, None);
    assert!(pools(&store, &other).await.is_some());
}

/// 2: no more than is useful.
pub async fn no_more_pools_are_kept_than_allowed(fixture: &impl StoreFixture) {
    let store = fixture.store();
    let pair = VenuePair::new(Venue::Raydium, PAIR);
    let many: Vec<PoolRef> = (0..=POOLS_MAX)
        .map(|number| pool(u8::try_from(number % 200).unwrap_or_default()))
        .collect();

    keep(&store, &pair, &many).await;

    let found = pools(&store, &pair).await.expect("they were kept");
    assert_eq!(found.pools, many[..POOLS_MAX]);
}

/// 3: another cluster.
pub async fn nothing_of_the_former_cluster_stays_known(fixture: &impl StoreFixture) {
    let store = fixture.store();
    let pair = VenuePair::new(Venue::Raydium, PAIR);
    let cluster = |genesis| ClusterId {
        mode: Mode::Live,
        genesis: Blockhash::new([genesis; 32]),
    };
    let bound = store.bind_cluster(&cluster(1)).await;
    bound.expect("bind_cluster answers");
    store
        .keep_asset(&UNLISTED)
        .await
        .expect("keep_asset answers");
    keep(&store, &pair, &[pool(1)]).await;

    let rebound = store.rebind_cluster(&cluster(2), "operator").await;

    let former = Some(cluster(1));
    assert_eq!(
        rebound.expect("rebind_cluster answers"),
        Rebound::Done { former }
    );
    assert_eq!(asset(&store, UNLISTED.mint).await, None);
    assert_eq!(pools(&store, &pair).await, None);
}
