//! `order-engine serve`: the whole engine until it is asked to stop.

use std::net::SocketAddr;

use bootstrap::service;
use config::args::{self, Stop};
use config::{Config, Role};

use crate::engine::Engine;
use crate::exit::Verdict;
use crate::output;

pub(crate) const EXAMPLES: &str = "\
Examples:
  order-engine                          all in ./data, on 127.0.0.1:3000
  order-engine serve --port 4000 --data-dir /var/lib/order-engine
  DATABASE_URL=postgres://trader@db/orders order-engine serve
  SIM_LATENCY_SCALE=0.01 QUEUE_RATE_LIMIT_PER_MINUTE=0 order-engine serve
  SIM_RPC_PORT=8899 order-engine serve  its cluster for Solana's own tools too

SIGTERM or Ctrl-C finishes what runs and ends with 0; a second one stops at
once. Nothing that was accepted is lost either way.";

/// Runs the command.
pub(crate) async fn run(config: Config) -> anyhow::Result<Verdict> {
    config.validate_to_run(Role::Engine).map_err(Stop::from)?;
    service::run(&config.logs, async |shutdown| {
        args::warn_of_obsolete_variables();
        let engine = Engine::assemble(&config, shutdown).await?;
        greet(engine.address(), engine.node_address(), &config)?;
        engine.run_until_stopped().await
    })
    .await?;
    Ok(Verdict::Good)
}

/// Prints the address and an example.
fn greet(address: SocketAddr, node: Option<SocketAddr>, config: &Config) -> std::io::Result<()> {
    let base = format!("http://{}", reachable(address));
    let node = node.map_or_else(String::new, |node| {
        format!("\n  Solana RPC http://{}/", reachable(node))
    });
    let key = match config.access.api_keys.is_empty() {
        true => "",
        false => " \\\n    -H \"Authorization: Bearer $API_KEY\"",
    };
    output::line(format!(
        "order-engine {} is running

  dashboard  {base}/
  API        {base}/docs{node}

  try it:
  curl -X POST {base}/api/orders/execute{key} \\
    -H 'Content-Type: application/json' \\
    -d '{{\"tokenIn\":\"SOL\",\"tokenOut\":\"USDC\",\"amount\":\"1.5\"}}'
",
        env!("CARGO_PKG_VERSION"),
    ))
}

/// The address under which a program on this machine reaches this listener.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    use std::net::{Ipv4Addr, Ipv6Addr};
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    address
}
