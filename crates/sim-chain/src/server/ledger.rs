//! `/api/sim/ledger`: what landed, from the chain's own ledger. GET answers people and scripts, POST the gateways.

use std::collections::HashMap;

use actix_web::HttpResponse;
use actix_web::web::{Bytes, Data, Query};
use api_types::ledger::{LedgerAnswer, LedgerEntryView};
use domain::TokenList;
use domain::transaction::Signature;
use ports::ledger::{Ledger as _, LedgerEntry, LedgerFilter};

use super::problem;
use crate::World;
use crate::wire::{Entry, LedgerPageAnswer, LedgerQuestion};

const LIMIT_DEFAULT: usize = 50;
const LIMIT_MAX: usize = 200;

/// A parameter that cannot be used, and why.
struct Invalid(&'static str, String);

pub(super) async fn list(
    world: Data<World>,
    tokens: Data<TokenList>,
    query: Query<HashMap<String, String>>,
) -> HttpResponse {
    let filter = match filter(&query) {
        Ok(filter) => filter,
        Err(Invalid(field, message)) => return problem::invalid_parameter(field, &message),
    };
    match world.entries(&filter).await {
        Ok(page) => HttpResponse::Ok().json(LedgerAnswer {
            entries: page
                .entries
                .iter()
                .map(|entry| line(entry, &tokens))
                .collect(),
            next_cursor: page.next.map(|place| place.to_string()),
        }),
        Err(error) => super::refuse(error),
    }
}

pub(super) async fn read(world: Data<World>, body: Bytes) -> HttpResponse {
    let question: LedgerQuestion = match super::read(&body) {
        Ok(question) => question,
        Err(refusal) => return *refusal,
    };
    match world.entries(&question.into()).await {
        Ok(page) => HttpResponse::Ok().json(LedgerPageAnswer {
            entries: page.entries.into_iter().map(Entry::from).collect(),
            next: page.next,
        }),
        Err(error) => super::refuse(error),
    }
}

fn filter(query: &HashMap<String, String>) -> Result<LedgerFilter, Invalid> {
    if query.contains_key("orderId") {
        let message = "the chain knows no orders; ask a gateway, or filter by signature";
        return Err(Invalid("orderId", message.to_owned()));
    }
    let signatures = match query.get("signature") {
        None => None,
        Some(text) => {
            let signatures = text.split(',').map(Signature::parse);
            let signatures = signatures.collect::<Result<Vec<_>, _>>();
            let signatures = signatures
                .map_err(|error| Invalid("signature", format!("signature is {error}")))?;
            Some(signatures)
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
        signatures,
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
        // Which order it was made for is known to the engine alone.
        order_id: None,
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
