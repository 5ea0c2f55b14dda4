//! Two clusters alike, but for what waits in their stores: a thousand orders, and a million. How quick the list's pages
//! are, and what a market order costs beside them, in turns.
//!
//! A million orders are not posted but inserted: each is a copy of one that was posted, with an id of its own.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use cluster::{Size, State};
use load::latency::{Latencies, figure};
use load::progress::Progress;
use load::report::Report;
use load::target::Target;
use load::{call, scenarios};
use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::{WAITING, psql, until_watched};
use crate::scale_out::{SCALE_OUT, cpu_of_parts, on_a_cluster_with};

const FEW: u64 = 1_000;
const MILLION: u64 = 1_000_000;
/// What is sold for USDC.
const SOLD: [&str; 8] = ["SOL", "BONK", "JUP", "RAY", "WIF", "PYTH", "JTO", "ORCA"];
/// Orders of one statement, of each pair. It takes less time than a worker looks back.
const BATCH: u64 = 1_000;
/// Each page is asked for so often.
const PAGES: u32 = 200;
/// How often each cluster has its turn.
const TURNS: u32 = 5;
const RATE: f64 = 100.0;
const TURN: Duration = Duration::from_secs(8);
const END_LIMIT: Duration = Duration::from_secs(60);
const LOOK: Duration = Duration::from_millis(200);

/// One of the two.
#[derive(Debug, Clone, Copy)]
struct One<'a> {
    name: &'static str,
    state: &'a State,
    target: &'a Target,
}

impl One<'_> {
    fn gateway(&self) -> Result<SocketAddr> {
        self.target.gateways.first().copied().context("no gateway")
    }
}

/// Both, side by side.
pub(crate) async fn run(report: &mut Report, progress: &Progress) -> Result<()> {
    progress.begin("scale-out: beside a million orders that wait");
    let size = Size {
        gateways: 1,
        workers: 1,
    };
    let variables = || {
        [
            ("SIM_LATENCY_SCALE", "0.1".to_owned()),
            ("SIM_MARKET", "still".to_owned()),
            ("QUEUE_MAX_CONCURRENCY", "1000".to_owned()),
            ("QUEUE_RATE_LIMIT_PER_MINUTE", "0".to_owned()),
        ]
    };
    on_a_cluster_with(size, variables(), async |state, target| {
        let few = One {
            name: "1,000 wait",
            state,
            target,
        };
        let beside = on_a_cluster_with(size, variables(), async |state, target| {
            let many = One {
                name: "1,000,000 wait",
                state,
                target,
            };
            compare(report, few, many).await
        });
        Box::pin(beside).await
    })
    .await
}

async fn compare(report: &mut Report, few: One<'_>, many: One<'_>) -> Result<()> {
    fill(few, FEW).await?;
    let began = Instant::now();
    fill(many, MILLION).await?;
    let rate = figure(MILLION) / began.elapsed().as_secs_f64();
    report.add(SCALE_OUT, WAITING, "inserted", rate, "orders/s");
    until_watched(few.target, FEW).await?;
    until_watched(many.target, MILLION).await?;
    for one in [few, many] {
        lists(report, one).await?;
    }
    // What the first orders need once is not the price of each.
    for one in [few, many] {
        cpu_of_an_order(one).await?;
    }
    let mut ratios = Vec::new();
    for turn in 0..TURNS {
        // Whoever is first is so in turns.
        let (first, second) = match turn % 2 {
            0 => (few, many),
            _ => (many, few),
        };
        let costs = (
            cpu_of_an_order(first).await?,
            cpu_of_an_order(second).await?,
        );
        let (beside_few, beside_many) = match turn % 2 {
            0 => costs,
            _ => (costs.1, costs.0),
        };
        for (one, cost) in [(few, beside_few), (many, beside_many)] {
            let what = format!("CPU each, {}, turn {}", one.name, turn + 1);
            report.add(SCALE_OUT, WAITING, what, cost, "µs");
        }
        ratios.push(beside_many / beside_few);
    }
    ratios.sort_by(f64::total_cmp);
    let median = ratios[ratios.len() / 2];
    report.add(
        SCALE_OUT,
        WAITING,
        "CPU each, a million of a thousand",
        median,
        "×",
    );
    Ok(())
}

/// Posts one order for each pair, far from every price, and copies it.
async fn fill(one: One<'_>, orders: u64) -> Result<()> {
    let gateway = one.gateway()?;
    let postgres = one.state.postgres.as_ref().context("no PostgreSQL")?.port();
    let mut templates = String::new();
    for sold in SOLD {
        let body = format!(
            r#"{{"tokenIn":"{sold}","tokenOut":"USDC","amount":"1","orderType":"limit","limitPrice":"1000000"}}"#
        );
        let answer: Value =
            serde_json::from_str(&call::post(gateway, "/api/orders/execute", &body).await?)?;
        let id = answer["orderId"].as_str().context("no orderId")?;
        let separator = if templates.is_empty() { "" } else { "," };
        write!(templates, "{separator}'{id}'")?;
    }
    let of_each = orders / u64::try_from(SOLD.len())?;
    let of_orders = columns(postgres, "orders", &["id"]).await?;
    let of_events = columns(postgres, "order_events", &["order_id", "event_id"]).await?;
    // An order is touched when it is entered.
    let of_waiting = columns(postgres, "waiting_orders", &["order_id", "touched_at"]).await?;
    // Ids that grow with the time, as the engine's do. Each statement is a commit of its own, and looks only at what is
    // copied: it takes as long however many there are already.
    let statement = format!(
        "do $$
         declare first integer := 1;
         begin
             create temp table of_orders as select * from orders where id in ({templates});
             create temp table of_events as
                 select * from order_events where order_id in ({templates}) and seq = 0;
             create temp table of_waiting as
                 select * from waiting_orders where order_id in ({templates});
             while first < {of_each} loop
                 with copies as materialized (
                     select o.id as of_order,
                            (overlay(lpad(to_hex(now_ms() - 100000000 + first + n), 12, '0')
                                     || '7' || substr(replace(gen_random_uuid()::text, '-', ''), 14)
                                     placing '8' from 17 for 1))::uuid as copy
                     from of_orders o, generate_series(0, least({BATCH}, {of_each} - first) - 1) n
                 ), events as (
                     insert into order_events (order_id, event_id, {of_events})
                     select copy, gen_random_uuid(), {of_events}
                     from copies join of_events on order_id = of_order
                 ), waiting as (
                     insert into waiting_orders (order_id, {of_waiting})
                     select copy, {of_waiting} from copies join of_waiting on order_id = of_order
                 )
                 insert into orders (id, {of_orders})
                 select copy, {of_orders} from copies join of_orders on id = of_order;
                 commit;
                 first := first + {BATCH};
             end loop;
         end $$"
    );
    // What these do row by row is done here for all.
    let triggers = [
        "orders %s trigger orders_wait",
        "waiting_orders %s trigger waiting_orders_enter",
    ];
    let switch = async |how: &str| {
        for trigger in triggers {
            let trigger = trigger.replace("%s", how);
            psql(postgres, &format!("alter table {trigger}")).await?;
        }
        anyhow::Ok(())
    };
    switch("disable").await?;
    psql(postgres, &statement).await?;
    switch("enable").await?;
    let count = "update lane_waiting set waiting = waiting + (select count(*) from waiting_orders)
                     - (select sum(waiting) from lane_waiting)
                 where lane = (select min(lane) from lane_waiting)";
    psql(postgres, count).await?;
    psql(postgres, "vacuum analyze").await?;
    let counted = psql(postgres, "select count(*) from waiting_orders").await?;
    let counted: u64 = counted.trim().parse()?;
    ensure!(
        counted == of_each * u64::try_from(SOLD.len())?,
        "{counted} wait"
    );
    Ok(())
}

/// A table's columns but for these, as statements name them.
async fn columns(postgres: u16, table: &str, others: &[&str]) -> Result<String> {
    let others = others.join("','");
    let asked = format!(
        "select string_agg(quote_ident(attname), ', ' order by attnum) from pg_attribute
         where attrelid = '{table}'::regclass and attnum > 0 and not attisdropped and attname not in ('{others}')"
    );
    Ok(psql(postgres, &asked).await?.trim().to_owned())
}

/// How long a list's first page takes, that of those that wait, and one deep in it.
async fn lists(report: &mut Report, one: One<'_>) -> Result<()> {
    let gateway = one.gateway()?;
    let mut deep = "/api/orders?waiting=true&limit=50".to_owned();
    for _ in 0..10 {
        let page: Value = serde_json::from_str(&call::get(gateway, &deep).await?)?;
        let cursor = page["nextCursor"].as_str().context("no further page")?;
        deep = format!("/api/orders?waiting=true&limit=50&cursor={cursor}");
    }
    let pages = [
        ("first page", "/api/orders?limit=50"),
        ("first page that waits", "/api/orders?waiting=true&limit=50"),
        ("eleventh page that waits", deep.as_str()),
        (
            "a pair's page",
            "/api/orders?tokenIn=SOL&tokenOut=USDC&limit=50",
        ),
    ];
    for (page, path) in pages {
        let mut latencies = Latencies::new()?;
        for _ in 0..PAGES {
            let began = Instant::now();
            call::get(gateway, path).await?;
            latencies.add(began.elapsed());
        }
        for (name, quantile) in [("p50", 0.5), ("p99", 0.99)] {
            let what = format!("{page}, {name}, {}", one.name);
            let took = latencies.millis_at(quantile);
            report.add(SCALE_OUT, WAITING, what, took, "ms");
        }
    }
    Ok(())
}

/// The CPU time of all processes for each market order, at a steady rate, in microseconds.
async fn cpu_of_an_order(one: One<'_>) -> Result<f64> {
    let confirmed = one.target.confirmed().await?;
    let before = cpu_of_parts(one.state)?;
    let put = scenarios::open_loop(one.target, RATE, TURN).await?;
    let ending = async {
        while one.target.confirmed().await? < confirmed + put.accepted {
            sleep(LOOK).await;
        }
        Result::<()>::Ok(())
    };
    let limit = tokio::time::timeout(END_LIMIT, ending);
    limit.await.context("orders do not end")??;
    let after = cpu_of_parts(one.state)?;
    let used = before.into_iter().zip(after);
    let used: u64 = used.map(|((_, before), (_, after))| after - before).sum();
    Ok(figure(used) / figure(put.accepted))
}
