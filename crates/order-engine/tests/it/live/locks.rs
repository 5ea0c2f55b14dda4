//! Case 43 of FAILURES.md: what would trade with the wrong key, on the wrong cluster, or for everybody, does not start,
//! and says why in one line.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use anyhow::{Context, Result, ensure};
use cluster::engine::Engine;
use cluster::{Chain, KeyFile};

use crate::run::{Ran, run};
use crate::world::LIVE_CHAIN;

const OTHER: &str = "So11111111111111111111111111111111111111112";

/// Runs `serve` in a new folder with these variables instead of those with which it would start.
async fn serve(folder: &Path, node: &str, wallet: &KeyFile, changed: &[(&str, &str)]) -> Ran {
    let mut usual = wallet.live_on(node);
    usual.extend([("PORT", "0".to_owned()), ("RUST_LOG", "off".to_owned())]);
    let variables = super::with(&usual, changed);
    run(folder, &["serve"], &variables).await
}

#[track_caller]
fn check_refused(ran: &Ran, code: i32, parts: &[&str]) {
    assert_eq!(ran.code, Some(code), "{ran:?}");
    assert_eq!(ran.stderr.lines().count(), 1, "{ran:?}");
    assert_eq!(ran.stdout, "", "{ran:?}");
    for part in parts {
        assert!(ran.stderr.contains(part), "{part}: {ran:?}");
    }
}

#[tokio::test]
async fn what_is_missing_or_forbidden_is_said_in_one_line() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let wallet = KeyFile::make(&folder.path().join("wallet.json"))?;
    let nobody = "http://127.0.0.1:1";
    for (changed, parts) in [
        (
            &[("SOLANA_RPC_URL", "")][..],
            &["SOLANA_RPC_URL is not set"][..],
        ),
        (&[("SOLANA_CLUSTER", "")], &["SOLANA_CLUSTER is not set"]),
        (&[("WALLET", "")], &["WALLET is not set"]),
        (&[("WALLET", "unix:")], &["WALLET", "unix:PATH"]),
        (&[("WALLET_KEY", "abc")], &["WALLET and WALLET_KEY"]),
        (
            &[
                ("SOLANA_CLUSTER", "mainnet-beta"),
                ("TRADING", "enabled"),
                ("WALLET_ADDRESS", OTHER),
            ],
            &["SPEND_LIMITS", "a limit for *"],
        ),
        (
            &[("HOST", "0.0.0.0")],
            &["HOST=0.0.0.0", "API_KEYS and ADMIN_KEY"],
        ),
        (&[("HOST", "0.0.0.0"), ("API_KEYS", "a:b")], &["ADMIN_KEY"]),
        (
            &[("WALLET_ADDRESS", OTHER)],
            &["WALLET_ADDRESS", &wallet.address],
        ),
    ] {
        check_refused(
            &serve(folder.path(), nobody, &wallet, changed).await,
            2,
            parts,
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_key_that_others_can_take_ends_the_program() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let nobody = "http://127.0.0.1:1";
    let wallet = KeyFile::make(&folder.path().join("wallet.json"))?;
    let secret = wallet.text()?;
    let refused = async |wallet: &KeyFile, parts: &[&str]| {
        let ran = serve(folder.path(), nobody, wallet, &[]).await;
        check_refused(&ran, 2, parts);
        assert!(!ran.stderr.contains(&secret), "{ran:?}");
    };

    let link = folder.path().join("link.json");
    symlink(&wallet.path, &link)?;
    let linked = KeyFile {
        path: link,
        ..wallet.clone()
    };
    refused(&linked, &["link.json", "is a link"]).await;
    fs::set_permissions(&wallet.path, Permissions::from_mode(0o640))?;
    refused(&wallet, &["wallet.json", "mode 640", "chmod 600"]).await;
    fs::set_permissions(&wallet.path, Permissions::from_mode(0o600))?;
    let other = KeyFile::make(&folder.path().join("other.json"))?.text()?;
    let mixed: Vec<u8> = serde_json::from_str(&secret)?;
    let other: Vec<u8> = serde_json::from_str(&other)?;
    let halves = mixed.iter().take(32).chain(other.iter().skip(32));
    fs::write(&wallet.path, format!("{:?}", halves.collect::<Vec<_>>()))?;
    refused(&wallet, &["wallet.json", "not its secret key's"]).await;
    Ok(())
}

#[tokio::test]
async fn a_cluster_that_is_not_the_named_one_ends_the_program() -> Result<()> {
    let chain = Chain::start(&LIVE_CHAIN).await?;
    let wallet = chain.wallet("wallet").await?;
    let folder = tempfile::tempdir()?;

    for cluster in ["devnet", "testnet"] {
        let changed = [("SOLANA_CLUSTER", cluster)];
        let ran = serve(folder.path(), chain.url(), &wallet, &changed).await;

        let named = format!("SOLANA_CLUSTER={cluster}");
        check_refused(&ran, 1, &["genesis hash", &named]);
    }
    Ok(())
}

#[tokio::test]
async fn a_store_belongs_to_one_mode() -> Result<()> {
    let chain = Chain::start(&LIVE_CHAIN).await?;
    let wallet = chain.wallet("wallet").await?;
    let beside = [("SIM_CHAIN_URL", chain.url())];
    let mut engine = Engine::start(&beside).await?;
    ensure!(engine.stop().await? == Some(0));
    let data_dir = engine.data_dir();
    let data_dir = data_dir.to_str().context("a path")?;
    let here = [("DATA_DIR", data_dir)];

    // The same cluster, and yet another mode.
    let ran = serve(&std::env::temp_dir(), chain.url(), &wallet, &here).await;

    check_refused(&ran, 1, &["mode sim", "mode live", "--rebind"]);
    let live = wallet.live_on(chain.url());
    let variables = super::with(&live, &here);
    let rebound = run(&std::env::temp_dir(), &["migrate", "--rebind"], &variables).await;
    ensure!(rebound.code == Some(0), "{rebound:?}");
    Ok(())
}
