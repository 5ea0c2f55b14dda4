//! Looks, in the background, for orders that have been submitted for so long that their transaction should have come
//! to an end, and that nobody can prove dead: operators are told, and may say what no endpoint says.

use std::time::Duration;

use futures_util::future::join_all;
use ports::doubt::LongSubmitted;
use ports::finality::{Root, Turn};
use ports::landing::Fate;
use ports::{Ports, Shutdown, chain};
use tracing::{debug, warn};

use crate::Chain;
use crate::asking::in_time;

/// How long an order has been submitted before anybody doubts: a few times as long as a transaction can land.
pub(crate) const DOUBT_AFTER: Duration = Duration::from_secs(300);
/// In how many periods of the sweeper this loop looks once.
const PERIODS: u32 = 10;
/// Orders asked about in one round, all at once.
const PER_ROUND: usize = 32;

const DOUBTED_TOTAL: &str = "orders_doubted_total";
const DOUBTED: &str = "orders_doubted";
const OLDEST: &str = "orders_doubted_oldest_seconds";

/// The loop.
#[derive(Debug)]
pub(crate) struct Doubter {
    ports: Ports,
    chain: Chain,
    period: Duration,
    doubt_after: Duration,
}

impl Doubter {
    /// A loop that has looked at nothing yet, beside a sweeper of this period.
    pub(crate) fn new(
        ports: &Ports,
        chain: &Chain,
        sweep: Duration,
        doubt_after: Duration,
    ) -> Self {
        describe();
        Self {
            ports: ports.clone(),
            chain: chain.clone(),
            period: sweep * PERIODS,
            doubt_after,
        }
    }

    /// Looks once per period until somebody asks to stop.
    pub(crate) async fn run(self, shutdown: Shutdown) {
        tokio::select! {
            biased;
            () = shutdown.soft() => {}
            () = self.keep_looking() => {}
        }
    }

    async fn keep_looking(&self) {
        // So that the workers of a cluster that start together do not look together.
        let mut pause = self.ports.random.duration_below(self.period);
        loop {
            self.ports.clock.sleep(pause).await;
            self.round().await;
            pause = self.period;
        }
    }

    async fn round(&self) {
        if let Err(error) = self.look().await {
            debug!(%error, "doubts wait for the next round: {error}");
        }
    }

    async fn look(&self) -> ports::Result<()> {
        let store = &self.ports.store;
        let doubted = store.doubted().await?;
        metrics::gauge!(DOUBTED).set(f64::from(u32::try_from(doubted.count).unwrap_or(u32::MAX)));
        metrics::gauge!(OLDEST).set(doubted.oldest_for.as_secs_f64());
        let orders = store.long_submitted(self.doubt_after, PER_ROUND).await?;
        if orders.is_empty() || !store.take_turn(Turn::Doubts, self.period).await? {
            return Ok(());
        }
        let root = in_time(self.chain.statuses.root()).await;
        let reasons = orders.iter().map(|of| self.reason(of, &root));
        let reasons = join_all(reasons).await;
        for (order, reason) in orders.iter().zip(reasons) {
            if let Some(reason) = reason {
                self.doubt(order, &reason).await?;
            }
        }
        Ok(())
    }

    /// Why nobody can prove it dead; `None` where that is not known yet, or somebody can.
    async fn reason(
        &self,
        of: &LongSubmitted,
        root: &Result<Root, chain::Error>,
    ) -> Option<String> {
        let last_valid = of.transaction.last_valid_height;
        let root = match root {
            Ok(root) => root,
            Err(error) => return Some(format!("what is final cannot be asked: {error}")),
        };
        match in_time(self.chain.landing.fate(&of.transaction)).await {
            Ok(Fate::Absent) if root.height <= last_valid => None,
            Ok(Fate::Absent) => Some(format!(
                "block {last_valid} went by without it, and no endpoint can prove that it did not land"
            )),
            Ok(Fate::Underway) => {
                Some("it was seen, and nobody tells what became of it".to_owned())
            }
            Ok(Fate::Reverted {
                is_final: false, ..
            }) => Some(
                "it was rolled back, and endpoints do not agree that it is for good".to_owned(),
            ),
            // Its next look settles it.
            Ok(Fate::Landed { .. } | Fate::Reverted { .. } | Fate::Dead) => None,
            Err(error) => Some(error.to_string()),
        }
    }

    async fn doubt(&self, of: &LongSubmitted, reason: &str) -> ports::Result<()> {
        let id = of.order;
        if self.ports.store.doubt(id, of.attempt, reason).await? {
            let signature = &of.transaction.signature;
            let minutes = of.submitted_for.as_secs() / 60;
            metrics::counter!(DOUBTED_TOTAL).increment(1);
            warn!(
                order.id = %id, %signature, reason,
                "order {id} has been submitted for {minutes} minutes, and nobody can prove its transaction {signature} dead: {reason}"
            );
        }
        Ok(())
    }
}

fn describe() {
    use metrics::{Unit, counter, describe_counter, describe_gauge, gauge};

    describe_counter!(
        DOUBTED_TOTAL,
        Unit::Count,
        "Orders whose transaction nobody could prove dead in time"
    );
    counter!(DOUBTED_TOTAL).increment(0);
    for (name, unit, what) in [
        (
            DOUBTED,
            Unit::Count,
            "Submitted orders whose transaction nobody can prove dead",
        ),
        (
            OLDEST,
            Unit::Seconds,
            "How long the first of them has been doubted",
        ),
    ] {
        describe_gauge!(name, unit, what);
        gauge!(name).set(0.0);
    }
}
