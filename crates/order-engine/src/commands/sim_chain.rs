//! `order-engine sim-chain`: the simulated chain as a process of its own, shared by a cluster.

use std::sync::Arc;

use actix_web::web::{self, Data};
use actix_web::{App, HttpResponse, HttpServer};
use anyhow::Context;
use bootstrap::{measure, runtime, service, world};
use config::Config;
use config::DEFAULT_PORT;
use config::args::Stop;
use metrics_exporter_prometheus::PrometheusHandle;
use ports::{Clock, Random, Shutdown, SystemClock};
use serde_json::json;
use sim_chain::SimChain;

use crate::exit::Verdict;
use crate::output;

pub(crate) const EXAMPLES: &str = "\
Examples:
  order-engine sim-chain --port 4000 --data-dir ./chain
  SIM_SEED=7 SIM_LATENCY_SCALE=0.1 order-engine sim-chain

Gateways and workers find it by SIM_CHAIN_URL. Its ledger is in DATA_DIR and
survives restarts.";

/// Simulated calls end within seconds; those that have not are asked again elsewhere.
const FINISH_WITHIN_SECONDS: u64 = 3;

/// What the routes beside the chain's own need.
#[derive(Clone)]
struct Around {
    clock: Arc<dyn Clock>,
    prometheus: PrometheusHandle,
    shutdown: Shutdown,
}

/// Runs the command.
pub(crate) async fn run(config: Config) -> anyhow::Result<Verdict> {
    config.validate().map_err(Stop::from)?;
    service::run(&config, async |shutdown| {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let around = Around {
            clock: clock.clone(),
            prometheus: measure::start(shutdown)?,
            shutdown: shutdown.clone(),
        };
        let (random, data_dir) = (Random::from_system(), &config.servers.data_dir);
        let chain = world::simulate(&config.sim, data_dir, clock, random, shutdown)?;
        serve(&config, chain, around).await?;
        shutdown.request_soft();
        shutdown.finished().await;
        Ok(())
    })
    .await?;
    Ok(Verdict::Good)
}

async fn serve(config: &Config, chain: Arc<SimChain>, around: Around) -> anyhow::Result<()> {
    let (host, port) = (
        config.listen.host.as_str(),
        config.listen.port.unwrap_or(DEFAULT_PORT),
    );
    let (soft, hard) = (around.shutdown.clone(), around.shutdown.clone());
    let server = HttpServer::new(move || {
        let chain = chain.clone();
        App::new()
            .app_data(Data::new(around.clone()))
            .route("/health", web::get().to(health))
            .route("/ready", web::get().to(ready))
            .route("/metrics", web::get().to(metrics))
            .configure(|routes| sim_chain::server::configure(routes, chain))
    })
    .workers(runtime::threads())
    .shutdown_signal(async move { soft.soft().await })
    .shutdown_timeout(FINISH_WITHIN_SECONDS)
    .bind((host, port))
    .with_context(|| format!("could not listen on {host}:{port}"))?;
    for address in server.addrs() {
        output::line(format!("the simulated chain is at http://{address}"))?;
    }
    let server = server.run();
    let handle = server.handle();
    tokio::select! {
        ended = server => ended.context("the HTTP server failed"),
        () = hard.hard() => {
            handle.stop(false).await;
            Ok(())
        }
    }
}

async fn health(around: Data<Around>) -> HttpResponse {
    let timestamp = around.clock.now().to_string();
    HttpResponse::Ok().json(json!({ "status": "ok", "timestamp": timestamp }))
}

async fn ready(around: Data<Around>) -> HttpResponse {
    if around.shutdown.is_stopping() {
        HttpResponse::ServiceUnavailable().json(json!({ "status": "stopping" }))
    } else {
        HttpResponse::Ok().json(json!({ "status": "ready" }))
    }
}

async fn metrics(around: Data<Around>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/plain; version=0.0.4; charset=utf-8")
        .body(around.prometheus.render())
}
