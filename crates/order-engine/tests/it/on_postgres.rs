//! The engine over a PostgreSQL that somebody else has set up, fills and reads.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use cluster::e2e::Target;
use cluster::e2e::suites::SOL_FOR_USDC;
use cluster::engine::Engine;
use cluster::http::http;
use servers::PostgresServer;
use testkit::contract::eventually;
use tokio::task::JoinSet;

async fn engine_at(url: &str) -> Result<(Engine, Target)> {
    let engine = Engine::start(&[("DATABASE_URL", url)]).await?;
    let target = Target::new(vec![engine.url("")]);
    Ok((engine, target))
}

async fn confirmed(target: &Target, order: &str) -> Result<()> {
    let path = format!("/api/orders/{order}");
    eventually("the order to be confirmed", async || {
        let answer = target.get(0, &path).await.ok()?;
        (answer["order"]["status"] == "confirmed").then_some(())
    })
    .await;
    Ok(())
}

async fn readiness(target: &Target) -> Result<u16> {
    let answer = http().get(target.url(0, "/ready")).send().await?;
    Ok(answer.status().as_u16())
}

async fn ready_with(target: &Target, status: u16) {
    eventually("the readiness", async || {
        (readiness(target).await.ok()? == status).then_some(())
    })
    .await;
}

#[tokio::test]
async fn options_of_the_databases_address_hold_for_every_call() -> Result<()> {
    let server = PostgresServer::start()?;
    server.ask("create schema engine")?;
    let url = format!("{}?options=-c%20search_path%3Dengine", server.url());

    let (_engine, target) = engine_at(&url).await?;
    let order = target.accept(0, SOL_FOR_USDC).await?;
    confirmed(&target, &order).await?;
    let listed = target.pages("/api/orders", "orders").await?;

    assert_eq!(listed.len(), 1);
    assert_eq!(readiness(&target).await?, 200);
    let schemas = "select string_agg(distinct schemaname, ' ') from pg_tables
                   where tablename in ('orders', 'order_events', 'refinery_schema_history')";
    assert_eq!(server.ask(schemas)?, "engine");
    Ok(())
}

#[tokio::test]
async fn an_engine_that_lost_its_tables_or_its_rights_is_not_ready() -> Result<()> {
    let server = PostgresServer::start()?;
    server.ask("create role clerk login; grant create on schema public to clerk")?;
    let (_engine, target) = engine_at(&server.url().replace("postgres@", "clerk@")).await?;
    assert_eq!(readiness(&target).await?, 200);

    for (away, back) in [
        (
            "alter table orders owner to postgres",
            "alter table orders owner to clerk",
        ),
        (
            "revoke insert on order_events from clerk",
            "grant insert on order_events to clerk",
        ),
        (
            "alter schema public rename to elsewhere",
            "alter schema elsewhere rename to public",
        ),
    ] {
        server.ask(away)?;
        ready_with(&target, 503).await;
        server.ask(back)?;
        ready_with(&target, 200).await;
    }
    Ok(())
}

/// Ended orders that no index tells from the one that is asked for, more than one page looks at.
const ENDED: u32 = 12_000;

#[tokio::test]
async fn a_list_that_comes_to_its_bound_goes_on_by_its_cursor() -> Result<()> {
    let server = PostgresServer::start()?;
    let (_engine, target) = engine_at(&server.url()).await?;
    let pause = http().post(target.url(0, "/api/admin/pause"));
    pause.send().await?.error_for_status()?;
    let rare = r#"{"tokenIn":"BONK","tokenOut":"SOL","amount":"1"}"#;
    let rare = target.accept(0, rare).await?;
    let cancel = http().post(target.url(0, &format!("/api/orders/{rare}/cancel")));
    cancel.send().await?.error_for_status()?;
    server.ask(&format!(
        "with made as (
             insert into orders (id, client, terms, token_in, token_out, schema_version, created_at,
                                 ended_at, end_status)
             select overlay(gen_random_uuid()::text placing 'ffffffff' from 1)::uuid, t.client, t.terms,
                    'SOL', 'USDC', t.schema_version, t.created_at, t.ended_at, t.end_status
             from generate_series(1, {ENDED}), orders t
             returning id
         )
         insert into order_events (order_id, seq, event_id, status, executions, at, data)
         select m.id, e.seq, gen_random_uuid(), e.status, e.executions, e.at, e.data
         from made m, order_events e"
    ))?;

    let (mut found, mut pages) = (Vec::new(), 0);
    let mut cursor = String::new();
    loop {
        let path = format!("/api/orders?status=cancelled&tokenIn=BONK&limit=1{cursor}");
        let page = target.get(0, &path).await?;
        let orders = page["orders"].as_array().context("orders")?;
        found.extend(orders.iter().map(|order| order["orderId"].clone()));
        pages += 1;
        ensure!(pages < 100, "the list has no end");
        match page["nextCursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }

    assert_eq!(found, [rare]);
    assert!(pages > 1, "one page looked at {ENDED} orders");
    Ok(())
}

/// So many that reading all of them takes longer than a client waits.
const WAITING: u32 = 200_000;
/// Lists that are read over and over again meanwhile.
const READERS: usize = 12;
/// Rounds of orders, answers and probes beside them.
const ROUNDS: usize = 10;
/// A client on a busy machine; each list takes a second if it reads everything.
const PATIENCE: Duration = Duration::from_secs(2);

fn fill(server: &PostgresServer) -> Result<()> {
    server.ask(&format!(
        "with made as (
             insert into orders (id, client, terms, token_in, token_out, schema_version, created_at,
                                 due_at)
             select gen_random_uuid(), t.client, t.terms, t.token_in, t.token_out, t.schema_version,
                    now_ms(), now_ms() + 3600000
             from generate_series(1, {WAITING}), (select * from orders limit 1) as t
             returning id, created_at
         )
         insert into order_events (order_id, seq, event_id, status, executions, at, data)
         select id, 0, gen_random_uuid(), 0, 0, created_at, '{{\"type\":\"accepted\"}}' from made"
    ))?;
    server.ask("analyze")?;
    Ok(())
}

async fn read_lists(target: Target, is_over: Arc<AtomicBool>) -> Result<()> {
    for query in [
        "status=submitted",
        "status=pending&tokenIn=BONK",
        "tokenOut=SOL",
    ]
    .iter()
    .cycle()
    {
        if is_over.load(Ordering::Relaxed) {
            break;
        }
        let url = target.url(0, &format!("/api/orders?{query}"));
        let answer = http().get(url).send().await?;
        let status = answer.status().as_u16();
        ensure!(matches!(status, 200 | 503), "{query}: {status}");
        ensure!(
            status == 200 || answer.headers().contains_key("retry-after"),
            "{query}: no time to come back"
        );
    }
    Ok(())
}

async fn in_time<T>(what: &str, answer: impl Future<Output = Result<T>>) -> Result<T> {
    let answer = tokio::time::timeout(PATIENCE, answer).await;
    answer.with_context(|| format!("{what} had no answer within {PATIENCE:?}"))?
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_lists_keep_no_order_waiting() -> Result<()> {
    let server = PostgresServer::start()?;
    let (_engine, target) = engine_at(&server.url()).await?;
    let first = target.accept(0, SOL_FOR_USDC).await?;
    confirmed(&target, &first).await?;
    fill(&server)?;
    let is_over = Arc::new(AtomicBool::new(false));
    let mut readers = JoinSet::new();
    for _ in 0..READERS {
        readers.spawn(read_lists(target.clone(), Arc::clone(&is_over)));
    }

    let mut last = first;
    for _ in 0..ROUNDS {
        last = in_time("an order", target.accept(0, SOL_FOR_USDC)).await?;
        let path = format!("/api/orders/{last}");
        in_time("a question", target.get(0, &path)).await?;
        let status = in_time("a probe", readiness(&target)).await?;
        ensure!(status == 200, "/ready answers {status}");
    }
    is_over.store(true, Ordering::Relaxed);

    confirmed(&target, &last).await?;
    while let Some(reader) = readers.join_next().await {
        reader??;
    }
    Ok(())
}
