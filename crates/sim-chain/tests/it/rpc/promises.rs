//! One test for each numbered promise of `chain_solana::Rpc`, each run over both ways.

use std::time::Duration;

use chain_solana::rpc::error::Lag;
use chain_solana::rpc::{
    ACCOUNTS_MAX, BLOCKS_MAX, Commitment, ENTRIES_MAX, EntryPage, Error, FEE_KEYS_MAX,
    FILTER_BYTES_MAX, FILTERS_MAX, Filter, History, SIGNATURES_MAX, SimulationRequest, Slot, View,
};
use ports::simulation::Faults;
use sim_chain::bank::address;
use sim_chain::cluster::GENESIS_HASH;
use solana_signature::Signature;

use super::stand::{NOBODY, POOL, RECIPIENT, RICH, RICH_LAMPORTS, Stand, Way, amm};
use crate::node::served::{SOL, key_of, wallet};

macro_rules! over_both_ways {
    ($($promise:ident)*) => {
        mod in_this_process {
            use super::{Stand, Way};
            $(#[tokio::test]
            async fn $promise() {
                super::$promise(Stand::new(Way::InThisProcess)).await;
            })*
        }

        mod over_http {
            use super::{Stand, Way};
            $(#[tokio::test]
            async fn $promise() {
                super::$promise(Stand::new(Way::OverHttp)).await;
            })*
        }
    };
}

over_both_ways! {
    promise_1_an_answer_is_of_one_bank_of_its_commitment
    promise_1_a_node_that_is_not_so_far_says_so
    promise_2_answers_stand_in_the_order_of_the_questions
    promise_3_too_much_is_refused_before_anything_is_sent
    promise_4_numbers_are_exact_over_64_bits
    promise_5_an_error_is_no_answer
    promise_5_a_reply_may_be_lost_of_what_arrived
    promise_6_the_same_bytes_land_once
    promise_6_nothing_is_sent_again
    promise_7_what_a_transaction_did_may_be_told_later
    promise_7_nothing_is_told_before_it_is_confirmed
    every_method_answers
}

const PROCESSED: View = View::newest(Commitment::Processed);

async fn promise_1_an_answer_is_of_one_bank_of_its_commitment(stand: Stand) {
    let (_, bytes) = stand.transfer(SOL);
    stand.rpc.send(&bytes).await.unwrap();
    let lamports = async |view| {
        let found = stand.rpc.accounts(&[amm(RECIPIENT)], view).await.unwrap();
        let account = found.value[0].as_ref();
        (found.slot, account.map(|account| account.lamports.get()))
    };

    let (processed, seen) = lamports(PROCESSED).await;
    let (confirmed, unseen) = lamports(View::CONFIRMED).await;
    assert_eq!((seen, unseen), (Some(SOL), None));
    assert!(confirmed < processed);

    stand.pass_blocks(1);
    assert_eq!(lamports(View::CONFIRMED).await.1, Some(SOL));
    let (finalized, unseen) = lamports(View::FINALIZED).await;
    assert!(finalized < processed && unseen.is_none());

    stand.pass_blocks(5);
    assert_eq!(lamports(View::FINALIZED).await.1, Some(SOL));
    let info = stand.rpc.epoch_info(View::FINALIZED).await.unwrap();
    let hash = stand.rpc.latest_blockhash(View::FINALIZED).await.unwrap();
    assert_eq!(info.slot, hash.slot);
    assert_eq!(hash.value.last_valid_height.get(), info.height.get() + 150);
}

async fn promise_1_a_node_that_is_not_so_far_says_so(stand: Stand) {
    stand.pass_blocks(3);
    let (_, bytes) = stand.transfer(SOL);
    let rpc = &stand.rpc;
    let at = rpc.epoch_info(View::CONFIRMED).await.unwrap().slot;
    let check = |result: Result<Slot, Error>| match result {
        Err(Error::Behind(Lag::StandsAt(slot))) => assert_eq!(slot, at),
        other => panic!("{other:?}"),
    };

    for (ahead, is_reached) in [(0, true), (1, false), (u64::MAX - at.get(), false)] {
        let view = View::CONFIRMED.since(Slot::new(at.get() + ahead));
        let request = SimulationRequest {
            transaction: &bytes,
            view,
            accounts: &[],
        };
        let answers = [
            rpc.epoch_info(view).await.map(|info| info.slot),
            rpc.latest_blockhash(view).await.map(|found| found.slot),
            rpc.accounts(&[amm(POOL)], view)
                .await
                .map(|found| found.slot),
            rpc.program_accounts(amm(address::RAYDIUM_CPMM), &[], view)
                .await
                .map(|found| found.slot),
            rpc.simulate(&request).await.map(|found| found.slot),
            rpc.signatures_for_address(amm(POOL), EntryPage::newest(1), view)
                .await
                .map(|_| at),
        ];
        for answer in answers {
            if is_reached {
                assert_eq!(answer.unwrap(), at);
            } else {
                check(answer);
            }
        }
    }
}

async fn promise_2_answers_stand_in_the_order_of_the_questions(stand: Stand) {
    let (first, bytes) = stand.transfer(SOL);
    let (second, more) = stand.transfer_of(2, 2 * SOL);
    stand.rpc.send(&bytes).await.unwrap();
    stand.rpc.send(&more).await.unwrap();
    stand.pass_blocks(1);
    let payer = key_of(&wallet(1));

    let asked = [NOBODY, POOL, RICH, NOBODY, POOL, payer].map(amm);
    let found = stand.rpc.accounts(&asked, View::CONFIRMED).await.unwrap();
    let there: Vec<bool> = found.value.iter().map(Option::is_some).collect();
    assert_eq!(there, [false, true, true, false, true, true]);
    assert_eq!(found.value[1], found.value[4]);
    let pool = found.value[1].as_ref().unwrap();
    assert_eq!(pool.data, (0..200).collect::<Vec<u8>>());
    assert_eq!(pool.owner, amm(address::RAYDIUM_CPMM));

    let unknown = Signature::from([9; 64]);
    let asked = [second, unknown, first, second];
    let found = stand
        .rpc
        .signature_statuses(&asked, History::Recent)
        .await
        .unwrap();
    let there: Vec<bool> = found.value.iter().map(Option::is_some).collect();
    assert_eq!(there, [true, false, true, true]);

    assert_eq!(stand.rpc.accounts(&[], PROCESSED).await.unwrap().value, []);
    let entries = stand
        .rpc
        .signatures_for_address(amm(RECIPIENT), EntryPage::newest(10), View::CONFIRMED)
        .await;
    let entries: Vec<_> = entries
        .unwrap()
        .iter()
        .map(|entry| entry.signature)
        .collect();
    assert_eq!(entries, [second, first]);
    for (before, older) in [(second, vec![first]), (first, vec![]), (unknown, vec![])] {
        let page = EntryPage {
            before: Some(before),
            ..EntryPage::newest(10)
        };
        let entries = stand
            .rpc
            .signatures_for_address(amm(RECIPIENT), page, View::CONFIRMED);
        let entries = entries.await.unwrap();
        let entries: Vec<_> = entries.iter().map(|entry| entry.signature).collect();
        assert_eq!(entries, older);
    }
    let confirmed = Commitment::Confirmed;
    assert_eq!(
        stand.rpc.transaction(&unknown, confirmed).await.unwrap(),
        None
    );
}

async fn promise_3_too_much_is_refused_before_anything_is_sent(stand: Stand) {
    // Nobody would answer.
    stand.service.set_faults(&Faults {
        outage: true,
        ..Faults::default()
    });
    let rpc = &stand.rpc;
    let keys = vec![amm(POOL); ACCOUNTS_MAX + 1];
    let fee_keys = vec![amm(POOL); FEE_KEYS_MAX + 1];
    let signatures = vec![Signature::default(); SIGNATURES_MAX + 1];
    let filters = vec![Filter::Size(1); FILTERS_MAX + 1];
    let long = [Filter::Bytes {
        offset: 0,
        bytes: vec![0; FILTER_BYTES_MAX + 1],
    }];
    let (_, bytes) = stand.transfer(SOL);
    let request = SimulationRequest {
        transaction: &bytes,
        view: PROCESSED,
        accounts: &keys,
    };

    let refusals = [
        rpc.accounts(&keys, PROCESSED).await.err(),
        rpc.program_accounts(amm(POOL), &filters, PROCESSED)
            .await
            .err(),
        rpc.program_accounts(amm(POOL), &long, PROCESSED)
            .await
            .err(),
        rpc.simulate(&request).await.err(),
        rpc.signature_statuses(&signatures, History::Whole)
            .await
            .err(),
        rpc.signatures_for_address(
            amm(POOL),
            EntryPage::newest(ENTRIES_MAX + 1),
            View::FINALIZED,
        )
        .await
        .err(),
        rpc.prioritization_fees(&fee_keys).await.err(),
        rpc.blocks(Slot::new(0), BLOCKS_MAX + 1, Commitment::Finalized)
            .await
            .err(),
    ];

    for refusal in refusals {
        assert!(matches!(refusal, Some(Error::Refused(_))), "{refusal:?}");
    }
}

async fn promise_4_numbers_are_exact_over_64_bits(stand: Stand) {
    let rpc = &stand.rpc;

    let found = rpc.accounts(&[amm(RICH)], PROCESSED).await.unwrap();
    let lamports = found.value[0].as_ref().unwrap().lamports.get();
    assert_eq!(lamports, RICH_LAMPORTS);

    let far = View::CONFIRMED.since(Slot::new(u64::MAX));
    assert!(matches!(rpc.epoch_info(far).await, Err(Error::Behind(_))));
    let none = rpc.blocks(Slot::new(u64::MAX), 1, Commitment::Confirmed);
    assert_eq!(none.await.unwrap(), []);
    let none = [Filter::Size(u64::MAX)];
    let program = amm(address::RAYDIUM_CPMM);
    let found = rpc.program_accounts(program, &none, PROCESSED).await;
    assert_eq!(found.unwrap().value, []);

    // A transfer of an odd number beyond what a float can hold.
    let odd = (1 << 53) + 1;
    let (_, bytes) = stand.transfer(odd);
    let request = SimulationRequest {
        transaction: &bytes,
        view: PROCESSED,
        accounts: &[],
    };
    let simulated = rpc.simulate(&request).await.unwrap().value;
    assert!(simulated.outcome.is_err());
    let needed = simulated
        .logs
        .iter()
        .any(|line| line.contains(&odd.to_string()));
    assert!(needed, "{:?}", simulated.logs);
}

async fn promise_5_an_error_is_no_answer(stand: Stand) {
    let (signature, bytes) = stand.transfer(SOL);
    stand.rpc.send(&bytes).await.unwrap();
    stand.pass_blocks(1);
    let outage = Faults {
        outage: true,
        ..Faults::default()
    };
    stand.service.set_faults(&outage);

    let status = stand.status(signature).await;
    assert!(matches!(status, Err(Error::Unavailable(_))));
    let transaction = stand.rpc.transaction(&signature, Commitment::Confirmed);
    assert!(matches!(transaction.await, Err(Error::Unavailable(_))));
    let sent = stand.rpc.send(&bytes).await.unwrap_err();
    assert!(matches!(sent, Error::Unavailable(_)) && sent.may_have_arrived());

    stand.service.set_faults(&Faults::default());
    let refused = stand.rpc.send(&bytes[..bytes.len() - 1]).await.unwrap_err();
    assert!(matches!(refused, Error::Refused(_)) && !refused.may_have_arrived());
    let long = vec![0; 1_233];
    let refused = stand.rpc.send(&long).await.unwrap_err();
    assert!(!refused.may_have_arrived());
}

async fn promise_5_a_reply_may_be_lost_of_what_arrived(stand: Stand) {
    let (signature, bytes) = stand.transfer(SOL);
    stand.service.planned().lose_next_replies(1);

    let lost = stand.rpc.send(&bytes).await.unwrap_err();

    assert!(lost.may_have_arrived());
    assert!(stand.status(signature).await.unwrap().is_some());
    assert_eq!(stand.received().await, SOL);
}

async fn promise_6_the_same_bytes_land_once(stand: Stand) {
    let (signature, bytes) = stand.transfer(SOL);

    for _ in 0..3 {
        assert_eq!(stand.rpc.send(&bytes).await.unwrap(), signature);
        stand.pass_blocks(1);
    }

    assert_eq!(stand.received().await, SOL);
}

async fn promise_6_nothing_is_sent_again(stand: Stand) {
    let (signature, bytes) = stand.transfer(SOL);
    stand.service.planned().drop_next(1);

    // Taken, and forgotten: neither client nor node makes up for it.
    assert_eq!(stand.rpc.send(&bytes).await.unwrap(), signature);
    stand.pass_blocks(10);
    assert_eq!(stand.received().await, 0);

    stand.rpc.send(&bytes).await.unwrap();
    assert_eq!(stand.received().await, SOL);
}

async fn promise_7_what_a_transaction_did_may_be_told_later(stand: Stand) {
    let (signature, bytes) = stand.transfer(SOL);
    stand.rpc.send(&bytes).await.unwrap();
    stand.pass_blocks(2);
    stand.service.set_faults(&Faults {
        transaction_null_ms: 1_000,
        ..Faults::default()
    });
    let told = || stand.rpc.transaction(&signature, Commitment::Confirmed);

    assert!(stand.status(signature).await.unwrap().is_some());
    assert_eq!(told().await.unwrap(), None);

    stand.clock.advance(Duration::from_secs(1));
    let told = told().await.unwrap().unwrap();
    assert_eq!(told.bytes, bytes);
    assert_eq!(told.meta.fee.get(), 5_000);
    let moved = told.meta.pre_balances[0].get() - told.meta.post_balances[0].get();
    assert_eq!(moved, SOL + 5_000);
}

async fn promise_7_nothing_is_told_before_it_is_confirmed(stand: Stand) {
    let (signature, bytes) = stand.transfer(SOL);
    stand.rpc.send(&bytes).await.unwrap();
    let told = |commitment| stand.rpc.transaction(&signature, commitment);

    let status = stand.status(signature).await.unwrap().unwrap();
    assert_eq!(status.commitment, Commitment::Processed);
    assert_eq!(told(Commitment::Processed).await.unwrap(), None);

    stand.pass_blocks(1);
    assert!(told(Commitment::Processed).await.unwrap().is_some());
    assert_eq!(told(Commitment::Finalized).await.unwrap(), None);
    let view = PROCESSED;
    let entries = stand
        .rpc
        .signatures_for_address(amm(RECIPIENT), EntryPage::newest(1), view);
    assert!(matches!(entries.await, Err(Error::Refused(_))));
}

async fn every_method_answers(stand: Stand) {
    stand.pass_blocks(2);
    let rpc = &stand.rpc;

    assert_eq!(rpc.genesis_hash().await.unwrap(), GENESIS_HASH);
    assert_eq!(rpc.minimum_balance(165).await.unwrap().get(), 293 * 6_960);
    let keys = [amm(RECIPIENT)];
    let fees = rpc.prioritization_fees(&keys).await.unwrap();
    let at = rpc.epoch_info(View::CONFIRMED).await.unwrap();
    assert_eq!(fees.last().unwrap().0, at.slot);
    let blocks = rpc.blocks(Slot::new(0), 2, Commitment::Confirmed).await;
    assert_eq!(blocks.unwrap().len(), 2);
    let filter = [Filter::Bytes {
        offset: 2,
        bytes: vec![2, 3],
    }];
    let program = amm(address::RAYDIUM_CPMM);
    let found = rpc.program_accounts(program, &filter, PROCESSED).await;
    assert_eq!(found.unwrap().value[0].0, amm(POOL));
}

/// The eighth promise, for which each way has its own patience.
mod promise_8 {
    use super::{Duration, Error, Faults, Stand, View, Way};

    async fn check(stand: &Stand, patience: Duration) {
        stand.service.set_faults(&Faults {
            time_out: 1.0,
            ..Faults::default()
        });
        let mut call = stand.rpc.epoch_info(View::CONFIRMED);
        let ended = loop {
            tokio::select! {
                biased;
                ended = &mut call => break ended,
                () = tokio::task::yield_now() => stand.clock.advance(patience),
            }
        };
        assert!(matches!(ended, Err(Error::Unavailable(_))), "{ended:?}");
    }

    #[tokio::test]
    async fn a_call_in_this_process_ends() {
        check(&Stand::new(Way::InThisProcess), Duration::from_secs(1)).await;
    }

    #[tokio::test]
    async fn a_call_over_http_ends() {
        let patience = Duration::from_millis(100);
        check(
            &Stand::patient(Way::OverHttp, 0.0, 0.0, patience),
            Duration::ZERO,
        )
        .await;
    }
}
