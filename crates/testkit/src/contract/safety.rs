//! The promises of [`ports::safety`], by their numbers.

use std::sync::Arc;

use domain::transaction::Blockhash;
use domain::{Address, Mint, OrderId};
use ports::Store;
use ports::cluster::{ClusterId, Mode, Rebound};
use ports::order_store::Claim;
use ports::safety::{Checkpoint, Halt, REASON_MAX, Reverted, Tokens};

use super::given::confirmed;
use super::{Given, StoreFixture};

const WALLET: Address = Address::new([7; 32]);

async fn halt(store: &Arc<dyn Store>, actor: &str, reason: &str) -> Halt {
    store.halt(actor, reason).await.expect("halt answers")
}

async fn halted(store: &Arc<dyn Store>) -> Option<Halt> {
    store.halted().await.expect("halted answers")
}

async fn resume(store: &Arc<dyn Store>) {
    let resumed = store.set_paused(false, "admin").await;
    resumed.expect("set_paused answers");
}

async fn count(store: &Arc<dyn Store>, order: OrderId, execution: u32, kind: &str) -> u32 {
    let reverted = Reverted {
        order,
        execution,
        kind: kind.to_owned(),
    };
    let counted = store.count_revert(&reverted).await;
    counted.expect("count_revert answers")
}

/// 1: restarts, and the first reason.
pub async fn a_halt_survives_a_crash_with_its_first_reason(fixture: &impl StoreFixture) {
    let store = fixture.store();
    assert_eq!(halted(&store).await, None);

    let first = halt(&store, "admin", "prices are wrong").await;
    let again = halt(&store, "engine", "five reverts").await;

    assert_eq!(
        (first.actor.as_str(), first.reason.as_str()),
        ("admin", "prices are wrong")
    );
    assert_eq!(again, first);
    let found = fixture.after_a_crash().await;
    assert_eq!(halted(&found).await, Some(first));
    assert!(found.is_paused().await.expect("is_paused answers"));
}

/// 1: no start.
pub async fn while_the_engine_is_halted_no_start_is_granted(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let (order, worker) = (given.accepted(&store).await, given.worker(&store).await);

    halt(&fixture.second_handle().await, "admin", "look first").await;

    let claim = store.claim(order, worker).await.expect("claim answers");
    assert!(matches!(claim, Claim::Paused), "{claim:?}");
    resume(&store).await;
    assert_eq!(halted(&store).await, None);
    let claim = store.claim(order, worker).await.expect("claim answers");
    assert!(matches!(claim, Claim::Granted(_)), "{claim:?}");
}

/// 1: a pause is not the end of a halt.
pub async fn a_pause_leaves_a_halt_as_it_is(fixture: &impl StoreFixture) {
    let store = fixture.store();
    let standing = halt(&store, "admin", "look first").await;

    store
        .set_paused(true, "admin")
        .await
        .expect("set_paused answers");

    assert_eq!(halted(&store).await, Some(standing));
}

/// 2: logged, and bounded.
pub async fn a_halt_is_in_the_audit_log_with_its_reason(fixture: &impl StoreFixture) {
    let store = fixture.store();
    let long = "x".repeat(REASON_MAX + 1);

    let halted = halt(&store, "engine", &long).await;
    resume(&store).await;

    assert_eq!(halted.reason.len(), REASON_MAX);
    let entries = store.audit(None, 10).await.expect("audit answers");
    let acts = entries
        .iter()
        .map(|e| (e.actor.as_str(), e.action.as_str()));
    assert_eq!(
        acts.collect::<Vec<_>>(),
        [("admin", "resume"), ("engine", "halt")]
    );
    assert_eq!(entries[1].detail.as_deref(), Some(&long[..REASON_MAX]));
}

/// 3: in a row, of one kind, over all handles.
pub async fn reverts_of_one_kind_are_counted_in_a_row(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let other = fixture.second_handle().await;
    let order = given.accepted(&store).await;

    assert_eq!(count(&store, order, 1, "cpmm 6005").await, 1);
    assert_eq!(count(&other, order, 2, "cpmm 6005").await, 2);
    assert_eq!(count(&store, order, 2, "cpmm 6005").await, 2);
    assert_eq!(count(&store, order, 3, "dlmm 6003").await, 1);
    assert_eq!(count(&store, order, 4, "dlmm 6003").await, 2);
    resume(&store).await;
    assert_eq!(count(&store, order, 5, "dlmm 6003").await, 1);
}

/// 3: an order that is confirmed.
pub async fn a_confirmed_order_begins_the_count_of_reverts_anew(fixture: &impl StoreFixture) {
    let given = Given::new();
    let store = fixture.store();
    let reverting = given.accepted(&store).await;
    assert_eq!(count(&store, reverting, 1, "cpmm 6005").await, 1);
    let order = given.accepted(&store).await;
    let mut lease = given.leased(&store, order).await;
    given.build(&store, &mut lease).await;
    let transaction = given.submit(&store, &mut lease).await;
    given
        .record(&store, &mut lease, confirmed(&transaction))
        .await;

    assert_eq!(count(&store, reverting, 2, "cpmm 6005").await, 1);
    assert_eq!(count(&store, reverting, 3, "cpmm 6005").await, 2);
}

/// 4: never back, and gone with the cluster.
pub async fn what_is_explained_of_a_wallet_goes_forth_only(fixture: &impl StoreFixture) {
    let store = fixture.store();
    let held = [Some(u64::MAX), None, Some(0)];
    let mints = (1..).map(|place| Mint::new(Address::new([place; 32])));
    let tokens: Tokens = mints.zip(held).collect();
    let at = |slot, lamports| Checkpoint {
        slot,
        lamports,
        tokens: tokens.clone(),
    };
    let keep = async |checkpoint| {
        let kept = store.keep_checkpoint(WALLET, checkpoint).await;
        kept.expect("keep_checkpoint answers");
    };
    let known = async || store.checkpoint(WALLET).await.expect("checkpoint answers");
    assert_eq!(known().await, None);

    keep(at(10, 500_000_000_000_000_000)).await;
    keep(at(9, 1)).await;
    assert_eq!(known().await, Some(at(10, 500_000_000_000_000_000)));
    let without = Checkpoint {
        tokens: Tokens::new(),
        ..at(11, 0)
    };
    keep(without.clone()).await;

    assert_eq!(known().await, Some(without));
    let cluster = ClusterId {
        mode: Mode::Live,
        genesis: Blockhash::new([9; 32]),
    };
    let given = store.rebind_cluster(&cluster, "operator").await;
    assert!(matches!(given, Ok(Rebound::Done { .. })), "{given:?}");
    assert_eq!(known().await, None);
}
