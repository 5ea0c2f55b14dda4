//! Which pools an engine uses, as its operators set it.

use anyhow::{Context, Result, ensure};
use cluster::e2e::suites::SOL_FOR_USDC;
use cluster::e2e::{Target, socket, text};
use cluster::engine::Engine;
use cluster::http::http;
use serde_json::Value;

async fn pools(engine: &Engine) -> Result<Vec<Value>> {
    let url = engine.url("/api/pools?tokenIn=SOL&tokenOut=USDC");
    let answer: Value = http().get(url).send().await?.json().await?;
    let pools = answer["pools"].as_array();
    Ok(pools.with_context(|| answer.to_string())?.clone())
}

/// The events of an order.
async fn followed(engine: &Engine) -> Result<Vec<Value>> {
    let target = Target::new(vec![engine.url("")]);
    let order = target.accept(0, SOL_FOR_USDC).await?;
    let url = target.ws_url(0, &format!("/ws/orders/{order}"));
    Ok(socket::follow(&url).await?.messages)
}

#[tokio::test]
async fn where_a_file_names_pools_no_others_are_used() -> Result<()> {
    let engine = Engine::start(&[]).await?;
    let all = pools(&engine).await?;
    drop(engine);
    let named = all.iter().find(|pool| pool["pool"] == "damm_v2");
    let named = text(named.context("a pool")?, "poolAddress")?;
    let file = tempfile::NamedTempFile::new()?;
    // A mint is no pool, and is left out.
    let usdc = "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v";
    std::fs::write(file.path(), format!("# ours\n{named}\n{usdc}\n"))?;
    let path = file.path().display().to_string();

    let engine = Engine::start(&[("POOLS_FILE", &path)]).await?;

    let known = pools(&engine).await?;
    ensure!(all.len() > 1 && known.len() == 1, "{known:?}");
    ensure!(
        known[0]["poolAddress"] == named && known[0]["usable"] == true,
        "{known:?}"
    );
    let events = followed(&engine).await?;
    let last = events.last().context("an event")?;
    ensure!(last["status"] == "confirmed", "{events:?}");
    ensure!(last["route"][0]["poolAddress"] == named, "{last}");
    Ok(())
}

#[tokio::test]
async fn a_pool_that_holds_too_little_says_so_and_no_order_goes_there() -> Result<()> {
    let engine = Engine::start(&[("POOL_MIN_DEPTH", "SOL:1000000000")]).await?;

    let known = pools(&engine).await?;
    let events = followed(&engine).await?;
    let url = engine.url("/api/quotes?tokenIn=SOL&tokenOut=USDC&amount=1");
    let quotes: Value = http().get(url).send().await?.json().await?;

    for pool in &known {
        let reason = text(pool, "reason")?;
        ensure!(pool["usable"] == false, "{pool}");
        ensure!(
            reason.contains("less than the 1000000000 it must hold"),
            "{reason}"
        );
    }
    let last = events.last().context("an event")?;
    ensure!(
        last["status"] == "failed" && last["errorCode"] == "no_pool",
        "{last}"
    );
    ensure!(last["attempt"] == 1, "{last}");
    ensure!(quotes["issues"][0]["code"] == "thin_pool", "{quotes}");
    Ok(())
}

#[tokio::test]
async fn pools_whose_price_somebody_has_moved_are_left_out_until_it_is_back() -> Result<()> {
    let engine =
        Engine::start(&[("POOL_MAX_DEVIATION_BPS", "1000"), ("SIM_MARKET", "still")]).await?;
    let all = pools(&engine).await?;
    ensure!(all.iter().all(|pool| pool["usable"] == true), "{all:?}");
    // Not the deepest, which is never refused for its price.
    let moved = all
        .iter()
        .rfind(|pool| pool["pool"] != "dlmm")
        .context("a pool")?;
    let (address, depth) = (text(moved, "poolAddress")?, text(moved, "depthIn")?);
    let whole: u64 = depth.split('.').next().unwrap_or_default().parse()?;
    let body =
        serde_json::json!({"pool": address, "tokenIn": "SOL", "amount": (whole / 5).to_string()});

    let traded = http()
        .post(engine.url("/api/sim/trade"))
        .json(&body)
        .send()
        .await?;
    ensure!(traded.status().is_success(), "{}", traded.text().await?);

    let refused = testkit::contract::eventually("the pool to be refused", || async {
        let known = pools(&engine).await.ok()?;
        let pool = known.iter().find(|pool| pool["poolAddress"] == address)?;
        (pool["usable"] == false).then(|| pool["reason"].clone())
    });
    let reason = refused.await;
    let reason = reason.as_str().context("a reason")?;
    ensure!(
        reason.contains("bps from that of the pair's other pools"),
        "{reason}"
    );
    Ok(())
}
