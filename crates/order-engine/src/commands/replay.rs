//! `order-engine replay`: what routes over recorded pools would have paid, and recordings of the simulated market.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use chain_solana::recording::{BYTES_MAX, QuoteRequest, Recording};
use clap::Args;
use comfy_table::Table;
use domain::{Asset, BaseUnits, TokenList};
use sim_chain::recording::{Wanted, record};

use crate::competition::signed;
use crate::exit::Verdict;
use crate::output::{self, Format, short};
use crate::replay::{Summary, replay};

pub(crate) const EXAMPLES: &str = "\
Examples:
  order-engine replay pools.json
  order-engine replay pools.json --each --json
  order-engine replay pools.json --record --seed 7 --snapshots 200
  order-engine replay pools.json --record --swap '500 SOL USDC' \\
    --swap 'SOL 75000 USDC'

Every swap of the file is routed over the pools of every snapshot; nothing is
sent and nobody is asked. `single` is what the best pool alone would have paid,
on average, or asked where the swap buys an exact amount (`SOL→75000 USDC`).
docs/OPERATIONS.md describes the file.
Exit code 1 where no swap found a route.";

/// What is recorded where nobody says otherwise: three pairs that lie in a triangle, small and large amounts, sold and
/// bought.
const SWAPS: [&str; 8] = [
    "1 SOL USDC",
    "500 SOL USDC",
    "5000 SOL USDC",
    "100000 USDC SOL",
    "5000000000 BONK SOL",
    "5000000000 BONK USDC",
    "SOL 750000 USDC",
    "USDC 670 SOL",
];
const SNAPSHOTS_MAX: i64 = 10_000;
const BLOCKS_APART_MAX: i64 = 100_000;

/// Which file, and whether to make it.
#[derive(Debug, Args)]
pub(crate) struct Replay {
    /// The recording
    file: PathBuf,
    /// Tell of each snapshot, not of all together
    #[arg(long, conflicts_with = "record")]
    each: bool,
    /// Make the file from the simulated market instead of reading it
    #[arg(long)]
    record: bool,
    /// What is recorded: two tokens, with the amount before the one it is of;
    /// may be repeated
    #[arg(long, value_name = "SWAP", requires = "record", value_parser = parse_swap)]
    swap: Vec<QuoteRequest>,
    /// Determines the market's prices
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many snapshots
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=SNAPSHOTS_MAX))]
    snapshots: u32,
    /// How many blocks one is after the other
    #[arg(long, default_value_t = 25, value_parser = clap::value_parser!(u32).range(1..=BLOCKS_APART_MAX))]
    blocks_apart: u32,
    #[command(flatten)]
    format: Format,
}

fn parse_swap(text: &str) -> Result<QuoteRequest, String> {
    let tokens = TokenList::mainnet();
    let words: Vec<&str> = text.split_whitespace().collect();
    let is_amount = |word: &str| word.starts_with(|first: char| first.is_ascii_digit());
    let (sold, token_in, bought, token_out) = match words.as_slice() {
        [amount, token_in, token_out] if is_amount(amount) => {
            (Some(amount), token_in, None, token_out)
        }
        [token_in, amount, token_out] if is_amount(amount) => {
            (None, token_in, Some(amount), token_out)
        }
        _ => return Err("a swap looks like `500 SOL USDC` or `SOL 75000 USDC`".to_owned()),
    };
    let find = |name: &str| {
        tokens
            .find(name)
            .ok_or_else(|| format!("{name} is not listed"))
    };
    let (asset_in, asset_out) = (find(token_in)?, find(token_out)?);
    let read = |amount: Option<&&str>, asset: Asset| {
        let read = amount.map(|amount| BaseUnits::parse(amount, asset.decimals));
        read.transpose().map_err(|why| why.to_string())
    };
    Ok(QuoteRequest {
        asset_in,
        asset_out,
        amount_in: read(sold, asset_in)?.unwrap_or(BaseUnits::new(0)),
        amount_out: read(bought, asset_out)?,
    })
}

/// Runs the command.
pub(crate) async fn run(args: &Replay) -> anyhow::Result<Verdict> {
    if args.record {
        make(args)?;
        return Ok(Verdict::Good);
    }
    let recording = read(&args.file)?;
    let summaries = replay(&recording, |routed| {
        match (args.each, args.format.is_json()) {
            (false, _) => Ok(()),
            (true, true) => Ok(output::json(routed)?),
            (true, false) => Ok(output::line(routed)?),
        }
    })
    .await
    .with_context(|| args.file.display().to_string())?;
    let found = summaries.iter().any(|summary| summary.routed > 0);
    match (args.each, args.format.is_json()) {
        (true, _) => {}
        (false, true) => output::json(&summaries)?,
        (false, false) => output::print_table(&table_of(&summaries))?,
    }
    Ok(Verdict::good_if(found))
}

/// Reads the file, which must not be longer than is sensible.
fn read(path: &Path) -> anyhow::Result<Recording> {
    let name = || path.display().to_string();
    let file = File::open(path).with_context(|| format!("open {}", path.display()))?;
    let mut text = String::new();
    let mut bounded = file.take(BYTES_MAX + 1);
    bounded.read_to_string(&mut text).with_context(name)?;
    let length = u64::try_from(text.len()).unwrap_or(u64::MAX);
    ensure!(
        length <= BYTES_MAX,
        "{}: longer than {BYTES_MAX} bytes",
        path.display()
    );
    Recording::read(&text).with_context(name)
}

fn make(args: &Replay) -> anyhow::Result<()> {
    let swaps = match args.swap.is_empty() {
        false => args.swap.clone(),
        true => SWAPS
            .iter()
            .map(|swap| parse_swap(swap).map_err(anyhow::Error::msg))
            .collect::<anyhow::Result<_>>()?,
    };
    let text = record(&Wanted {
        seed: args.seed,
        tokens: &TokenList::mainnet(),
        swaps: &swaps,
        snapshots: args.snapshots,
        blocks_apart: args.blocks_apart,
    })?;
    let path = args.file.display();
    std::fs::write(&args.file, &text).with_context(|| format!("write {path}"))?;
    let (snapshots, length) = (args.snapshots, text.len());
    Ok(output::line(format!(
        "{path}: {snapshots} snapshots, {length} bytes"
    ))?)
}

/// Ways that were not computed have no columns.
fn table_of(summaries: &[Summary]) -> Table {
    let printed = |amount: &Option<String>| amount.as_deref().map(short).unwrap_or_default();
    let gain = |bps: Option<i64>| {
        bps.map(|bps| format!("{} bp", signed(bps)))
            .unwrap_or_default()
    };
    let mut table = output::table(["swap", "routed", "single"]);
    let has_split = summaries.iter().any(|it| it.split_mean.is_some());
    let has_hop = summaries.iter().any(|it| it.hop_mean.is_some());
    let mut headings = vec!["swap", "routed", "single"];
    headings.extend(
        has_split
            .then_some(["split", "gains"])
            .into_iter()
            .flatten(),
    );
    headings.extend(has_hop.then_some(["hop", "gains"]).into_iter().flatten());
    let columns: Vec<usize> = (1..headings.len()).collect();
    table.set_header(headings);
    for summary in summaries {
        let mut row = vec![
            summary.swap(),
            format!("{} of {}", summary.routed, summary.snapshots),
            printed(&summary.single_mean),
        ];
        if has_split {
            row.extend([printed(&summary.split_mean), gain(summary.split_gain_bps)]);
        }
        if has_hop {
            row.extend([printed(&summary.hop_mean), gain(summary.hop_gain_bps)]);
        }
        table.add_row(row);
    }
    output::align_right(&mut table, &columns);
    table
}
