//! The venues' offers, for a pair and an amount or for an order that is only checked; and the pools of
//! a pair.

use std::cmp::Reverse;

use actix_web::{HttpRequest, HttpResponse};
use api_types::pool::{PoolView, PoolsAnswer};
use api_types::quote::{PoolQuoteView, QuoteView, QuotesAnswer, gain_bps};
use api_types::route::legs;
use dex_router::PoolReport;
use dex_router::router::{RouteRequest, Unrouted};
use domain::order::{OrderType, Terms};
use domain::quote::{Decision, Quote};
use domain::venue::VenueSet;
use domain::{Asset, BaseUnits, Bps, TokenList};

use crate::auth::Caller;
use crate::deadline;
use crate::error::{ApiError, Result};
use crate::parameters::Parameters;
use crate::state::{AppState, Ctx};

/// Millionths in a hundredth of a percent.
const PPM_PER_BP: u32 = 100;

/// What the venues offer now
#[utoipa::path(
    get,
    path = "/api/quotes",
    operation_id = "getQuotes",
    tag = "market",
    params(
        ("tokenIn" = Option<String>, Query, description = "Symbol or mint address; both tokens absent: `SOL` to `USDC`"),
        ("tokenOut" = Option<String>, Query, description = "Symbol or mint address"),
        ("amount" = String, Query, pattern = r"^[0-9]+(\.[0-9]+)?$", example = "1.5", description = "How much of `tokenIn`"),
        ("slippageBps" = Option<u16>, Query, minimum = 0, maximum = 5000, description = "For `minAmountOut`; 50 where absent"),
    ),
    responses((status = 200, description = "Every venue's offer", body = QuotesAnswer))
)]
pub(crate) async fn quotes(ctx: Ctx, _: Caller, request: HttpRequest) -> Result<HttpResponse> {
    let parameters = Parameters::of(&request)?;
    let terms = wished(&parameters, &ctx.tokens)?;
    Ok(HttpResponse::Ok().json(ask(&ctx, &terms).await))
}

/// The answer to a valid order that shall not be stored.
pub(crate) async fn dry_run(ctx: &AppState, terms: &Terms) -> Result<HttpResponse> {
    let answer = QuotesAnswer {
        dry_run: Some(true),
        ..ask(ctx, terms).await
    };
    Ok(HttpResponse::Ok().json(answer))
}

fn wished(parameters: &Parameters, tokens: &TokenList) -> Result<Terms> {
    let (asset_in, asset_out) = pair(parameters, tokens)?;
    let amount = parameters.get("amount")?;
    let amount = amount.ok_or_else(|| ApiError::invalid_parameter("amount", "is missing"))?;
    let amount_in = BaseUnits::parse(amount, asset_in.decimals)
        .map_err(|error| ApiError::invalid_parameter("amount", error.to_string()))?;
    let slippage = parameters.number("slippageBps", 0..=Bps::MAX.get())?;
    Ok(Terms {
        order_type: OrderType::Market,
        asset_in,
        asset_out,
        amount_in,
        slippage: slippage
            .and_then(|bps| Bps::new(bps).ok())
            .unwrap_or(Bps::DEFAULT),
        min_amount_out: None,
        venues: VenueSet::ALL,
        client_order_id: None,
        valid_for_seconds: None,
        fee_level: None,
        max_impact: None,
    })
}

fn pair(parameters: &Parameters, tokens: &TokenList) -> Result<(Asset, Asset)> {
    let missing =
        |name| ApiError::invalid_parameter(name, "is missing; give both tokens or neither");
    let asset = |name| parameters.asset(name, tokens);
    match (asset("tokenIn")?, asset("tokenOut")?) {
        (None, None) => Ok((Asset::SOL, Asset::USDC)),
        (Some(_), None) => Err(missing("tokenOut")),
        (None, Some(_)) => Err(missing("tokenIn")),
        (Some(asset_in), Some(asset_out)) if asset_in == asset_out => {
            let message = "must be another token than tokenIn";
            Err(ApiError::invalid_parameter("tokenOut", message))
        }
        (Some(asset_in), Some(asset_out)) => Ok((asset_in, asset_out)),
    }
}

async fn ask(ctx: &AppState, terms: &Terms) -> QuotesAnswer {
    // The client's own limits refuse nothing here: whoever asks sees what there is.
    let request = RouteRequest {
        min_amount_out: None,
        max_impact: None,
        ..RouteRequest::from(terms)
    };
    match ctx.router.decide(&request).await {
        Ok(decision) => offered(terms, &decision, &ctx.tokens),
        Err(Unrouted { quotes, .. }) => declined(terms, &quotes),
    }
}

/// What an order would get now.
fn offered(terms: &Terms, decision: &Decision, tokens: &TokenList) -> QuotesAnswer {
    let Decision {
        choice,
        quotes,
        pools,
    } = decision;
    let expected = choice.expected_amount_out;
    let printed = |amount: BaseUnits| amount.to_decimal(terms.asset_out.decimals);
    QuotesAnswer {
        best: Some(choice.route.largest().venue().into()),
        expected_amount_out: Some(printed(expected)),
        min_amount_out: Some(printed(floor(expected, terms))),
        route: legs(&choice.route, tokens),
        gain_bps: gain_bps(choice, quotes),
        pools: PoolQuoteView::list(pools, terms.asset_out),
        ..declined(terms, quotes)
    }
}

/// Why an order would get nothing now.
fn declined(terms: &Terms, quotes: &[Quote]) -> QuotesAnswer {
    let view = |quote| QuoteView::new(quote, terms.asset_in, terms.amount_in, terms.asset_out);
    QuotesAnswer {
        success: true,
        dry_run: None,
        quotes: quotes.iter().map(view).collect(),
        best: None,
        expected_amount_out: None,
        min_amount_out: None,
        route: Vec::new(),
        gain_bps: 0,
        pools: Vec::new(),
        issues: Vec::new(),
    }
}

/// The larger of the minimum that follows from slippage and the client's own.
fn floor(expected: BaseUnits, terms: &Terms) -> BaseUnits {
    let by_slippage = expected.less_bps_rounded_up(terms.slippage);
    terms
        .min_amount_out
        .map_or(by_slippage, |own| own.max(by_slippage))
}

/// The pools known of a pair
///
/// What the router would use, and why not the others.
#[utoipa::path(
    get,
    path = "/api/pools",
    operation_id = "listPools",
    tag = "market",
    params(
        ("tokenIn" = Option<String>, Query, description = "Symbol or mint address; both tokens absent: `SOL` to `USDC`"),
        ("tokenOut" = Option<String>, Query, description = "Symbol or mint address"),
    ),
    responses((status = 200, description = "Every pool, those that can be used first", body = PoolsAnswer))
)]
pub(crate) async fn pools(ctx: Ctx, _: Caller, request: HttpRequest) -> Result<HttpResponse> {
    let parameters = Parameters::of(&request)?;
    let (asset_in, asset_out) = pair(&parameters, &ctx.tokens)?;
    let found = ctx.router.pools(asset_in, asset_out).await;
    let mut reports = found.map_err(|error| {
        tracing::warn!(%error, "the pools of a pair cannot be read");
        deadline::chain_unavailable("the chain does not answer")
    })?;
    reports.sort_by_key(|report| (report.unusable.is_some(), Reverse(report.depth_in)));
    let views = reports
        .iter()
        .map(|report| pool(report, asset_in, asset_out));
    Ok(HttpResponse::Ok().json(PoolsAnswer {
        success: true,
        pools: views.collect(),
    }))
}

fn pool(report: &PoolReport, asset_in: Asset, asset_out: Asset) -> PoolView {
    let printed = |amount: Option<BaseUnits>, asset: Asset| {
        amount.map(|amount| amount.to_decimal(asset.decimals))
    };
    PoolView {
        dex: report.pool.program.venue().into(),
        pool: report.pool.program.into(),
        pool_address: report.pool.address.map(|address| address.to_string()),
        depth_in: printed(report.depth_in, asset_in),
        depth_out: printed(report.depth_out, asset_out),
        price: report.price.clone(),
        fee_bps: report.fee_ppm.map(|ppm| ppm.div_ceil(PPM_PER_BP)),
        usable: report.unusable.is_none(),
        reason: report.unusable.clone(),
        slot: report.slot,
    }
}
