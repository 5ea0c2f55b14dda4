//! Submits several orders at once and follows each to its end.

use std::sync::Arc;

use anyhow::Context;
use api_types::EventView;
use api_types::names::StatusName;
use api_types::submit::SubmitOrder;
use client::Client;
use comfy_table::Cell;
use ports::Random;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::board::{Board, Entry};
use crate::output::{self, Format, short, short_id};

/// Orders followed at once, each on a socket of its own; the others wait until some have ended.
const FOLLOWED_MAX: usize = 200;
/// How many orders that were refused or could not be followed are reported: many often have the
/// same reason.
const TROUBLES_TOLD: usize = 5;
/// Events that wait to be shown.
const SHOWN_LATER: usize = 1_024;

/// A swap to submit.
#[derive(Debug, Clone)]
pub(crate) struct Swap {
    pub(crate) token_in: &'static str,
    pub(crate) token_out: &'static str,
    pub(crate) amount: String,
}

/// Pairs, with amounts of about the same value.
const SWAPS: [(&str, &str, &str); 10] = [
    ("SOL", "USDC", "1.5"),
    ("USDC", "BONK", "120"),
    ("JUP", "SOL", "250"),
    ("ETH", "USDT", "0.05"),
    ("SOL", "JitoSOL", "0.8"),
    ("USDT", "RAY", "95"),
    ("WIF", "USDC", "60"),
    ("USDC", "SOL", "200"),
    ("mSOL", "PYUSD", "1.1"),
    ("JTO", "USDC", "45"),
];

/// How one order ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) order_id: Uuid,
    pub(crate) swap: Swap,
    pub(crate) last: EventView,
}

/// How all of them ended, in the order of their submission, and which could not be followed.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) ended: Vec<Ended>,
    /// Why orders were refused or could not be followed.
    pub(crate) troubles: Vec<anyhow::Error>,
}

impl Report {
    /// How many orders ended with this status.
    pub(crate) fn count(&self, status: StatusName) -> usize {
        self.ended
            .iter()
            .filter(|one| one.last.status == status)
            .count()
    }

    /// What a person must learn: every order that is in doubt, because only its key tells what
    /// became of it, and some of the rest.
    pub(crate) fn troubles_to_tell(&self) -> impl Iterator<Item = &anyhow::Error> {
        let is_in_doubt = |trouble: &&anyhow::Error| {
            let known = trouble.downcast_ref::<client::Error>();
            matches!(known, Some(client::Error::InDoubt { .. }))
        };
        let rest = self.troubles.iter().filter(move |one| !is_in_doubt(one));
        let in_doubt = self.troubles.iter().filter(is_in_doubt);
        in_doubt.chain(rest.take(TROUBLES_TOLD))
    }
}

/// `count` swaps over the listed pairs; with varied amounts if `random` is given.
pub(crate) fn swaps(count: usize, random: Option<&Random>) -> Vec<Swap> {
    let pairs = SWAPS.iter().cycle().take(count);
    pairs
        .map(|(token_in, token_out, amount)| Swap {
            token_in,
            token_out,
            amount: match random {
                Some(random) => format!("{amount}{}", decimals(amount, random)),
                None => (*amount).to_owned(),
            },
        })
        .collect()
}

/// Adds two digits, so that no two orders of a simulation are equal.
fn decimals(amount: &str, random: &Random) -> String {
    let point = if amount.contains('.') { "" } else { "." };
    format!("{point}{:02}", random.below(90) + 10)
}

enum News {
    Began { place: usize },
    Event { place: usize, event: Box<EventView> },
}

/// Submits all of them at once and shows each until it has ended.
pub(crate) async fn run(
    client: &Client,
    swaps: Vec<Swap>,
    format: Format,
) -> anyhow::Result<Report> {
    let entries: Vec<Entry> = swaps.iter().map(entry).collect();
    let mut board = (!format.is_json()).then(|| Board::new(swaps.len()));
    let (news, mut arriving) = mpsc::channel(SHOWN_LATER);
    let permits = Arc::new(Semaphore::new(FOLLOWED_MAX));
    let mut running = JoinSet::new();
    for (place, swap) in swaps.into_iter().enumerate() {
        let (client, news, permits) = (client.clone(), news.clone(), Arc::clone(&permits));
        running.spawn(async move {
            let _permit = permits.acquire_owned().await.context("wait for a turn")?;
            let ended = follow(&client, place, swap, &news).await?;
            anyhow::Ok((place, ended))
        });
    }
    drop(news);
    while let Some(news) = arriving.recv().await {
        match (&mut board, news) {
            (Some(board), News::Began { place }) => board.begin(place, &entries[place]),
            (Some(board), News::Event { place, event }) => {
                board.show(place, &entries[place], &event)?;
            }
            (None, News::Began { .. }) => {}
            (None, News::Event { event, .. }) => output::json(&event)?,
        }
    }
    if let Some(board) = board {
        board.finish()?;
    }
    collect(running).await
}

async fn follow(
    client: &Client,
    place: usize,
    swap: Swap,
    news: &mpsc::Sender<News>,
) -> anyhow::Result<Ended> {
    let order = SubmitOrder {
        token_in: Some(swap.token_in.to_owned()),
        token_out: Some(swap.token_out.to_owned()),
        amount: Some(swap.amount.clone()),
        ..SubmitOrder::default()
    };
    let accepted = client.submit(&order).await?;
    // If nobody listens any more, the order goes on all the same.
    let _ = news.send(News::Began { place }).await;
    let mut events = client.follow(accepted.order_id);
    let mut last = None;
    while let Some(event) = events.next().await? {
        let shown = Box::new(event.clone());
        let _ = news
            .send(News::Event {
                place,
                event: shown,
            })
            .await;
        last = Some(event);
    }
    let last = last.context("an order without events")?;
    Ok(Ended {
        order_id: accepted.order_id,
        swap,
        last,
    })
}

async fn collect(mut running: JoinSet<anyhow::Result<(usize, Ended)>>) -> anyhow::Result<Report> {
    let mut ended = Vec::new();
    let mut report = Report::default();
    while let Some(joined) = running.join_next().await {
        match joined.context("follow an order")? {
            Ok(one) => ended.push(one),
            Err(trouble) => report.troubles.push(trouble),
        }
    }
    ended.sort_by_key(|(place, _)| *place);
    report.ended = ended.into_iter().map(|(_, ended)| ended).collect();
    Ok(report)
}

fn entry(swap: &Swap) -> Entry {
    Entry {
        label: format!("{} {} → {}", swap.amount, swap.token_in, swap.token_out),
        token_out: swap.token_out.to_owned(),
    }
}

/// Prints what was bought at which price.
pub(crate) fn print_summary(report: &Report) -> anyhow::Result<()> {
    let mut table = output::table(["order", "sold", "bought", "price", "venue", "status"]);
    for one in &report.ended {
        let of = |value: &Option<String>| value.as_deref().map(short).unwrap_or_default();
        let bought = match &one.last.amount_out {
            Some(amount) => format!("{} {}", short(amount), one.swap.token_out),
            None => "–".to_owned(),
        };
        table.add_row([
            Cell::new(short_id(one.order_id)),
            Cell::new(format!("{} {}", one.swap.amount, one.swap.token_in)),
            Cell::new(bought),
            Cell::new(of(&one.last.executed_price)),
            Cell::new(one.last.dex.map_or("", |venue| venue.name())),
            Cell::new(one.last.status.name()),
        ]);
    }
    output::align_right(&mut table, &[1, 2, 3]);
    output::print_table(&table)?;
    for one in report
        .ended
        .iter()
        .filter(|one| one.last.status != StatusName::Confirmed)
    {
        let why = crate::lifecycle::detail(&one.last, one.swap.token_out);
        output::line(format!("{}: {why}", one.order_id))?;
    }
    for trouble in report.troubles_to_tell() {
        output::line(format!("not followed: {trouble:#}"))?;
    }
    Ok(())
}
