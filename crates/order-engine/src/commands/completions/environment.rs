//! The manual's section on environment variables, made from their flags: each variable is declared
//! once, with its flag, its default and its meaning.

use std::collections::BTreeMap;

use clap::{Arg, Command};

const INTRODUCTION: &str = "\
.SH ENVIRONMENT
A flag goes before its variable; a variable set to nothing counts as unset. Wrong values end the program
at once, with exit code 2.
";

/// The section in roff: every variable once, with its default, its meaning, its flag and its commands.
pub(super) fn section(program: &Command) -> String {
    let mut variables = BTreeMap::new();
    collect(program, &mut variables);
    let entries = variables
        .iter()
        .map(|(name, variable)| variable.entry(name));
    format!("{INTRODUCTION}{}", entries.collect::<String>())
}

struct Variable {
    arg: Arg,
    commands: Vec<String>,
}

fn collect(command: &Command, variables: &mut BTreeMap<String, Variable>) {
    for arg in command.get_arguments().filter(|arg| !arg.is_hide_set()) {
        let Some(name) = arg.get_env() else { continue };
        let name = name.to_string_lossy().into_owned();
        let known = variables.entry(name).or_insert_with(|| Variable {
            arg: arg.clone(),
            commands: Vec::new(),
        });
        let path = command.get_bin_name().unwrap_or(command.get_name());
        let (_, path) = path.split_once(' ').unwrap_or(("", path));
        known.commands.push(path.to_owned());
    }
    for inner in command.get_subcommands() {
        collect(inner, variables);
    }
}

impl Variable {
    fn entry(&self, name: &str) -> String {
        let defaults: Vec<_> = self.arg.get_default_values().iter().collect();
        let default = match &defaults[..] {
            [] => String::new(),
            [one, ..] => format!(" [default: {}]", one.to_string_lossy()),
        };
        let meaning = self.arg.get_help().map(ToString::to_string);
        let flag = self.arg.get_long().unwrap_or_default();
        let values: Vec<_> = self.arg.get_possible_values();
        let values: Vec<_> = values.iter().map(|value| value.get_name()).collect();
        let values = match &values[..] {
            [] => String::new(),
            several => format!(" One of: {}.", several.join(", ")),
        };
        format!(
            ".TP\n\\fB{}\\fR{}\n{}.{}\n.br\n{} of {}.\n",
            escaped(name),
            escaped(&default),
            escaped(meaning.unwrap_or_default().trim_end_matches('.')),
            escaped(&values),
            escaped(&format!("--{flag}")),
            escaped(&self.commands.join(", ")),
        )
    }
}

/// Escapes text for roff. No text of ours begins a line with a full stop or a quote.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\e").replace('-', "\\-")
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::cli::Cli;

    fn whole() -> String {
        let mut program = Cli::command();
        program.build();
        section(&program)
    }

    #[track_caller]
    fn check(entry: &str) {
        let section = whole().replace("\\-", "-");
        assert!(section.contains(entry), "{entry} is not in {section}");
    }

    #[test]
    fn each_variable_stands_once_with_default_meaning_and_flag() {
        check(
            "\\fBHOST\\fR [default: 127.0.0.1]\nAddress to listen on; containers set 0.0.0.0.\n.br\n\
             --host of serve, doctor, migrate, sim-chain.\n",
        );
        check("\\fBLOG_FORMAT\\fR\nLines for people or for programs");
        check("One of: text, json.");
        check("\\fBORDER_ENGINE_URL\\fR [default: http://127.0.0.1:3000]");
        assert_eq!(whole().matches("\\fBDATABASE_URL\\fR").count(), 1);
    }

    #[test]
    fn every_setting_of_the_example_file_is_explained() {
        let example = include_str!("../../../../../.env.example");
        let names = example.lines().filter_map(|line| {
            let (name, _) = line.trim_start_matches(['#', ' ']).split_once('=')?;
            let is_name = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
            name.chars().all(is_name).then_some(name)
        });
        for name in names {
            check(&format!("\\fB{name}\\fR"));
        }
    }
}
