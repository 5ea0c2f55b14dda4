//! `order-engine health`: whether a process on this machine lives, for container engines; the image has
//! no shell and no other program to ask with.

use crate::connection::client_of;
use crate::exit::Verdict;

pub(crate) const EXAMPLES: &str = "\
Examples:
  order-engine health                 ask http://127.0.0.1:$PORT/health
  order-engine health --port 4000     the same of another process

It says nothing and ends with 0 where a gateway, worker or simulated cluster
answers there.";

/// Where to ask.
#[derive(Debug, clap::Args)]
pub(crate) struct Health {
    /// Port on this machine
    #[arg(long, env = "PORT", value_name = "PORT", default_value_t = config::DEFAULT_PORT)]
    port: u16,
}

/// Runs the command.
pub(crate) async fn run(health: &Health) -> anyhow::Result<Verdict> {
    let client = client_of(format!("http://127.0.0.1:{}", health.port), None)?;
    match client.health().await {
        Err(client::Error::Unreachable { base_url, .. }) => Err(anyhow::anyhow!(
            "nothing answers at {base_url}; has it been started, and with this --port or PORT?"
        )),
        answered => answered.map(|_| Verdict::Good).map_err(Into::into),
    }
}
