//! What orders may spend, on a whole engine (FAILURES.md, case 44).

use anyhow::{Context, Result};
use serde_json::{Value, json};
use testkit::contract::eventually;

use crate::run::run;
use crate::world::{STILL, Settings, World};

/// Receipts of repeated orders do not say what the first attempt paid, so none may have to be repeated.
const LIMITED: Settings = &[
    STILL,
    (
        "SPEND_LIMITS",
        "SOL:2/order,SOL:3/day,*:0/order,fees:0.1/day",
    ),
    ("RETRY_BASE_DELAY_MS", "10"),
];

fn sale(amount: &str) -> String {
    json!({"tokenIn": "SOL", "tokenOut": "USDC", "amount": amount, "slippageBps": 500}).to_string()
}

fn limit<'a>(wallet: &'a Value, token: &str, per: &str) -> &'a Value {
    let mut limits = wallet["limits"].as_array().expect("limits").iter();
    let found = limits.find(|it| (&it["token"], &it["per"]) == (&json!(token), &json!(per)));
    found.expect("the limit is shown")
}

#[tokio::test]
async fn an_engine_spends_what_its_limits_allow_and_shows_it() -> Result<()> {
    let world = World::process(LIMITED).await?;
    let client = world.client();

    let too_large = client.submit(&sale("2.1")).await?;
    let not_named = client
        .submit(r#"{"tokenIn":"USDC","tokenOut":"SOL","amount":"1"}"#)
        .await?;
    for amount in ["1.5", "1.25"] {
        let order = client.accept(&sale(amount)).await?;
        let ended = client.ended(&order).await?;
        assert_eq!(ended["status"], "confirmed", "{ended}");
    }
    let beyond = client.accept(&sale("0.5")).await?;
    let beyond = client.ended(&beyond).await?;
    let fits = client.accept(&sale("0.25")).await?;
    let fits = client.ended(&fits).await?;

    too_large.refusal(422, "spend_limit")?;
    not_named.refusal(422, "spend_limit")?;
    assert_eq!(
        (&beyond["status"], &beyond["errorCode"]),
        (&json!("failed"), &json!("spend_limit"))
    );
    let reason = beyond["errorReason"].as_str().unwrap_or_default();
    let said = "a day may take 3 SOL, of which 2.75 SOL are used, and the order takes 0.5 SOL: there is room";
    assert!(reason.starts_with(said), "{reason}");
    assert_eq!(beyond["txHash"], Value::Null);
    assert_eq!(fits["status"], "confirmed", "{fits}");
    // What every receipt says together, to the lamport.
    let wallet = client.read("/api/wallet").await?;
    assert_eq!(limit(&wallet, "SOL", "day")["used"], "3");
    assert_eq!(limit(&wallet, "SOL", "order")["used"], Value::Null);
    let mut fees = 0;
    for id in client.listed().await? {
        let receipt = &client.order(&id).await?["receipt"];
        let lamports = |name: &str| receipt[name].as_u64().unwrap_or(0);
        fees += lamports("feeLamports") + lamports("rentPaidLamports");
        fees -= lamports("rentReturnedLamports");
    }
    let used = limit(&wallet, "fees", "day")["used"]
        .as_str()
        .unwrap_or_default();
    assert_eq!(used, domain::BaseUnits::new(fees).to_decimal(9));

    let folder = tempfile::tempdir()?;
    let base_url = client.url("");
    let shown = run(
        folder.path(),
        &["wallet"],
        &[("ORDER_ENGINE_URL", &base_url)],
    )
    .await;
    assert!(shown.stdout.contains("3 SOL per day, 3 used"), "{shown:?}");
    assert!(shown.stdout.contains("0 * per order"), "{shown:?}");
    eventually("the gauge to be full", async || {
        let metrics = world.metrics().await.ok()?;
        metrics
            .lines()
            .any(|line| line == r#"spend_limit_used_ratio{wallet="main",token="SOL"} 1"#)
            .then_some(())
    })
    .await;
    let metrics = world.metrics().await?;
    assert!(metrics.contains(r#"spend_limit_refusals_total{of="token"} 1"#));
    Ok(())
}

const EACH: Settings = &[
    ("SPEND_LIMITS", "SOL:1/day,*:0/order"),
    ("WALLETS", "main,second"),
    ("RETRY_BASE_DELAY_MS", "10"),
];

#[tokio::test]
async fn each_wallet_may_spend_the_whole_limit_and_is_reconciled_by_itself() -> Result<()> {
    let world = World::process(EACH).await?;
    let client = world.client();
    let ended = async |wallet: &str, amount: &str| {
        let order = json!({
            "tokenIn": "SOL", "tokenOut": "USDC", "amount": amount, "slippageBps": 500, "wallet": wallet
        });
        let order = client.accept(&order.to_string()).await?;
        client.ended(&order).await
    };
    let (folder, base_url) = (tempfile::tempdir()?, client.url(""));
    let command = async |arguments: &[&str]| {
        let url = [("ORDER_ENGINE_URL", base_url.as_str())];
        run(folder.path(), arguments, &url).await
    };
    let noted = command(&["wallet", "--reconcile", "second"]).await;
    assert_eq!(noted.code, Some(0), "{noted:?}");

    let all = ended("main", "1").await?;
    let beyond = ended("main", "0.5").await?;
    let others = ended("second", "0.5").await?;

    assert_eq!(all["status"], "confirmed", "{all}");
    assert_eq!(beyond["errorCode"], "spend_limit", "{beyond}");
    assert_eq!(others["status"], "confirmed", "{others}");
    for (wallet, used) in [("main", "1"), ("second", "0.5")] {
        let shown = client.read(&format!("/api/wallet?wallet={wallet}")).await?;
        assert_eq!(limit(&shown, "SOL", "day")["used"], used, "{shown}");
        let shown = command(&["wallet", wallet]).await;
        let line = format!("1 SOL per day, {used} used");
        assert!(shown.stdout.contains(&line), "{shown:?}");
    }
    let address = &client.read("/api/wallet?wallet=second").await?["address"];
    let report = command(&["wallet", "--reconcile", "second", "--json"]).await;
    let report: Value = serde_json::from_str(&report.stdout)?;
    assert_eq!(
        (&report["address"], &report["explained"]),
        (address, &json!(true)),
        "{report}"
    );
    let tokens = report["tokens"].as_array().context("tokens")?.iter();
    let usdc: Vec<&Value> = tokens.filter(|it| it["symbol"] == "USDC").collect();
    assert_eq!(usdc.len(), 1, "{report}");
    assert_eq!(usdc[0]["unexplained"], "0", "{report}");
    assert_ne!(usdc[0]["held"], "0", "{report}");
    Ok(())
}
