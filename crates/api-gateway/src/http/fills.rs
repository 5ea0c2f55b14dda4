//! `GET /api/fills`: executions with their receipts, as pages or as one CSV.

use std::collections::VecDeque;
use std::io;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use api_types::fill::{FillView, FillsAnswer};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{ClientId, OrderId, Seq, Timestamp};
use futures_util::stream::{self, Stream};
use ports::fills::{FillFilter, FillPage, Outcome, Place, Settled, SettledPage, Settlement};
use uuid::Uuid;

use super::{accept, fill_csv, orders};
use crate::auth::Caller;
use crate::deadline;
use crate::error::{ApiError, Result};
use crate::parameters::Parameters;
use crate::state::{AppState, Ctx};

/// Transactions that one page looks at.
const LOOKED_AT: usize = 5_000;
/// Fills that are in memory together while they are streamed.
const CSV_PAGE: usize = 500;

/// Executions with their receipts
///
/// Oldest first, in the order in which they were recorded. A page ends before the oldest write that is still under way: a
/// fill may appear some seconds late, and is never skipped. With `Accept: text/csv` all of them from `cursor` on come as
/// CSV, streamed; `limit` is for pages alone.
#[utoipa::path(
    get,
    path = "/api/fills",
    operation_id = "listFills",
    tag = "orders",
    params(
        ("from" = Option<String>, Query, example = "2026-01-31T00:00:00.000Z", description = "Recorded then or later: a time, or a day, which is its beginning in UTC"),
        ("to" = Option<String>, Query, example = "2026-02-01", description = "Recorded before"),
        ("tokenIn" = Option<String>, Query, description = "Symbol or mint address"),
        ("tokenOut" = Option<String>, Query, description = "Symbol or mint address"),
        ("wallet" = Option<String>, Query, description = "A wallet's name or address"),
        ("client" = Option<String>, Query, description = "A client's name; a key sees its own alone"),
        ("limit" = Option<u16>, Query, minimum = 1, maximum = 200, description = "50 where absent"),
        ("cursor" = Option<String>, Query, description = "`nextCursor` or `cursor` of the page before"),
    ),
    responses((status = 200, description = "A page of fills", content(
        (FillsAnswer = "application/json"),
        (String = "text/csv"),
    )))
)]
pub(crate) async fn list(ctx: Ctx, caller: Caller, request: HttpRequest) -> Result<HttpResponse> {
    let parameters = Parameters::of(&request)?;
    let filter = filter(&ctx, &caller, &parameters).await?;
    let after = parameters.cursor(read_cursor)?;
    if accept::names(&request, "text/csv") {
        if parameters.get("limit")?.is_some() {
            let message = "is for pages alone: CSV has all of them";
            return Err(ApiError::invalid_parameter("limit", message));
        }
        return csv(ctx, caller, filter, after).await;
    }
    let limit = orders::page_limit(&parameters)?;
    let page = read(&ctx, &filter, after, limit).await?;
    let cursor = page.reached.map(write_cursor);
    Ok(HttpResponse::Ok().json(FillsAnswer {
        success: true,
        fills: views(&ctx, &caller, &page.settlements),
        next_cursor: cursor.clone().filter(|_| !page.is_last),
        cursor,
    }))
}

async fn filter(ctx: &Ctx, caller: &Caller, parameters: &Parameters) -> Result<FillFilter> {
    let mint = |name| parameters.mint(name, &ctx.tokens);
    Ok(FillFilter {
        settled: Settled::Fills,
        client: client(caller, parameters)?,
        mint_in: mint("tokenIn")?,
        mint_out: mint("tokenOut")?,
        wallet: orders::paid_by(ctx, parameters).await?,
        from: time(parameters, "from")?,
        to: time(parameters, "to")?,
    })
}

/// Whose orders are asked for. To a key nobody else's exist, so it may name itself alone.
pub(super) fn client(caller: &Caller, parameters: &Parameters) -> Result<Option<ClientId>> {
    let read = |text: &str| ClientId::parse(text).ok();
    let asked = parameters.parsed("client", read, "must be a client's name")?;
    match (caller.limited_to(), asked) {
        (Some(own), Some(asked)) if asked != *own => {
            let message = "must be the key's own client: it sees no other";
            Err(ApiError::invalid_parameter("client", message))
        }
        (Some(own), _) => Ok(Some(own.clone())),
        (None, asked) => Ok(asked),
    }
}

/// A time, or a day's beginning.
pub(super) fn time(parameters: &Parameters, name: &str) -> Result<Option<Timestamp>> {
    let read = |text: &str| {
        let time = text.parse().ok();
        time.or_else(|| format!("{text}T00:00:00.000Z").parse().ok())
    };
    let message = "must be a time such as 2026-01-31T09:30:00.125Z, or a day such as 2026-01-31";
    parameters.parsed(name, read, message)
}

async fn read(
    ctx: &AppState,
    filter: &FillFilter,
    after: Option<Place>,
    limit: usize,
) -> Result<SettledPage> {
    let page = FillPage {
        after,
        limit,
        look: LOOKED_AT,
    };
    deadline::read(ctx.ports.store.settled(filter, page)).await
}

fn views(ctx: &AppState, caller: &Caller, settlements: &[Settlement]) -> Vec<FillView> {
    let views = settlements.iter();
    views.filter_map(|it| view(ctx, caller, it)).collect()
}

fn view(ctx: &AppState, caller: &Caller, settlement: &Settlement) -> Option<FillView> {
    let Outcome::Filled {
        fill,
        finality,
        vanished,
    } = &settlement.outcome
    else {
        return None;
    };
    let Place { at, order, .. } = settlement.place;
    let mut view = FillView::new(order, &settlement.terms, (fill, at), &ctx.tokens);
    if let Some(receipt) = &mut view.receipt {
        if let Some(finality) = finality {
            receipt.finalized_at = Some(finality.at.to_string());
        }
        if let Some(vanished) = vanished {
            receipt.vanished_at = Some(vanished.at.to_string());
            receipt.died_at = vanished.dead_at.map(|at| at.to_string());
        }
    }
    let sees_all = caller.limited_to().is_none();
    view.client = sees_all.then(|| settlement.client.as_str().to_owned());
    let unasked = || ctx.chain.wallet.map(|wallet| wallet.to_string());
    view.wallet = view.wallet.or_else(unasked);
    let explorer = ctx.chain.explorer;
    view.explorer_url = explorer.map(|explorer| explorer.url(&view.tx_hash));
    Some(view)
}

/// What is read before the answer begins is refused as any other call.
async fn csv(
    ctx: Ctx,
    caller: Caller,
    filter: FillFilter,
    after: Option<Place>,
) -> Result<HttpResponse> {
    let first = read(&ctx, &filter, after, CSV_PAGE).await?;
    let mut reading = Reading {
        ctx,
        caller,
        filter,
        after: first.reached,
        is_last: false,
        ready: VecDeque::from([fill_csv::heading()]),
    };
    reading.take(&first);
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/csv; charset=utf-8"))
        .insert_header((CONTENT_DISPOSITION, "attachment; filename=\"fills.csv\""))
        .insert_header((CACHE_CONTROL, "no-store"))
        .streaming(rows(reading)))
}

struct Reading {
    ctx: Ctx,
    caller: Caller,
    filter: FillFilter,
    after: Option<Place>,
    is_last: bool,
    ready: VecDeque<Bytes>,
}

/// A file that is cut short is no file: whatever prevents the next page breaks the connection off.
fn rows(reading: Reading) -> impl Stream<Item = io::Result<Bytes>> {
    stream::unfold(Some(reading), |reading| async move {
        let mut reading = reading?;
        loop {
            if let Some(bytes) = reading.ready.pop_front() {
                return Some((Ok(bytes), Some(reading)));
            }
            if reading.is_last {
                return None;
            }
            if let Err(error) = reading.next().await {
                return Some((Err(error), None));
            }
        }
    })
}

impl Reading {
    async fn next(&mut self) -> io::Result<()> {
        if self.ctx.shutdown.is_stopping() {
            return Err(io::Error::other("the gateway stops"));
        }
        let page = read(&self.ctx, &self.filter, self.after, CSV_PAGE).await;
        let page = page.map_err(|_| io::Error::other("the store did not give the next page"))?;
        self.take(&page);
        Ok(())
    }

    fn take(&mut self, page: &SettledPage) {
        self.after = page.reached;
        self.is_last = page.is_last;
        let fills = views(&self.ctx, &self.caller, &page.settlements);
        if !fills.is_empty() {
            self.ready.push_back(fill_csv::rows(&fills));
        }
    }
}

fn write_cursor(place: Place) -> String {
    let mut bytes = Vec::with_capacity(28);
    bytes.extend_from_slice(&place.at.as_millis().to_be_bytes());
    bytes.extend_from_slice(place.order.uuid().as_bytes());
    bytes.extend_from_slice(&place.seq.get().to_be_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

fn read_cursor(text: &str) -> Option<Place> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let (at, rest) = bytes.split_first_chunk::<8>()?;
    let (order, seq) = rest.split_first_chunk::<16>()?;
    let seq: [u8; 4] = seq.try_into().ok()?;
    Some(Place {
        at: Timestamp::from_millis(i64::from_be_bytes(*at)),
        order: OrderId::new(Uuid::from_bytes(*order)),
        seq: Seq::new(u32::from_be_bytes(seq)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written() {
        let place = Place {
            at: Timestamp::from_millis(1_800_000_000_123),
            order: OrderId::new(Uuid::from_u128(0x0189_0a5d_ac96_774b_bcce_b302_099a_8057)),
            seq: Seq::new(4),
        };

        assert_eq!(read_cursor(&write_cursor(place)), Some(place));
        assert_eq!(read_cursor(""), None);
        assert_eq!(read_cursor("AAAA"), None);
    }
}
