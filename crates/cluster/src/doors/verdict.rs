//! The result: the counts, and every broken promise.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use super::{MOST_CPU, Plan};

/// Failures to keep: further ones teach nothing new.
const KEPT: usize = 40;
/// How much of a failure is shown.
const SHOWN: usize = 600;

/// Which promise was broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// The process has ended, or does not stop when it is asked to.
    Ended,
    /// No answer, or an invalid one.
    Silent,
    /// A 5xx that the contract does not name.
    Server,
    /// More CPU time than one request may take.
    Dear,
    /// A panic or an error in the log.
    Logged,
    /// An accepted order that is missing, or listed twice.
    Orders,
}

/// The counts, and the broken promises.
#[derive(Debug)]
pub struct Verdict {
    plan: Plan,
    /// How many ended with which status; 0: without one.
    pub ended: BTreeMap<u16, usize>,
    /// Orders that were accepted.
    pub accepted: usize,
    /// The most expensive one that was sent by itself.
    pub dearest: Option<(String, Duration)>,
    /// Every broken promise.
    pub faults: Vec<String>,
}

impl Verdict {
    pub(super) fn of(plan: Plan) -> Self {
        Self {
            plan,
            ended: BTreeMap::new(),
            accepted: 0,
            dearest: None,
            faults: Vec::new(),
        }
    }

    /// Whether every promise was kept; at least one must have been tested.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.accepted > 0 && self.faults.is_empty()
    }

    /// How many were sent.
    #[must_use]
    pub fn sent(&self) -> usize {
        self.ended.values().sum()
    }

    pub(super) fn may_go_on(&self) -> bool {
        self.faults.len() < KEPT
    }

    pub(super) fn count(&mut self, status: Option<u16>) {
        *self.ended.entry(status.unwrap_or(0)).or_default() += 1;
    }

    pub(super) fn cost(&mut self, what: &str, cost: Duration) {
        if self.dearest.as_ref().is_none_or(|(_, known)| cost > *known) {
            self.dearest = Some((what.to_owned(), cost));
        }
    }

    /// Nothing else that broke counts for more, however much did.
    pub(super) fn end(&mut self, last_words: &str) {
        self.faults.truncate(KEPT - 1);
        self.fault(Fault::Ended, "the engine is gone", last_words);
    }

    pub(super) fn fault(&mut self, fault: Fault, at: &str, what: &str) {
        if self.may_go_on() {
            let what: String = what.chars().take(SHOWN).collect();
            self.faults.push(format!("{fault:?}: {at}: {what}"));
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "seed {}: {} sent, {} orders accepted",
            self.plan.seed,
            self.sent(),
            self.accepted
        )?;
        for (status, count) in &self.ended {
            match status {
                0 => writeln!(f, "  {count:>8}  closed")?,
                status => writeln!(f, "  {count:>8}  {status}")?,
            }
        }
        if let Some((what, cost)) = &self.dearest {
            writeln!(
                f,
                "dearest of those looked at alone: {cost:?} of {MOST_CPU:?}: {what}"
            )?;
        }
        for fault in &self.faults {
            writeln!(f, "BROKEN {fault}")?;
        }
        f.write_str(if self.holds() {
            "all held"
        } else {
            "NOT all held"
        })
    }
}
