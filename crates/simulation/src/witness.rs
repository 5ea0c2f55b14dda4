//! Sees everything: checks an order after every write, every signature when it is made and when it
//! is sent, and the whole ledger at the end. It reads the store and the ledger directly, without
//! any faults.

mod afterwards;
mod blocks;
mod book;
mod conditions;
mod grants;
mod spending;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::event::FailureCode;
use domain::transaction::{Height, Signature, SignedTransaction};
use domain::{Event, EventData, Order, OrderId, Seq, Status, WorkerId};
use ports::order_store::{Lease, POISON_DEATHS};
use ports::transaction_builder::Execution;
use ports::{Clock, Store};
use sim_chain::World as Cluster;
use testkit::VirtualClock;

use crate::process::Process;
use afterwards::is_submission_of;
use blocks::{Blocks, InBlock};
pub(crate) use conditions::near;
use grants::Grants;

/// Steps kept to be shown with a violation.
const TRACE: usize = 400;

#[derive(Debug)]
pub(crate) struct Witness {
    store: Arc<dyn Store>,
    blocks: Blocks,
    clock: VirtualClock,
    notes: Mutex<Notes>,
}

#[derive(Debug, Default)]
struct Notes {
    orders: BTreeMap<OrderId, Vec<Event>>,
    signed: BTreeMap<Signature, Signed>,
    stored: BTreeSet<Signature>,
    /// What processes have written, whether or not they know it yet, and have not announced to the
    /// feed.
    untold: BTreeMap<(OrderId, Act), Arc<Process>>,
    violations: Vec<String>,
    trace: VecDeque<String>,
    too_late: u64,
    steps: u64,
    digest: u64,
    grants: Grants,
    is_halted: bool,
    last_price: Option<u64>,
}

/// A transaction that some process has signed.
#[derive(Debug, Clone, Copy)]
struct Signed {
    order: OrderId,
    last_valid: Height,
}

/// What a gateway does to an order; each at most once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Act {
    Accept,
    Cancel,
}

impl Act {
    fn of(event: &Event) -> Option<Self> {
        match event.data {
            EventData::Accepted => Some(Self::Accept),
            EventData::Cancelled { .. } => Some(Self::Cancel),
            _ => None,
        }
    }
}

/// The witness's results at the end.
#[derive(Debug)]
pub(crate) struct Testimony {
    pub(crate) violations: Vec<String>,
    pub(crate) trace: Vec<String>,
    pub(crate) statuses: Vec<Status>,
    pub(crate) too_late: u64,
    pub(crate) steps: u64,
    pub(crate) digest: u64,
}

impl Witness {
    pub(crate) fn new(store: Arc<dyn Store>, cluster: Arc<Cluster>, clock: VirtualClock) -> Self {
        Self {
            store,
            blocks: Blocks(cluster),
            clock,
            notes: Mutex::default(),
        }
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records a step of the schedule.
    pub(crate) fn note(&self, step: std::fmt::Arguments<'_>) {
        let at = self.clock.monotonic().as_millis();
        let line = format!("{at:>6} ms  {step}");
        let mut notes = self.notes();
        notes.steps += 1;
        for byte in line.bytes() {
            // FNV-1a: enough to tell two schedules apart.
            notes.digest = (notes.digest ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        if notes.trace.len() == TRACE {
            notes.trace.pop_front();
        }
        notes.trace.push_back(line);
    }

    /// Records that a promise was broken.
    pub(crate) fn accuse(&self, promise: &str, what: std::fmt::Arguments<'_>) {
        self.note(format_args!("VIOLATION of {promise}: {what}"));
        self.notes().violations.push(format!("{promise}: {what}"));
    }

    /// Checks an order that was just written.
    pub(crate) async fn look(&self, write: &str, id: OrderId) {
        let events = self.store.events(id, Seq::FIRST).await;
        let events = events.expect("invariant: the store in memory answers");
        let known = self.notes().orders.get(&id).cloned().unwrap_or_default();
        let last = events
            .last()
            .map_or("nothing", |event| event.data.status().name());
        self.note(format_args!(
            "{write} {id}: {} events, {last}",
            events.len()
        ));
        if events.is_empty() {
            return;
        }
        if !events.starts_with(&known) {
            self.accuse(
                "S3",
                format_args!("events of {id} have changed: {known:?} {events:?}"),
            );
        }
        if events.len() > known.len() {
            self.check_legal(id, &events).await;
            for index in known.len()..events.len() {
                self.check_event(id, &events[..index], &events[index]).await;
            }
            self.notes().grants.moved_on(id);
        }
        let is_confirmed = events.len() > known.len() && last == Status::Confirmed.name();
        self.notes().orders.insert(id, events);
        if is_confirmed {
            // The same write has ended the others of its group.
            for other in self.others_of(id).await {
                Box::pin(self.look("end with its group", other)).await;
            }
        }
    }

    async fn check_legal(&self, id: OrderId, events: &[Event]) {
        let found = self.store.order(id, None).await;
        let order = found.expect("invariant: the store in memory answers");
        let order = order.expect("invariant: an order with events is there");
        let first = events[0].clone();
        if first.seq != Seq::FIRST || first.data != EventData::Accepted {
            self.accuse("S3", format_args!("{id} begins with {first:?}"));
        }
        let mut life = Order::from_last_event(order.client, order.terms, order.created_at, first);
        for event in &events[1..] {
            let before = life.clone();
            match life.apply(event.clone()) {
                Ok(after) => life = after,
                Err(illegal) => {
                    return self.accuse("S3", format_args!("{id} after {before:?}: {illegal}"));
                }
            }
        }
    }

    /// A worker of this process was granted the order, whether or not it gets the answer.
    pub(crate) fn granted(&self, lease: &Lease, process: &Arc<Process>) {
        let (id, deaths) = (lease.order.id, lease.deaths);
        let died = {
            let mut notes = self.notes();
            notes.grants.add(id, process);
            notes.grants.died_with(id)
        };
        if usize::try_from(deaths).unwrap_or(usize::MAX) > died {
            self.accuse(
                "S12",
                format_args!(
                    "{id} is blamed for {deaths} deaths, and {died} workers may have died"
                ),
            );
        }
    }

    /// Nobody can reach the store for a while.
    pub(crate) fn count_absence(&self) {
        self.notes().grants.absences += 1;
    }

    /// The order was given back.
    pub(crate) fn given_back(&self, id: OrderId) {
        self.notes().grants.no_longer_alone(id);
    }

    /// A worker learned that it has the order, and will take no other.
    pub(crate) fn took_alone(&self, id: OrderId, worker: WorkerId) {
        self.notes().grants.alone.insert(worker, id);
    }

    /// A worker learned that it has the order, and may have others.
    pub(crate) fn took_in_company(&self, id: OrderId, worker: WorkerId) {
        let alone = self.notes().grants.alone.get(&worker).copied();
        if let Some(alone) = alone.filter(|alone| *alone != id) {
            self.accuse(
                "S12",
                format_args!("{id} was taken beside {alone}, which was to be alone"),
            );
        }
    }

    fn check_poison(&self, id: OrderId) {
        let died = self.notes().grants.died_with(id);
        if died < usize::try_from(POISON_DEATHS).unwrap_or(usize::MAX) {
            self.accuse(
                "S12",
                format_args!("{id} is poison, and {died} workers died with it"),
            );
        }
    }

    /// Checks the order's time, which never goes back, and its expiry.
    async fn check_time(&self, id: OrderId, before: &[Event], event: &Event) {
        if before.last().is_some_and(|last| last.at > event.at) {
            self.accuse(
                "S3",
                format_args!("{id} goes back in time: {before:?} {event:?}"),
            );
        }
        let found = self.store.order(id, None).await;
        let order = found.expect("invariant: the store in memory answers");
        let expires_at = order.and_then(|order| order.expires_at());
        let is_submission = matches!(event.data, EventData::Submitted { .. });
        if is_submission && expires_at.is_some_and(|expires_at| event.at >= expires_at) {
            self.accuse(
                "S11",
                format_args!("{id} expired at {expires_at:?} and {event:?}"),
            );
        }
    }

    async fn check_event(&self, id: OrderId, before: &[Event], event: &Event) {
        self.check_time(id, before, event).await;
        match &event.data {
            EventData::Submitted { signature, .. } => {
                self.check_dead(id, before, event.executions + 1).await;
                let mut notes = self.notes();
                notes.stored.insert(signature.clone());
                let is_known = notes.signed.contains_key(signature);
                drop(notes);
                if !is_known {
                    self.accuse(
                        "S4",
                        format_args!("{id} submits {signature}, signed by nobody"),
                    );
                }
            }
            EventData::Confirmed { fill } => {
                self.check_fill(id, fill).await;
                let landed = self.landed(id);
                // Its block may have vanished since the worker looked.
                let is_right = match landed.as_slice() {
                    [] => is_submission_of(before.last(), &fill.signature),
                    [one] => one.signature == fill.signature,
                    _ => false,
                };
                if !is_right {
                    self.accuse(
                        "S2",
                        format_args!("{id} is confirmed, landed is {landed:?}"),
                    );
                }
            }
            EventData::RetryScheduled { failure, .. }
            | EventData::WaitingAgain { failure, .. }
            | EventData::Failed { failure } => {
                if failure.code == FailureCode::Internal {
                    self.accuse("S10", format_args!("{id} met a defect: {}", failure.reason));
                }
                if failure.code == FailureCode::Poison {
                    self.check_poison(id);
                }
                self.check_dead(id, before, event.executions + 1).await;
            }
            EventData::Triggered { seen } => self.check_firing(id, seen).await,
            EventData::Routed { decision } => {
                let promised = decision.choice.expected_amount_out;
                self.note_price(id, promised).await;
            }
            EventData::Accepted
            | EventData::RoutingStarted
            | EventData::Cancelled { .. }
            | EventData::Expired { .. } => {}
        }
    }

    /// Every transaction stored for an earlier execution must be dead.
    async fn check_dead(&self, id: OrderId, events: &[Event], execution: u32) {
        for event in events.iter().filter(|event| event.executions < execution) {
            let EventData::Submitted { signature, .. } = &event.data else {
                continue;
            };
            let height = self.blocks.height();
            let found = self.blocks.found(signature);
            let last_valid = self.last_valid(signature);
            let is_dead = match &found {
                Some(found) => !found.ok && found.is_final,
                None => last_valid.is_some_and(|last_valid| height > last_valid),
            };
            if !is_dead {
                self.accuse(
                    "S5",
                    format_args!(
                        "{id} goes beyond {signature}, which may land until {last_valid:?}; the height is {height}, the cluster says {found:?}"
                    ),
                );
            }
        }
    }

    /// A transaction was signed.
    pub(crate) async fn signed(&self, execution: &Execution, transaction: &SignedTransaction) {
        let (id, signature) = (execution.order_id, &transaction.signature);
        self.note(format_args!("signed {signature} for {id}"));
        self.check_halt(signature);
        let signed = Signed {
            order: id,
            last_valid: transaction.last_valid_height,
        };
        self.notes().signed.insert(signature.clone(), signed);
        let events = self.notes().orders.get(&id).cloned().unwrap_or_default();
        self.check_dead(id, &events, execution.number).await;
    }

    /// Bytes are about to leave a process.
    pub(crate) fn sent(&self, signature: &Signature) {
        self.note(format_args!("sent {signature}"));
        self.check_halt(signature);
        if !self.notes().stored.contains(signature) {
            self.accuse("S4", format_args!("{signature} was sent and is not stored"));
        }
    }

    /// A write of this process has done this to an order: the feed must get it, also if the answer
    /// is lost, or nobody waits for it.
    pub(crate) fn owes(&self, process: &Arc<Process>, order: OrderId, act: Act) {
        self.notes()
            .untold
            .insert((order, act), Arc::clone(process));
    }

    /// A process announces an event to the feed; what the feed does with it is not checked here.
    pub(crate) fn tells(&self, event: &Event) {
        if let Some(act) = Act::of(event) {
            self.notes().untold.remove(&(event.order_id, act));
        }
    }

    /// What live processes have written and not announced.
    pub(crate) fn untold(&self) -> Vec<(OrderId, Act)> {
        let notes = self.notes();
        let is_done = |(order, act): &(OrderId, Act)| {
            let mut events = notes.orders.get(order).into_iter().flatten();
            events.any(|event| Act::of(event) == Some(*act))
        };
        let untold = notes
            .untold
            .iter()
            .filter(|(_, process)| !process.is_dead());
        untold.map(|(done, _)| *done).filter(is_done).collect()
    }

    fn check_halt(&self, signature: &Signature) {
        if self.notes().is_halted {
            self.accuse("S15", format_args!("{signature} in spite of a halt"));
        }
    }

    /// From now on nothing may be signed or sent, or everything again.
    pub(crate) fn is_halted(&self, is_halted: bool) {
        self.notes().is_halted = is_halted;
    }

    /// Until when a transaction may land, as whoever signed it has stored it.
    pub(crate) fn last_valid(&self, signature: &Signature) -> Option<Height> {
        let notes = self.notes();
        notes.signed.get(signature).map(|signed| signed.last_valid)
    }

    /// What took effect of an order.
    fn landed(&self, id: OrderId) -> Vec<InBlock> {
        let notes = self.notes();
        let of_order = notes.signed.iter().filter(|(_, signed)| signed.order == id);
        let of_order: Vec<Signature> = of_order.map(|(signature, _)| signature.clone()).collect();
        drop(notes);
        let found = of_order.iter().filter_map(|it| self.blocks.found(it));
        found.filter(|found| found.ok).collect()
    }

    /// Shows every order's events.
    pub(crate) fn visit(&self, mut look: impl FnMut(OrderId, &[Event])) {
        for (id, events) in &self.notes().orders {
            look(*id, events);
        }
    }

    /// How an order stands.
    pub(crate) fn status(&self, id: OrderId) -> Option<Status> {
        let notes = self.notes();
        Some(notes.orders.get(&id)?.last()?.data.status())
    }

    /// Whether an order was cancelled because another of its group was confirmed.
    pub(crate) fn gave_way(&self, id: OrderId) -> bool {
        let notes = self.notes();
        let last = notes.orders.get(&id).and_then(|events| events.last());
        last.is_some_and(
            |it| matches!(&it.data, EventData::Cancelled { reason } if reason == "oco"),
        )
    }

    /// How many events an order has.
    pub(crate) fn count_events(&self, id: OrderId) -> usize {
        self.notes().orders.get(&id).map_or(0, Vec::len)
    }

    /// Counts a cancellation that came too late.
    pub(crate) fn count_too_late(&self) {
        self.notes().too_late += 1;
    }

    /// Orders that have not ended.
    pub(crate) fn open(&self) -> Vec<OrderId> {
        let notes = self.notes();
        let is_open = |events: &Vec<Event>| {
            events
                .last()
                .is_none_or(|event| !event.data.status().is_terminal())
        };
        let open = notes.orders.iter().filter(|(_, events)| is_open(events));
        open.map(|(id, _)| *id).collect()
    }

    /// How many orders have been accepted.
    pub(crate) fn accepted(&self) -> usize {
        let notes = self.notes();
        notes
            .orders
            .values()
            .filter(|events| !events.is_empty())
            .count()
    }

    /// All results, once.
    pub(crate) fn testify(&self) -> Testimony {
        let mut notes = self.notes();
        let statuses = notes.orders.values().filter_map(|events| events.last());
        Testimony {
            statuses: statuses.map(|event| event.data.status()).collect(),
            violations: notes.violations.clone(),
            too_late: notes.too_late,
            steps: notes.steps,
            digest: notes.digest,
            trace: notes.trace.drain(..).collect(),
        }
    }
}

impl Testimony {
    pub(crate) fn told(&self) -> String {
        let mut text = String::new();
        for line in self.trace.iter().chain(&self.violations) {
            let _ = writeln!(text, "{line}");
        }
        text
    }
}
