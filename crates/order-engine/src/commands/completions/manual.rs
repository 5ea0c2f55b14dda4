//! The manual: one page that contains every command, so that everything it refers to is in it.

use std::io;

use clap::Command;
use clap_mangen::Man;

use super::environment;

/// The generator writes this before each part; once is enough.
const PREAMBLE: [&str; 2] = [".ie \\n(.g", ".el .ds"];
/// Sections of a part that need no heading below the command's own.
const PLAIN: [&str; 2] = [".SH SYNOPSIS", ".SH EXTRA"];

/// The page in roff, for `man -l -`.
pub(super) fn page(mut program: Command) -> io::Result<String> {
    program.build();
    let mut page = Vec::new();
    let top = Man::new(program.clone());
    top.render_title(&mut page)?;
    top.render_name_section(&mut page)?;
    top.render_synopsis_section(&mut page)?;
    top.render_extra_section(&mut page)?;
    let mut page = text(page)?;
    for command in program.get_subcommands() {
        add(&mut page, command)?;
    }
    page.push_str(&environment::section(&program));
    Ok(page)
}

fn add(page: &mut String, command: &Command) -> io::Result<()> {
    if command.get_name() == "help" {
        return Ok(());
    }
    if command.has_subcommands() {
        return command
            .get_subcommands()
            .try_for_each(|inner| add(page, inner));
    }
    let name = command.get_bin_name().unwrap_or(command.get_name());
    let about = command.get_about().map(ToString::to_string);
    page.push_str(&format!(
        ".SH \"{}\"\n{}.\n",
        name.to_uppercase(),
        about.unwrap_or_default()
    ));
    let man = Man::new(command.clone());
    let mut part = Vec::new();
    man.render_synopsis_section(&mut part)?;
    man.render_options_section(&mut part)?;
    if command.get_after_help().is_some() {
        man.render_extra_section(&mut part)?;
    }
    for line in text(part)?.lines() {
        if PREAMBLE.iter().any(|start| line.starts_with(start)) {
            continue;
        }
        match line.strip_prefix(".SH ") {
            Some(_) if PLAIN.contains(&line) => page.push_str(".PP"),
            Some(heading) => page.push_str(&format!(".SS {heading}")),
            None => page.push_str(line),
        }
        page.push('\n');
    }
    Ok(())
}

fn text(bytes: Vec<u8>) -> io::Result<String> {
    String::from_utf8(bytes).map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::cli::Cli;

    #[test]
    fn the_manual_holds_every_command_with_its_examples_and_flags() {
        let page = page(Cli::command()).unwrap();

        for heading in ["SERVE", "SUBMIT", "ORDERS LIST", "QUEUE RETRY", "TOP"] {
            let heading = format!(".SH \"ORDER-ENGINE {heading}\"\n");
            assert_eq!(page.matches(&heading).count(), 1, "{heading}");
        }
        for part in ["\\-\\-slippage\\-bps", "Exit codes:", "--interval-ms 5000"] {
            let plain = page.replace("\\-", "-");
            assert!(plain.contains(&part.replace("\\-", "-")), "{part}");
        }
        assert!(!page.contains("(1)\n"), "no page but this one");
    }
}
