//! Whole transactions that the real programs executed, executed here.
//!
//! Two sets: the recorded swaps of the venues' vectors (`SVM_VECTORS_DIR` names another folder to read them
//! from), and `vectors/programs.json` of this crate, which holds what the System, token, associated-token, memo
//! and compute-budget programs did with small transactions, with their logs. A case that is not known how to
//! check is a failure, never one passed over.

mod case;
mod spoiled;

use std::path::{Path, PathBuf};

use case::{Case, File};

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
    let cases: Vec<Case<'_>> = files.iter().flat_map(File::cases).collect();
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

#[test]
fn svm_vector_general_transactions_end_as_on_the_real_chain() {
    let (folder, known) = vectors();

    let checked = check_all(&files(&folder));

    assert!(checked > 0, "no vectors in {}", folder.display());
    assert_eq!(checked, known.unwrap_or(checked));
}

#[test]
fn the_chains_own_programs_do_what_the_real_ones_did() {
    let checked = check_all(&[File::read(&here("vectors/programs.json"))]);

    assert_eq!(checked, 273);
}
