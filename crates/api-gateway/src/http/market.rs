//! The venues' offers, for a pair and an amount or for an order that is only checked; and the pools of
//! a pair.

use std::cmp::Reverse;

use actix_web::{HttpRequest, HttpResponse};
use api_types::pool::{PoolView, PoolsAnswer, TokenFactsView};
use api_types::quality::Benchmarks;
use api_types::quote::{PoolQuoteView, QuoteView, QuotesAnswer, best_venue, gain_bps};
use api_types::route::legs;
use dex_router::gates::untradable;
use dex_router::pools::MintFacts;
use dex_router::router::{RouteRequest, Unrouted};
use dex_router::{PairReport, PoolReport};
use domain::order::{OrderType, Terms};
use domain::quote::{Decision, Quote};
use domain::venue::VenueSet;
use domain::{Asset, BaseUnits, Bps, TokenList};

use crate::auth::Caller;
use crate::deadline;
use crate::error::{ApiError, Result};
use crate::http::{issues, pair};
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
        ("amount" = Option<String>, Query, pattern = r"^[0-9]+(\.[0-9]+)?$", example = "1.5", description = "How much of `tokenIn` to sell"),
        ("amountOut" = Option<String>, Query, pattern = r"^[0-9]+(\.[0-9]+)?$", description = "Instead of `amount`: how much of `tokenOut` to buy, to the unit"),
        ("maxAmountIn" = Option<String>, Query, pattern = r"^[0-9]+(\.[0-9]+)?$", description = "The most that `amountOut` may cost"),
        ("slippageBps" = Option<u16>, Query, minimum = 0, maximum = 5000, description = "For `minAmountOut`; 50 where absent"),
    ),
    responses((status = 200, description = "Every venue's offer", body = QuotesAnswer))
)]
pub(crate) async fn quotes(ctx: Ctx, caller: Caller, request: HttpRequest) -> Result<HttpResponse> {
    let parameters = Parameters::of(&request)?;
    let pair = pair::of(&ctx, (&request, &caller), &parameters).await?;
    let terms = wished(&parameters, pair)?;
    Ok(HttpResponse::Ok().json(ask(&ctx, &caller, &terms).await))
}

/// The answer to a valid order that shall not be stored.
pub(crate) async fn dry_run(
    ctx: &AppState,
    caller: &Caller,
    terms: &Terms,
) -> Result<HttpResponse> {
    let answer = QuotesAnswer {
        dry_run: Some(true),
        ..ask(ctx, caller, terms).await
    };
    Ok(HttpResponse::Ok().json(answer))
}

fn wished(parameters: &Parameters, (asset_in, asset_out): (Asset, Asset)) -> Result<Terms> {
    let amount = |name: &str, asset: Asset| {
        let parse = |text| {
            BaseUnits::parse(text, asset.decimals)
                .map_err(|error| ApiError::invalid_parameter(name, error.to_string()))
        };
        parameters.get(name)?.map(parse).transpose()
    };
    let (sold, amount_out) = (amount("amount", asset_in)?, amount("amountOut", asset_out)?);
    let most = amount("maxAmountIn", asset_in)?;
    let amount_in = match (sold, amount_out, most) {
        (Some(sold), None, None) => sold,
        (None, Some(_), most) => most.unwrap_or(BaseUnits::new(0)),
        (None, None, _) => return Err(ApiError::invalid_parameter("amount", "is missing")),
        (Some(_), Some(_), _) => {
            let message = "must not stand beside amount";
            return Err(ApiError::invalid_parameter("amountOut", message));
        }
        (Some(_), None, Some(_)) => {
            let message = "needs amountOut beside it";
            return Err(ApiError::invalid_parameter("maxAmountIn", message));
        }
    };
    let slippage = parameters.number("slippageBps", 0..=Bps::MAX.get())?;
    Ok(Terms {
        order_type: OrderType::Market,
        asset_in,
        asset_out,
        amount_in,
        amount_out,
        slippage: slippage
            .and_then(|bps| Bps::new(bps).ok())
            .unwrap_or(Bps::DEFAULT),
        min_amount_out: None,
        venues: VenueSet::ALL,
        client_order_id: None,
        valid_for_seconds: None,
        fee_level: None,
        max_impact: None,
        wallet: None,
        oco_group: None,
    })
}

async fn ask(ctx: &AppState, caller: &Caller, terms: &Terms) -> QuotesAnswer {
    // The client's own limits refuse nothing here: whoever asks sees what there is.
    let mut request = RouteRequest {
        min_amount_out: None,
        max_impact: None,
        ..RouteRequest::from(terms)
    };
    request.wallet = request.wallet.or(ctx.chain.wallet);
    if request.quote.amount_out.is_some() {
        request.quote.amount_in = BaseUnits::new(0);
    }
    let deciding = ctx.router.decide(&request);
    let (decided, issues) = match terms.amount_in.get() {
        // What a purchase may cost is known once it is quoted.
        0 => {
            let decided = deciding.await;
            let terms = &at_most(terms, &decided);
            (decided, issues::of_order(ctx, caller, terms).await)
        }
        _ => futures_util::join!(deciding, issues::of_order(ctx, caller, terms)),
    };
    let mut answer = match decided {
        Ok(decision) => offered(terms, &decision, &ctx.tokens),
        Err(unrouted) => QuotesAnswer {
            issues: issues::of_route(&unrouted),
            ..declined(terms, &unrouted.quotes)
        },
    };
    answer.issues.extend(issues);
    answer
}

/// The terms of a purchase with the most that it may cost by its quote.
fn at_most(terms: &Terms, decided: &std::result::Result<Decision, Unrouted>) -> Terms {
    let most = decided.as_ref().ok();
    let most = most.and_then(|decision| decision.choice.max_amount_in);
    Terms {
        amount_in: most.unwrap_or(terms.amount_in),
        ..terms.clone()
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
    let sold = |amount: BaseUnits| amount.to_decimal(terms.asset_in.decimals);
    let beside = Benchmarks::of(decision);
    QuotesAnswer {
        best: Some(best_venue(decision)),
        expected_amount_out: Some(printed(expected)),
        min_amount_out: Some(printed(match choice.max_amount_in {
            Some(_) => choice.min_amount_out,
            None => floor(expected, terms),
        })),
        expected_amount_in: choice.max_amount_in.map(|_| sold(choice.route.amount_in())),
        max_amount_in: choice
            .max_amount_in
            .map(|by_slippage| sold(terms.max_amount_in().unwrap_or(by_slippage))),
        route: legs(&choice.route, tokens),
        gain_bps: gain_bps(decision),
        best_single: beside.best_single,
        mid_price: beside.mid_price,
        against_mid_bps: beside.against_mid_bps,
        pools: PoolQuoteView::list(pools, (terms.asset_in, terms.asset_out)),
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
        expected_amount_in: None,
        max_amount_in: None,
        route: Vec::new(),
        gain_bps: 0,
        best_single: None,
        mid_price: None,
        against_mid_bps: None,
        pools: Vec::new(),
        issues: Vec::new(),
    }
}

/// The larger of the minimum that follows from slippage and the client's own.
fn floor(expected: BaseUnits, terms: &Terms) -> BaseUnits {
    let by_slippage = expected.less_bps_rounded_up(terms.slippage);
    terms
        .floor()
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
pub(crate) async fn pools(ctx: Ctx, caller: Caller, request: HttpRequest) -> Result<HttpResponse> {
    let parameters = Parameters::of(&request)?;
    let pair = pair::of(&ctx, (&request, &caller), &parameters).await?;
    let (asset_in, asset_out) = pair;
    let found = ctx.router.pools(asset_in, asset_out).await;
    let PairReport {
        mints,
        pools: mut reports,
    } = found.map_err(|error| {
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
        tokens: mints.map(|mints| facts(&ctx.tokens, pair, mints)),
    }))
}

fn facts(
    tokens: &TokenList,
    (asset_in, asset_out): (Asset, Asset),
    (facts_in, facts_out): (MintFacts, MintFacts),
) -> Vec<TokenFactsView> {
    let both = [(asset_in, facts_in), (asset_out, facts_out)];
    let views = both.map(|(asset, facts)| {
        let mint = asset.mint.to_string();
        let name = tokens.name_of(asset.mint);
        TokenFactsView {
            symbol: (name != mint).then_some(name),
            mint,
            decimals: asset.decimals,
            program: asset.program.name().to_owned(),
            freezable: facts.is_freezable,
            transfer_fee_bps: facts.transfer_fee.basis_points,
            not_tradable: untradable(&facts),
        }
    });
    views.into()
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
