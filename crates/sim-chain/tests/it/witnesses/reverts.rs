//! Whose word counts where a transaction is told to be rolled back for good: another one may be signed after that.

use domain::transaction::SignedTransaction;
use ports::landing::{Fate, Landing as _};

use super::memory::Trait;
use super::scene::Scene;
use super::{HONEST, TEN_MINUTES};
use crate::rpc::stand::Way;

/// Everything is final after so many slots.
const FINAL: u32 = 100;

fn is_for_good(fate: &Fate) -> bool {
    matches!(fate, Fate::Dead | Fate::Reverted { is_final: true, .. })
}

/// How many slots pass until it is said that it can never take effect any more.
async fn given_up(scene: &Scene, transaction: &SignedTransaction, slots: u32) -> Option<u32> {
    for passed in 0..slots {
        let fate = scene.chain.fate(transaction).await;
        if fate.is_ok_and(|fate| is_for_good(&fate)) {
            return Some(passed);
        }
        scene.pass(1).await;
    }
    None
}

async fn lies(traits: &[Trait], way: Way) {
    let scene = Scene::new(traits, way).await;
    let transaction = scene.signed().await;
    scene.send(&transaction).await.unwrap();

    let given_up = given_up(&scene, &transaction, 2 * FINAL).await;

    assert_eq!(given_up, None);
    assert!(scene.landed_at(&transaction).is_some(), "it took effect");
}

#[tokio::test]
async fn an_endpoint_that_tells_of_reverts_that_never_were_ends_nothing_beside_an_honest_one() {
    lies(&[Trait::Reverting, HONEST], Way::InThisProcess).await;
}

#[tokio::test]
async fn an_endpoint_that_tells_of_reverts_that_never_were_ends_nothing_over_http() {
    lies(&[Trait::Reverting, HONEST], Way::OverHttp).await;
}

#[tokio::test]
async fn an_endpoint_that_tells_of_reverts_against_its_own_history_ends_nothing_alone() {
    lies(&[Trait::Reverting], Way::InThisProcess).await;
}

#[tokio::test]
async fn a_revert_counts_once_two_endpoints_or_one_that_is_alone_twice_say_so() {
    for (traits, slots) in [(&[HONEST, HONEST][..], 0..=0), (&[HONEST], 5..=10)] {
        let scene = Scene::new(traits, Way::InThisProcess).await;
        let transaction = scene.signed_in_vain().await;
        scene.send(&transaction).await.unwrap();
        scene.pass(FINAL).await;

        let passed = given_up(&scene, &transaction, FINAL).await.unwrap();

        assert!(slots.contains(&passed), "{passed} slots, of {slots:?}");
    }
}

#[tokio::test]
async fn a_revert_counts_by_the_word_of_an_endpoint_that_failed_a_moment_ago() {
    let scene = Scene::new(&[HONEST, HONEST], Way::InThisProcess).await;
    let transaction = scene.signed_in_vain().await;
    scene.send(&transaction).await.unwrap();
    scene.pass(FINAL).await;
    scene.fail_once(1).await;

    let passed = given_up(&scene, &transaction, FINAL).await;

    assert_eq!(passed, Some(0));
}

#[tokio::test]
async fn beside_a_silent_endpoint_a_revert_counts_after_ten_minutes() {
    let scene = Scene::new(&[HONEST, HONEST], Way::InThisProcess).await;
    let transaction = scene.signed_in_vain().await;
    scene.send(&transaction).await.unwrap();
    scene.set(1, |faults| faults.outage = true);
    scene.pass(FINAL).await;

    let early = given_up(&scene, &transaction, FINAL).await;
    scene.pass(TEN_MINUTES).await;
    let late = given_up(&scene, &transaction, FINAL).await;

    assert_eq!(early, None);
    assert!(late.is_some());
}
