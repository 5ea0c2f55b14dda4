//! The simulated cluster over HTTP: the node that every Solana client can use, its ledger, against which the engine can
//! be checked, and what operators may do to it.

mod ledger;
mod problem;

use std::sync::Arc;

use actix_web::guard::{self, GuardContext};
use actix_web::http::header;
use actix_web::web::{self, Bytes, Data, PayloadConfig, ServiceConfig};
use actix_web::{HttpResponse, Resource};
use domain::TokenList;
use ports::Simulation as _;
use ports::chain::Error;
use ports::simulation::{Faults, Launch, Trade};
use serde::de::DeserializeOwned;

use crate::World;
use crate::node::http;
use crate::wire::{self, AssetQuestion, Traded};

/// Large enough for the longest list of signatures.
const BODY_MAX: usize = 2 * 1024 * 1024;

/// Adds all routes to a server.
pub fn configure(config: &mut ServiceConfig, world: Arc<World>) {
    http::configure(config, world.service().clone());
    config
        .app_data(Data::from(world))
        .app_data(Data::new(TokenList::mainnet()))
        .service(
            web::resource(wire::LEDGER)
                .app_data(PayloadConfig::new(BODY_MAX))
                .route(web::get().to(ledger::list))
                .route(web::post().to(ledger::read)),
        )
        .service(web::resource(wire::ASSET).route(web::post().to(asset)))
        .service(operators(wire::TRADE).route(web::post().to(trade)))
        .service(operators(wire::LAUNCH).route(web::post().to(launch)))
        .service(operators(wire::FAULTS).route(web::post().to(set_faults)));
}

/// Calls that change something. Pages in browsers say where they come from, and may not make them.
fn operators(path: &str) -> Resource {
    let from_a_page = |call: &GuardContext<'_>| call.head().headers().contains_key(header::ORIGIN);
    let refuse_pages = web::post().guard(guard::fn_guard(from_a_page)).to(forbid);
    web::resource(path).route(refuse_pages)
}

async fn forbid() -> HttpResponse {
    problem::forbidden("pages in browsers may not change the simulated cluster")
}

async fn asset(world: Data<World>, body: Bytes) -> HttpResponse {
    let question: AssetQuestion = match read(&body) {
        Ok(question) => question,
        Err(refusal) => return *refusal,
    };
    match world.asset(question.mint).await {
        Ok(asset) => HttpResponse::Ok().json(asset),
        Err(error) => refuse(error),
    }
}

async fn trade(world: Data<World>, body: Bytes) -> HttpResponse {
    let trade: Trade = match read(&body) {
        Ok(trade) => trade,
        Err(refusal) => return *refusal,
    };
    match world.trade(&trade).await {
        Ok(signature) => HttpResponse::Ok().json(Traded { signature }),
        Err(error) => refuse(error),
    }
}

async fn launch(world: Data<World>, body: Bytes) -> HttpResponse {
    let launch: Launch = match read(&body) {
        Ok(launch) => launch,
        Err(refusal) => return *refusal,
    };
    match world.launch(&launch).await {
        Ok(launched) => HttpResponse::Ok().json(launched),
        Err(error) => refuse(error),
    }
}

async fn set_faults(world: Data<World>, body: Bytes) -> HttpResponse {
    let faults: Faults = match read(&body) {
        Ok(faults) => faults,
        Err(refusal) => return *refusal,
    };
    match world.set_faults(&faults).await {
        Ok(()) => HttpResponse::NoContent().finish(),
        Err(error) => refuse(error),
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Box<HttpResponse>> {
    let read = serde_json::from_slice(body);
    read.map_err(|error| Box::new(problem::invalid_body(&error.to_string())))
}

fn refuse(error: Error) -> HttpResponse {
    match error {
        Error::Refused(reason) => problem::refused(&reason),
        Error::Unavailable(reason) => problem::unavailable(&reason),
    }
}
