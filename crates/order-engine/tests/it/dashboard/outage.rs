//! The engine, or in a cluster the gateway that shows the dashboard, goes down and comes back while
//! somebody uses the dashboard.

use anyhow::{Result, ensure};
use serde_json::json;

use super::browser::Browser;
use super::{HOPELESS, MODEST, Visit};
use crate::world::{Part, Settings};

/// Slow enough that the engine dies in the middle of an order's life.
pub(super) const SLOW: Settings = &[
    ("SIM_LATENCY_SCALE", "2"),
    ("LEASE_MS", "3000"),
    ("HEARTBEAT_MS", "500"),
];

/// Counts what the page asks the engine to do, as opposed to what it reads; a token is for reading.
const COUNT_ORDERS_TO_THE_ENGINE: &str = "
    const real = window.fetch; window.posts = 0;
    window.fetch = (url, options) => {
      if (options?.method === 'POST' && !String(url).endsWith('/api/ws-token')) window.posts += 1;
      return real(url, options); };";
/// What a proxy says of an engine that is not there.
const PUT_A_PROXY_BEFORE_NO_ENGINE: &str = "
    const real = window.fetch; window.heal = () => { window.fetch = real; };
    window.fetch = async () => new Response('<h1>Bad gateway</h1>', { status: 502 });";

/// Waits until a button refuses: seen as such, for a reason that is read out with it and seen.
async fn refuses(browser: &Browser, css: &str) -> Result<()> {
    let refusal = format!(
        "(button => {{
           const note = document.getElementById(button?.getAttribute('aria-describedby'));
           return button?.ariaDisabled === 'true' && note?.checkVisibility()
             && note.innerText.includes('does not answer'); }})(document.querySelector({}))",
        json!(css)
    );
    let promise = format!("{css} refuses and says why");
    browser.until(&refusal, &promise).await
}

/// Waits until a button can be used again, and nothing says otherwise.
async fn is_usable(browser: &Browser, css: &str) -> Result<()> {
    let usable = format!(
        "(button => button && !button.ariaDisabled && !button.hasAttribute('aria-describedby')
           && ![...document.querySelectorAll('.outage-note')].some(note => note.checkVisibility())
         )(document.querySelector({}))",
        json!(css)
    );
    browser.until(&usable, &format!("{css} is usable")).await
}

async fn has_asked_for_nothing(browser: &Browser) -> Result<()> {
    let posts = browser.value("window.posts").await?;
    ensure!(posts == 0, "{posts} requests were made of no engine");
    Ok(())
}

pub(super) async fn a_lost_connection_is_said_and_healed_without_a_gap(
    visit: &mut Visit,
) -> Result<()> {
    let Visit { world, browser } = visit;
    let client = world.client();
    let before = client.accept(MODEST).await?;
    client.ended(&before).await?;
    browser.open(world, &client, "#/orders").await?;
    browser.sees(".orders tbody tr", "confirmed").await?;
    browser.sees("#link-state", "Live").await?;

    world.kill(Part::Gateway)?;
    browser.sees("#banner", "Not connected").await?;
    browser.sees("#link-state", "Offline").await?;
    ensure!(
        browser.count(".orders tbody tr").await? == 1,
        "what was known stays"
    );
    world.restart().await?;

    let after = client.accept(MODEST).await?;
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

pub(super) async fn an_orders_page_goes_on_where_it_was_cut_off(visit: &mut Visit) -> Result<()> {
    let Visit { world, browser } = visit;
    let client = world.client();
    browser.open(world, &client, "#/").await?;
    let order_id = client.accept(MODEST).await?;
    browser.go(&format!("#/orders/{order_id}")).await?;
    browser
        .until(
            "document.querySelector('.stage[data-running]')",
            "a stage that runs",
        )
        .await?;

    world.kill(Part::Gateway)?;
    world.restart().await?;

    let order = client.ended(&order_id).await?;
    browser
        .sees(
            ".panel-head .badge",
            order["status"].as_str().unwrap_or("confirmed"),
        )
        .await?;
    let history = client
        .read(&format!("/api/orders/{order_id}/events"))
        .await?;
    let events = history["events"].as_array().map_or(0, Vec::len);
    let shown = format!("document.querySelectorAll('.stage').length === {events}");
    browser.until(&shown, "every event, once").await?;
    browser.check_console().await
}

pub(super) async fn an_order_whose_answer_is_lost_is_placed_once(visit: &mut Visit) -> Result<()> {
    let Visit { world, browser } = visit;
    let client = world.client();
    browser.open(world, &client, "#/orders").await?;
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
    let orders = client.read("/api/orders").await?;
    let number = orders["orders"].as_array().map_or(0, Vec::len);
    ensure!(number == 1, "{number} orders were placed");
    browser.check_console().await
}

pub(super) async fn operators_calls_refuse_and_say_why_while_the_engine_is_away(
    visit: &mut Visit,
) -> Result<()> {
    let Visit { world, browser } = visit;
    let client = world.client();
    let dead = client.accept(HOPELESS).await?;
    client.ended(&dead).await?;
    browser.open(world, &client, "#/operators").await?;
    let (pause, retry) = (
        ".panel-head .primary",
        format!("[data-order='{dead}'] button"),
    );
    browser.sees(&retry, "Retry").await?;
    browser.run(COUNT_ORDERS_TO_THE_ENGINE).await?;

    world.kill(Part::Gateway)?;
    for button in [pause, &retry] {
        refuses(browser, button).await?;
        browser.click(button).await?;
    }
    let focus = format!(
        "document.activeElement === document.querySelector({})",
        json!(retry)
    );
    browser.until(&focus, "who was there stays there").await?;
    has_asked_for_nothing(browser).await?;
    world.restart().await?;

    for button in [pause, &retry] {
        is_usable(browser, button).await?;
    }
    browser.click(&retry).await?;
    browser.sees(".notice", "Accepted again as order").await?;
    browser.click(pause).await?;
    browser.sees(".queue-state", "Paused").await?;
    browser.click(pause).await?;
    browser.sees(".queue-state", "Running").await?;
    browser.check_console().await
}

pub(super) async fn no_order_is_placed_or_cancelled_while_the_engine_is_away(
    visit: &mut Visit,
) -> Result<()> {
    let Visit { world, browser } = visit;
    let client = world.client();
    browser.open(world, &client, "#/operators").await?;
    browser.click(".panel-head .primary").await?;
    browser.sees(".queue-state", "Paused").await?;
    let waiting = client.accept(MODEST).await?;
    let (cancel, place) = (".panel-head button", ".order-form .primary");
    browser.go(&format!("#/orders/{waiting}")).await?;
    browser.sees(cancel, "Cancel order").await?;
    browser.run(COUNT_ORDERS_TO_THE_ENGINE).await?;

    world.kill(Part::Gateway)?;
    refuses(browser, cancel).await?;
    browser.click(cancel).await?;
    has_asked_for_nothing(browser).await?;
    world.restart().await?;
    is_usable(browser, cancel).await?;
    browser.click(cancel).await?;
    browser.sees(".panel-head .badge", "cancelled").await?;

    browser.go("#/orders").await?;
    browser.sees(place, "Place order").await?;
    browser.run("window.posts = 0").await?;
    world.kill(Part::Gateway)?;
    refuses(browser, place).await?;
    browser
        .run("document.getElementById('f-amount').focus()")
        .await?;
    browser.press("\u{e007}").await?;
    has_asked_for_nothing(browser).await?;
    world.restart().await?;
    is_usable(browser, place).await?;
    browser.press("\u{e007}").await?;
    browser.sees(".tracker", "pending").await?;
    world.operator().post("/api/admin/resume").await?;
    browser.sees(".tracker", "confirmed").await?;
    browser.check_console().await
}

pub(super) async fn a_proxy_that_answers_for_an_engine_that_is_gone_is_no_engine(
    visit: &mut Visit,
) -> Result<()> {
    let Visit { world, browser } = visit;
    let client = world.client();
    browser.open(world, &client, "#/operators").await?;
    let pause = ".panel-head .primary";
    browser.sees(pause, "Pause").await?;

    browser.run(PUT_A_PROXY_BEFORE_NO_ENGINE).await?;
    browser.sees("#banner", "Not connected").await?;
    refuses(browser, pause).await?;
    browser.run("window.heal()").await?;

    is_usable(browser, pause).await?;
    browser.check_console().await
}
