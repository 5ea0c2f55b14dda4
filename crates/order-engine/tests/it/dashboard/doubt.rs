//! An order for which the page got no answer: the page keeps the key, shows it, and repeats the
//! order under it, also after a reload.

use anyhow::{Context, Result, ensure};
use serde_json::json;

use super::{Visit, text_of};
use crate::doubt::one_order_was_made;

/// The answer to every order is thrown away, as a network would.
const LOSE_ANSWERS_TO_ORDERS: &str = "
    const real = window.fetch; window.fetch = async (url, options) => {
      const answer = await real(url, options);
      if (options?.method === 'POST' && String(url).endsWith('/execute')) throw new TypeError('lost');
      return answer; };";
const PLACE: &str = ".order-form .primary";
const NOTICE: &str = ".order-form .doubt";

/// Waits until the page has given up asking, and reads the key that it names.
async fn named_key(visit: &Visit) -> Result<String> {
    let browser = &visit.browser;
    browser.sees(NOTICE, "may have been placed").await?;
    browser.sees(PLACE, "Place order").await?;
    let text = browser.value(&text_of(NOTICE)).await?;
    let text = text.as_str().context("a text")?;
    ensure!(!text.contains("nothing was changed"), "{text}");
    let key = browser.value(&text_of(&format!("{NOTICE} code"))).await?;
    Ok(key.as_str().context("a key")?.to_owned())
}

async fn load_anew(visit: &Visit) -> Result<()> {
    let browser = &visit.browser;
    browser
        .run("window.isOld = true; location.reload()")
        .await?;
    browser
        .until(
            "!window.isOld && document.querySelector('.order-form')",
            "the page is there anew",
        )
        .await
}

pub(super) async fn an_order_in_doubt_keeps_its_key_until_it_is_placed_once(
    visit: &mut Visit,
) -> Result<()> {
    let client = visit.world.client();
    visit
        .browser
        .open(&visit.world, &client, "#/orders")
        .await?;
    visit.browser.sees("#link-state", "Live").await?;
    visit.browser.run(LOSE_ANSWERS_TO_ORDERS).await?;

    visit.browser.click(PLACE).await?;
    let key = named_key(visit).await?;
    load_anew(visit).await?;

    ensure!(named_key(visit).await? == key, "another key is named");
    // Another order meanwhile is another order.
    visit.browser.fill("#f-amount", "2").await?;
    visit.browser.click(PLACE).await?;
    visit.browser.sees(".tracker", "confirmed").await?;
    ensure!(named_key(visit).await? == key, "the doubt is forgotten");
    visit.browser.fill("#f-amount", "1").await?;
    visit.browser.click(PLACE).await?;
    let gone = format!(
        "!document.querySelector({})?.checkVisibility()",
        json!(NOTICE)
    );
    visit.browser.until(&gone, "the doubt has ended").await?;
    let orders = client.listed().await?;
    ensure!(orders.len() == 2, "{} orders were made", orders.len());
    visit.browser.check_console().await
}

/// Over a cluster: the store of one process stands still with its gateway.
pub(super) async fn an_order_beside_a_store_that_stands_still_is_placed_once(
    visit: &mut Visit,
) -> Result<()> {
    let client = visit.world.client();
    visit
        .browser
        .open(&visit.world, &client, "#/orders")
        .await?;
    visit.browser.sees("#link-state", "Live").await?;

    let frozen = visit.world.freeze_store()?;
    visit.browser.click(PLACE).await?;
    let key = named_key(visit).await?;
    visit.browser.click(PLACE).await?;
    visit.browser.sees(PLACE, "Placing").await?;
    ensure!(named_key(visit).await? == key, "another key is named");
    frozen.thaw();
    visit.world.heals().await?;

    visit.browser.click(PLACE).await?;
    visit.browser.sees(".tracker", "confirmed").await?;
    one_order_was_made(&client).await?;
    let refused = "the server responded with a status of 503";
    visit.browser.check_console_but(&[refused]).await
}
