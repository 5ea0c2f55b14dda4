//! Settings that are right each by itself and wrong together.

use super::*;

#[track_caller]
fn refused(config: &Config) -> String {
    let refused = config.validate().expect_err("together they are wrong");
    refused.to_string()
}

#[test]
fn a_lease_outlives_three_heartbeats() {
    let config = parse(&["--lease-ms=2999", "--heartbeat-ms=1000"]).expect("each is right");

    let line = refused(&config);

    assert_eq!(
        line,
        "LEASE_MS=2999 is not allowed: at least 3 times HEARTBEAT_MS (1000)"
    );
}

#[test]
fn the_longest_delay_is_not_below_the_first() {
    let config =
        parse(&["--retry-base-delay-ms=1000", "--retry-max-delay-ms=10"]).expect("each is right");

    let line = refused(&config);

    assert_eq!(
        line,
        "RETRY_MAX_DELAY_MS=10 is not allowed: at least RETRY_BASE_DELAY_MS (1000)"
    );

    let grown = parse(&["--retry-base-delay-ms=60000"]).expect("right");
    assert_eq!(grown.validate(), Ok(()));
    assert_eq!(grown.work.retry_max_delay(), Duration::from_secs(60));
}

#[test]
fn a_process_of_a_cluster_refuses_to_start_without_its_servers() {
    let database = "--database-url=postgres://localhost/orders";
    let redis = "--redis-host=localhost";
    let chain = "--sim-chain-url=http://localhost:4000";
    for (flags, missing) in [
        (vec![redis, chain], Some("DATABASE_URL")),
        (vec![database, chain], Some("REDIS_URL")),
        (vec![database, redis], Some("SIM_CHAIN_URL")),
        (vec![database, redis, chain], None),
        (
            vec![database, redis, "--solana-rpc-url=http://localhost:4000"],
            None,
        ),
    ] {
        let config = parse(&flags).expect("each is right");

        let refused = config
            .validate_for_cluster(Role::Worker)
            .err()
            .map(|e| e.to_string());

        match (refused, missing) {
            (Some(line), Some(variable)) => assert!(line.starts_with(variable), "{line}"),
            (refused, missing) => assert_eq!(refused.as_deref(), missing),
        }
    }
}

#[test]
fn keys_are_told_apart() {
    let config = parse(&["--api-keys=desk:alpha,fund:beta", "--admin-key=root"]).expect("right");
    let names: Vec<_> = config
        .access
        .api_keys
        .iter()
        .map(|key| key.client.as_str())
        .collect();
    assert_eq!(names, ["desk", "fund"]);
    assert_eq!(config.validate(), Ok(()));

    for flags in [
        vec!["--api-keys=desk:alpha,desk:beta"],
        vec!["--api-keys=desk:alpha,fund:alpha"],
        vec!["--api-keys=desk:alpha", "--admin-key=alpha"],
    ] {
        let config = parse(&flags).expect("each is right");
        let line = refused(&config);
        assert!(
            line.starts_with("API_KEYS") && !line.contains("alpha"),
            "{line}"
        );
    }
}

#[test]
fn a_shared_limit_needs_somebody_to_keep_it() {
    let shared = "--queue-rate-limit-scope=queue";
    let database = "--database-url=postgres://db/x";
    let cache = "--redis-host=cache";
    for (flags, scope) in [
        (&[shared][..], LimitScope::Worker),
        (&[shared, database][..], LimitScope::Worker),
        (&[shared, database, cache][..], LimitScope::Queue),
        (&[database, cache][..], LimitScope::Worker),
    ] {
        let config = parse(flags).expect("is accepted");
        assert_eq!(config.limit_scope(), scope, "{flags:?}");
    }
}

#[test]
fn a_shared_limit_is_kept_in_one_place() {
    let spread = "--queue-shards=4";
    let shared = "--queue-rate-limit-scope=queue";
    let servers = ["--database-url=postgres://db/x", "--redis-host=cache"];
    let check = |flags: &[&str]| {
        let flags = [flags, &servers].concat();
        parse(&flags).expect("each is right").validate()
    };

    assert_eq!(check(&[spread]), Ok(()));
    assert_eq!(check(&[shared]), Ok(()));
    let refused = check(&[spread, shared]);
    assert_eq!(refused, Err(Invalid::LimitOverShards { shards: 4 }));
}

#[test]
fn depths_are_of_listed_tokens_and_each_is_named_once() {
    for wrong in [
        "NOPE:1",
        "SOL:1,wsol:2",
        "USDC:0.0000001",
        "SOL:0",
        "SOL:-1",
    ] {
        let flag = format!("--pool-min-depth={wrong}");
        let config = parse(&[&flag]).expect("each is written as it should be");

        let line = refused(&config);

        let begins = format!("POOL_MIN_DEPTH={wrong} is not allowed: TOKEN:AMOUNT");
        assert!(line.starts_with(&begins), "{line}");
    }
}
