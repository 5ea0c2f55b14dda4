//! Following orders as they happen: what all live connections of this process share.
//!
//! Begin with `live/replay.rs`, how a client sees every event of an order once. One task per shard
//! delivers events from the feed (`live/tails.rs`), and one task reads from the store what the feed
//! did not deliver (`live/reread.rs`). They fill one log per followed order (`live/logs.rs`) and
//! the stream of all orders (`live/account.rs`), which depend on neither. A connection has no queue
//! that could grow: it has a place in a log or in the stream.

mod account;
mod demand;
mod limits;
mod logs;
mod replay;
mod reread;
mod settings;
mod tails;

use std::sync::Arc;
use std::time::Duration;

use domain::{ClientId, Event, OrderId, Seq, TokenList};
use ports::status_feed::Shard;
use ports::{Ports, Random, Shutdown};

pub use account::{AccountReader, Cursor, Filter, Read, StatusSet};
pub use limits::Permit;
pub use logs::{Followed, Follower, Subject};
pub use replay::Rendered;
pub use settings::Settings;

use account::Account;
use demand::Demand;
use limits::Limits;
use logs::Logs;
use tails::Tail;

/// How often to check whether the last connection has left.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// A cheap handle to what live connections share.
#[derive(Debug, Clone)]
pub struct Live(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    settings: Settings,
    limits: Limits,
    logs: Arc<Logs>,
    account: Arc<Account>,
    random: Random,
    shutdown: Shutdown,
}

impl Live {
    /// Starts the tasks that feed live connections; they end when the process stops.
    #[must_use]
    pub fn start(
        ports: &Ports,
        tokens: &Arc<TokenList>,
        settings: Settings,
        shutdown: &Shutdown,
    ) -> Self {
        let shards = ports.feed.shards().max(1);
        let demand = Arc::new(Demand::new(shards));
        let live = Self(Arc::new(Inner {
            limits: Limits::new(settings.client_max_sockets, settings.max_sockets),
            logs: Arc::new(Logs::new(ports, shards, &demand, tokens)),
            account: Arc::new(Account::new(ports, shards, &demand, tokens)),
            random: ports.random.clone(),
            shutdown: shutdown.clone(),
            settings,
        }));
        let Inner {
            settings,
            logs,
            account,
            ..
        } = &*live.0;
        for shard in (0..shards).map(Shard) {
            let tail = Tail {
                shard,
                ports: ports.clone(),
                logs: Arc::clone(logs),
                account: Arc::clone(account),
                demand: Arc::clone(&demand),
                linger: settings.tail_linger,
            };
            let task = live.clone().until_all_have_left(tail.run());
            shutdown.spawn_essential("feed-tail", task);
        }
        let rereading = reread::run(Arc::clone(logs), ports.clone(), settings.reread_after);
        shutdown.spawn_essential("hub-reread", live.clone().until_all_have_left(rereading));
        live
    }

    /// Works until the process stops and its connections have left, or their time is over.
    async fn until_all_have_left(self, work: impl Future<Output = ()>) {
        let Inner {
            settings,
            limits,
            shutdown,
            ..
        } = &*self.0;
        let stopped = async {
            shutdown.soft().await;
            let all_left = async {
                while limits.open_count() > 0 {
                    tokio::time::sleep(LOOK_AGAIN).await;
                }
            };
            // A connection that has not left by then is cut off with the server.
            let leave = settings.leave_within + settings.write_patience;
            let _ = tokio::time::timeout(leave, all_left).await;
        };
        tokio::select! {
            biased;
            () = stopped => {}
            () = work => {}
        }
    }

    /// Follows an order after the last event that the client has `seen`. The watch is active when
    /// this returns: the follower gets every event recorded from now on.
    #[must_use]
    pub fn follow<'a>(&self, order: impl Into<Subject<'a>>, seen: Option<Seq>) -> Follower {
        self.0.logs.follow(order.into(), seen)
    }

    /// Follows an order that is watched already, without a look into the store, if it is this client's
    /// (anybody's where none is named).
    #[must_use]
    pub fn follow_watched(
        &self,
        order_id: OrderId,
        client: Option<&ClientId>,
        seen: Option<Seq>,
    ) -> Option<Follower> {
        self.0.logs.follow_watched(order_id, client, seen)
    }

    /// An order was accepted here, and its client is likely to follow it at once: watches it for a moment,
    /// where that costs no more than the memory.
    pub fn expect<'a>(&self, order: impl Into<Subject<'a>>, accepted: &Event) {
        self.0.logs.expect(order.into(), accepted);
    }

    /// Joins the stream of all orders. The subscription is active when this returns: the reader
    /// gets everything published from now on, and with a cursor everything published after it, or
    /// `resync`.
    pub async fn join(&self, filter: Filter, cursor: Option<Cursor>) -> AccountReader {
        self.0.account.join(filter, cursor).await
    }

    /// A permit for one more live connection of `holder`, if the limits allow it.
    #[must_use]
    pub fn admit(&self, holder: &str) -> Option<Permit> {
        self.0.limits.admit(holder)
    }

    /// How many orders are followed.
    #[must_use]
    pub fn watched_count(&self) -> usize {
        self.0.logs.watched_count()
    }

    /// The time limits of connections.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// Becomes ready when a connection should leave because the process stops; at a different
    /// moment for each.
    pub(crate) fn leaving(&self) -> impl Future<Output = ()> + use<> {
        let live = self.clone();
        async move {
            live.0.shutdown.soft().await;
            tokio::time::sleep(live.part_of(live.settings().leave_within)).await;
        }
    }

    /// A random part of this time, so that connections that came together do not act together.
    pub(crate) fn part_of(&self, time: Duration) -> Duration {
        self.0.random.duration_below(time)
    }
}
