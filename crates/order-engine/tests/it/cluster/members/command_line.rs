//! `scripts/cluster` as its users call it: its commands one after the other, over processes whose settings
//! are those of the containers.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Output;

use anyhow::{Context, Result, ensure};
use cluster::e2e::suites::SOL_FOR_USDC;
use cluster::e2e::{Target, load};
use cluster::program::binary;
use cluster::{Cluster, settings};
use serde_json::Value;
use tokio::process::Command;

use crate::run::run;

/// Everything of it starts or ends within, also on a busy machine.
const LIMIT: std::time::Duration = std::time::Duration::from_secs(120);
/// Set over the files: the orders of this test are quick.
const OWN: (&str, &str) = ("SIM_LATENCY_SCALE", "0.01");

fn working_copy() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// The command line over a folder of its own. What it started ends with it.
struct Shell {
    folder: tempfile::TempDir,
}

impl Shell {
    fn new() -> Result<Self> {
        Ok(Self {
            folder: tempfile::tempdir().context("make a folder")?,
        })
    }

    fn cluster(&self) -> std::path::PathBuf {
        self.folder.path().join("cluster")
    }

    async fn output(&self, arguments: &[&str]) -> Result<Output> {
        let mut command = Command::new(binary("cluster"));
        let kept = ["PATH", "HOME", "TMPDIR"];
        let kept = kept.map(|name| (name, std::env::var_os(name)));
        command
            .args(arguments)
            .env_clear()
            .envs(
                kept.into_iter()
                    .filter_map(|(name, value)| Some((name, value?))),
            )
            .env(OWN.0, OWN.1)
            .env("CLUSTER_DIR", self.cluster())
            .current_dir(working_copy())
            .kill_on_drop(true);
        let ended = tokio::time::timeout(LIMIT, command.output()).await;
        ended
            .context("it does not end")?
            .context("it does not start")
    }

    async fn run(&self, arguments: &[&str]) -> Result<String> {
        let output = self.output(arguments).await?;
        let error = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{arguments:?}: {error}");
        Ok(String::from_utf8(output.stdout)?)
    }

    async fn status(&self) -> Result<Value> {
        let line = self.run(&["status", "--json"]).await?;
        serde_json::from_str(&line).context("read the status")
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        // A test that failed in the middle.
        if let Ok(state) = Cluster::at(self.cluster()).state() {
            let all = state.names();
            for member in all.iter().filter_map(|name| state.named(name)) {
                member.kill();
            }
        }
    }
}

fn pids(status: &Value, kind: &str) -> Vec<u64> {
    let members = status[kind].as_array().into_iter().flatten();
    members
        .filter_map(|member| member["pid"].as_u64())
        .collect()
}

fn environment_of(pid: u64) -> Result<BTreeMap<String, String>> {
    let bytes = std::fs::read(format!("/proc/{pid}/environ")).context("read an environment")?;
    let entries = bytes.split(|byte| *byte == 0);
    let pairs = entries.filter_map(|entry| {
        let (name, value) = std::str::from_utf8(entry).ok()?.split_once('=')?;
        Some((name.to_owned(), value.to_owned()))
    });
    Ok(pairs.collect())
}

#[tokio::test]
async fn a_cluster_comes_up_grows_and_goes_down_by_its_command_line() -> Result<()> {
    let shell = Shell::new()?;

    let table = shell
        .run(&["up", "--gateways", "1", "--workers", "1"])
        .await?;

    let status = shell.status().await?;
    for kind in ["sim", "redis", "postgres"] {
        let (url, pid) = (&status[kind]["url"], &status[kind]["pid"]);
        ensure!(url.is_string() && pid.is_u64(), "{kind}: {status}");
        ensure!(
            table.contains(kind) && table.contains(&pid.to_string()),
            "{table}"
        );
    }
    ensure!(status["workers"][0]["id"].is_string(), "{status}");
    check_settings(&status)?;

    let grown = shell
        .run(&["scale", "--workers", "2", "--gateways", "2"])
        .await?;
    ensure!(
        grown.contains("worker-2") && grown.contains("gateway-2"),
        "{grown}"
    );
    let status = shell.status().await?;
    ensure!(
        pids(&status, "workers").len() == 2 && pids(&status, "gateways").len() == 2,
        "{status}"
    );
    check_settings(&status)?;
    let gateways = status["gateways"].as_array().context("gateways")?.iter();
    let urls = gateways.filter_map(|gateway| Some(gateway["url"].as_str()?.to_owned()));
    let target = Target::new(urls.collect());
    load::run(&target, 8, SOL_FOR_USDC).await?;
    let (newest, few) = (target.url(1, ""), ["--count", "5"]);
    let simulate = [&["simulate", "--base-url", newest.as_str()], &few[..]].concat();
    let simulated = run(shell.folder.path(), &simulate, &[]).await;
    ensure!(simulated.code == Some(0), "{simulated:?}");
    let said = shell.run(&["logs", "worker-1"]).await?;
    ensure!(said.contains("takes orders"), "{said}");
    let unknown = shell.output(&["logs", "worker-9"]).await?;
    let error = String::from_utf8_lossy(&unknown.stderr).into_owned();
    ensure!(
        !unknown.status.success() && error.contains("worker-2"),
        "{error}"
    );

    shell.run(&["down"]).await?;
    for kind in ["workers", "gateways"] {
        for pid in pids(&status, kind) {
            ensure!(
                environment_of(pid).map_or(true, |left| left.is_empty()),
                "{pid} lives"
            );
        }
    }
    let nothing = shell.status().await?;
    ensure!(
        pids(&nothing, "workers").is_empty() && nothing["postgres"].is_null(),
        "{nothing}"
    );
    ensure!(!shell.cluster().exists(), "its folder is left");
    Ok(())
}

/// Every gateway and worker has what the containers are given, and over it what this test sets.
fn check_settings(status: &Value) -> Result<()> {
    let own = [(OWN.0.to_owned(), OWN.1.to_owned())];
    let expected = settings::variables(working_copy(), own)?;
    ensure!(expected.len() > 10, "{expected:?}");
    for pid in [pids(status, "gateways"), pids(status, "workers")].concat() {
        let environment = environment_of(pid)?;
        for (name, value) in &expected {
            ensure!(environment.get(name) == Some(value), "{pid}: {name}");
        }
    }
    Ok(())
}
