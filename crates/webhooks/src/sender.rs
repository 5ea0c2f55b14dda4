//! Sends what is due, one worker at a time. Of each order one webhook is under way at most, so that they arrive in order;
//! those of different orders go side by side, so that one try that takes long keeps no other waiting. Nothing here is
//! remembered: whoever sends next begins with what the store says is due.

use std::collections::{HashSet, VecDeque};
use std::time::Duration;

use api_types::webhook::WebhookView;
use domain::{OrderId, WorkerId};
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt as _, StreamExt as _};
use ports::webhooks::{DueWebhook, LONGEST_PAUSE, Refusal, Refused, WebhookId};
use ports::{Ports, Shutdown};
use tracing::{debug, info, warn};

use crate::metrics;
use crate::receiver::{Message, TRY_LIMIT, Untaken};
use crate::settings::Settings;

/// Tries at once.
pub const IN_FLIGHT: usize = 16;
/// Webhooks asked for at once: those under way, which are due as well, and enough to go on with.
const PAGE: usize = 64;
/// How long the sending is held without another word: longer than a try.
const LASTING: Duration = Duration::from_secs(15);
/// How often more time is asked for, and how long before its end everything under way is dropped.
const RENEW_EVERY: Duration = Duration::from_secs(3);
const MARGIN: Duration = Duration::from_secs(2);
/// How long after its first refusal a webhook is tried.
pub const GIVE_UP_AFTER: Duration = Duration::from_secs(24 * 3_600);
/// The pause after the first refusal; it doubles from there.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
/// An event of a newer version waits for a worker of that version.
const UNREADABLE_PAUSE: Duration = Duration::from_secs(60);
/// In how many periods the outbox is counted once, and kept to its bounds.
const COUNT_PERIODS: u32 = 10;
/// So many dead ones are kept: enough to see what went wrong.
const MAX_DEAD: u64 = 100_000;
/// How long tries that are under way may go on after a request to stop, and how long a farewell takes.
const GRACE: Duration = Duration::from_secs(1);
const FAREWELL_LIMIT: Duration = Duration::from_secs(2);
/// How often what became of a try is told to a store that does not answer; then the webhook is sent again.
const TELLINGS: u32 = 5;

/// Sends the webhooks of a store, whenever it is this process' turn.
#[derive(Debug)]
pub struct Sender {
    ports: Ports,
    settings: Settings,
    holder: WorkerId,
}

/// How far a turn has come.
#[derive(Debug)]
struct Turn {
    /// Until when it is certain that nobody else sends.
    until: Duration,
    renew_at: Duration,
}

/// What is done with a webhook that is due.
#[derive(Debug)]
enum Work {
    Try(Box<DueWebhook>),
    /// It cannot be read.
    PutOff(WebhookId),
}

impl Work {
    fn try_once(webhook: DueWebhook) -> Self {
        Self::Try(Box::new(webhook))
    }

    fn order(&self) -> OrderId {
        match self {
            Self::Try(webhook) => webhook.order.id,
            Self::PutOff(id) => id.order,
        }
    }
}

/// A try that is under way; it comes back with its order.
type Try<'a> = BoxFuture<'a, OrderId>;

impl Sender {
    /// A sender that has sent nothing yet.
    #[must_use]
    pub fn new(ports: &Ports, settings: Settings) -> Self {
        Self {
            holder: ports.random.worker_id(ports.clock.now()),
            ports: ports.clone(),
            settings,
        }
    }

    /// Sends until somebody asks to stop. A receiver that is slow holds up no stop.
    pub async fn run(self, shutdown: Shutdown) {
        tokio::join!(self.keep_sending(&shutdown), self.keep_counting(&shutdown));
        let leaving = self.ports.store.leave_sending(self.holder);
        // Otherwise its time runs out.
        let _ = tokio::time::timeout(FAREWELL_LIMIT, leaving).await;
    }

    async fn keep_sending(&self, shutdown: &Shutdown) {
        let Ports { clock, random, .. } = &self.ports;
        // So that the workers of a cluster that start together do not look together.
        let mut pause = random.duration_below(self.settings.period);
        loop {
            tokio::select! {
                biased;
                () = shutdown.soft() => return,
                () = clock.sleep(pause) => {}
            }
            pause = self.settings.period;
            let begun = tokio::select! {
                biased;
                () = shutdown.soft() => return,
                begun = self.begin_turn() => begun,
            };
            match begun {
                Ok(Some(turn)) => self.send_while_due(turn, shutdown).await,
                Ok(None) => {}
                Err(error) => {
                    debug!(%error, "webhooks wait for the next round: {error}");
                }
            }
        }
    }

    /// Where something is due, asks for the sending of it.
    async fn begin_turn(&self) -> ports::Result<Option<Turn>> {
        let due = self.ports.store.due_webhooks(1).await?;
        if due.webhooks.is_empty() && due.unreadable.is_empty() {
            return Ok(None);
        }
        self.hold().await
    }

    async fn hold(&self) -> ports::Result<Option<Turn>> {
        let asked_at = self.ports.clock.monotonic();
        let held = self.ports.store.hold_sending(self.holder, LASTING).await?;
        Ok(held.then_some(Turn {
            until: asked_at + LASTING - MARGIN,
            renew_at: asked_at + RENEW_EVERY,
        }))
    }

    /// Sends until nothing is due any more. What is under way when the turn ends is dropped: another one may send it.
    async fn send_while_due(&self, mut turn: Turn, shutdown: &Shutdown) {
        let clock = &self.ports.clock;
        let mut tries: FuturesUnordered<Try<'_>> = FuturesUnordered::new();
        let mut work = VecDeque::new();
        let mut orders = HashSet::new();
        loop {
            if tries.len() < IN_FLIGHT {
                self.begin_tries(&mut work, &mut tries, &mut orders).await;
            }
            if tries.is_empty() {
                return;
            }
            let now = clock.monotonic();
            if now >= turn.renew_at {
                match self.hold().await {
                    Ok(Some(renewed)) => turn = renewed,
                    Ok(None) => return,
                    Err(_) => turn.renew_at = now + self.settings.period,
                }
            }
            let now = clock.monotonic();
            if now >= turn.until {
                return;
            }
            let until = turn.renew_at.min(turn.until).saturating_sub(now);
            tokio::select! {
                biased;
                () = shutdown.soft() => return self.finish(tries).await,
                Some(order) = tries.next() => {
                    orders.remove(&order);
                    // Those that have ended meanwhile too: one look serves all of them.
                    while let Some(Some(order)) = tries.next().now_or_never() {
                        orders.remove(&order);
                    }
                }
                () = clock.sleep(until.min(self.settings.period)) => {}
            }
        }
    }

    async fn finish(&self, mut tries: FuturesUnordered<Try<'_>>) {
        tokio::select! {
            biased;
            () = async { while tries.next().await.is_some() {} } => {}
            () = self.ports.clock.sleep(GRACE) => {}
        }
    }

    async fn begin_tries<'a>(
        &'a self,
        work: &mut VecDeque<Work>,
        tries: &mut FuturesUnordered<Try<'a>>,
        orders: &mut HashSet<OrderId>,
    ) {
        if work.is_empty() {
            match self.ports.store.due_webhooks(PAGE).await {
                Ok(due) => {
                    let unreadable = due.unreadable.into_iter().map(Work::PutOff);
                    let found = unreadable.chain(due.webhooks.into_iter().map(Work::try_once));
                    // Those under way are due as well.
                    work.extend(found.filter(|it| orders.insert(it.order())));
                }
                Err(error) => {
                    debug!(%error, "what is due is asked for again: {error}");
                }
            }
        }
        while tries.len() < IN_FLIGHT
            && let Some(next) = work.pop_front()
        {
            tries.push(match next {
                Work::Try(webhook) => Box::pin(self.try_once(*webhook)),
                Work::PutOff(id) => Box::pin(self.put_off(id)),
            });
        }
    }

    async fn try_once(&self, webhook: DueWebhook) -> OrderId {
        let id = webhook.id();
        let clock = &self.ports.clock;
        let began = clock.monotonic();
        let message = self.message(&webhook);
        let outcome = tokio::select! {
            biased;
            outcome = self.settings.receiver.post(&message) => outcome,
            () = clock.sleep(TRY_LIMIT) => {
                let limit = TRY_LIMIT.as_secs();
                Err(Untaken(format!("the receiver did not answer within {limit} s")))
            }
        };
        metrics::tried(outcome.is_ok(), clock.monotonic().saturating_sub(began));
        match outcome {
            Ok(()) => {
                debug!(order.id = %id.order, "the receiver has the webhook {id}");
                self.tell(id, None).await;
            }
            Err(Untaken(error)) => {
                let pause = pause_after(webhook.refusals);
                self.refuse(id, webhook.refusals, pause, error).await;
            }
        }
        id.order
    }

    /// A new time and signature for each try; the rest is the same.
    fn message(&self, webhook: &DueWebhook) -> Message {
        let view = WebhookView::new(&webhook.event, &webhook.order, &self.settings.tokens);
        let body =
            serde_json::to_vec(&view).expect("invariant: strings and numbers are always JSON");
        let id = webhook.id().to_string();
        let second = self.ports.clock.now().as_millis().div_euclid(1_000);
        Message {
            signature: self.settings.key.sign(&id, second, &body),
            id,
            second,
            body,
        }
    }

    async fn put_off(&self, id: WebhookId) -> OrderId {
        let error = "the event cannot be read here: a newer version has written it".to_owned();
        self.refuse(id, 0, UNREADABLE_PAUSE, error).await;
        id.order
    }

    async fn refuse(&self, id: WebhookId, refusals: u32, pause: Duration, error: String) {
        if refusals == 0 {
            info!(order.id = %id.order, error, "the webhook {id} was not taken, and is tried again: {error}");
        }
        let refusal = Refusal {
            pause,
            give_up_after: GIVE_UP_AFTER,
            error,
        };
        if self.tell(id, Some(&refusal)).await == Some(Refused::Dead) {
            metrics::died();
            let error = &refusal.error;
            warn!(order.id = %id.order, error, "the webhook {id} is given up: {error}");
        }
    }

    /// Tells the store what became of a try: that it was taken, or why not. Where the store does not answer, the webhook
    /// stays due.
    async fn tell(&self, id: WebhookId, refusal: Option<&Refusal>) -> Option<Refused> {
        let store = &self.ports.store;
        for _ in 0..TELLINGS {
            let told = match refusal {
                Some(refusal) => store.webhook_refused(id, refusal).await,
                None => store.webhook_taken(id).await.map(|()| Refused::Gone),
            };
            match told {
                Ok(told) => return Some(told),
                Err(error) => {
                    debug!(%error, "what became of the webhook {id} is told again: {error}");
                    self.ports.clock.sleep(self.settings.period).await;
                }
            }
        }
        None
    }

    async fn keep_counting(&self, shutdown: &Shutdown) {
        loop {
            tokio::select! {
                biased;
                () = shutdown.soft() => return,
                counted = self.count() => if let Err(error) = counted {
                    debug!(%error, "webhooks are counted again later: {error}");
                }
            }
            tokio::select! {
                biased;
                () = shutdown.soft() => return,
                () = self.ports.clock.sleep(self.settings.period * COUNT_PERIODS) => {}
            }
        }
    }

    async fn count(&self) -> ports::Result<()> {
        let Ports { store, clock, .. } = &self.ports;
        let mut counts = store.webhook_counts().await?;
        let max_pending = self.settings.max_pending;
        while counts.pending > max_pending || counts.dead > MAX_DEAD {
            let bounded = store.bound_webhooks(max_pending, MAX_DEAD).await?;
            if bounded.died + bounded.forgotten == 0 {
                break;
            }
            metrics::bounded(bounded);
            if bounded.died > 0 {
                let count = bounded.died;
                warn!(
                    count,
                    "{count} webhooks are given up: more were pending than WEBHOOK_MAX_PENDING allows"
                );
            }
            counts = store.webhook_counts().await?;
        }
        let oldest = counts.oldest_pending;
        let oldest_for = oldest.map_or(Duration::ZERO, |at| clock.now().since(at));
        metrics::show(&counts, oldest_for);
        Ok(())
    }
}

/// The pause after a refusal that came after so many others.
fn pause_after(refusals: u32) -> Duration {
    let factor = 1_u32.checked_shl(refusals).unwrap_or(u32::MAX);
    FIRST_PAUSE.saturating_mul(factor).min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_an_hour() {
        let seconds = [0, 1, 2, 9, 10, 31, 32, u32::MAX].map(|it| pause_after(it).as_secs());

        assert_eq!(seconds, [5, 10, 20, 2_560, 3_600, 3_600, 3_600, 3_600]);
    }
}
