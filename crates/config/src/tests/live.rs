//! What a live process needs, and what keeps it from starting.

use super::*;
use crate::args::parse as parse_arguments;

const WALLET: &str = "--wallet=/run/secrets/wallet.json";
const ADDRESS: &str = "--wallet-address=So11111111111111111111111111111111111111112";
const ENDPOINT: &str = "--solana-rpc-url=http://localhost:8899";
const LIVE: [&str; 3] = [
    "--order-venue-mode=live",
    ENDPOINT,
    "--solana-cluster=localnet",
];

fn live(flags: &[&str]) -> Config {
    parse(&[&LIVE, flags].concat()).expect("each is right")
}

#[track_caller]
fn refused(config: &Config, role: Role) -> String {
    let refused = config.validate_to_run(role).expect_err("is refused");
    let line = refused.to_string();
    assert_eq!(line.lines().count(), 1, "{line}");
    line
}

#[test]
fn each_part_needs_what_it_uses() {
    let mode = LIVE[0];
    for (flags, role, missing) in [
        (&[mode, LIVE[2], WALLET][..], Role::Worker, "SOLANA_RPC_URL"),
        (
            &[mode, ENDPOINT, WALLET][..],
            Role::Worker,
            "SOLANA_CLUSTER",
        ),
        (&LIVE[..], Role::Worker, "WALLET"),
        (&LIVE[..], Role::Engine, "WALLET"),
        (&LIVE[..], Role::Gateway, "WALLET_ADDRESS"),
    ] {
        let config = parse(flags).expect("each is right");

        let line = refused(&config, role);

        let told = format!("{missing} is not set: {} needs", role.program());
        assert!(line.starts_with(&told), "{line}");
    }
    assert_eq!(live(&[WALLET]).validate_to_run(Role::Worker), Ok(()));
    assert_eq!(live(&[WALLET]).validate_to_run(Role::Engine), Ok(()));
    assert_eq!(live(&[ADDRESS]).validate_to_run(Role::Gateway), Ok(()));
    assert_eq!(
        live(&["--wallet-key=abc"]).validate_to_run(Role::Worker),
        Ok(())
    );
}

#[test]
fn one_process_signs_with_one_key() {
    let line = refused(&live(&[WALLET, "--wallet-key=abc"]), Role::Worker);

    assert!(line.starts_with("WALLET and WALLET_KEY"), "{line}");
    assert!(!line.contains("abc"), "{line}");
}

#[test]
fn real_money_needs_a_limit_for_every_token() {
    let mainnet = |flags: &[&str]| {
        let cluster = "--solana-cluster=mainnet-beta";
        let all = [
            &[
                LIVE[0],
                ENDPOINT,
                cluster,
                WALLET,
                ADDRESS,
                "--trading=enabled",
            ],
            flags,
        ];
        parse(&all.concat()).expect("each is right")
    };
    let limited = mainnet(&["--spend-limits=SOL:0.01/order,*:0/order"]);

    for role in [Role::Engine, Role::Gateway, Role::Worker] {
        for limits in [&[][..], &["--spend-limits=SOL:0.01/order"]] {
            let line = refused(&mainnet(limits), role);

            assert!(
                line.starts_with("SPEND_LIMITS must have a limit for *"),
                "{line}"
            );
        }
        assert_eq!(limited.validate_to_run(role), Ok(()));
    }
}

#[test]
fn on_mainnet_orders_are_taken_only_where_wallet_and_consent_are_named() {
    let on = |cluster: &str, flags: &[&str]| {
        let cluster = format!("--solana-cluster={cluster}");
        let flags = [&[LIVE[0], ENDPOINT, &cluster], flags].concat();
        parse(&flags).expect("each is right").takes_orders()
    };
    let enabled = "--trading=enabled";

    assert!(on("mainnet-beta", &[ADDRESS, enabled]));
    assert!(!on("mainnet-beta", &[ADDRESS]));
    assert!(!on("mainnet-beta", &[enabled]));
    assert!(!on("mainnet-beta", &[ADDRESS, "--trading=disabled"]));
    assert!(on("devnet", &[]));
}

#[test]
fn where_real_clusters_have_their_programs_is_known() {
    let program = "--programs=cpmm=CPMMoo8L3F4NbTegBCKVNunggL7H1ZpdTHKxQB5qKP1C";
    let mut flags = LIVE.to_vec();
    assert_eq!(
        live(&[WALLET, program]).validate_to_run(Role::Worker),
        Ok(())
    );

    flags[2] = "--solana-cluster=devnet";
    flags.extend([WALLET, program]);
    let line = refused(&parse(&flags).expect("each is right"), Role::Worker);

    assert!(line.starts_with("PROGRAMS is not allowed"), "{line}");
}

#[test]
fn an_engine_that_others_reach_needs_keys() {
    let api_keys = "--api-keys=desk:alpha";
    let admin_key = "--admin-key=root";
    for host in ["0.0.0.0", "::", "10.0.0.1", "engine.example"] {
        let host = format!("--host={host}");
        for keys in [&[][..], &[api_keys], &[admin_key]] {
            let flags = [&[host.as_str(), WALLET, ADDRESS], keys].concat();
            for role in [Role::Engine, Role::Gateway] {
                let line = refused(&live(&flags), role);

                assert!(line.starts_with("HOST="), "{line}");
                assert!(line.contains("API_KEYS and ADMIN_KEY"), "{line}");
            }
        }
        // A worker takes nobody's orders.
        let worker = live(&[&host, WALLET]);
        assert_eq!(worker.validate_to_run(Role::Worker), Ok(()));
        let guarded = live(&[&host, WALLET, api_keys, admin_key]);
        assert_eq!(guarded.validate_to_run(Role::Engine), Ok(()));
    }
    for host in ["127.0.0.1", "127.0.0.2", "::1", "localhost"] {
        let host = format!("--host={host}");
        let open = live(&[&host, WALLET]);
        assert_eq!(open.validate_to_run(Role::Engine), Ok(()));
    }
}

#[test]
fn a_key_is_no_flag() {
    let arguments = ["program", "--wallet-key=hunter2"].map(Into::into);

    let stop = parse_arguments::<Program>(arguments).expect_err("must be refused");

    let line = stop.to_string();
    assert!(line.starts_with("WALLET_KEY=***"), "{line}");
    assert!(!line.contains("hunter2"), "{line}");
}

#[test]
fn live_asks_its_endpoints_and_never_a_simulated_clusters_own_address() {
    let config = live(&["--sim-chain-url=http://localhost:4000"]);

    let endpoints = config.endpoints();
    let endpoint = endpoints.first().expect("there is one");
    assert_eq!(endpoint.expose(), "http://localhost:8899");
}

#[test]
fn a_cluster_brings_its_own_token_list() {
    let devnet = parse(&[LIVE[0], "--solana-cluster=devnet"]).expect("each is right");
    let simulated = parse(&["--solana-cluster=devnet"]).expect("each is right");

    assert_eq!(*devnet.chain.tokens(), TokenList::devnet());
    assert_eq!(*simulated.chain.tokens(), TokenList::mainnet());
}
