//! Says why a transaction has not landed, as far as that can be told. It decides nothing.

use std::time::Duration;

use domain::Order;
use domain::event::{Failure, FailureCode};
use domain::landing::LandingReport;
use domain::transaction::SignedTransaction;
use tokio::time::timeout;
use tracing::info;

use crate::context::Context;

/// Nobody waits longer for it: an order goes on without.
const PATIENCE: Duration = Duration::from_secs(1);

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

/// One line of a transaction that is not decided in the usual time. On a chain that stalls, all are slow: one at a time
/// is asked about.
pub(crate) async fn say_slow(ctx: &Context, order: &Order, transaction: &SignedTransaction) {
    let Ok(_turn) = ctx.slow_report.try_acquire() else {
        return;
    };
    if let Some(report) = report(ctx, transaction).await {
        let (id, signature, words) = (order.id, &transaction.signature, report.in_words());
        info!(
            order.id = %id, %signature, fee_percentile = report.fee_percentile,
            "order {id} is slow to land: {words}"
        );
    }
}

async fn report(ctx: &Context, transaction: &SignedTransaction) -> Option<LandingReport> {
    let report = timeout(PATIENCE, ctx.chain.builder.report(transaction));
    report.await.ok().flatten()
}
