//! Settings as the environment gives them.

use crate::run::run;

async fn refused(variables: &[(&str, &str)]) -> String {
    let folder = tempfile::tempdir().expect("a folder");

    let ran = run(folder.path(), &["serve"], variables).await;

    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert_eq!(ran.stderr.lines().count(), 1, "{ran:?}");
    assert_eq!(ran.stdout, "");
    ran.stderr
}

#[tokio::test]
async fn a_wrong_variable_stops_the_program_with_one_line() {
    for (variable, value, allowed) in [
        ("PORT", "abc", "0 to 65535"),
        ("DATABASE_URL", "mysql://db", "postgres://"),
        ("QUEUE_RATE_LIMIT_SCOPE", "global", "worker or queue"),
        ("SIM_FAILURE_RATE", "1.5", "0 to 1"),
        ("RETRY_MAX_ATTEMPTS", "0", "1 to 100"),
        ("LEASE_MS", "1000", "3 times HEARTBEAT_MS"),
        ("RETRY_MAX_DELAY_MS", "10", "RETRY_BASE_DELAY_MS (1000)"),
        ("DATA_DIR", "/proc/nowhere", "a folder"),
        ("RUST_LOG", "a=b=c", "info"),
        (
            "REDIS_PORT",
            "tcp://10.0.0.7:6379",
            "enableServiceLinks: false",
        ),
    ] {
        let line = refused(&[(variable, value)]).await;

        for part in [variable, value, allowed] {
            assert!(line.contains(part), "{line:?} holds {part}");
        }
    }
}

#[tokio::test]
async fn a_token_list_that_names_a_symbol_or_a_mint_twice_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tokens.json");
    let token = |address: &str, symbol: &str| {
        format!(r#"{{"address":"{address}","symbol":"{symbol}","name":"A token","decimals":6}}"#)
    };
    let mints = [
        "So11111111111111111111111111111111111111112",
        "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v",
    ];
    for (tokens, told) in [
        (
            [token(mints[0], "ONE"), token(mints[1], "one")],
            "the symbol one",
        ),
        ([token(mints[0], "ONE"), token(mints[0], "TWO")], mints[0]),
    ] {
        std::fs::write(&path, format!("[{}]", tokens.join(","))).unwrap();

        let line = refused(&[("TOKEN_LIST", path.to_str().unwrap())]).await;

        for part in ["TOKEN_LIST", path.to_str().unwrap(), told, "twice"] {
            assert!(line.contains(part), "{line:?} holds {part}");
        }
    }
}

#[tokio::test]
async fn a_wrong_key_is_not_shown() {
    let line = refused(&[("API_KEYS", "hunter2")]).await;

    assert!(line.starts_with("API_KEYS=***"), "{line}");
}

#[tokio::test]
async fn a_variable_set_to_nothing_counts_as_unset() {
    let folder = tempfile::tempdir().unwrap();
    let empty = [
        "PORT",
        "DATABASE_URL",
        "REDIS_URL",
        "SIM_SEED",
        "LOG_FORMAT",
        "API_KEYS",
    ];

    let ran = run(folder.path(), &["migrate"], &empty.map(|name| (name, ""))).await;

    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(ran.stdout, "./data: up to date\n");
}

/// Kubernetes sets such variables in every pod if a service is called redis.
#[tokio::test]
async fn beside_the_address_of_redis_its_parts_say_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let links = [
        ("REDIS_HOST", "not a host"),
        ("REDIS_PORT", "tcp://10.0.0.7:6379"),
    ];
    let named = [links[0], links[1], ("REDIS_URL", "redis://cache:6379")];
    let flag = ["migrate", "--redis-url", "redis://cache:6379"];

    let by_variable = run(folder.path(), &["migrate"], &named).await;
    let by_flag = run(folder.path(), &flag, &links).await;

    assert_eq!(by_variable.code, Some(0), "{by_variable:?}");
    assert_eq!(by_flag.code, Some(0), "{by_flag:?}");
}

#[tokio::test]
async fn a_flag_says_the_same_as_its_variable_and_wins() {
    let folder = tempfile::tempdir().unwrap();
    let variables = [("DATA_DIR", "./one")];

    let ran = run(
        folder.path(),
        &["migrate", "--data-dir", "./two"],
        &variables,
    )
    .await;

    assert_eq!(ran.stdout, "./two: up to date\n");
    assert!(!folder.path().join("one").exists());
}

#[tokio::test]
async fn a_cluster_process_names_what_it_misses() {
    let folder = tempfile::tempdir().unwrap();
    for (program, variables, missing) in [
        ("api-gateway", &[][..], "DATABASE_URL"),
        (
            "order-worker",
            &[("DATABASE_URL", "postgres://db/orders")][..],
            "REDIS_URL",
        ),
    ] {
        let path = cluster::program::binary(program);
        if !path.exists() {
            panic!("{program} is not built; run `cargo build --workspace --bins` first");
        }
        let output = tokio::process::Command::new(path)
            .env_clear()
            .envs(variables.iter().copied())
            .current_dir(folder.path())
            .output()
            .await
            .unwrap();

        let line = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{line}");
        assert!(
            line.starts_with(missing) && line.contains(program),
            "{line}"
        );
        assert_eq!(line.lines().count(), 1, "{line}");
    }
}

#[tokio::test]
async fn version_tells_which_build_it_is() {
    let folder = tempfile::tempdir().expect("a folder");

    let ran = run(folder.path(), &["--version"], &[]).await;

    let told = ran.stdout.trim();
    let version = concat!("order-engine ", env!("CARGO_PKG_VERSION"), " (");
    assert!(told.starts_with(version) && told.ends_with(')'), "{ran:?}");
}
