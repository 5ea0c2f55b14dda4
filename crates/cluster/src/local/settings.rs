//! The engine's variables in a cluster of processes: those that docker-compose.yml gives to its
//! containers, from the same files, overridden by the environment.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

/// What every process of a cluster is given, below the working copy; later files win.
pub const FILES: [(&str, Presence); 2] = [
    ("deploy/env/engine.env", Presence::Required),
    (".env", Presence::Optional),
];

/// Whether a file must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    Required,
    Optional,
}

/// What the engine takes from its environment and every process of a cluster has alike.
const PREFIXES: [&str; 17] = [
    "QUEUE_",
    "RETRY_",
    "LEASE_",
    "HEARTBEAT_",
    "SWEEP_",
    "ACTIVE_",
    "API_",
    "ADMIN_",
    "CLIENT_",
    "MAX_",
    "ORDER_",
    "SIM_",
    "SOLANA_",
    "CORS_",
    "TRUST_",
    "OTEL_",
    "WEBHOOK_",
];
const NAMES: [&str; 11] = [
    "PUBLIC_URL",
    "LOG_FORMAT",
    "RUST_LOG",
    "TOKEN_LIST",
    "QUOTE_MAX_AGE_MS",
    "PROGRAMS",
    "WALLET",
    "WALLETS",
    "WALLET_KEY",
    "WALLET_ADDRESS",
    "TRADING",
];

/// The variables of a cluster that is started from this working copy.
pub fn variables(
    working_copy: &Path,
    environment: impl IntoIterator<Item = (String, String)>,
) -> Result<BTreeMap<String, String>> {
    let mut variables = BTreeMap::new();
    for (file, presence) in FILES {
        let path = working_copy.join(file);
        if presence == Presence::Optional && !path.exists() {
            continue;
        }
        let text = fs::read_to_string(&path).with_context(|| {
            format!("read {file}; scripts/cluster runs in a working copy of the engine")
        })?;
        variables.extend(parse(&text).with_context(|| format!("read {file}"))?);
    }
    variables.extend(environment);
    variables.retain(|name, _| is_shared(name));
    Ok(variables)
}

/// Addresses, ports and folders are each process' own.
#[must_use]
pub fn is_shared(name: &str) -> bool {
    let prefixed = PREFIXES.iter().any(|prefix| name.starts_with(prefix));
    (prefixed || NAMES.contains(&name)) && name != "SIM_CHAIN_URL"
}

/// `NAME=value` lines as compose reads them: comments, quotes, and no expansion.
fn parse(text: &str) -> Result<BTreeMap<String, String>> {
    let mut variables = BTreeMap::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let Some((name, value)) = line.split_once('=') else {
            bail!("line {number} is not NAME=value");
        };
        variables.insert(name.trim().to_owned(), unquoted(value.trim()).to_owned());
    }
    Ok(variables)
}

fn unquoted(value: &str) -> &str {
    for quote in ['"', '\''] {
        let inner = value.strip_prefix(quote);
        if let Some((inner, _)) = inner.and_then(|inner| inner.split_once(quote)) {
            return inner;
        }
    }
    // A comment stands behind a space.
    value
        .split_once(" #")
        .map_or(value, |(value, _)| value.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn working_copy() -> &'static Path {
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
    }

    #[test]
    fn lines_are_read_as_compose_reads_them() {
        let text =
            "# a comment\n\nA=1\nB = two words # not this\nC=\"a # b\" # c\nD=''\nE=x=y\nF=\n";

        let read = parse(text).unwrap();

        let pairs: Vec<(&str, &str)> = read.iter().map(|(k, v)| (&**k, &**v)).collect();
        let expected = [
            ("A", "1"),
            ("B", "two words"),
            ("C", "a # b"),
            ("D", ""),
            ("E", "x=y"),
            ("F", ""),
        ];
        assert_eq!(pairs, expected);
        assert!(parse("nonsense").is_err());
    }

    #[test]
    fn the_environment_wins_over_the_files_and_addresses_stay_each_process_own() {
        let folder = tempfile::tempdir().unwrap();
        let deploy = folder.path().join("deploy/env");
        fs::create_dir_all(&deploy).unwrap();
        fs::write(
            deploy.join("engine.env"),
            "SWEEP_MS=1\nLEASE_MS=1\nSIM_SEED=1\n",
        )
        .unwrap();
        let dot_env = "LEASE_MS=2\nSIM_SEED=2\nPORT=3\nDATABASE_URL=x\nSIM_CHAIN_URL=y\n";
        fs::write(folder.path().join(".env"), dot_env).unwrap();
        let environment = [("SIM_SEED", "3"), ("PATH", "/bin")];
        let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned()));

        let variables = variables(folder.path(), environment).unwrap();

        let expected = [("LEASE_MS", "2"), ("SIM_SEED", "3"), ("SWEEP_MS", "1")];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(variables, BTreeMap::from(expected));
    }

    #[test]
    fn a_folder_without_the_settings_is_no_working_copy() {
        let folder = tempfile::tempdir().unwrap();

        let error = variables(folder.path(), []).unwrap_err();

        assert!(format!("{error:#}").contains("engine.env"), "{error:#}");
    }

    #[test]
    fn compose_gives_its_containers_the_same_files_and_each_of_their_settings_counts_here() {
        let compose = fs::read_to_string(working_copy().join("docker-compose.yml")).unwrap();
        let (_, engine) = compose.split_once("  env_file:\n").unwrap();
        let (engine, _) = engine.split_once("  restart:").unwrap();
        let mut named = String::new();
        for (file, presence) in FILES {
            named.push_str(&format!("    - path: {file}\n"));
            if presence == Presence::Optional {
                named.push_str("      required: false\n");
            }
        }
        assert_eq!(engine, named);

        let text = fs::read_to_string(working_copy().join(FILES[0].0)).unwrap();
        for name in parse(&text).unwrap().keys() {
            assert!(is_shared(name), "{name} would not reach a process");
        }
    }

    #[test]
    fn postgresql_is_started_as_compose_starts_it() {
        let compose = fs::read_to_string(working_copy().join("docker-compose.yml")).unwrap();
        let command = compose
            .lines()
            .find(|line| line.contains(r#"["postgres", "-c""#));
        let named = command.unwrap().split("\"-c\", \"").skip(1);
        let named: Vec<&str> = named.filter_map(|rest| rest.split('"').next()).collect();
        assert!(named.len() > 1, "{named:?}");
        for setting in named {
            let here = super::super::launch::POSTGRES_SETTINGS;
            assert!(here.contains(&setting), "{setting} is not set here");
        }
    }
}
