//! `order-engine books`: positions, profits, and what wallets took in and gave away.

use api_types::books::{BooksAnswer, DayView, FiguresView, FlowView, PairView, PositionView};
use clap::Args;
use client::BooksQuery;
use comfy_table::{Cell, Table};

use crate::connection::Connection;
use crate::exit::Verdict;
use crate::output::{self, Format, end_of, short};

pub(crate) const EXAMPLES: &str = "\
Examples:
  order-engine books
  order-engine books --days --from 2026-01-01
  order-engine books --wallets
  order-engine books --token BONK --json

From receipts alone, by average cost. `profit` is what sales of what was bought
earned, in the token after the slash; fees and rent are in SOL and not in it.
`outside` is what a wallet holds that did not come by the engine's transactions.";

const SOL_DECIMALS: u8 = 9;

/// Which books.
#[derive(Debug, Args)]
pub(crate) struct BooksOf {
    /// Profits day by day
    #[arg(long, conflicts_with = "wallets")]
    days: bool,
    /// What each wallet took in and gave away of each token
    #[arg(long)]
    wallets: bool,
    /// For days: from this day on, by UTC
    #[arg(long, value_name = "DAY")]
    from: Option<String>,
    /// For days: before this day
    #[arg(long, value_name = "DAY")]
    to: Option<String>,
    /// Only pairs with this token
    #[arg(long, value_name = "TOKEN")]
    token: Option<String>,
    /// Only this wallet, by its name or address
    #[arg(long)]
    wallet: Option<String>,
    /// Only this client's orders (operators)
    #[arg(long, value_name = "NAME")]
    client: Option<String>,
    #[command(flatten)]
    format: Format,
    #[command(flatten)]
    connection: Connection,
}

/// Runs the command.
pub(crate) async fn run(books: &BooksOf) -> anyhow::Result<Verdict> {
    let query = BooksQuery {
        wallet: books.wallet.clone(),
        token: books.token.clone(),
        client: books.client.clone(),
        from: books.from.clone(),
        to: books.to.clone(),
    };
    let answer = books.connection.client()?.books(&query).await?;
    if books.format.is_json() {
        output::json(&answer)?;
        return Ok(Verdict::Good);
    }
    if !answer.complete {
        let up_to = answer.up_to.as_deref().unwrap_or("now");
        output::line(format!(
            "not all is counted yet: {} fills, up to {up_to}; ask again",
            answer.fills
        ))?;
    }
    match books {
        BooksOf { days: true, .. } => output::print_table(&days(&answer.days))?,
        BooksOf { wallets: true, .. } => print_wallets(&answer)?,
        _ if answer.positions.is_empty() => output::line("no fills")?,
        _ => output::print_table(&positions(&answer.positions))?,
    }
    Ok(Verdict::Good)
}

fn positions(positions: &[PositionView]) -> Table {
    let headings = [
        "pair", "wallet", "fills", "held", "average", "profit", "fees", "rent",
    ];
    let mut table = output::table(headings);
    for position in positions {
        let figures = &position.figures;
        let average = position.average_cost.as_deref().map(short);
        table.add_row([
            Cell::new(pair(&position.pair)),
            Cell::new(wallet(position.wallet.as_deref())),
            Cell::new(figures.fills),
            Cell::new(short(&position.held)),
            Cell::new(average.unwrap_or_default()),
            Cell::new(short(&figures.realised)),
            Cell::new(fees(figures)),
            Cell::new(rent(figures)),
        ]);
    }
    output::align_right(&mut table, &[2, 3, 4, 5, 6, 7]);
    table
}

fn days(days: &[DayView]) -> Table {
    let headings = [
        "day", "pair", "wallet", "fills", "bought", "sold", "profit", "fees",
    ];
    let mut table = output::table(headings);
    for day in days {
        let figures = &day.figures;
        table.add_row([
            Cell::new(&day.day),
            Cell::new(pair(&day.pair)),
            Cell::new(wallet(day.wallet.as_deref())),
            Cell::new(figures.fills),
            Cell::new(short(&figures.bought)),
            Cell::new(short(&figures.sold)),
            Cell::new(short(&figures.realised)),
            Cell::new(fees(figures)),
        ]);
    }
    output::align_right(&mut table, &[3, 4, 5, 6, 7]);
    table
}

/// To the unit: these are compared with what the chain says.
fn print_wallets(answer: &BooksAnswer) -> std::io::Result<()> {
    for books in &answer.wallets {
        let wallet = books.wallet.as_deref().unwrap_or("not named");
        output::line(format!("wallet {wallet}"))?;
        output::print_table(&flows(&books.tokens))?;
    }
    Ok(())
}

fn flows(flows: &[FlowView]) -> Table {
    let headings = [
        "token", "received", "spent", "fees", "rent", "net", "held", "outside",
    ];
    let mut table = output::table(headings);
    for flow in flows {
        let rent = match (flow.rent_paid.as_str(), flow.rent_returned.as_str()) {
            ("0", "0") => "0".to_owned(),
            (paid, returned) => format!("{paid} - {returned}"),
        };
        let or_unknown = |amount: &Option<String>| amount.clone().unwrap_or_default();
        table.add_row([
            Cell::new(token(&flow.token)),
            Cell::new(&flow.received),
            Cell::new(&flow.spent),
            Cell::new(&flow.fees),
            Cell::new(rent),
            Cell::new(&flow.net),
            Cell::new(or_unknown(&flow.held)),
            Cell::new(or_unknown(&flow.outside)),
        ]);
    }
    output::align_right(&mut table, &[1, 2, 3, 4, 5, 6, 7]);
    table
}

fn pair(pair: &PairView) -> String {
    format!("{}/{}", token(&pair.token), token(&pair.quote))
}

fn token(token: &str) -> String {
    match token.len() > 12 {
        true => end_of(token, 6),
        false => token.to_owned(),
    }
}

fn wallet(wallet: Option<&str>) -> String {
    wallet.map(|it| end_of(it, 6)).unwrap_or_default()
}

fn fees(figures: &FiguresView) -> String {
    sol(i128::from(figures.fee_lamports) + i128::from(figures.rolled_back_fee_lamports))
}

fn rent(figures: &FiguresView) -> String {
    let returned = i128::from(figures.rent_returned_lamports);
    sol(i128::from(figures.rent_paid_lamports) - returned)
}

fn sol(lamports: i128) -> String {
    short(&domain::amount::sum_to_decimal(lamports, SOL_DECIMALS))
}
