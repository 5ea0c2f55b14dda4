//! The wallet against the engine's receipts, to the lamport: again and again while things break, because a simulated
//! cluster forgets, and once everything has ended.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::clients::Doors;
use crate::e2e::Target;
use crate::http::http;

const EVERY: Duration = Duration::from_secs(10);
/// Once the faults have stopped: the last block is final soon, and what landed in it is recorded.
const END_LIMIT: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_secs(1);

/// What comparisons have come to.
#[derive(Debug, Default)]
pub(super) struct Compared {
    /// Transactions that orders name.
    pub(super) orders: u64,
    /// What did not hold.
    pub(super) complaints: Vec<String>,
}

impl Compared {
    /// Compares for as long as things break. A comparison that comes to nothing then says nothing.
    pub(super) async fn until(&mut self, is_over: &CancellationToken, doors: &Doors) {
        let comparing = async {
            loop {
                sleep(EVERY).await;
                if let Ok(report) = compare(&doors.target()).await {
                    self.take(&report);
                }
            }
        };
        tokio::select! {
            biased;
            () = is_over.cancelled() => {}
            () = comparing => {}
        }
    }

    /// Compares what is left, and asks what the engine has said of comparisons of its own.
    pub(super) async fn conclude(&mut self, target: &Target) -> Result<()> {
        let end = Instant::now() + END_LIMIT;
        loop {
            let report = compare(target).await;
            if let Ok(report) = &report {
                self.take(report);
            }
            let is_through = report.as_ref().is_ok_and(|it| it["underWay"] == 0);
            if is_through || !self.complaints.is_empty() {
                break;
            }
            ensure!(
                Instant::now() < end,
                "the wallet is not reconciled: {report:?}"
            );
            sleep(PAUSE).await;
        }
        let acts = target.pages("/api/admin/audit", "entries").await?;
        for act in acts.iter().filter(|act| act["actor"] == "engine") {
            let what = act["detail"].as_str().unwrap_or_default();
            self.complaints.push(format!("the engine says: {what}"));
        }
        Ok(())
    }

    fn take(&mut self, report: &Value) {
        self.orders += report["orders"].as_u64().unwrap_or(0);
        let tokens = report["tokens"].as_array().into_iter().flatten();
        let are_tokens_well = tokens.into_iter().all(|it| it["unexplained"] == "0");
        let is_well = are_tokens_well
            && ["foreign", "contradicted", "unexplainedLamports"]
                .iter()
                .all(|field| report[field] == 0);
        if !is_well {
            self.complaints.push(format!("the wallet: {report}"));
        }
    }
}

async fn compare(target: &Target) -> Result<Value> {
    let request = http().post(target.url(0, "/api/admin/reconcile"));
    let answer = request.timeout(END_LIMIT).send().await;
    let answer = answer.context("ask for a comparison")?;
    ensure!(answer.status().is_success(), "{}", answer.status());
    answer.json().await.context("read the comparison")
}
