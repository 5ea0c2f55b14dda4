//! The engine goes away and comes back while somebody watches.

use anyhow::{Result, ensure};

use super::browser::Browser;
use super::{MODEST, ended, engine};

#[tokio::test]
async fn a_lost_connection_is_said_and_healed_without_a_gap() -> Result<()> {
    let (mut engine, target) = engine(&[]).await?;
    let before = target.accept(0, MODEST).await?;
    ended(&target, &before).await?;
    let browser = Browser::open(engine.url(""), "#/orders").await?;
    browser.sees(".orders tbody tr", "confirmed").await?;
    browser.sees("#link-state", "Live").await?;

    engine.kill()?;
    browser.sees("#banner", "Not connected").await?;
    browser.sees("#link-state", "Offline").await?;
    ensure!(
        browser.count(".orders tbody tr").await? == 1,
        "what was known stays"
    );
    engine.restart().await?;

    let after = target.accept(0, MODEST).await?;
    let row = format!("document.querySelector('[data-order=\"{after}\"] [data-status=confirmed]')");
    browser.until(&row, "the order of after the outage").await?;
    browser
        .until(
            "document.getElementById('banner').hidden",
            "the banner is gone",
        )
        .await?;
    browser.sees("#link-state", "Live").await?;
    browser.check_console().await
}

#[tokio::test]
async fn an_orders_page_goes_on_where_it_was_cut_off() -> Result<()> {
    // Slow enough that the engine dies in the middle of the order's life.
    let (mut engine, target) = engine(&[
        ("SIM_LATENCY_SCALE", "2"),
        ("LEASE_MS", "3000"),
        ("HEARTBEAT_MS", "500"),
    ])
    .await?;
    let browser = Browser::open(engine.url(""), "#/").await?;
    let order_id = target.accept(0, MODEST).await?;
    browser.go(&format!("#/orders/{order_id}")).await?;
    browser
        .until(
            "document.querySelector('.stage[data-running]')",
            "a stage that runs",
        )
        .await?;

    engine.kill()?;
    engine.restart().await?;

    let order = ended(&target, &order_id).await?;
    browser
        .sees(
            ".panel-head .badge",
            order["status"].as_str().unwrap_or("confirmed"),
        )
        .await?;
    let history = target
        .get(0, &format!("/api/orders/{order_id}/events"))
        .await?;
    let events = history["events"].as_array().map_or(0, Vec::len);
    let shown = format!("document.querySelectorAll('.stage').length === {events}");
    browser.until(&shown, "every event, once").await?;
    browser.check_console().await
}

#[tokio::test]
async fn an_order_whose_answer_is_lost_is_placed_once() -> Result<()> {
    let (mut engine, target) = engine(&[]).await?;
    let browser = Browser::open(engine.url(""), "#/orders").await?;
    browser.sees("#link-state", "Live").await?;
    // The answer to the first try is thrown away, as a network would.
    browser
        .run(
            "const real = window.fetch; let lost = 0; window.fetch = async (url, options) => {
               const answer = await real(url, options);
               if (options?.method === 'POST' && String(url).endsWith('/execute') && lost++ === 0) throw new TypeError('lost');
               return answer; };",
        )
        .await?;

    browser.click(".order-form .primary").await?;

    browser.sees(".tracker", "confirmed").await?;
    let orders = target.get(0, "/api/orders").await?;
    let number = orders["orders"].as_array().map_or(0, Vec::len);
    ensure!(number == 1, "{number} orders were placed");
    browser.check_console().await?;
    engine.stop().await?;
    Ok(())
}
