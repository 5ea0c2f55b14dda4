//! The chain over HTTP: its clients' calls, and its ledger, against which the engine can be checked.

mod ledger;
mod problem;

use std::sync::Arc;
use std::time::Duration;

use actix_web::web::{self, Bytes, Data, PayloadConfig, ServiceConfig};
use actix_web::{Error as HttpError, HttpResponse};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use dex_router::venue::QuoteRequest;
use domain::TokenList;
use domain::transaction::Height;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use ports::chain::{self, Chain};
use ports::ledger::LedgerFilter;

use crate::SimChain;
use crate::rpc::{Answer, CALLS_MAX, Call, Entry, PATH, Reply, Request, WAIT_MS_MAX};
use crate::transaction::VALID_BLOCKS;

/// Large enough for the longest list of the largest calls.
const BODY_MAX: usize = 2 * 1024 * 1024;
/// Answers that are ready at the same time are sent together, up to this many.
const LINES_MAX: usize = 128;
/// Orders that one call may ask the ledger for.
const ORDERS_MAX: usize = 10_000;

/// Adds the chain's routes to a server.
pub fn configure(config: &mut ServiceConfig, chain: Arc<SimChain>) {
    config
        .app_data(Data::from(chain))
        .app_data(Data::new(TokenList::mainnet()))
        .service(
            web::resource(PATH)
                .app_data(PayloadConfig::new(BODY_MAX))
                .route(web::post().to(answer_calls)),
        )
        .service(web::resource(ledger::PATH).route(web::get().to(ledger::list)));
}

async fn answer_calls(chain: Data<SimChain>, body: Bytes) -> HttpResponse {
    let requests: Vec<Request> = match serde_json::from_slice(&body) {
        Ok(requests) => requests,
        Err(error) => return problem::invalid_calls(&error.to_string()),
    };
    if requests.len() > CALLS_MAX {
        let detail = format!("at most {CALLS_MAX} calls in one request");
        return problem::invalid_calls(&detail);
    }
    let chain = chain.into_inner();
    let answers: FuturesUnordered<_> = requests
        .into_iter()
        .map(|Request { id, call }| {
            let chain = chain.clone();
            async move {
                line(&Reply {
                    id,
                    answer: answer(&chain, call).await,
                })
            }
        })
        .collect();
    let chunks = answers
        .ready_chunks(LINES_MAX)
        .map(|lines| Ok::<_, HttpError>(lines.concat().into()));
    HttpResponse::Ok()
        .content_type("application/x-ndjson")
        .streaming(chunks)
}

fn line(reply: &Reply) -> Vec<u8> {
    let mut line = serde_json::to_vec(reply).expect("invariant: a reply has string keys only");
    line.push(b'\n');
    line
}

async fn answer(chain: &Arc<SimChain>, call: Call) -> Answer {
    match call {
        Call::Quote {
            venue,
            asset_in,
            asset_out,
            amount_in,
        } => {
            let request = QuoteRequest {
                asset_in,
                asset_out,
                amount_in,
            };
            match chain.quote(venue, request).await {
                Ok(offer) => Answer::Offer(offer),
                Err(error) => Answer::Declined(error),
            }
        }
        call => ask_chain(chain, call).await.unwrap_or_else(Answer::Failed),
    }
}

async fn ask_chain(chain: &Arc<SimChain>, call: Call) -> Result<Answer, chain::Error> {
    match call {
        Call::Quote { .. } => unreachable!("invariant: quotes are answered by their venue"),
        Call::Validity => {
            let last_valid_height = Height::new(chain.height().await? + VALID_BLOCKS);
            let usual_ms = u64::try_from(chain.usual_time().as_millis()).unwrap_or(u64::MAX);
            Ok(Answer::Validity {
                last_valid_height,
                usual_ms,
            })
        }
        Call::Send { transaction } => {
            let bytes = BASE64_STANDARD
                .decode(transaction)
                .map_err(|_| chain::Error::Refused("it is not base64".to_owned()))?;
            chain.send_bytes(&bytes, None).await.map(|()| Answer::Sent)
        }
        Call::Height => chain.finalized_height().await.map(Answer::Height),
        Call::Fate { signature } => chain.fate(&signature).await.map(Answer::Fate),
        Call::AwaitFate {
            signature,
            wait_ms,
            goes_on,
        } => {
            let limit = Duration::from_millis(wait_ms.min(WAIT_MS_MAX));
            if goes_on {
                chain
                    .wait_for_fate(&signature, limit)
                    .await
                    .map(Answer::Fate)
            } else {
                chain.await_fate(&signature, limit).await.map(Answer::Fate)
            }
        }
        Call::Entries {
            orders,
            after,
            limit,
        } => {
            if orders
                .as_ref()
                .is_some_and(|orders| orders.len() > ORDERS_MAX)
            {
                let reason = format!("at most {ORDERS_MAX} orders in one call");
                return Err(chain::Error::Refused(reason));
            }
            let filter = LedgerFilter {
                orders,
                after,
                limit,
            };
            let page = ports::Ledger::entries(chain.as_ref(), &filter).await?;
            let entries = page.entries.into_iter().map(Entry).collect();
            Ok(Answer::Entries {
                entries,
                next: page.next,
            })
        }
    }
}
