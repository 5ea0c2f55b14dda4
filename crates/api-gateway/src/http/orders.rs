//! Reads orders: one by its id, one by the client's own id, and lists.

use std::collections::HashSet;

use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse};
use api_types::OrderView;
use api_types::order::{OrderAnswer, OrderListAnswer, WatchMode};
use api_types::quality::QualityView;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::quote::{Decision, Fill};
use domain::{
    Address, ClientOrderId, EventData, OcoGroup, Order, OrderId, OrderType, Seq, State, Status,
    Timestamp,
};
use ports::finality::Standing;
use ports::order_history::{ListFilter, PaidBy};
use uuid::Uuid;

use crate::auth::Caller;
use crate::deadline;
use crate::error::{ApiError, Code, Result};
use crate::http::{waiting, wallet};
use crate::parameters::{Parameters, order_id_in_path};
use crate::state::Ctx;
use crate::views;
use crate::wallets::Asked;

/// Longest page of a list.
pub(crate) const MAX_LIMIT: usize = 200;
/// Length of a page if the caller does not say.
pub(crate) const DEFAULT_LIMIT: usize = 50;

/// One order
#[utoipa::path(
    get,
    path = "/api/orders/{id}",
    operation_id = "getOrder",
    tag = "orders",
    params(("id" = Uuid, Path, description = "The order's id")),
    responses((status = 200, description = "The order", body = OrderAnswer))
)]
pub(crate) async fn show(ctx: Ctx, caller: Caller, request: HttpRequest) -> Result<HttpResponse> {
    let id = order_id_in_path(&request)?;
    answer(&ctx, &ctx.order(id, &caller).await?).await
}

/// One order by the id its client gave it
#[utoipa::path(
    get,
    path = "/api/orders/by-client-id/{clientOrderId}",
    operation_id = "getOrderByClientId",
    tag = "orders",
    params(("clientOrderId" = String, Path, min_length = 1, max_length = 64, pattern = "^[ -~]+$", description = "The client's own id for the order")),
    responses((status = 200, description = "The order", body = OrderAnswer))
)]
pub(crate) async fn show_by_client_id(
    ctx: Ctx,
    caller: Caller,
    client_order_id: Path<String>,
) -> Result<HttpResponse> {
    let client_order_id = ClientOrderId::parse(&client_order_id).map_err(|_| {
        ApiError::invalid_parameter(
            "clientOrderId",
            "must be 1 to 64 printable ASCII characters",
        )
    })?;
    let store = &ctx.ports.store;
    let order = deadline::read(store.order_by_client_id(&caller.client, &client_order_id)).await?;
    let order = order.ok_or_else(|| {
        let detail = "no order of yours has this clientOrderId";
        ApiError::new(Code::OrderNotFound, detail)
    })?;
    answer(&ctx, &order).await
}

/// The answer that shows one order.
pub(super) async fn answer(ctx: &Ctx, order: &Order) -> Result<HttpResponse> {
    let decided = decided(ctx, order).await?;
    let orders = std::slice::from_ref(order);
    let standings = standings(ctx, orders).await?;
    let mut views = with_standings(ctx, orders, &standings).await?;
    let mut view = views.pop().ok_or_else(ApiError::order_not_found)?;
    if let Some((at, decision)) = decided {
        let fill = fill_of(order, &standings);
        view.quality = Some(QualityView::new(at, &decision, fill));
    }
    Ok(HttpResponse::Ok().json(OrderAnswer {
        success: true,
        order: view,
    }))
}

/// The decision that the last execution goes by, and when it was made.
async fn decided(ctx: &Ctx, order: &Order) -> Result<Option<(Timestamp, Decision)>> {
    // How many events ago it was recorded.
    let ago = match &order.state {
        State::Building { .. } => 0,
        State::Submitted { .. } => 1,
        State::Confirmed { .. } => 2,
        _ => return Ok(None),
    };
    let from = Seq::new(order.seq.get().saturating_sub(ago));
    let events = deadline::read(ctx.ports.store.events(order.id, from)).await?;
    Ok(events.into_iter().find_map(|event| match event.data {
        EventData::Routed { decision } => Some((event.at, decision)),
        _ => None,
    }))
}

/// What an order brought, the last time its transaction landed.
fn fill_of<'a>(order: &'a Order, standings: &'a [Standing]) -> Option<&'a Fill> {
    let State::Confirmed { fill } = &order.state else {
        return None;
    };
    let finality = standings.first().and_then(|it| it.finality.as_ref());
    let last = finality.and_then(|finality| finality.fill.as_ref());
    Some(last.unwrap_or(fill))
}

/// Who pays for an order, and where people can look at its transaction.
fn on_chain(ctx: &Ctx, view: OrderView) -> OrderView {
    let chain = &ctx.chain;
    let unasked = || chain.wallet.map(|wallet| wallet.to_string());
    OrderView {
        wallet: view.wallet.or_else(unasked),
        explorer_url: chain
            .explorer
            .zip(view.tx_hash.as_deref())
            .map(|(explorer, signature)| explorer.url(signature)),
        ..view
    }
}

/// Orders as clients see them.
pub(crate) async fn views(ctx: &Ctx, orders: &[Order]) -> Result<Vec<OrderView>> {
    let standings = standings(ctx, orders).await?;
    with_standings(ctx, orders, &standings).await
}

/// What is known of each order's transaction beside its events.
async fn standings(ctx: &Ctx, orders: &[Order]) -> Result<Vec<Standing>> {
    // Of others nothing is.
    let has_standing =
        |order: &&Order| matches!(order.status(), Status::Submitted | Status::Confirmed);
    let asked = orders.iter().filter(has_standing).map(|order| order.id);
    let asked: Vec<OrderId> = asked.collect();
    let mut known = match asked.is_empty() {
        true => Vec::new(),
        false => deadline::read(ctx.ports.store.standings(&asked)).await?,
    }
    .into_iter();
    let standings = orders.iter().map(|order| {
        let standing = has_standing(&order).then(|| known.next()).flatten();
        standing.unwrap_or_default()
    });
    Ok(standings.collect())
}

async fn with_standings(
    ctx: &Ctx,
    orders: &[Order],
    standings: &[Standing],
) -> Result<Vec<OrderView>> {
    let now = ctx.ports.clock.now();
    let lacking = lacking(ctx, orders).await;
    let standstill = standstill(ctx, orders).await;
    let waiting = waiting::of(ctx, orders).await?;
    let mode = match ctx.router.is_told() {
        true => WatchMode::Subscription,
        false => WatchMode::Polling,
    };
    let views = orders.iter().zip(standings).map(|(order, standing)| {
        let mut view = views::order(order, standing, &ctx.tokens);
        view.add_late_signature(order, now);
        if needs_key(order) && order.terms.wallet.is_some_and(|it| lacking.contains(&it)) {
            view.add_missing_wallet();
        }
        if let Some(detail) = standstill.and_then(|it| it.holds_up(order)) {
            view.add_standstill(detail);
        }
        if let Some((terms, seen)) = waiting.get(&order.id) {
            view.add_condition(terms, seen, mode);
        }
        on_chain(ctx, view)
    });
    Ok(views.collect())
}

/// What operators have stopped.
#[derive(Debug, Clone, Copy)]
enum Standstill {
    Halted,
    Paused,
}

impl Standstill {
    /// What it says of an order that does not go on.
    fn holds_up(self, order: &Order) -> Option<&'static str> {
        match (self, order.status()) {
            (Self::Halted, Status::Pending | Status::Routing | Status::Building) => Some(
                "the engine is halted: nothing is signed and nothing is sent until an operator resumes it",
            ),
            (Self::Paused, Status::Pending) => {
                Some("the engine is paused: no execution begins until an operator resumes it")
            }
            _ => None,
        }
    }
}

/// Whether the engine stands still; absent too where that is not known, or none of these orders would notice.
async fn standstill(ctx: &Ctx, orders: &[Order]) -> Option<Standstill> {
    if !orders.iter().any(needs_key) {
        return None;
    }
    let snapshot = ctx.intake.stats.recent().await.ok()?;
    match (snapshot.is_halted, snapshot.is_paused) {
        (true, _) => Some(Standstill::Halted),
        (false, true) => Some(Standstill::Paused),
        (false, false) => None,
    }
}

/// The wallets of these orders that no live worker has.
async fn lacking(ctx: &Ctx, orders: &[Order]) -> HashSet<Address> {
    let waiting = orders.iter().filter(|order| needs_key(order));
    let wallets: HashSet<Address> = waiting.filter_map(|order| order.terms.wallet).collect();
    let mut lacking = HashSet::new();
    for wallet in wallets {
        if ctx.intake.wallets.is_here(wallet).await == Some(false) {
            lacking.insert(wallet);
        }
    }
    lacking
}

/// Whether an order goes on only where the key of its wallet is.
fn needs_key(order: &Order) -> bool {
    let status = order.status();
    !status.is_terminal() && status != Status::Submitted
}

/// Orders, newest first
#[utoipa::path(
    get,
    path = "/api/orders",
    operation_id = "listOrders",
    tag = "orders",
    params(
        ("status" = Option<api_types::names::StatusName>, Query),
        ("tokenIn" = Option<String>, Query, description = "Symbol or mint address"),
        ("tokenOut" = Option<String>, Query, description = "Symbol or mint address"),
        ("orderType" = Option<api_types::submit::OrderTypeName>, Query),
        ("waiting" = Option<bool>, Query, description = "Only orders that wait for a condition, or only others"),
        ("ocoGroup" = Option<String>, Query, min_length = 1, max_length = 64, pattern = "^[ -~]+$", description = "Orders of this group"),
        ("wallet" = Option<String>, Query, description = "A wallet's name or address"),
        ("limit" = Option<u16>, Query, minimum = 1, maximum = 200, description = "50 where absent"),
        ("cursor" = Option<String>, Query, description = "`nextCursor` of the page before"),
    ),
    responses((status = 200, description = "A page of orders", body = OrderListAnswer))
)]
pub(crate) async fn list(ctx: Ctx, caller: Caller, request: HttpRequest) -> Result<HttpResponse> {
    let parameters = Parameters::of(&request)?;
    let limit = page_limit(&parameters)?;
    let mint = |name| parameters.mint(name, &ctx.tokens);
    let filter = ListFilter {
        client: caller.limited_to().cloned(),
        status: parameters.status("status")?,
        mint_in: mint("tokenIn")?,
        mint_out: mint("tokenOut")?,
        wallet: paid_by(&ctx, &parameters).await?,
        waiting: waits(&parameters)?,
        order_type: order_type(&parameters)?,
        oco_group: oco_group(&parameters)?,
        before: parameters.cursor(read_cursor)?,
        // One more than asked for shows whether there is another page.
        limit: limit + 1,
    };
    let page = deadline::read(ctx.ports.store.list(&filter)).await?;
    let mut orders = page.orders;
    // A page that is not full continues where the store says, if anything is left.
    let next_cursor = cut_page(&mut orders, limit).or_else(|| page.next.map(write_cursor));
    Ok(HttpResponse::Ok().json(OrderListAnswer {
        success: true,
        orders: views(&ctx, &orders).await?,
        next_cursor,
    }))
}

/// The wallet that a list is of. Orders that name none are those of the wallet that pays unasked.
pub(super) async fn paid_by(ctx: &Ctx, parameters: &Parameters) -> Result<Option<PaidBy>> {
    let Some(asked) = wallet::asked(parameters)? else {
        return Ok(None);
    };
    let wallet = match (ctx.intake.wallets.find(&asked).await, asked) {
        (Some(found), _) => found.address,
        (None, Asked::Address(address)) => address,
        (None, Asked::Name(_)) => {
            let message = "must be the name of a wallet that trades, or an address";
            return Err(ApiError::invalid_parameter("wallet", message));
        }
    };
    let or_unnamed = wallet::unasked(ctx).await == Some(wallet);
    Ok(Some(PaidBy { wallet, or_unnamed }))
}

/// Whether only orders are wanted that wait for a condition, or only others.
fn waits(parameters: &Parameters) -> Result<Option<bool>> {
    let read = |text: &str| text.parse().ok();
    parameters.parsed("waiting", read, "must be true or false")
}

fn order_type(parameters: &Parameters) -> Result<Option<&'static str>> {
    let names = OrderType::NAMES;
    let read = |text: &str| names.into_iter().find(|name| *name == text);
    let message = format!("must be one of {}", names.join(", "));
    parameters.parsed("orderType", read, &message)
}

fn oco_group(parameters: &Parameters) -> Result<Option<OcoGroup>> {
    let message = "must be 1 to 64 printable ASCII characters";
    parameters.parsed("ocoGroup", |text| OcoGroup::parse(text).ok(), message)
}

/// The requested length of a page of orders.
pub(crate) fn page_limit(parameters: &Parameters) -> Result<usize> {
    Ok(parameters
        .number("limit", 1..=MAX_LIMIT)?
        .unwrap_or(DEFAULT_LIMIT))
}

/// Cuts off orders beyond the page; returns where the next page begins.
pub(crate) fn cut_page(orders: &mut Vec<Order>, limit: usize) -> Option<String> {
    let has_more = orders.len() > limit;
    orders.truncate(limit);
    orders
        .last()
        .filter(|_| has_more)
        .map(|last| write_cursor(last.id))
}

fn write_cursor(last: OrderId) -> String {
    URL_SAFE_NO_PAD.encode(last.uuid().as_bytes())
}

/// The order after which a page begins.
pub(crate) fn read_cursor(text: &str) -> Option<OrderId> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    Some(OrderId::new(Uuid::from_slice(&bytes).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written() {
        let id = OrderId::new(Uuid::from_u128(0x0189_0a5d_ac96_774b_bcce_b302_099a_8057));

        assert_eq!(read_cursor(&write_cursor(id)), Some(id));
        assert_eq!(read_cursor(""), None);
        assert_eq!(read_cursor("AAAA"), None);
        assert_eq!(read_cursor(&id.to_string()), None);
    }
}
