//! Sees every block's prices, without delays and faults, by pools and a router of its own, and judges by them what fires:
//!
//! - **S17** Whatever fires, fires at a slot at which its condition held; a stop after another slot at which it held too.
//! - **S19** Whatever held for two slots in a row, while a worker had been there for longer than a lease and no other of
//!   its group was executed, has fired; but for a limit that has missed its floor before, and rests.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chain_solana::pools::PoolReader;
use chain_solana::settings::Settings as ChainSettings;
use dex_router::request::QuoteRequest;
use dex_router::router::RouteRequest;
use dex_router::{Router, limits};
use domain::waiting::Seen;
use domain::{
    Asset, BaseUnits, Bps, Event, EventData, Order, OrderId, OrderType, Price, Timestamp, TokenList,
};
use futures_util::future::join_all;
use ports::Clock as _;
use sim_chain::rpc::SimRpc;
use sim_chain::service::{Service, ServiceSettings};
use testkit::VirtualClock;

use super::Hour;
use crate::pace::Pace;
use crate::world::World;

/// What is sold, for what, and in which amounts.
#[derive(Debug)]
pub(super) struct Side {
    pub(super) sold: &'static str,
    pub(super) bought: &'static str,
    pub(super) amounts: [&'static str; 8],
}

/// What orders sell. Of few amounts, so that a block's prices are few.
pub(super) const SIDES: [Side; 2] = [
    Side {
        sold: "SOL",
        bought: "USDC",
        amounts: ["1", "1.5", "2.000000001", "3", "5", "8", "13", "21"],
    },
    Side {
        sold: "USDC",
        bought: "SOL",
        amounts: [
            "150",
            "151",
            "300.000001",
            "777",
            "1000",
            "2500",
            "5000",
            "12345",
        ],
    },
];

/// Blocks that no worker sees, because nobody has told the watching one of the order yet.
const HEARD_WITHIN: Duration = Duration::from_secs(4);
/// Longer than it takes to share pairs out once the workers' table has changed.
const SHARED_OUT_WITHIN: Duration = Duration::from_secs(5);
/// What held for two slots has fired within so many further ones.
const FIRED_WITHIN: Duration = Duration::from_millis(1_200);
/// What was kept from firing by another of its group is left alone for a moment.
const LEFT_ALONE: Duration = Duration::from_secs(3);
/// A spot counts for a trail from acceptance on, by clocks and looks that differ by so much.
const AROUND_ACCEPTANCE: Duration = Duration::from_secs(2);
/// Two looks of which the second one confirms the first are so many slots apart at most.
const APART_MAX: u64 = 16;

/// One block's prices.
#[derive(Debug)]
struct Sample {
    shown_at: Duration,
    /// What each amount brings, and the spot, of each side.
    sides: Vec<(BTreeMap<BaseUnits, BaseUnits>, Option<Price>)>,
    /// Whether somebody had been there for long enough.
    is_watched: bool,
}

/// An order that waits, or has fired.
#[derive(Debug)]
struct Tracked {
    order: Order,
    side: usize,
    /// Of its events these are judged.
    judged: usize,
    /// From when on a worker must know it.
    known_from: Duration,
    /// In how many blocks in a row its condition has held, seen by somebody.
    run: u32,
    /// By when it must have fired.
    due: Option<Duration>,
    /// The highest spot that stood for two blocks while somebody saw it.
    high: Option<Price>,
    last_spot: Option<Price>,
}

#[derive(Debug, Default)]
struct Notes {
    samples: BTreeMap<u64, Sample>,
    tracked: BTreeMap<OrderId, Tracked>,
    ended: BTreeSet<OrderId>,
    hour: Hour,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Observer {
    world: Arc<World>,
    router: Router,
    sides: Vec<(Asset, Asset, Vec<BaseUnits>)>,
    notes: Mutex<Notes>,
}

impl Observer {
    /// Looks at every block until the world ends.
    pub(super) fn start(world: &Arc<World>) -> Arc<Self> {
        let clock = Arc::new(world.clock);
        let service = ServiceSettings {
            latency_scale: 0.0,
            failure_rate: 0.0,
            seed: 0,
            shutdown: world.outside.clone(),
        };
        let service = Service::new(Arc::clone(world.cluster.cluster()), service, clock.clone());
        let rpc = Arc::new(SimRpc::new(service));
        let settings = ChainSettings::simulated(Pace::OF_LIFE.latency_scale);
        let pools = PoolReader::new(rpc, clock, &settings);
        let tokens = Arc::new(TokenList::mainnet());
        let router = Router::new(Arc::new(pools), Duration::from_secs(1), Arc::clone(&tokens));
        let router = router.with_limits(limits::Limits {
            legs: 2,
            hops: Pace::OF_LIFE.hops,
            ..limits::Limits::ONE_POOL
        });
        let sides = SIDES.iter().map(|side| {
            let find = |symbol| tokens.find(symbol).expect("invariant: a listed token");
            let (sold, bought) = (find(side.sold), find(side.bought));
            let units = |amount: &&str| {
                BaseUnits::parse(amount, sold.decimals).expect("invariant: an amount")
            };
            (sold, bought, side.amounts.iter().map(units).collect())
        });
        let observer = Arc::new(Self {
            world: Arc::clone(world),
            router,
            sides: sides.collect(),
            notes: Mutex::default(),
        });
        let looking = Arc::clone(&observer);
        world.outside.spawn(async move {
            loop {
                looking.world.cluster.cluster().next_block().await;
                looking.look().await;
            }
        });
        observer
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Duration {
        self.world.clock.monotonic()
    }

    /// What an amount was sold at in the last block.
    pub(super) fn last_price(&self, side: &Side, place: usize) -> Price {
        let side = SIDES
            .iter()
            .position(|it| it.sold == side.sold)
            .unwrap_or(0);
        let (sold, bought, amounts) = &self.sides[side];
        let amount = amounts[place];
        let notes = self.notes();
        let sample = notes.samples.values().next_back();
        let out = sample.and_then(|it| it.sides[side].0.get(&amount).copied());
        let out = out.expect("invariant: blocks are seen before orders come");
        let price = domain::price::price(*sold, amount, *bought, out);
        Price::parse(&price).expect("invariant: a price is one")
    }

    /// What came of the hour.
    pub(super) fn testify(&self) -> Hour {
        std::mem::take(&mut self.notes().hour)
    }

    /// Sees the block that has just been closed, and judges.
    async fn look(&self) {
        let shown_at = self.now();
        let mut sides = Vec::new();
        let mut slot = 0;
        for (sold, bought, amounts) in &self.sides {
            let looks = amounts
                .iter()
                .map(|amount| self.outcome((*sold, *bought), *amount));
            let spot = self.router.spot(*sold, *bought).await;
            let looks = join_all(looks).await;
            let outs = amounts.iter().zip(looks);
            let outs = outs.filter_map(|(amount, look)| Some((*amount, look?)));
            slot = spot.map_or(slot, |spot| spot.slot);
            sides.push((outs.collect(), spot.map(|spot| spot.price)));
        }
        let longest = Pace::OF_LIFE.lease + SHARED_OUT_WITHIN;
        let since = self.world.steady.since();
        let sample = Sample {
            shown_at,
            sides,
            is_watched: since.is_some_and(|since| shown_at >= since + longest),
        };
        {
            let mut notes = self.notes();
            notes.hour.blocks += 1;
            notes.samples.insert(slot, sample);
        }
        self.hear().await;
        self.judge(slot).await;
    }

    async fn outcome(
        &self,
        (sold, bought): (Asset, Asset),
        amount_in: BaseUnits,
    ) -> Option<BaseUnits> {
        let quote = QuoteRequest {
            asset_in: sold,
            asset_out: bought,
            amount_in,
            amount_out: None,
        };
        let asked = RouteRequest {
            slippage: Bps::ANY,
            ..RouteRequest::of(quote)
        };
        let sight = self.router.look_at(&asked).await;
        sight.look.ok().map(|look| look.amount_out)
    }

    /// Takes over what has become of orders.
    async fn hear(&self) {
        let mut news: Vec<(OrderId, Vec<Event>)> = Vec::new();
        {
            let notes = self.notes();
            self.world.witness.visit(|id, events| {
                let judged = notes.tracked.get(&id).map_or(0, |it| it.judged);
                if events.len() > judged && !notes.ended.contains(&id) {
                    news.push((id, events[judged..].to_vec()));
                }
            });
        }
        for (id, events) in news {
            if !self.notes().tracked.contains_key(&id) {
                let found = self.world.store.order(id, None).await;
                let order = found.expect("invariant: the store in memory answers");
                let order = order.expect("invariant: an order with events is there");
                let tracked = self.track(order);
                self.notes().tracked.insert(id, tracked);
            }
            for event in events {
                self.take(id, &event);
            }
        }
    }

    fn track(&self, order: Order) -> Tracked {
        let sold = order.terms.asset_in;
        let side = self.sides.iter().position(|(it, ..)| *it == sold);
        Tracked {
            side: side.expect("invariant: orders are of these sides"),
            judged: 0,
            known_from: since_beginning(order.created_at) + HEARD_WITHIN,
            run: 0,
            due: None,
            high: None,
            last_spot: None,
            order,
        }
    }

    fn take(&self, id: OrderId, event: &Event) {
        let mut notes = self.notes();
        let notes = &mut *notes;
        let tracked = notes
            .tracked
            .get_mut(&id)
            .expect("invariant: it is tracked");
        tracked.judged += 1;
        match &event.data {
            EventData::Triggered { seen } => {
                notes.hour.fired += 1;
                match firing(tracked, &notes.samples, seen) {
                    Ok(late) => notes.hour.late_ms.extend(late),
                    Err(what) => self
                        .world
                        .witness
                        .accuse("S17", format_args!("{id} {what}")),
                }
                tracked.due = None;
                tracked.run = 0;
            }
            // It has fired once, and rests for times that only the store knows.
            EventData::WaitingAgain { .. } => tracked.known_from = Duration::MAX,
            data if data.status().is_terminal() => {
                notes.ended.insert(id);
            }
            _ => return,
        }
        let group = tracked.order.terms.oco_group.clone();
        if notes.ended.contains(&id) {
            notes.tracked.remove(&id);
        }
        let until = self.now() + LEFT_ALONE;
        let others = notes.tracked.values_mut();
        for other in others.filter(|it| group.is_some() && it.order.terms.oco_group == group) {
            other.known_from = other.known_from.max(until);
        }
    }

    /// Which orders must fire because of this block, and which have not although they had to.
    async fn judge(&self, slot: u64) {
        let now = self.now();
        let mut late = Vec::new();
        {
            let mut notes = self.notes();
            let notes = &mut *notes;
            let sample = &notes.samples[&slot];
            for (id, tracked) in &mut notes.tracked {
                if !sample.is_watched || now < tracked.known_from {
                    (tracked.run, tracked.due, tracked.last_spot) = (0, None, None);
                    continue;
                }
                let spot = sample.sides[tracked.side].1;
                let holds = must_hold(tracked, sample);
                let stood = tracked.last_spot.min(spot);
                tracked.high = tracked.high.max(stood);
                tracked.last_spot = spot;
                tracked.run = if holds { tracked.run + 1 } else { 0 };
                if tracked.run == 2 && tracked.due.is_none() {
                    tracked.due = Some(sample.shown_at + FIRED_WITHIN);
                    notes.hour.held += 1;
                }
                if tracked.due.is_some_and(|due| now >= due) {
                    tracked.due = None;
                    late.push(*id);
                }
            }
        }
        for id in late {
            self.check_fired(id).await;
        }
    }

    /// An order that had to fire: it waits no more, or somebody else keeps it from it.
    async fn check_fired(&self, id: OrderId) {
        let waiting = self.world.store.waiting_among(&[id]).await;
        let waiting = waiting.expect("invariant: the store in memory answers");
        let Some(waiting) = waiting.into_iter().next().filter(|it| !it.is_resting) else {
            return;
        };
        let order = self.world.store.order(id, None).await;
        let order = order.expect("invariant: the store in memory answers");
        let is_over = order
            .and_then(|order| order.expires_at())
            .is_some_and(|at| at <= self.world.clock.now());
        let is_held = match waiting.terms.oco_group {
            Some(_) => self.world.witness.is_group_held(id).await,
            None => false,
        };
        if !is_over && !is_held {
            let what = format_args!("{id} held for two slots in a row and waits: {waiting:?}");
            self.world.witness.accuse("S19", what);
        }
    }
}

/// Whether an order's condition holds in a block, by what somebody who saw every block with others must know.
fn must_hold(tracked: &Tracked, sample: &Sample) -> bool {
    let (outs, spot) = &sample.sides[tracked.side];
    let terms = &tracked.order.terms;
    match terms.order_type {
        OrderType::TrailingStop { trail, activation } => {
            let high = tracked.high;
            let high = high.filter(|high| activation.is_none_or(|from| *high >= from));
            high.zip(*spot)
                .is_some_and(|(high, spot)| trail.is_reached(high, spot))
        }
        _ => outs
            .get(&terms.amount_in)
            .is_some_and(|out| terms.holds_at(*out)),
    }
}

/// Whether an order's condition held in a block, by all that anybody can have seen.
fn may_hold(tracked: &Tracked, samples: &BTreeMap<u64, Sample>, slot: u64) -> bool {
    let Some(sample) = samples.get(&slot) else {
        return false;
    };
    let (outs, spot) = &sample.sides[tracked.side];
    let terms = &tracked.order.terms;
    match terms.order_type {
        OrderType::TrailingStop { trail, activation } => {
            let accepted = since_beginning(tracked.order.created_at);
            let from = accepted.saturating_sub(AROUND_ACCEPTANCE);
            let until = samples.range(..=slot).rev();
            let since = until.take_while(|(_, it)| it.shown_at >= from);
            let high = since.filter_map(|(_, it)| it.sides[tracked.side].1).max();
            let high = high.filter(|high| activation.is_none_or(|from| *high >= from));
            high.zip(*spot)
                .is_some_and(|(high, spot)| trail.is_reached(high, spot))
        }
        _ => outs
            .get(&terms.amount_in)
            .is_some_and(|out| terms.holds_at(*out)),
    }
}

/// Judges a firing. Says how late it was where somebody had been there all the time.
fn firing(
    tracked: &Tracked,
    samples: &BTreeMap<u64, Sample>,
    seen: &Seen,
) -> Result<Option<u64>, String> {
    let kind = tracked.order.terms.order_type;
    let told = |what: &str| {
        let around = samples.range(seen.slot.saturating_sub(3)..=seen.slot + 2);
        let around = around.map(|(slot, sample)| {
            let (outs, spot) = &sample.sides[tracked.side];
            (
                *slot,
                outs.get(&tracked.order.terms.amount_in).copied(),
                *spot,
            )
        });
        let around: Vec<_> = around.collect();
        format!("{what}: {seen:?}, {kind:?}, {around:?}")
    };
    // A venue's pools may have been read a slot after another's.
    let next = samples.range(seen.slot + 1..).next().map(|(slot, _)| *slot);
    let at = [Some(seen.slot), next].into_iter().flatten();
    let at = at
        .into_iter()
        .find(|slot| may_hold(tracked, samples, *slot));
    let Some(at) = at else {
        return Err(told("fired where its condition did not hold"));
    };
    let before = samples.range(at.saturating_sub(APART_MAX)..at).rev();
    let before: Vec<(u64, bool)> = before
        .map(|(slot, _)| (*slot, may_hold(tracked, samples, *slot)))
        .collect();
    if kind.needs_two_slots() && !before.iter().any(|(_, holds)| *holds) {
        return Err(told("fired although its condition held at one slot alone"));
    }
    let in_a_row = before.iter().take_while(|(_, holds)| *holds);
    let in_a_row: Vec<u64> = in_a_row.map(|(slot, _)| *slot).collect();
    let mut run: Vec<u64> = [at].into_iter().chain(in_a_row).collect();
    run.reverse();
    let needed = usize::from(kind.needs_two_slots());
    let Some(first) = run.get(needed).and_then(|slot| samples.get(slot)) else {
        return Ok(None);
    };
    let begins = samples.get(&run[0]);
    let is_watched = begins.is_some_and(|it| it.is_watched && it.shown_at >= tracked.known_from);
    let fired_at = since_beginning(seen.at);
    let late = fired_at.saturating_sub(first.shown_at);
    let late = u64::try_from(late.as_millis()).unwrap_or(u64::MAX);
    Ok((is_watched && run.len() < usize::try_from(APART_MAX).unwrap_or(0)).then_some(late))
}

fn since_beginning(at: Timestamp) -> Duration {
    at.since(VirtualClock::BEGINNING)
}
