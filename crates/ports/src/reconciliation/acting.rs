//! What follows from a comparison: log lines, metrics, and, where it is wanted, a halt.

use domain::{Address, Timestamp};
use metrics::{Unit, counter, describe_counter, describe_gauge, gauge};
use tracing::{error, info, warn};

use super::{Error, Finding, Kind, Reconciler, Report};
use crate::safety::ENGINE;

/// What a comparison does that somebody must look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnAlarm {
    /// It says so.
    #[default]
    Tell,
    /// The engine halts itself as well.
    Halt,
}

const RUNS: &str = "reconciliations_total";
const UNEXPLAINED: &str = "wallet_unexplained_lamports";
const UNEXPLAINED_TOKENS: &str = "wallet_unexplained_tokens";
const FOREIGN: &str = "wallet_foreign_transactions_total";
const CONTRADICTED: &str = "wallet_contradicted_orders_total";
const RECONCILED_AT: &str = "wallet_reconciled_timestamp_seconds";

#[derive(Debug, Clone, Copy)]
enum Outcome {
    Explained,
    Incomplete,
    Alarming,
    Failed,
}

impl Outcome {
    const ALL: [Self; 4] = [
        Self::Explained,
        Self::Incomplete,
        Self::Alarming,
        Self::Failed,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Explained => "explained",
            Self::Incomplete => "incomplete",
            Self::Alarming => "alarming",
            Self::Failed => "failed",
        }
    }
}

/// Describes the metrics and sets each to zero, of these wallets.
pub fn register(now: Timestamp, wallets: impl Iterator<Item = Address>) {
    let counters = [
        (
            RUNS,
            "Comparisons of the wallet with the engine's receipts, by outcome",
        ),
        (
            FOREIGN,
            "Transactions that the wallet has signed and no order names",
        ),
        (
            CONTRADICTED,
            "Transactions that landed although their orders say that they did not",
        ),
    ];
    for (name, what) in counters {
        describe_counter!(name, Unit::Count, what);
    }
    let what = "Lamports that neither receipts nor transfers explain, at the last comparison";
    describe_gauge!(UNEXPLAINED, Unit::Count, what);
    let what = "Tokens of which neither receipts nor transfers explain what is held, at the last comparison";
    describe_gauge!(UNEXPLAINED_TOKENS, Unit::Count, what);
    let what = "When the wallet was last compared with the engine's receipts";
    describe_gauge!(RECONCILED_AT, Unit::Seconds, what);
    for outcome in Outcome::ALL {
        counter!(RUNS, "outcome" => outcome.name()).increment(0);
    }
    counter!(FOREIGN).increment(0);
    counter!(CONTRADICTED).increment(0);
    for wallet in wallets {
        // Nothing is overdue before there was time for it.
        show(wallet, 0, 0, now);
    }
}

/// What a comparison left of a wallet, and when.
fn show(wallet: Address, unexplained: u128, tokens: u32, at: Timestamp) {
    let wallet = wallet.to_string();
    gauge!(UNEXPLAINED_TOKENS, "wallet" => wallet.clone()).set(tokens);
    // Exact up to 9 million SOL.
    gauge!(UNEXPLAINED, "wallet" => wallet.clone()).set(unexplained as f64);
    gauge!(RECONCILED_AT, "wallet" => wallet).set(seconds(at));
}

fn seconds(at: Timestamp) -> f64 {
    at.as_millis() as f64 / 1_000.0
}

impl Reconciler {
    /// Compares, says what was found, and halts the engine where it shall.
    pub async fn run(&self, on_alarm: OnAlarm) -> Result<Report, Error> {
        let outcome = self.compare_and_say(on_alarm).await;
        if let Err(error) = &outcome {
            counter!(RUNS, "outcome" => Outcome::Failed.name()).increment(1);
            warn!(%error, "the wallet could not be reconciled: {error}");
        }
        outcome
    }

    /// What was found is looked at once: it is noted when it has been said, and the halt stands.
    async fn compare_and_say(&self, on_alarm: OnAlarm) -> Result<Report, Error> {
        let report = self.reconcile().await?;
        self.measure(&report);
        tell(&report);
        if report.is_alarming() {
            self.sound(&report, on_alarm).await?;
        }
        self.note(&report).await?;
        Ok(report)
    }

    fn measure(&self, report: &Report) {
        let outcome = match report {
            _ if report.is_alarming() => Outcome::Alarming,
            _ if !report.is_whole() => Outcome::Incomplete,
            _ => Outcome::Explained,
        };
        counter!(RUNS, "outcome" => outcome.name()).increment(1);
        counter!(FOREIGN).increment(report.foreign);
        counter!(CONTRADICTED).increment(report.contradicted);
        let unexplained = report.unexplained.unsigned_abs();
        let tokens = report.tokens().values();
        let tokens = tokens.filter(|it| it.unexplained != 0).count();
        let tokens = u32::try_from(tokens).unwrap_or(u32::MAX);
        show(report.wallet, unexplained, tokens, self.clock.now());
    }

    async fn sound(&self, report: &Report, on_alarm: OnAlarm) -> Result<(), Error> {
        let wallet = report.wallet;
        let why = format!("wallet {wallet}: {}", report.alarm());
        error!(%wallet, foreign = report.foreign, unexplained = report.unexplained, "{why}");
        match on_alarm {
            OnAlarm::Tell => self.store.note_act(ENGINE, "reconcile", &why).await?,
            OnAlarm::Halt => {
                error!(
                    actor = ENGINE,
                    reason = why,
                    "the engine halts itself: {why}"
                );
                self.store.halt(ENGINE, &why).await?;
            }
        }
        Ok(())
    }
}

fn tell(report: &Report) {
    let (wallet, count, orders) = (report.wallet, report.transactions, report.orders);
    for finding in &report.findings {
        let Finding {
            kind,
            signature,
            slot,
            lamports,
            ..
        } = finding;
        let tokens = finding.tokens.iter();
        let tokens = tokens.map(|it| format!(", {} of {}", it.change, it.mint));
        let what = format!("{lamports} lamports{}", tokens.collect::<String>());
        match kind {
            Kind::FromOutside => {
                info!(%wallet, %signature, slot, lamports, "wallet {wallet}: {what} by {signature}: {kind}");
            }
            _ => {
                error!(%wallet, %signature, slot, lamports, "wallet {wallet}: {what} by {signature}: {kind}");
            }
        }
    }
    if report.tokens_left_out() > 0 {
        let count = report.tokens_left_out();
        warn!(%wallet, count, "wallet {wallet}: {count} of its tokens are too many to be compared");
    }
    match report.from {
        None => info!(%wallet, "wallet {wallet} is reconciled from now on"),
        Some(_) if !report.is_whole() => {
            let untold = report.untold;
            warn!(
                %wallet, untold,
                "wallet {wallet}: the chain no longer tells everything since the last comparison ({untold} of {count} \
                 transactions are listed alone)"
            );
        }
        Some(_) => info!(
            %wallet, count, orders,
            "wallet {wallet} is reconciled: {count} transactions, {orders} of orders"
        ),
    }
}

impl Report {
    /// Why somebody must look.
    #[must_use]
    pub fn alarm(&self) -> String {
        let mut said = Vec::new();
        let signatures = |kind: Kind| {
            let of = self.findings.iter().filter(|it| it.kind == kind);
            let shown: Vec<&str> = of.map(|it| it.signature.as_str()).take(3).collect();
            shown.join(", ")
        };
        if self.foreign > 0 {
            let (count, which) = (self.foreign, signatures(Kind::Foreign));
            said.push(format!(
                "{count} transactions of the wallet are no order's ({which})"
            ));
        }
        if self.contradicted > 0 {
            let (count, which) = (self.contradicted, signatures(Kind::Contradicts));
            said.push(format!(
                "{count} transactions landed that their orders deny ({which})"
            ));
        }
        if self.unexplained != 0 {
            said.push(format!("{} lamports are not explained", self.unexplained));
        }
        let tokens = self.tokens().iter();
        let unexplained = tokens.filter(|(_, total)| total.unexplained != 0);
        for (mint, total) in unexplained.take(3) {
            let amount = total.unexplained;
            said.push(format!(
                "{amount} smallest units of {mint} are not explained"
            ));
        }
        said.join("; ")
    }
}
