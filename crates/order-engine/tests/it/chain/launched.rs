//! Tokens that are born on the simulated cluster, which no token list has.

use anyhow::{Context, Result, ensure};
use cluster::e2e::text;
use cluster::engine::Engine;
use cluster::http::http;
use serde_json::{Value, json};

use super::{Node, engine_and_node};

async fn operate(engine: &Engine, path: &str, body: Value) -> Result<(u16, Value)> {
    let sent = http().post(engine.url(path)).json(&body).send().await?;
    Ok((sent.status().as_u16(), sent.json().await?))
}

async fn trade(engine: &Engine, pool: &str, token_in: &str, amount: &str) -> Result<String> {
    let body = json!({"pool": pool, "tokenIn": token_in, "amount": amount});
    let (status, answer) = operate(engine, "/api/sim/trade", body).await?;
    ensure!(status == 200, "{answer}");
    Ok(text(&answer, "signature")?.to_owned())
}

/// How much of a mint a transaction moved out of a pool's vaults and wallets' accounts, as one sum of what they gave.
async fn given(node: &Node, signature: &str, mint: &str) -> Result<u64> {
    let told = node.transaction(signature).await?;
    ensure!(told["meta"]["err"].is_null(), "{told}");
    let held = |when: &str| -> Result<Vec<(u64, u64)>> {
        let balances = told["meta"][when].as_array().context("balances")?.iter();
        let of_mint = balances.filter(|balance| balance["mint"] == mint);
        of_mint
            .map(|balance| {
                let place = balance["accountIndex"].as_u64().context("a place")?;
                Ok((place, text(&balance["uiTokenAmount"], "amount")?.parse()?))
            })
            .collect()
    };
    let after = held("postTokenBalances")?;
    let lost = held("preTokenBalances")?
        .into_iter()
        .map(|(place, before)| {
            let now = after.iter().find(|(other, _)| *other == place);
            before.saturating_sub(now.map_or(0, |(_, amount)| *amount))
        });
    Ok(lost.sum())
}

#[tokio::test]
async fn a_launched_token_is_bought_and_sold_by_its_mint_in_every_program() -> Result<()> {
    let (engine, node) = engine_and_node(&[]).await?;
    for (dex, pool, decimals) in [
        ("raydium", "cpmm", 6),
        ("raydium", "amm_v4", 9),
        ("meteora", "damm_v2", 0),
        ("meteora", "dlmm", 5),
    ] {
        let born = json!({"dex": dex, "pool": pool, "decimals": decimals, "liquiditySol": "50"});
        let (status, born) = operate(&engine, "/api/sim/launch", born).await?;
        ensure!(status == 200, "{born}");
        let (mint, address) = (text(&born, "mint")?, text(&born, "poolAddress")?);
        node.blocks_pass(2).await?;

        let bought = trade(&engine, address, "SOL", "1").await?;
        let sold = trade(&engine, address, mint, "1000").await?;
        node.blocks_pass(2).await?;

        let out = given(&node, &bought, mint).await?;
        ensure!(out > 0, "{pool}: nothing was bought");
        let units = 1_000 * 10_u64.pow(decimals);
        let given = given(&node, &sold, mint).await?;
        ensure!(given == units, "{pool}: {given} were sold, not {units}");
    }
    Ok(())
}

#[tokio::test]
async fn what_is_no_mint_is_not_traded() -> Result<()> {
    let (engine, _) = engine_and_node(&[]).await?;
    let address = "11111111111111111111111111111112";
    let body = json!({"pool": address, "tokenIn": address, "amount": "1"});

    let (status, problem) = operate(&engine, "/api/sim/trade", body).await?;

    ensure!(
        status == 422 && problem["code"] == "unknown_token",
        "{problem}"
    );
    ensure!(text(&problem, "detail")?.contains("no mint"), "{problem}");
    Ok(())
}
