//! Addresses of servers and of the chain, in every form in which they may be given.

use super::*;

#[test]
fn redis_may_be_given_by_host_and_port() {
    for (flags, url) in [
        (vec!["--redis-host=cache"], "redis://cache:6379"),
        (
            vec!["--redis-host=::1", "--redis-port=7000"],
            "redis://[::1]:7000",
        ),
        (
            vec!["--redis-url=rediss://a:1", "--redis-host=b"],
            "rediss://a:1",
        ),
    ] {
        let config = parse(&flags).expect("right");

        assert_eq!(
            config.servers.redis().map(|url| url.expose().to_owned()),
            Some(url.to_owned())
        );
    }
}

#[test]
fn the_chain_is_found_with_and_without_a_scheme() {
    for (given, url) in [
        ("http://chain:4000", "http://chain:4000"),
        ("https://chain.example/", "https://chain.example"),
        ("chain:4000", "http://chain:4000"),
        (" chain:4000 ", "http://chain:4000"),
        ("sim-chain.internal:4000", "http://sim-chain.internal:4000"),
        ("[fd12::1]:4000", "http://[fd12::1]:4000"),
    ] {
        let config = parse(&[&format!("--sim-chain-url={given}")]).expect("is accepted");

        assert_eq!(config.sim.sim_chain_url.as_deref(), Some(url), "{given}");
    }
}

#[test]
fn an_address_at_which_no_chain_can_be_is_refused() {
    for given in [
        "chain",
        "chain:",
        ":4000",
        "chain:http",
        "chain:65536",
        "chain:4000/rpc",
        "the chain:4000",
        "http://",
        "ftp://chain:4000",
    ] {
        check_refused(
            "--sim-chain-url",
            given,
            "SIM_CHAIN_URL",
            "http://host:4000",
        );
    }
}

#[test]
fn addresses_of_every_usual_form_are_taken() {
    for url in [
        "postgres://engine:p%40ss@db.example/orders",
        "postgresql://engine@a:5433,b:5434/orders?sslmode=verify-full",
        "postgres://[::1]:5432/orders",
        "postgres://engine@db/orders?options=-c%20search_path%3Dengine",
    ] {
        assert!(parse(&[&format!("--database-url={url}")]).is_ok(), "{url}");
    }
    for url in [
        "redis://:secret@h:6379/2",
        "rediss://user:pw@h",
        "redis://[::1]:6379",
        "rediss://user:p,w@one:6379,two,[::1]:6380",
    ] {
        assert!(parse(&[&format!("--redis-url={url}")]).is_ok(), "{url}");
    }
    for filter in [
        "off",
        "info,",
        "info,order_worker=debug",
        "warn, api_gateway=trace",
    ] {
        assert!(parse(&[&format!("--log={filter}")]).is_ok(), "{filter}");
    }
}

#[test]
fn all_endpoints_count_and_the_simulated_clusters_own_alone_before_them() {
    let list = "--solana-rpc-url=https://one.example/?api-key=a,http://two:8899";
    let endpoints = |flags: &[&str]| {
        let config = parse(flags).expect("is accepted");
        let all = config.endpoints();
        let texts = all.iter().map(|url| url.expose().to_owned());
        texts.collect::<Vec<_>>()
    };

    assert_eq!(
        endpoints(&[list]),
        ["https://one.example/?api-key=a", "http://two:8899"]
    );
    assert_eq!(
        endpoints(&[list, "--sim-chain-url=chain:4000"]),
        ["http://chain:4000"]
    );
    assert!(endpoints(&[]).is_empty());
}
