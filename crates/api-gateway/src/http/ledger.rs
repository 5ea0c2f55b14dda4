//! `GET /api/sim/ledger`: what landed, from the simulated chain's own ledger. From the engine's
//! tables it takes only which client owns an order.

use actix_web::{HttpRequest, HttpResponse};
use api_types::ledger::{LedgerAnswer, LedgerEntryView};
use domain::{ClientId, TokenList};
use futures_util::{StreamExt, TryStreamExt, stream};
use ports::ledger::{Ledger, LedgerEntry, LedgerFilter, LedgerPage};

use crate::auth::Caller;
use crate::deadline;
use crate::error::{ApiError, Code, Result};
use crate::parameters::Parameters;
use crate::state::Ctx;

/// Longest page.
const MAX_LIMIT: usize = 1_000;
/// Length of a page if the caller does not say.
const DEFAULT_LIMIT: usize = 100;
/// Pages of the whole ledger that one call searches for one client's lines.
const MAX_PAGES: usize = 8;
/// Concurrent look-ups of an order's client.
const LOOKUPS: usize = 16;
/// When to ask the chain again.
const RETRY_CHAIN: std::time::Duration = std::time::Duration::from_secs(2);

/// What landed on the simulated chain
#[utoipa::path(
    get,
    path = "/api/sim/ledger",
    operation_id = "getLedger",
    tag = "market",
    params(
        ("orderId" = Option<uuid::Uuid>, Query, description = "Only this order's lines"),
        ("cursor" = Option<String>, Query, description = "`nextCursor` of the page before"),
        ("limit" = Option<u16>, Query, minimum = 1, maximum = 1000, description = "100 where absent"),
    ),
    responses((status = 200, description = "A page of the book, oldest line first", body = LedgerAnswer))
)]
pub(crate) async fn ledger(ctx: Ctx, caller: Caller, request: HttpRequest) -> Result<HttpResponse> {
    let parameters = Parameters::of(&request)?;
    let order = parameters.order_id("orderId")?;
    let filter = LedgerFilter {
        orders: order.map(|order| vec![order]),
        after: parameters.cursor(read_cursor)?,
        limit: parameters
            .number("limit", 1..=MAX_LIMIT)?
            .unwrap_or(DEFAULT_LIMIT),
    };
    let Some(ledger) = ctx.ledger.as_deref() else {
        let detail = "the chain is not simulated, so there is no simulated ledger";
        return Err(ApiError::new(Code::NotFound, detail));
    };
    let page = match caller.limited_to() {
        None => read(ledger, &filter).await?,
        Some(client) => own_entries(&ctx, ledger, client, filter).await?,
    };
    let entries = page.entries.iter().map(|entry| view(entry, &ctx.tokens));
    Ok(HttpResponse::Ok().json(LedgerAnswer {
        entries: entries.collect(),
        next_cursor: page.next.map(|next| next.to_string()),
    }))
}

fn read_cursor(text: &str) -> Option<u64> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_plain)
}

/// The lines of one client's orders. The ledger knows no clients, so each line's order is looked
/// up.
async fn own_entries(
    ctx: &Ctx,
    ledger: &dyn Ledger,
    client: &ClientId,
    mut filter: LedgerFilter,
) -> Result<LedgerPage> {
    let mut own = LedgerPage::default();
    for _ in 0..MAX_PAGES {
        let wanted = filter.limit;
        let page = read(ledger, &filter).await?;
        let entries = only_of(ctx, client, page.entries).await?;
        own.entries.extend(entries);
        own.next = page.next;
        filter.after = page.next;
        // Whole pages only, because the cursor is a place in the whole ledger.
        filter.limit = wanted.saturating_sub(own.entries.len());
        if filter.after.is_none() || filter.limit == 0 {
            break;
        }
    }
    Ok(own)
}

async fn only_of(
    ctx: &Ctx,
    client: &ClientId,
    entries: Vec<LedgerEntry>,
) -> Result<Vec<LedgerEntry>> {
    let checked = stream::iter(entries).map(async |entry| {
        let order = deadline::read(ctx.ports.store.order(entry.order_id, Some(client))).await?;
        Ok::<_, ApiError>(order.is_some().then_some(entry))
    });
    let checked = checked.buffered(LOOKUPS);
    checked
        .try_filter_map(async |entry| Ok(entry))
        .try_collect()
        .await
}

async fn read(ledger: &dyn Ledger, filter: &LedgerFilter) -> Result<LedgerPage> {
    ledger.entries(filter).await.map_err(|error| {
        let error: &dyn std::error::Error = &error;
        tracing::warn!(error, "the chain's ledger cannot be read");
        ApiError::new(Code::ChainUnavailable, "the chain does not answer").retry_after(RETRY_CHAIN)
    })
}

fn view(entry: &LedgerEntry, tokens: &TokenList) -> LedgerEntryView {
    LedgerEntryView {
        signature: entry.signature.as_str().to_owned(),
        order_id: entry.order_id.uuid(),
        dex: entry.venue.into(),
        token_in: tokens.name_of(entry.asset_in.mint),
        token_out: tokens.name_of(entry.asset_out.mint),
        amount_in: entry.amount_in.to_decimal(entry.asset_in.decimals),
        amount_out: entry.amount_out.to_decimal(entry.asset_out.decimals),
        height: entry.height.get(),
        landed_at: entry.landed_at.to_string(),
        ok: entry.ok,
    }
}
