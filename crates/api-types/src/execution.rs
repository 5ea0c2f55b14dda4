//! How well orders were executed, as clients see it.

use domain::quality::{Figures, Spread, Tally};
use domain::venue::Program;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::names::{PoolName, VenueName};

/// What one part is of another, in hundredths of a percent.
const BPS: u128 = 10_000;

/// How well lately accepted orders were executed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExecutionStatsAnswer {
    pub success: bool,
    /// Orders accepted within so many minutes were looked at.
    pub minutes: u32,
    /// How many orders were looked at.
    pub orders: u64,
    /// Whether these are all of them. Where there are too many, the newest were looked at.
    pub complete: bool,
    pub total: ExecutionView,
    /// Each kind of pool. An execution through several kinds counts for each of them.
    pub kinds: Vec<ExecutionView>,
}

/// Executions, counted together. What cannot be told of so few is null.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExecutionView {
    /// Null where all are counted.
    pub dex: Option<VenueName>,
    /// The kind of pool; null where all are counted.
    pub pool: Option<PoolName>,
    /// Offers made by pools.
    pub quotes: u64,
    /// Decisions whose route uses such a pool.
    pub wins: u64,
    /// Transactions sent.
    pub sent: u64,
    pub fills: u64,
    /// Transactions that landed and were rolled back.
    pub reverts: u64,
    /// Fills among the transactions sent, in hundredths of a percent.
    pub fill_rate_bps: Option<u32>,
    /// Reverts among the transactions sent.
    pub revert_rate_bps: Option<u32>,
    /// What fills paid more than was quoted; below zero where they paid less.
    pub against_quoted: Option<SpreadView>,
    /// What fills paid more than the best single pool had offered.
    pub against_best_single: Option<SpreadView>,
    /// Fills that paid more than was quoted.
    pub improved: u64,
    /// How much more these paid, on average.
    pub improvement_bps: Option<i64>,
    /// From the stored transaction to its stored confirmation.
    pub landing_ms: LandingTimes,
    /// What fills and reverts paid in fees.
    pub fee_lamports: u64,
    /// The part of it that fills paid beyond the fee for signatures.
    pub priority_fee_lamports: u64,
}

/// How much more fills paid than something else, in hundredths of a percent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SpreadView {
    pub mean_bps: i64,
    /// Half of the fills paid this or more.
    pub p50_bps: i64,
    /// 95 of 100 fills paid this or more.
    pub p95_bps: i64,
}

/// How long transactions took to land, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LandingTimes {
    pub p50: Option<u64>,
    pub p99: Option<u64>,
}

impl ExecutionStatsAnswer {
    /// Of these executions.
    #[must_use]
    pub fn new(minutes: u32, tally: &Tally, complete: bool) -> Self {
        let kind = |program: Program| ExecutionView {
            dex: Some(program.venue().into()),
            pool: Some(program.into()),
            ..ExecutionView::from(tally.of(program))
        };
        Self {
            success: true,
            minutes,
            orders: tally.orders(),
            complete,
            total: tally.total().into(),
            kinds: Program::ALL.map(kind).into(),
        }
    }
}

impl From<Figures> for ExecutionView {
    fn from(figures: Figures) -> Self {
        let rate = |part| share_bps(part, figures.sent);
        Self {
            dex: None,
            pool: None,
            quotes: figures.quotes,
            wins: figures.wins,
            sent: figures.sent,
            fills: figures.fills,
            reverts: figures.reverts,
            fill_rate_bps: rate(figures.fills),
            revert_rate_bps: rate(figures.reverts),
            against_quoted: figures.against_quoted.map(SpreadView::from),
            against_best_single: figures.against_best_single.map(SpreadView::from),
            improved: figures.improved,
            improvement_bps: figures.improvement_bps,
            landing_ms: LandingTimes {
                p50: figures.landing_p50_ms,
                p99: figures.landing_p99_ms,
            },
            fee_lamports: figures.fee_lamports,
            priority_fee_lamports: figures.priority_fee_lamports,
        }
    }
}

impl From<Spread> for SpreadView {
    fn from(spread: Spread) -> Self {
        Self {
            mean_bps: spread.mean_bps,
            p50_bps: spread.p50_bps,
            p95_bps: spread.p95_bps,
        }
    }
}

fn share_bps(part: u64, of: u64) -> Option<u32> {
    let share = (u128::from(part) * BPS).checked_div(u128::from(of))?;
    u32::try_from(share).ok()
}
