//! An order as clients see it.

mod waiting;

pub use waiting::{ConditionName, Look, SeenWaiting, WaitingFor, WaitingView, WatchMode};

use std::time::Duration;

use domain::landing::LandingReport;
use domain::order::{OrderType, State, Terms};
use domain::quote::{Choice, Fill};
use domain::{BaseUnits, Bps, MaxImpact, Order, Route, Timestamp, TokenList};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::doubt::{DeclaredDeadView, DoubtView, UnprovableView};
use crate::event::{amount_out, executed_price};
use crate::landing::LandingView;
use crate::names::{FeeLevelName, PoolName, StatusName, VenueName};
use crate::native_sol::NativeSol;
use crate::pool;
use crate::quality::QualityView;
use crate::receipt::ReceiptView;
use crate::route::{LegView, legs};
use crate::sniping::SniperFields;
use crate::submit::TriggerName;

/// Twice as long as a worker tries to build a transaction.
const SIGNATURE_LATE: Duration = Duration::from_secs(10);

/// An order and what became of it. Unknown values are null.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderView {
    pub order_id: Uuid,
    pub client_order_id: Option<String>,
    #[schema(examples("market"))]
    pub order_type: String,
    #[schema(examples("SOL"))]
    pub token_in: String,
    #[schema(examples("USDC"))]
    pub token_out: String,
    /// The address of what is sold.
    #[schema(examples("So11111111111111111111111111111111111111112"))]
    pub token_in_mint: String,
    /// The address of what is bought.
    pub token_out_mint: String,
    /// Null for an order that buys an exact amount, until it is confirmed: what it cost.
    #[serde(default)]
    #[schema(required = true, examples("1.5"))]
    pub amount_in: Option<String>,
    /// What the order buys, to the unit, if that is what the client asked for.
    #[serde(default)]
    #[schema(required = true)]
    pub amount_out_wanted: Option<String>,
    /// The most that such an order may cost: what the client named, or else what the slippage allows of the last quote.
    #[serde(default)]
    #[schema(required = true)]
    pub max_amount_in: Option<String>,
    /// Null for a limit order that names none: its price alone is its floor.
    #[schema(maximum = 5000)]
    pub slippage_bps: Option<u16>,
    /// `limit`: the price at which the order executes, or a better one.
    #[serde(default)]
    #[schema(required = true)]
    pub limit_price: Option<String>,
    /// `stop` and `take_profit`: the price that fires the order.
    #[serde(default)]
    #[schema(required = true)]
    pub trigger_price: Option<String>,
    /// `trailing_stop`: how far below its highest the pair's spot must fall, in hundredths of a percent.
    #[serde(default)]
    #[schema(required = true, minimum = 1, maximum = 5000)]
    pub trail_bps: Option<u16>,
    /// `trailing_stop`: the spot from which on it trails, if it is not the first one.
    #[serde(default)]
    #[schema(required = true)]
    pub activation_price: Option<String>,
    /// `sniper`: what fires it.
    #[serde(default)]
    #[schema(required = true)]
    pub trigger_condition: Option<TriggerName>,
    /// `sniper`: the price, or how many times the mean volume.
    #[serde(default)]
    #[schema(required = true)]
    pub trigger_value: Option<String>,
    /// `sniper`: what a pool must hold of `tokenIn`.
    #[serde(default)]
    #[schema(required = true)]
    pub min_liquidity: Option<String>,
    /// `sniper`: what a pool may charge, in hundredths of a percent.
    #[serde(default)]
    #[schema(required = true, maximum = 10000)]
    pub max_fee_bps: Option<u16>,
    /// `sniper`: whether nobody may be able to mint or freeze `tokenOut`.
    #[serde(default)]
    #[schema(required = true)]
    pub require_renounced: Option<bool>,
    /// The orders of which one at most executes, if it belongs to such a group.
    #[serde(default)]
    #[schema(required = true)]
    pub oco_group: Option<String>,
    /// The client's own minimum, if it named one.
    pub min_amount_out: Option<String>,
    /// What the order offers for its place in a block, if the client said so.
    pub fee_level: Option<FeeLevelName>,
    /// How far the order may move the price, if the client said so.
    #[schema(minimum = 1, maximum = 10000)]
    pub max_price_impact_bps: Option<u16>,
    pub status: StatusName,
    pub dex: Option<VenueName>,
    pub dex_type: Option<VenueName>,
    pub pool: Option<PoolName>,
    /// The address of the pool that takes most of what is sold.
    pub pool_address: Option<String>,
    pub executed_price: Option<String>,
    pub amount_out: Option<String>,
    /// The transaction's signature in base58.
    pub tx_hash: Option<String>,
    /// The pools used: the amounts are those expected until the order is confirmed.
    pub route: Option<Vec<LegView>>,
    /// How the last execution compares with what there was when its route was chosen. Told of one order at a time,
    /// while it is building, submitted or confirmed; null in lists.
    pub quality: Option<QualityView>,
    /// What the transaction cost, where the chain tells it.
    pub receipt: Option<ReceiptView>,
    /// Why a submitted order needs a person; null where it does not.
    pub doubt: Option<DoubtView>,
    /// Where people can look at the transaction; null for a chain that no explorer shows.
    pub explorer_url: Option<String>,
    /// The address of the wallet that pays, where it is known.
    pub wallet: Option<String>,
    /// What the order waits for, if that is no worker's turn.
    pub waiting: Option<WaitingView>,
    /// Why the order failed.
    pub error_reason: Option<String>,
    pub error_code: Option<String>,
    /// How the last transaction fared, where it did not land and that is why the execution failed. Of a submitted
    /// order: how its transaction fares, where it is slow to land.
    pub landing: Option<LandingView>,
    /// Executions that have ended, whether they succeeded or failed.
    pub attempts: u32,
    #[schema(format = DateTime)]
    pub created_at: String,
    #[schema(format = DateTime)]
    pub updated_at: String,
    /// When the order expires if no transaction was submitted by then.
    #[schema(format = DateTime)]
    pub expires_at: Option<String>,
    /// The venues the order may use.
    pub venues: Vec<VenueName>,
    /// Whether native SOL is wrapped before the swap or unwrapped after it.
    pub native_sol: Option<NativeSol>,
    /// Why the last execution failed, while the order waits for its next one.
    pub last_error: Option<String>,
    /// Why the order was cancelled or expired.
    pub reason: Option<String>,
    /// The `seq` of the order's last event.
    pub seq: u32,
}

/// One order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OrderAnswer {
    pub success: bool,
    pub order: OrderView,
}

/// A page of orders, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderListAnswer {
    pub success: bool,
    pub orders: Vec<OrderView>,
    /// Where the next page begins; null on the last page.
    pub next_cursor: Option<String>,
}

impl OrderView {
    /// The order as clients see it, who know assets by the symbols of this list.
    #[must_use]
    pub fn new(order: &Order, tokens: &TokenList) -> Self {
        let mut view = Self::without_state(order, tokens);
        match &order.state {
            State::Pending { last_failure } => {
                view.last_error = last_failure.as_ref().map(|failure| failure.reason.clone());
                view.landing = last_failure.as_ref().and_then(LandingView::of);
            }
            State::Routing => {}
            State::Building { decision } => view.add_choice(&decision.choice, tokens),
            State::Submitted { choice, signature } => {
                view.add_choice(choice, tokens);
                view.tx_hash = Some(signature.as_str().to_owned());
            }
            State::Confirmed { fill } => view.add_fill(fill, order.updated_at, tokens),
            State::Failed { failure } => {
                view.error_reason = Some(failure.reason.clone());
                view.error_code = Some(failure.code.name().to_owned());
                view.landing = LandingView::of(failure);
            }
            State::Cancelled { reason } | State::Expired { reason } => {
                view.reason = Some(reason.clone());
            }
        }
        view
    }

    /// Its block is final since then. `fill` is what it brought, where that differs from what was confirmed.
    pub fn add_finality(
        &mut self,
        order: &Order,
        (at, fill): (Timestamp, Option<&Fill>),
        tokens: &TokenList,
    ) {
        if let Some(fill) = fill {
            self.add_fill(fill, order.updated_at, tokens);
        }
        if let Some(receipt) = &mut self.receipt {
            receipt.finalized_at = Some(at.to_string());
        }
    }

    /// Its transaction is not found any more since then, and never lands again since a later time.
    pub fn add_vanished(&mut self, at: Timestamp, died_at: Option<Timestamp>) {
        if let Some(receipt) = &mut self.receipt {
            receipt.vanished_at = Some(at.to_string());
            receipt.died_at = died_at.map(|at| at.to_string());
        }
    }

    /// It waits until an operator resumes the engine, which is halted or paused for this reason.
    pub fn add_standstill(&mut self, detail: &str) {
        self.waiting = Some(WaitingView::of(WaitingFor::Resume, detail.to_owned()));
    }

    /// It waits for a worker that has the key of its wallet.
    pub fn add_missing_wallet(&mut self) {
        let detail = "no live worker has the order's wallet".to_owned();
        self.waiting = Some(WaitingView::of(WaitingFor::Wallet, detail));
    }

    /// It waits for a signature, if its route was chosen long before now. Why is known to the worker alone.
    pub fn add_late_signature(&mut self, order: &Order, now: Timestamp) {
        let is_building = matches!(order.state, State::Building { .. });
        if is_building && now.since(order.updated_at) > SIGNATURE_LATE {
            let detail = format!(
                "nobody has signed the order's transaction since {}: its wallet's signer gives no signature, or no worker \
                 goes on with it",
                order.updated_at
            );
            self.waiting = Some(WaitingView::of(WaitingFor::Signature, detail));
        }
    }

    /// It waits for its condition, and this is what was seen of it.
    pub fn add_condition(&mut self, terms: &Terms, seen: &SeenWaiting, mode: WatchMode) {
        self.waiting = match terms.order_type {
            OrderType::TrailingStop { trail, activation } => {
                Some(WaitingView::trailing(trail, activation, seen))
            }
            _ => WaitingView::of_amount(terms, seen),
        };
        // Nobody follows the pools of snipers.
        let mode = match terms.order_type.sniper() {
            Some(_) => WatchMode::Polling,
            None => mode,
        };
        if let Some(waiting) = &mut self.waiting {
            waiting.mode = Some(mode);
        }
    }

    /// Nobody can prove its transaction dead since then.
    pub fn add_doubt(&mut self, since: Timestamp, reason: &str) {
        self.doubt.get_or_insert_default().unprovable = Some(UnprovableView {
            since: since.to_string(),
            reason: reason.to_owned(),
        });
    }

    /// An operator said then that its transaction is dead.
    pub fn add_word(&mut self, at: Timestamp, reason: &str) {
        self.doubt.get_or_insert_default().declared_dead = Some(DeclaredDeadView {
            at: at.to_string(),
            reason: reason.to_owned(),
        });
    }

    /// Its transaction is slow to land, and fares like this.
    pub fn add_landing(&mut self, report: &LandingReport) {
        self.landing = Some(report.into());
    }

    fn add_fill(&mut self, fill: &Fill, confirmed_at: Timestamp, tokens: &TokenList) {
        self.add_route(&fill.route, tokens);
        if self.amount_out_wanted.is_some() {
            let route = &fill.route;
            self.amount_in = Some(route.amount_in().to_decimal(route.asset_in().decimals));
        }
        self.tx_hash = Some(fill.signature.as_str().to_owned());
        self.executed_price = Some(executed_price(fill));
        self.amount_out = Some(amount_out(fill.amount_out, &fill.route));
        let receipt = fill.receipt.as_deref();
        self.receipt = receipt.map(|receipt| ReceiptView::new(receipt, confirmed_at));
    }

    fn without_state(order: &Order, tokens: &TokenList) -> Self {
        let terms = &order.terms;
        let client_order_id = terms.client_order_id.as_ref();
        let sold = |amount: BaseUnits| amount.to_decimal(terms.asset_in.decimals);
        let bought = |amount: BaseUnits| amount.to_decimal(terms.asset_out.decimals);
        let sniper = SniperFields::of(terms);
        Self {
            order_id: order.id.uuid(),
            client_order_id: client_order_id.map(|id| id.as_str().to_owned()),
            order_type: terms.order_type.name().to_owned(),
            token_in: tokens.name_of(terms.asset_in.mint),
            token_out: tokens.name_of(terms.asset_out.mint),
            token_in_mint: terms.asset_in.mint.to_string(),
            token_out_mint: terms.asset_out.mint.to_string(),
            amount_in: match terms.amount_out {
                None => Some(sold(terms.amount_in)),
                Some(_) => None,
            },
            amount_out_wanted: terms.amount_out.map(bought),
            max_amount_in: terms.max_amount_in().map(sold),
            slippage_bps: (terms.slippage != Bps::ANY).then(|| terms.slippage.get()),
            limit_price: match terms.order_type {
                OrderType::Limit { price } => Some(price.to_string()),
                _ => None,
            },
            trigger_price: match terms.order_type {
                OrderType::Stop { price } | OrderType::TakeProfit { price } => {
                    Some(price.to_string())
                }
                _ => None,
            },
            trail_bps: match terms.order_type {
                OrderType::TrailingStop { trail, .. } => Some(trail.get()),
                _ => None,
            },
            activation_price: match terms.order_type {
                OrderType::TrailingStop { activation, .. } => activation.map(|it| it.to_string()),
                _ => None,
            },
            trigger_condition: sniper.trigger_condition,
            trigger_value: sniper.trigger_value,
            min_liquidity: sniper.min_liquidity,
            max_fee_bps: sniper.max_fee_bps,
            require_renounced: sniper.require_renounced,
            oco_group: terms.oco_group.as_ref().map(|it| it.as_str().to_owned()),
            min_amount_out: terms.min_amount_out.map(bought),
            fee_level: terms.fee_level.map(FeeLevelName::from),
            max_price_impact_bps: terms.max_impact.map(MaxImpact::get),
            status: order.status().into(),
            dex: None,
            dex_type: None,
            pool: None,
            pool_address: None,
            executed_price: None,
            amount_out: None,
            tx_hash: None,
            route: None,
            quality: None,
            receipt: None,
            doubt: None,
            explorer_url: None,
            wallet: terms.wallet.map(|wallet| wallet.to_string()),
            waiting: None,
            error_reason: None,
            error_code: None,
            landing: None,
            attempts: order.executions_ended(),
            created_at: order.created_at.to_string(),
            updated_at: order.updated_at.to_string(),
            expires_at: order.expires_at().map(|at| at.to_string()),
            venues: terms.venues.iter().map(VenueName::from).collect(),
            native_sol: NativeSol::of(terms.asset_in, terms.asset_out),
            last_error: None,
            reason: None,
            seq: order.seq.get(),
        }
    }

    fn add_choice(&mut self, choice: &Choice, tokens: &TokenList) {
        self.add_route(&choice.route, tokens);
        if let Some(most) = choice.max_amount_in {
            self.max_amount_in = Some(most.to_decimal(choice.route.asset_in().decimals));
        }
    }

    fn add_route(&mut self, route: &Route, tokens: &TokenList) {
        let pool = route.largest().pool;
        let program = pool.program;
        self.dex = Some(program.venue().into());
        self.dex_type = self.dex;
        self.pool = Some(program.into());
        self.pool_address = pool::address(pool);
        self.route = Some(legs(route, tokens));
    }
}

#[cfg(test)]
mod tests;
