//! `POST /api/admin/reconcile`: the wallet compared with the engine's receipts, now.

use std::sync::Arc;
use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse};
use api_types::reconciliation::{FindingView, ReconciledToken, Reconciliation, TokenChangeView};
use domain::{Mint, TokenList};
use ports::reconciliation::{Error, Finding, Reconciler, Report};

use crate::deadline::chain_unavailable;
use crate::doorstep::Operator;
use crate::error::{ApiError, Code, Result};
use crate::http::wallet::{asked, chosen};
use crate::parameters::Parameters;
use crate::state::Ctx;

/// Thousands of transactions may have to be read.
const PATIENCE: Duration = Duration::from_secs(120);

/// Compare the wallet with the receipts
///
/// Every transaction since the last comparison that names the wallet must be an order's, with the changes of lamports and
/// tokens that its receipt tells, and all of them together must explain what the wallet holds. The first comparison, of
/// a token too, only notes what it holds. What is found is in the log, in the metrics, and once in an answer.
#[utoipa::path(
    post,
    path = "/api/admin/reconcile",
    operation_id = "reconcile",
    tag = "admin",
    params(("wallet" = Option<String>, Query, description = "Another wallet than the one that pays unasked, by its name or address")),
    responses((status = 200, description = "What was found", body = Reconciliation))
)]
pub(crate) async fn reconcile(
    ctx: Ctx,
    request: HttpRequest,
    Operator { actor }: Operator,
) -> Result<HttpResponse> {
    let asked = asked(&Parameters::of(&request)?)?;
    let (_, address) = chosen(&ctx, asked.as_ref()).await;
    let (Some(views), Some(address)) = (&ctx.wallets, address) else {
        let detail = "this gateway knows of no such wallet";
        return Err(ApiError::new(Code::NotFound, detail));
    };
    let reconciler = Reconciler {
        store: Arc::clone(&ctx.ports.store),
        history: views.history(address),
        clock: Arc::clone(&ctx.ports.clock),
    };
    let on_alarm = ctx.on_alarm;
    let comparing = async move {
        tracing::info!(
            actor,
            "{actor} asks for the wallet {address} to be reconciled"
        );
        match tokio::time::timeout(PATIENCE, reconciler.run(on_alarm)).await {
            Ok(report) => Ok(report?),
            Err(_) => Err(chain_unavailable(
                "the chain did not tell everything in time",
            )),
        }
    };
    let report = ctx.intake.acts.run_to_end(comparing).await?;
    Ok(HttpResponse::Ok().json(view(&report, &ctx.tokens)))
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        match error {
            Error::Store(error) => error.into(),
            Error::Chain(error) => error.into(),
        }
    }
}

fn view(report: &Report, list: &TokenList) -> Reconciliation {
    Reconciliation {
        success: true,
        address: report.wallet.to_string(),
        explained: !report.is_alarming(),
        complete: report.is_whole(),
        from_slot: report.from.as_ref().map(|from| from.slot),
        to_slot: report.to.slot,
        lamports: report.to.lamports,
        transactions: report.transactions,
        orders: report.orders,
        under_way: report.under_way,
        untold: report.untold,
        from_outside_lamports: lamports(report.from_outside),
        foreign: report.foreign,
        contradicted: report.contradicted,
        unexplained_lamports: lamports(report.unexplained),
        tokens: tokens(report, list),
        tokens_left_out: u64::try_from(report.tokens_left_out()).unwrap_or(u64::MAX),
        findings: report.findings.iter().map(|it| finding(it, list)).collect(),
    }
}

/// Those that there is something to say of.
fn tokens(report: &Report, list: &TokenList) -> Vec<ReconciledToken> {
    let all = report.tokens().iter();
    let told = all.filter(|(_, it)| {
        it.held.is_none_or(|held| held > 0) || (it.from_outside, it.unexplained) != (0, 0)
    });
    let view = told.map(|(mint, total)| ReconciledToken {
        mint: mint.to_string(),
        symbol: symbol(list, *mint),
        held: total.held.map(|held| held.to_string()),
        from_outside: total.from_outside.to_string(),
        unexplained: total.unexplained.to_string(),
    });
    view.collect()
}

fn symbol(list: &TokenList, mint: Mint) -> Option<String> {
    list.place_of(mint).map(|_| list.name_of(mint))
}

fn finding(finding: &Finding, list: &TokenList) -> FindingView {
    FindingView {
        kind: finding.kind.name().to_owned(),
        detail: finding.kind.to_string(),
        signature: finding.signature.as_str().to_owned(),
        slot: finding.slot,
        order_id: finding.order.map(|order| order.uuid()),
        lamports: lamports(finding.lamports),
        receipt_lamports: finding.told.map(lamports),
        tokens: finding
            .tokens
            .iter()
            .map(|it| TokenChangeView {
                mint: it.mint.to_string(),
                symbol: symbol(list, it.mint),
                change: it.change.to_string(),
                receipt: it.told.map(|told| told.to_string()),
            })
            .collect(),
    }
}

/// All lamports that there are fit.
fn lamports(of: i128) -> i64 {
    i64::try_from(of).unwrap_or(if of < 0 { i64::MIN } else { i64::MAX })
}
