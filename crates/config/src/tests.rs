//! Every wrong value of a variable gets one line that names the variable, the value and what is
//! allowed.

mod addresses;
mod limits;
mod live;
mod pools;
mod signer;
mod together;
mod wallets;
mod webhooks;

use clap::Parser;
use domain::{FeeLevel, MaxImpact, TokenList};

use super::*;
use crate::args::parse_flags;

#[derive(Debug, Parser)]
struct Program {
    #[command(flatten)]
    config: Config,
}

fn parse(flags: &[&str]) -> Result<Config, String> {
    let arguments = ["program"].iter().chain(flags).map(Into::into);
    parse_flags::<Program>(arguments)
        .map(|program| program.config)
        .map_err(|stop| stop.to_string())
}

#[track_caller]
fn check_refused(flag: &str, value: &str, variable: &str, allowed: &str) {
    let line = parse(&[&format!("{flag}={value}")]).expect_err("must be refused");

    assert!(line.contains(variable), "{line:?} names {variable}");
    assert!(line.contains(value), "{line:?} shows {value}");
    assert!(line.contains(allowed), "{line:?} says {allowed}");
    assert_eq!(line.lines().count(), 1, "{line:?} is one line");
}

#[test]
fn a_wrong_value_is_named_with_its_variable_and_what_is_allowed() {
    let cases = [
        ("--host", "a b", "HOST", "IP address"),
        ("--port", "70000", "PORT", "0 to 65535"),
        ("--port", "-1", "PORT", "0 to 65535"),
        ("--public-url", "example.com", "PUBLIC_URL", "http"),
        ("--trust-proxy", "yes", "TRUST_PROXY", "0 to 16"),
        (
            "--cors-origins",
            "desk.example",
            "CORS_ORIGINS",
            "https://desk.example",
        ),
        (
            "--cors-origins",
            "https://desk.example/path",
            "CORS_ORIGINS",
            "origins",
        ),
        (
            "--database-url",
            "mysql://db",
            "DATABASE_URL",
            "postgres://",
        ),
        (
            "--database-direct-url",
            "db",
            "DATABASE_DIRECT_URL",
            "postgres://",
        ),
        ("--redis-url", "http://redis", "REDIS_URL", "redis://"),
        ("--redis-host", "", "REDIS_HOST", "host name"),
        ("--redis-port", "0", "REDIS_PORT", "1 to 65535"),
        (
            "--active-order-ttl-seconds",
            "0",
            "ACTIVE_ORDER_TTL_SECONDS",
            "1 to 2592000",
        ),
        (
            "--queue-max-concurrency",
            "0",
            "QUEUE_MAX_CONCURRENCY",
            "1 to 100000",
        ),
        (
            "--queue-rate-limit-per-minute",
            "ten",
            "QUEUE_RATE_LIMIT_PER_MINUTE",
            "0 to 10000000",
        ),
        (
            "--queue-rate-limit-burst",
            "0",
            "QUEUE_RATE_LIMIT_BURST",
            "1 to 10000000",
        ),
        (
            "--queue-rate-limit-scope",
            "cluster",
            "QUEUE_RATE_LIMIT_SCOPE",
            "worker or queue",
        ),
        ("--queue-shards", "0", "QUEUE_SHARDS", "1 to 64"),
        (
            "--queue-max-waiting",
            "0",
            "QUEUE_MAX_WAITING",
            "1 to 1000000000",
        ),
        ("--waiting-max", "0", "WAITING_MAX", "1 to 1000000000"),
        (
            "--retry-max-attempts",
            "0",
            "RETRY_MAX_ATTEMPTS",
            "1 to 100",
        ),
        (
            "--retry-base-delay-ms",
            "1s",
            "RETRY_BASE_DELAY_MS",
            "0 to 86400000",
        ),
        (
            "--retry-max-delay-ms",
            "1.5",
            "RETRY_MAX_DELAY_MS",
            "0 to 86400000",
        ),
        ("--lease-ms", "1", "LEASE_MS", "30 to 3600000"),
        ("--heartbeat-ms", "x", "HEARTBEAT_MS", "10 to 600000"),
        ("--sweep-ms", "0", "SWEEP_MS", "10 to 600000"),
        (
            "--client-rate-limit-per-minute",
            "-5",
            "CLIENT_RATE_LIMIT_PER_MINUTE",
            "0 to 10000000",
        ),
        (
            "--client-max-open-orders",
            "many",
            "CLIENT_MAX_OPEN_ORDERS",
            "0 to 1000000000",
        ),
        (
            "--client-max-sockets",
            "many",
            "CLIENT_MAX_SOCKETS",
            "0 to 10000000",
        ),
        ("--max-sockets", "many", "MAX_SOCKETS", "0 to 10000000"),
        (
            "--order-venue-mode",
            "paper",
            "ORDER_VENUE_MODE",
            "sim or live",
        ),
        (
            "--solana-cluster",
            "mainnet",
            "SOLANA_CLUSTER",
            "mainnet-beta or devnet or testnet or localnet",
        ),
        (
            "--solana-commitment",
            "processed",
            "SOLANA_COMMITMENT",
            "confirmed or finalized",
        ),
        (
            "--wallet",
            "unix:",
            "WALLET",
            "unix:PATH of a signer's socket",
        ),
        ("--wallet-address", "SOL", "WALLET_ADDRESS", "base58"),
        ("--trading", "yes", "TRADING", "enabled or disabled"),
        ("--programs", "cpmm", "PROGRAMS", "NAME=ADDRESS"),
        (
            "--programs",
            "orca=CPMMoo8L3F4NbTegBCKVNunggL7H1ZpdTHKxQB5qKP1C",
            "PROGRAMS",
            "damm_v2",
        ),
        ("--programs", "cpmm=here", "PROGRAMS", "NAME=ADDRESS"),
        (
            "--token-list",
            "/nowhere/list.json",
            "TOKEN_LIST",
            "a file with a token list",
        ),
        ("--quote-max-age-ms", "0", "QUOTE_MAX_AGE_MS", "1 to 600000"),
        ("--tx-fee-level", "fast", "TX_FEE_LEVEL", "medium"),
        ("--tx-fee-level", "1000000001", "TX_FEE_LEVEL", "1000000000"),
        (
            "--tx-fee-max-lamports",
            "4999",
            "TX_FEE_MAX_LAMPORTS",
            "5000 to 1000000000",
        ),
        ("--tx-simulate", "live", "TX_SIMULATE", "on or off"),
        (
            "--max-price-impact-bps",
            "10001",
            "MAX_PRICE_IMPACT_BPS",
            "0 to 10000",
        ),
        ("--route-max-legs", "0", "ROUTE_MAX_LEGS", "1 to 4"),
        ("--route-max-legs", "5", "ROUTE_MAX_LEGS", "1 to 4"),
        ("--lookup-tables", "nobody", "LOOKUP_TABLES", "or none"),
        ("--route-max-hops", "3", "ROUTE_MAX_HOPS", "1 to 2"),
        (
            "--halt-after-reverts",
            "1001",
            "HALT_AFTER_REVERTS",
            "0 to 1000",
        ),
        (
            "--halt-on-unexplained",
            "maybe",
            "HALT_ON_UNEXPLAINED",
            "on or off",
        ),
        ("--sim-market", "wild", "SIM_MARKET", "moving or still"),
        ("--sim-rpc-port", "70000", "SIM_RPC_PORT", "0 to 65535"),
        (
            "--sim-chain-url",
            "chain:http",
            "SIM_CHAIN_URL",
            "http://host:4000",
        ),
        (
            "--sim-latency-scale",
            "NaN",
            "SIM_LATENCY_SCALE",
            "0 to 1000",
        ),
        (
            "--sim-latency-scale",
            "-1",
            "SIM_LATENCY_SCALE",
            "0 to 1000",
        ),
        ("--sim-failure-rate", "1.1", "SIM_FAILURE_RATE", "0 to 1"),
        ("--sim-seed", "abc", "SIM_SEED", "0 to 18446744073709551615"),
        ("--log-format", "xml", "LOG_FORMAT", "text or json"),
        ("--log", "order_worker=loud", "RUST_LOG", "debug"),
        ("--log", "verbose", "RUST_LOG", "debug"),
        ("--public-url", "http://x?y", "PUBLIC_URL", "without"),
        ("--public-url", "http://x#f", "PUBLIC_URL", "without"),
        ("--public-url", "https://u@x", "PUBLIC_URL", "without"),
        ("--public-url", "http://x:99999", "PUBLIC_URL", "http"),
        (
            "--cors-origins",
            "https://a.b:99999",
            "CORS_ORIGINS",
            "https",
        ),
        (
            "--sim-chain-url",
            "http://127.0.0.1:1/p?q",
            "SIM_CHAIN_URL",
            "http",
        ),
        ("--sim-chain-url", "http://x:99999", "SIM_CHAIN_URL", "http"),
        (
            "--database-url",
            "postgres://x:99999/y",
            "DATABASE_URL",
            "postgres",
        ),
        (
            "--database-url",
            "postgres://x/y?sslmode=bogus",
            "DATABASE_URL",
            "verify-full",
        ),
        ("--redis-url", "redis://x:99999", "REDIS_URL", "redis"),
        ("--redis-url", "redis://127.0.0.1/abc", "REDIS_URL", "redis"),
        (
            "--redis-url",
            "redis://one:1,redis://two:2",
            "REDIS_URL",
            "redis://one:6379,two:6379",
        ),
    ];

    for (flag, value, variable, allowed) in cases {
        check_refused(flag, value, variable, allowed);
    }
}

#[test]
fn a_wrong_secret_is_not_shown() {
    for flag in ["--api-keys=hunter2", "--admin-key=hunter 2"] {
        let line = parse(&[flag]).expect_err("must be refused");

        assert!(line.contains("=*** is not allowed"), "{line}");
        assert!(!line.contains("hunter"), "{line}");
    }
    for flag in [
        "--solana-rpc-url=wss://provider.example/?api-key=hunter2",
        "--solana-ws-url=https://provider.example/?api-key=hunter2",
        "--wallet-key=hunter 2",
    ] {
        let line = parse(&[flag]).expect_err("must be refused");
        assert!(line.contains("=*** is not allowed"), "{line}");
        assert!(!line.contains("hunter"), "{line}");
    }
    let line = parse(&["--redis-url=http://user:hunter2@redis"]).expect_err("must be refused");
    assert!(!line.contains("hunter2"), "{line}");
}

#[test]
fn nothing_set_is_the_contracts_defaults() {
    let config = parse(&[]).expect("defaults are right");

    assert_eq!(config.validate(), Ok(()));
    assert_eq!(
        (config.listen.host.as_str(), config.listen.port),
        ("127.0.0.1", None)
    );
    assert_eq!(config.work.queue_max_concurrency, 10);
    assert_eq!(config.work.queue_rate_limit_per_minute, 100);
    assert_eq!(config.work.queue_rate_limit_burst, 10);
    assert_eq!(config.work.queue_rate_limit_scope, LimitScope::Worker);
    assert_eq!(config.work.queue_max_waiting, 1_000_000);
    assert_eq!(config.work.waiting_max, 2_000_000);
    assert_eq!(config.work.retry_max_attempts, 3);
    assert_eq!(config.periods.lease(), Duration::from_secs(20));
    assert_eq!(config.servers.data_dir, PathBuf::from("./data"));
    assert!(config.servers.redis().is_none());
    assert!(config.access.api_keys.is_empty());
    assert_eq!(config.chain.order_venue_mode, VenueMode::Sim);
    assert_eq!(config.chain.quote_max_age(), Duration::from_secs(2));
    assert_eq!(*config.chain.tokens(), TokenList::mainnet());
    assert_eq!(config.chain.solana_commitment, Commitment::Confirmed);
    assert_eq!(config.endpoints(), []);
    assert!(config.takes_orders());
    let transactions = &config.transactions;
    assert_eq!(transactions.tx_fee_level, FeeLevel::DEFAULT);
    assert_eq!(transactions.route_max_legs, 2);
    assert_eq!(transactions.route_max_hops, 2);
    assert_eq!(transactions.tx_fee_max_lamports, 1_000_000);
    assert_eq!(config.simulates(), Switch::Off);
    assert_eq!(config.max_impact(), None);
    assert_eq!(config.sim.sim_market, Market::Moving);
    assert_eq!(config.sim.sim_rpc_port, None);
}

#[test]
fn what_is_said_of_transactions_goes_before_the_modes_defaults() {
    let config = parse(&[
        "--tx-fee-level=25000",
        "--tx-simulate=on",
        "--max-price-impact-bps=300",
    ])
    .expect("right");

    assert_eq!(config.transactions.tx_fee_level.to_string(), "25000");
    assert_eq!(config.simulates(), Switch::On);
    assert_eq!(config.max_impact(), MaxImpact::new(300));
    let unlimited = parse(&["--max-price-impact-bps=0"]).expect("right");
    assert_eq!(unlimited.max_impact(), None);
}

#[test]
fn every_variable_is_in_the_readme_and_in_the_example() {
    use clap::CommandFactory;
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../");
    let read = |name: &str| std::fs::read_to_string(format!("{root}{name}")).expect("a page");
    let (readme, example) = (read("README.md"), read(".env.example"));
    let (engine, signer) = (Program::command(), signer::Program::command());
    let all = engine.get_arguments().chain(signer.get_arguments());
    // Hidden settings are for tests only.
    for arg in all.filter(|arg| !arg.is_hide_set()) {
        let Some(name) = arg.get_env().map(|name| name.to_string_lossy()) else {
            continue;
        };
        assert!(
            readme.contains(&format!("`{name}`")),
            "{name} is in the README"
        );
        assert!(
            example.contains(&format!("\n{name}=")),
            "{name} is in the example"
        );
    }
}

#[test]
fn a_token_list_that_names_something_twice_is_refused_in_one_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("list.json");
    let sol =
        r#"{"address":"So11111111111111111111111111111111111111112","symbol":"SOL","decimals":9}"#;
    let flag = format!("--token-list={}", path.display());

    std::fs::write(&path, format!("[{sol},{sol}]")).expect("a file");
    let line = parse(&[&flag]).expect_err("must be refused");
    assert!(line.starts_with("TOKEN_LIST="), "{line}");
    assert!(line.contains("the symbol SOL stands twice"), "{line}");
    assert_eq!(line.lines().count(), 1, "{line}");

    std::fs::write(&path, format!("[{sol}]")).expect("a file");
    let config = parse(&[&flag]).expect("is accepted");
    assert_eq!(config.chain.tokens().listings().len(), 1);
}
