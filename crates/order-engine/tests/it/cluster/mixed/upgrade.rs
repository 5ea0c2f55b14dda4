//! Two releases next to each other during an upgrade, seen from the older one: the newer one has
//! migrated the tables, has accepted orders of a form that the older does not know, and uses that
//! form in queue and feed.

use anyhow::{Context, Result, ensure};
use cluster::Scratch;
use cluster::e2e::socket::Socket;
use cluster::e2e::suites::SOL_FOR_USDC;
use cluster::e2e::{Target, load};
use domain::event::SCHEMA_VERSION;
use futures_util::future::try_join_all;
use serde_json::Value;

use super::operate;
use crate::cluster::cluster;
use crate::cluster::members::{follow_all, until};

/// A program that may not start says so at once, also on a busy machine.
const REFUSED_WITHIN: std::time::Duration = std::time::Duration::from_secs(30);
/// Orders of the older release.
const ORDERS: usize = 20;

#[tokio::test]
async fn an_older_release_goes_on_beside_a_newer_one() -> Result<()> {
    let mut cluster = cluster(&[("SWEEP_MS", "100")]).await?;
    let target = cluster.target();
    operate(&target, 0, "pause").await?;
    let accepted = (0..ORDERS).map(|n| target.accept(n, SOL_FOR_USDC));
    let orders = try_join_all(accepted).await?;
    let newer = target.accept(0, SOL_FOR_USDC).await?;
    // Somebody follows on an older gateway while the newer release goes on with the order.
    let _follower = Socket::open(&target.ws_url(0, &format!("/ws/orders/{newer}"))).await?;

    becomes_newer(&cluster, &newer)?;
    says_what_nobody_knows(&cluster, &newer)?;
    brings_the_tables_further(&cluster)?;
    operate(&target, 0, "resume").await?;

    follow_all(&target, &orders).await?;
    load::run(&target, ORDERS, SOL_FOR_USDC).await?;
    check_lists(&target, &newer).await?;
    let touched = format!(
        "select fence, lease_worker is null, due_at is not null,
                (select count(*) from order_events where order_id = id)
         from orders where id = '{newer}'"
    );
    let touched = cluster.ask_postgres(&touched)?;
    ensure!(
        touched == "0|t|t|2",
        "the newer order was touched: {touched}"
    );
    check_refused(&mut cluster).await
}

/// Accepted by the newer release: of its version, with an event of a kind that is not known here.
fn becomes_newer(cluster: &Scratch, order: &str) -> Result<()> {
    let armed = format!(
        r#"update orders set schema_version = {SCHEMA_VERSION} + 1,
               terms = (terms::jsonb || '{{"order_type":{{"iceberg":{{"shown":"1"}}}}}}')::text
           where id = '{order}';
           insert into order_events (order_id, seq, event_id, status, executions, at, data)
           values ('{order}', 1, gen_random_uuid(), 0, 0, now_ms(), '{{"type":"armed","until":7}}')"#
    );
    cluster.ask_postgres(&armed).map(drop)
}

/// In the queue an entry of another form, in the feed an event of another kind and one with more fields.
fn says_what_nobody_knows(cluster: &Scratch, order: &str) -> Result<()> {
    let published = format!(
        r#"{{"client":"anyone","event":{{"order_id":"{order}","seq":1,"at":0,"executions":0,"data":{{"type":"armed","until":7}}}},"hops":1}}"#
    );
    for stream in cluster
        .ask_redis(&["KEYS", "order-engine:{f*}:events"])?
        .lines()
    {
        cluster.ask_redis(&["XADD", stream, "*", "e", &published])?;
        cluster.ask_redis(&["XADD", stream, "*", "newer", "1"])?;
    }
    let entry = format!("2:{order}:urgent");
    cluster.ask_redis(&["RPUSH", "order-engine:{jobs0}:resumes", &entry])?;
    Ok(())
}

/// As a release may: only more columns and tables, and the number of the last step.
fn brings_the_tables_further(cluster: &Scratch) -> Result<()> {
    cluster.ask_postgres(
        "alter table orders add column armed_until bigint;
         alter table order_events add column origin text;
         create table triggers (order_id uuid primary key);
         insert into refinery_schema_history (version, name, applied_on, checksum)
         values (9999, 'of_the_newer_release', '2030-01-01T00:00:00Z', '1')",
    )?;
    Ok(())
}

/// Every gateway lists all orders that it can read.
async fn check_lists(target: &Target, newer: &str) -> Result<()> {
    for gateway in 0..2 {
        let page = target.get(gateway, "/api/orders?limit=200").await?;
        let orders = page["orders"].as_array().context("orders")?;
        let confirmed = |order: &&Value| order["status"] == "confirmed";
        ensure!(orders.len() == 2 * ORDERS, "{} are listed", orders.len());
        ensure!(orders.iter().filter(confirmed).count() > ORDERS, "{page}");
        ensure!(orders.iter().all(|order| order["orderId"] != newer));
    }
    Ok(())
}

/// A program of the older release that starts now prints why it may not.
async fn check_refused(cluster: &mut Scratch) -> Result<()> {
    let late = cluster.add_worker(&[])?;
    until(REFUSED_WITHIN, || async { Ok(!late.is_live()) })
        .await
        .context("it starts over tables that it does not know")?;
    let log = cluster
        .folder()
        .join("logs")
        .join(format!("{}.log", late.name));
    let said = std::fs::read_to_string(log).context("read its log")?;
    ensure!(said.contains("the schema is at version 9999"), "{said}");
    Ok(())
}
