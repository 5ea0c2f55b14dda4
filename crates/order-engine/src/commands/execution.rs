//! `order-engine execution`: how well orders were executed lately.

use api_types::execution::{ExecutionStatsAnswer, ExecutionView, SpreadView};
use clap::Args;
use comfy_table::{Cell, Table};
use domain::BaseUnits;

use crate::competition::signed;
use crate::connection::Connection;
use crate::exit::Verdict;
use crate::output::{self, Format, short};

pub(crate) const EXAMPLES: &str = "\
Examples:
  order-engine execution
  order-engine execution --minutes 1440
  order-engine execution --json

`quoted` is what fills paid more (+) or less (-) than was quoted, on average;
95 of 100 fills paid at least what stands under `95 %`.";

/// Decimals of SOL.
const SOL_DECIMALS: u8 = 9;

/// Which orders.
#[derive(Debug, Args)]
pub(crate) struct Execution {
    /// How long ago an order may have been accepted
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=10_080))]
    minutes: u32,
    #[command(flatten)]
    format: Format,
    #[command(flatten)]
    connection: Connection,
}

/// Runs the command.
pub(crate) async fn run(execution: &Execution) -> anyhow::Result<Verdict> {
    let client = execution.connection.client()?;
    let answer = client.execution_stats(Some(execution.minutes)).await?;
    if execution.format.is_json() {
        output::json(&answer)?;
    } else {
        print(&answer)?;
    }
    Ok(Verdict::Good)
}

fn print(answer: &ExecutionStatsAnswer) -> anyhow::Result<()> {
    let ExecutionStatsAnswer {
        minutes,
        orders,
        total,
        ..
    } = answer;
    let which = match answer.complete {
        true => format!("{orders} orders"),
        false => format!("the newest {orders} orders"),
    };
    output::line(format!("{which} of the last {minutes} minutes"))?;
    output::line(format!(
        "{} sent, {} filled, {} rolled back, {} SOL in fees",
        total.sent,
        total.fills,
        total.reverts,
        sol(total.fee_lamports)
    ))?;
    if let Some(against) = total.against_best_single {
        let mean = signed(against.mean_bps);
        output::line(format!(
            "against the best single pool: {mean} bp on average"
        ))?;
    }
    output::line("")?;
    Ok(output::print_table(&table_of(answer))?)
}

fn table_of(answer: &ExecutionStatsAnswer) -> Table {
    let mut table = output::table([
        "pool", "offers", "chosen", "filled", "reverted", "quoted", "95 %", "landed", "fees",
    ]);
    for counted in answer.kinds.iter().chain([&answer.total]) {
        table.add_row(row(counted));
    }
    output::align_right(&mut table, &[1, 2, 3, 4, 5, 6, 7, 8]);
    table
}

fn row(of: &ExecutionView) -> [Cell; 9] {
    let against = |bps: fn(&SpreadView) -> i64| {
        let spread = of.against_quoted.as_ref();
        spread.map(|spread| signed(bps(spread))).unwrap_or_default()
    };
    let name = match (of.dex, of.pool) {
        (Some(dex), Some(pool)) => format!("{} {}", dex.name(), pool.name()),
        _ => "all".to_owned(),
    };
    let landed = of.landing_ms.p50;
    [
        Cell::new(name),
        Cell::new(of.quotes),
        Cell::new(of.wins),
        Cell::new(of.fills),
        Cell::new(of.reverts),
        Cell::new(against(|spread| spread.mean_bps)),
        Cell::new(against(|spread| spread.p95_bps)),
        Cell::new(landed.map(|ms| format!("{ms} ms")).unwrap_or_default()),
        Cell::new(sol(of.fee_lamports)),
    ]
}

fn sol(lamports: u64) -> String {
    short(&BaseUnits::new(lamports).to_decimal(SOL_DECIMALS))
}
