//! The outbox of webhooks: events that a receiver outside is still to be told of.
//!
//! Promises of every [`Webhooks`]:
//! 1. A store that is opened with an [`Outbox`] adds a webhook in the write that records its event, whoever records it.
//!    A store that is opened without one adds none.
//! 2. Of each order only the oldest pending webhook is told, once it is due: no later one until it was taken or is dead.
//! 3. What was taken is deleted. What is deleted again, or is dead meanwhile, changes nothing else.
//! 4. A webhook that was refused is due again after its pause, and the later ones of its order no earlier. If it was
//!    refused for the first time so long ago that it is given up, it is dead, and the next one of its order is due.
//! 5. [`Webhooks::bound_webhooks`] ends the pending ones of the oldest orders beyond one bound: they are dead; and forgets
//!    the dead ones of the oldest orders beyond the other. A call moves at most [`BOUNDED_AT_ONCE`] of each.
//! 6. Dead webhooks are listed, the newest order's first. An operator's retry makes one, or all of those listed up to
//!    then, pending as if it had never been tried; it is in the audit log, stored in one transaction with the retry.
//! 7. One holder at a time sends, until the time that it asked for is over or it gives the sending up. Who holds it may
//!    ask for more time.
//! 8. What cannot be read, because a newer version has written it or its row is damaged, is told apart and keeps no other
//!    back.

use std::fmt::{self, Debug};
use std::time::Duration;

use async_trait::async_trait;
use domain::{Event, Order, OrderId, Seq, Status, Timestamp, WorkerId};
use uuid::Uuid;

use crate::Result;

/// The longest pause after a refusal.
pub const LONGEST_PAUSE: Duration = Duration::from_secs(3_600);

/// The most webhooks that one call of [`Webhooks::bound_webhooks`] or [`Webhooks::retry_webhooks`] moves of a kind.
pub const BOUNDED_AT_ONCE: u32 = 10_000;

/// Which events become webhooks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Outbox {
    #[default]
    None,
    /// Those that end an order.
    Terminal,
    All,
}

impl Outbox {
    /// Whether an event of this status becomes a webhook.
    #[must_use]
    pub const fn takes(self, status: Status) -> bool {
        match self {
            Self::None => false,
            Self::Terminal => status.is_terminal(),
            Self::All => true,
        }
    }
}

/// Names a webhook: the event that it tells of. It is the same for every try, and what receivers know it by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WebhookId {
    pub order: OrderId,
    pub seq: Seq,
}

impl WebhookId {
    /// The id that was shown as this text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (order, seq) = text.strip_prefix("evt_")?.split_once('_')?;
        let order = OrderId::new(Uuid::try_parse(order).ok()?);
        let seq = seq.parse().ok().filter(|seq| *seq <= i32::MAX as u32)?;
        let id = Self {
            order,
            seq: Seq::new(seq),
        };
        // One text for each: capitals and zeros in front are another's.
        (id.to_string() == text).then_some(id)
    }
}

impl fmt::Display for WebhookId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "evt_{}_{}", self.order, self.seq.get())
    }
}

/// A webhook that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueWebhook {
    /// As its event left it, not as it is now: so each try tells the same.
    pub order: Order,
    pub event: Event,
    /// How often it was refused.
    pub refusals: u32,
}

impl DueWebhook {
    /// Its name.
    #[must_use]
    pub const fn id(&self) -> WebhookId {
        WebhookId {
            order: self.event.order_id,
            seq: self.event.seq,
        }
    }
}

/// What is due.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DueWebhooks {
    pub webhooks: Vec<DueWebhook>,
    /// Those that cannot be read.
    pub unreadable: Vec<WebhookId>,
}

/// A try that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// How long it rests; at most [`LONGEST_PAUSE`].
    pub pause: Duration,
    /// How long after its first refusal it is given up.
    pub give_up_after: Duration,
    pub error: String,
}

/// The answer to a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// It is due again after its pause.
    Resting,
    /// It was given up.
    Dead,
    /// It was not pending any more.
    Gone,
}

/// How many there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WebhookCounts {
    pub pending: u64,
    pub dead: u64,
    /// When the event of the oldest order's pending one was recorded.
    pub oldest_pending: Option<Timestamp>,
}

/// What the bounds have ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Bounded {
    /// Pending ones that are dead now.
    pub died: u64,
    /// Dead ones that are deleted.
    pub forgotten: u64,
}

/// A dead webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadWebhook {
    pub id: WebhookId,
    /// That of its event.
    pub status: Status,
    /// When the event was recorded.
    pub at: Timestamp,
    pub dead_at: Timestamp,
    pub refusals: u32,
    /// Why its last try failed, or why there was none.
    pub error: String,
}

/// Which dead webhooks an operator wants to be tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    One(WebhookId),
    /// At most [`BOUNDED_AT_ONCE`], the oldest order's first.
    All,
}

/// What is said of one for which there was no room.
pub const NO_ROOM: &str = "more were pending than WEBHOOK_MAX_PENDING allows";

/// The outbox. See the module's promises.
///
/// Cancel safety: a dropped call may or may not have taken effect; it may be repeated.
#[async_trait]
pub trait Webhooks: Send + Sync + Debug {
    /// Asks for the sending, or for more time of it.
    async fn hold_sending(&self, holder: WorkerId, lasting: Duration) -> Result<bool>;

    /// Gives the sending up, if this holder has it.
    async fn leave_sending(&self, holder: WorkerId) -> Result<()>;

    /// What is due, longest first.
    async fn due_webhooks(&self, limit: usize) -> Result<DueWebhooks>;

    /// The receiver has it.
    async fn webhook_taken(&self, id: WebhookId) -> Result<()>;

    /// The receiver has not taken it.
    async fn webhook_refused(&self, id: WebhookId, refusal: &Refusal) -> Result<Refused>;

    /// Keeps to the bounds.
    async fn bound_webhooks(&self, pending: u64, dead: u64) -> Result<Bounded>;

    /// How many there are.
    async fn webhook_counts(&self) -> Result<WebhookCounts>;

    /// Dead ones, the newest order's first, those before this one.
    async fn dead_webhooks(
        &self,
        before: Option<WebhookId>,
        limit: usize,
    ) -> Result<Vec<DeadWebhook>>;

    /// Makes dead ones pending; returns how many.
    async fn retry_webhooks(&self, which: Retry, actor: &str) -> Result<u64>;
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "evt_0192f3a1-7c1e-7a40-8000-0123456789ab_4";

    #[test]
    fn an_id_is_read_as_it_is_shown_and_in_no_other_form() {
        let id = WebhookId::parse(TEXT).expect("an id");

        assert_eq!(id.to_string(), TEXT);
        assert_eq!(id.seq, Seq::new(4));
        for wrong in [
            "",
            "evt_",
            "0192f3a1-7c1e-7a40-8000-0123456789ab_4",
            "evt_0192f3a1-7c1e-7a40-8000-0123456789ab",
            "evt_0192f3a1-7c1e-7a40-8000-0123456789ab_04",
            "evt_0192f3a1-7c1e-7a40-8000-0123456789ab_-1",
            "evt_0192f3a1-7c1e-7a40-8000-0123456789ab_2147483648",
            "evt_0192F3A1-7C1E-7A40-8000-0123456789AB_4",
        ] {
            assert_eq!(WebhookId::parse(wrong), None, "{wrong}");
        }
    }
}
