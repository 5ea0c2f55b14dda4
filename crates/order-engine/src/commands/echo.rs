//! `order-engine echo`: the limit of the HTTP part, for comparison. It uses the same server library
//! with as many threads as the engine, and answers with the body that it got.

use actix_web::web::{self, Bytes};
use actix_web::{App, HttpResponse, HttpServer};
use anyhow::Context;

use crate::exit::Verdict;
use crate::output;

/// Answers until it is stopped.
pub(crate) async fn run() -> anyhow::Result<Verdict> {
    let server = HttpServer::new(|| App::new().default_service(web::to(echo)))
        .workers(bootstrap::runtime::threads())
        .bind(("127.0.0.1", 0))
        .context("could not start the echo")?;
    for address in server.addrs() {
        output::line(format!("echo on http://{address}"))?;
    }
    server.run().await.context("the echo failed")?;
    Ok(Verdict::Good)
}

async fn echo(body: Bytes) -> HttpResponse {
    HttpResponse::Created()
        .content_type("application/json")
        .body(body)
}
