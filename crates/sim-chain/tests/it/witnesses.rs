//! Whose word a transaction's death is proved by, on a cluster with several endpoints, of which some lie, lag, have lost
//! their history, contradict others, or are away (docs/FAILURES.md 30 to 34).
//!
//! What holds in each: nothing is called dead that landed or can land, and what never lands is called dead once those
//! who tell the truth are enough.

mod memory;
mod reverts;
mod scene;
mod words;

use std::time::Duration;

use domain::transaction::{Height, SignedTransaction};
use ports::landing::{Fate, Landing as _};

use crate::rpc::stand::Way;
use memory::Trait;
use scene::{Scene, is_landed};

/// Slots in which everything that two honest witnesses can prove is proved: a transaction lives for 182 blocks.
const A_LIFE: u32 = 260;
/// Slots of this cluster, which are 20 ms long, in ten minutes.
const TEN_MINUTES: u32 = 30_000;

const HONEST: Trait = Trait::Honest;

/// The first fate of a transaction that says what became of it, looked for every few slots.
async fn decided(scene: &Scene, transaction: &SignedTransaction, slots: u32) -> Option<Fate> {
    for _ in 0..slots / 10 {
        scene.pass(10).await;
        match scene.chain.fate(transaction).await {
            Ok(Fate::Absent | Fate::Underway) | Err(_) => {}
            Ok(fate) => return Some(fate),
        }
    }
    None
}

#[tokio::test]
async fn landing_in_the_last_block_that_takes_it_is_found_whoever_is_asked() {
    let scene = Scene::new(&[HONEST, HONEST], Way::InThisProcess).await;
    let transaction = scene.signed().await;
    let last = transaction.last_valid_height.get() - 32;
    for endpoint in 0..2 {
        scene.hold(endpoint, Height::new(last));
    }
    scene.send(&transaction).await.unwrap();

    let mut resends = 0;
    let fate = loop {
        match decided(&scene, &transaction, 10).await {
            Some(fate) => break fate,
            None => resends += 1,
        }
        let sent = scene.send(&transaction).await;
        assert!(sent.is_ok() || scene.height() > last, "{sent:?}");
    };

    assert!(is_landed(&fate), "{fate:?}");
    assert!(resends > 10);
    assert_eq!(scene.landed_at(&transaction), Some(last));
}

#[tokio::test]
async fn a_forgotten_transaction_is_proved_dead_by_two() {
    let scene = Scene::new(&[HONEST, HONEST], Way::InThisProcess).await;
    let transaction = scene.signed().await;

    assert_eq!(decided(&scene, &transaction, 150).await, None);
    let fate = decided(&scene, &transaction, A_LIFE).await;

    assert_eq!(fate, Some(Fate::Dead));
    assert!(scene.height() > transaction.last_valid_height.get());
}

async fn a_lying_endpoint_alone_proves_nothing(way: Way) {
    let scene = Scene::new(&[HONEST], way).await;
    let transaction = scene.signed().await;
    scene.set(0, |faults| faults.height_is_slot = true);

    for _ in 0..10 {
        scene.pass(200).await;
        let fate = scene.chain.fate(&transaction).await;
        assert!(!matches!(fate, Ok(Fate::Dead)), "{fate:?}");
    }

    let hash = scene.hash().await;
    assert!(hash.is_err(), "a liar gives no blockhashes: {hash:?}");
}

async fn beside_a_lying_endpoint_an_honest_one_proves_a_death(way: Way) {
    let scene = Scene::new(&[HONEST, HONEST], way).await;
    scene.set(0, |faults| faults.height_is_slot = true);
    let transaction = scene.signed().await;

    let early = decided(&scene, &transaction, 150).await;
    let fate = decided(&scene, &transaction, A_LIFE).await;

    assert_eq!((early, fate), (None, Some(Fate::Dead)));
    let last = transaction.last_valid_height.get();
    assert!(scene.height() > last, "by blocks, not by slots");
    let next = scene.signed().await;
    assert!(next.last_valid_height.get() < scene.height() + 200);
}

#[tokio::test]
async fn an_endpoint_that_tells_slots_as_heights_proves_nothing_alone() {
    a_lying_endpoint_alone_proves_nothing(Way::InThisProcess).await;
}

#[tokio::test]
async fn an_endpoint_that_tells_slots_as_heights_proves_nothing_alone_over_http() {
    a_lying_endpoint_alone_proves_nothing(Way::OverHttp).await;
}

#[tokio::test]
async fn proofs_go_on_beside_an_endpoint_that_tells_slots_as_heights() {
    beside_a_lying_endpoint_an_honest_one_proves_a_death(Way::InThisProcess).await;
}

#[tokio::test]
async fn proofs_go_on_beside_an_endpoint_that_tells_slots_as_heights_over_http() {
    beside_a_lying_endpoint_an_honest_one_proves_a_death(Way::OverHttp).await;
}

#[tokio::test]
async fn an_endpoint_that_lags_by_hundreds_of_slots_is_early_with_nothing() {
    const LAG: u64 = 300;
    for traits in [&[HONEST][..], &[HONEST, HONEST]] {
        let scene = Scene::new(traits, Way::InThisProcess).await;
        scene.set(0, |faults| faults.read_lag_slots = LAG);
        scene.pass(400).await;
        let (landing, forgotten) = (scene.signed().await, scene.signed().await);
        scene.send(&landing).await.unwrap();

        let landed = decided(&scene, &landing, 500).await.unwrap();
        let dead = decided(&scene, &forgotten, 1_000).await;

        assert!(is_landed(&landed), "{landed:?}");
        assert_eq!(dead, Some(Fate::Dead));
        let told = scene.height();
        assert!(told > forgotten.last_valid_height.get(), "{told}");
    }
}

#[tokio::test]
async fn a_transaction_that_one_knows_and_another_denies_stays_unknown_until_they_agree() {
    let scene = Scene::new(&[Trait::Blind, HONEST, Trait::Blind], Way::InThisProcess).await;
    let transaction = scene.signed().await;
    scene.make_blind(true);
    scene.send(&transaction).await.unwrap();

    // For a minute, which is long after its last valid height.
    for _ in 0..30 {
        scene.pass(100).await;
        let fate = scene.chain.fate(&transaction).await;
        assert!(
            matches!(fate, Ok(Fate::Absent | Fate::Underway)),
            "{fate:?}"
        );
    }
    scene.make_blind(false);

    let healed = decided(&scene, &transaction, 10).await.unwrap();
    assert!(is_landed(&healed), "{healed:?}");
}

async fn what_a_purged_endpoint_lost_it_cannot_deny(way: Way) {
    for traits in [&[Trait::Purged][..], &[Trait::Purged, HONEST]] {
        let scene = Scene::new(traits, way).await;
        let transaction = scene.signed().await;
        scene.send(&transaction).await.unwrap();
        scene.pass(1_000).await;
        scene.purge();

        let mut fates = Vec::new();
        for _ in 0..5 {
            fates.push(scene.chain.fate(&transaction).await);
            scene.pass(20).await;
        }

        let is_dead = |fate: &Result<Fate, _>| matches!(fate, Ok(Fate::Dead));
        assert!(!fates.iter().any(is_dead), "{fates:?}");
        assert!(scene.landed_at(&transaction).is_some());
    }
}

#[tokio::test]
async fn an_endpoint_denies_nothing_of_a_history_that_it_lost() {
    what_a_purged_endpoint_lost_it_cannot_deny(Way::InThisProcess).await;
}

#[tokio::test]
async fn an_endpoint_denies_nothing_of_a_history_that_it_lost_over_http() {
    what_a_purged_endpoint_lost_it_cannot_deny(Way::OverHttp).await;
}

#[tokio::test]
async fn beside_an_endpoint_that_lost_its_history_one_decides_alone_after_ten_minutes() {
    let scene = Scene::new(&[Trait::Purged, HONEST], Way::InThisProcess).await;
    let transaction = scene.signed().await;
    scene.pass(1_000).await;
    scene.purge();

    let early = decided(&scene, &transaction, 500).await;
    scene.pass(TEN_MINUTES).await;
    let late = decided(&scene, &transaction, 100).await;

    assert_eq!((early, late), (None, Some(Fate::Dead)));
}

#[tokio::test]
async fn while_every_endpoint_is_away_nothing_is_called_dead_and_afterwards_all_is_found() {
    let scene = Scene::new(&[HONEST, HONEST], Way::InThisProcess).await;
    let (landing, forgotten) = (scene.signed().await, scene.signed().await);
    scene.send(&landing).await.unwrap();
    for endpoint in 0..2 {
        scene.set(endpoint, |faults| faults.outage = true);
    }
    // Five minutes, and many lives of a transaction.
    for _ in 0..15 {
        scene.pass(1_000).await;
        for transaction in [&landing, &forgotten] {
            let fate = scene.chain.fate(transaction).await;
            assert!(fate.is_err(), "{fate:?}");
        }
    }
    for endpoint in 0..2 {
        scene.set(endpoint, |_| {});
    }
    // The eye on the endpoints sees that they are back.
    scene.wait(Duration::from_secs(5)).await;

    let landed = decided(&scene, &landing, 100).await.unwrap();
    let dead = decided(&scene, &forgotten, 100).await;

    assert!(is_landed(&landed), "{landed:?}");
    assert_eq!(dead, Some(Fate::Dead));
}

#[tokio::test]
async fn an_endpoint_that_failed_a_moment_ago_is_asked_again_where_its_word_is_needed() {
    let scene = Scene::new(&[HONEST, HONEST], Way::InThisProcess).await;
    let transaction = scene.signed().await;
    scene.pass(A_LIFE).await;
    scene.fail_once(1).await;

    let fate = scene.chain.fate(&transaction).await;

    assert_eq!(fate, Ok(Fate::Dead));
}

#[tokio::test]
async fn refusals_of_all_kinds_prove_nothing_and_end_with_the_storm() {
    let scene = Scene::new(&[HONEST, HONEST], Way::InThisProcess).await;
    let forgotten = scene.signed().await;
    scene.pass(A_LIFE).await;
    for endpoint in 0..2 {
        scene.set(endpoint, |faults| match endpoint {
            0 => faults.too_many_requests = 1.0,
            _ => faults.node_behind = 1.0,
        });
    }
    let mut asking = std::pin::pin!(decided(&scene, &forgotten, 50));
    // Whoever rests is waited for, on a clock that somebody has to turn.
    let stormy = loop {
        tokio::select! {
            fate = &mut asking => break fate,
            () = scene.wait(Duration::from_millis(200)) => {}
        }
    };
    for endpoint in 0..2 {
        scene.set(endpoint, |_| {});
    }
    scene.wait(Duration::from_secs(10)).await;

    let dead = decided(&scene, &forgotten, 100).await;

    assert_eq!((stormy, dead), (None, Some(Fate::Dead)));
}

#[tokio::test]
async fn an_endpoint_behind_which_another_cluster_stands_by_now_proves_nothing() {
    let scene = Scene::new(&[Trait::Moving], Way::InThisProcess).await;
    let transaction = scene.signed().await;
    scene.send(&transaction).await.unwrap();
    scene.make_blind(true);

    let fate = decided(&scene, &transaction, 1_000).await;

    assert_eq!(fate, None);
    assert!(scene.landed_at(&transaction).is_some());
}
