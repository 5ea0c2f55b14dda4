use amm::Address;
use domain::OrderId;
use domain::landing::LandingReport;
use domain::transaction::SignedTransaction;
use ports::landing::Landing as _;
use ports::transaction_builder::TransactionBuilder as _;

use crate::address::{TOKEN_PROGRAM, associated_token};
use crate::build::budget::Budget;
use crate::build::own;
use crate::chain::SolanaChain;
use crate::keys::Signer as _;
use crate::message::Decoded;
use crate::rpc::{EpochInfo, Error, MicroLamports, Slot, View};
use crate::script::{Call, Script};
use crate::world::{CPMM, DEEP, USDC, accounts, blockhash, chain, snapshot, swap, wallet};

/// What the swap of a transaction writes, the wallet's own accounts among it or not.
pub(super) fn written(built: &SignedTransaction, with_own: bool) -> Vec<Address> {
    let wallet = wallet().address();
    let decoded = Decoded::read(&built.bytes, &[]).unwrap();
    let own = [
        own::of(&decoded, wallet).unwrap(),
        associated_token(wallet, USDC, TOKEN_PROGRAM),
    ];
    let mut swap = decoded.instructions.iter();
    let swap = swap.find(|it| it.program == CPMM.id()).unwrap();
    let written = swap.accounts.iter().filter(|it| it.is_writable);
    let others = written.map(|it| it.address).filter(|it| *it != wallet);
    let mut all: Vec<_> = others.filter(|it| with_own || !own.contains(it)).collect();
    all.sort_unstable();
    all
}

pub(super) fn fees(written: Vec<Address>, prices: &[u64]) -> Call {
    let prices = prices
        .iter()
        .map(|price| (Slot::new(7), MicroLamports::new(*price)));
    Call::Fees(written, Ok(prices.collect()))
}

fn height(height: u64) -> Call {
    let info = EpochInfo {
        slot: Slot::new(9_000),
        height: domain::transaction::Height::new(height),
        epoch: 3,
    };
    Call::EpochInfo(View::CONFIRMED, Ok(info))
}

const ORDER: OrderId = OrderId::new(uuid::Uuid::from_u128(11));

/// A swap of SOL whose blockhash is good until the height 5,000.
async fn built(script: &Script) -> (SolanaChain, SignedTransaction) {
    script.then(accounts(&[DEEP]));
    script.then(snapshot(&[DEEP]));
    script.then(Call::minimum_balance(165, 2_039_280));
    script.then(blockhash(5_000));
    let chain = chain(script);
    let built = chain.build(&swap(DEEP)).await.unwrap();
    (chain, built)
}

#[tokio::test(start_paused = true)]
async fn a_report_says_how_long_it_lived_who_took_it_and_what_others_paid() {
    let script = Script::new([]);
    let (chain, built) = built(&script).await;
    for answer in [Ok(()), Err(Error::unavailable("lost")), Ok(())] {
        script.then(Call::Send(built.bytes.to_vec(), answer));
        // Each time as one that is not on the list yet.
        let _ = chain.keep(ORDER, &built).await;
        chain.forget(&built);
    }
    script.then(fees(
        written(&built, false),
        &[0, 40_000, 60_000, 70_000, 0, 80_000],
    ));
    script.then(height(4_900));

    let report = chain.report(&built).await.unwrap();

    let decoded = Decoded::read(&built.bytes, &[]).unwrap();
    let budget = Budget::of(&decoded).unwrap();
    let expected = LandingReport {
        // It could land from 4,850 on, with 32 blocks to spare until 5,032.
        blocks_lived: Some(50),
        sends_taken: Some(2),
        unit_price: 50_000,
        unit_limit: budget.units,
        fee_lamports: budget.fee().get(),
        // Of the four blocks in which somebody paid.
        fee_percentile: Some(25),
        usual_unit_price: Some(70_000),
        simulated_units: None,
        rolled_back: None,
    };
    assert_eq!(report, expected);
    script.check_done();
}

#[tokio::test(start_paused = true)]
async fn of_a_transaction_that_another_process_built_its_bytes_tell() {
    let script = Script::new([]);
    let (_, built) = built(&script).await;
    let other = chain(&script);
    script.then(fees(written(&built, true), &[0]));
    script.then(height(9_000));

    let report = other.report(&built).await.unwrap();

    assert_eq!(
        (report.unit_price, report.blocks_lived),
        (50_000, Some(182))
    );
    assert_eq!((report.sends_taken, report.fee_percentile), (None, None));
    script.check_done();
}

#[tokio::test(start_paused = true)]
async fn what_nobody_answers_is_left_out_and_what_is_no_transaction_has_no_report() {
    let script = Script::new([]);
    let (chain, built) = built(&script).await;
    let lost = || Error::unavailable("lost");
    script.then(Call::Fees(written(&built, false), Err(lost())));
    script.then(Call::EpochInfo(View::CONFIRMED, Err(lost())));

    let report = chain.report(&built).await.unwrap();
    let nonsense = SignedTransaction {
        bytes: vec![1, 2, 3].into(),
        ..built
    };
    let none = chain.report(&nonsense).await;

    assert_eq!((report.blocks_lived, report.fee_percentile), (None, None));
    assert_eq!((report.unit_price, report.sends_taken), (50_000, Some(0)));
    assert_eq!(none, None);
}
