//! The commands against a running engine.

use std::path::Path;

use testkit::engine::Engine;

use crate::run::{Ran, run};

struct Shell {
    engine: Engine,
    folder: tempfile::TempDir,
    base_url: String,
}

impl Shell {
    async fn new(variables: &[(&str, &str)]) -> Self {
        let engine = Engine::start(variables).await.expect("the engine starts");
        let base_url = engine.url("");
        Self {
            engine,
            folder: tempfile::tempdir().expect("a folder"),
            base_url,
        }
    }

    async fn run(&self, args: &[&str]) -> Ran {
        run(
            self.folder.path(),
            args,
            &[("ORDER_ENGINE_URL", &self.base_url)],
        )
        .await
    }
}

#[tokio::test]
async fn demo_confirms_five_orders_and_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();

    // Settings of an engine that runs beside must not reach it.
    let variables = [
        ("SIM_LATENCY_SCALE", "0.01"),
        ("DATABASE_URL", "postgres://nowhere/x"),
        ("PORT", "1"),
    ];
    let ran = run(folder.path(), &["demo"], &variables).await;

    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(
        ran.stdout.matches("confirmed").count(),
        10,
        "each live and in the table: {ran:?}"
    );
    assert!(
        ran.stdout.lines().all(|line| line.chars().count() <= 80),
        "{}",
        ran.stdout
    );
    for venue_told in ["raydium", "meteora", "building", " > "] {
        assert!(ran.stdout.contains(venue_told), "{ran:?}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn submit_follows_the_order_to_its_end() {
    let shell = Shell::new(&[]).await;

    let told = shell.run(&["submit", "SOL", "usdc", "1.5"]).await;
    assert_eq!(told.code, Some(0), "{told:?}");
    assert!(
        told.stdout.contains("confirmed") && told.stdout.contains("USDC"),
        "{told:?}"
    );

    let json = shell
        .run(&["submit", "SOL", "USDC", "2", "--json"])
        .await
        .json();
    let statuses: Vec<_> = json
        .iter()
        .map(|line| line["status"].as_str().unwrap())
        .collect();
    // The answer to the submission and the order's first event are both pending.
    assert_eq!(
        statuses,
        [
            "pending",
            "pending",
            "routing",
            "building",
            "submitted",
            "confirmed"
        ]
    );
}

#[tokio::test]
async fn a_repeated_submission_under_one_key_is_one_order() {
    let shell = Shell::new(&[]).await;
    let args = [
        "submit",
        "SOL",
        "USDC",
        "1",
        "--idempotency-key",
        "k1",
        "--detach",
        "--json",
    ];

    let (first, second) = (shell.run(&args).await, shell.run(&args).await);

    assert_eq!(first.stdout, second.stdout);
    assert_eq!(first.code, Some(0));
}

#[tokio::test]
async fn a_dry_run_shows_offers_and_stores_nothing() {
    let shell = Shell::new(&[]).await;

    let ran = shell
        .run(&["submit", "SOL", "USDC", "1", "--dry-run"])
        .await;

    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(
        ran.stdout.contains("raydium") && ran.stdout.contains("best"),
        "{ran:?}"
    );
    assert_eq!(shell.run(&["orders", "list"]).await.stdout, "no orders\n");
}

#[tokio::test]
async fn exit_codes_tell_what_went_wrong() {
    let shell = Shell::new(&[]).await;
    let dead = format!("http://127.0.0.1:{}", testkit::free_port::free_port());
    for (args, code, said) in [
        (&["submit", "SOL", "NOPE", "1"][..], 1, "tokenOut"),
        (&["submit", "SOL"][..], 2, "<TOKEN_OUT>"),
        (&["orders", "show", "x"][..], 2, "x"),
        (
            &["orders", "list", "--base-url", &dead][..],
            3,
            "order-engine serve",
        ),
        (
            &["orders", "list", "--base-url", "nowhere"][..],
            2,
            "http://127.0.0.1:3000",
        ),
        (&["frobnicate"][..], 2, "frobnicate"),
    ] {
        let ran = shell.run(args).await;

        assert_eq!(ran.code, Some(code), "{args:?}: {ran:?}");
        assert!(ran.stderr.contains(said), "{args:?}: {ran:?}");
    }
}

#[tokio::test]
async fn watch_shows_an_order_from_its_first_event_however_late() {
    let shell = Shell::new(&[]).await;
    let accepted = shell
        .run(&["submit", "SOL", "USDC", "1", "--json"])
        .await
        .json();
    let id = accepted[0]["orderId"].as_str().unwrap().to_owned();

    let all = shell.run(&["watch", &id, "--json"]).await;
    let rest = shell.run(&["watch", &id, "--since", "2", "--json"]).await;
    let shown = shell.run(&["orders", "show", &id]).await;

    assert_eq!(all.json(), accepted[1..]);
    assert_eq!(rest.json(), accepted[4..]);
    assert_eq!(shown.code, Some(0), "{shown:?}");
    assert!(
        shown.stdout.contains(&id) && shown.stdout.contains("transaction"),
        "{shown:?}"
    );
}

#[tokio::test]
async fn simulate_streams_each_order_and_counts_them() {
    let shell = Shell::new(&[]).await;

    let args = ["simulate", "--baseUrl", &shell.base_url, "--count", "20"];
    let ran = run(Path::new("/"), &args, &[]).await;

    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.stdout.contains("20 orders: 20 confirmed"), "{ran:?}");
    let json = shell
        .run(&["simulate", "--count", "3", "--json"])
        .await
        .json();
    assert_eq!(json.len(), 15, "five events each");
}

#[tokio::test]
async fn operators_pause_cancel_and_resume() {
    let shell = Shell::new(&[("HEARTBEAT_MS", "50")]).await;

    assert_eq!(shell.run(&["queue", "pause"]).await.code, Some(0));
    assert!(
        shell
            .run(&["queue", "state"])
            .await
            .stdout
            .contains("paused")
    );
    let args = ["submit", "SOL", "USDC", "1", "--detach", "--json"];
    let id = shell.run(&args).await.json()[0]["orderId"]
        .as_str()
        .unwrap()
        .to_owned();
    let cancelled = shell.run(&["orders", "cancel", &id]).await;
    assert_eq!(cancelled.code, Some(0), "{cancelled:?}");
    let again = shell.run(&["orders", "cancel", &id]).await;
    assert_eq!(again.code, Some(1), "{again:?}");
    let resumed = shell.run(&["queue", "resume", "--json"]).await;
    assert_eq!(resumed.json()[0]["paused"], false);
    let listed = shell
        .run(&["orders", "list", "--status", "cancelled"])
        .await;
    assert!(listed.stdout.contains(&id), "{listed:?}");
}

#[tokio::test]
async fn a_dead_order_is_listed_and_retried_once() {
    // Its floor is beyond what anybody pays, so that it fails at the first attempt.
    let shell = Shell::new(&[("RETRY_MAX_ATTEMPTS", "1")]).await;
    let args = [
        "submit",
        "SOL",
        "USDC",
        "1",
        "--min-amount-out",
        "1000000",
        "--json",
    ];
    let ran = shell.run(&args).await;
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let id = ran.json()[0]["orderId"].as_str().unwrap().to_owned();

    assert!(shell.run(&["queue", "dead"]).await.stdout.contains(&id));
    let retried = shell.run(&["queue", "retry", &id, "--json"]).await;
    assert_eq!(retried.json()[0]["retryOf"], id.as_str(), "{retried:?}");
    assert_eq!(shell.run(&["queue", "retry", &id]).await.code, Some(1));
}

#[tokio::test]
async fn top_looks_once_for_scripts() {
    let shell = Shell::new(&[]).await;
    shell.run(&["submit", "SOL", "USDC", "1"]).await;

    let text = shell.run(&["top", "--once"]).await;
    let json = shell.run(&["top", "--once", "--json"]).await;

    assert_eq!(text.code, Some(0), "{text:?}");
    assert!(text.stdout.contains("in execution"), "{text:?}");
    assert!(
        text.stdout.lines().all(|line| line.chars().count() <= 80),
        "{}",
        text.stdout
    );
    assert_eq!(json.json()[0]["success"], true);
}

#[tokio::test]
async fn the_engine_stays_alive_while_commands_come_and_go() {
    let mut shell = Shell::new(&[]).await;
    shell.run(&["simulate", "--count", "5"]).await;

    let code = shell.engine.stop().await.unwrap();

    assert_eq!(code, Some(0));
}

#[tokio::test]
async fn every_command_helps_with_an_example() {
    let folder = tempfile::tempdir().unwrap();
    let commands = [
        "serve",
        "demo",
        "submit",
        "watch",
        "simulate",
        "orders",
        "queue",
        "top",
        "migrate",
        "sim-chain",
        "completions",
    ];
    let whole = run(folder.path(), &["--help"], &[]).await;
    for command in commands {
        assert!(whole.stdout.contains(command), "{command} is listed");

        let help = run(folder.path(), &[command, "--help"], &[]).await;

        assert_eq!(help.code, Some(0), "{help:?}");
        let example = format!(
            "order-engine {}",
            if command == "serve" { "" } else { command }
        );
        assert!(
            help.stdout.contains("Example") && help.stdout.contains(example.trim()),
            "{help:?}"
        );
        assert!(
            help.stdout.lines().all(|line| line.chars().count() <= 100),
            "{}",
            help.stdout
        );
    }
}

#[tokio::test]
async fn shells_and_man_get_their_pages() {
    let folder = tempfile::tempdir().unwrap();
    for (of, holds) in [("bash", "complete -F"), ("zsh", "#compdef"), ("man", ".TH")] {
        let ran = run(folder.path(), &["completions", of], &[]).await;

        assert!(ran.stdout.contains(holds), "{of}");
    }
}
