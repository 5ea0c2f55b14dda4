//! A store belongs to one cluster: programs of another one refuse it, until an operator gives it to theirs.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use cluster::e2e::Target;
use cluster::e2e::suites::SOL_FOR_USDC;
use cluster::engine::Engine;
use cluster::http::http;
use sim_chain::cluster::GENESIS_HASH;
use tokio::process::Command;

use crate::run::{Ran, run};

/// The genesis hash of no cluster that there is, as a store's row holds it and as people write it.
const FOREIGN: [u8; 32] = [9; 32];
const FOREIGN_TEXT: &str = "cGfHiC6Kgg3FpFZvgwGcswsCRtp4aBP2fzuXRQPizuN";

/// Makes a stopped engine's store one of another cluster, as a copy of that cluster's would be.
async fn give_away(data_dir: &Path) -> Result<()> {
    let script = "import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
changed = db.execute(\"update engine set cluster_mode = 'live', cluster_genesis = ?\", [bytes.fromhex(sys.argv[2])])
assert changed.rowcount == 1
db.commit()";
    let hex: String = FOREIGN.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut python = Command::new("python3");
    python.args(["-c", script]);
    python.arg(data_dir.join("engine.db")).arg(hex);
    let output = python.output().await.context("run python3")?;
    ensure!(output.status.success(), "{output:?}");
    Ok(())
}

async fn program(data_dir: &Path, args: &[&str]) -> Result<Ran> {
    let data_dir = data_dir.to_str().context("a path")?;
    let variables = [("DATA_DIR", data_dir), ("PORT", "0"), ("RUST_LOG", "off")];
    Ok(run(&std::env::temp_dir(), args, &variables).await)
}

#[track_caller]
fn check_refused(ran: &Ran, parts: &[&str]) {
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert_eq!(ran.stderr.lines().count(), 1, "{ran:?}");
    for part in parts {
        assert!(ran.stderr.contains(part), "{part}: {ran:?}");
    }
}

#[tokio::test]
async fn a_store_of_another_cluster_ends_the_program_until_it_is_given_to_this_one() -> Result<()> {
    let mut engine = Engine::start(&[]).await?;
    ensure!(engine.stop().await? == Some(0));
    let data_dir = engine.data_dir();
    give_away(&data_dir).await?;
    let genesis = GENESIS_HASH.to_string();
    let both = ["mode live", FOREIGN_TEXT, "mode sim", &genesis, "--rebind"];

    check_refused(&program(&data_dir, &["serve"]).await?, &both);
    check_refused(&program(&data_dir, &["migrate"]).await?, &both);

    let rebound = program(&data_dir, &["migrate", "--rebind"]).await?;
    assert_eq!(rebound.code, Some(0), "{rebound:?}");
    for part in ["mode live", FOREIGN_TEXT, "mode sim", &genesis] {
        assert!(rebound.stdout.contains(part), "{part}: {rebound:?}");
    }
    let again = program(&data_dir, &["migrate", "--rebind"]).await?;
    assert!(again.stdout.contains("already"), "{again:?}");
    engine.restart().await?;
    let target = Target::new(vec![engine.url("")]);
    target.accept(0, SOL_FOR_USDC).await?;
    Ok(())
}

#[tokio::test]
async fn a_store_with_an_open_order_is_given_to_no_other_cluster() -> Result<()> {
    let mut engine = Engine::start(&[]).await?;
    let target = Target::new(vec![engine.url("")]);
    let paused = http().post(engine.url("/api/admin/pause")).send().await?;
    ensure!(paused.status().is_success(), "{paused:?}");
    target.accept(0, SOL_FOR_USDC).await?;
    ensure!(engine.stop().await? == Some(0));
    let data_dir = engine.data_dir();
    give_away(&data_dir).await?;

    let refused = program(&data_dir, &["migrate", "--rebind"]).await?;

    check_refused(&refused, &["orders are open (1)"]);
    check_refused(&program(&data_dir, &["serve"]).await?, &[FOREIGN_TEXT]);
    Ok(())
}
