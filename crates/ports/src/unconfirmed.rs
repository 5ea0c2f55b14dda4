//! Writes that the store has not confirmed in time, or whose writer was stopped before it heard: the store may
//! have made them, or may make them yet.
//!
//! The sweeper brings such an order to the workers, and whoever goes on with it tells of later events alone. Its
//! watchers would never hear of this one: so the store is asked for it until it shows, or until a store that
//! answers has not shown it for a while.

use std::time::Duration;

use domain::{Event, EventData, OrderId, Seq};
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::order_history::Watch;
use crate::{Announcer, Ports, Shutdown};

/// Events to look for at once, at a hundred bytes each. Further ones are not looked for, but
/// counted.
const LOOKED_FOR_MAX: usize = 16_384;
/// Orders in one question.
const PAGE: usize = 256;
/// A store that has not answered by then is asked again.
const PATIENCE: Duration = Duration::from_secs(5);
/// Between two looks: a store that has just stalled is not pressed.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// If a store that answers has not shown the event for this long, the write was not made: no
/// statement may take longer.
const GIVEN_UP_AFTER: Duration = Duration::from_secs(10);

/// A cheap handle to the one task that looks for events.
#[derive(Debug, Clone)]
pub struct Unconfirmed {
    sought: mpsc::Sender<Sought>,
    announcer: Announcer,
}

/// Which event of its order a write makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Made {
    At(Seq),
    /// Its place is not known. Perhaps it is made by another one's write, which was confirmed: then it is told
    /// twice.
    Cancelled,
}

#[derive(Debug, Clone, Copy)]
struct Sought {
    order_id: OrderId,
    made: Made,
    /// Since when the store answers without showing it.
    missing_since: Option<Duration>,
}

impl Sought {
    fn is(&self, event: &Event) -> bool {
        let is_made = match self.made {
            Made::At(seq) => event.seq == seq,
            Made::Cancelled => matches!(event.data, EventData::Cancelled { .. }),
        };
        is_made && event.order_id == self.order_id
    }
}

impl Unconfirmed {
    /// Starts the task; it ends when the process is asked to stop.
    #[must_use]
    pub fn start(ports: &Ports, announcer: &Announcer, shutdown: &Shutdown) -> Self {
        metrics::describe_counter!(
            "events_not_looked_for_total",
            "Events of unconfirmed writes for which there was no room to look"
        );
        metrics::counter!("events_not_looked_for_total").increment(0);
        let (sender, receiver) = mpsc::channel(LOOKED_FOR_MAX);
        let (ports, told, stop) = (ports.clone(), announcer.clone(), shutdown.clone());
        shutdown.spawn(async move { look_for_all(&ports, &told, receiver, &stop).await });
        Self {
            sought: sender,
            announcer: announcer.clone(),
        }
    }

    /// Looks for what a write has made, or may make yet, from now on.
    pub fn look_for(&self, order_id: OrderId, made: Made) {
        let sought = Sought {
            order_id,
            made,
            missing_since: None,
        };
        if self.sought.try_send(sought).is_err() {
            self.announcer.lost();
            metrics::counter!("events_not_looked_for_total").increment(1);
        }
    }
}

async fn look_for_all(
    ports: &Ports,
    announcer: &Announcer,
    mut new: mpsc::Receiver<Sought>,
    stop: &Shutdown,
) {
    let mut sought = Vec::new();
    loop {
        if sought.is_empty() {
            let first = tokio::select! {
                biased;
                () = stop.soft() => break,
                first = new.recv() => first,
            };
            let Some(first) = first else { return };
            sought.push(first);
        }
        tokio::select! {
            biased;
            () = stop.soft() => break,
            () = ports.clock.sleep(LOOK_EVERY) => {}
        }
        while sought.len() < LOOKED_FOR_MAX {
            let Ok(next) = new.try_recv() else { break };
            sought.push(next);
        }
        let looking = look(ports, announcer, sought.clone());
        tokio::select! {
            biased;
            () = stop.soft() => break,
            left = looking => sought = left,
        }
    }
    // An event that is still missing may appear after this process has ended; later ones find the
    // channel closed.
    new.close();
    if !sought.is_empty() || new.try_recv().is_ok() {
        announcer.lost();
    }
}

/// Announces what the store shows; returns what is still missing.
async fn look(ports: &Ports, announcer: &Announcer, sought: Vec<Sought>) -> Vec<Sought> {
    let mut left = Vec::new();
    for page in sought.chunks(PAGE) {
        let watches: Vec<Watch> = page.iter().map(watch).collect();
        let Ok(Ok(events)) = timeout(PATIENCE, ports.store.events_for(&watches)).await else {
            left.extend_from_slice(page);
            continue;
        };
        let now = ports.clock.monotonic();
        for one in page {
            let is_over = match events.iter().find(|event| one.is(event)) {
                Some(event) => is_announced(ports, announcer, event).await,
                None => one
                    .missing_since
                    .is_some_and(|since| now >= since + GIVEN_UP_AFTER),
            };
            if !is_over {
                let missing_since = one.missing_since.or(Some(now));
                left.push(Sought {
                    missing_since,
                    ..*one
                });
            }
        }
    }
    left
}

fn watch(sought: &Sought) -> Watch {
    Watch {
        order_id: sought.order_id,
        next: match sought.made {
            Made::At(seq) => seq,
            Made::Cancelled => Seq::FIRST,
        },
    }
}

async fn is_announced(ports: &Ports, announcer: &Announcer, event: &Event) -> bool {
    let order = timeout(PATIENCE, ports.store.order(event.order_id, None)).await;
    let Ok(Ok(Some(order))) = order else {
        return false;
    };
    announcer.publish(&order.client, event);
    tracing::info!(
        order.id = %event.order_id,
        order.seq = event.seq.get(),
        order.status = event.data.status().name(),
        "an event of order {} was stored although nobody confirmed it",
        event.order_id
    );
    true
}
