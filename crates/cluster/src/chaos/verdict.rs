//! The result: the counts, and every broken promise.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use anyhow::{Context, Result};
use futures_util::{StreamExt, stream};
use serde_json::Value;

use super::Plan;
use super::account::{Readers, Told};
use super::check::Check;
use super::clients::Kept;
use super::faults::Fault;
use super::reconciling::Compared;
use crate::e2e::load::check_order;
use crate::e2e::{self, Target};

/// Lines shown of what was broken.
const SHOWN: usize = 20;
/// Orders compared side by side.
const AT_ONCE: usize = 16;

/// The counts, and what did not hold.
#[derive(Debug)]
pub struct Verdict {
    plan: Plan,
    /// Clients, each with one order.
    pub clients: usize,
    /// Processes that were killed.
    pub kills: usize,
    /// How often what befell processes.
    pub faults: BTreeMap<&'static str, usize>,
    /// Connections that clients have reset right after they had handed an order in, and cancelled it.
    pub posts_reset: usize,
    pub cancels_reset: usize,
    /// How many orders ended in which status.
    pub ended: BTreeMap<String, usize>,
    /// Executions in the chain's ledger that went through.
    pub executions: usize,
    /// Transactions of orders whose lamports were compared with their receipts.
    pub reconciled: u64,
    /// Events that the readers of the account stream got, and how often they got `resync`.
    pub told: usize,
    pub resyncs: usize,
    /// Everything that did not hold.
    pub violations: Vec<(Check, String)>,
}

impl Verdict {
    pub(super) fn of(plan: Plan) -> Self {
        Self {
            plan,
            clients: 0,
            kills: 0,
            faults: BTreeMap::new(),
            posts_reset: 0,
            cancels_reset: 0,
            ended: BTreeMap::new(),
            executions: 0,
            reconciled: 0,
            told: 0,
            resyncs: 0,
            violations: Vec::new(),
        }
    }

    /// Whether every check held, of which there must have been some.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.clients > 0 && self.violations.is_empty()
    }

    pub(super) fn suffered(&mut self, fault: Fault) {
        self.kills += fault.kills;
        *self.faults.entry(fault.what).or_default() += 1;
        if let Some(complaint) = fault.complaint {
            self.violated(Check::Other, complaint);
        }
    }

    /// What comparisons of the wallet have come to.
    pub(super) fn reconciled(&mut self, compared: Compared) {
        self.reconciled = compared.orders;
        for what in compared.complaints {
            self.violated(Check::Unexplained, what);
        }
    }

    fn violated(&mut self, check: Check, what: String) {
        self.violations.push((check, what));
    }

    /// Compares what clients saw with history and ledger, and both with all that was accepted.
    pub(super) async fn compare(&mut self, target: &Target, kept: &[Kept]) -> Result<()> {
        self.clients = kept.len();
        self.posts_reset = kept.iter().map(|one| one.posts_reset).sum();
        self.cancels_reset = kept.iter().map(|one| one.cancels_reset).sum();
        let mut accepted = BTreeSet::new();
        let mut handed_in = 0;
        for one in kept {
            self.violations.extend(one.complaints.iter().cloned());
            if one.order_id.is_empty() {
                self.violated(Check::Stuck, "nobody accepts an order".to_owned());
                continue;
            }
            handed_in += 1;
            accepted.insert(one.order_id.as_str());
        }
        let each = kept.iter().filter(|one| !one.order_id.is_empty());
        let mut each = stream::iter(each.map(|one| compare_one(target, one))).buffered(AT_ONCE);
        while let Some((ended, broken)) = each.next().await {
            self.violations.extend(broken);
            if let Some(status) = ended {
                *self.ended.entry(status).or_default() += 1;
            }
        }
        drop(each);
        if accepted.len() != handed_in {
            let orders = accepted.len();
            let what = format!("{handed_in} keys have made {orders} orders");
            self.violated(Check::Foreign, what);
        }
        self.compare_ledger(target, &accepted, kept).await?;
        self.compare_store(target, &accepted).await
    }

    /// Compares what the readers of the account stream got with what clients have seen.
    pub(super) async fn compare_told(&mut self, readers: &Readers, kept: &[Kept]) {
        let ended = kept.iter().filter(|one| one.has_ended);
        let orders: Vec<Told<'_>> = ended
            .map(|one| Told {
                id: &one.order_id,
                handed_in: one.handed_in,
                events: &one.events,
            })
            .collect();
        let judgement = readers.judge(&orders).await;
        self.told = judgement.events;
        self.resyncs = judgement.resyncs;
        self.violations.extend(judgement.complaints);
    }

    /// Everything in the ledger is some order's. Of somebody else's chain that is only what orders say of it.
    async fn compare_ledger(
        &mut self,
        target: &Target,
        accepted: &BTreeSet<&str>,
        kept: &[Kept],
    ) -> Result<()> {
        const LEDGER: &str = "/api/sim/ledger";
        let mut landed: BTreeMap<String, usize> = BTreeMap::new();
        let told = kept.iter().flat_map(|one| {
            let signatures = e2e::signatures(&one.events);
            signatures.map(|signature| (signature, one.order_id.as_str()))
        });
        let told: BTreeMap<&str, &str> = told.collect();
        let ledger = match &target.chain {
            Some(chain) => e2e::pages(&format!("{chain}{LEDGER}"), "entries").await?,
            None => target.pages(LEDGER, "entries").await?,
        };
        for entry in ledger.iter().filter(|entry| entry["ok"] == true) {
            let signature = entry["signature"].as_str().context("a signature")?;
            let order = match target.chain.is_some() {
                true => told.get(signature).copied().unwrap_or(signature),
                false => entry["orderId"].as_str().context("an order")?,
            };
            *landed.entry(order.to_owned()).or_default() += 1;
        }
        self.executions = landed.values().sum();
        for (id, count) in landed {
            if count > 1 {
                self.violated(Check::Double, format!("{id} was executed {count} times"));
            }
            if !accepted.contains(id.as_str()) {
                self.violated(Check::Foreign, format!("{id} was executed"));
            }
        }
        Ok(())
    }

    /// A client without an answer has repeated its request until it was accepted, so every stored
    /// order has a client.
    async fn compare_store(&mut self, target: &Target, accepted: &BTreeSet<&str>) -> Result<()> {
        let mut missing = accepted.clone();
        for order in target.pages("/api/orders", "orders").await? {
            let id = order["orderId"].as_str().context("an order")?;
            if !accepted.contains(id) {
                self.violated(Check::Foreign, format!("{id} is stored"));
            } else if !missing.remove(id) {
                self.violated(Check::Other, format!("{id} is listed twice"));
            }
        }
        for id in missing {
            self.violated(Check::Lost, format!("{id} is not in the store"));
        }
        Ok(())
    }
}

/// How an order ended, as its client saw it, and what of it did not hold.
async fn compare_one(target: &Target, one: &Kept) -> (Option<String>, Vec<(Check, String)>) {
    let id = &one.order_id;
    let last = one.events.last().map(|event| &event["status"]);
    let seen = last.and_then(Value::as_str).unwrap_or("nothing");
    let mut broken = Vec::new();
    if !one.has_ended {
        let stored = match target.get(0, &format!("/api/orders/{id}")).await {
            Ok(answer) => answer["order"]["status"].to_string(),
            Err(error) => format!("{error:#}"),
        };
        let what = format!("{id}: its client saw {seen}, the store says {stored}");
        return (None, vec![(Check::Stuck, what)]);
    }
    if one.events.last().is_some_and(is_poisoned) {
        broken.push((Check::Poisoned, format!("{id} ended as poison")));
    }
    if one.told_cancelled && seen != "cancelled" {
        let what = format!("{id} is {seen} and was told cancelled");
        broken.push((Check::Differing, what));
    }
    if let Err(error) = check_order(target, id, &one.events).await {
        broken.push((Check::Differing, format!("{id}: {error:#}")));
    }
    (Some(seen.to_owned()), broken)
}

fn is_poisoned(event: &Value) -> bool {
    event["errorCode"] == "poison"
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const RULE: &str = "------------------------------------------------------------";
        let mut line = |name: &str, count: usize| writeln!(f, "{name:<52}{count:>8}");
        line("orders", self.clients)?;
        for (status, count) in &self.ended {
            line(&format!("  {status}"), *count)?;
        }
        line("executions in the chain's ledger", self.executions)?;
        let reconciled = usize::try_from(self.reconciled).unwrap_or(usize::MAX);
        line("  compared with their receipts", reconciled)?;
        line("faults", self.faults.values().sum())?;
        for (what, count) in &self.faults {
            line(&format!("  {what}"), *count)?;
        }
        line("processes killed", self.kills)?;
        line(
            "connections reset after an order was handed in",
            self.posts_reset,
        )?;
        line("connections reset after a cancel", self.cancels_reset)?;
        line("told by the account streams", self.told)?;
        line("  and that something may be missing", self.resyncs)?;
        writeln!(f, "{RULE}")?;
        for (check, name) in Check::ALL {
            let broken = self.violations.iter().filter(|(other, _)| *other == check);
            writeln!(f, "{name:<52}{:>8}", broken.count())?;
        }
        for (_, what) in self.violations.iter().take(SHOWN) {
            writeln!(f, "  {what}")?;
        }
        let verdict = if self.holds() { "held" } else { "BROKEN" };
        let Plan { length, seed, .. } = self.plan;
        let what = format!("seed {seed}, {:.1} minutes", length.as_secs_f64() / 60.0);
        write!(f, "{what:<52}{verdict:>8}")
    }
}
