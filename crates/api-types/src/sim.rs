//! What operators may ask of a simulated cluster.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::names::{PoolName, VenueName};
use crate::submit::DecimalText;

/// Somebody else trades: the price moves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(examples(json!({"pool": "7YttLkHDoNj9wyDur5pM1ejNaAvT9X4eqaYcHQqtj2G5", "tokenIn": "SOL", "amount": "100"})))]
pub struct SimTrade {
    /// The pool's address.
    pub pool: String,
    /// What is sold: a symbol or a mint's address.
    pub token_in: String,
    /// How much of it: a decimal string, or a number whose digits are taken as written.
    #[schema(value_type = DecimalText)]
    pub amount: String,
}

/// The swap landed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SimTraded {
    pub success: bool,
    /// Its transaction's signature in base58.
    pub signature: String,
}

/// A token is born with its pool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(examples(json!({"dex": "raydium", "pool": "cpmm", "liquiditySol": "50", "openInMs": 0, "decimals": 6})))]
pub struct SimLaunch {
    /// What people call it, 1 to 12 letters and digits. It stands in the audit log; everywhere else the token is named
    /// by its mint, because the token list has no entry for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, min_length = 1, max_length = 12)]
    pub symbol: Option<String>,
    /// 6 where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, maximum = 9)]
    pub decimals: Option<u8>,
    /// The pool's venue.
    pub dex: VenueName,
    /// The pool's program, one of the venue's.
    pub pool: PoolName,
    /// How much SOL the pool begins with; needed unless the token is born alone: a decimal string, or a number whose digits are taken as written.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = DecimalText, nullable = false)]
    pub liquidity_sol: Option<String>,
    /// From when on the pool can be used; 0 where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, maximum = 86_400_000)]
    pub open_in_ms: Option<u64>,
    /// Whether somebody can freeze the accounts of those who buy it; false where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub freeze_authority: Option<bool>,
    /// Whether somebody can make more of it; false where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub mint_authority: Option<bool>,
    /// How much of the supply its maker keeps and can sell into the pool, in percent; 20 where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, maximum = 99)]
    pub held_percent: Option<u8>,
    /// Whether the token is born alone, and its pool is opened by another call that names its `mint`. `poolAddress` says
    /// where that will stand.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub mint_only: Option<bool>,
    /// The token that was born alone, whose pool is opened now; its decimals and authorities are what they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub mint: Option<String>,
    /// What a `damm_v2` pool charges at first, in hundredths of a percent; where absent the usual 30.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 31, maximum = 9_900)]
    pub starting_fee_bps: Option<u16>,
    /// How long the starting fee falls to the usual one, from the pool's opening on; a minute where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1, maximum = 86_400_000)]
    pub fee_falls_in_ms: Option<u64>,
}

/// The token that was born.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SimLaunched {
    pub success: bool,
    pub mint: String,
    pub pool_address: String,
}

/// What goes wrong from now on, and nothing else; `{}` = nothing. Chances are from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
#[schema(examples(json!({"sendDropped": 0.1, "replyLost": 0.1})))]
pub struct SimFaults {
    /// A transaction is taken and forgotten.
    #[schema(minimum = 0, maximum = 1)]
    pub send_dropped: f64,
    /// A transaction lands some blocks later than usual.
    #[schema(minimum = 0, maximum = 1)]
    pub land_late: f64,
    /// A transaction lands in one of the last blocks in which it can.
    #[schema(minimum = 0, maximum = 1)]
    pub land_before_expiry: f64,
    /// A transaction is taken, and nobody is told.
    #[schema(minimum = 0, maximum = 1)]
    pub reply_lost: f64,
    /// A call is refused with HTTP 429 and a Retry-After.
    #[schema(minimum = 0, maximum = 1)]
    pub too_many_requests: f64,
    /// A call is refused with HTTP 503.
    #[schema(minimum = 0, maximum = 1)]
    pub unavailable: f64,
    /// A call is refused because the node is behind (-32005).
    #[schema(minimum = 0, maximum = 1)]
    pub node_behind: f64,
    /// A call gets no answer in time.
    #[schema(minimum = 0, maximum = 1)]
    pub time_out: f64,
    /// Reads show the chain as it was so many slots ago.
    #[schema(maximum = 1_000)]
    pub read_lag_slots: u64,
    /// `getBlockHeight` and `getEpochInfo` tell the slot in place of the height.
    pub height_is_slot: bool,
    /// `getTransaction` answers null for so long after a status is known.
    #[schema(maximum = 600_000)]
    pub transaction_null_ms: u64,
    /// A block that nobody has confirmed vanishes with all that was in it.
    #[schema(minimum = 0, maximum = 1)]
    pub block_vanishes: f64,
    /// A few confirmed blocks that are not final vanish with all that was in them, whenever a block opens.
    #[schema(minimum = 0, maximum = 1)]
    pub confirmed_block_vanishes: f64,
    /// A subscriber's socket is closed when there is news for it.
    #[schema(minimum = 0, maximum = 1)]
    pub socket_drops: f64,
    /// Nothing is answered at all.
    pub outage: bool,
}

/// The faults that hold now.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SimFaultsSet {
    pub success: bool,
    pub faults: SimFaults,
}
