//! `order-engine completions`: shell completions on standard output. Built with the feature
//! `manual`, as `scripts/release` does, it also writes the manual page.

#[cfg(any(feature = "manual", test))]
mod environment;
#[cfg(any(feature = "manual", test))]
mod manual;

use std::io::{self, Write};

use clap::{Args, Command, ValueEnum};

use crate::exit::Verdict;

pub(crate) const EXAMPLES: &str = "\
Examples:
  source <(order-engine completions bash)      in ~/.bashrc
  order-engine completions fish > ~/.config/fish/completions/order-engine.fish";

/// What to print.
#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell
    #[arg(value_enum)]
    of: Kind,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Kind {
    Bash,
    Elvish,
    Fish,
    PowerShell,
    Zsh,
    /// The manual page
    #[cfg(feature = "manual")]
    Man,
}

/// Runs the command for this program.
pub(crate) fn run(completions: &Completions, mut program: Command) -> anyhow::Result<Verdict> {
    use clap_complete::Shell;
    let shell = match completions.of {
        Kind::Bash => Shell::Bash,
        Kind::Elvish => Shell::Elvish,
        Kind::Fish => Shell::Fish,
        Kind::PowerShell => Shell::PowerShell,
        Kind::Zsh => Shell::Zsh,
        #[cfg(feature = "manual")]
        Kind::Man => return print_manual(program),
    };
    // Written in one go: the generator panics if its reader goes away.
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut program, "order-engine", &mut text);
    io::stdout().lock().write_all(&text)?;
    Ok(Verdict::Good)
}

#[cfg(feature = "manual")]
fn print_manual(program: Command) -> anyhow::Result<Verdict> {
    io::stdout()
        .lock()
        .write_all(manual::page(program)?.as_bytes())?;
    Ok(Verdict::Good)
}
