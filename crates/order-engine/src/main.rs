//! The all-in-one engine and its command line. The two programs of a cluster are in `bin/`.
//!
//! Begin with `engine.rs`, how the parts make one engine; `cli.rs` lists the commands.

mod arguments;
mod batch;
mod board;
mod cli;
mod commands;
mod competition;
mod connection;
mod engine;
mod exit;
mod lifecycle;
mod node;
mod output;
mod replay;
mod waits;

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: bootstrap::MiMalloc = bootstrap::MiMalloc;

fn main() -> ExitCode {
    let arguments = cli::with_default_command(std::env::args_os());
    match config::args::parse::<cli::Cli>(arguments) {
        Ok(cli) => bootstrap::runtime::run(async { exit::code_of(Box::pin(cli.run()).await) }),
        Err(stop) => stop.report(),
    }
}
