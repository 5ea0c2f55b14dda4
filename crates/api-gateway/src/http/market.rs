//! The venues' offers: for a pair and an amount, or for an order that is only checked.

use actix_web::{HttpRequest, HttpResponse};
use api_types::quote::{QuoteView, QuotesAnswer};
use dex_router::router::best_of;
use dex_router::venue::QuoteRequest;
use domain::order::{OrderType, Terms};
use domain::venue::VenueSet;
use domain::{Asset, BaseUnits, Bps, TokenList};

use crate::auth::Caller;
use crate::error::{ApiError, Result};
use crate::parameters::Parameters;
use crate::state::{AppState, Ctx};

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
    let (asset_in, asset_out) = (terms.asset_in, terms.asset_out);
    let amount_in = terms.amount_in;
    let request = QuoteRequest {
        asset_in,
        asset_out,
        amount_in,
    };
    let quotes = ctx.router.quotes(request, terms.venues).await;
    let offers = quotes
        .iter()
        .filter_map(|quote| Some((quote.venue, quote.offer()?)));
    let best = best_of(offers);
    let printed = |amount: BaseUnits| amount.to_decimal(asset_out.decimals);
    QuotesAnswer {
        success: true,
        dry_run: None,
        best: best.map(|(venue, _)| venue.into()),
        expected_amount_out: best.map(|(_, offer)| printed(offer.amount_out)),
        min_amount_out: best.map(|(_, offer)| printed(floor(offer.amount_out, terms))),
        quotes: quotes
            .iter()
            .map(|quote| QuoteView::new(quote, asset_in, amount_in, asset_out))
            .collect(),
    }
}

/// The larger of the minimum that follows from slippage and the client's own.
fn floor(expected: BaseUnits, terms: &Terms) -> BaseUnits {
    let by_slippage = expected.less_bps_rounded_up(terms.slippage);
    terms
        .min_amount_out
        .map_or(by_slippage, |own| own.max(by_slippage))
}
