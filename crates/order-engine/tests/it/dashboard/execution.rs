//! How well orders were executed: of all of them, and of one.

use anyhow::{Context, Result, ensure};

use super::{MODEST, Visit, text_of};

pub(super) async fn execution_quality_is_told_as_the_api_tells_it(visit: &mut Visit) -> Result<()> {
    let Visit { world, browser } = visit;
    let client = world.client();
    browser.open(world, &client, "#/execution").await?;
    browser
        .sees(".execution-verdict", "Nothing was sent yet")
        .await?;
    let order = client.accept(MODEST).await?;
    let order = client.ended(&order).await?;
    ensure!(order["status"] == "confirmed", "{order}");

    browser
        .sees(".execution-verdict", "on average fills")
        .await?;

    let stats = client.read("/api/stats/execution").await?;
    ensure!(stats["total"]["fills"] == 1, "{stats}");
    ensure!(stats["orders"] == 1 && stats["complete"] == true, "{stats}");
    let legs = order["route"].as_array().context("a route")?;
    let kinds = stats["kinds"].as_array().context("kinds")?;
    for kind in kinds {
        let pool = kind["pool"].as_str().context("a pool")?;
        let fills = u8::from(legs.iter().any(|leg| leg["pool"] == pool));
        ensure!(kind["fills"] == fills, "{kind}");
        let row = text_of(&format!("[data-pool={pool}] td:nth-child(4)"));
        let expected = match fills {
            0 => "0",
            _ => "1 (100 %)",
        };
        ensure!(browser.value(&row).await? == expected);
    }
    browser.choose("#span", "15").await?;
    browser
        .sees(".execution-tiles", "1 of 1 transactions")
        .await?;
    browser.check_console().await
}

/// A route of two pools side by side and one after them.
const SPLIT: &str = r#"
    const { routeBar } = await import('./assets/route-bar.js');
    const leg = (dex, pool, tokenIn, amountIn, tokenOut, amountOut) =>
        ({ dex, pool, poolAddress: null, tokenIn, amountIn, tokenOut, amountOut });
    const bar = routeBar([
        leg('raydium', 'cpmm', 'SOL', '7', 'USDC', '1050'),
        leg('meteora', 'dlmm', 'SOL', '3.00', 'USDC', '449.5'),
        leg('meteora', 'damm_v2', 'USDC', '1499.5', 'BONK', '66000000'),
    ]);
    document.querySelector('main').prepend(bar);
    const grown = [...bar.querySelectorAll('.route-bar i')].map((part) => part.style.flexGrow);
    return [grown.join(' '), bar.querySelectorAll('.route-legs li').length];"#;

/// What is said of a purchase by two pools, of what no pool fills alone, and of a sale.
const SENTENCES: &str = r#"
    const { poolComparison } = await import('./assets/pool-quotes.js');
    const { paidCard } = await import('./assets/order-facts.js');
    const pool = (amountOut, amountIn) => ({ dex: 'raydium', pool: 'cpmm', amountOut, amountIn });
    const leg = { ...pool('1', '2'), poolAddress: null, tokenIn: 'SOL', tokenOut: 'USDC' };
    const two = { route: [leg, leg], gainBps: 538, expectedAmountOut: '2' };
    const fill = { route: [leg, leg], amountOut: '2', executedPrice: '0.5' };
    const quality = { againstQuotedBps: 12, againstBestSingleBps: 551 };
    const verdict = (amountOutWanted) =>
        paidCard({ route: two, fill }, { tokenOut: 'USDC', amountOutWanted }, quality)
            .querySelector('.verdict').textContent;
    return [
        poolComparison([pool('2', '5')], two, 'SOL'),
        poolComparison([pool(null)], two, 'SOL'),
        verdict('2'),
        verdict(null),
    ];"#;

pub(super) async fn a_purchase_that_cost_less_is_not_said_to_have_paid_more(
    visit: &mut Visit,
) -> Result<()> {
    let Visit { world, browser } = visit;
    let client = world.client();
    browser.open(world, &client, "#/execution").await?;

    let said = browser
        .run(&format!("return (async () => {{ {SENTENCES} }})();"))
        .await?;

    let expected = serde_json::json!([
        "A route of 2 pools is 538 bp better than the best single pool.",
        "No pool makes an offer for all of it; a route of 2 pools does.",
        "Bought 12 bp better than quoted, +551 bp against the best single pool's offer.",
        "Paid 12 bp more than quoted, +551 bp against the best single pool's offer.",
    ]);
    ensure!(said == expected, "{said}");
    browser.check_console().await
}

pub(super) async fn a_routes_bar_says_what_each_pool_took_and_paid(
    visit: &mut Visit,
) -> Result<()> {
    let Visit { world, browser } = visit;
    let client = world.client();
    let order_id = client.accept(MODEST).await?;
    client.ended(&order_id).await?;
    browser
        .open(world, &client, &format!("#/orders/{order_id}"))
        .await?;
    browser.sees(".cards", "Against the mid price").await?;

    let shown = browser
        .run(&format!("return (async () => {{ {SPLIT} }})();"))
        .await?;

    ensure!(shown == serde_json::json!(["0.7 0.3", 3]), "{shown}");
    for text in [
        "70 %",
        "took 7 SOL",
        "paid 449.5 USDC",
        "then",
        "paid 66,000,000 BONK",
    ] {
        browser.sees(".route-legs", text).await?;
    }
    browser.check_console().await
}
