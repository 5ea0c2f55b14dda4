//! What `SIM_RPC_PORT` shows, and what the settings of the simulated cluster do to it.

use anyhow::{Context, Result, ensure};
use cluster::e2e::suites::SOL_FOR_USDC;
use cluster::e2e::{Target, socket, text};
use serde_json::{Value, json};
use sim_chain::cluster::GENESIS_HASH;

use super::{Node, engine_and_node};

#[tokio::test]
async fn the_port_of_the_chain_shows_its_health_its_genesis_and_every_swap() -> Result<()> {
    let (engine, node) = engine_and_node(&[]).await?;
    let target = Target::new(vec![engine.url("")]);
    let order = target.accept(0, SOL_FOR_USDC).await?;
    let followed = socket::follow(&target.ws_url(0, &format!("/ws/orders/{order}"))).await?;
    let last = followed.messages.last().context("an event")?;
    ensure!(last["status"] == "confirmed", "{last}");

    ensure!(node.call("getHealth", json!([])).await? == "ok");
    let genesis = node.call("getGenesisHash", json!([])).await?;
    ensure!(genesis == GENESIS_HASH.to_string(), "{genesis}");
    let told = node.transaction(text(last, "txHash")?).await?;
    ensure!(told["meta"]["err"].is_null(), "{told}");
    ensure!(
        told["meta"]["fee"] == last["receipt"]["feeLamports"],
        "{told} for {last}"
    );
    ensure!(told["slot"] == last["receipt"]["slot"], "{told} for {last}");
    let pool = text(last, "poolAddress").or_else(|_| text(&last["route"][0], "poolAddress"))?;
    let named = told["transaction"]["message"]["accountKeys"].as_array();
    let named = named.context("accounts")?.iter();
    ensure!(
        named.clone().any(|key| key["pubkey"] == pool),
        "{pool} is not in {told}"
    );
    Ok(())
}

#[tokio::test]
async fn a_still_market_keeps_its_prices_over_blocks_and_a_moving_one_does_not() -> Result<()> {
    for (market, keeps) in [("still", true), ("moving", false)] {
        let (engine, node) = engine_and_node(&[("SIM_MARKET", market)]).await?;
        let target = Target::new(vec![engine.url("")]);

        let before = prices(&target).await?;
        node.blocks_pass(20).await?;
        let after = prices(&target).await?;

        ensure!(
            (before == after) == keeps,
            "{market}: {before:?}, then {after:?}"
        );
    }
    Ok(())
}

/// What the pools of a pair hold.
async fn prices(target: &Target) -> Result<Vec<(Value, Value)>> {
    let told = target
        .get(0, "/api/pools?tokenIn=SOL&tokenOut=USDC")
        .await?;
    let pools = told["pools"].as_array().context("pools")?.iter();
    let held = pools.map(|pool| (pool["poolAddress"].clone(), pool["price"].clone()));
    let mut held: Vec<_> = held.collect();
    held.sort_by_key(|(address, _)| address.to_string());
    ensure!(held.len() == 4, "{told}");
    Ok(held)
}

impl Node {
    pub(super) async fn blocks_pass(&self, count: u64) -> Result<()> {
        let height = async || {
            let height = self.call("getBlockHeight", json!([])).await?;
            height.as_u64().context("a height")
        };
        let end = height().await? + count;
        while height().await? < end {
            tokio::time::sleep(crate::world::caller::POLL).await;
        }
        Ok(())
    }
}
