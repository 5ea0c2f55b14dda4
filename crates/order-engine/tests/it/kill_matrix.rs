//! Case 5 of FAILURES.md: the engine aborts at a named point of an order's life while thirty orders
//! are in flight; started again, it ends each of them, none executed twice.
//!
//! With the chain inside the engine, the chain's mempool dies too. So the points around sending are
//! also tested with the chain as a separate process: there, sent transactions land while nobody is
//! looking. In live (case 45) the chain is always another process, and every point is tested.

use std::os::unix::process::ExitStatusExt;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use cluster::e2e::{Target, load, socket, statuses};
use cluster::engine::Engine;
use cluster::http::http;
use cluster::{Chain, KeyFile};
use futures_util::future::try_join_all;

pub(crate) const ORDERS: usize = 30;
/// How often the point is reached before the abort: half of the orders are at it or beyond.
pub(crate) const NTH: usize = 15;
const SOL_FOR_USDC: &str = r#"{"tokenIn":"SOL","tokenOut":"USDC","amount":"1.25"}"#;
/// Orders take a few hundred milliseconds here; the machine may be busy.
pub(crate) const CRASH_LIMIT: Duration = Duration::from_secs(30);
/// How `abort` ends a process: as suddenly as SIGKILL, but distinguishable from it.
const SIGABRT: i32 = 6;
/// The same pace as the engine's.
const CHAIN: [(&str, &str); 1] = [("SIM_LATENCY_SCALE", "0.1")];
/// Slow enough that all orders are in flight at once, and quick to notice a silent worker.
pub(crate) const SETTINGS: [(&str, &str); 5] = [
    ("SIM_LATENCY_SCALE", "0.1"),
    ("QUEUE_MAX_CONCURRENCY", "30"),
    ("LEASE_MS", "900"),
    ("HEARTBEAT_MS", "200"),
    ("SWEEP_MS", "200"),
];

/// Where the engine finds its chain.
#[derive(Debug)]
enum World {
    /// Inside it.
    Inside,
    /// In a process that outlives it.
    Beside(Chain),
    /// In one that it takes for somebody else's.
    Live(Chain, KeyFile),
}

impl World {
    async fn beside() -> Result<Self> {
        Ok(Self::Beside(Chain::start(&CHAIN).await?))
    }

    async fn live() -> Result<Self> {
        let chain = Chain::start(&CHAIN).await?;
        let wallet = chain.wallet("wallet").await?;
        Ok(Self::Live(chain, wallet))
    }

    fn variables(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Inside => Vec::new(),
            Self::Beside(chain) => vec![("SIM_CHAIN_URL", chain.url().to_owned())],
            Self::Live(chain, wallet) => {
                let mut variables = wallet.live_on(chain.url());
                // What was quoted before the death lands after it, when prices have moved: several in a row may be
                // rolled back, by which an engine in live halts itself.
                variables.push(("HALT_AFTER_REVERTS", "0".to_owned()));
                variables
            }
        }
    }

    fn target(&self, engine: &Engine) -> Target {
        let target = Target::new(vec![engine.url("")]);
        match self {
            Self::Inside | Self::Beside(_) => target,
            Self::Live(chain, _) => target.live_on(chain.url()),
        }
    }
}

async fn operate(engine: &Engine, act: &str) -> Result<()> {
    let answer = http().post(engine.url(&format!("/api/admin/{act}"))).send();
    answer
        .await
        .context("call the engine")?
        .error_for_status()?;
    Ok(())
}

/// An engine that holds thirty accepted orders, takes none of them yet, and will end itself.
async fn loaded(point: &str, world: &World) -> Result<(Engine, Target, Vec<String>)> {
    let variables = world.variables();
    let variables = variables
        .iter()
        .map(|(name, value)| (*name, value.as_str()));
    let settings: Vec<_> = SETTINGS.into_iter().chain(variables).collect();
    let mut engine = Engine::start(&settings).await?;
    operate(&engine, "pause").await?;
    engine.set("CRASH_POINT", &format!("{point}:{NTH}"));
    // A worker that starts in a paused engine knows it from its first heartbeat.
    engine.kill()?;
    engine.restart().await?;

    let target = world.target(&engine);
    let accepted = (0..ORDERS).map(|n| target.accept(n, SOL_FOR_USDC));
    let orders = try_join_all(accepted).await?;
    Ok((engine, target, orders))
}

async fn check_survives(point: &str, world: World) -> Result<()> {
    let (mut engine, target, orders) = loaded(point, &world).await?;

    // The answer may get lost.
    let _ = operate(&engine, "resume").await;
    let ended = engine.program().exited(CRASH_LIMIT).await?;
    ensure!(ended.signal() == Some(SIGABRT), "it ended with {ended}");
    engine.set("CRASH_POINT", "");
    engine.restart().await?;
    operate(&engine, "resume").await?;

    let target = &target;
    let checked = orders.iter().map(|order_id| async move {
        let url = target.ws_url(0, &format!("/ws/orders/{order_id}"));
        let events = socket::follow(&url).await?.messages;
        load::check_order(target, order_id, &events).await?;
        anyhow::Ok(statuses(&events).last() == Some(&"confirmed"))
    });
    let confirmed = try_join_all(checked).await?;
    let confirmed = confirmed.into_iter().filter(|confirmed| *confirmed).count();
    ensure!(confirmed > ORDERS / 2, "only {confirmed} were confirmed");
    Ok(())
}

macro_rules! killed_at {
    ($($promise:ident: $point:literal;)*) => {$(
        #[tokio::test]
        async fn $promise() -> Result<()> {
            check_survives($point, World::Inside).await
        }
    )*};
}

killed_at! {
    orders_survive_a_death_after_the_claim: "claimed";
    orders_survive_a_death_after_the_choice_of_a_route: "routed";
    orders_survive_a_death_before_signing: "built";
    orders_survive_a_death_between_signing_and_storing: "signed";
    orders_survive_a_death_between_storing_and_sending: "stored";
    orders_survive_a_death_before_the_reply_to_sending: "reply_lost";
    orders_survive_a_death_after_sending: "sent";
    orders_survive_a_death_before_the_confirmation_is_stored: "confirmed_not_stored";
    orders_survive_a_death_before_the_end_is_published: "stored_not_published";
}

/// Changes orders to a price that holds at once. Whatever the engine answers: it may be about to end.
async fn let_fire(engine: &Engine, orders: &[String]) {
    let changes = orders.iter().map(|id| {
        let change = http().patch(engine.url(&format!("/api/orders/{id}")));
        let change = change.header("content-type", "application/json");
        change.body(r#"{"limitPrice":"1"}"#).send()
    });
    let _ = futures_util::future::join_all(changes).await;
}

#[tokio::test]
async fn orders_that_have_fired_survive_a_death_before_the_queue_knows_them() -> Result<()> {
    let mut engine = Engine::start(&SETTINGS).await?;
    engine.set("CRASH_POINT", &format!("fired:{NTH}"));
    engine.kill()?;
    engine.restart().await?;
    let target = Target::new(vec![engine.url("")]);
    let waiting = r#"{"tokenIn":"SOL","tokenOut":"USDC","amount":"1.25","orderType":"limit","limitPrice":"100000"}"#;
    let accepted = (0..ORDERS).map(|n| target.accept(n, waiting));
    let orders = try_join_all(accepted).await?;

    let_fire(&engine, &orders).await;
    let ended = engine.program().exited(CRASH_LIMIT).await?;
    ensure!(ended.signal() == Some(SIGABRT), "it ended with {ended}");
    engine.set("CRASH_POINT", "");
    engine.restart().await?;
    // Those whose change died with the engine.
    let_fire(&engine, &orders).await;

    for order_id in &orders {
        let url = target.ws_url(0, &format!("/ws/orders/{order_id}"));
        let events = socket::follow(&url).await?.messages;
        load::check_order(&target, order_id, &events).await?;
        let statuses = statuses(&events);
        ensure!(statuses.last() == Some(&"confirmed"), "{statuses:?}");
    }
    Ok(())
}

macro_rules! killed_beside_its_chain_at {
    ($($promise:ident: $point:literal;)*) => {$(
        #[tokio::test]
        async fn $promise() -> Result<()> {
            check_survives($point, World::beside().await?).await
        }
    )*};
}

killed_beside_its_chain_at! {
    what_was_stored_and_not_sent_is_sent_by_the_next: "stored";
    what_landed_while_its_reply_was_lost_lands_once: "reply_lost";
    what_lands_while_nobody_is_looking_lands_once: "sent";
    what_was_confirmed_and_not_stored_is_found_on_the_chain: "confirmed_not_stored";
}

macro_rules! killed_in_live_at {
    ($($(#[$attribute:meta])* $promise:ident: $point:literal;)*) => {$(
        $(#[$attribute])*
        #[tokio::test]
        async fn $promise() -> Result<()> {
            check_survives($point, World::live().await?).await
        }
    )*};
}

killed_in_live_at! {
    #[ignore = "differs from sim in nothing before the bytes are stored; scripts/test --full runs it"]
    in_live_orders_survive_a_death_after_the_claim: "claimed";
    #[ignore = "differs from sim in nothing before the bytes are stored; scripts/test --full runs it"]
    in_live_orders_survive_a_death_after_the_choice_of_a_route: "routed";
    #[ignore = "differs from sim in nothing before the bytes are stored; scripts/test --full runs it"]
    in_live_orders_survive_a_death_before_signing: "built";
    in_live_orders_survive_a_death_between_signing_and_storing: "signed";
    in_live_what_was_stored_and_not_sent_is_sent_by_the_next: "stored";
    in_live_what_landed_while_its_reply_was_lost_lands_once: "reply_lost";
    in_live_what_lands_while_nobody_is_looking_lands_once: "sent";
    in_live_what_was_confirmed_and_not_stored_is_found_on_the_chain: "confirmed_not_stored";
    #[ignore = "differs from sim in nothing after the end is stored; scripts/test --full runs it"]
    in_live_orders_survive_a_death_before_the_end_is_published: "stored_not_published";
}
