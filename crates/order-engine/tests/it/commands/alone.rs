//! The commands that need no engine, and an engine that ends after commands.

use cluster::engine::Engine;

use crate::run::run;

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
async fn the_engine_stays_alive_while_commands_come_and_go() {
    let folder = tempfile::tempdir().unwrap();
    let mut engine = Engine::start(&[]).await.unwrap();
    let base_url = engine.url("");
    let engine_url = [("ORDER_ENGINE_URL", base_url.as_str())];
    run(folder.path(), &["simulate", "--count", "5"], &engine_url).await;

    let code = engine.stop().await.unwrap();

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
        "fills",
        "books",
        "top",
        "migrate",
        "execution",
        "replay",
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
async fn shells_get_their_completions() {
    let folder = tempfile::tempdir().unwrap();
    for (of, holds) in [("bash", "complete -F"), ("zsh", "#compdef")] {
        let ran = run(folder.path(), &["completions", of], &[]).await;

        assert!(ran.stdout.contains(holds), "{of}");
    }
}
