//! What operators do: stop and start the queue, and try dead orders again.

use anyhow::{Result, ensure};

use super::browser::Browser;
use super::{HOPELESS, MODEST, ended, engine, number};

#[tokio::test]
async fn the_queue_is_paused_and_resumed() -> Result<()> {
    let (engine, target) = engine(&[("HEARTBEAT_MS", "100")]).await?;
    let browser = Browser::open(engine.url(""), "#/operators").await?;
    browser.sees(".queue-state", "Running").await?;
    browser.sees(".worker", "busy").await?;

    browser.click(".panel-head .primary").await?;
    browser.sees(".queue-state", "Paused").await?;
    let waiting = target.accept(0, MODEST).await?;
    browser.sees(".fact-list", "Oldest waits for").await?;
    let stats = target.get(0, "/api/stats").await?;
    ensure!(number(&stats, "/byStatus/pending")? == 1, "{stats}");
    browser.click(".panel-head .primary").await?;

    browser.sees(".queue-state", "Running").await?;
    ensure!(ended(&target, &waiting).await?["status"] == "confirmed");
    browser.sees("[aria-label='Audit log']", "pause").await?;
    browser.check_console().await
}

#[tokio::test]
async fn a_dead_order_is_tried_again_as_a_new_one() -> Result<()> {
    let (engine, target) = engine(&[]).await?;
    let dead = target.accept(0, HOPELESS).await?;
    ended(&target, &dead).await?;
    let browser = Browser::open(engine.url(""), "#/operators").await?;
    let row = format!("[data-order='{dead}']");
    browser.sees(&row, "below_minimum").await?;

    browser.click(&format!("{row} button")).await?;

    browser.sees(".notice", "Accepted again as order").await?;
    browser
        .until(
            &format!("!document.querySelector(\"{row}\")"),
            "the dead one is off the list",
        )
        .await?;
    let orders = target.get(0, "/api/orders").await?;
    ensure!(
        orders["orders"].as_array().map_or(0, Vec::len) == 2,
        "{orders}"
    );
    browser.check_console().await
}
