//! Looks, in the background, whether the blocks of confirmed orders are final, and for confirmations that vanished
//! before they were.
//!
//! A vanished confirmation is an alarm: the order has ended, and its transaction may land again or never. The same
//! bytes are sent until one of the two is known. No other transaction is ever made here.
//!
//! One worker at a time looks for all of them; a second one would do no harm. While nothing waits, a round is one small
//! question to the store.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::quote::{Fill, Receipt};
use domain::transaction::SignedTransaction;
use domain::{BaseUnits, OrderId, State};
use ports::finality::{
    FINALITY_PAGE, NewFinality, Root, Stand, Turn, Unfinal, UnfinalPage, Waiting,
};
use ports::landing::Fate;
use ports::{Ports, Shutdown, chain};
use tracing::{debug, error, warn};

use crate::Chain;
use crate::asking::in_time;

/// Pages of one round: those of a few seconds at thousands of orders a second.
const PAGES_PER_ROUND: usize = 64;
/// Orders that one round asks about one by one, and how long it does so. There should be none.
const SUSPECTS_PER_ROUND: usize = 32;
const SUSPECTS_FOR: Duration = Duration::from_secs(10);
/// In how many rounds the same order is asked about again at the latest: soon where bytes are to be sent again, and
/// seldom where nobody could say anything the last times.
const AGAIN_VANISHED: u32 = 4;
const AGAIN: u32 = 64;
/// How often a round begins at the first slot again: an order may be recorded long after its block.
const AFRESH_EVERY: u32 = 64;

/// The loop, and how far it has come.
#[derive(Debug)]
pub(crate) struct FinalityLook {
    ports: Ports,
    chain: Chain,
    period: Duration,
    /// No order waits that was confirmed in an earlier slot, but for late ones.
    floor: u64,
    rounds: u32,
    suspects: BTreeMap<OrderId, Pause>,
}

/// When an order is asked about again.
#[derive(Debug, Clone, Copy)]
struct Pause {
    rounds: u32,
    until: u32,
}

impl FinalityLook {
    /// A loop that has looked at nothing yet.
    pub(crate) fn new(ports: &Ports, chain: &Chain, period: Duration) -> Self {
        describe();
        Self {
            ports: ports.clone(),
            chain: chain.clone(),
            period,
            floor: 0,
            rounds: 0,
            suspects: BTreeMap::new(),
        }
    }

    /// Looks once per period until somebody asks to stop.
    pub(crate) async fn run(mut self, shutdown: Shutdown) {
        tokio::select! {
            biased;
            () = shutdown.soft() => {}
            () = self.keep_looking() => {}
        }
    }

    async fn keep_looking(&mut self) {
        // So that the workers of a cluster that start together do not look together.
        let mut pause = self.ports.random.duration_below(self.period);
        loop {
            self.ports.clock.sleep(pause).await;
            self.round().await;
            pause = self.period;
        }
    }

    async fn round(&mut self) {
        if let Err(error) = self.look().await {
            debug!(%error, "finality waits for the next round: {error}");
        }
    }

    async fn look(&mut self) -> Result<(), Error> {
        let from = match self.rounds.is_multiple_of(AFRESH_EVERY) {
            true => 0,
            false => self.floor,
        };
        self.rounds = self.rounds.saturating_add(1);
        let waiting = self.ports.store.waiting(from).await?;
        show(waiting);
        if waiting.count == 0 {
            return Ok(());
        }
        let store = &self.ports.store;
        if !store.take_turn(Turn::Finality, self.period).await? {
            return Ok(());
        }
        let root = in_time(self.chain.statuses.root()).await?;
        let mut suspects = Vec::new();
        let mut page = UnfinalPage {
            from,
            up_to: root.slot,
            after: None,
            limit: FINALITY_PAGE,
        };
        let mut first_left = None;
        for _ in 0..PAGES_PER_ROUND {
            let orders = store.unfinal(page).await?;
            let Some(last) = orders.last() else { break };
            page.after = Some((last.slot, last.order));
            let is_last = orders.len() < FINALITY_PAGE;
            let left = self.pass(orders, root, &mut suspects).await?;
            first_left = first_left.or(left);
            if is_last {
                break;
            }
        }
        self.floor = first_left.unwrap_or(page.after.map_or(from, |(slot, _)| slot));
        self.examine_some(suspects, root).await
    }

    /// Asks about those whose pause is over, each longer the more often that has settled nothing.
    async fn examine_some(&mut self, suspects: Vec<Unfinal>, root: Root) -> Result<(), Error> {
        let former = std::mem::take(&mut self.suspects);
        let until = self.ports.clock.monotonic() + SUSPECTS_FOR;
        let mut asked = 0;
        for suspect in suspects {
            let id = suspect.order;
            let pause = former.get(&id).copied();
            let is_over = pause.is_none_or(|pause| pause.until <= self.rounds);
            if !is_over || asked == SUSPECTS_PER_ROUND || self.ports.clock.monotonic() >= until {
                self.suspects.extend(pause.map(|pause| (id, pause)));
                continue;
            }
            asked += 1;
            let again = match suspect.has_vanished {
                true => AGAIN_VANISHED,
                false => AGAIN,
            };
            let rounds = pause.map_or(1, |pause| pause.rounds * 2).min(again);
            let pause = Pause {
                rounds,
                until: self.rounds.saturating_add(rounds),
            };
            self.suspects.insert(id, pause);
            match self.examine(suspect, root).await {
                // What nobody can say of one order may be said of the next.
                Err(Error::Chain(error)) => {
                    debug!(order.id = %id, %error, "the transaction of order {id} is looked for again: {error}");
                }
                examined => examined?,
            }
        }
        Ok(())
    }

    /// Passes those of a page that are final, and puts aside those that are not where they were confirmed. Returns the
    /// slot of the first one that waits on.
    async fn pass(
        &self,
        orders: Vec<Unfinal>,
        root: Root,
        suspects: &mut Vec<Unfinal>,
    ) -> Result<Option<u64>, Error> {
        let signatures: Vec<_> = orders.iter().map(|of| of.signature.clone()).collect();
        let stands = self.chain.statuses.of(&signatures, root.slot);
        let stands = in_time(stands).await?;
        let mut first_left = None;
        let mut finalities = Vec::with_capacity(orders.len());
        for (order, stand) in orders.into_iter().zip(stands) {
            match stand {
                Some(stand) if is_settled(&order, stand) => finalities.push(NewFinality {
                    order: order.order,
                    confirmed_in: order.slot,
                    slot: order.slot,
                    fill: None,
                }),
                _ => {
                    first_left = first_left.or(Some(order.slot));
                    suspects.push(order);
                }
            }
        }
        if !finalities.is_empty() {
            self.ports.store.finalize(&finalities).await?;
        }
        Ok(first_left)
    }

    async fn examine(&self, order: Unfinal, root: Root) -> Result<(), Error> {
        let store = &self.ports.store;
        let id = order.order;
        let Some(transaction) = store.transaction_of(id).await? else {
            error!(order.id = %id, "order {id} is confirmed, but the store has no transaction of it");
            return Ok(());
        };
        let fate = in_time(self.chain.landing.fate(&transaction)).await?;
        if order.has_vanished && !may_vanish(&fate) {
            self.chain.landing.forget(&transaction);
        }
        match fate {
            Fate::Landed {
                amount_in,
                amount_out,
                legs,
                receipt,
            } if receipt.is_final => {
                let brought = Brought {
                    amounts: (amount_in, amount_out),
                    legs,
                    receipt,
                };
                self.landed_for_good(&order, brought).await
            }
            Fate::Landed { .. } if order.has_vanished => self.found_again(id).await,
            Fate::Landed { .. } => Ok(()),
            Fate::Dead | Fate::Reverted { is_final: true, .. } => self.lost(&transaction, id).await,
            // What is past its height may have landed out of sight of whoever was asked: only a proof counts then.
            Fate::Absent if root.height <= transaction.last_valid_height => {
                self.vanished(&transaction, id).await
            }
            Fate::Absent | Fate::Underway | Fate::Reverted { .. } => Ok(()),
        }
    }

    async fn landed_for_good(&self, order: &Unfinal, brought: Brought) -> Result<(), Error> {
        let (id, slot) = (order.order, brought.receipt.slot);
        let mut fill = None;
        if slot != order.slot {
            fill = self.filled(id, brought).await?;
            warn!(order.id = %id, slot, "order {id} was confirmed in slot {}, and its transaction landed for good in slot {slot}", order.slot);
        }
        let finality = NewFinality {
            order: id,
            confirmed_in: order.slot,
            slot,
            fill,
        };
        Ok(self.ports.store.finalize(&[finality]).await?)
    }

    /// What the transaction brought in the block that is final.
    async fn filled(&self, order: OrderId, brought: Brought) -> Result<Option<Fill>, Error> {
        let Brought {
            amounts,
            legs,
            receipt,
        } = brought;
        let found = self.ports.store.order(order, None).await?;
        Ok(match found.map(|order| order.state) {
            Some(State::Confirmed { fill }) => {
                Some(fill.once_more(amounts, receipt).exchanged(&legs))
            }
            _ => None,
        })
    }

    async fn found_again(&self, id: OrderId) -> Result<(), Error> {
        if self.ports.store.reappear(id).await? {
            warn!(order.id = %id, "the vanished transaction of order {id} has landed again");
        }
        Ok(())
    }

    async fn vanished(&self, transaction: &SignedTransaction, id: OrderId) -> Result<(), Error> {
        if self.ports.store.vanish(id).await? {
            let signature = &transaction.signature;
            metrics::counter!(VANISHED_TOTAL).increment(1);
            error!(order.id = %id, %signature, "the confirmed transaction {signature} of order {id} has vanished with its block; it is sent again");
        }
        // Whatever the answer, it may have arrived: the next round looks.
        let _ = in_time(self.chain.landing.keep(id, transaction)).await;
        Ok(())
    }

    async fn lost(&self, transaction: &SignedTransaction, id: OrderId) -> Result<(), Error> {
        let store = &self.ports.store;
        store.vanish(id).await?;
        if store.give_up(id).await? {
            let signature = &transaction.signature;
            metrics::counter!(LOST_TOTAL).increment(1);
            error!(order.id = %id, %signature, "order {id} was confirmed, but its transaction {signature} vanished with its block and can never land again: nothing was swapped, and nothing is done by itself");
        }
        Ok(())
    }
}

/// What a transaction brought, by the chain's word.
#[derive(Debug)]
struct Brought {
    amounts: (BaseUnits, BaseUnits),
    /// Of each leg.
    legs: Vec<(BaseUnits, BaseUnits)>,
    receipt: Receipt,
}

/// Whether the same bytes may have to be sent again.
const fn may_vanish(fate: &Fate) -> bool {
    match fate {
        Fate::Landed { receipt, .. } => !receipt.is_final,
        Fate::Reverted { is_final, .. } => !*is_final,
        Fate::Absent | Fate::Underway => true,
        Fate::Dead => false,
    }
}

/// Whether it is final, and where it was confirmed.
fn is_settled(order: &Unfinal, stand: Stand) -> bool {
    stand.is_final && stand.has_succeeded && stand.slot == order.slot
}

/// Why a round ended early.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error(transparent)]
    Store(#[from] ports::Error),
    #[error(transparent)]
    Chain(#[from] chain::Error),
}

const VANISHED_TOTAL: &str = "confirmations_vanished_total";
const LOST_TOTAL: &str = "confirmations_lost_total";
const UNFINAL: &str = "orders_unfinal";
const OLDEST: &str = "orders_unfinal_oldest_seconds";
const VANISHED: &str = "orders_vanished";

fn describe() {
    use metrics::{Unit, counter, describe_counter, describe_gauge, gauge};

    for (name, what) in [
        (
            VANISHED_TOTAL,
            "Confirmed transactions whose block vanished before it was final",
        ),
        (
            LOST_TOTAL,
            "Vanished transactions of confirmed orders that were proved dead",
        ),
    ] {
        describe_counter!(name, Unit::Count, what);
        counter!(name).increment(0);
    }
    for (name, unit, what) in [
        (
            UNFINAL,
            Unit::Count,
            "Confirmed orders whose block may vanish yet",
        ),
        (
            OLDEST,
            Unit::Seconds,
            "How long the oldest of them has been confirmed",
        ),
        (
            VANISHED,
            Unit::Count,
            "Confirmed orders whose transaction was not found at the last look",
        ),
    ] {
        describe_gauge!(name, unit, what);
        gauge!(name).set(0.0);
    }
}

fn show(waiting: Waiting) {
    let count = |count: u64| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    metrics::gauge!(UNFINAL).set(count(waiting.count));
    metrics::gauge!(OLDEST).set(waiting.oldest_for.as_secs_f64());
    metrics::gauge!(VANISHED).set(count(waiting.vanished));
}
