//! What operators may do to a simulated cluster: trade as somebody else, let a token be born, and let things go wrong.

use async_trait::async_trait;
use domain::transaction::Signature;
use domain::venue::Program;
use domain::{Address, Asset, BaseUnits, Mint};
use serde::{Deserialize, Serialize};

use crate::chain::Error;
use crate::ledger::Ledger;

/// Somebody else trades with a pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Trade {
    pub pool: Address,
    pub mint_in: Mint,
    pub amount_in: BaseUnits,
}

/// A token is born with its pool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Launch {
    pub decimals: u8,
    /// The program that holds its pool with SOL.
    pub program: Program,
    pub liquidity_lamports: u64,
    /// From now on.
    pub open_in_ms: u64,
    /// Whether somebody could freeze the accounts of those who buy it.
    pub freeze_authority: bool,
    #[serde(default)]
    pub extras: Extras,
}

/// What else is said of a launch; the default is a token that harms nobody, with its pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Extras {
    pub part: Part,
    /// Whether somebody could make more of it.
    pub mint_authority: bool,
    /// How much of the supply its maker keeps, in percent; he can sell it into the pool.
    pub held_percent: Option<u8>,
    /// What the pool charges at first.
    pub starting_fee: Option<StartingFee>,
}

/// What of a launch happens now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Part {
    #[default]
    Whole,
    /// The token alone, which nobody has any of.
    Mint,
    /// The pool, with the supply, of a token that was born alone. Its mint says the decimals and who may do what.
    PoolOf(Mint),
}

/// A fee that falls to the usual one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StartingFee {
    pub bps: u16,
    /// How long it takes from the pool's opening on.
    pub falls_for_ms: u64,
}

/// A token that was born.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Launched {
    pub mint: Mint,
    pub pool: Address,
}

/// What goes wrong. Chances are from 0 to 1, drawn for each call or transaction; the default is that nothing does.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Faults {
    /// A transaction is taken and forgotten.
    pub send_dropped: f64,
    /// A transaction lands some blocks later than usual.
    pub land_late: f64,
    /// A transaction lands in one of the last blocks in which it can.
    pub land_before_expiry: f64,
    /// A transaction is taken, and nobody is told.
    pub reply_lost: f64,
    /// A call is refused with HTTP 429 and a Retry-After.
    pub too_many_requests: f64,
    /// A call is refused with HTTP 503.
    pub unavailable: f64,
    /// A call is refused because the node is behind (-32005).
    pub node_behind: f64,
    /// A call gets no answer in time.
    pub time_out: f64,
    /// Reads show the chain as it was so many slots ago.
    pub read_lag_slots: u64,
    /// `getBlockHeight` and `getEpochInfo` tell the slot in place of the height.
    pub height_is_slot: bool,
    /// `getTransaction` answers null for so long after a status is known.
    pub transaction_null_ms: u64,
    /// A block that nobody has confirmed vanishes with all that was in it.
    pub block_vanishes: f64,
    /// A few confirmed blocks that are not final vanish with all that was in them, whenever a block opens.
    pub confirmed_block_vanishes: f64,
    /// A subscriber's socket is closed when there is news for it.
    pub socket_drops: f64,
    /// Nothing is answered at all.
    pub outage: bool,
}

/// A simulated cluster, for its operators.
#[async_trait]
pub trait Simulation: Ledger {
    /// What a mint on the cluster is of, listed or not. None where no mint stands at the address.
    async fn asset(&self, mint: Mint) -> Result<Option<Asset>, Error>;

    /// Trades at the expense of the market. Answers its transaction.
    async fn trade(&self, trade: &Trade) -> Result<Signature, Error>;

    /// Makes a token and its pool.
    async fn launch(&self, launch: &Launch) -> Result<Launched, Error>;

    /// Lets these go wrong from now on, and nothing else.
    async fn set_faults(&self, faults: &Faults) -> Result<(), Error>;
}
