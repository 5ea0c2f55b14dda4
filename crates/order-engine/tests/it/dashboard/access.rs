//! Everybody can use it: axe's rules, the keyboard alone, a phone.

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::browser::{Browser, Screen};
use super::{HOPELESS, MODEST, Visit};

/// Runs axe over the whole page; what it finds, shortened to what one needs to mend it.
const RUN_AXE: &str = "
    const { violations } = await axe.run(document, { resultTypes: ['violations'] });
    return violations.map(({ id, help, nodes }) => ({ id, help, nodes: nodes.map((node) => node.html + ' ' + node.failureSummary) }));";

/// axe's own source, which `scripts/test` fetches into the target folder.
fn axe() -> Result<String> {
    let programs = cluster::program::binary("");
    let target = programs
        .parent()
        .context("the folder that everything is built into")?;
    let path = target.join("axe/node_modules/axe-core/axe.min.js");
    std::fs::read_to_string(&path)
        .with_context(|| format!("{} is not there; `scripts/test` fetches it", path.display()))
}

async fn check_with_axe(browser: &Browser, axe: &str, place: &str) -> Result<()> {
    // Its last expression is the test's own, so the page's policy does not apply to it.
    browser.run(axe).await?;
    let found = browser
        .run(&format!("return (async () => {{ {RUN_AXE} }})();"))
        .await?;
    ensure!(found == Value::Array(Vec::new()), "{place}: {found:#}");
    Ok(())
}

pub(super) async fn axe_finds_nothing_on_any_screen_in_either_theme(
    visit: &mut Visit,
) -> Result<()> {
    let Visit { world, browser } = visit;
    let client = world.client();
    let axe = axe()?;
    browser.open(world, &client, "#/").await?;
    browser.sees(".live-table", "No orders yet").await?;
    check_with_axe(browser, &axe, "the empty overview").await?;
    let confirmed = client.accept(MODEST).await?;
    let failed = client.accept(HOPELESS).await?;
    client.ended(&confirmed).await?;
    client.ended(&failed).await?;

    for (screen, theme) in [
        (Screen::Desktop, "light"),
        (Screen::Desktop, "dark"),
        (Screen::Phone, "light"),
        (Screen::Phone, "dark"),
    ] {
        browser.show_on(screen, theme).await?;
        for (path, shows) in [
            ("#/", ".orders tbody tr [data-status=failed]"),
            ("#/orders", ".quote [title]"),
            (
                &format!("#/orders/{confirmed}"),
                ".stage[data-status=confirmed]",
            ),
            (&format!("#/orders/{failed}"), ".failures li"),
            ("#/books", "#wallet-0-table tbody tr"),
            ("#/execution", ".kinds [data-pool=dlmm]"),
            ("#/operators", "[data-order] button"),
        ] {
            browser.go(path).await?;
            browser
                .until(&format!("document.querySelector('{shows}')"), shows)
                .await?;
            check_with_axe(browser, &axe, &format!("{path} on {screen:?}, {theme}")).await?;
            let overflow = browser
                .value(
                    "document.documentElement.scrollWidth - document.documentElement.clientWidth",
                )
                .await?;
            ensure!(
                overflow == 0,
                "{path} on {screen:?} is {overflow} px too wide"
            );
        }
        browser.click("#key-button").await?;
        check_with_axe(browser, &axe, "the dialog for keys").await?;
        browser.press("\u{e00c}").await?;
        browser
            .until("!document.querySelector('dialog')", "Escape closes it")
            .await?;
    }
    browser.check_console().await
}

/// Puts amounts of twelve digits into the first row; says how many of them stand on more than one line.
const BREAK_AMOUNTS: &str = "
    const stands = (css, amount, rest) => {
        const element = document.querySelector(`.orders tbody ${css}`);
        element.textContent = amount + rest;
        const range = document.createRange();
        range.setStart(element.firstChild, 0);
        range.setEnd(element.firstChild, amount.length);
        return new Set([...range.getClientRects()].map(({ top }) => top)).size;
    };
    return [
        stands('.row-link', '123,456,789,012.1234', ' BONK → USDC'),
        stands('.outcome', '345,540,531,606.1401', ' BONK'),
        document.documentElement.scrollWidth - document.documentElement.clientWidth,
    ];";

pub(super) async fn an_amount_of_twelve_digits_stays_whole_on_a_small_phone(
    visit: &mut Visit,
) -> Result<()> {
    let Visit { world, browser } = visit;
    let client = world.client();
    browser.open(world, &client, "#/orders").await?;
    browser.show_on(Screen::SmallPhone, "light").await?;
    let order = client.accept(MODEST).await?;
    client.ended(&order).await?;
    browser
        .sees(".orders .outcome[data-status=confirmed]", "USDC")
        .await?;

    let found = browser.run(BREAK_AMOUNTS).await?;

    ensure!(
        found == serde_json::json!([1, 1, 0]),
        "lines of what was sold and of what was received, and pixels too wide: {found}"
    );
    browser.check_console().await
}

pub(super) async fn the_keyboard_alone_places_an_order_and_reads_it(
    visit: &mut Visit,
) -> Result<()> {
    let Visit { world, browser } = visit;
    let client = world.client();
    browser.open(world, &client, "#/").await?;
    let (tab, enter) = ("\u{e004}", "\u{e007}");

    browser.press(tab).await?;
    ensure!(
        browser.value("document.activeElement.id").await? == "skip",
        "the way past the header is first"
    );
    for _ in 0..3 {
        browser.press(tab).await?;
    }
    browser.press(enter).await?;
    browser
        .until(
            "document.activeElement.matches('h1') && document.title.startsWith('Orders')",
            "the new screen's heading has the focus",
        )
        .await?;
    browser
        .until("document.querySelector('#f-amount')", "the form")
        .await?;
    browser.press(tab).await?;
    browser.press(tab).await?;
    ensure!(browser.value("document.activeElement.id").await? == "f-amount");
    browser.press(enter).await?;

    browser.sees(".tracker", "confirmed").await?;
    browser.sees(".orders tbody tr", "confirmed").await?;
    browser
        .run("document.querySelector('.row-link').focus()")
        .await?;
    browser.press(enter).await?;
    browser
        .until(
            "document.querySelectorAll('.stage').length === 5",
            "the order's page",
        )
        .await?;
    browser.check_console().await
}

pub(super) async fn the_chosen_theme_outlives_a_reload(visit: &mut Visit) -> Result<()> {
    let Visit { world, browser } = visit;
    let client = world.client();
    browser.open(world, &client, "#/").await?;
    let ground = "getComputedStyle(document.body).backgroundColor";
    let light = browser.value(ground).await?;

    browser.click("#theme-button").await?;
    browser.sees("#theme-button", "light").await?;
    browser.click("#theme-button").await?;
    browser.sees("#theme-button", "dark").await?;
    browser.run("location.reload()").await?;
    browser.sees("#theme-button", "dark").await?;

    ensure!(browser.value(ground).await? != light);
    browser.check_console().await
}
