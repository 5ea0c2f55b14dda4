//! `GET /api/sim/ledger`: what landed, from the simulated cluster's own ledger. From the engine's
//! tables it takes only which order a transaction was made for, and whose order that is.

use std::collections::HashMap;

use actix_web::{HttpRequest, HttpResponse};
use api_types::ledger::{LedgerAnswer, LedgerEntryView};
use domain::transaction::{Signature, TransactionRef};
use domain::{ClientId, OrderId, TokenList};
use ports::ledger::{Ledger, LedgerEntry, LedgerFilter, LedgerPage};
use ports::order_history::OWNERS_AT_ONCE;

use crate::auth::Caller;
use crate::deadline;
use crate::error::Result;
use crate::parameters::Parameters;
use crate::state::{AppState, Ctx};

/// Longest page: the store tells at once whose all of its lines are.
const MAX_LIMIT: usize = OWNERS_AT_ONCE;
/// Length of a page if the caller does not say.
const DEFAULT_LIMIT: usize = 100;
/// Pages of the whole ledger that one call searches for one client's lines.
const MAX_PAGES: usize = 8;

/// What landed on the simulated cluster
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
        signatures: None,
        after: parameters.cursor(read_cursor)?,
        limit: parameters
            .number("limit", 1..=MAX_LIMIT)?
            .unwrap_or(DEFAULT_LIMIT),
    };
    let ledger: &dyn Ledger = ctx.simulation()?.as_ref();
    let owner = caller.limited_to();
    let lines = match order {
        Some(order) => of_order(&ctx, ledger, (order, owner), filter).await?,
        None => of_everybody(&ctx, ledger, owner, filter).await?,
    };
    let entries = lines.lines.iter();
    let entries = entries.map(|(entry, order)| view(entry, *order, &ctx.tokens));
    Ok(HttpResponse::Ok().json(LedgerAnswer {
        entries: entries.collect(),
        next_cursor: lines.next.map(|next| next.to_string()),
    }))
}

/// Lines of the ledger with the orders that they were made for.
#[derive(Default)]
struct Lines {
    lines: Vec<(LedgerEntry, Option<OrderId>)>,
    next: Option<u64>,
}

fn read_cursor(text: &str) -> Option<u64> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_plain)
}

/// The lines of one order's transactions; none where it is not this client's.
async fn of_order(
    ctx: &AppState,
    ledger: &dyn Ledger,
    (order, owner): (OrderId, Option<&ClientId>),
    mut filter: LedgerFilter,
) -> Result<Lines> {
    let store = &ctx.ports.store;
    if owner.is_some() && deadline::read(store.order(order, owner)).await?.is_none() {
        return Ok(Lines::default());
    }
    let signatures = deadline::read(store.signatures_of(order)).await?;
    if signatures.is_empty() {
        return Ok(Lines::default());
    }
    filter.signatures = Some(signatures);
    let page = read(ledger, &filter).await?;
    let lines = page.entries.into_iter().map(|entry| (entry, Some(order)));
    Ok(Lines {
        lines: lines.collect(),
        next: page.next,
    })
}

/// The lines of one client's orders, or of everybody, also those that no order was made for.
async fn of_everybody(
    ctx: &AppState,
    ledger: &dyn Ledger,
    owner: Option<&ClientId>,
    mut filter: LedgerFilter,
) -> Result<Lines> {
    let mut found = Lines::default();
    for _ in 0..MAX_PAGES {
        let wanted = filter.limit;
        let page = read(ledger, &filter).await?;
        found.next = page.next;
        filter.after = page.next;
        found.lines.extend(attributed(ctx, owner, page).await?);
        // Whole pages only, because the cursor is a place in the whole ledger.
        filter.limit = wanted.saturating_sub(found.lines.len());
        if owner.is_none() || filter.after.is_none() || filter.limit == 0 {
            break;
        }
    }
    Ok(found)
}

/// A page's lines with their orders, without other clients' lines.
async fn attributed(
    ctx: &AppState,
    owner: Option<&ClientId>,
    page: LedgerPage,
) -> Result<Vec<(LedgerEntry, Option<OrderId>)>> {
    let entries = page.entries;
    let transactions = entries.iter().map(|line| TransactionRef {
        blockhash: line.blockhash,
        signature: line.signature.clone(),
    });
    let transactions: Vec<TransactionRef> = transactions.collect();
    let found = deadline::read(ctx.ports.store.orders_of(&transactions)).await?;
    let orders: HashMap<Signature, (OrderId, ClientId)> = found
        .into_iter()
        .map(|made| (made.signature, (made.order_id, made.client)))
        .collect();
    let lines = entries.into_iter().filter_map(|entry| {
        let order = orders.get(&entry.signature);
        let is_shown = owner.is_none_or(|owner| order.is_some_and(|(_, client)| client == owner));
        is_shown.then(|| (entry, order.map(|(id, _)| *id)))
    });
    Ok(lines.collect())
}

async fn read(ledger: &dyn Ledger, filter: &LedgerFilter) -> Result<LedgerPage> {
    deadline::chain(ledger.entries(filter)).await
}

fn view(entry: &LedgerEntry, order: Option<OrderId>, tokens: &TokenList) -> LedgerEntryView {
    LedgerEntryView {
        signature: entry.signature.as_str().to_owned(),
        order_id: order.map(OrderId::uuid),
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
