//! The commands against a running engine, each on its next gateway. Only over one process are those that
//! need no engine, and how an engine ends that commands have called.

mod accounts;
mod alone;
mod waiting;

use std::path::Path;

use anyhow::{Context, Result};
use cluster::e2e::{statuses, text};
use serde_json::Value;
use tempfile::TempDir;
use testkit::contract::eventually;

use crate::run::{Ran, run};
use crate::world::caller::Caller;
use crate::world::{CLIENTS, OPERATORS, Settings, World};

pub(crate) use accounts::a_client_reads_its_own_fills_and_books;
pub(crate) use waiting::orders_that_wait_are_submitted_listed_and_changed;

/// Workers hear of a pause, at the latest, with their next heartbeat.
const QUICK_HEARTS: Settings = &[("HEARTBEAT_MS", "50")];

/// What is told of an order over a third token tells nothing of the pair's own pools.
pub(crate) const DIRECT: Settings = &[("ROUTE_MAX_HOPS", "1")];

/// Clients that see their own orders alone.
pub(crate) const KEYED: Settings = &[CLIENTS, OPERATORS];

/// Somebody's shell.
struct Shell {
    caller: Caller,
    folder: TempDir,
}

impl Shell {
    fn of(caller: Caller) -> Self {
        Self {
            caller,
            folder: tempfile::tempdir().expect("a folder"),
        }
    }

    /// What it knows without the engine's address.
    fn key(&self) -> Vec<(&str, &str)> {
        let key = self.caller.key().map(|key| ("API_KEY", key));
        key.into_iter().collect()
    }

    async fn run(&self, args: &[&str]) -> Ran {
        let base_url = self.caller.url("");
        let mut variables = self.key();
        variables.push(("ORDER_ENGINE_URL", &base_url));
        run(self.folder.path(), args, &variables).await
    }
}

pub(crate) async fn submit_follows_the_order_to_its_end(world: &mut World) -> Result<()> {
    let shell = Shell::of(world.client());

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
    // The answer to the submission and the order's first event are both pending.
    assert_eq!(
        statuses(&json),
        [
            "pending",
            "pending",
            "routing",
            "building",
            "submitted",
            "confirmed"
        ]
    );

    let id = text(&json[0], "orderId")?;
    let shown = shell.run(&["orders", "show", id]).await;
    for part in ["best single", "mid price", "bp the quote", "used"] {
        assert!(shown.stdout.contains(part), "{part}: {shown:?}");
    }
    let executed = shell.run(&["execution", "--json"]).await.json();
    assert!(
        executed[0]["total"]["fills"].as_u64() >= Some(2),
        "{executed:?}"
    );
    let table = shell.run(&["execution"]).await;
    assert!(table.stdout.contains("meteora damm_v2"), "{table:?}");
    Ok(())
}

pub(crate) async fn submit_buys_an_exact_amount(world: &mut World) -> Result<()> {
    let shell = Shell::of(world.client());
    let exactly = ["submit", "SOL", "USDC", "--out", "150.25"];

    let dry = shell.run(&[&exactly[..], &["--dry-run"]].concat()).await;
    for part in ["you pay", "asks", "at most"] {
        assert!(dry.stdout.contains(part), "{part}: {dry:?}");
    }
    let told = shell
        .run(&[&exactly[..], &["--max-in", "3"]].concat())
        .await;
    assert_eq!(told.code, Some(0), "{told:?}");
    assert!(told.stdout.contains("150.25 USDC on"), "{told:?}");
    let dear = [&exactly[..], &["--max-in", "0.01", "--json"]].concat();
    let dear = shell.run(&dear).await;
    assert!(dear.stdout.contains("above_maximum"), "{dear:?}");
    let id = text(&dear.json()[0], "orderId")?.to_owned();
    let shown = shell.run(&["orders", "show", &id]).await;
    for part in ["SOL→150.25 USDC", "at most      0.01 SOL", "buys"] {
        assert!(shown.stdout.contains(part), "{part}: {shown:?}");
    }
    for wrong in [
        &["submit", "SOL", "USDC", "1", "--out", "1"][..],
        &["submit", "SOL", "USDC", "1", "--max-in", "1"],
        &["submit", "SOL", "USDC"],
    ] {
        let refused = shell.run(wrong).await;
        assert_eq!(refused.code, Some(2), "{refused:?}");
    }
    Ok(())
}

pub(crate) async fn submit_says_what_to_offer_and_how_far_to_move_the_price(
    world: &mut World,
) -> Result<()> {
    let shell = Shell::of(world.client());

    let flags = ["--fee-level", "urgent", "--max-price-impact-bps", "300"];
    let mut args = vec!["submit", "SOL", "USDC", "1", "--detach", "--json"];
    args.extend(flags);
    let accepted = shell.run(&args).await.json();
    let id = accepted[0]["orderId"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let shown = shell.run(&["orders", "show", &id]).await;
    let too_far = [
        "submit",
        "SOL",
        "USDC",
        "1000000",
        "--max-price-impact-bps",
        "1",
    ];
    let failed = shell.run(&too_far).await;
    let wrong = shell
        .run(&["submit", "SOL", "USDC", "1", "--fee-level", "fast"])
        .await;

    assert!(shown.code == Some(0), "{shown:?}");
    for part in ["urgent", "at most 300 bps"] {
        assert!(shown.stdout.contains(part), "{part}: {shown:?}");
    }
    assert!(failed.code == Some(1), "{failed:?}");
    assert!(
        failed.stdout.contains("would move its pool's price"),
        "{failed:?}"
    );
    assert!(wrong.code == Some(2), "{wrong:?}");
    Ok(())
}

pub(crate) async fn a_repeated_submission_under_one_key_is_one_order(
    world: &mut World,
) -> Result<()> {
    let shell = Shell::of(world.client());
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

    assert_eq!(first.code, Some(0));
    assert_eq!(but_for_its_token(&first)?, but_for_its_token(&second)?);
    Ok(())
}

/// An answer without what is another one each second.
fn but_for_its_token(ran: &Ran) -> Result<Value> {
    let mut answer = ran.json().remove(0);
    let url = text(&answer, "wsUrl")?;
    let url = url.split("token=").next().unwrap_or_default().to_owned();
    answer["wsUrl"] = url.into();
    Ok(answer)
}

pub(crate) async fn a_dry_run_shows_offers_and_stores_nothing(world: &mut World) -> Result<()> {
    let shell = Shell::of(world.client());

    let ran = shell
        .run(&["submit", "SOL", "USDC", "1", "--dry-run"])
        .await;

    assert_eq!(ran.code, Some(0), "{ran:?}");
    for part in [
        "raydium",
        "best",
        "meteora damm_v2",
        "used",
        "against the mid price",
    ] {
        assert!(ran.stdout.contains(part), "{part}: {ran:?}");
    }
    assert_eq!(shell.run(&["orders", "list"]).await.stdout, "no orders\n");
    Ok(())
}

pub(crate) async fn exit_codes_tell_what_went_wrong(world: &mut World) -> Result<()> {
    let shell = Shell::of(world.client());
    let dead = format!("http://127.0.0.1:{}", servers::free_port::free_port());
    for (args, code, said) in [
        (&["submit", "SOL", "NOPE", "1"][..], 1, "tokenOut"),
        (&["submit", "SOL"][..], 2, "<TOKEN_OUT>"),
        (&["submit", "SOL", "USDC", "-1"][..], 1, "amount"),
        (&["orders", "show", "x"][..], 2, "orders list"),
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
    Ok(())
}

pub(crate) async fn watch_shows_an_order_from_its_first_event_however_late(
    world: &mut World,
) -> Result<()> {
    let shell = Shell::of(world.client());
    let accepted = shell
        .run(&["submit", "SOL", "USDC", "1", "--json"])
        .await
        .json();
    let id = text(&accepted[0], "orderId")?.to_owned();

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
    Ok(())
}

pub(crate) async fn simulate_streams_each_order_and_counts_them(world: &mut World) -> Result<()> {
    let shell = Shell::of(world.client());

    let base_url = shell.caller.url("");
    let args = ["simulate", "--baseUrl", &base_url, "--count", "20"];
    let ran = run(Path::new("/"), &args, &shell.key()).await;

    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.stdout.contains("20 orders: 20 confirmed"), "{ran:?}");
    let json = shell
        .run(&["simulate", "--count", "3", "--json"])
        .await
        .json();
    assert_eq!(json.len(), 15, "five events each");
    Ok(())
}

pub(crate) async fn operators_pause_cancel_and_resume(world: &mut World) -> Result<()> {
    let shell = Shell::of(world.client());
    let operators = Shell::of(world.operator());

    assert_eq!(operators.run(&["queue", "pause"]).await.code, Some(0));
    assert!(
        operators
            .run(&["queue", "state"])
            .await
            .stdout
            .contains("paused")
    );
    // A gateway's numbers may be a second old.
    eventually("a look that says so", async || {
        let top = shell.run(&["top", "--once"]).await;
        top.stdout.contains("paused").then_some(())
    })
    .await;
    let args = ["submit", "SOL", "USDC", "1", "--detach", "--json"];
    let id = text(&shell.run(&args).await.json()[0], "orderId")?.to_owned();
    let cancelled = shell.run(&["orders", "cancel", &id]).await;
    assert_eq!(cancelled.code, Some(0), "{cancelled:?}");
    let again = shell.run(&["orders", "cancel", &id]).await;
    assert_eq!(again.code, Some(1), "{again:?}");
    let word = ["orders", "dead", &id, "--reason", "it is gone"];
    let dead = operators.run(&word).await;
    assert_eq!(dead.code, Some(1), "{dead:?}");
    assert!(
        dead.stderr.contains("no transaction that may still land"),
        "{dead:?}"
    );
    let resumed = operators.run(&["queue", "resume", "--json"]).await;
    assert_eq!(resumed.json()[0]["paused"], false);
    let listed = shell
        .run(&["orders", "list", "--status", "cancelled"])
        .await;
    assert!(listed.stdout.contains(&id), "{listed:?}");
    Ok(())
}

pub(crate) async fn a_dead_order_is_listed_and_retried_once(world: &mut World) -> Result<()> {
    let shell = Shell::of(world.client());
    let operators = Shell::of(world.operator());
    // Its floor is beyond what anybody pays.
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
    let id = text(&ran.json()[0], "orderId")?.to_owned();

    assert!(operators.run(&["queue", "dead"]).await.stdout.contains(&id));
    let retried = operators.run(&["queue", "retry", &id, "--json"]).await;
    assert_eq!(retried.json()[0]["retryOf"], id.as_str(), "{retried:?}");
    assert_eq!(operators.run(&["queue", "retry", &id]).await.code, Some(1));
    Ok(())
}

pub(crate) async fn top_looks_once_for_scripts(world: &mut World) -> Result<()> {
    let shell = Shell::of(world.client());
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
    Ok(())
}

pub(crate) async fn pools_lists_every_program_of_a_pair(world: &mut World) -> Result<()> {
    let shell = Shell::of(world.client());

    let told = shell.run(&["pools", "SOL", "usdc"]).await;
    let json = shell.run(&["pools", "SOL", "USDC", "--json"]).await.json();
    let unknown = shell.run(&["pools", "SOL", "NOPE"]).await;

    assert_eq!(told.code, Some(0), "{told:?}");
    let pools = json[0]["pools"].as_array().context("pools")?;
    let mut named: Vec<_> = pools
        .iter()
        .filter_map(|pool| pool["pool"].as_str())
        .collect();
    named.sort_unstable();
    assert_eq!(named, ["amm_v4", "cpmm", "damm_v2", "dlmm"]);
    for pool in pools {
        assert_eq!(pool["usable"], true, "{pool}");
        let name = format!("{} {}", text(pool, "dex")?, text(pool, "pool")?);
        let address = text(pool, "poolAddress")?;
        let line = told.stdout.lines().find(|line| line.contains(&name));
        assert!(line.is_some_and(|line| line.contains(address)), "{told:?}");
    }
    assert_eq!(unknown.code, Some(1), "{unknown:?}");
    assert!(unknown.stderr.contains("tokenOut"), "{unknown:?}");
    Ok(())
}

pub(crate) async fn wallet_tells_operators_what_it_holds(world: &mut World) -> Result<()> {
    let operators = Shell::of(world.operator());

    let told = operators.run(&["wallet"]).await;
    let json = operators.run(&["wallet", "--json"]).await.json().remove(0);

    assert_eq!(told.code, Some(0), "{told:?}");
    assert_eq!(json["mode"], "sim");
    let held = json["tokens"].as_array().context("tokens")?;
    for symbol in ["USDC", "BONK", "PYUSD"] {
        let is_it = |holding: &&Value| holding["symbol"] == symbol;
        assert!(
            held.iter().any(|holding| is_it(&holding)),
            "{symbol}: {json}"
        );
        assert!(told.stdout.contains(symbol), "{told:?}");
    }
    for part in [text(&json, "address")?, "SOL", "simulated (sim)"] {
        assert!(told.stdout.contains(part), "{part}: {told:?}");
    }
    Ok(())
}

mod process {
    use crate::commands;
    use crate::world::{NONE, STILL, World, over_process};

    over_process! { World:
        commands::submit_follows_the_order_to_its_end(commands::DIRECT),
        commands::submit_buys_an_exact_amount(NONE),
        commands::submit_says_what_to_offer_and_how_far_to_move_the_price(commands::DIRECT),
        commands::orders_that_wait_are_submitted_listed_and_changed(NONE),
        commands::a_repeated_submission_under_one_key_is_one_order(NONE),
        commands::a_dry_run_shows_offers_and_stores_nothing(commands::DIRECT),
        commands::exit_codes_tell_what_went_wrong(NONE),
        commands::watch_shows_an_order_from_its_first_event_however_late(commands::DIRECT),
        commands::simulate_streams_each_order_and_counts_them(&[STILL]),
        commands::operators_pause_cancel_and_resume(commands::QUICK_HEARTS),
        commands::a_dead_order_is_listed_and_retried_once(NONE),
        commands::top_looks_once_for_scripts(NONE),
        commands::pools_lists_every_program_of_a_pair(NONE),
        commands::a_client_reads_its_own_fills_and_books(commands::KEYED),
        commands::wallet_tells_operators_what_it_holds(NONE),
    }
}

mod clustered {
    use crate::world::{CLIENTS, OPERATORS, STILL, Settings, World, over_cluster};
    use crate::{commands, health};

    const USUAL: Settings = &[
        CLIENTS,
        OPERATORS,
        ("HEARTBEAT_MS", "50"),
        ("ROUTE_MAX_HOPS", "1"),
        STILL,
    ];

    over_cluster! {
        #[ignore = "repeats over a cluster what holds over one process; scripts/test --full runs it"]
        World: every_command_works_on_any_gateway(USUAL):
        health::health_is_silent_and_ends_with_zero_where_a_process_answers,
        commands::submit_follows_the_order_to_its_end,
        commands::submit_buys_an_exact_amount,
        commands::submit_says_what_to_offer_and_how_far_to_move_the_price,
        commands::orders_that_wait_are_submitted_listed_and_changed,
        commands::a_repeated_submission_under_one_key_is_one_order,
        commands::a_dry_run_shows_offers_and_stores_nothing,
        commands::exit_codes_tell_what_went_wrong,
        commands::watch_shows_an_order_from_its_first_event_however_late,
        commands::simulate_streams_each_order_and_counts_them,
        commands::operators_pause_cancel_and_resume,
        commands::a_dead_order_is_listed_and_retried_once,
        commands::top_looks_once_for_scripts,
        commands::pools_lists_every_program_of_a_pair,
        commands::wallet_tells_operators_what_it_holds,
    }
}
