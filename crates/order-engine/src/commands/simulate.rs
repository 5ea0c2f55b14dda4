//! `order-engine simulate`: many orders at once against a running engine.

use api_types::names::StatusName;
use clap::Args;
use ports::Random;

use crate::batch;
use crate::connection::Connection;
use crate::exit::Verdict;
use crate::output::{self, Format};

pub(crate) const EXAMPLES: &str = "\
Examples:
  order-engine simulate --count 20
  order-engine simulate --base-url http://127.0.0.1:3000 --count 200 --seed 7

Ends with 0 where every order was accepted and ended, in whatever way.";

/// How many orders, and where.
#[derive(Debug, Args)]
pub(crate) struct Simulate {
    /// Orders to submit
    #[arg(long, value_name = "COUNT", default_value = "10", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    count: u32,
    /// Makes the amounts the same every time
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
    #[command(flatten)]
    format: Format,
    #[command(flatten)]
    connection: Connection,
}

/// Runs the command.
pub(crate) async fn run(simulate: &Simulate) -> anyhow::Result<Verdict> {
    let client = simulate.connection.client()?;
    // Fails at once if nobody answers, instead of once per order.
    client.health().await?;
    let random = simulate
        .seed
        .map_or_else(Random::from_system, Random::seeded);
    let count = usize::try_from(simulate.count).unwrap_or(usize::MAX);
    let report = batch::run(&client, batch::swaps(count, Some(&random)), simulate.format).await?;
    if !simulate.format.is_json() {
        output::line("")?;
        batch::print_summary(&report)?;
        let counted: Vec<String> = [
            StatusName::Confirmed,
            StatusName::Failed,
            StatusName::Cancelled,
            StatusName::Expired,
        ]
        .into_iter()
        .filter(|status| report.count(*status) > 0)
        .map(|status| format!("{} {}", report.count(status), status.name()))
        .collect();
        output::line(format!(
            "{} orders: {}",
            report.ended.len(),
            counted.join(", ")
        ))?;
    }
    if simulate.format.is_json() {
        for trouble in report.troubles_to_tell() {
            eprintln!("not followed: {trouble:#}");
        }
    }
    let all = report.troubles.is_empty() && report.ended.len() == count;
    Ok(Verdict::good_if(all))
}
