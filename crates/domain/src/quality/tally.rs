//! Executions counted together, by the kind of pool that they used.

use std::time::Duration;

use super::{Exchange, best_single, bps};
use crate::event::{Event, EventData, Failure};
use crate::quote::{Choice, Decision, Fill};
use crate::time::Timestamp;
use crate::venue::Program;

/// Executions of many orders. It keeps three numbers for each fill: whoever fills it bounds how many orders it sees.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    orders: u64,
    total: Count,
    kinds: [Count; Program::ALL.len()],
}

/// What is shown of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Figures {
    /// Offers made by pools.
    pub quotes: u64,
    /// Decisions whose route uses such a pool.
    pub wins: u64,
    /// Transactions made of these decisions.
    pub sent: u64,
    pub fills: u64,
    /// Transactions that landed and were rolled back.
    pub reverts: u64,
    /// Fills that paid more than was quoted.
    pub improved: u64,
    /// By how much, on average.
    pub improvement_bps: Option<i64>,
    pub against_quoted: Option<Spread>,
    /// Against the best offer of a single pool.
    pub against_best_single: Option<Spread>,
    /// From the stored transaction to its stored confirmation.
    pub landing_p50_ms: Option<u64>,
    pub landing_p99_ms: Option<u64>,
    /// Of fills and reverts.
    pub fee_lamports: u64,
    pub priority_fee_lamports: u64,
}

/// What fills paid more than something, in hundredths of a percent; below zero where it was less.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spread {
    pub mean_bps: i64,
    /// Half of the fills paid as much or more.
    pub p50_bps: i64,
    /// 95 of 100 fills paid as much or more.
    pub p95_bps: i64,
}

#[derive(Debug, Clone, Default)]
struct Count {
    figures: Figures,
    against_quoted_ppm: Vec<i64>,
    against_best_ppm: Vec<i64>,
    landing_ms: Vec<u64>,
}

/// A transaction of which nothing is known yet.
struct Sent<'a> {
    choice: &'a Choice,
    decision: Option<&'a Decision>,
    at: Timestamp,
}

impl Tally {
    /// Adds the events of some orders, all of each order and in sequence.
    pub fn add(&mut self, events: &[Event]) {
        for life in events.chunk_by(|one, next| one.order_id == next.order_id) {
            self.orders += 1;
            self.add_life(life);
        }
    }

    /// How many orders were added.
    #[must_use]
    pub const fn orders(&self) -> u64 {
        self.orders
    }

    /// Of all executions.
    #[must_use]
    pub fn total(&self) -> Figures {
        self.total.figures()
    }

    /// Of those that used pools of one kind. An execution through several kinds counts for each of them.
    #[must_use]
    pub fn of(&self, program: Program) -> Figures {
        self.kinds[place(program)].figures()
    }

    fn add_life(&mut self, life: &[Event]) {
        let (mut decision, mut sent) = (None, None);
        for event in life {
            match &event.data {
                EventData::Routed { decision: made } => {
                    self.add_decision(made);
                    decision = Some(made);
                }
                EventData::Submitted { choice, .. } => {
                    self.each(choice, |count| count.figures.sent += 1);
                    let (decision, at) = (decision.take(), event.at);
                    sent = Some(Sent {
                        choice,
                        decision,
                        at,
                    });
                }
                EventData::Confirmed { fill } => {
                    if let Some(sent) = sent.take() {
                        self.add_fill(&sent, fill, event.at);
                    }
                }
                EventData::RetryScheduled { failure, .. }
                | EventData::WaitingAgain { failure, .. }
                | EventData::Failed { failure } => {
                    if let Some(sent) = sent.take() {
                        self.add_failure(&sent, failure);
                    }
                }
                _ => {}
            }
        }
    }

    fn add_decision(&mut self, decision: &Decision) {
        // Version 1 stored each venue's best offer alone.
        let of_pools = decision.pools.iter().map(|it| &it.answer);
        let of_venues = decision.quotes.iter().map(|it| &it.answer);
        let answers: Vec<_> = match decision.pools.is_empty() {
            true => of_venues.collect(),
            false => of_pools.collect(),
        };
        for offer in answers.into_iter().filter_map(|it| it.offer()) {
            self.total.figures.quotes += 1;
            self.kinds[place(offer.pool.program)].figures.quotes += 1;
        }
        self.each(&decision.choice, |count| count.figures.wins += 1);
    }

    fn add_fill(&mut self, sent: &Sent<'_>, fill: &Fill, at: Timestamp) {
        let filled = Exchange {
            amount_in: fill.route.amount_in(),
            amount_out: fill.amount_out,
        };
        let against_quoted = filled.ppm_above(Exchange::expected(sent.choice));
        let best = sent.decision.and_then(best_single);
        let best = best.map(|best| Exchange::offered(best, sent.choice));
        let against_best = best.and_then(|best| filled.ppm_above(best));
        let landing = at.since(sent.at);
        self.each(sent.choice, |count| {
            count.add_fill(fill, landing, against_quoted, against_best);
        });
    }

    fn add_failure(&mut self, sent: &Sent<'_>, failure: &Failure) {
        // The chain takes a fee of what it rolled back, and of nothing else that fails.
        if let Some(fee) = failure.paid_lamports {
            self.each(sent.choice, |count| {
                count.figures.reverts += 1;
                add(&mut count.figures.fee_lamports, fee);
            });
        }
    }

    /// Counts something once in all, and once for each kind of pool that the route uses.
    fn each(&mut self, choice: &Choice, mut count: impl FnMut(&mut Count)) {
        count(&mut self.total);
        for program in Program::ALL {
            let mut legs = choice.route.legs().iter();
            if legs.any(|leg| leg.pool.program == program) {
                count(&mut self.kinds[place(program)]);
            }
        }
    }
}

impl Count {
    fn add_fill(
        &mut self,
        fill: &Fill,
        landing: Duration,
        against_quoted: Option<i64>,
        against_best: Option<i64>,
    ) {
        self.figures.fills += 1;
        self.against_quoted_ppm.extend(against_quoted);
        self.against_best_ppm.extend(against_best);
        let millis = u64::try_from(landing.as_millis()).unwrap_or(u64::MAX);
        self.landing_ms.push(millis);
        if let Some(receipt) = &fill.receipt {
            let figures = &mut self.figures;
            add(&mut figures.fee_lamports, receipt.fee_lamports);
            let priority = receipt.priority_fee_lamports;
            add(&mut figures.priority_fee_lamports, priority);
        }
    }

    fn figures(&self) -> Figures {
        let better = self.against_quoted_ppm.iter().copied();
        let better: Vec<i64> = better.filter(|ppm| *ppm > 0).collect();
        let mut landing = self.landing_ms.clone();
        landing.sort_unstable();
        Figures {
            improved: u64::try_from(better.len()).unwrap_or(u64::MAX),
            improvement_bps: mean(&better).map(bps),
            against_quoted: Spread::of(&self.against_quoted_ppm),
            against_best_single: Spread::of(&self.against_best_ppm),
            landing_p50_ms: percentile(&landing, 50),
            landing_p99_ms: percentile(&landing, 99),
            ..self.figures.clone()
        }
    }
}

impl Spread {
    fn of(ppm: &[i64]) -> Option<Self> {
        let mut best_first = ppm.to_vec();
        best_first.sort_unstable_by(|one, other| other.cmp(one));
        Some(Self {
            mean_bps: bps(mean(ppm)?),
            p50_bps: bps(percentile(&best_first, 50)?),
            p95_bps: bps(percentile(&best_first, 95)?),
        })
    }
}

fn mean(values: &[i64]) -> Option<i64> {
    let sum: i128 = values.iter().copied().map(i128::from).sum();
    let count = i128::try_from(values.len()).ok()?;
    i64::try_from(sum.checked_div(count)?).ok()
}

/// The last of the first so many of a hundred.
fn percentile<T: Copy>(sorted: &[T], percent: usize) -> Option<T> {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.checked_sub(1)?).copied()
}

fn add(sum: &mut u64, more: u64) {
    *sum = sum.saturating_add(more);
}

fn place(program: Program) -> usize {
    let mut all = Program::ALL.into_iter();
    all.position(|it| it == program)
        .expect("invariant: the list holds every kind")
}
