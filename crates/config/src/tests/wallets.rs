//! Several wallets, and clients that have one of them for themselves.

use super::*;

const FILES: &str = "--wallets=main=/run/secrets/main.json,desk-2=/run/secrets/desk.json";

#[track_caller]
fn refused(flags: &[&str], role: Role) -> String {
    let config = parse(flags).expect("each is right");
    let refused = config.validate_to_run(role).expect_err("is refused");
    let line = refused.to_string();
    assert_eq!(line.lines().count(), 1, "{line}");
    line
}

#[test]
fn wallets_have_names_and_key_files() {
    let config = parse(&[FILES, "--client-wallets=anyone=desk-2"]).expect("right");

    let names: Vec<String> = config
        .wallet
        .names()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(names, ["main", "desk-2"]);
    assert!(config.wallet.has_key());
    assert_eq!(config.validate_to_run(Role::Engine), Ok(()));
    let bound = &config.wallet.client_wallets[0];
    assert_eq!(
        (bound.client.as_str(), bound.wallet.as_str()),
        ("anyone", "desk-2")
    );
    // The simulated cluster's own need no file.
    let simulated = parse(&["--wallets=main,second"]).expect("right");
    assert!(!simulated.wallet.has_key());
    assert_eq!(simulated.validate_to_run(Role::Engine), Ok(()));
    let unnamed = parse(&[]).expect("right").wallet.names();
    assert_eq!(unnamed[0].as_str(), "main");
}

#[test]
fn what_is_no_wallet_is_refused_in_one_line() {
    for (flag, allowed) in [
        ("--wallets=Main=/a.json", "name=FILE"),
        ("--wallets==/a.json", "name=FILE"),
        ("--wallets=main=", "key file"),
        ("--wallets=main=unix:", "socket"),
        ("--client-wallets=desk", "client=wallet"),
        ("--client-wallets=desk=No Name", "client=wallet"),
    ] {
        let line = parse(&[flag]).expect_err("is refused");

        assert!(line.contains(allowed), "{flag}: {line}");
        assert_eq!(line.lines().count(), 1, "{line}");
    }
}

#[test]
fn each_name_and_each_client_stands_once() {
    let worker = Role::Worker;
    let twice = refused(&["--wallets=main=/a.json,main=/b.json"], worker);
    assert!(twice.starts_with("WALLETS names main twice"), "{twice}");
    let clients = "--client-wallets=desk=main,desk=second";
    let twice = refused(&["--wallets=main,second", clients], worker);
    assert!(
        twice.starts_with("CLIENT_WALLETS binds desk twice"),
        "{twice}"
    );
    for one in ["--wallet=/c.json", "--wallet-key=abc"] {
        let both = refused(&[FILES, one], worker);
        assert!(
            both.starts_with("WALLETS is not allowed with WALLET"),
            "{both}"
        );
        assert!(!both.contains("abc"), "{both}");
    }
}

#[test]
fn a_real_clusters_wallet_has_a_key_of_its_own() {
    let live = [
        "--order-venue-mode=live",
        "--solana-rpc-url=http://localhost:8899",
        "--solana-cluster=localnet",
    ];
    let nameless = [&live[..], &["--wallets=main=/a.json,second"]].concat();

    let line = refused(&nameless, Role::Worker);

    assert!(line.starts_with("WALLETS=second"), "{line}");
    let config = parse(&[&live[..], &[FILES]].concat()).expect("right");
    assert_eq!(config.validate_to_run(Role::Worker), Ok(()));
}

#[test]
fn clients_are_bound_to_wallets_that_there_are() {
    let keys = "--api-keys=desk:alpha";
    let unknown = refused(&[FILES, keys, "--client-wallets=other=main"], Role::Engine);
    assert!(
        unknown.contains("binds other, which is no client"),
        "{unknown}"
    );
    let keyless = refused(&[FILES, "--client-wallets=desk=main"], Role::Gateway);
    assert!(keyless.contains("the only one is anyone"), "{keyless}");
    let nowhere = refused(&[FILES, keys, "--client-wallets=desk=third"], Role::Engine);
    assert!(
        nowhere.contains("desk to third, which is no wallet"),
        "{nowhere}"
    );

    // A gateway without keys learns wallets from workers, and a worker asks no clients.
    let bound = [keys, "--client-wallets=desk=third"];
    let gateway = parse(&bound).expect("right");
    assert_eq!(gateway.validate_to_run(Role::Gateway), Ok(()));
    let worker = parse(&[FILES, "--client-wallets=desk=third"]).expect("right");
    assert_eq!(worker.validate_to_run(Role::Worker), Ok(()));
}
