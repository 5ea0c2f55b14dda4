//! What endpoints say against an operator's word that a transaction is dead.

use ports::landing::{Landing as _, Weight};

use super::memory::Trait;
use super::scene::Scene;
use super::{A_LIFE, HONEST};
use crate::rpc::stand::Way;

#[tokio::test]
async fn a_word_is_not_believed_because_an_endpoint_tells_slots_as_heights() {
    for traits in [&[HONEST][..], &[HONEST, HONEST]] {
        let scene = Scene::new(traits, Way::InThisProcess).await;
        let transaction = scene.signed().await;
        scene.set(0, |faults| faults.height_is_slot = true);

        let weight = scene.chain.weigh(&transaction).await;

        match traits.len() {
            1 => assert!(weight.is_err(), "{weight:?}"),
            _ => assert_eq!(weight, Ok(Weight::MayLand)),
        }
        scene.send(&transaction).await.unwrap();
        scene.pass(10).await;
        let weight = scene.chain.weigh(&transaction).await;
        assert_eq!(weight, Ok(Weight::Known), "also a liar may know it");
    }
}

#[tokio::test]
async fn a_word_is_not_believed_where_one_endpoint_knows_the_transaction() {
    let scene = Scene::new(&[Trait::Blind, HONEST], Way::InThisProcess).await;
    let (known, forgotten) = (scene.signed().await, scene.signed().await);
    scene.send(&known).await.unwrap();
    scene.pass(A_LIFE).await;
    scene.make_blind(true);

    let weights = [&known, &forgotten].map(|it| scene.chain.weigh(it));
    let [known, forgotten] = weights;

    assert_eq!(known.await, Ok(Weight::Known));
    assert_eq!(forgotten.await, Ok(Weight::Unknown));
}
