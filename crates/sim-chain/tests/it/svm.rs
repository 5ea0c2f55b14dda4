//! Whole transactions that the real programs executed, executed here.
//!
//! Two sets: the recorded swaps of the venues' vectors (`SVM_VECTORS_DIR` names another folder to read them
//! from), and `vectors/programs.json` of this crate, which holds what the System, token, associated-token, memo
//! and compute-budget programs did with small transactions, with their logs. A case that is not known how to
//! check is a failure, never one passed over.

mod case;

use std::path::{Path, PathBuf};

use case::{Case, File};
use sim_chain::bank::address;
use solana_address::Address;

/// What is not written here yet. A case is let go only for one of these.
const MISSING: [(Address, &str); 4] = [
    (address::RAYDIUM_CPMM, "Raydium CPMM"),
    (address::RAYDIUM_AMM_V4, "Raydium AMM v4"),
    (address::METEORA_DAMM_V2, "Meteora DAMM v2"),
    (address::METEORA_DLMM, "Meteora DLMM"),
];

/// Failures shown in full; the rest are only counted.
const SHOWN_FAILURES: usize = 12;

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn vectors() -> Vec<File> {
    let folder = std::env::var_os("SVM_VECTORS_DIR")
        .map_or_else(|| here("../../vectors/svm"), PathBuf::from);
    let entries = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("cannot read {}: {error}", folder.display()));
    let files: Vec<File> = entries
        .map(|entry| entry.expect("an entry of the folder").path())
        .filter(|path| path.extension().is_some_and(|end| end == "json"))
        .map(|path| File::read(&path))
        .collect();
    assert!(!files.is_empty(), "no vectors in {}", folder.display());
    files
}

/// Checks all cases that `choose` takes and says how many they were.
#[track_caller]
fn check_all(files: &[File], choose: impl Fn(&Case<'_>) -> bool) -> usize {
    let cases: Vec<Case<'_>> = files.iter().flat_map(File::cases).filter(choose).collect();
    let failures: Vec<String> = cases
        .iter()
        .filter_map(|case| {
            let error = case.check().err()?;
            Some(format!("{}: {error}", case.id()))
        })
        .collect();
    assert!(
        failures.is_empty(),
        "{} of {} cases failed:\n{}",
        failures.len(),
        cases.len(),
        failures[..failures.len().min(SHOWN_FAILURES)].join("\n"),
    );
    cases.len()
}

/// The program that keeps a case from being checked.
fn missing(case: &Case<'_>) -> Option<&'static str> {
    let called = case.called();
    let missing = MISSING.iter().find(|(id, _)| called.contains(id));
    missing.map(|(_, name)| *name).filter(|_| case.lands())
}

#[test]
fn svm_vector_general_cases_end_as_on_the_real_chain() {
    let files = vectors();

    let checked = check_all(&files, |case| missing(case).is_none());

    assert!(checked > 0, "every case needs a program that is missing");
}

#[test]
fn svm_vector_general_cases_that_a_venue_takes_part_in_pay_the_fee_of_the_real_chain() {
    let files = vectors();
    let waiting: Vec<Case<'_>> = files
        .iter()
        .flat_map(File::cases)
        .filter(|case| missing(case).is_some())
        .collect();

    for case in &waiting {
        assert_eq!(case.fee(), case.expected_fee(), "{}", case.id());
    }
}

#[test]
fn the_chains_own_programs_do_what_the_real_ones_did() {
    let files = [File::read(&here("vectors/programs.json"))];

    let checked = check_all(&files, |_| true);

    assert!(checked > 200, "{checked}");
}
