//! `order-engine fills`: executions with their receipts.

use std::io::Write;

use api_types::fill::FillView;
use clap::Args;
use client::FillsQuery;
use comfy_table::{Cell, Table};

use crate::arguments::Page;
use crate::connection::Connection;
use crate::exit::Verdict;
use crate::output::{self, Format, short};

pub(crate) const EXAMPLES: &str = "\
Examples:
  order-engine fills
  order-engine fills --from 2026-01-01 --to 2026-02-01 --csv > january.csv
  order-engine fills --token-out BONK --wallet main --json";

/// Decimals of SOL.
const SOL_DECIMALS: u8 = 9;

/// Which fills.
#[derive(Debug, Args)]
pub(crate) struct Fills {
    /// Recorded then or later: a day in UTC, or a time such as 2026-01-31T09:30:00.125Z
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Recorded before
    #[arg(long, value_name = "TIME")]
    to: Option<String>,
    /// Only orders that sold this token
    #[arg(long, value_name = "TOKEN")]
    token_in: Option<String>,
    /// Only orders that bought this token
    #[arg(long, value_name = "TOKEN")]
    token_out: Option<String>,
    /// Only orders that this wallet paid for, by its name or address
    #[arg(long)]
    wallet: Option<String>,
    /// Only this client's orders (operators)
    #[arg(long, value_name = "NAME")]
    client: Option<String>,
    /// Print all of them as CSV
    #[arg(long, conflicts_with_all = ["json", "limit"])]
    csv: bool,
    #[command(flatten)]
    page: Page,
    #[command(flatten)]
    format: Format,
    #[command(flatten)]
    connection: Connection,
}

/// Runs the command.
pub(crate) async fn run(fills: &Fills) -> anyhow::Result<Verdict> {
    let client = fills.connection.client()?;
    let query = FillsQuery {
        from: fills.from.clone(),
        to: fills.to.clone(),
        token_in: fills.token_in.clone(),
        token_out: fills.token_out.clone(),
        wallet: fills.wallet.clone(),
        client: fills.client.clone(),
        limit: (!fills.csv).then_some(fills.page.limit),
        cursor: fills.page.cursor.clone(),
    };
    if fills.csv {
        let mut csv = client.fills_csv(&query).await?;
        let mut out = std::io::stdout().lock();
        while let Some(bytes) = csv.next().await? {
            out.write_all(&bytes)?;
        }
        out.flush()?;
        return Ok(Verdict::Good);
    }
    let answer = client.fills(&query).await?;
    if fills.format.is_json() {
        output::json(&answer)?;
        return Ok(Verdict::Good);
    }
    match (answer.fills.is_empty(), &answer.next_cursor) {
        (false, _) => output::print_table(&table_of(&answer.fills))?,
        (true, Some(_)) => output::line("none among the fills looked at so far")?,
        (true, None) => output::line("no fills")?,
    }
    output::more(answer.next_cursor.as_deref())?;
    Ok(Verdict::Good)
}

fn table_of(fills: &[FillView]) -> Table {
    let mut table = output::table(["confirmed", "order", "sold", "received", "fee", "rent"]);
    for fill in fills {
        table.add_row(row(fill));
    }
    output::align_right(&mut table, &[2, 3, 4, 5]);
    table
}

fn row(fill: &FillView) -> [Cell; 6] {
    let receipt = fill.receipt.as_ref();
    let fee = receipt.map(|it| sol(it.fee_lamports.into()));
    let rent = receipt.map(|it| {
        let returned = i128::from(it.rent_returned_lamports);
        sol(i128::from(it.rent_paid_lamports) - returned)
    });
    let amount = |amount: &str, token: &str| {
        let is_address = token.len() > 12;
        let token = match is_address {
            true => output::end_of(token, 6),
            false => token.to_owned(),
        };
        Cell::new(format!("{} {token}", short(amount)))
    };
    [
        Cell::new(fill.confirmed_at.get(5..19).unwrap_or(&fill.confirmed_at)),
        Cell::new(output::short_id(fill.order_id)),
        amount(&fill.amount_in, &fill.token_in),
        amount(&fill.amount_out, &fill.token_out),
        Cell::new(fee.unwrap_or_default()),
        Cell::new(rent.unwrap_or_default()),
    ]
}

fn sol(lamports: i128) -> String {
    domain::amount::sum_to_decimal(lamports, SOL_DECIMALS)
}
