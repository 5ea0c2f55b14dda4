//! The dashboard of an engine that has keys, for somebody who comes without.

use anyhow::{Context, Result};

use super::Visit;
use crate::world::Settings;
use crate::world::caller::Caller;

pub(super) const KEYS: Settings = &[
    ("API_KEYS", "desk:a-key-for-the-desk"),
    ("ADMIN_KEY", "a-key-for-operators"),
];

fn key_of(caller: &Caller) -> Result<&str> {
    caller.key().context("the engine has keys")
}

pub(super) async fn a_key_is_asked_for_and_opens_orders_and_their_stream(
    visit: &mut Visit,
) -> Result<()> {
    let Visit { world, browser } = visit;
    let client = world.client();
    browser.open(world, &world.nobody(), "#/orders").await?;
    browser.sees("#banner", "needs an API key").await?;

    browser.click("#banner button:not([hidden])").await?;
    browser.fill("#api-key", "not the key").await?;
    browser.click("dialog .primary").await?;
    browser.sees("#banner", "needs an API key").await?;
    browser.click("#key-button").await?;
    browser.fill("#api-key", key_of(&client)?).await?;
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

pub(super) async fn operators_enter_their_own_key(visit: &mut Visit) -> Result<()> {
    let Visit { world, browser } = visit;
    let client = world.client();
    browser.open(world, &world.nobody(), "#/operators").await?;
    browser.sees("main", "Operators only").await?;

    browser.click("main .primary").await?;
    browser.fill("#api-key", key_of(&client)?).await?;
    browser
        .fill("#admin-key", key_of(&world.operator())?)
        .await?;
    browser.click("dialog .primary").await?;

    browser.sees(".queue-state", "Running").await?;
    browser.sees("#link-state", "Live").await?;
    browser.check_console().await
}
