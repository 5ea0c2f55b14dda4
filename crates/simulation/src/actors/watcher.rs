//! A follower: follows an order to its end, over connections that are cut, on any gateway that
//! runs.

use std::sync::Arc;
use std::time::Duration;

use api_gateway::live::{Followed, Follower};
use domain::{OrderId, Seq};
use ports::Random;

use crate::gateways::{Gateway, Gateways};
use crate::world::World;

/// The longest time that a connection lasts while there are faults.
const CONNECTION: Duration = Duration::from_secs(3);
/// The longest time before a follower reconnects.
const PAUSE: Duration = Duration::from_millis(500);

/// A follower of one order, and what it has seen.
#[derive(Debug)]
pub(crate) struct Watcher {
    pub(crate) world: Arc<World>,
    pub(crate) gateways: Arc<Gateways>,
    pub(crate) random: Random,
    pub(crate) order_id: OrderId,
}

/// Why a connection is over.
#[derive(Debug, PartialEq, Eq)]
enum Over {
    Cut,
    Ended,
}

impl Watcher {
    /// Follows the order to its end.
    pub(crate) async fn follow(self) {
        let mut seen = None;
        while self.connect(&mut seen).await == Over::Cut {
            self.world.sleep(self.random.duration_below(PAUSE)).await;
        }
        let (id, count) = (
            self.order_id,
            self.world.witness.count_events(self.order_id),
        );
        let shown = seen.map_or(0, |seq: Seq| seq.next().get());
        if usize::try_from(shown).ok() != Some(count) {
            let what = format_args!("of {count} events of {id} {shown} were shown");
            self.world.witness.accuse("S8", what);
        }
    }

    async fn connect(&self, seen: &mut Option<Seq>) -> Over {
        let gateway = self.gateways.pick(&self.random);
        let lifetime = self.random.duration_below(CONNECTION);
        let cut = async {
            self.world.sleep(lifetime).await;
            // Without faults connections last.
            while self.world.is_calm() {
                gateway.died().await;
            }
        };
        tokio::select! {
            biased;
            () = gateway.died() => Over::Cut,
            () = cut => Over::Cut,
            over = self.be_shown(&gateway, seen) => over,
        }
    }

    async fn be_shown(&self, gateway: &Gateway, seen: &mut Option<Seq>) -> Over {
        let Some(mut follower) = self.come_in(gateway, *seen).await else {
            return Over::Cut;
        };
        loop {
            match follower.next().await {
                Followed::Event(told) => {
                    let expected = seen.map_or(Seq::FIRST, Seq::next);
                    if told.seq != expected {
                        let (id, shown) = (self.order_id, told.seq);
                        let what = format_args!("{id}: {shown} was shown instead of {expected}");
                        self.world.witness.accuse("S8", what);
                    }
                    *seen = Some(told.seq);
                }
                Followed::Ended => return Over::Ended,
                Followed::Stopped => return Over::Cut,
            }
        }
    }

    /// A door looks an order up before it lets anybody in, unless the gateway watches it already.
    async fn come_in(&self, gateway: &Gateway, seen: Option<Seq>) -> Option<Follower> {
        let watched = gateway.live.follow_watched(self.order_id, None, seen);
        if watched.is_some() {
            return watched;
        }
        let found = gateway.ports.store.order(self.order_id, None).await;
        Some(gateway.live.follow(&found.ok()??, seen))
    }
}
