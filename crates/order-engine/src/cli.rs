//! The commands and their flags.

use std::ffi::OsString;

use clap::{CommandFactory, Parser, Subcommand};
use config::{Config, Signer};

use crate::commands::{
    bench, books, completions, demo, doctor, echo, execution, fills, health, migrate, orders,
    pools, queue, replay, serve, signer, sim_chain, simulate, submit, top, wallet, watch, webhooks,
};
use crate::exit::{MEANINGS, Verdict};

const EXAMPLES: &str = "\
Examples:
  order-engine                        run the engine on 127.0.0.1:3000
  order-engine demo                   see five orders from start to end
  order-engine submit SOL USDC 1.5    swap and follow it
  order-engine orders list            what was ordered lately
  order-engine help submit            more about one command";

/// An order execution engine for swaps on Solana.
#[derive(Debug, Parser)]
#[command(name = "order-engine", version = bootstrap::VERSION, about, after_help = format!("{EXAMPLES}\n\n{MEANINGS}"))]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the whole engine in one process (the default)
    #[command(after_help = serve::EXAMPLES)]
    Serve(Box<Config>),
    /// Watch five orders from start to end on a temporary store
    #[command(after_help = demo::EXAMPLES)]
    Demo(demo::Demo),
    /// Submit an order and follow it to its end
    #[command(after_help = submit::EXAMPLES)]
    Submit(Box<submit::Submit>),
    /// Follow one order, or all of them
    #[command(after_help = watch::EXAMPLES)]
    Watch(watch::Watch),
    /// Submit many orders and follow each
    #[command(after_help = simulate::EXAMPLES)]
    Simulate(simulate::Simulate),
    /// List, show and cancel orders
    #[command(subcommand, after_help = orders::EXAMPLES)]
    Orders(orders::Orders),
    /// The pools of two tokens: what the router would use, and why not the others
    #[command(after_help = pools::EXAMPLES)]
    Pools(pools::Pools),
    /// How well orders were executed lately, by kind of pool
    #[command(after_help = execution::EXAMPLES)]
    Execution(execution::Execution),
    /// Executions with their receipts, as a list or as CSV
    #[command(after_help = fills::EXAMPLES)]
    Fills(Box<fills::Fills>),
    /// Positions and profits, by token, day and wallet
    #[command(after_help = books::EXAMPLES)]
    Books(books::BooksOf),
    /// The wallet that trades, what it holds and may spend
    #[command(after_help = wallet::EXAMPLES)]
    Wallet(wallet::Wallet),
    /// What stands between this configuration and a trade, and what to do about it
    #[command(after_help = doctor::EXAMPLES)]
    Doctor(Box<doctor::Doctor>),
    /// Operate the queue: state, pause, resume, failed orders
    #[command(subcommand, after_help = queue::EXAMPLES)]
    Queue(queue::Queue),
    /// Webhooks that wait for their receiver, and those that were given up
    #[command(subcommand, after_help = webhooks::EXAMPLES)]
    Webhooks(webhooks::Webhooks),
    /// A live view of a running engine
    #[command(after_help = top::EXAMPLES)]
    Top(top::Top),
    /// What routes over recorded pools would have paid
    #[command(after_help = replay::EXAMPLES)]
    Replay(replay::Replay),
    /// Benchmark a separate engine on this machine, next to an echo of the same JSON
    #[command(after_help = bench::EXAMPLES)]
    Bench(bench::Bench),
    /// Answer every body with itself, as fast as the HTTP server can
    #[command(hide = true)]
    Echo,
    /// Upgrade the tables of a store
    #[command(after_help = migrate::EXAMPLES)]
    Migrate(Box<migrate::Migrate>),
    /// Run the simulated cluster that several processes share
    #[command(after_help = sim_chain::EXAMPLES)]
    SimChain(Box<Config>),
    /// Hold the wallet's key in a process of its own that signs only what its rules allow
    #[command(after_help = signer::EXAMPLES)]
    Signer(Box<Signer>),
    /// Tell by the exit code whether a process on this machine lives
    #[command(after_help = health::EXAMPLES)]
    Health(health::Health),
    /// Print shell completions, or the manual page
    #[command(after_help = completions::EXAMPLES)]
    Completions(completions::Completions),
}

/// The arguments, with `serve` inserted if they name no command.
pub(crate) fn with_default_command(arguments: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = arguments.into_iter().collect();
    let names_command = arguments.get(1).is_some_and(|first| {
        let general = ["-h", "--help", "-V", "--version"];
        !first.to_string_lossy().starts_with('-') || general.iter().any(|flag| first == flag)
    });
    if !names_command {
        arguments.insert(arguments.len().min(1), OsString::from("serve"));
    }
    arguments
}

impl Cli {
    /// Runs the command.
    pub(crate) async fn run(self) -> anyhow::Result<Verdict> {
        match self.command {
            Command::Serve(config) => serve::run(*config).await,
            Command::Demo(demo) => demo::run(demo).await,
            Command::Migrate(migrate) => migrate::run(&migrate).await,
            Command::SimChain(config) => sim_chain::run(*config).await,
            Command::Signer(settings) => signer::run(*settings).await,
            Command::Submit(submit) => Box::pin(submit::run(&submit)).await,
            Command::Watch(watch) => Box::pin(watch::run(&watch)).await,
            Command::Simulate(simulate) => simulate::run(&simulate).await,
            Command::Orders(orders) => orders::run(&orders).await,
            Command::Pools(pools) => pools::run(&pools).await,
            Command::Execution(execution) => execution::run(&execution).await,
            Command::Fills(fills) => fills::run(&fills).await,
            Command::Books(books) => books::run(&books).await,
            Command::Wallet(wallet) => wallet::run(&wallet).await,
            Command::Doctor(doctor) => Box::pin(doctor::run(&doctor)).await,
            Command::Queue(queue) => queue::run(&queue).await,
            Command::Webhooks(webhooks) => webhooks::run(&webhooks).await,
            Command::Replay(args) => replay::run(&args).await,
            Command::Top(top) => top::run(&top).await,
            Command::Health(health) => health::run(&health).await,
            Command::Echo => echo::run().await,
            Command::Bench(bench) => bench::run(&bench).await,
            Command::Completions(completions) => completions::run(&completions, Self::command()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The width of a small terminal.
    const WIDTH: usize = 80;

    fn check(command: &clap::Command) {
        let examples = command.get_after_help().map(ToString::to_string);
        for line in examples.unwrap_or_default().lines() {
            let width = line.chars().count();
            assert!(width <= WIDTH, "{}: {line}", command.get_name());
        }
        command.get_subcommands().for_each(check);
    }

    #[test]
    fn no_example_is_wider_than_a_small_terminal() {
        check(&Cli::command());
    }
}
