//! Thousands of orders whose time runs out in the same moment.

use std::time::Duration;

use anyhow::Result;
use cluster::e2e::Target;
use cluster::e2e::suites::SOL_FOR_USDC;
use cluster::engine::Engine;
use cluster::http::http;
use serde_json::Value;
use servers::PostgresServer;
use testkit::contract::eventually;
use tokio::task::JoinSet;

/// Five pages of the sweep.
const ORDERS: usize = 5_000;
/// A page ends in one write, and so at one time; more than one sweeper may share a page.
const WRITES_MAX: usize = 20;

async fn pause(target: &Target) -> Result<()> {
    let answer = http()
        .post(target.url(0, "/api/admin/pause"))
        .header("content-type", "application/json")
        .send()
        .await?;
    anyhow::ensure!(answer.status().is_success(), "{}", answer.status());
    Ok(())
}

#[tokio::test]
async fn orders_that_run_out_of_time_together_end_in_a_few_writes() -> Result<()> {
    let server = PostgresServer::start()?;
    let engine = Engine::start(&[("DATABASE_URL", &server.url())]).await?;
    let target = Target::new(vec![engine.url("")]);
    pause(&target).await?;
    target.accept(0, SOL_FOR_USDC).await?;
    // In one statement, so that they expire in the same moment; the engine's own counts follow when they end.
    server.ask(&format!(
        "with made as (
             insert into orders (id, client, terms, token_in, token_out, schema_version, created_at,
                                 due_at, expires_at)
             select gen_random_uuid(), t.client, t.terms, t.token_in, t.token_out, t.schema_version,
                    now.ms, now.ms, now.ms + 1000
             from generate_series(1, {ORDERS}), (select * from orders limit 1) as t,
                  (select now_ms() as ms) as now
             returning id, created_at
         )
         insert into order_events (order_id, seq, event_id, status, executions, at, data)
         select id, 0, gen_random_uuid(), 0, 0, created_at, '{{\"type\":\"accepted\"}}' from made"
    ))?;

    eventually("all of them to expire", async || {
        let ended = server.ask("select count(*) from orders where end_status = 7");
        (ended.ok()? == ORDERS.to_string()).then_some(())
    })
    .await;

    let writes = "select count(distinct at) from order_events where status = 7";
    let writes: usize = server.ask(writes)?.parse()?;
    assert!(
        writes <= WRITES_MAX,
        "{ORDERS} orders ended in {writes} writes"
    );
    Ok(())
}

/// Those of one process come over its API: what it has in memory must agree.
const OF_ONE_PROCESS: usize = 1_500;
const AT_ONCE: usize = 100;
const SHORT_LIVED: &str =
    r#"{"tokenIn":"SOL","tokenOut":"USDC","amount":"0.1","validForSeconds":3}"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orders_of_one_process_that_run_out_of_time_together_are_all_told() -> Result<()> {
    let engine = Engine::start(&[]).await?;
    let target = Target::new(vec![engine.url("")]);
    pause(&target).await?;
    let mut ids = Vec::new();
    while ids.len() < OF_ONE_PROCESS {
        let mut accepting = JoinSet::new();
        for _ in 0..AT_ONCE {
            let target = target.clone();
            accepting.spawn(async move { target.accept(0, SHORT_LIVED).await });
        }
        for id in accepting.join_all().await {
            ids.push(id?);
        }
    }

    let counted = async || -> Result<Value> { target.get(0, "/api/stats").await };
    eventually("all of them to expire", async || {
        let stats = counted().await.ok()?;
        (stats["byStatus"]["expired"] == OF_ONE_PROCESS).then_some(())
    })
    .await;

    let socket = target.ws_url(0, &format!("/ws/orders/{}", ids[OF_ONE_PROCESS / 2]));
    let told = tokio::time::timeout(
        Duration::from_secs(30),
        cluster::e2e::socket::follow(&socket),
    );
    let statuses: Vec<Value> = told.await??.messages;
    assert_eq!(cluster::e2e::statuses(&statuses), ["pending", "expired"]);
    Ok(())
}
