//! Submitting an order: the request in every allowed form, and the answer to an accepted one.

use serde::{Deserialize, Serialize};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};
use uuid::Uuid;

use crate::names::{FeeLevelName, StatusName, VenueName};

/// The message of an order that is accepted for the queue.
pub const ACCEPTED_MESSAGE: &str = "Order created and queued for execution";

/// The message of an order that waits for a condition.
pub const WAITING_MESSAGE: &str = "Order created and waiting for its condition";

/// An order. Amounts are strings or JSON numbers, taken exactly as written.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(examples(
    json!({"tokenIn": "SOL", "tokenOut": "USDC", "amount": "1.5", "slippageBps": 50}),
    json!({"tokenIn": "SOL", "tokenOut": "USDC", "amount": "1.5", "orderType": "limit", "limitPrice": "165"}),
    json!({"tokenIn": "SOL", "tokenOut": "USDC", "amount": "1.5", "orderType": "stop", "triggerPrice": "120",
           "ocoGroup": "exit"}),
    json!({"tokenIn": "SOL", "tokenOut": "USDC", "amount": "1.5", "orderType": "take_profit",
           "triggerPrice": "180", "ocoGroup": "exit"}),
    json!({"tokenIn": "SOL", "tokenOut": "USDC", "amount": "1.5", "orderType": "trailing_stop", "trailBps": 500,
           "activationPrice": "170"}),
    json!({"tokenIn": "SOL", "tokenOut": "9BB6NFEcjBCtnNLFko2FqVQBq8HHM13kCyYcdQbgpump", "amount": "0.1",
           "orderType": "sniper", "slippageBps": 500, "minLiquidity": "20", "maxFeeBps": 300,
           "requireRenounced": true})
))]
pub struct SubmitOrder {
    /// Symbol (any case) or mint address. Both tokens absent: `SOL` to `USDC`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, examples("SOL"))]
    pub token_in: Option<String>,
    /// Symbol (any case) or mint address, other than `tokenIn`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, examples("USDC"))]
    pub token_out: Option<String>,
    /// How much of `tokenIn` to swap. This or `amountIn`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = DecimalText, nullable = false)]
    pub amount: Option<String>,
    /// The same as `amount`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = DecimalText, nullable = false)]
    pub amount_in: Option<String>,
    /// Instead of an amount of `tokenIn`: how much of `tokenOut` to buy, to the unit. For market orders.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = DecimalText, nullable = false)]
    pub amount_out: Option<String>,
    /// The most that `amountOut` may cost, in `tokenIn`; absent: what the slippage allows of the quote.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = DecimalText, nullable = false)]
    pub max_amount_in: Option<String>,
    /// Slippage in basis points; at most one of the three may be given. The default is 50, 200 for a `stop` and a
    /// `trailing_stop`, and none for a `limit`, whose price is its floor.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 0, maximum = 5000)]
    pub slippage_bps: Option<u16>,
    /// Slippage as a fraction.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = f64, nullable = false, minimum = 0, maximum = 0.5)]
    pub slippage: Option<serde_json::Number>,
    /// Slippage in percent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = f64, nullable = false, minimum = 0, maximum = 50)]
    pub slippage_tolerance: Option<serde_json::Number>,
    /// The least of `tokenOut` that you accept; the minimum that follows from slippage holds as
    /// well.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = DecimalText, nullable = false)]
    pub min_amount_out: Option<String>,
    /// `limit`: the worst price, in `tokenOut` for one `tokenIn`. The order executes at this price or better, and never
    /// at a worse one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = DecimalText, nullable = false)]
    pub limit_price: Option<String>,
    /// `stop` and `take_profit`: the price that fires the order, in `tokenOut` for one `tokenIn`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = DecimalText, nullable = false)]
    pub trigger_price: Option<String>,
    /// `trailing_stop`: how far the pair's spot must fall below its highest since the order was accepted, in hundredths of
    /// a percent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1, maximum = 5000)]
    pub trail_bps: Option<u16>,
    /// `trailing_stop`: trail only once the spot is at or above this price.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = DecimalText, nullable = false)]
    pub activation_price: Option<String>,
    /// `sniper`: what fires it; `pool_created` where it is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub trigger_condition: Option<TriggerName>,
    /// `sniper`: for `price_above` and `price_below` a price in `tokenOut` for one `tokenIn`, for `volume_spike` how many
    /// times the last hour's mean per minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = DecimalText, nullable = false)]
    pub trigger_value: Option<String>,
    /// `sniper`: how much of `tokenIn` a pool must hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = DecimalText, nullable = false)]
    pub min_liquidity: Option<String>,
    /// `sniper`: the most that a pool may charge for the amount when the order fires, in hundredths of a percent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 0, maximum = 10000)]
    pub max_fee_bps: Option<u16>,
    /// `sniper`: whether nobody may be able to mint or freeze `tokenOut` any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub require_renounced: Option<bool>,
    /// Your name for a group of waiting orders, at most 20. At most one of them executes at a time, and once one is
    /// confirmed the others are cancelled.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        nullable = false,
        min_length = 1,
        max_length = 64,
        pattern = "^[ -~]+$"
    )]
    pub oco_group: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub order_type: Option<OrderTypeName>,
    /// The same as `orderType`.
    #[serde(skip_serializing_if = "Option::is_none", rename = "type")]
    #[schema(nullable = false)]
    pub kind: Option<OrderTypeName>,
    /// Your own name for the order, unique for ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        nullable = false,
        min_length = 1,
        max_length = 64,
        pattern = "^[ -~]+$"
    )]
    pub client_order_id: Option<String>,
    /// The order expires if no transaction was submitted by then.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1, maximum = 2592000)]
    pub valid_for_seconds: Option<u32>,
    /// What the order offers for its place in a block; absent: what the engine is set to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub fee_level: Option<FeeLevelName>,
    /// How far the order may move the price of its pool, in hundredths of a percent; the engine's own limit holds as
    /// well.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1, maximum = 10000)]
    pub max_price_impact_bps: Option<u16>,
    /// The wallet that pays, by its name or address; absent: the client's own, or the engine's first that is nobody's
    /// own. It stays the order's wallet for ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, examples("main"))]
    pub wallet: Option<String>,
    /// The venues the order may use.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub venues: Option<Vec<VenueName>>,
    /// Venues the order must not use.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub exclude_venues: Option<Vec<VenueName>>,
}

/// A positive decimal as a string, or a JSON number: only for the API document.
#[derive(Debug, Clone, Copy)]
pub struct DecimalText;

impl PartialSchema for DecimalText {
    fn schema() -> RefOr<Schema> {
        let text = ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some(r"^[0-9]+(\.[0-9]+)?$"))
            .examples(["1.5"]);
        let number = ObjectBuilder::new()
            .schema_type(Type::Number)
            .exclusive_minimum(Some(0));
        OneOfBuilder::new().item(text).item(number).into()
    }
}

impl ToSchema for DecimalText {}

/// When an order executes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrderTypeName {
    /// At once.
    Market,
    /// At `limitPrice` or better: `limitPrice` is needed.
    Limit,
    /// Once the price has fallen to `triggerPrice`, which is needed.
    Stop,
    /// Once the price has risen to `triggerPrice`, which is needed.
    TakeProfit,
    /// Once the pair's spot has fallen by `trailBps`, which is needed, from its highest since the order was accepted, or
    /// since it reached `activationPrice`.
    TrailingStop,
    /// Once `triggerCondition` holds and a pool of the pair passes `minLiquidity`, `maxFeeBps` and `requireRenounced`.
    /// The pair need not have a pool yet.
    Sniper,
}

/// What fires a sniper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TriggerName {
    /// A pool of the pair that passes the order's gates and is open.
    PoolCreated,
    /// A price at or above `triggerValue`.
    PriceAbove,
    /// A price at or below `triggerValue`.
    PriceBelow,
    /// A minute in which `triggerValue` times as much is traded as in the last hour's minutes on average. Ten minutes
    /// must have been seen.
    VolumeSpike,
}

/// The answer to an accepted order: it is stored and cannot be lost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AcceptedOrder {
    pub success: bool,
    pub order_id: Uuid,
    pub status: StatusName,
    pub message: String,
    /// The socket on which to follow the order.
    pub ws_url: String,
    /// The gateway's estimate; null if it has none yet.
    pub queue: Option<QueueEstimate>,
}

/// How long it may take until the order's turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct QueueEstimate {
    pub position: u64,
    pub eta_ms: u64,
}

/// The answer to a cancelled order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CancelledOrder {
    pub success: bool,
    pub order_id: Uuid,
    pub status: StatusName,
    pub message: String,
}

/// What to change of an order that waits. What is absent stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(examples(json!({"limitPrice": "151"})))]
pub struct ChangeOrder {
    /// Of a `limit` order.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = DecimalText, nullable = false)]
    pub limit_price: Option<String>,
    /// Of a `stop` or `take_profit` order.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = DecimalText, nullable = false)]
    pub trigger_price: Option<String>,
    /// Of a `trailing_stop`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1, maximum = 5000)]
    pub trail_bps: Option<u16>,
    /// Of a `trailing_stop`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = DecimalText, nullable = false)]
    pub activation_price: Option<String>,
    /// Of a `sniper` that has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = DecimalText, nullable = false)]
    pub trigger_value: Option<String>,
    /// Of a `sniper`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = DecimalText, nullable = false)]
    pub min_liquidity: Option<String>,
    /// Of a `sniper`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 0, maximum = 10000)]
    pub max_fee_bps: Option<u16>,
    /// Of a `sniper`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub require_renounced: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = DecimalText, nullable = false)]
    pub min_amount_out: Option<String>,
    /// Counted from the order's acceptance.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1, maximum = 2592000)]
    pub valid_for_seconds: Option<u32>,
}
