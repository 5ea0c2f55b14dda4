//! `GET /api/sim/ledger`: what landed, from the chain's own ledger.

use std::collections::HashMap;

use actix_web::HttpResponse;
use actix_web::web::{Data, Query};
use api_types::ledger::{LedgerAnswer, LedgerEntryView};
use domain::{OrderId, TokenList};
use ports::ledger::{Ledger, LedgerEntry, LedgerFilter};

use super::problem;
use crate::SimChain;

pub(super) const PATH: &str = "/api/sim/ledger";

const LIMIT_DEFAULT: usize = 50;
const LIMIT_MAX: usize = 200;

/// A parameter that cannot be used, and why.
struct Invalid(&'static str, String);

pub(super) async fn list(
    chain: Data<SimChain>,
    tokens: Data<TokenList>,
    query: Query<HashMap<String, String>>,
) -> HttpResponse {
    let filter = match filter(&query) {
        Ok(filter) => filter,
        Err(Invalid(field, message)) => {
            return problem::invalid_parameter(field, &message);
        }
    };
    match chain.entries(&filter).await {
        Ok(page) => HttpResponse::Ok().json(LedgerAnswer {
            entries: page
                .entries
                .iter()
                .map(|entry| line(entry, &tokens))
                .collect(),
            next_cursor: page.next.map(|place| place.to_string()),
        }),
        Err(error) => problem::unavailable(&error.to_string()),
    }
}

fn filter(query: &HashMap<String, String>) -> Result<LedgerFilter, Invalid> {
    let orders = match query.get("orderId") {
        None => None,
        Some(text) => {
            let id = OrderId::parse(text)
                .map_err(|error| Invalid("orderId", format!("orderId is {error}")))?;
            Some(vec![id])
        }
    };
    let after = match query.get("cursor") {
        None => None,
        Some(text) => Some(number(text).ok_or_else(|| {
            Invalid(
                "cursor",
                "cursor must be one that an earlier page gave".to_owned(),
            )
        })?),
    };
    let limit = match query.get("limit") {
        None => LIMIT_DEFAULT,
        Some(text) => number(text)
            .and_then(|limit| usize::try_from(limit).ok())
            .filter(|limit| (1..=LIMIT_MAX).contains(limit))
            .ok_or_else(|| Invalid("limit", format!("limit must be 1 to {LIMIT_MAX}")))?,
    };
    Ok(LedgerFilter {
        orders,
        after,
        limit,
    })
}

/// Digits only: `parse` alone would accept a sign too.
fn number(text: &str) -> Option<u64> {
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse().ok())
        .flatten()
}

fn line(entry: &LedgerEntry, tokens: &TokenList) -> LedgerEntryView {
    LedgerEntryView {
        signature: entry.signature.to_string(),
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
