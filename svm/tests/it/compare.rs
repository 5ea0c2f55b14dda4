//! What became of one transaction here and there, and where that differs.

use std::collections::BTreeMap;

use sim_chain::bank::{Account, Executed, InnerInstruction, Line, Ran, ReturnData, View};
use solana_address::Address;
use solana_transaction_error::TransactionError;

/// Accounts that are not as they were; those that are gone have no lamports.
type Changes = BTreeMap<Address, Account>;

/// What is told of a transaction that landed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Told {
    status: Result<(), TransactionError>,
    fee: u64,
    units: u64,
    logs: Vec<String>,
    inner: Vec<(u8, Vec<InnerInstruction>)>,
    returned: Option<ReturnData>,
    changes: Changes,
}

/// The end of a transaction; an error where it can be in no block.
pub(crate) type End = Result<Told, TransactionError>;

pub(crate) fn emulated(executed: Result<Executed, TransactionError>) -> End {
    let Executed { outcome, changes } = executed?;
    let logs = outcome.logs();
    Ok(Told {
        status: outcome.status,
        fee: outcome.fee,
        units: outcome.compute_units,
        logs,
        inner: outcome.inner,
        returned: outcome.return_data,
        changes: changes.into_iter().map(gone).collect(),
    })
}

/// The real programs' lines are as they were written.
fn text(line: &Line) -> String {
    match line {
        Line::Text(line) => line.clone(),
        other => format!("{other:?}"),
    }
}

pub(crate) fn real(ran: &Result<Ran, TransactionError>, before: View<'_>, keys: &[Address]) -> End {
    let ran = ran.clone()?;
    let was = |key: &Address| before.get(key).cloned().unwrap_or_else(Account::absent);
    let changes = keys.iter().copied().zip(ran.after);
    let changes = changes.filter(|(key, after)| was(key) != *after);
    Ok(Told {
        status: ran.status,
        fee: ran.fee,
        units: ran.compute_units,
        logs: ran.log.iter().map(text).collect(),
        inner: (0..)
            .zip(ran.inner)
            .filter(|(_, called)| !called.is_empty())
            .collect(),
        returned: ran.return_data.filter(|it| !it.data.is_empty()),
        changes: changes.map(gone).collect(),
    })
}

fn gone((key, account): (Address, Account)) -> (Address, Account) {
    match account.lamports {
        0 => (key, Account::absent()),
        _ => (key, account),
    }
}

/// What is not the same, in words. Of what fails the error, the fee and the accounts are compared: what a program logs on
/// that way differs from build to build.
pub(crate) fn differences(emulated: &End, real: &End) -> Vec<String> {
    let (emulated, real) = match (emulated, real) {
        (Ok(emulated), Ok(real)) => (emulated, real),
        (Err(one), Err(other)) if one == other => return Vec::new(),
        (one, other) => {
            let words = |end: &End| match end {
                Ok(told) => format!("lands with {:?}", told.status),
                Err(error) => format!("does not land: {error:?}"),
            };
            return vec![format!("emulated {}, real {}", words(one), words(other))];
        }
    };
    let mut found = Vec::new();
    compare(&mut found, "status", &emulated.status, &real.status);
    compare(&mut found, "fee", &emulated.fee, &real.fee);
    accounts(&mut found, &emulated.changes, &real.changes);
    if real.status.is_ok() {
        compare(
            &mut found,
            "inner instructions",
            &emulated.inner,
            &real.inner,
        );
        compare(
            &mut found,
            "return data",
            &emulated.returned,
            &real.returned,
        );
        logs(&mut found, &emulated.logs, &real.logs);
        // The emulation counts units to plan by.
        if emulated.units.abs_diff(real.units) > real.units / 8 + 2_000 {
            compare(&mut found, "units", &emulated.units, &real.units);
        }
    }
    found
}

fn compare<T: PartialEq + std::fmt::Debug>(
    found: &mut Vec<String>,
    what: &str,
    emulated: &T,
    real: &T,
) {
    if emulated != real {
        found.push(format!("{what}: emulated {emulated:?}, real {real:?}"));
    }
}

fn accounts(found: &mut Vec<String>, emulated: &Changes, real: &Changes) {
    let keys: std::collections::BTreeSet<_> = emulated.keys().chain(real.keys()).collect();
    for key in keys {
        let (one, other) = (emulated.get(key), real.get(key));
        if one != other {
            found.push(format!("account {key}: {}", account(one, other)));
        }
    }
}

fn account(emulated: Option<&Account>, real: Option<&Account>) -> String {
    let (Some(emulated), Some(real)) = (emulated, real) else {
        let is = |it: Option<&Account>| if it.is_some() { "changed" } else { "as it was" };
        return format!("emulated {}, real {}", is(emulated), is(real));
    };
    let mut words = Vec::new();
    compare(&mut words, "lamports", &emulated.lamports, &real.lamports);
    compare(&mut words, "owner", &emulated.owner, &real.owner);
    compare(&mut words, "length", &emulated.data.len(), &real.data.len());
    let bytes = emulated.data.iter().zip(real.data.iter()).enumerate();
    let unlike = bytes.filter(|(_, (one, other))| one != other);
    for (at, (one, other)) in unlike.take(4) {
        words.push(format!("byte {at}: emulated {one}, real {other}"));
    }
    compare(
        &mut words,
        "executable",
        &emulated.executable,
        &real.executable,
    );
    compare(
        &mut words,
        "rent epoch",
        &emulated.rent_epoch,
        &real.rent_epoch,
    );
    words.join(", ")
}

/// The first line that differs. How many units a program used differs from one version of it to the next.
fn logs(found: &mut Vec<String>, emulated: &[String], real: &[String]) {
    let length = emulated.len().max(real.len());
    let line = |logs: &[String], at: usize| logs.get(at).map(|line| without_units(line));
    let unlike = (0..length).find(|at| line(emulated, *at) != line(real, *at));
    if let Some(at) = unlike {
        let (one, other) = (line(emulated, at), line(real, at));
        found.push(format!(
            "line {at} of the logs: emulated {one:?}, real {other:?}"
        ));
    }
}

fn without_units(line: &str) -> String {
    let consumed = line.strip_suffix(" compute units");
    match consumed.and_then(|line| line.split_once(" consumed ")) {
        Some((program, _)) => format!("{program} consumed"),
        None => line.to_owned(),
    }
}

/// How a transaction ended, in one word or as its error is written.
pub(crate) fn status(end: &End) -> String {
    match end {
        Ok(told) => match &told.status {
            Ok(()) => "success".to_owned(),
            Err(error) => format!("{error:?}"),
        },
        Err(error) => format!("in no block: {error:?}"),
    }
}

/// The compute units of a transaction that landed.
pub(crate) fn units(end: &End) -> u64 {
    end.as_ref().map_or(0, |told| told.units)
}
