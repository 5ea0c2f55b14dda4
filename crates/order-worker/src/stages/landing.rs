//! Says why a transaction has not landed, as far as that can be told. It decides nothing.

use std::time::Duration;

use domain::Order;
use domain::event::{Failure, FailureCode};
use domain::landing::LandingReport;
use domain::transaction::SignedTransaction;
use tokio::time::timeout;
use tracing::info;

use super::settle::Origin;
use crate::context::Context;

/// Nobody waits longer for it: an order goes on without.
const PATIENCE: Duration = Duration::from_secs(1);
/// Between two reports of slow transactions.
const PAUSE: Duration = Duration::from_millis(100);

/// The failure of a transaction that went by without landing, with how it fared.
pub(crate) async fn explain(
    ctx: &Context,
    transaction: &SignedTransaction,
    failure: Failure,
) -> Failure {
    if failure.code != FailureCode::TransactionExpired {
        return failure;
    }
    let Some(report) = report(ctx, transaction).await else {
        return failure;
    };
    Failure {
        reason: format!("{}; {}", failure.reason, report.in_words()),
        landing: Some(Box::new(report)),
        ..failure
    }
}

/// How a transaction fares that is not decided in the usual time, for its order's answer; the first time also a line of
/// the log. On a chain that stalls all are slow, and whatever is asked for them keeps the endpoints from settling them:
/// one at a time is asked about, with a pause between two.
pub(crate) async fn slow(
    ctx: &Context,
    order: &Order,
    transaction: &SignedTransaction,
    origin: Origin,
) -> Option<LandingReport> {
    let mut next_at = ctx.slow_report.try_lock().ok()?;
    if ctx.shutdown.is_stopping() || ctx.clock.monotonic() < *next_at {
        return None;
    }
    let report = report(ctx, transaction).await;
    *next_at = ctx.clock.monotonic() + PAUSE;
    if let (Origin::JustStored, Some(report)) = (origin, &report) {
        let (id, signature, words) = (order.id, &transaction.signature, report.in_words());
        info!(
            order.id = %id, %signature, fee_percentile = report.fee_percentile,
            "order {id} is slow to land: {words}"
        );
    }
    report
}

async fn report(ctx: &Context, transaction: &SignedTransaction) -> Option<LandingReport> {
    let report = timeout(PATIENCE, ctx.chain.builder.report(transaction));
    report.await.ok().flatten()
}
