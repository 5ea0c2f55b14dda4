//! Clients whose connection resets right after their request: what the store has accepted is
//! announced all the same, counted, and uses the client's limit.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use cluster::e2e::socket::Socket;
use cluster::e2e::{reset, text};
use futures_util::future::try_join_all;
use tokio::task::JoinSet;

use super::{EXECUTE, SWAP, Settings};
use crate::world::World;
use crate::world::caller::{Caller, PATIENCE, POLL};

/// An address may have so many open orders, whichever of its clients submits them.
pub(super) const THREE_OPEN_FROM_AN_ADDRESS: Settings = &[("CLIENT_MAX_OPEN_ORDERS", "3")];

/// Requests that lose their connection.
const RESETS: usize = 40;
/// If its gateway reads no further than the reset, nothing happens; most get further.
const WORTH_IT: usize = 10;

async fn post_and_reset(caller: &Caller, path: &str, body: &str) -> Result<()> {
    let key: Vec<_> = caller
        .key()
        .map(|key| ("X-API-Key", key))
        .into_iter()
        .collect();
    reset::post(&caller.url(""), path, &key, body).await
}

/// A follower of all orders of a client, and the orders whose events it has seen.
struct Watcher {
    stream: Socket,
    told: BTreeSet<String>,
}

impl Watcher {
    async fn of(caller: &Caller, status: &str) -> Result<Self> {
        let path = format!("/api/stream?status={status}");
        Ok(Self {
            stream: caller.socket(&path).await?,
            told: BTreeSet::new(),
        })
    }

    /// Waits until all of these have been announced.
    async fn is_told(&mut self, orders: &BTreeSet<String>) -> Result<()> {
        let telling = async {
            while !orders.is_subset(&self.told) {
                let event = self.stream.next().await?.context("the stream goes on")?;
                self.told.insert(text(&event, "orderId")?.to_owned());
            }
            anyhow::Ok(())
        };
        let in_time = tokio::time::timeout(PATIENCE, telling).await;
        let told = orders.intersection(&self.told).count();
        in_time.with_context(|| format!("{told} of {} orders were told", orders.len()))?
    }
}

/// The orders of a client with this status, once no more of its requests arrive.
async fn stored(caller: &Caller, status: &str, at_least: usize) -> Result<BTreeSet<String>> {
    let path = format!("/api/orders?limit=200&status={status}");
    let mut before = BTreeSet::new();
    let looking = async {
        loop {
            let page = caller.read(&path).await?;
            let orders = page["orders"].as_array().context("orders")?.iter();
            let ids = orders.map(|order| Ok(text(order, "orderId")?.to_owned()));
            let now = ids.collect::<Result<BTreeSet<String>>>()?;
            if now == before && now.len() >= at_least {
                return anyhow::Ok(());
            }
            before = now;
            tokio::time::sleep(POLL).await;
        }
    };
    match tokio::time::timeout(PATIENCE, looking).await {
        Ok(looked) => looked?,
        Err(_) => anyhow::bail!("only {} orders are {status}", before.len()),
    }
    Ok(before)
}

/// Orders that all gateways have counted as accepted.
async fn counted(world: &World) -> Result<usize> {
    let metrics = world.metrics().await?;
    let counts = metrics
        .lines()
        .filter_map(|line| line.strip_prefix("orders_accepted_total "));
    counts.map(|count| Ok(count.parse::<usize>()?)).sum()
}

pub(super) async fn cancellations_whose_connection_resets_are_told(
    world: &mut World,
) -> Result<()> {
    let caller = world.client();
    world.operator().post("/api/admin/pause").await?;
    let ids = try_join_all((0..RESETS).map(|_| caller.accept(SWAP))).await?;
    let mut watcher = Watcher::of(&caller, "cancelled").await?;

    for id in &ids {
        post_and_reset(&caller, &format!("/api/orders/{id}/cancel"), "").await?;
    }

    let cancelled = stored(&caller, "cancelled", WORTH_IT).await?;
    watcher.is_told(&cancelled).await?;
    world.operator().post("/api/admin/resume").await?;
    Ok(())
}

/// All pending orders, at least one of which came over a socket. If a socket breaks right after its message was read,
/// a gateway may see that first: the next ones are tried.
async fn with_one_over_a_socket(
    caller: &Caller,
    over_http: &BTreeSet<String>,
) -> Result<BTreeSet<String>> {
    for _ in 0..RESETS {
        for _ in 0..RESETS {
            let socket = caller.socket(EXECUTE).await?;
            socket.send_and_reset(SWAP).await?;
        }
        let all = stored(caller, "pending", over_http.len()).await?;
        if all.len() > over_http.len() {
            return Ok(all);
        }
    }
    anyhow::bail!("no order of a socket that broke was read in time")
}

pub(super) async fn orders_whose_connection_resets_are_told_and_counted(
    world: &mut World,
) -> Result<()> {
    let caller = world.client();
    world.operator().post("/api/admin/pause").await?;
    let counted_before = counted(world).await?;
    let mut watcher = Watcher::of(&caller, "pending").await?;

    for _ in 0..RESETS {
        post_and_reset(&caller, EXECUTE, SWAP).await?;
    }
    let over_http = stored(&caller, "pending", WORTH_IT).await?;
    let all = with_one_over_a_socket(&caller, &over_http).await?;
    let at_least = all.len();
    watcher.is_told(&all).await?;
    let mut numbers = (0, 0);
    let agreeing = async {
        loop {
            let stored = stored(&caller, "pending", at_least).await?.len();
            numbers = (stored, counted(world).await? - counted_before);
            if numbers.0 == numbers.1 {
                return anyhow::Ok(());
            }
        }
    };
    let agreed = tokio::time::timeout(PATIENCE, agreeing).await;
    agreed.with_context(|| format!("stored and counted are {numbers:?}"))??;
    world.operator().post("/api/admin/resume").await?;
    Ok(())
}

/// On one gateway: without keys each gateway counts by itself what an address submits.
pub(super) async fn orders_whose_connection_resets_take_their_clients_places(
    world: &mut World,
) -> Result<()> {
    let caller = world.client().on(0);
    world.operator().post("/api/admin/pause").await?;

    for _ in 0..RESETS {
        post_and_reset(&caller, EXECUTE, SWAP).await?;
        caller.read("/health").await?;
    }

    let stored = stored(&caller, "pending", 3).await?;
    ensure!(stored.len() == 3, "{} orders are open", stored.len());
    let refused = caller.submit(SWAP).await?;
    refused.refusal(429, "too_many_open_orders")?;
    world.operator().post("/api/admin/resume").await?;
    Ok(())
}

pub(super) async fn retries_whose_connection_resets_are_told(world: &mut World) -> Result<()> {
    let caller = world.client();
    let operator = world.operator();
    let hopeless = r#"{"amount":"1","minAmountOut":"1000000"}"#;
    let dead = try_join_all((0..RESETS).map(|_| caller.accept(hopeless))).await?;
    for id in &dead {
        ensure!(caller.ended(id).await?["status"] == "failed");
    }
    operator.post("/api/admin/pause").await?;
    let mut watcher = Watcher::of(&caller, "pending").await?;

    for id in &dead {
        post_and_reset(&operator, &format!("/api/admin/dead/{id}/retry"), "").await?;
    }

    let again = stored(&caller, "pending", WORTH_IT).await?;
    watcher.is_told(&again).await?;
    operator.post("/api/admin/resume").await?;
    Ok(())
}

/// Waits until a gateway only waits for what it has begun: anything begun before that hangs.
async fn refused_as_stopping(gateway: &Caller, order: &str) -> Result<()> {
    let mut asked = JoinSet::new();
    loop {
        let (gateway, order) = (gateway.clone(), order.to_owned());
        asked.spawn(async move { gateway.cancel(&order).await });
        tokio::select! {
            Some(answer) = asked.join_next() => {
                if answer??.json()?["code"] == "stopping" {
                    return Ok(());
                }
            }
            () = tokio::time::sleep(POLL) => {}
        }
    }
}

/// Over a cluster: only a store that is a server can delay a write until its gateway is about to
/// stop.
pub(super) async fn a_gateway_that_stops_tells_what_it_has_begun_for_lost_connections(
    world: &mut World,
) -> Result<()> {
    let caller = world.client();
    let (leaving, staying) = (caller.on(0), caller.on(1));
    world.operator().post("/api/admin/pause").await?;
    let first = leaving.accept(SWAP).await?;
    let mut watcher = Watcher::of(&staying, "pending").await?;

    let frozen = world.freeze_store()?;
    // All at once, since the gateway gives a write up that the store does not confirm in seconds.
    try_join_all((0..RESETS).map(|_| post_and_reset(&leaving, EXECUTE, SWAP))).await?;
    // On every thread of the gateway: they have read what came before.
    try_join_all((0..RESETS).map(|_| leaving.read("/health"))).await?;
    let begins_nothing_more = async {
        refused_as_stopping(&leaving, &first).await?;
        frozen.thaw();
        Ok(())
    };
    world.stop_gateway(begins_nothing_more).await?;

    let mut stored = stored(&staying, "pending", 2).await?;
    stored.remove(&first);
    watcher.is_told(&stored).await?;
    world.restart().await?;
    world.operator().post("/api/admin/resume").await?;
    Ok(())
}
