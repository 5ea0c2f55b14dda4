//! Pools of all four programs compete for every order. A route over a third token may pay more
//! than each of them, so here an order goes from token to token at once.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use cluster::e2e::suites::SOL_FOR_USDC;
use cluster::e2e::{Target, socket, text};
use cluster::engine::Engine;
use serde_json::Value;

#[tokio::test]
async fn an_order_shows_pools_of_all_four_programs_and_takes_the_best() -> Result<()> {
    let engine = Engine::start(&[("ROUTE_MAX_HOPS", "1")]).await?;
    let target = Target::new(vec![engine.url("")]);
    let order = target.accept(0, SOL_FOR_USDC).await?;

    let followed = socket::follow(&target.ws_url(0, &format!("/ws/orders/{order}"))).await?;

    let mut events = followed.messages.iter();
    let building = events.find(|event| event["status"] == "building");
    let building = building.context("a route")?;
    let quotes = building["pools"].as_array().context("pools")?;
    let programs: BTreeSet<&str> = quotes.iter().filter_map(|it| it["pool"].as_str()).collect();
    let all = BTreeSet::from(["amm_v4", "cpmm", "damm_v2", "dlmm"]);
    ensure!(programs == all, "{building}");
    let paid = |quote: &&Value| {
        let amount = quote["amountOut"].as_str().unwrap_or("0");
        domain::BaseUnits::parse(amount, 6).map_or(0, domain::BaseUnits::get)
    };
    let best = quotes.iter().max_by_key(paid).context("pools")?;
    for field in ["dex", "pool"] {
        ensure!(text(best, field)? == text(building, field)?, "{building}");
    }
    Ok(())
}
