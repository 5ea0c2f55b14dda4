//! Executions with their receipts, as clients see them.

use domain::quote::Fill;
use domain::{OrderId, Terms, Timestamp, TokenList};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::event::{amount_out, executed_price};
use crate::names::{PoolName, VenueName};
use crate::receipt::ReceiptView;
use crate::route::{LegView, legs};

/// What an order brought and cost, by the chain's word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FillView {
    pub order_id: Uuid,
    pub client_order_id: Option<String>,
    /// Whose order it is; null for keys, which see their own alone.
    pub client: Option<String>,
    #[schema(examples("market"))]
    pub order_type: String,
    /// The address of the wallet that paid, where it is known.
    pub wallet: Option<String>,
    #[schema(examples("SOL"))]
    pub token_in: String,
    #[schema(examples("USDC"))]
    pub token_out: String,
    pub token_in_mint: String,
    pub token_out_mint: String,
    /// What was sold.
    #[schema(examples("1.5"))]
    pub amount_in: String,
    /// What was received.
    #[schema(examples("225"))]
    pub amount_out: String,
    pub executed_price: String,
    /// Those of the largest leg.
    pub dex: VenueName,
    pub pool: PoolName,
    /// Each leg with its real amounts.
    pub route: Vec<LegView>,
    /// The transaction's signature in base58.
    pub tx_hash: String,
    /// When the confirmation was recorded: fills are told in this order.
    #[schema(format = DateTime)]
    pub confirmed_at: String,
    /// Null for a fill of before there were receipts.
    pub receipt: Option<ReceiptView>,
    /// Where people can look at the transaction; null for a chain that no explorer shows.
    pub explorer_url: Option<String>,
}

/// A page of fills, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FillsAnswer {
    pub success: bool,
    pub fills: Vec<FillView>,
    /// Where the next page begins; null where there is nothing more at this moment.
    pub next_cursor: Option<String>,
    /// Where to go on once there is more, also after the last page; null while nothing was ever told.
    pub cursor: Option<String>,
}

impl FillView {
    /// Of an order with these terms, confirmed then.
    #[must_use]
    pub fn new(
        order: OrderId,
        terms: &Terms,
        (fill, confirmed_at): (&Fill, Timestamp),
        tokens: &TokenList,
    ) -> Self {
        let route = &fill.route;
        let (sold, bought) = (route.asset_in(), route.asset_out());
        let program = route.largest().pool.program;
        let client_order_id = terms.client_order_id.as_ref();
        let receipt = fill.receipt.as_deref();
        Self {
            order_id: order.uuid(),
            client_order_id: client_order_id.map(|it| it.as_str().to_owned()),
            client: None,
            order_type: terms.order_type.name().to_owned(),
            wallet: terms.wallet.map(|it| it.to_string()),
            token_in: tokens.name_of(sold.mint),
            token_out: tokens.name_of(bought.mint),
            token_in_mint: sold.mint.to_string(),
            token_out_mint: bought.mint.to_string(),
            amount_in: route.amount_in().to_decimal(sold.decimals),
            amount_out: amount_out(fill.amount_out, route),
            executed_price: executed_price(fill),
            dex: program.venue().into(),
            pool: program.into(),
            route: legs(route, tokens),
            tx_hash: fill.signature.as_str().to_owned(),
            confirmed_at: confirmed_at.to_string(),
            receipt: receipt.map(|receipt| ReceiptView::new(receipt, confirmed_at)),
            explorer_url: None,
        }
    }
}
