//! Whole transactions that the programs themselves executed, executed again here.
//!
//! Of each recorded transaction its swaps are executed by this crate, over the accounts as they were before. What the
//! programs left behind, logged and failed with must come out, to the last byte. `svm/README.md` beside the vectors
//! says where they come from; `svm/bank.rs` is what stands in for the rest of a runtime. The environment variable
//! `SVM_VECTORS_DIR` names another folder to execute instead.

pub(crate) mod bank;
pub(crate) mod case;
mod face;

use std::path::PathBuf;

use amm::Address;
use amm::error::Failure;
use amm::pool::Program;
use amm::token::TokenAccount;
use serde_json::{Value, json};

use bank::Bank;
use case::Case;

/// The group of cases that fail in their swap and cannot here: their units run out.
const BEYOND_US: &str = "compute-units";

#[test]
fn svm_vector_cpmm_swaps_end_as_recorded() {
    check_file("raydium-cpmm", 24);
}

#[test]
fn svm_vector_amm_v4_swaps_end_as_recorded() {
    check_file("raydium-amm-v4", 16);
}

#[test]
fn svm_vector_damm_v2_swaps_end_as_recorded() {
    check_file("meteora-damm-v2", 26);
}

#[test]
fn svm_vector_dlmm_swaps_end_as_recorded() {
    check_file("meteora-dlmm", 20);
}

#[test]
fn svm_vector_splits_end_as_recorded() {
    check_file("split", 9);
}

/// Executes every case of a file whose fate its swaps decide; of the tree's own there must be so many.
#[track_caller]
fn check_file(name: &str, count: usize) {
    let other = std::env::var_os("SVM_VECTORS_DIR").map(PathBuf::from);
    let is_own = other.is_none();
    let folder = other.unwrap_or_else(case::own_folder);
    let decided: Vec<Case> = case::read_from(&folder, name)
        .into_iter()
        .filter(|case| swaps_decide(case) && case.value["tags"][0] != BEYOND_US)
        .collect();

    let failures: Vec<String> = decided
        .iter()
        .filter_map(|case| check(case).err())
        .collect();

    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(!decided.is_empty(), "{name}");
    if is_own {
        assert_eq!(decided.len(), count, "{name}");
    }
}

/// Whether a case succeeds, or fails in one of its swaps.
fn swaps_decide(case: &Case) -> bool {
    match &case.expected()["error"] {
        Value::Null => true,
        error => match error["InstructionError"][0].as_u64() {
            Some(place) => {
                let place = usize::try_from(place).expect("a place");
                program(case.instructions[place].program).is_some()
            }
            None => false,
        },
    }
}

fn program(id: Address) -> Option<Program> {
    Program::MAINNET.into_iter().find(|it| it.id() == id)
}

fn check(case: &Case) -> Result<(), String> {
    let fail = |what: String| Err(format!("{}: {what}", case.id));
    let mut bank = Bank::new(case);

    let outcome = bank.run(case);

    let error = match outcome {
        Ok(()) => Value::Null,
        Err((place, Failure::Custom(code))) => {
            json!({"InstructionError": [place, {"Custom": code.number}]})
        }
        Err((place, failure)) => json!({"InstructionError": [place, format!("{failure:?}")]}),
    };
    if error != case.expected()["error"] {
        return fail(format!("{error}, not {}", case.expected()["error"]));
    }
    for (key, prefix) in [
        ("programData", "Program data: "),
        ("rayLog", "Program log: ray_log: "),
    ] {
        let lines = bank
            .logs
            .iter()
            .filter_map(|line| line.strip_prefix(prefix));
        let logged: Vec<Vec<u8>> = lines.map(case::base64).collect();
        if logged != case.logged(key) {
            return fail(format!("{key}: {logged:?}, not {:?}", case.logged(key)));
        }
    }
    if error.is_null() {
        check_accounts(case, &bank)?;
    }
    Ok(())
}

/// Every account of the programs, and every token account that was there before and after, has the recorded bytes.
fn check_accounts(case: &Case, bank: &Bank) -> Result<(), String> {
    let mut checked = 0;
    for (address, before) in &case.before {
        let after = case.after.get(address).unwrap_or(before);
        let is_ours = program(after.owner).is_some();
        let is_token = TokenAccount::read(&before.data).is_some() && !after.data.is_empty();
        if !is_ours && !is_token {
            continue;
        }
        checked += 1;
        let ours = &bank.accounts[address].data;
        if *ours != after.data {
            let differs = |(_, (a, b)): &(usize, (&u8, &u8))| a != b;
            let places = ours.iter().zip(&after.data).enumerate().filter(differs);
            let places: Vec<usize> = places.map(|(place, _)| place).collect();
            return Err(format!(
                "{}: {address} of {} bytes differs at {places:?}",
                case.id,
                ours.len()
            ));
        }
    }
    if checked >= 3 || case.value["pools"] == json!([]) {
        Ok(())
    } else {
        Err(format!("{}: only {checked} accounts checked", case.id))
    }
}
