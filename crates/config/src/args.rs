//! From the command line and the environment to settings, or to one line that says what is wrong.

use std::ffi::OsString;
use std::fmt;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, Error, ErrorKind};
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command, Parser};

use crate::secret::without_password;

/// Exit code of a program with wrong arguments or settings.
pub const EXIT_USAGE: u8 = 2;

/// Variables of older engines, and what replaces them.
const OBSOLETE: [(&str, &str); 2] = [
    (
        "WS_WORKER_CONCURRENCY",
        "QUEUE_MAX_CONCURRENCY sets how many orders a worker executes at once",
    ),
    (
        "WS_WORKER_RATE_LIMIT",
        "QUEUE_RATE_LIMIT_PER_MINUTE sets how many executions start per minute",
    ),
];
/// Settings whose values are never shown, not even wrong ones.
const SECRET: [&str; 7] = [
    "API_KEYS",
    "ADMIN_KEY",
    "SOLANA_RPC_URL",
    "SOLANA_WS_URL",
    "WALLET_KEY",
    "WEBHOOK_SECRET",
    "WEBHOOK_URL",
];
/// The setting that is no flag, and what is said where it is used as one.
const NEVER_A_FLAG: (&str, &str) = (
    "wallet_key",
    "WALLET_KEY=*** is not allowed as a flag: everybody on this machine reads it in the list of processes; set the \
     variable, or name a key file with WALLET",
);

/// Why a program ends before it has begun.
#[derive(Debug)]
pub enum Stop {
    /// It was asked for help or its version: this is the answer.
    Answer(Box<Error>),
    /// It does not know these arguments.
    Usage(Box<Error>),
    /// A setting is wrong: one line.
    Wrong(String),
}

impl Stop {
    /// Prints it to the right stream and returns the exit code.
    #[must_use]
    pub fn report(&self) -> ExitCode {
        match self {
            Self::Answer(answer) => {
                // If this fails, nobody reads it.
                let _ = answer.print();
                ExitCode::SUCCESS
            }
            Self::Usage(error) => {
                let _ = error.print();
                ExitCode::from(EXIT_USAGE)
            }
            Self::Wrong(line) => {
                eprintln!("{line}");
                ExitCode::from(EXIT_USAGE)
            }
        }
    }
}

impl From<crate::Invalid> for Stop {
    fn from(invalid: crate::Invalid) -> Self {
        Self::Wrong(invalid.to_string())
    }
}

impl std::error::Error for Stop {}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer(error) | Self::Usage(error) => error.fmt(f),
            Self::Wrong(line) => f.write_str(line),
        }
    }
}

/// Reads flags and environment.
pub fn parse<P: Parser>(arguments: impl IntoIterator<Item = OsString>) -> Result<P, Stop> {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let names_redis = names_redis(&arguments);
    let present = |arg: Arg| match names_redis && is_part_of_redis_address(&arg) {
        // Kubernetes sets REDIS_PORT to a URL in every pod if a service is called redis.
        true => presentable(arg).env(None::<&'static str>),
        false => presentable(arg),
    };
    parse_with(P::command().mut_args_deep(&present), arguments)
}

/// Whether the whole address of Redis is given: then its parts are ignored.
fn names_redis(arguments: &[OsString]) -> bool {
    let flag = |argument: &OsString| argument.to_string_lossy().starts_with("--redis-url");
    arguments.iter().any(flag)
        || std::env::var_os("REDIS_URL").is_some_and(|value| !value.is_empty())
}

fn is_part_of_redis_address(arg: &Arg) -> bool {
    let name = arg.get_env();
    name.is_some_and(|name| name == "REDIS_HOST" || name == "REDIS_PORT")
}

/// Warns about variables that are set but no longer have a meaning.
pub fn warn_of_obsolete_variables() {
    for (name, instead) in OBSOLETE {
        if std::env::var_os(name).is_some_and(|value| !value.is_empty()) {
            tracing::warn!("{name} is ignored: {instead}");
        }
    }
}

fn parse_with<P: Parser>(
    mut command: Command,
    arguments: impl IntoIterator<Item = OsString>,
) -> Result<P, Stop> {
    let matches = command.try_get_matches_from_mut(arguments);
    let matches = matches.map_err(|error| explain(&command, error))?;
    let (id, line) = NEVER_A_FLAG;
    match is_flag(&matches, id) {
        true => Err(Stop::Wrong(line.to_owned())),
        false => P::from_arg_matches(&matches).map_err(|error| explain(&command, error)),
    }
}

/// Whether a setting stands on the command line.
fn is_flag(matches: &ArgMatches, id: &str) -> bool {
    let is_known = matches.try_contains_id(id).is_ok();
    let is_here = is_known && matches.value_source(id) == Some(ValueSource::CommandLine);
    let below = matches.subcommand();
    is_here || below.is_some_and(|(_, matches)| is_flag(matches, id))
}

/// A variable set to nothing counts as unset; help does not show values.
fn presentable(arg: Arg) -> Arg {
    let is_empty =
        |name: &std::ffi::OsStr| std::env::var_os(name).is_some_and(|value| value.is_empty());
    let arg = arg.hide_env_values(true);
    match arg.get_env() {
        Some(name) if is_empty(name) => arg.env(None),
        _ => arg,
    }
}

trait MutArgsDeep {
    fn mut_args_deep(self, change: &impl Fn(Arg) -> Arg) -> Self;
}

impl MutArgsDeep for Command {
    fn mut_args_deep(self, change: &impl Fn(Arg) -> Arg) -> Self {
        self.mut_args(change)
            .mut_subcommands(|sub| sub.mut_args_deep(change))
    }
}

fn explain(command: &Command, error: Error) -> Stop {
    match error.kind() {
        ErrorKind::DisplayHelp
        | ErrorKind::DisplayVersion
        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => Stop::Answer(Box::new(error)),
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            Stop::Wrong(explain_value(command, &error))
        }
        _ => Stop::Usage(Box::new(error)),
    }
}

fn explain_value(command: &Command, error: &Error) -> String {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        _ => String::new(),
    };
    let shown = text(ContextKind::InvalidArg);
    let flag = shown.split_whitespace().next().unwrap_or_default();
    let variable = variable_of(command, flag);
    let name = variable.as_deref().unwrap_or(flag);
    let value = if SECRET.contains(&name) {
        "***".to_owned()
    } else {
        without_password(&text(ContextKind::InvalidValue))
    };
    let allowed = match (
        error.get(ContextKind::ValidValue),
        std::error::Error::source(error),
    ) {
        (Some(ContextValue::Strings(values)), _) => values.join(" or "),
        (_, Some(source)) => source.to_string(),
        _ => "see --help".to_owned(),
    };
    format!("{name}={value} is not allowed: {allowed}")
}

/// The environment variable behind a flag such as `--port`.
fn variable_of(command: &Command, flag: &str) -> Option<String> {
    let of_flag = |arg: &&Arg| {
        arg.get_long()
            .is_some_and(|long| flag.strip_prefix("--") == Some(long))
    };
    let own = command
        .get_arguments()
        .find(of_flag)
        .and_then(|arg| arg.get_env());
    own.map(|name| name.to_string_lossy().into_owned())
        .or_else(|| {
            command
                .get_subcommands()
                .find_map(|sub| variable_of(sub, flag))
        })
}

/// Reads only flags and ignores the environment.
pub fn parse_flags<P: Parser>(arguments: impl IntoIterator<Item = OsString>) -> Result<P, Stop> {
    let mut command = P::command().mut_args_deep(&|arg: Arg| arg.env(None::<&'static str>));
    let matches = command.try_get_matches_from_mut(arguments);
    matches
        .and_then(|matches| P::from_arg_matches(&matches))
        .map_err(|error| explain(&P::command(), error))
}
