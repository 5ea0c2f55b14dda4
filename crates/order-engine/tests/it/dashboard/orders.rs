//! Placing, following, finding and withdrawing orders.

use anyhow::{Context, Result, ensure};
use futures_util::future::try_join_all;
use serde_json::json;
use tokio::time::Instant;

use super::{HOPELESS, MODEST, Visit, text_of};
use crate::world::Settings;

/// An order that failed once is met while it waits.
pub(super) const LONG_WAITS: Settings = &[("RETRY_BASE_DELAY_MS", "30000")];

/// A way over a third token would leave the pair's own pools unused.
pub(super) const OWN_POOLS: Settings = &[("ROUTE_MAX_HOPS", "1")];

/// Slots of 200 ms: a transaction lives some forty seconds.
pub(super) const LONG_LIVES: Settings = &[("SIM_LATENCY_SCALE", "0.5")];

pub(super) async fn an_order_is_quoted_placed_and_followed_to_its_end(
    visit: &mut Visit,
) -> Result<()> {
    let Visit { world, browser } = visit;
    let client = world.client();
    browser.open(world, &client, "#/orders").await?;
    browser.sees(".live-table", "No orders yet").await?;
    browser.sees(".live-table code", "curl").await?;
    browser
        .until(
            "document.querySelectorAll('.quote [title]').length >= 8",
            "both offers",
        )
        .await?;

    browser.click(".quote-panel summary").await?;
    browser
        .sees(".quote-panel details", "against the mid price")
        .await?;
    browser.sees(".quote-panel .pool-quotes", "Used").await?;
    browser.fill("#f-amount", "2.5").await?;
    let much = "[...document.querySelectorAll('.quote-amount')].every((amount) => parseFloat(amount.title) > 200)";
    browser.until(much, "offers for 2.5 SOL").await?;
    browser
        .run("document.querySelector('.order-form details').open = true")
        .await?;
    browser
        .run("document.getElementById('f-feeLevel').value = 'high'")
        .await?;
    browser.fill("#f-maxPriceImpact", "2.5").await?;
    browser.click(".order-form .primary").await?;

    browser.sees(".tracker", "confirmed").await?;
    browser.sees(".orders tbody tr", "2.5 SOL → USDC").await?;
    browser.sees(".orders tbody tr", "confirmed").await?;
    browser.click(".orders tbody .row-link").await?;
    browser
        .until(
            "document.querySelectorAll('.stage').length === 5",
            "five stages",
        )
        .await?;
    let address = browser.value("location.hash").await?;
    let order_id = address
        .as_str()
        .and_then(|hash| hash.split('/').nth(2))
        .context("an id")?;
    let order = client.ended(order_id).await?;
    browser
        .sees(
            ".hash code",
            order["txHash"].as_str().context("a signature")?,
        )
        .await?;
    browser
        .sees(".cards", order["amountOut"].as_str().context("an amount")?)
        .await?;
    browser.sees(".steps", "Wrap 2.5 SOL into wSOL").await?;
    browser.sees(".steps", "Swap 2.5 SOL for ").await?;
    browser.sees(".cards", "Landed").await?;
    let quality = &order["quality"];
    browser.sees(".route-legs", "took 2.5 SOL").await?;
    let single = quality["bestSingle"]["amountOut"].as_str();
    browser.sees(".cards", single.context("an offer")?).await?;
    browser.sees(".cards", "Against the mid price").await?;
    let mid = quality["midPrice"].as_str().context("a price")?;
    browser.sees(".cards", mid).await?;
    let best = browser
        .value("document.querySelector('.quote[data-best]').dataset.dex")
        .await?;
    ensure!(
        best == quality["bestSingle"]["dex"],
        "{best} is marked, {} pays most by itself",
        quality["bestSingle"]
    );
    ensure!(order["amountIn"] == "2.5", "{order}");
    ensure!(order["feeLevel"] == "high", "{order}");
    ensure!(order["maxPriceImpactBps"] == 250, "{order}");
    browser.sees(".cards", "by 2.5 % at most").await?;
    browser.check_console().await
}

pub(super) async fn what_is_wrong_with_an_order_is_said_at_its_field_and_nothing_is_sent(
    visit: &mut Visit,
) -> Result<()> {
    let Visit { world, browser } = visit;
    let client = world.client();
    browser.open(world, &client, "#/orders").await?;

    browser.fill("#f-amount", "1.0000000001").await?;
    browser.fill("#f-slippage", "51").await?;
    browser.click(".order-form .primary").await?;

    browser.sees("#f-amount-fault", "9 decimals").await?;
    browser.sees("#f-slippage-fault", "0 to 50 percent").await?;
    let focused = browser.value("document.activeElement.id").await?;
    ensure!(focused == "f-amount", "the focus is on {focused}");
    let orders = client.read("/api/orders").await?;
    ensure!(orders["orders"] == json!([]), "{orders}");
    browser.check_console().await
}

pub(super) async fn an_order_that_failed_shows_every_attempt_and_why(
    visit: &mut Visit,
) -> Result<()> {
    let Visit { world, browser } = visit;
    let client = world.client();
    let order_id = client.accept(HOPELESS).await?;
    let order = client.ended(&order_id).await?;
    ensure!(order["status"] == "failed", "{order}");

    browser
        .open(world, &client, &format!("#/orders/{order_id}"))
        .await?;

    browser.sees(".failures", "Attempt 3").await?;
    browser
        .sees(
            ".failures",
            order["errorReason"].as_str().context("a reason")?,
        )
        .await?;
    browser
        .sees(".failures", order["errorCode"].as_str().context("a code")?)
        .await?;
    ensure!(browser.count(".failures li").await? == 3);
    ensure!(
        browser.count(".stage-attempt").await? == 2,
        "two retries are marked"
    );
    browser.check_console().await
}

pub(super) async fn an_order_that_is_slow_to_land_says_why_on_its_page(
    visit: &mut Visit,
) -> Result<()> {
    const SAYS_WHY: &str =
        "document.querySelector('.cards').textContent.includes('Blocks it lived')";
    let Visit { world, browser } = visit;
    let client = world.client();
    let faults = async |faults: &str| {
        let set = client.call("POST", "/api/sim/faults", &[], Some(faults));
        let set = set.await?;
        ensure!(set.status == 200, "{set:?}");
        Ok(())
    };
    faults(r#"{"sendDropped":1}"#).await?;
    let order_id = client.accept(MODEST).await?;

    browser
        .open(world, &client, &format!("#/orders/{order_id}"))
        .await?;
    browser.until(SAYS_WHY, "how it fares").await?;
    faults("{}").await?;
    browser.sees(".cards", "Received").await?;

    let says_nothing = format!("!{SAYS_WHY}");
    browser.until(&says_nothing, "that is over").await?;
    browser.check_console().await
}

pub(super) async fn an_order_that_waits_can_be_withdrawn_from_its_page(
    visit: &mut Visit,
) -> Result<()> {
    let Visit { world, browser } = visit;
    let client = world.client();
    let order_id = client.accept(HOPELESS).await?;
    browser
        .open(world, &client, &format!("#/orders/{order_id}"))
        .await?;
    browser.sees(".timeline", "waiting to try again").await?;

    browser.click(".panel-head button").await?;

    browser.sees(".panel-head .badge", "cancelled").await?;
    ensure!(client.ended(&order_id).await?["status"] == "cancelled");
    browser.check_console().await
}

pub(super) async fn the_list_is_filtered_and_paged_without_a_hole(visit: &mut Visit) -> Result<()> {
    let Visit { world, browser } = visit;
    let client = world.client();
    let placed = (0..60).map(|n| {
        let body = format!(r#"{{"tokenIn":"SOL","tokenOut":"USDC","amount":"1.{n:02}"}}"#);
        let client = &client;
        async move { client.ended(&client.accept(&body).await?).await }
    });
    try_join_all(placed).await?;
    let failed = client.accept(HOPELESS).await?;
    client.ended(&failed).await?;
    browser.open(world, &client, "#/orders").await?;
    let ids = "JSON.stringify([...document.querySelectorAll('.orders tbody tr')].map((row) => row.dataset.order))";

    browser
        .until(
            "document.querySelectorAll('.orders tbody tr').length === 50",
            "a full page",
        )
        .await?;
    let first = browser.value(ids).await?;
    browser.click(".pages button:last-child").await?;
    browser
        .until(
            "document.querySelectorAll('.orders tbody tr').length === 11",
            "the rest",
        )
        .await?;
    let second = browser.value(ids).await?;
    let all: Vec<String> = [first, second]
        .iter()
        .map(|page| serde_json::from_str::<Vec<String>>(page.as_str().unwrap_or_default()))
        .collect::<Result<Vec<_>, _>>()?
        .concat();
    let known = client.read("/api/orders?limit=200").await?;
    let known = known["orders"].as_array().context("orders")?;
    let known: Vec<&str> = known
        .iter()
        .filter_map(|order| order["orderId"].as_str())
        .collect();
    ensure!(all == known, "the pages differ from the API's list");

    browser.choose("#filter-status", "failed").await?;
    browser
        .until(
            "document.querySelectorAll('.orders tbody tr').length === 1",
            "the failed one",
        )
        .await?;
    browser.sees(".orders tbody tr", "failed").await?;
    ensure!(browser.value(&text_of(".pages span")).await? == "Page 1");
    browser.choose("#filter-status", "expired").await?;
    browser.sees(".live-table", "No order matches").await?;
    browser.check_console().await
}

pub(super) async fn a_thousand_live_orders_neither_grow_the_page_nor_stop_it(
    visit: &mut Visit,
) -> Result<()> {
    let Visit { world, browser } = visit;
    let client = world.client();
    browser.open(world, &client, "#/orders").await?;
    browser.sees("#link-state", "Live").await?;
    let (began, busy_before) = (Instant::now(), browser.busy().await?);

    for _ in 0..20 {
        try_join_all((0..50).map(|_| client.accept(MODEST))).await?;
    }
    let newest = client
        .accept(r#"{"tokenIn":"USDC","tokenOut":"SOL","amount":"7"}"#)
        .await?;

    let row =
        format!("document.querySelector('[data-order=\"{newest}\"] [data-status=confirmed]')");
    browser.until(&row, "the newest order, confirmed").await?;
    ensure!(browser.count(".orders tbody tr").await? == 50);
    let busy = browser.busy().await? - busy_before;
    let share = busy.as_secs_f64() / began.elapsed().as_secs_f64();
    // By its own time on a core: engine and load beside it take nothing of that.
    ensure!(share < 0.5, "the page worked for {share} of the time");
    browser.check_console().await
}

pub(super) async fn an_order_that_waits_for_a_price_says_how_far_it_is(
    visit: &mut Visit,
) -> Result<()> {
    let Visit { world, browser } = visit;
    let client = world.client();
    browser.open(world, &client, "#/orders").await?;
    browser.sees(".order-form", "best price offered").await?;
    let is_hidden = "document.querySelector('#f-price').getClientRects().length === 0";
    browser
        .until(is_hidden, "no price for a market order")
        .await?;

    browser.choose("#f-orderType", "limit").await?;
    browser
        .sees(".order-form", "never takes a worse one")
        .await?;
    browser.click(".order-form .primary").await?;
    browser.sees("#f-price-fault", "A price").await?;
    browser.fill("#f-price", "100000").await?;
    browser.click(".order-form .primary").await?;

    browser.sees(".orders tbody tr", "waits for ≥ 100").await?;
    browser.sees(".orders tbody tr", "away").await?;
    let is_whole = "(({ scrollWidth, clientWidth }) => scrollWidth <= clientWidth)(document.querySelector('.outcome'))";
    browser
        .until(is_whole, "how far it is, not cut off")
        .await?;
    browser.choose("#filter-waiting", "false").await?;
    browser.sees(".live-table", "No").await?;
    browser.choose("#filter-waiting", "true").await?;
    browser.sees(".orders tbody tr", "waits for").await?;
    browser.click(".orders tbody .row-link").await?;
    browser
        .sees(".fact-list", "100000 USDC for one SOL")
        .await?;
    browser
        .sees(".fact-list", "the order waits for a price")
        .await?;
    browser.check_console().await
}

pub(super) async fn a_sniper_is_set_before_its_pool_is_born_and_buys_from_it(
    visit: &mut Visit,
) -> Result<()> {
    let Visit { world, browser } = visit;
    let (client, operator) = (world.client(), world.operator());
    let launch = async |body: serde_json::Value| {
        let body = body.to_string();
        let answer = operator
            .call("POST", "/api/sim/launch", &[], Some(&body))
            .await?;
        ensure!(answer.status == 200, "{answer:?}");
        answer.json()
    };
    let born = launch(json!({"dex": "raydium", "pool": "cpmm", "mintOnly": true})).await?;
    let mint = born["mint"].as_str().context("a mint")?;
    browser.open(world, &client, "#/orders").await?;
    browser.sees(".order-form", "best price offered").await?;

    browser.choose("#f-orderType", "sniper").await?;
    browser
        .sees(".order-form", "a pool that passes your gates")
        .await?;
    browser.fill("#f-amount", "0.5").await?;
    browser.fill("#f-tokenOut", mint).await?;
    browser.fill("#f-minLiquidity", "much").await?;
    browser.fill("#f-maxFee", "101").await?;
    browser
        .choose("#f-triggerCondition", "volume_spike")
        .await?;
    browser.fill("#f-triggerValue", "0").await?;
    browser.click(".order-form .primary").await?;
    browser.sees("#f-minLiquidity-fault", "Digits").await?;
    browser.sees("#f-maxFee-fault", "0 to 100 percent").await?;
    browser
        .sees("#f-triggerValue-fault", "More than zero")
        .await?;
    ensure!(client.listed().await?.is_empty(), "it was sent");
    browser
        .choose("#f-triggerCondition", "pool_created")
        .await?;
    browser.fill("#f-minLiquidity", "20").await?;
    browser.fill("#f-maxFee", "3").await?;
    browser.click("#f-requireRenounced").await?;
    browser.click(".order-form .primary").await?;

    browser.sees(".orders tbody tr", "waits for a pool").await?;
    let order = client.order(&client.listed().await?[0]).await?;
    ensure!(
        order["minLiquidity"] == "20" && order["maxFeeBps"] == 300,
        "{order}"
    );
    ensure!(order["requireRenounced"] == true, "{order}");
    browser.click(".orders tbody .row-link").await?;
    browser
        .sees(".fact-list", "a pool that passes its gates")
        .await?;
    browser
        .sees(".timeline", "waiting for its condition")
        .await?;
    launch(json!({"dex": "raydium", "pool": "cpmm", "mint": mint, "liquiditySol": "50"})).await?;
    browser.sees(".timeline", "confirmed").await?;
    browser.check_console().await
}

pub(super) async fn an_exact_amount_is_quoted_and_bought(visit: &mut Visit) -> Result<()> {
    let Visit { world, browser } = visit;
    let client = world.client();
    browser.open(world, &client, "#/orders").await?;
    browser.sees(".order-form", "best price offered").await?;

    browser.choose("#f-orderType", "exact_out").await?;
    browser.sees(".order-form", "to the unit").await?;
    browser.fill("#f-amountOut", "some").await?;
    browser.sees("#f-amountOut-fault", "Digits").await?;
    browser.fill("#f-amountOut", "150.25").await?;
    browser
        .sees(".quote-panel .verdict", "for exactly that")
        .await?;
    browser.fill("#f-maxAmountIn", "3").await?;
    browser.click(".order-form .primary").await?;

    browser.sees(".orders tbody tr", "confirmed").await?;
    browser.click(".orders tbody .row-link").await?;
    browser.sees(".cards", "exactly 150.25 USDC").await?;
    browser.sees(".cards", "Pays at most").await?;
    browser.check_console().await
}
