//! Finds out which commit is built and from which day it is, for `--version`.
//!
//! Outside a working copy (a container's build, an unpacked archive) the builder sets
//! `ORDER_ENGINE_COMMIT` and `ORDER_ENGINE_DATE`. The day is the commit's and not the build's, so that
//! the same commit gives the same bytes.

use std::path::Path;
use std::process::Command;

const COMMIT: &str = "ORDER_ENGINE_COMMIT";
const DATE: &str = "ORDER_ENGINE_DATE";
/// Enough to find a commit by.
const COMMIT_LENGTH: usize = 12;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed={COMMIT}");
    println!("cargo::rerun-if-env-changed={DATE}");
    println!("cargo::rustc-env=ORDER_ENGINE_BUILD={}", build());
}

fn build() -> String {
    if let (Some(commit), Some(date)) = (variable(COMMIT), variable(DATE)) {
        return told(&commit, &date);
    }
    // Watching the commit itself would rebuild every program after each commit.
    if variable("PROFILE").as_deref() == Some("debug") {
        return "debug build".to_owned();
    }
    match commit_of_working_copy() {
        Some((commit, date)) => told(&commit, &date),
        None => "unknown commit".to_owned(),
    }
}

fn told(commit: &str, date: &str) -> String {
    let short: String = commit.chars().take(COMMIT_LENGTH).collect();
    format!("{short} {date}")
}

#[expect(
    clippy::disallowed_methods,
    reason = "a build script is told things by its environment only"
)]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn commit_of_working_copy() -> Option<(String, String)> {
    let root = Path::new(&variable("CARGO_MANIFEST_DIR")?).join("../..");
    // An archive unpacked inside somebody else's working copy has no commit.
    if !root.join(".git").exists() {
        return None;
    }
    for watched in ["HEAD", "logs/HEAD"] {
        let path = git(&root, &["rev-parse", "--git-path", watched])?;
        println!("cargo::rerun-if-changed={}", root.join(path).display());
    }
    let line = git(&root, &["log", "-1", "--format=%H %cs"])?;
    let (commit, date) = line.split_once(' ')?;
    Some((commit.to_owned(), date.to_owned()))
}

fn git(root: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git")
        .arg("-C")
        .arg(root)
        .args(arguments)
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
}
