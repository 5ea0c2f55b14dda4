//! How well orders were executed lately: read from their events page by page, no more than a bounded number of orders
//! and for no longer than a bounded time, and kept for a moment, so that many callers cost what one costs.

use std::time::Duration;

use actix_web::web::Bytes;
use api_types::execution::ExecutionStatsAnswer;
use domain::quality::Tally;
use ports::Ports;
use ports::order_history::RecentPage;
use tokio::sync::Mutex;
use tokio::time::timeout;

use crate::deadline;
use crate::error::Result;

/// The numbers of so many orders are sure to a percent, and their events are read within a second.
const ORDERS_MAX: u64 = 5_000;
/// Orders of one page, whose events are in memory together.
const PAGE: usize = 250;
/// If the pages take longer, the answer says that it is not complete.
const TIME: Duration = Duration::from_secs(2);
/// How old an answer may be.
const MAX_AGE: Duration = Duration::from_secs(5);
/// Who has not had its turn by then is refused: others ask about other times.
const PATIENCE: Duration = Duration::from_secs(5);
const SECONDS_PER_MINUTE: u64 = 60;

/// The last answer, and whose turn it is to read.
#[derive(Debug)]
pub(crate) struct ExecutionStats {
    ports: Ports,
    kept: Mutex<Option<Kept>>,
}

#[derive(Debug)]
struct Kept {
    minutes: u32,
    read_at: Duration,
    answer: Bytes,
}

impl ExecutionStats {
    /// Nothing is read yet.
    pub(crate) fn new(ports: &Ports) -> Self {
        Self {
            ports: ports.clone(),
            kept: Mutex::default(),
        }
    }

    /// The answer about orders that were accepted within so many minutes.
    ///
    /// Cancel safety: may be dropped; the next caller reads anew.
    pub(crate) async fn within(&self, minutes: u32) -> Result<Bytes> {
        let turn = timeout(PATIENCE, self.kept.lock()).await;
        let busy = |_| ports::Error::Busy { what: "the store" };
        let mut kept = turn.map_err(busy)?;
        let now = self.ports.clock.monotonic();
        if let Some(kept) = kept.as_ref()
            && kept.minutes == minutes
            && now.saturating_sub(kept.read_at) < MAX_AGE
        {
            return Ok(kept.answer.clone());
        }
        let answer = self.read(minutes).await?;
        let answer: Bytes = serde_json::to_vec(&answer)
            .expect("invariant: numbers and strings are always JSON")
            .into();
        *kept = Some(Kept {
            minutes,
            read_at: now,
            answer: answer.clone(),
        });
        Ok(answer)
    }

    async fn read(&self, minutes: u32) -> Result<ExecutionStatsAnswer> {
        let began = self.ports.clock.monotonic();
        let mut tally = Tally::default();
        let mut page = RecentPage {
            within: Duration::from_secs(u64::from(minutes) * SECONDS_PER_MINUTE),
            before: None,
            limit: PAGE,
        };
        loop {
            let recent = deadline::read(self.ports.store.recent(page)).await?;
            tally.add(&recent.events);
            let Some(next) = recent.next else {
                return Ok(ExecutionStatsAnswer::new(minutes, &tally, true));
            };
            let took = self.ports.clock.monotonic().saturating_sub(began);
            if tally.orders() >= ORDERS_MAX || took >= TIME {
                return Ok(ExecutionStatsAnswer::new(minutes, &tally, false));
            }
            page.before = Some(next);
        }
    }
}
