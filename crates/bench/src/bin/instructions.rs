//! Counts, with callgrind, the instructions of five things that every order needs. The counts are
//! repeatable on any busy machine. The check fails if one has grown by more than 10 %.
//!
//! It runs itself under valgrind twice for each, once with twice as many repetitions: the
//! difference is the cost of the additional repetitions alone. There are as many of them as it takes
//! to tell them from what differs between two runs: some millions of instructions in all, so that
//! everything is counted in a few minutes. `scripts/test --full` runs the check on the build that its
//! tests use. The figures are larger than an optimised build's, but they
//! depend on what the code does and not on what the optimiser happens to make of it. Routes are found
//! over recorded pools, so that nothing follows the clock.
//!
//! ```text
//! instructions check     compares with bench/instructions.json
//! instructions write     takes the present figures for the new ones
//! ```

use std::collections::BTreeMap;
use std::fs;
use std::hint::black_box;
use std::io::{self, Write};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use chain_solana::recording::Recording;
use dex_router::request::QuoteRequest;
use dex_router::router::RouteRequest;
use dex_router::{Limits, Router};
use domain::order::{Order, Terms};
use domain::quote::{Decision, Receipt};
use domain::transaction::Signature;
use domain::{BaseUnits, ClientId, Event, EventData, OrderId, Seq, Timestamp, TokenList};
use testkit::contract::terms;
use uuid::Uuid;

const FIGURES: &str = "bench/instructions.json";
const POOLS: &str = "crates/order-engine/recordings/simulated.json";
const GROWTH_MAX: f64 = 1.10;
/// What is counted, and how often at first.
const WORK: [(&str, u32); 5] = [
    ("parse", 500),
    ("route", 50),
    ("reach", 4),
    ("transitions", 4_000),
    ("encode", 200),
];
/// An order of so many lamports gains by several pools: some hundredths of what each of them holds.
const LARGE: BaseUnits = BaseUnits::new(5_000_000_000_000);
const BODY: &[u8] = br#"{"tokenIn":"SOL","tokenOut":"USDC","amount":"1.5","slippageBps":50,"clientOrderId":"desk-7-0001","venues":["raydium","meteora"]}"#;

fn main() -> Result<()> {
    let mut args = std::env::args().skip(1);
    match (args.next().as_deref(), args.next()) {
        (Some("check"), None) => check(),
        (Some("write"), None) => write(&measured()?),
        (Some(name), Some(repetitions)) => repeat(name, repetitions.parse()?),
        _ => bail!("say check or write"),
    }
}

fn check() -> Result<()> {
    let text = fs::read(FIGURES).with_context(|| format!("read {FIGURES}"))?;
    let known: BTreeMap<String, f64> = serde_json::from_slice(&text)?;
    let mut out = io::stdout().lock();
    let mut grown = Vec::new();
    for (name, now) in measured()? {
        let before = known.get(&name).copied().unwrap_or(0.0);
        writeln!(
            out,
            "{name:<12} {now:>9.0} instructions, {before:.0} before"
        )?;
        if now > before * GROWTH_MAX {
            grown.push(name);
        }
    }
    ensure!(
        grown.is_empty(),
        "grown by more than 10 %: {}; where that is wanted, run `instructions write`",
        grown.join(", ")
    );
    Ok(())
}

fn write(figures: &BTreeMap<String, f64>) -> Result<()> {
    let text = serde_json::to_string_pretty(figures)? + "\n";
    fs::write(FIGURES, text).with_context(|| format!("write {FIGURES}"))
}

fn measured() -> Result<BTreeMap<String, f64>> {
    let mut figures = BTreeMap::new();
    for (name, repetitions) in WORK {
        let (some, twice) = (counted(name, repetitions)?, counted(name, 2 * repetitions)?);
        let each = (twice - some) / f64::from(repetitions);
        figures.insert(name.to_owned(), each.round());
    }
    Ok(figures)
}

/// The instructions of a whole run, as callgrind counts them.
fn counted(name: &str, repetitions: u32) -> Result<f64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(std::env::current_exe().context("find this program")?)
        .args([name, &repetitions.to_string()])
        .output()
        .context("start valgrind")?;
    let text = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "valgrind failed: {text}");
    let line = text.lines().find_map(|line| line.split_once("Collected :"));
    let count = line.context("callgrind counted nothing")?.1;
    Ok(count.trim().parse()?)
}

fn repeat(name: &str, repetitions: u32) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .context("start the runtime")?;
    runtime.block_on(async {
        let (router, terms, tokens) = (router()?, terms(), TokenList::mainnet());
        let request = RouteRequest::from(&terms);
        // Two pools of the pair side by side.
        let reaching = router.clone().with_limits(Limits {
            legs: 2,
            hops: 2,
            ..Limits::ONE_POOL
        });
        let large = RouteRequest {
            quote: QuoteRequest {
                amount_in: LARGE,
                ..request.quote
            },
            ..request
        };
        let events = events(&router.route(&request).await?);
        for _ in 0..repetitions {
            match name {
                "parse" => {
                    let read = api_gateway::intake::check(black_box(BODY), &tokens, None);
                    ensure!(black_box(read).is_ok(), "the body is refused");
                }
                "route" => drop(black_box(router.route(black_box(&request)).await?)),
                "reach" => drop(black_box(reaching.route(black_box(&large)).await?)),
                "transitions" => drop(black_box(live(black_box(&events), &terms)?)),
                "encode" => {
                    for event in black_box(&events) {
                        black_box(api_types::event::render(event, &tokens));
                    }
                }
                _ => bail!("nothing is called {name}"),
            }
        }
        Ok(())
    })
}

/// A router over recorded pools: nothing of it follows the clock.
fn router() -> Result<Router> {
    let text = fs::read_to_string(POOLS).with_context(|| format!("read {POOLS}"))?;
    let recording = Recording::read(&text)?;
    let pools = recording.snapshots().next().context("a snapshot")??;
    let tokens = Arc::new(TokenList::mainnet());
    Ok(Router::new(
        Arc::new(pools),
        Duration::from_secs(60),
        tokens,
    ))
}

fn event(seq: u32, data: EventData) -> Event {
    Event {
        order_id: OrderId::new(Uuid::from_u128(1)),
        seq: Seq::new(seq),
        at: Timestamp::from_millis(1_800_000_000_000),
        executions: u32::from(seq > 0),
        data,
    }
}

/// From accepted to confirmed.
fn events(decision: &Decision) -> [Event; 5] {
    let (choice, signature) = (decision.choice.clone(), Signature::from_bytes(&[7; 64]));
    let amounts = (choice.route.amount_in(), choice.expected_amount_out);
    let receipt = Receipt {
        fee_lamports: 5_000,
        priority_fee_lamports: 0,
        rent_paid_lamports: 0,
        rent_returned_lamports: 0,
        compute_units: Some(60_000),
        slot: 77,
        is_final: false,
        leftover: Vec::new(),
    };
    let fill = choice.filled(signature.clone(), amounts, receipt);
    let decision = decision.clone();
    [
        event(0, EventData::Accepted),
        event(1, EventData::RoutingStarted),
        event(2, EventData::Routed { decision }),
        event(3, EventData::Submitted { choice, signature }),
        event(4, EventData::Confirmed { fill }),
    ]
}

fn live(events: &[Event; 5], terms: &Terms) -> Result<Order> {
    let [first, rest @ ..] = events;
    let (client, at) = (ClientId::anyone(), first.at);
    let mut order = Order::from_last_event(client, terms.clone(), at, first.clone());
    for event in rest {
        order = order.apply(event.clone())?;
    }
    Ok(order)
}
