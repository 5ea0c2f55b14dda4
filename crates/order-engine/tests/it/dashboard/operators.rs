//! What operators do: stop and start the queue, and try dead orders again.

use anyhow::{Result, ensure};
use cluster::e2e::text;
use serde_json::Value;

use super::{HOPELESS, MODEST, Visit, number};
use crate::world::Settings;

/// Workers are shown as of their last heartbeat.
pub(super) const QUICK_HEARTS: Settings = &[("HEARTBEAT_MS", "100")];

pub(super) const TWO_WALLETS: Settings = &[("WALLETS", "main,second")];

pub(super) async fn a_wallet_is_chosen_by_its_name(visit: &mut Visit) -> Result<()> {
    let Visit { world, browser } = visit;
    let client = world.client();
    let address = async |wallet: &str| {
        let shown = client.read(&format!("/api/wallet?wallet={wallet}")).await?;
        Ok::<_, anyhow::Error>(text(&shown, "address")?.to_owned())
    };
    let facts = "section[aria-label='Wallet'] .fact-list";
    browser.open(world, &client, "#/operators").await?;
    browser.sees(facts, &address("main").await?).await?;

    browser.choose("#wallet-choice", "second").await?;

    browser.sees(facts, &address("second").await?).await?;
    // It stays chosen when the page reads again.
    browser.sees(".worker", "busy").await?;
    let chosen = "document.querySelector('#wallet-choice').value === 'second'";
    browser.until(chosen, "the choice stays").await?;
    let comparison = ".wallet-comparison [role='status']";
    // A worker may have noted it already when it started.
    browser.click(".wallet-comparison button").await?;
    let is_told = format!(
        "/Noted what it holds|Receipts and transfers/.test(document.querySelector(\"{comparison}\").textContent)"
    );
    browser.until(&is_told, "the comparison is told").await?;
    browser.click(".wallet-comparison button").await?;
    browser
        .sees(comparison, "explain every lamport and every token")
        .await?;
    browser.check_console().await
}

pub(super) async fn the_queue_is_paused_and_resumed(visit: &mut Visit) -> Result<()> {
    let Visit { world, browser } = visit;
    let client = world.client();
    browser.open(world, &client, "#/operators").await?;
    browser.sees(".queue-state", "Running").await?;
    browser.sees(".worker", "busy").await?;

    browser.click(".panel-head .primary").await?;
    browser.sees(".queue-state", "Paused").await?;
    let waiting = client.accept(MODEST).await?;
    browser.sees(".fact-list", "Oldest waits for").await?;
    // Counts may be a second old.
    let is_counted =
        |stats: &Value| number(stats, "/byStatus/pending").is_ok_and(|count| count == 1);
    client.until_at("/api/stats", is_counted).await?;
    browser
        .sees(".banner", "Operators have paused this engine")
        .await?;
    browser.click(".panel-head .primary").await?;

    browser.sees(".queue-state", "Running").await?;
    browser
        .until(
            "document.querySelector('.banner').hidden",
            "no pause is told",
        )
        .await?;
    ensure!(client.ended(&waiting).await?["status"] == "confirmed");
    browser.sees("[aria-label='Audit log']", "pause").await?;
    browser.check_console().await
}

pub(super) async fn the_engine_is_halted_with_a_reason_and_resumed(
    visit: &mut Visit,
) -> Result<()> {
    let Visit { world, browser } = visit;
    let client = world.client();
    browser.open(world, &client, "#/operators").await?;
    browser.sees(".queue-state", "Running").await?;

    browser.click(".panel-head .danger").await?;
    browser
        .sees("[aria-label='Halt the engine']", "Why")
        .await?;
    browser.fill("#halt-reason", "prices look wrong").await?;
    browser
        .click("[aria-label='Halt the engine'] [type=submit]")
        .await?;

    browser.sees(".queue-state", "Halted").await?;
    browser
        .sees("[aria-label='Queue']", "prices look wrong")
        .await?;
    browser.sees(".banner", "This engine is halted by").await?;
    browser.click(".panel-head .primary").await?;
    browser.sees(".queue-state", "Running").await?;
    browser.sees("[aria-label='Audit log']", "halt").await?;
    browser.check_console().await
}

pub(super) async fn a_dead_order_is_tried_again_as_a_new_one(visit: &mut Visit) -> Result<()> {
    let Visit { world, browser } = visit;
    let client = world.client();
    let dead = client.accept(HOPELESS).await?;
    client.ended(&dead).await?;
    browser.open(world, &client, "#/operators").await?;
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
    let orders = client.read("/api/orders").await?;
    ensure!(
        orders["orders"].as_array().map_or(0, Vec::len) == 2,
        "{orders}"
    );
    browser.check_console().await
}

/// Nobody listens there, and of two webhooks one is given up at once.
pub(super) const NO_RECEIVER: Settings = &[
    ("WEBHOOK_URL", "http://127.0.0.1:9/"),
    ("WEBHOOK_SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
    ("WEBHOOK_ALLOW_PRIVATE", "1"),
    ("WEBHOOK_MAX_PENDING", "1"),
    ("SWEEP_MS", "100"),
];

pub(super) async fn a_dead_webhook_is_sent_again(visit: &mut Visit) -> Result<()> {
    let Visit { world, browser } = visit;
    let client = world.client();
    let first = client.accept(HOPELESS).await?;
    client.ended(&first).await?;
    client.ended(&client.accept(HOPELESS).await?).await?;
    browser.open(world, &client, "#/operators").await?;
    let panel = "[aria-label='Webhooks']";
    browser.sees(panel, "1 pending").await?;
    browser.sees(panel, "1 dead").await?;
    let row = format!("[data-webhook^='evt_{first}_']");
    browser.sees(&row, "WEBHOOK_MAX_PENDING").await?;

    browser.click(&format!("{row} button")).await?;

    browser
        .sees(".notice", "1 webhook is pending again.")
        .await?;
    browser
        .sees("[aria-label='Audit log']", "retry webhooks")
        .await?;
    browser.check_console().await
}
