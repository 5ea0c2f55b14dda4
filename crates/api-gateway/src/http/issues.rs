//! What would stop a trade now. Whoever asks is told which things; how much the wallet has is told to operators alone.

use api_types::quote::IssueView;
use dex_router::gates::Gate;
use dex_router::router::{NoRoute, Unrouted};
use domain::Address;
use domain::order::Terms;
use ports::wallet::Means;

use crate::auth::Caller;
use crate::deadline;
use crate::http::wallet;
use crate::settings::Trading;
use crate::state::AppState;

const TRADING_DISABLED: &str = "trading_disabled";
/// Lamports that the smallest transaction costs.
const FEE_MIN: u64 = 5_000;

/// What stands between an order and a route, each thing once.
pub(super) fn of_route(unrouted: &Unrouted) -> Vec<IssueView> {
    let why = unrouted.why.to_string();
    let code = match &unrouted.why {
        NoRoute::NotTradable(_) => "token_not_tradable",
        NoRoute::NoPool(_) | NoRoute::NoQuote(_) if !unrouted.gates.is_empty() => {
            let gates = unrouted.gates.iter();
            return gates.map(|gate| issue(code_of(*gate), &why)).collect();
        }
        NoRoute::NoPool(_) => "no_pool",
        NoRoute::NoQuote(_) => "no_quote",
        NoRoute::InsufficientLiquidity => "insufficient_liquidity",
        NoRoute::AmountTooSmall => "amount_too_small",
        NoRoute::BelowMinimum { .. } => "below_minimum",
        NoRoute::AboveMaximum { .. } => "above_maximum",
        NoRoute::PriceImpact { .. } => "price_impact",
    };
    vec![issue(code, &why)]
}

const fn code_of(gate: Gate) -> &'static str {
    match gate {
        Gate::Token => "token_not_tradable",
        Gate::Depth => "thin_pool",
        Gate::Price => "price_deviation",
        Gate::Fee => "pool_fee",
    }
}

/// What would stop an order of these terms whatever its route.
pub(super) async fn of_order(ctx: &AppState, caller: &Caller, terms: &Terms) -> Vec<IssueView> {
    let (lacking, disabled, over) = futures_util::join!(
        of_wallet(ctx, caller, terms),
        of_trading(ctx),
        of_limits(ctx, caller, terms),
    );
    lacking.into_iter().chain(disabled).chain(over).collect()
}

/// What keeps every order from being executed. Where nobody can say whether the engine is halted, nothing is known.
async fn of_trading(ctx: &AppState) -> Option<IssueView> {
    if ctx.chain.trading == Trading::Disabled {
        let said = "no order is taken in: the operator has not said whose money may be spent";
        return Some(issue(TRADING_DISABLED, said));
    }
    let snapshot = ctx.intake.stats.recent().await.ok()?;
    let said = "the engine is halted: orders are taken in, nothing is signed and nothing is sent";
    snapshot.is_halted.then(|| issue(TRADING_DISABLED, said))
}

/// What the wallet lacks. A wallet that nobody can look at now lacks nothing that is known.
async fn of_wallet(ctx: &AppState, caller: &Caller, terms: &Terms) -> Vec<IssueView> {
    let Some(views) = &ctx.wallets else {
        return Vec::new();
    };
    let Some(wallet) = payer(ctx, caller, terms).await else {
        return Vec::new();
    };
    let view = views.of(wallet);
    let means = view.means(terms.asset_in, terms.asset_out);
    match deadline::chain(means).await {
        Ok(means) => lacking(ctx, terms, &means, wallet::is_shown_to(ctx, caller)),
        Err(_) => Vec::new(),
    }
}

/// Whose money it is.
async fn payer(ctx: &AppState, caller: &Caller, terms: &Terms) -> Option<Address> {
    if terms.wallet.is_some() {
        return terms.wallet;
    }
    match ctx.intake.wallets.payer(&caller.client, None).await {
        Ok(Some(wallet)) => Some(wallet),
        // A client that may use no wallet is told so where it orders.
        Err(_) => None,
        Ok(None) => ctx.chain.wallet,
    }
}

fn lacking(ctx: &AppState, terms: &Terms, means: &Means, is_operator: bool) -> Vec<IssueView> {
    let (asset_in, asset_out) = (terms.asset_in, terms.asset_out);
    let mut issues = Vec::new();
    if means.held < terms.amount_in {
        let printed = |amount| ctx.router.print(amount, asset_in);
        let amounts = format!("{} of {}", printed(means.held), printed(terms.amount_in));
        let said = "the wallet holds less than the order sells";
        let detail = detail(is_operator, said, &amounts);
        issues.push(issue("insufficient_funds", &detail));
    }
    let sold = match asset_in.is_native() {
        true => terms.amount_in.get().min(means.lamports),
        false => 0,
    };
    let wraps = asset_in.is_native() || asset_out.is_native();
    let accounts = u64::from(wraps) + u64::from(!means.has_account_out);
    let needed = FEE_MIN.saturating_add(means.account_rent.saturating_mul(accounts));
    let left = means.lamports.saturating_sub(sold);
    if left < needed {
        let said = "the wallet has too little SOL for the accounts and the fee of the transaction";
        let amounts = format!("{left} of at least {needed} lamports");
        let detail = detail(is_operator, said, &amounts);
        issues.push(issue("insufficient_rent", &detail));
    }
    issues
}

/// What limits leave no room for.
async fn of_limits(ctx: &AppState, caller: &Caller, terms: &Terms) -> Vec<IssueView> {
    let is_operator = wallet::is_shown_to(ctx, caller);
    let payer = payer(ctx, caller, terms).await;
    let excesses = ctx.intake.spending.excesses(payer, terms).await;
    let excesses = excesses.into_iter().map(|excess| {
        let detail = detail(is_operator, excess.said, &excess.amounts);
        issue("spend_limit", &detail)
    });
    excesses.collect()
}

/// Amounts are for operators alone.
fn detail(is_operator: bool, said: &str, amounts: &str) -> String {
    match is_operator {
        true => format!("{said}: {amounts}"),
        false => said.to_owned(),
    }
}

fn issue(code: &str, detail: &str) -> IssueView {
    IssueView {
        code: code.to_owned(),
        detail: detail.to_owned(),
    }
}
