//! `order-engine doctor`: a line for each thing that stands between a configuration and a trade, and its exit code.

use anyhow::{Context, Result, ensure};
use cluster::{Chain, KeyFile};
use serde_json::{Value, json};

use crate::run::{Ran, run};
use crate::world::LIVE_CHAIN;

/// A secret as providers put it into addresses.
const SECRET: &str = "hunter2";

struct Given {
    chain: Chain,
    wallet: KeyFile,
}

impl Given {
    async fn new() -> Result<Self> {
        let chain = Chain::start(&LIVE_CHAIN).await?;
        let wallet = chain.wallet("wallet").await?;
        Ok(Self { chain, wallet })
    }

    async fn doctor(&self, args: &[&str], changed: &[(&str, &str)]) -> Ran {
        let usual = self.wallet.live_on(self.chain.url());
        let variables = super::with(&usual, changed);
        let args = [&["doctor"], args].concat();
        run(&std::env::temp_dir(), &args, &variables).await
    }
}

/// The first check about something.
fn check<'a>(report: &'a Value, about: &str) -> Result<&'a Value> {
    let mut checks = report["checks"].as_array().context("checks")?.iter();
    let found = checks.find(|check| {
        check["about"]
            .as_str()
            .is_some_and(|it| it.starts_with(about))
    });
    found.with_context(|| format!("nothing about {about} in {report}"))
}

#[tokio::test]
async fn a_configuration_that_can_trade_is_said_to_be_ready() -> Result<()> {
    let given = Given::new().await?;

    let ran = given.doctor(&["SOL", "USDC", "1.5", "--json"], &[]).await;

    ensure!(ran.code == Some(0), "{ran:?}");
    let report = ran.json().remove(0);
    ensure!(report["ready"] == true, "{report}");
    for about in [
        "settings",
        given.chain.url(),
        "key",
        "wallet",
        "pools",
        "transaction",
    ] {
        ensure!(check(&report, about)?["state"] == "ok", "{report}");
    }
    let endpoint = &check(&report, given.chain.url())?["facts"];
    ensure!(
        endpoint["heightIsHonest"] == true && endpoint["lacks"] == json!([]),
        "{endpoint}"
    );
    ensure!(endpoint["slot"].as_u64() > Some(0), "{endpoint}");
    let wallet = &check(&report, "wallet")?["facts"];
    ensure!(
        wallet["address"] == given.wallet.address.as_str(),
        "{wallet}"
    );

    // It could trade, and nothing would bound a loss.
    let limits = check(&report, "limits")?;
    ensure!(limits["state"] == "warning", "{limits}");

    let limits = ("SPEND_LIMITS", "SOL:5/order,*:0/order");
    let text = given.doctor(&[], &[limits]).await;
    ensure!(text.code == Some(0), "{text:?}");
    let lines: Vec<&str> = text.stdout.lines().collect();
    ensure!(
        lines.len() == 7 && lines.iter().all(|line| line.starts_with("ok ")),
        "{text:?}"
    );
    Ok(())
}

#[tokio::test]
async fn what_stands_in_the_way_is_said_with_what_to_do() -> Result<()> {
    let given = Given::new().await?;
    let poor =
        KeyFile::make(&std::env::temp_dir().join(format!("poor-{}.json", given.wallet.address)))?;
    let poor_path = poor.path.display().to_string();
    for (changed, about, told) in [
        (
            ("SOLANA_CLUSTER", "devnet"),
            given.chain.url(),
            "genesis hash",
        ),
        (
            ("SOLANA_CLUSTER", "mainnet-beta"),
            "settings",
            "SPEND_LIMITS",
        ),
        (("WALLET", ""), "key", "none here"),
        (("WALLET", poor_path.as_str()), "wallet", "holds 0 SOL"),
        (("WALLET", poor_path.as_str()), "transaction", "would fail"),
        (
            ("SPEND_LIMITS", "SOL:0.009999999/order"),
            "limits",
            "one order may sell 0.009999999 SOL",
        ),
        (("SPEND_LIMITS", "*:0/day"), "limits", "one day may sell 0"),
        (
            ("SOLANA_RPC_URL", "http://127.0.0.1:1"),
            "http://127.0.0.1:1",
            "did not answer",
        ),
    ] {
        let ran = given.doctor(&["--json"], &[changed]).await;

        ensure!(ran.code == Some(1), "{changed:?}: {ran:?}");
        let report = ran.json().remove(0);
        ensure!(report["ready"] == false, "{changed:?}: {report}");
        let check = check(&report, about)?;
        let detail = check["detail"].as_str().context("a detail")?;
        ensure!(
            check["state"] == "failed" && detail.contains(told),
            "{changed:?}: {check}"
        );
        ensure!(check["advice"].is_string(), "{changed:?}: {check}");
    }
    std::fs::remove_file(&poor.path)?;
    Ok(())
}

#[tokio::test]
async fn a_mint_that_no_list_names_is_asked_of_the_cluster() -> Result<()> {
    const BONK: &str = "DezXAZ8z7PnrnRJjz3wXBoRgixCa6xjnB7YaB1pPB263";
    let given = Given::new().await?;
    let folder = tempfile::tempdir()?;
    let list = folder.path().join("tokens.json");
    let sol = "So11111111111111111111111111111111111111112";
    let listed = json!([{"address": sol, "symbol": "SOL", "name": "Solana", "decimals": 9}]);
    std::fs::write(&list, listed.to_string())?;
    let list = list.display().to_string();
    let list = ("TOKEN_LIST", list.as_str());

    let mint = given.doctor(&["SOL", BONK, "--json"], &[list]).await;
    let symbol = given.doctor(&["SOL", "BONK"], &[list]).await;
    let no_mint = given.doctor(&["SOL", &given.wallet.address], &[list]).await;

    ensure!(mint.code == Some(0), "{mint:?}");
    let report = mint.json().remove(0);
    ensure!(check(&report, "pools")?["state"] == "ok", "{report}");
    for (ran, said) in [(&symbol, "not in the token list"), (&no_mint, "is no mint")] {
        let is_said = ran.stderr.contains(said);
        ensure!(ran.code == Some(2) && is_said, "{ran:?}");
    }
    Ok(())
}

#[tokio::test]
async fn an_endpoint_that_lies_of_its_height_is_none_to_trade_with_and_one_that_is_away_is_done_without()
-> Result<()> {
    let given = Given::new().await?;
    let both = format!(
        "http://127.0.0.1:1/{SECRET},{}/?api-key={SECRET}",
        given.chain.url()
    );

    let ran = given
        .doctor(&["--json"], &[("SOLANA_RPC_URL", &both)])
        .await;

    ensure!(
        !ran.stdout.contains(SECRET) && !ran.stderr.contains(SECRET),
        "{ran:?}"
    );
    let report = ran.json().remove(0);
    let away = check(&report, "http://127.0.0.1:1")?;
    ensure!(away["state"] == "warning", "{report}");
    ensure!(ran.code == Some(0), "{report}");

    given
        .chain
        .let_go_wrong(&json!({"heightIsSlot": true}))
        .await?;
    let ran = given.doctor(&["--json"], &[]).await;

    let report = ran.json().remove(0);
    let lying = check(&report, given.chain.url())?;
    ensure!(
        lying["state"] == "failed" && lying["facts"]["heightIsHonest"] == false,
        "{report}"
    );
    ensure!(
        ran.code == Some(1),
        "no order gets a blockhash from it: {report}"
    );
    Ok(())
}

#[tokio::test]
async fn in_sim_nothing_stands_in_the_way() -> Result<()> {
    let ran = run(&std::env::temp_dir(), &["doctor", "--json"], &[]).await;

    ensure!(ran.code == Some(0), "{ran:?}");
    ensure!(ran.json()[0]["ready"] == true, "{ran:?}");
    Ok(())
}
