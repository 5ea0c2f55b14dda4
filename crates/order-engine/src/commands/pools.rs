//! `order-engine pools`: what the router would use for a pair, and why not the others.

use api_types::pool::{PoolView, PoolsAnswer, TokenFactsView};
use clap::Args;
use comfy_table::{Cell, Table};

use crate::connection::Connection;
use crate::exit::Verdict;
use crate::output::{self, Format, end_of, short};

pub(crate) const EXAMPLES: &str = "\
Examples:
  order-engine pools SOL USDC
  order-engine pools SOL EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v --json

Exit code 1 where no pool can be used.";

/// Which pair.
#[derive(Debug, Args)]
pub(crate) struct Pools {
    /// What is sold: a symbol or a mint's address
    #[arg(value_name = "TOKEN")]
    token_in: String,
    /// What is bought
    #[arg(value_name = "TOKEN")]
    token_out: String,
    #[command(flatten)]
    format: Format,
    #[command(flatten)]
    connection: Connection,
}

/// Runs the command.
pub(crate) async fn run(pools: &Pools) -> anyhow::Result<Verdict> {
    let client = pools.connection.client()?;
    let answer = client.pools(&pools.token_in, &pools.token_out).await?;
    if pools.format.is_json() {
        output::json(&answer)?;
    } else {
        print(&answer)?;
    }
    let is_any_usable = answer.pools.iter().any(|pool| pool.usable);
    Ok(Verdict::good_if(is_any_usable))
}

fn print(answer: &PoolsAnswer) -> anyhow::Result<()> {
    if answer.pools.is_empty() {
        output::line("no pool of these tokens is known")?;
    } else {
        output::print_table(&table_of(&answer.pools))?;
    }
    for pool in answer.pools.iter().filter(|pool| !pool.usable) {
        let why = pool.reason.as_deref().unwrap_or("no reason given");
        let (name, address) = (name_of(pool), address_of(pool));
        output::line(format!("not used: {name} {address}: {why}"))?;
    }
    for said in answer.tokens.iter().flatten().flat_map(said_of) {
        output::line(said)?;
    }
    Ok(())
}

/// What a trader should know of a token.
fn said_of(token: &TokenFactsView) -> Vec<String> {
    let name = token.symbol.as_deref().unwrap_or(&token.mint);
    let fee = token.transfer_fee_bps;
    let untraded = token.not_tradable.as_ref();
    [
        untraded.map(|why| format!("not traded: {name} {why}")),
        (fee > 0).then(|| format!("{name}: {fee} bp of each transfer are kept; quotes count it")),
        token
            .freezable
            .then(|| format!("{name}: its issuer may freeze accounts that hold it")),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn table_of(pools: &[PoolView]) -> Table {
    let mut table = output::table(["pool", "address", "holds", "and", "price", "fee", "used"]);
    for pool in pools {
        let printed = |amount: &Option<String>| amount.as_deref().map(short).unwrap_or_default();
        let fee = pool
            .fee_bps
            .map(|bps| format!("{bps} bp"))
            .unwrap_or_default();
        table.add_row([
            Cell::new(name_of(pool)),
            Cell::new(address_of(pool)),
            Cell::new(printed(&pool.depth_in)),
            Cell::new(printed(&pool.depth_out)),
            Cell::new(printed(&pool.price)),
            Cell::new(fee),
            Cell::new(if pool.usable { "yes" } else { "no" }),
        ]);
    }
    output::align_right(&mut table, &[2, 3, 4, 5]);
    table
}

fn name_of(pool: &PoolView) -> String {
    format!("{} {}", pool.dex.name(), pool.pool.name())
}

/// Where a program reads it, all of it; for people its end, by which pools are told apart.
fn address_of(pool: &PoolView) -> String {
    let address = pool.pool_address.as_deref().unwrap_or_default();
    match output::is_terminal() {
        true => end_of(address, 8),
        false => address.to_owned(),
    }
}
