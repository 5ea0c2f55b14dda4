//! Work is taken in turn between clients.

use anyhow::{Context, Result, ensure};
use cluster::e2e::socket::Socket;
use cluster::e2e::text;
use futures_util::{StreamExt, TryStreamExt, stream};

use super::{SWAP, Settings};
use crate::world::World;
use crate::world::caller::Caller;

pub(super) const TWO_SLOTS: Settings = &[
    ("API_KEYS", "flood:alpha,desk:beta"),
    ("ADMIN_KEY", "root"),
    ("QUEUE_MAX_CONCURRENCY", "2"),
];
const FLOOD: usize = 1_000;
const FEW: usize = 10;
/// Between two starts of a client every other client has one, and this many rounds may pass before.
const ROTATIONS: usize = 3;

pub(super) async fn a_flood_of_one_client_does_not_delay_another_clients_few(
    world: &mut World,
) -> Result<()> {
    let flood = world.client();
    let desk = world.client();
    let root = world.operator();
    root.post("/api/admin/pause").await?;
    let _waiting: Vec<String> = stream::iter(0..FLOOD)
        .map(|_| flood.accept(SWAP))
        .buffer_unordered(32)
        .try_collect()
        .await?;
    let mut few = Vec::new();
    for _ in 0..FEW {
        few.push(desk.accept(SWAP).await?);
    }
    let mut starts = starts_of(&desk, &flood).await?;

    root.post("/api/admin/resume").await?;

    // A worker that stalls between its claim and its first event lets the others pass meanwhile.
    let overtaken = if world.stall().is_zero() {
        0
    } else {
        FLOOD / 2
    };
    let mut began = 0;
    for position in 1.. {
        let order = starts.next().await?;
        if few.contains(&order) {
            began += 1;
            ensure!(
                position <= 2 * (began + ROTATIONS) + overtaken,
                "the {began}th of the few began {position}th of all"
            );
        }
        if began == FEW {
            return Ok(());
        }
        ensure!(position < FLOOD, "{began} of the few have begun");
    }
    Ok(())
}

/// The orders that begin, in sequence: both clients' streams, merged by time.
struct Starts {
    feeds: [Socket; 2],
    heads: [Option<(String, String)>; 2],
}

async fn starts_of(one: &Caller, other: &Caller) -> Result<Starts> {
    const FEED: &str = "/api/stream?status=routing";
    Ok(Starts {
        feeds: [one.socket(FEED).await?, other.socket(FEED).await?],
        heads: [None, None],
    })
}

impl Starts {
    async fn next(&mut self) -> Result<String> {
        for (feed, head) in self.feeds.iter_mut().zip(&mut self.heads) {
            while head.is_none() {
                let event = feed.next().await?.context("the feed goes on")?;
                if event["attempt"] == 1 {
                    let (at, order) = (text(&event, "timestamp")?, text(&event, "orderId")?);
                    *head = Some((at.to_owned(), order.to_owned()));
                }
            }
        }
        let [Some((one, _)), Some((other, _))] = &self.heads else {
            anyhow::bail!("both feeds have a head");
        };
        // Within a millisecond the flood counts as first, which is the stricter reading.
        let first = usize::from(other <= one);
        let (_, order) = self.heads[first].take().context("both feeds have a head")?;
        Ok(order)
    }
}
