//! `@solana/web3.js` and `@solana/spl-token`, unchanged. They need Node and its packages: `scripts/test` installs both.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use sim_chain::cluster::Settings;
use sim_chain::node::http;
use tokio::process::Command;

use super::served::serve_on;

/// Fast enough for a test, slow enough for tools that look twice a second.
const SETTINGS: Settings = Settings {
    latency_scale: 0.25,
    finality_blocks: 4,
    rent: sim_chain::bank::Rent {
        lamports_per_byte: 6_960,
    },
};
/// Ports whose next one is free as well.
const PORTS: std::ops::Range<u16> = 19_000..19_999;

/// Where `scripts/test` puts the packages: beside what cargo builds, with the lock file that they come from.
fn packages(tools: &Path) -> PathBuf {
    let program = std::env::current_exe().unwrap();
    let target = program.ancestors().nth(3).unwrap();
    let packages = target.join("solana-tools");
    let lock = |folder: &Path| std::fs::read(folder.join("package-lock.json")).ok();
    assert!(
        lock(tools) == lock(&packages) && packages.join("node_modules").is_dir(),
        "the packages of {} are not in {}; run scripts/test, which installs them",
        tools.display(),
        packages.display()
    );
    packages
}

#[tokio::test]
async fn real_tools_work_unchanged() {
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tools");
    let packages = packages(&tools);
    let start = u16::try_from(std::process::id() % 500).unwrap() * 2;
    let listeners = (PORTS.start + start..PORTS.end)
        .step_by(2)
        .find_map(|port| {
            http::listen("127.0.0.1", port)
                .ok()
                .filter(|listeners| listeners.len() == 2)
        });
    let node = serve_on(SETTINGS, listeners.expect("two free ports side by side"));

    let ended = Command::new("node")
        .arg(tools.join("tools.cjs"))
        .arg(&node.url)
        .env("NODE_PATH", packages.join("node_modules"))
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .expect("Node runs the tools; scripts/test installs it");

    let said = String::from_utf8_lossy(&ended.stdout);
    let complained = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "{said}\n{complained}");
    assert!(said.ends_with("all done\n"), "{said}\n{complained}");
}
