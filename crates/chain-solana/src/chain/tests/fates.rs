use std::time::Duration;

use amm::Address;
use domain::BaseUnits;
use domain::transaction::{Height, SignedTransaction};
use ports::chain::{Chain, Error, Fate, Revert};
use ports::landing::{self, Finalized, Landing};
use solana_instruction_error::InstructionError;
use solana_signature::Signature;
use solana_transaction_error::TransactionError;

use super::world::{PoolOf, USDC, blockhash, chain, search, snapshot, swap, wallet};
use crate::build::own;
use crate::keys::Signer;
use crate::message::Decoded;
use crate::rpc::transaction::{Meta, TokenBalance};
use crate::rpc::{
    At, Commitment, Entry, EpochInfo, Failure, History, Lamports, Outcome, Slot, Status,
    Transaction, View,
};
use crate::script::{Call, LATENCY, Script};

const POOL: PoolOf = PoolOf {
    address: Address([20; 32]),
    sol: 10_000_000_000_000,
    usdc: 1_510_000_000_000,
};

/// A transaction of ours.
async fn built() -> SignedTransaction {
    let script = Script::new([
        search(&[POOL]),
        snapshot(&[POOL]),
        Call::minimum_balance(165, 2_039_280),
        blockhash(5_000),
    ]);
    chain(&script).build(&swap()).await.unwrap()
}

fn signature(of: &SignedTransaction) -> Signature {
    of.signature.as_str().parse().unwrap()
}

/// What a node at a slot says of it.
fn statuses(of: &SignedTransaction, history: History, slot: u64, status: Option<Status>) -> Call {
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

fn finalized(slot: u64, height: u64) -> Call {
    let info = EpochInfo {
        slot: Slot::new(slot),
        height: Height::new(height),
        epoch: 3,
    };
    Call::EpochInfo(View::FINALIZED, Ok(info))
}

/// The transaction as the ledger tells it: one SOL went, 150.5 USDC came into a new account.
fn landed(of: &SignedTransaction, outcome: Outcome) -> Transaction {
    let decoded = Decoded::read(&of.bytes, &[]).unwrap();
    let account =
        crate::address::associated_token(wallet().address(), USDC, amm::token::TOKEN_PROGRAM);
    let place = |of: Address| decoded.keys.iter().position(|it| *it == of).unwrap();
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

fn told(of: &SignedTransaction, found: Option<Transaction>) -> Call {
    Call::Transaction(signature(of), Commitment::Confirmed, Ok(found))
}

#[track_caller]
fn check_unusable<T: std::fmt::Debug>(answer: &Result<T, Error>) {
    assert!(matches!(answer, Err(Error::Unavailable(_))), "{answer:?}");
}

#[tokio::test(start_paused = true)]
async fn a_fill_is_what_the_ledger_says() {
    let of = built().await;
    let script = Script::new([
        statuses(
            &of,
            History::Whole,
            1_000,
            status(Ok(()), Commitment::Confirmed),
        ),
        told(&of, Some(landed(&of, Ok(())))),
    ]);

    let fate = Chain::fate(&chain(&script), &of.signature).await.unwrap();

    let amount_out = BaseUnits::new(150_500_000);
    assert!(matches!(fate, Fate::Landed { amount_out: out, .. } if out == amount_out));
    script.check_done();
}

#[tokio::test(start_paused = true)]
async fn a_landed_transaction_tells_all_its_costs() {
    let of = built().await;
    let script = Script::new([
        statuses(
            &of,
            History::Whole,
            1_000,
            status(Ok(()), Commitment::Confirmed),
        ),
        told(&of, Some(landed(&of, Ok(())))),
    ]);
    let view = Finalized {
        slot: 980,
        height: Height::new(900),
    };

    let fate = Landing::fate(&chain(&script), &of, view).await.unwrap();

    let expected = landing::Fate::Landed {
        amount_in: BaseUnits::new(1_000_000_000),
        amount_out: BaseUnits::new(150_500_000),
        cost: landing::Cost {
            fee: 12_000,
            priority_fee: 7_000,
            rent_paid: 2_039_280,
            rent_returned: 0,
        },
        slot: 990,
    };
    assert_eq!(fate, expected);
}

#[tokio::test(start_paused = true)]
async fn what_is_not_sure_yet_is_neither_landed_nor_unknown() {
    let of = built().await;
    let unsure = [
        vec![statuses(
            &of,
            History::Whole,
            1_000,
            status(Ok(()), Commitment::Processed),
        )],
        // Known, and not told yet.
        vec![
            statuses(
                &of,
                History::Whole,
                1_000,
                status(Ok(()), Commitment::Confirmed),
            ),
            told(&of, None),
        ],
        // Rolled back in a block that may vanish, after which it could land again.
        vec![
            statuses(
                &of,
                History::Whole,
                1_000,
                status(slippage(), Commitment::Confirmed),
            ),
            told(&of, Some(landed(&of, slippage()))),
        ],
    ];
    for calls in unsure {
        let script = Script::new(calls);

        check_unusable(&Chain::fate(&chain(&script), &of.signature).await);

        script.check_done();
    }
}

#[tokio::test(start_paused = true)]
async fn a_revert_is_told_once_it_is_final() {
    let of = built().await;
    let script = Script::new([
        statuses(
            &of,
            History::Whole,
            1_000,
            status(slippage(), Commitment::Finalized),
        ),
        told(&of, Some(landed(&of, slippage()))),
    ]);

    let fate = Chain::fate(&chain(&script), &of.signature).await.unwrap();

    let reason = Revert::SlippageExceeded;
    assert!(matches!(fate, Fate::Reverted { reason: why, .. } if why == reason));
}

#[tokio::test(start_paused = true)]
async fn a_node_behind_the_finalized_view_can_deny_nothing() {
    let of = built().await;
    let script = Script::new([
        finalized(1_000, 900),
        statuses(&of, History::Whole, 999, None),
        statuses(&of, History::Whole, 1_000, None),
    ]);
    let chain = chain(&script);

    let height = chain.finalized_height().await.unwrap();
    let behind = Chain::fate(&chain, &of.signature).await;
    let fate = Chain::fate(&chain, &of.signature).await;

    assert_eq!(height, Height::new(900));
    check_unusable(&behind);
    assert_eq!(fate, Ok(Fate::Unknown));
}

#[tokio::test(start_paused = true)]
async fn a_transaction_is_absent_where_its_own_address_was_never_touched() {
    let of = built().await;
    let own = own::address(wallet().address(), &own::seed(swap().order_id, 2));
    let entry = Entry {
        signature: signature(&of),
        slot: Slot::new(990),
        outcome: Ok(()),
    };
    let view = Finalized {
        slot: 1_000,
        height: Height::new(900),
    };
    let asked = View::FINALIZED.since(Slot::new(1_000));
    let unknown = || statuses(&of, History::Whole, 1_000, None);
    let script = Script::new([
        unknown(),
        Call::History(own, asked, Ok(Vec::new())),
        unknown(),
        Call::History(own, asked, Ok(vec![entry])),
        unknown(),
        Call::History(own, asked, Err(crate::rpc::Error::unavailable("purged"))),
    ]);
    let chain = chain(&script);

    let absent = Landing::fate(&chain, &of, view).await;
    let touched = Landing::fate(&chain, &of, view).await;
    let unheard = Landing::fate(&chain, &of, view).await;

    assert_eq!(absent, Ok(landing::Fate::Absent));
    assert_eq!(touched, Ok(landing::Fate::Underway));
    check_unusable(&unheard);
    script.check_done();
}

#[tokio::test(start_paused = true)]
async fn waiting_ends_with_the_fate() {
    let of = built().await;
    let look = |status| statuses(&of, History::Recent, 1_000, status);
    let script = Script::new([
        look(None),
        look(status(Ok(()), Commitment::Processed)),
        look(status(Ok(()), Commitment::Confirmed)),
        told(&of, Some(landed(&of, Ok(())))),
    ]);
    let began = tokio::time::Instant::now();

    let fate = chain(&script)
        .await_fate(&of.signature, Duration::from_secs(10))
        .await;

    assert!(matches!(fate, Ok(Fate::Landed { .. })), "{fate:?}");
    // Two looks in vain with a pause behind each, and the third.
    assert_eq!(began.elapsed(), Duration::from_millis(2 * (40 + 400) + 40));
    script.check_done();
}

#[tokio::test(start_paused = true)]
async fn waiting_ends_at_its_limit() {
    let of = built().await;
    let look = || statuses(&of, History::Recent, 1_000, None);
    let script = Script::new([look(), look()]);
    let began = tokio::time::Instant::now();

    let fate = chain(&script)
        .await_fate(&of.signature, Duration::from_millis(500))
        .await;

    assert_eq!(fate, Ok(Fate::Unknown));
    assert_eq!(began.elapsed(), Duration::from_millis(500));
    script.check_done();
}

#[tokio::test(start_paused = true)]
async fn waiting_ends_at_its_limit_however_slow_the_cluster_is() {
    let of = built().await;
    let script = Script::new([statuses(&of, History::Recent, 1_000, None)]);
    let began = tokio::time::Instant::now();

    let fate = chain(&script).await_fate(&of.signature, LATENCY / 2).await;

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

        let sent = Chain::send(&chain(&script), &of).await.unwrap_err();

        assert_eq!(matches!(sent, Error::Refused(_)), is_refused, "{sent:?}");
    }
}
