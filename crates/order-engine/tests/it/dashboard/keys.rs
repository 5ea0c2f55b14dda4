//! The dashboard of an engine that has keys.

use anyhow::Result;

use super::browser::Browser;
use super::engine;

const VARIABLES: &[(&str, &str)] = &[
    ("API_KEYS", "desk:a-key-for-the-desk"),
    ("ADMIN_KEY", "a-key-for-operators"),
];

#[tokio::test]
async fn a_key_is_asked_for_and_opens_orders_and_their_stream() -> Result<()> {
    let (engine, _) = engine(VARIABLES).await?;
    let browser = Browser::open(engine.url(""), "#/orders").await?;
    browser.sees("#banner", "needs an API key").await?;

    browser.click("#banner button:not([hidden])").await?;
    browser.fill("#api-key", "not the key").await?;
    browser.click("dialog .primary").await?;
    browser.sees("#banner", "needs an API key").await?;
    browser.click("#key-button").await?;
    browser.fill("#api-key", "a-key-for-the-desk").await?;
    browser.click("dialog .primary").await?;

    browser.sees("#link-state", "Live").await?;
    browser
        .until(
            "document.getElementById('banner').hidden",
            "nothing more is asked",
        )
        .await?;
    browser.click(".order-form .primary").await?;
    browser.sees(".tracker", "confirmed").await?;
    browser.sees(".orders tbody tr", "confirmed").await?;
    browser.click(".orders tbody .row-link").await?;
    browser
        .until(
            "document.querySelectorAll('.stage').length === 5",
            "the order's own stream",
        )
        .await?;
    browser.check_console().await
}

#[tokio::test]
async fn operators_enter_their_own_key() -> Result<()> {
    let (engine, _) = engine(VARIABLES).await?;
    let browser = Browser::open(engine.url(""), "#/operators").await?;
    browser.sees("main", "Operators only").await?;

    browser.click("main .primary").await?;
    browser.fill("#api-key", "a-key-for-the-desk").await?;
    browser.fill("#admin-key", "a-key-for-operators").await?;
    browser.click("dialog .primary").await?;

    browser.sees(".queue-state", "Running").await?;
    browser.sees("#link-state", "Live").await?;
    browser.check_console().await
}
