//! What every process has around its own work, over real sockets and a real store.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod backend;
mod keys;
mod status;
mod world;

use std::path::Path;

use clap::Parser;
use config::{Config, args};

#[derive(Debug, Parser)]
struct Program {
    #[command(flatten)]
    config: Config,
}

/// Settings over a folder, with these flags beside.
fn config(folder: &Path, flags: &[&str]) -> Config {
    let folder = format!("--data-dir={}", folder.display());
    let all = ["program", &folder]
        .into_iter()
        .chain(flags.iter().copied());
    let program: Program = args::parse_flags(all.map(Into::into)).unwrap();
    program.config
}
