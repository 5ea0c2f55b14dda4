use std::time::Duration;

use domain::quote::Receipt;
use domain::transaction::SignedTransaction;
use domain::{BaseUnits, OrderId};
use ports::chain::{Error, Revert};
use ports::landing::{Fate, Landing as _};
use ports::transaction_builder::TransactionBuilder as _;
use solana_instruction_error::InstructionError;
use solana_signature::Signature;
use solana_transaction_error::TransactionError;
use uuid::Uuid;

use crate::keys::Signer as _;
use crate::message::Decoded;
use crate::rpc::transaction::{Meta, TokenBalance};
use crate::rpc::{At, Commitment, Failure, History, Lamports, Outcome, Slot, Status, Transaction};
use crate::script::{Call, LATENCY, Script};
use crate::world::{DEEP, USDC, accounts, blockhash, chain, snapshot, swap, wallet};

/// A transaction of ours.
pub(super) async fn built() -> SignedTransaction {
    let script = Script::new([
        accounts(&[DEEP]),
        snapshot(&[DEEP]),
        Call::minimum_balance(165, 2_039_280),
        blockhash(5_000),
    ]);
    chain(&script).build(&swap(DEEP)).await.unwrap()
}

pub(super) fn signature(of: &SignedTransaction) -> Signature {
    of.signature.as_str().parse().unwrap()
}

/// What a node at a slot says of it.
pub(super) fn statuses(
    of: &SignedTransaction,
    history: History,
    slot: u64,
    status: Option<Status>,
) -> Call {
    let answer = At {
        slot: Slot::new(slot),
        value: vec![status],
    };
    Call::Statuses(vec![signature(of)], history, Ok(answer))
}

fn status(outcome: Outcome, commitment: Commitment) -> Option<Status> {
    Some(Status {
        slot: Slot::new(990),
        outcome,
        commitment,
    })
}

fn slippage() -> Outcome {
    // Two of the budget, one account made, two for the wrapped SOL: the swap is the sixth.
    let error = InstructionError::Custom(6005);
    Err(Failure::Known(TransactionError::InstructionError(5, error)))
}

/// The transaction as the ledger tells it: one SOL went, 150.5 USDC came into a new account.
pub(super) fn landed(of: &SignedTransaction, outcome: Outcome) -> Transaction {
    let decoded = Decoded::read(&of.bytes, &[]).unwrap();
    let account =
        crate::address::associated_token(wallet().address(), USDC, amm::token::TOKEN_PROGRAM);
    let place = |of: amm::Address| decoded.keys.iter().position(|it| *it == of).unwrap();
    let is_filled = outcome.is_ok();
    let fee = 12_000;
    let mut pre_balances = vec![Lamports::new(0); decoded.keys.len()];
    pre_balances[0] = Lamports::new(5_000_000_000);
    let mut post_balances = pre_balances.clone();
    let spent = if is_filled {
        1_000_000_000 + 2_039_280
    } else {
        0
    };
    post_balances[0] = Lamports::new(5_000_000_000 - fee - spent);
    let mut post_tokens = Vec::new();
    if is_filled {
        post_balances[place(account)] = Lamports::new(2_039_280);
        post_tokens.push(TokenBalance {
            index: place(account),
            mint: USDC,
            owner: Some(wallet().address()),
            amount: 150_500_000,
        });
    }
    Transaction {
        slot: Slot::new(990),
        bytes: of.bytes.to_vec(),
        meta: Meta {
            outcome,
            fee: Lamports::new(fee),
            units: Some(80_000),
            pre_balances,
            post_balances,
            pre_tokens: Vec::new(),
            post_tokens,
            loaded: Vec::new(),
            logs: Vec::new(),
        },
    }
}

pub(super) fn told(of: &SignedTransaction, found: Option<Transaction>) -> Call {
    Call::Transaction(signature(of), Commitment::Confirmed, Ok(found))
}

#[track_caller]
pub(super) fn check_unusable<T: std::fmt::Debug>(answer: &Result<T, Error>) {
    assert!(matches!(answer, Err(Error::Unavailable(_))), "{answer:?}");
}

fn receipt() -> Receipt {
    Receipt {
        fee_lamports: 12_000,
        priority_fee_lamports: 7_000,
        rent_paid_lamports: 0,
        rent_returned_lamports: 0,
        compute_units: Some(80_000),
        slot: 990,
        is_final: false,
        leftover: Vec::new(),
    }
}

pub(super) fn filled() -> Fate {
    Fate::Landed {
        amount_in: BaseUnits::new(1_000_000_000),
        amount_out: BaseUnits::new(150_500_000),
        // The ledger of these tests shows no vaults.
        legs: Vec::new(),
        receipt: Receipt {
            rent_paid_lamports: 2_039_280,
            ..receipt()
        },
    }
}

fn rolled_back(is_final: bool) -> Fate {
    Fate::Reverted {
        reason: Revert::SlippageExceeded,
        kind: format!("{}: ExceededSlippage (6005)", crate::world::CPMM.id()),
        receipt: Receipt {
            is_final,
            ..receipt()
        },
        is_final,
    }
}

/// What a node that knows the whole history says.
pub(super) fn whole(of: &SignedTransaction, outcome: Outcome, commitment: Commitment) -> Call {
    statuses(of, History::Whole, 1_000, status(outcome, commitment))
}

#[tokio::test(start_paused = true)]
async fn a_fill_and_its_costs_are_what_the_ledger_says() {
    let of = built().await;
    let script = Script::new([
        whole(&of, Ok(()), Commitment::Confirmed),
        told(&of, Some(landed(&of, Ok(())))),
    ]);

    let fate = chain(&script).fate(&of).await;

    assert_eq!(fate, Ok(filled()));
    script.check_done();
}

#[tokio::test(start_paused = true)]
async fn lamports_that_somebody_paid_to_an_address_before_are_no_part_of_the_swap() {
    const PAID_BEFORE: u64 = 900_000;
    let of = built().await;
    let mut told_of = landed(&of, Ok(()));
    let place = told_of.meta.post_tokens[0].index;
    let meta = &mut told_of.meta;
    meta.pre_balances[place] = Lamports::new(PAID_BEFORE);
    meta.post_balances[0] = Lamports::new(meta.post_balances[0].get() + PAID_BEFORE);
    let script = Script::new([
        whole(&of, Ok(()), Commitment::Confirmed),
        told(&of, Some(told_of)),
    ]);

    let fate = chain(&script).fate(&of).await;

    let Ok(Fate::Landed {
        amount_in, receipt, ..
    }) = fate
    else {
        panic!("{fate:?}")
    };
    assert_eq!(amount_in, BaseUnits::new(1_000_000_000));
    assert_eq!(receipt.rent_paid_lamports, 2_039_280 - PAID_BEFORE);
}

#[tokio::test(start_paused = true)]
async fn amounts_that_were_not_signed_are_not_believed() {
    let of = built().await;
    let known = status(Ok(()), Commitment::Confirmed).unwrap();
    for lamports in [-1, 1, 990_000_000] {
        let mut told_of = landed(&of, Ok(()));
        let held = &mut told_of.meta.post_balances[0];
        *held = Lamports::new(held.get().checked_add_signed(lamports).unwrap());
        let script = Script::new([told(&of, Some(told_of))]);

        let fate = chain(&script).judge(&signature(&of), &known).await;

        check_unusable(&fate);
    }
}

#[tokio::test(start_paused = true)]
async fn a_slot_that_is_not_its_statuss_is_not_believed() {
    let of = built().await;
    let known = status(Ok(()), Commitment::Confirmed).unwrap();
    for slot in [989, 991, u64::MAX] {
        let mut told_of = landed(&of, Ok(()));
        told_of.slot = Slot::new(slot);
        let script = Script::new([told(&of, Some(told_of))]);

        let fate = chain(&script).judge(&signature(&of), &known).await;

        check_unusable(&fate);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_not_sure_yet_is_neither_landed_nor_absent() {
    let of = built().await;
    let unsure = [
        vec![whole(&of, Ok(()), Commitment::Processed)],
        // Known, and not told yet.
        vec![whole(&of, Ok(()), Commitment::Confirmed), told(&of, None)],
    ];
    for calls in unsure {
        let script = Script::new(calls);

        let fate = chain(&script).fate(&of).await;

        assert_eq!(fate, Ok(Fate::Underway));
        script.check_done();
    }
}

#[tokio::test(start_paused = true)]
async fn a_revert_says_whether_it_is_final() {
    let of = built().await;
    // Until then its block may vanish, after which it could land again.
    for (commitment, is_final) in [
        (Commitment::Confirmed, false),
        (Commitment::Finalized, true),
    ] {
        let script = Script::new([
            whole(&of, slippage(), commitment),
            told(&of, Some(landed(&of, slippage()))),
        ]);

        let fate = chain(&script).fate(&of).await;

        assert_eq!(fate, Ok(rolled_back(is_final)));
    }
}

const ORDER: OrderId = OrderId::new(Uuid::from_u128(11));
/// Looks and sends have their times in it.
const SLOT_TIME: Duration = Duration::from_millis(400);

fn sent(of: &SignedTransaction) -> Call {
    Call::Send(of.bytes.to_vec(), Ok(()))
}

/// What is known of a transaction that was sent, once it has been waited for.
async fn awaited(script: &Script, of: &SignedTransaction, limit: Duration) -> Result<Fate, Error> {
    let chain = chain(script);
    chain.keep(ORDER, of).await.unwrap();
    tokio::select! {
        biased;
        fate = chain.await_fate(of, limit) => fate,
        () = chain.attend() => unreachable!("it never ends"),
    }
}

/// What a node says that knows the recent past.
fn recent(of: &SignedTransaction, status: Option<Status>) -> Call {
    statuses(of, History::Recent, 1_000, status)
}

#[tokio::test(start_paused = true)]
async fn waiting_ends_with_the_fate() {
    let of = built().await;
    let script = Script::new([
        sent(&of),
        recent(&of, None),
        sent(&of),
        recent(&of, status(Ok(()), Commitment::Processed)),
        sent(&of),
        recent(&of, status(Ok(()), Commitment::Confirmed)),
        told(&of, Some(landed(&of, Ok(())))),
    ]);
    let began = tokio::time::Instant::now();

    let fate = awaited(&script, &of, Duration::from_secs(10)).await;

    assert_eq!(fate, Ok(filled()));
    // Two looks in vain with a pause behind each, and the third.
    assert_eq!(began.elapsed(), 2 * (LATENCY + SLOT_TIME) + LATENCY);
    script.check_done();
}

#[tokio::test(start_paused = true)]
async fn waiting_ends_with_a_revert_that_is_not_final_yet() {
    let of = built().await;
    let script = Script::new([
        sent(&of),
        recent(&of, status(slippage(), Commitment::Confirmed)),
        told(&of, Some(landed(&of, slippage()))),
    ]);

    let fate = awaited(&script, &of, Duration::from_secs(10)).await;

    assert_eq!(fate, Ok(rolled_back(false)));
    script.check_done();
}

#[tokio::test(start_paused = true)]
async fn a_transaction_that_is_known_and_not_told_yet_is_asked_for_again() {
    let of = built().await;
    let script = Script::new([
        sent(&of),
        recent(&of, status(Ok(()), Commitment::Confirmed)),
        told(&of, None),
        Call::Transaction(
            signature(&of),
            Commitment::Confirmed,
            Err(crate::rpc::Error::unavailable("reset")),
        ),
        told(&of, Some(landed(&of, Ok(())))),
    ]);

    let fate = awaited(&script, &of, Duration::from_secs(10)).await;

    assert_eq!(fate, Ok(filled()));
    script.check_done();
}

#[tokio::test(start_paused = true)]
async fn waiting_ends_at_its_limit_with_what_is_known() {
    let of = built().await;
    let lost = Err(crate::rpc::Error::unavailable("lost"));
    let failed = Call::Statuses(vec![signature(&of)], History::Recent, lost);
    let processed = || recent(&of, status(Ok(()), Commitment::Processed));
    let confirmed = recent(&of, status(Ok(()), Commitment::Confirmed));
    let cases = [
        (
            vec![sent(&of), recent(&of, None), sent(&of), recent(&of, None)],
            Some(Fate::Absent),
        ),
        (
            vec![sent(&of), recent(&of, None), sent(&of), processed()],
            Some(Fate::Underway),
        ),
        (vec![sent(&of), processed(), sent(&of), failed], None),
        (
            vec![sent(&of), confirmed, told(&of, None), told(&of, None)],
            Some(Fate::Underway),
        ),
    ];
    for (calls, expected) in cases {
        let script = Script::new(calls);
        let began = tokio::time::Instant::now();

        let fate = awaited(&script, &of, Duration::from_millis(500)).await;

        match expected {
            Some(expected) => assert_eq!(fate, Ok(expected)),
            None => check_unusable(&fate),
        }
        assert_eq!(began.elapsed(), Duration::from_millis(500));
        script.check_done();
    }
}

#[tokio::test(start_paused = true)]
async fn waiting_ends_at_its_limit_however_slow_the_cluster_is() {
    let of = built().await;
    let script = Script::new([sent(&of), recent(&of, None)]);
    let began = tokio::time::Instant::now();

    let fate = awaited(&script, &of, LATENCY / 2).await;

    check_unusable(&fate);
    assert_eq!(began.elapsed(), LATENCY / 2);
}

#[tokio::test(start_paused = true)]
async fn a_send_that_may_have_arrived_is_no_refusal() {
    let of = built().await;
    let errors = [
        (crate::rpc::Error::unavailable("reset"), false),
        (
            crate::rpc::Error::TooManyRequests { retry_after: None },
            false,
        ),
        (crate::rpc::Error::Refused("malformed".to_owned()), true),
    ];
    for (error, is_refused) in errors {
        let script = Script::new([Call::Send(of.bytes.to_vec(), Err(error))]);

        let sent = chain(&script).keep(ORDER, &of).await.unwrap_err();

        assert_eq!(matches!(sent, Error::Refused(_)), is_refused, "{sent:?}");
    }
}
