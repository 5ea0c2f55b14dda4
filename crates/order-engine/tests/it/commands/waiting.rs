//! Orders that wait for a condition, from the command line.

use anyhow::{Context, Result};
use cluster::e2e::text;
use serde_json::json;

use super::Shell;
use crate::run::Ran;
use crate::world::World;

/// A shell's answer, which tells all of this.
fn check_tells(told: &Ran, parts: &[&str]) {
    assert_eq!(told.code, Some(0), "{told:?}");
    for part in parts {
        assert!(told.stdout.contains(part), "{part}: {told:?}");
    }
}

pub(crate) async fn orders_that_wait_are_submitted_listed_and_changed(
    world: &mut World,
) -> Result<()> {
    let shell = Shell::of(world.client());
    let born = json!({"dex": "raydium", "pool": "cpmm", "mintOnly": true}).to_string();
    let born = world
        .operator()
        .call("POST", "/api/sim/launch", &[], Some(&born))
        .await?
        .json()?;
    let mint = text(&born, "mint")?;
    let submit = async |args: &[&str]| -> Result<String> {
        let args = [&["submit", "SOL"], args, &["--detach", "--json"]].concat();
        let accepted = shell.run(&args).await.json();
        Ok(text(&accepted[0], "orderId")?.to_owned())
    };
    let limit = submit(&["USDC", "1", "--limit", "100000"]).await?;
    let stop = submit(&["USDC", "1", "--stop", "1", "--oco-group", "exit"]).await?;
    let profit = ["USDC", "1", "--take-profit", "99999", "--oco-group", "exit"];
    let profit = submit(&profit).await?;
    let trail = submit(&["USDC", "1", "--trail", "500", "--activation", "99998"]).await?;
    let gates = [
        "--min-liquidity",
        "20",
        "--max-fee-bps",
        "300",
        "--require-renounced",
    ];
    let sniper = submit(&[&[mint, "0.5", "--snipe"], &gates[..]].concat()).await?;

    let listed = shell
        .run(&["orders", "list", "--waiting", "--json"])
        .await
        .json();
    let mut ids = Vec::new();
    for order in listed[0]["orders"].as_array().context("orders")? {
        ids.push(text(order, "orderId")?.to_owned());
    }
    assert_eq!(ids, [&*sniper, &trail, &profit, &stop, &limit]);
    let shown = async |id: &str| shell.run(&["orders", "show", id]).await;
    check_tells(&shown(&limit).await, &["limit", "100000"]);
    check_tells(&shown(&stop).await, &["stop", "exit"]);
    check_tells(&shown(&trail).await, &["500 bps", "99998"]);
    check_tells(
        &shown(&sniper).await,
        &["holds 20 SOL", "charges 300 bps at most", "token renounced"],
    );

    let changed = shell
        .run(&["orders", "change", &limit, "--limit", "100001"])
        .await;
    check_tells(&changed, &["100001"]);
    let changed = shell
        .run(&["orders", "change", &sniper, "--min-liquidity", "7"])
        .await;
    check_tells(&changed, &["7 SOL"]);
    let foreign = shell
        .run(&["orders", "change", &limit, "--trail", "5"])
        .await;
    assert_eq!(foreign.code, Some(1), "{foreign:?}");
    for id in ids {
        check_tells(&shell.run(&["orders", "cancel", &id]).await, &["cancelled"]);
    }
    Ok(())
}
