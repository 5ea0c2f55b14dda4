//! What recorded transactions did, as a receipt tells it.

use std::collections::BTreeMap;

use amm::token::{TokenAccount, WRAPPED_SOL, is_program};
use amm::{Address, Program};
use chain_solana::receipt::failure::Reason;
use chain_solana::receipt::legs::{Exchanged, Fees};
use chain_solana::receipt::{self, Effect, Receipt, Swapped};
use chain_solana::rpc::transaction::{Meta, TokenBalance};
use chain_solana::rpc::{Failure, Lamports, Slot, Transaction};

use crate::build::{self, Trade};
use crate::case::{self, Accounts, Case};

#[test]
fn a_receipt_tells_what_the_wallet_paid_and_received() {
    let mut count = 0;
    for case in case::all() {
        let Some(trade) = build::trade(&case) else {
            continue;
        };
        let swapped = swapped(&trade);
        // Whom a transaction paid with what shows in itself.
        let wallet = swapped.wallet;
        let told = Swapped::of(
            &transaction(&case),
            &case.decoded,
            wallet,
            &Program::MAINNET,
        );
        assert_eq!(told, Ok(swapped), "{}", case.id);

        let receipt = read(&case, &swapped);

        let Effect::Filled {
            amount_in,
            amount_out,
            legs,
        } = receipt.effect.clone()
        else {
            panic!("{}: {receipt:?}", case.id)
        };
        let moved = |mint| moved(&case, &receipt, mint);
        assert_eq!(
            moved(swapped.mint_in),
            -i128::from(amount_in),
            "{}",
            case.id
        );
        assert_eq!(
            moved(swapped.mint_out),
            i128::from(amount_out),
            "{}",
            case.id
        );
        assert!(amount_in > 0 && amount_out > 0, "{}", case.id);
        let is_as_signed =
            |amounts| receipt::is_as_signed(&case.decoded, &Program::MAINNET, amounts);
        assert!(is_as_signed((amount_in, amount_out)), "{}", case.id);
        if !case.id.contains("exact-out") {
            assert!(!is_as_signed((amount_in + 1, amount_out)), "{}", case.id);
            assert!(!is_as_signed((amount_in - 1, amount_out)), "{}", case.id);
        }
        assert!(!is_as_signed((amount_in, 0)), "{}", case.id);
        let sum = |of: fn(&Exchanged) -> u64| legs.exchanged.iter().map(of).sum::<u64>();
        assert_eq!(legs.exchanged.len(), trade.legs.len(), "{}", case.id);
        assert_eq!(sum(|leg| leg.amount_in), amount_in, "{}", case.id);
        assert_eq!(sum(|leg| leg.amount_out), amount_out, "{}", case.id);
        count += 1;
    }
    assert_eq!(count, 53);
}

#[test]
fn a_receipt_tells_fees_and_rent() {
    let cases = case::all();
    let case = cases.iter().find(|it| it.id == "cpmm-sell-small").unwrap();
    let trade = build::trade(case).unwrap();

    let receipt = read(case, &swapped(&trade));

    // The account of the output was made and stays; that of the wrapped SOL came and went.
    assert_eq!(receipt.rent_paid, Lamports::new(2_039_280));
    assert_eq!(receipt.rent_returned, Lamports::new(0));
    let fee = case.expected()["fee"].as_u64().unwrap();
    assert_eq!(receipt.fee, Lamports::new(fee));
    let priority = trade.budget.fee().get() - 5_000;
    assert_eq!(receipt.priority_fee, Lamports::new(priority));
    assert_eq!(receipt.units, case.expected()["computeUnits"].as_u64());
    let Effect::Filled { amount_in, .. } = receipt.effect else {
        panic!("{receipt:?}")
    };
    assert_eq!(amount_in, 10_000_000);
}

#[test]
fn every_recorded_failure_is_one_thing_to_do() {
    let expected = |tag: &str, id: &str| match tag {
        "slippage" | "exact-out-slippage" | "transfer-fee-slippage" => Some(Reason::Slippage),
        "insufficient-funds" => Some(Reason::InsufficientFunds),
        "no-output-account" => Some(Reason::AccountMissing),
        "wrong-account" => Some(Reason::WrongAccount),
        "disabled" | "not-open-yet" => Some(Reason::PoolClosed),
        "compute-units" => Some(Reason::OutOfUnits),
        "dust" => Some(Reason::TooSmall),
        "split-second-leg-fails" if id.ends_with("disabled") => Some(Reason::PoolClosed),
        "split-second-leg-fails" => Some(Reason::Slippage),
        _ => None,
    };
    let mut count = 0;
    for case in case::all().iter().filter(|case| !case.succeeds()) {
        // A transaction without a swap does not come into these files.
        let mut tags = case.tags.iter();
        let reason = tags.find_map(|tag| expected(tag, &case.id));
        let reason = reason.unwrap_or_else(|| panic!("{}: {:?}", case.id, case.tags));
        let swapped = Swapped {
            wallet: case.decoded.keys[0],
            mint_in: WRAPPED_SOL,
            mint_out: WRAPPED_SOL,
        };

        let receipt = read(case, &swapped);

        let Effect::Reverted(reverted) = receipt.effect else {
            panic!("{}: {receipt:?}", case.id)
        };
        assert_eq!(reverted.reason, reason, "{}: {reverted:?}", case.id);
        count += 1;
    }
    assert!(count > 30, "only {count} failures");
}

#[test]
fn the_same_number_means_another_thing_for_another_program() {
    let cases = case::all();
    let reason = |id: &str| {
        let case = cases.iter().find(|it| it.id == id).unwrap();
        let error = &case.expected()["error"]["InstructionError"][1]["Custom"];
        assert_eq!(error.as_u64(), Some(6003), "{id}");
        let swapped = Swapped {
            wallet: case.decoded.keys[0],
            mint_in: WRAPPED_SOL,
            mint_out: WRAPPED_SOL,
        };
        match read(case, &swapped).effect {
            Effect::Reverted(reverted) => reverted.reason,
            filled => panic!("{filled:?}"),
        }
    };

    assert_eq!(reason("damm-disabled"), Reason::PoolClosed);
    assert_eq!(reason("dlmm-sell-middle-slippage"), Reason::Slippage);
}

fn swapped(trade: &Trade) -> Swapped {
    Swapped {
        wallet: trade.legs[0].trader.wallet,
        mint_in: trade.path[0].mint,
        mint_out: trade.path[1].mint,
    }
}

/// What the recording says of the wallet. Its lamports moved by fees and rent too.
fn moved(case: &Case, receipt: &Receipt, mint: Address) -> i128 {
    let tokens = &case.expected()["userTokens"][mint.to_string()];
    let tokens = tokens.as_str().map_or(0, |it| it.parse().unwrap());
    if mint != WRAPPED_SOL {
        return tokens;
    }
    let lamports = &case.expected()["userLamports"];
    let lamports = lamports
        .as_i64()
        .or_else(|| lamports.as_str().map(|it| it.parse().unwrap()))
        .unwrap();
    let is_payer = !case.tags.iter().any(|tag| tag == "fee-payer");
    let fee = if is_payer { receipt.fee.get() } else { 0 };
    tokens + i128::from(lamports) + i128::from(fee) + i128::from(receipt.rent_paid.get())
        - i128::from(receipt.rent_returned.get())
}

fn read(case: &Case, swapped: &Swapped) -> Receipt {
    receipt::read(
        &transaction(case),
        &case.decoded,
        swapped,
        &Program::MAINNET,
        &Fees::new(),
    )
    .unwrap()
}

/// The recording as a node would tell it.
fn transaction(case: &Case) -> Transaction {
    let [before, after] = &case.lamports;
    // Reverted transactions leave everything but their fee as it was.
    let left = |key: &Address| after.get(key).or(before.get(key));
    let balances = |of: &dyn Fn(&Address) -> Option<u64>| {
        let keys = case.decoded.keys.iter();
        keys.map(|key| Lamports::new(of(key).unwrap_or(0)))
            .collect()
    };
    let outcome = match &case.expected()["error"] {
        error if error.is_null() => Ok(()),
        error => Err(Failure::Known(
            serde_json::from_value(error.clone()).unwrap(),
        )),
    };
    let now: Accounts = case
        .before
        .clone()
        .into_iter()
        .chain(case.after.clone())
        .collect();
    Transaction {
        slot: Slot::new(case.now.slot),
        bytes: case.bytes.clone(),
        meta: Meta {
            outcome,
            fee: Lamports::new(case.expected()["fee"].as_u64().unwrap()),
            units: case.expected()["computeUnits"].as_u64(),
            pre_balances: balances(&|key| before.get(key).copied()),
            post_balances: balances(&|key| left(key).copied()),
            pre_tokens: tokens(case, &case.before, before),
            post_tokens: tokens(
                case,
                &now,
                &before.iter().chain(after).map(|(k, v)| (*k, *v)).collect(),
            ),
            loaded: case.loaded.clone(),
            logs: Vec::new(),
        },
    }
}

fn tokens(
    case: &Case,
    accounts: &Accounts,
    lamports: &BTreeMap<Address, u64>,
) -> Vec<TokenBalance> {
    let keys = case.decoded.keys.iter().enumerate();
    let token = |(index, key): (usize, &Address)| {
        let account = accounts.get(key)?;
        // A closed account is recorded with its last owner and no lamports.
        let exists = is_program(account.owner) && lamports.get(key).is_some_and(|it| *it > 0);
        let token = TokenAccount::read(&account.data).filter(|_| exists)?;
        Some(TokenBalance {
            index,
            mint: token.mint,
            owner: Some(token.owner),
            amount: token.amount,
        })
    };
    keys.filter_map(token).collect()
}
