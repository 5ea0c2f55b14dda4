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
    let used = order["pool"].as_str().context("a pool")?;
    let kinds = stats["kinds"].as_array().context("kinds")?;
    for kind in kinds {
        let pool = kind["pool"].as_str().context("a pool")?;
        let fills = u8::from(pool == used);
        ensure!(kind["fills"] == fills, "{kind}");
        let row = text_of(&format!("[data-pool={pool}] td:nth-child(4)"));
        ensure!(browser.value(&row).await? == fills.to_string());
    }
    browser.choose("#span", "15").await?;
    browser
        .sees(".execution-tiles", "1 of 1 transactions")
        .await?;
    browser.check_console().await
}
