//! The books as a page.

use anyhow::{Result, ensure};

use super::{MODEST, Visit, text_of};

pub(super) async fn the_books_are_told_as_the_api_tells_them(visit: &mut Visit) -> Result<()> {
    const BACK: &str = r#"{"tokenIn":"USDC","tokenOut":"SOL","amount":"150"}"#;
    let Visit { world, browser } = visit;
    let client = world.client();
    browser.open(world, &client, "#/books").await?;
    browser
        .sees(".execution-verdict", "Nothing was traded yet")
        .await?;
    for body in [BACK, MODEST] {
        let order = client.accept(body).await?;
        let order = client.ended(&order).await?;
        ensure!(order["status"] == "confirmed", "{order}");
    }

    browser.sees(".execution-verdict", "USDC realised").await?;
    browser.sees("#positions-table", "SOL/USDC").await?;

    let books = client
        .until_at("/api/books", |books| books["fills"] == 2)
        .await?;
    let figures = &books["positions"][0]["figures"];
    ensure!(figures["cost"] == "150", "{books}");
    browser
        .until(
            &format!("{} === '2'", text_of("#positions-table td:nth-child(3)")),
            "both are counted",
        )
        .await?;
    browser.sees("#wallet-0-table", "USDC").await?;
    browser.sees("#days-table tbody", "SOL/USDC").await?;
    let label = "document.querySelector('.chart.bars').getAttribute('aria-label')";
    let label = browser.value(label).await?;
    ensure!(
        label.as_str().is_some_and(|it| it.contains("over 1 day;")),
        "{label}"
    );
    browser.check_console().await
}
