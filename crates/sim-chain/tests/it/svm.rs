//! Whole transactions that the real programs executed, executed here.
//!
//! Two sets: the recorded swaps of the venues' vectors (`SVM_VECTORS_DIR` names another folder to read them
//! from), and `vectors/programs.json` of this crate, which holds what the System, token, associated-token, memo
//! and compute-budget programs did with small transactions, with their logs. A case that is not known how to
//! check is a failure, never one passed over.

mod built;
mod case;
mod spoiled;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use amm::amm_v4::Deployment;
use amm::amm_v4::instruction::SwapInstruction;
use case::{Case, File};
use sim_chain::bank::{Executed, Transaction};
use solana_message::{Message, VersionedMessage};
use solana_transaction::versioned::VersionedTransaction;

use crate::instruction::to_solana;

/// Failures shown in full; the rest are only counted.
const SHOWN_FAILURES: usize = 12;

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The folder of recorded swaps, and how many cases it has where that is known.
fn vectors() -> (PathBuf, Option<usize>) {
    match std::env::var_os("SVM_VECTORS_DIR") {
        Some(folder) => (folder.into(), None),
        None => (here("../amm/vectors/svm"), Some(102)),
    }
}

fn files(folder: &Path) -> Vec<File> {
    let entries = std::fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("cannot read {}: {error}", folder.display()));
    entries
        .map(|entry| entry.expect("an entry of the folder").path())
        .filter(|path| path.extension().is_some_and(|end| end == "json"))
        .map(|path| File::read(&path))
        .collect()
}

/// Checks all cases and says how many they were.
#[track_caller]
fn check_all(files: &[File]) -> usize {
    check_each(files, |case| case.check().map(|()| true))
}

/// The same in another way, which says of a case whether it is one to check.
#[track_caller]
fn check_each(files: &[File], check: impl Fn(&Case<'_>) -> Result<bool, String>) -> usize {
    let cases: Vec<Case<'_>> = files.iter().flat_map(File::cases).collect();
    let mut checked = 0;
    let mut failures = Vec::new();
    for case in &cases {
        match check(case) {
            Ok(is_checked) => checked += usize::from(is_checked),
            Err(error) => failures.push(format!("{}: {error}", case.id())),
        }
    }
    assert!(
        failures.is_empty(),
        "{} of {} cases failed:\n{}",
        failures.len(),
        cases.len(),
        failures[..failures.len().min(SHOWN_FAILURES)].join("\n"),
    );
    checked
}

#[test]
fn svm_vector_general_transactions_end_as_on_the_real_chain() {
    let (folder, known) = vectors();

    let checked = check_all(&files(&folder));

    assert!(checked > 0, "no vectors in {}", folder.display());
    assert_eq!(checked, known.unwrap_or(checked));
}

/// The engine's builder against the emulation: every recorded transaction of one swap that went through.
#[test]
fn svm_vector_swaps_that_the_engine_builds_end_in_the_same_balances() {
    let (folder, known) = vectors();
    let mut files = files(&folder);
    files.push(File::read(&here("vectors/programs.json")));

    let checked = check_each(&files, built::check);

    assert!(checked > 0, "no swaps in {}", folder.display());
    assert_eq!(checked, known.map_or(checked, |_| 56));
}

#[test]
fn the_chains_own_programs_do_what_the_real_ones_did() {
    let checked = check_all(&[File::read(&here("vectors/programs.json"))]);

    assert_eq!(checked, 295);
}

/// The recorded program knew only the long form with the accounts of an order book; mainnet's takes both since
/// September 2025, and the venue's own tools send the short one.
#[test]
fn amm_v4_does_the_same_in_its_short_form() {
    let files = files(&vectors().0);
    let mut cases = files.iter().flat_map(File::cases);
    let case = cases.find(|case| case.id() == "v4-buy-dust-400").unwrap();
    let long = Transaction::decode(&case.bytes()).unwrap();
    let bank = case.bank();

    let in_long = bank.execute(&long).unwrap();
    let in_short = bank.execute(&short_form(&long)).unwrap();

    assert_eq!(in_short.outcome.status, Ok(()));
    let changes = |executed: Executed| executed.changes.into_iter().collect::<BTreeMap<_, _>>();
    let (in_short, in_long) = (changes(in_short), changes(in_long));
    assert!(in_short.len() > 3, "payer, pool, vaults and accounts");
    assert_eq!(in_short, in_long);
}

/// The one instruction of a transaction without the order book.
fn short_form(long: &Transaction) -> Transaction {
    let keys = long.message().static_account_keys();
    let [instruction] = long.instructions() else {
        panic!("a transaction of one swap");
    };
    let metas = instruction.accounts.iter().map(|index| usize::from(*index));
    let metas = metas.map(|index| amm::instruction::AccountMeta {
        address: amm::Address(keys[index].to_bytes()),
        is_signer: long.message().is_signer(index),
        is_writable: true,
    });
    let swap = SwapInstruction::decode(&amm::instruction::Instruction {
        program: Deployment::MAINNET.id,
        accounts: metas.collect(),
        data: instruction.data.clone(),
    });
    let short = SwapInstruction {
        market: None,
        ..swap.unwrap()
    };
    let short = short.encode(&Deployment::MAINNET);
    let short = to_solana(short);
    let message = VersionedMessage::Legacy(Message::new(&[short], Some(&keys[0])));
    Transaction::new(VersionedTransaction::new_unsigned(message)).unwrap()
}
