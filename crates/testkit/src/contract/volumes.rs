//! The promises of [`ports::volumes`], by their numbers.

use std::sync::Arc;

use domain::transaction::Blockhash;
use domain::volume::{VaultLook, Volume};
use domain::{Address, BaseUnits};
use ports::Store;
use ports::cluster::{ClusterId, Mode, Rebound};
use ports::volumes::{KnownVolume, LOOKS_KEPT_MINUTES, NewLook};
use ports::waiting::Pair;
use tokio::task::JoinSet;

use super::StoreFixture;

fn pair(bought: &str) -> Pair {
    Pair {
        sold: "SOL".to_owned(),
        bought: bought.to_owned(),
    }
}

fn look(last: Option<u64>, slot: u64, traded: u64) -> NewLook {
    NewLook {
        last,
        look: VaultLook {
            slot,
            held: vec![(Address::new([1; 32]), BaseUnits::new(slot * 10))],
        },
        traded: BaseUnits::new(traded),
    }
}

async fn keep(store: &Arc<dyn Store>, pair: &Pair, look: &NewLook) -> bool {
    let kept = store.keep_look(pair, look).await;
    kept.expect("keep_look answers")
}

async fn known(store: &Arc<dyn Store>, pair: &Pair) -> KnownVolume {
    store.volume(pair).await.expect("volume answers")
}

/// All that was counted, whichever minute it is in by now: a test may run over the end of one.
fn counted(volume: Volume) -> u128 {
    volume.total + u128::from(volume.running.get())
}

/// 1, 2: also by another handle, and after a crash.
pub async fn a_look_is_counted_once(fixture: &impl StoreFixture) {
    let (store, one) = (fixture.store(), pair("one"));
    assert_eq!(known(&store, &one).await, KnownVolume::default());

    assert!(keep(&store, &one, &look(None, 7, 0)).await);
    assert!(!keep(&store, &one, &look(None, 8, 100)).await);
    assert!(keep(&store, &one, &look(Some(7), 8, 100)).await);
    assert!(!keep(&store, &one, &look(Some(7), 9, 100)).await);
    let second = fixture.second_handle().await;
    assert!(keep(&second, &one, &look(Some(8), 9, 30)).await);

    let now = known(&store, &one).await;
    assert_eq!(now.last, Some(look(None, 9, 0).look));
    assert_eq!(counted(now.volume), 130);
    assert_eq!(known(&store, &pair("other")).await, KnownVolume::default());
    let found = fixture.after_a_crash().await;
    assert_eq!(counted(known(&found, &one).await.volume), 130);
}

/// 1: however many look at once.
pub async fn of_looks_at_once_one_is_counted(fixture: &impl StoreFixture) {
    let (store, one) = (fixture.store(), pair("one"));
    assert!(keep(&store, &one, &look(None, 1, 0)).await);

    let mut looks = JoinSet::new();
    for number in 0..8 {
        let (store, one) = (Arc::clone(&store), one.clone());
        looks.spawn(async move { keep(&store, &one, &look(Some(1), 2 + number, 5)).await });
    }
    let kept = looks.join_all().await;

    assert_eq!(kept.iter().filter(|kept| **kept).count(), 1);
    assert_eq!(counted(known(&store, &one).await.volume), 5);
}

/// 2: an amount larger than any sum is counted as the largest.
pub async fn no_volume_is_too_large(fixture: &impl StoreFixture) {
    let (store, one) = (fixture.store(), pair("one"));
    for slot in 1..=3 {
        let last = (slot > 1).then(|| slot - 1);
        assert!(keep(&store, &one, &look(last, slot, u64::MAX)).await);
    }

    let volume = known(&store, &one).await.volume;

    assert!(counted(volume) >= u128::from(u64::MAX / 2));
}

/// 2, 3, 4: a minute that nobody looked at is none, and after an hour none of them is left.
pub async fn minutes_are_those_that_were_looked_at(fixture: &impl StoreFixture) {
    let (store, one) = (fixture.store(), pair("one"));
    assert!(keep(&store, &one, &look(None, 1, 4)).await);
    fixture.turn_clock(60_000).await;
    assert!(keep(&store, &one, &look(Some(1), 2, 5)).await);
    fixture.turn_clock(180_000).await;
    assert!(keep(&store, &one, &look(Some(2), 3, 6)).await);

    let before = known(&store, &one).await.volume;
    fixture.turn_clock(60_000).await;
    let after = known(&store, &one).await.volume;
    fixture.turn_clock(61 * 60_000).await;
    let later = known(&store, &one).await;

    assert_eq!(counted(before), 15);
    assert_eq!(
        (after.minutes, after.total, after.running.get()),
        (3, 15, 0)
    );
    assert_eq!(later.volume, Volume::default());
    assert!(later.last.is_some());
    let day = i64::from(LOOKS_KEPT_MINUTES) * 60_000;
    fixture.turn_clock(day).await;
    assert!(keep(&store, &pair("other"), &look(None, 1, 0)).await);
    assert_eq!(known(&store, &one).await.last, None);
    // A look that follows one which is forgotten was compared with nothing.
    assert!(!keep(&store, &one, &look(Some(3), 4, 9)).await);
    assert!(keep(&store, &one, &look(None, 4, 0)).await);
}

/// 5.
pub async fn another_cluster_has_no_volumes(fixture: &impl StoreFixture) {
    let (store, one) = (fixture.store(), pair("one"));
    let cluster = |byte| ClusterId {
        mode: Mode::Live,
        genesis: Blockhash::new([byte; 32]),
    };
    let bound = store.bind_cluster(&cluster(1)).await;
    bound.expect("bind_cluster answers");
    assert!(keep(&store, &one, &look(None, 1, 0)).await);
    assert!(keep(&store, &one, &look(Some(1), 2, 9)).await);

    let rebound = store.rebind_cluster(&cluster(2), "test").await;

    let rebound = rebound.expect("rebind_cluster answers");
    assert!(matches!(rebound, Rebound::Done { .. }), "{rebound:?}");
    assert_eq!(known(&store, &one).await, KnownVolume::default());
}
