//! What is dead, by the word of one endpoint.

use std::time::Duration;

use domain::transaction::{Height, SignedTransaction};
use ports::landing::{Fate, Landing as _};

use super::fates::{built, check_unusable, filled, landed, signature, statuses, told, whole};
use crate::build::own;
use crate::keys::Signer as _;
use crate::rpc::{At, Blockhash, Commitment, Entry, EpochInfo, Hash, History, Slot, View};
use crate::script::{Call, Script};
use crate::world::{DEEP, chain, swap, wallet};

fn finalized(slot: u64, height: u64) -> Call {
    let info = EpochInfo {
        slot: Slot::new(slot),
        height: Height::new(height),
        epoch: 3,
    };
    Call::EpochInfo(View::FINALIZED, Ok(info))
}

/// Where the cluster stands: the finalized bank of this slot has this height.
fn stands(slot: u64, height: u64) -> [Call; 2] {
    [finalized(slot, height), blockhash_at(slot, height)]
}

fn blockhash_at(slot: u64, height: u64) -> Call {
    let value = Blockhash {
        hash: Hash::new_from_array([8; 32]),
        last_valid_height: Height::new(height + 150),
    };
    let slot = Slot::new(slot);
    Call::LatestBlockhash(Ok(At { slot, value }))
}

/// A slot of long after the transaction's end.
const SLOT: u64 = 10_000;
/// How far the cluster stands past that.
const PAST: u64 = 3;

fn unknown(of: &SignedTransaction, slot: u64) -> Call {
    statuses(of, History::Whole, slot, None)
}

fn own_history(since: u64, answer: Result<Vec<Entry>, crate::rpc::Error>) -> Call {
    let own = own::address(wallet().address(), &own::seed(swap(DEEP).order_id, 2));
    Call::History(own, View::FINALIZED.since(Slot::new(since)), answer)
}

/// The answers that a death is proved by, as of a slot.
fn denied(of: &SignedTransaction, slot: u64) -> Vec<Call> {
    let height = of.last_valid_height.get() + PAST;
    let mut calls = vec![unknown(of, slot)];
    calls.extend(stands(slot, height));
    calls.extend([own_history(slot, Ok(Vec::new())), unknown(of, slot)]);
    calls
}

/// So that what was said of an earlier slot is not used any more.
async fn a_slot_later() {
    tokio::time::sleep(Duration::from_millis(800)).await;
}

#[tokio::test(start_paused = true)]
async fn what_may_still_land_is_absent_and_not_dead() {
    let of = built().await;
    let last = of.last_valid_height.get();
    let mut calls = vec![unknown(&of, SLOT)];
    calls.extend(stands(SLOT, last));
    calls.push(unknown(&of, SLOT));
    let script = Script::new(calls);
    let chain = chain(&script);

    let fate = chain.fate(&of).await;
    let at_once = chain.fate(&of).await;

    assert_eq!([fate, at_once], [Ok(Fate::Absent), Ok(Fate::Absent)]);
    script.check_done();
}

#[tokio::test(start_paused = true)]
async fn a_transaction_is_dead_once_the_one_witness_has_said_so_twice() {
    let of = built().await;
    let calls = [SLOT, SLOT + 4, SLOT + 5].map(|slot| denied(&of, slot));
    let script = Script::new(calls.into_iter().flatten());
    let chain = chain(&script);

    for expected in [Fate::Absent, Fate::Absent, Fate::Dead] {
        assert_eq!(chain.fate(&of).await, Ok(expected));
        a_slot_later().await;
    }
    script.check_done();
}

#[tokio::test(start_paused = true)]
async fn a_node_behind_the_finalized_view_can_deny_nothing() {
    let of = built().await;
    let mut first = denied(&of, SLOT);
    first.pop();
    first.push(unknown(&of, SLOT - 1));
    let later = SLOT + 5;
    let calls = [first, denied(&of, later), denied(&of, later + 5)];
    let script = Script::new(calls.into_iter().flatten());
    let chain = chain(&script);

    for expected in [Ok(Fate::Absent), Ok(Fate::Absent), Ok(Fate::Dead)] {
        assert_eq!(chain.fate(&of).await, expected);
        a_slot_later().await;
    }
    script.check_done();
}

#[tokio::test(start_paused = true)]
async fn a_transaction_is_dead_only_where_its_own_address_was_never_touched() {
    let of = built().await;
    let height = of.last_valid_height.get() + PAST;
    let entry = Entry {
        signature: signature(&of),
        slot: Slot::new(990),
        outcome: Ok(()),
    };
    let lost = Err(crate::rpc::Error::unavailable("purged"));
    // What fails is asked for three times.
    for (answer, times, expected) in [(Ok(vec![entry]), 1, Some(Fate::Underway)), (lost, 3, None)] {
        let mut calls = vec![unknown(&of, SLOT)];
        calls.extend(stands(SLOT, height));
        calls.extend((0..times).map(|_| own_history(SLOT, answer.clone())));
        let script = Script::new(calls);

        let fate = chain(&script).fate(&of).await;

        match expected {
            Some(expected) => assert_eq!(fate, Ok(expected)),
            None => check_unusable(&fate),
        }
        script.check_done();
    }
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_fails_for_a_moment_has_its_vote_in_the_same_look() {
    let of = built().await;
    let unavailable = || crate::rpc::Error::unavailable("a node restarts");
    let failing = Call::Statuses(vec![signature(&of)], History::Whole, Err(unavailable()));
    let mut first = vec![failing];
    first.extend(denied(&of, SLOT).drain(1..4));
    first.push(Call::Statuses(
        vec![signature(&of)],
        History::Whole,
        Err(unavailable()),
    ));
    first.push(own_history(SLOT, Ok(Vec::new())));
    first.push(unknown(&of, SLOT));
    let script = Script::new(first.into_iter().chain(denied(&of, SLOT + 5)));
    let chain = chain(&script);

    // That nothing was found is not said where the look itself failed.
    check_unusable(&chain.fate(&of).await);
    a_slot_later().await;
    assert_eq!(chain.fate(&of).await, Ok(Fate::Dead));
    script.check_done();
}

#[tokio::test(start_paused = true)]
async fn what_a_witness_knows_counts_although_it_was_not_found_before() {
    let of = built().await;
    let mut calls = denied(&of, SLOT);
    calls.pop();
    calls.push(whole(&of, Ok(()), Commitment::Confirmed));
    calls.push(told(&of, Some(landed(&of, Ok(())))));
    let script = Script::new(calls);

    let fate = chain(&script).fate(&of).await;

    assert_eq!(fate, Ok(filled()));
    script.check_done();
}

#[tokio::test(start_paused = true)]
async fn what_a_node_no_longer_holds_it_cannot_deny() {
    let of = built().await;
    // Longer ago than every node remembers.
    let past = 200;
    let blocks = past + 150 + 32;
    let end = 6_000;
    let denied = |end: u64, held: u64| {
        let mut calls = vec![unknown(&of, end)];
        calls.extend(stands(end, of.last_valid_height.get() + past));
        let slots = (end - held + 1..=end).map(Slot::new).collect();
        let asked = Call::Blocks(Slot::new(end - 2 * blocks), 2 * blocks + 1, slots);
        calls.extend([own_history(end, Ok(Vec::new())), unknown(&of, end), asked]);
        calls
    };
    let calls = [
        denied(end, blocks - 1),
        denied(end, blocks),
        denied(end + 5, blocks),
    ];
    let script = Script::new(calls.into_iter().flatten());
    let chain = chain(&script);

    let purged = chain.fate(&of).await;
    check_unusable(&purged);
    for expected in [Fate::Absent, Fate::Dead] {
        a_slot_later().await;
        assert_eq!(chain.fate(&of).await, Ok(expected));
    }
    script.check_done();
}

#[tokio::test(start_paused = true)]
async fn a_witness_that_tells_slots_as_heights_proves_nothing() {
    let of = built().await;
    let slot = of.last_valid_height.get() + 1_000;
    let script = Script::new([
        unknown(&of, slot),
        finalized(slot, slot),
        blockhash_at(slot, slot - 1_000),
        unknown(&of, slot),
    ]);
    let chain = chain(&script);

    for _ in 0..2 {
        check_unusable(&chain.fate(&of).await);
        a_slot_later().await;
    }
    script.check_done();
}
