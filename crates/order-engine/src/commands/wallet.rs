//! `order-engine wallet`: the wallet that trades, and what it holds. Needs the admin key where keys
//! are set.

use clap::Args;
use domain::{Asset, BaseUnits};

use crate::connection::Connection;
use crate::exit::Verdict;
use crate::output::{self, Format};

pub(crate) const EXAMPLES: &str = "\
Examples:
  order-engine wallet
  order-engine wallet --json --api-key \"$ADMIN_KEY\"";

/// The engine and the form of the output.
#[derive(Debug, Args)]
pub(crate) struct Wallet {
    #[command(flatten)]
    format: Format,
    #[command(flatten)]
    connection: Connection,
}

/// Runs the command.
pub(crate) async fn run(wallet: &Wallet) -> anyhow::Result<Verdict> {
    let answer = wallet.connection.client()?.wallet().await?;
    if wallet.format.is_json() {
        output::json(&answer)?;
        return Ok(Verdict::Good);
    }
    let sol = BaseUnits::new(answer.lamports).to_decimal(Asset::SOL.decimals);
    output::line(format!("address      {}", answer.address))?;
    output::line(format!("cluster      {} ({})", answer.cluster, answer.mode))?;
    output::line(format!("trading      {}", answer.trading))?;
    output::line(format!("holds        {sol} SOL"))?;
    for holding in &answer.tokens {
        let name = holding.symbol.as_deref().unwrap_or(&holding.mint);
        output::line(format!("             {} {name}", holding.amount))?;
    }
    Ok(Verdict::Good)
}
