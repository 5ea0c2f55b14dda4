//! Recorded pools: what the router would have paid.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::run::{Ran, run};

fn recordings() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("recordings")
}

async fn replay(folder: &Path, args: &[&str]) -> Ran {
    let args = [&["replay"], args].concat();
    run(folder, &args, &[]).await
}

#[tokio::test]
async fn the_recorded_market_pays_what_it_paid_when_it_was_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let expected = std::fs::read_to_string(recordings().join("simulated.result.json")).unwrap();
    let expected: Value = serde_json::from_str(&expected).unwrap();
    let file = recordings().join("simulated.json");
    let file = file.to_str().unwrap();

    let ran = replay(folder.path(), &[file, "--json"]).await;

    assert_eq!(ran.code, Some(0), "{ran:?}");
    let summaries = ran.json().remove(0);
    assert_eq!(
        summaries, expected,
        "where the router is meant to pay something else: \
         order-engine replay simulated.json --json > simulated.result.json"
    );
    for summary in summaries.as_array().unwrap() {
        assert_eq!(summary["routed"], 200, "{summary}");
    }
}

#[tokio::test]
async fn one_seed_gives_one_recording_whose_every_swap_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let record = async |name: &str, seed: &str| {
        let args = [
            "--record",
            "--snapshots",
            "3",
            "--swap",
            "2 sol usdc",
            "--seed",
            seed,
        ];
        let ran = replay(folder.path(), &[&[name], &args[..]].concat()).await;
        assert_eq!(ran.code, Some(0), "{ran:?}");
        std::fs::read_to_string(folder.path().join(name)).unwrap()
    };

    let (one, same) = (
        record("one.json", "5").await,
        record("same.json", "5").await,
    );
    let other = record("other.json", "6").await;
    let each = replay(folder.path(), &["one.json", "--each", "--json"]).await;
    let table = replay(folder.path(), &["one.json"]).await;

    assert_eq!(one, same);
    assert_ne!(one, other);
    let each = each.json();
    assert_eq!(each.len(), 3);
    for routed in &each {
        assert_eq!(
            (&routed["amountIn"], &routed["error"]),
            (&"2".into(), &Value::Null)
        );
        assert!(routed["single"].is_string(), "{routed}");
    }
    assert!(table.stdout.contains("2 SOL→USDC"), "{table:?}");
    assert!(table.stdout.contains("3 of 3"), "{table:?}");
}

#[tokio::test]
async fn what_only_several_pools_together_can_fill_has_a_route() {
    let folder = tempfile::tempdir().unwrap();
    // No pool of the pair holds more than 20,000,000 USDC.
    let args = ["big.json", "--record", "--snapshots", "2"];
    let swap = ["--swap", "SOL 25000000 USDC"];
    let made = replay(folder.path(), &[&args[..], &swap].concat()).await;
    assert_eq!(made.code, Some(0), "{made:?}");

    let each = replay(folder.path(), &["big.json", "--each"]).await;
    let all = replay(folder.path(), &["big.json", "--json"]).await;

    for line in each.stdout.lines() {
        assert!(line.contains("single none  split "), "{each:?}");
    }
    assert_eq!(all.code, Some(0), "{all:?}");
    let summary = &all.json()[0][0];
    assert_eq!(
        (&summary["routed"], &summary["singleMean"]),
        (&2.into(), &Value::Null)
    );
    assert!(summary["splitMean"].is_string(), "{summary}");
    assert_eq!(summary["splitGainBps"], Value::Null);
}

#[tokio::test]
async fn what_cannot_be_replayed_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("text.json", "not JSON");
    write(
        "empty.json",
        r#"{"version":1,"tokens":[],"swaps":[],"snapshots":[]}"#,
    );
    write(
        "clockless.json",
        r#"{"version":1,"tokens":[],"swaps":[],"snapshots":[{"slot":7,"accounts":{}}]}"#,
    );

    for (file, code, why) in [
        ("missing.json", 1, "missing.json"),
        ("text.json", 1, "text.json"),
        (
            "clockless.json",
            1,
            "snapshot 1 (slot 7): the clock's account is not there",
        ),
    ] {
        let ran = replay(folder.path(), &[file]).await;

        assert_eq!(ran.code, Some(code), "{ran:?}");
        assert!(ran.stderr.contains(why), "{ran:?}");
    }
    let nothing = replay(folder.path(), &["empty.json"]).await;
    assert_eq!(nothing.code, Some(1), "{nothing:?}");
    let swap = ["x.json", "--record", "--swap", "1 SOL"];
    let refused = replay(folder.path(), &swap).await;
    assert_eq!(refused.code, Some(2), "{refused:?}");
}
