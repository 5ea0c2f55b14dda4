//! Positions, profits and what wallets took in and gave away, as clients see them.

use domain::amount::sum_to_decimal;
use domain::books::{Figures, Flow, Pair, Position};
use domain::price::ratio;
use domain::{Asset, TokenList};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What the engine's trades came to, from receipts alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BooksAnswer {
    pub success: bool,
    /// Whether every transaction is counted that is recorded. Where it is not, the next answer has counted more.
    pub complete: bool,
    /// When the last transaction was recorded that is counted.
    #[schema(format = DateTime)]
    pub up_to: Option<String>,
    /// Fills that are counted.
    pub fills: u64,
    /// Transactions of pairs that are too many to be counted: they are in no figure.
    pub left_out: u64,
    /// Of all time, the pairs with most fills first, at most 1,000.
    pub positions: Vec<PositionView>,
    /// Day by day, the newest first.
    pub days: Vec<DayView>,
    /// The first day of which everything is told, where older ones are left out.
    #[schema(format = Date)]
    pub days_from: Option<String>,
    /// What each wallet took in and gave away, of all time.
    pub wallets: Vec<WalletBooksView>,
}

/// What was traded, and in what its cost and profit are counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PairView {
    #[schema(examples("SOL"))]
    pub token: String,
    pub token_mint: String,
    /// The other token of the trades.
    #[schema(examples("USDC"))]
    pub quote: String,
    pub quote_mint: String,
    /// False where neither is USDC, USDT or SOL: then the one with the lower address serves as quote.
    pub usual_quote: bool,
}

/// Sums over trades of a pair. Amounts are in the token, what they cost and brought in the quote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FiguresView {
    pub fills: u64,
    pub bought: String,
    /// What `bought` cost.
    pub cost: String,
    pub sold: String,
    /// What `sold` brought.
    pub proceeds: String,
    /// The part of `sold` that these trades had not bought: it came from outside the engine, or was bought for another
    /// token. No profit is counted for it.
    pub sold_without_cost: String,
    pub proceeds_without_cost: String,
    /// The average cost of the rest of `sold`.
    pub cost_of_sold: String,
    /// `proceeds` less `proceedsWithoutCost` and `costOfSold`; fees and rent are not in it.
    pub realised: String,
    pub fee_lamports: u64,
    /// The part of it beyond the fee for signatures.
    pub priority_fee_lamports: u64,
    pub rent_paid_lamports: u64,
    pub rent_returned_lamports: u64,
    /// Transactions that were rolled back, and what they paid in fees beside `feeLamports`.
    pub rolled_back: u64,
    pub rolled_back_fee_lamports: u64,
    /// Fills of before there were receipts: their fees are not known.
    pub without_receipt: u64,
}

/// All trades of a pair by one wallet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PositionView {
    /// Null where orders name none and none is known.
    pub wallet: Option<String>,
    pub pair: PairView,
    pub figures: FiguresView,
    /// What is left of `bought`.
    pub held: String,
    pub cost_of_held: String,
    /// `costOfHeld` / `held`, 18 significant digits, truncated; null where nothing is held.
    pub average_cost: Option<String>,
}

/// One day's trades of a pair by one wallet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DayView {
    /// In UTC.
    #[schema(format = Date, examples("2026-01-31"))]
    pub day: String,
    pub wallet: Option<String>,
    pub pair: PairView,
    pub figures: FiguresView,
}

/// What a wallet took in and gave away by the engine's transactions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WalletBooksView {
    pub wallet: Option<String>,
    pub tokens: Vec<FlowView>,
}

/// The same of one token, in that token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FlowView {
    pub token: String,
    pub mint: String,
    pub received: String,
    pub spent: String,
    /// What one leg of a route paid out and the next one did not take.
    pub left_over: String,
    /// Of SOL alone, as the next two; with those of transactions that were rolled back.
    pub fees: String,
    pub rent_paid: String,
    pub rent_returned: String,
    /// What is more in the wallet for all that; below zero where it is less.
    pub net: String,
    /// What the chain says that the wallet holds now; for operators, where the chain answers.
    pub held: Option<String>,
    /// `held` less `net`: what did not come by the engine's transactions, but was there before them or was paid in or out
    /// by others. It is exact while no transaction is under way.
    pub outside: Option<String>,
}

impl PairView {
    /// These two.
    #[must_use]
    pub fn new(pair: Pair, tokens: &TokenList) -> Self {
        Self {
            token: tokens.name_of(pair.token),
            token_mint: pair.token.to_string(),
            quote: tokens.name_of(pair.quote),
            quote_mint: pair.quote.to_string(),
            usual_quote: pair.is_usual(),
        }
    }
}

impl FiguresView {
    /// Of a pair of these two.
    #[must_use]
    pub fn new(figures: &Figures, token: Asset, quote: Asset) -> Self {
        let amount = |units| printed(units, token);
        let worth = |units| printed(units, quote);
        Self {
            fills: figures.fills,
            bought: amount(figures.bought),
            cost: worth(figures.cost),
            sold: amount(figures.sold),
            proceeds: worth(figures.proceeds),
            sold_without_cost: amount(figures.sold_without_cost),
            proceeds_without_cost: worth(figures.proceeds_without_cost),
            cost_of_sold: worth(figures.cost_of_sold),
            realised: sum_to_decimal(figures.realised(), quote.decimals),
            fee_lamports: lamports(figures.fee_lamports),
            priority_fee_lamports: lamports(figures.priority_fee_lamports),
            rent_paid_lamports: lamports(figures.rent_paid_lamports),
            rent_returned_lamports: lamports(figures.rent_returned_lamports),
            rolled_back: figures.rolled_back,
            rolled_back_fee_lamports: lamports(figures.rolled_back_lamports),
            without_receipt: figures.without_receipt,
        }
    }
}

impl PositionView {
    /// Of this wallet.
    #[must_use]
    pub fn new(
        wallet: Option<String>,
        pair: PairView,
        position: &Position,
        (token, quote): (Asset, Asset),
    ) -> Self {
        let exponent = i32::from(token.decimals) - i32::from(quote.decimals);
        let average = || ratio(position.cost_of_held, position.held, exponent);
        Self {
            wallet,
            pair,
            figures: FiguresView::new(&position.figures, token, quote),
            held: printed(position.held, token),
            cost_of_held: printed(position.cost_of_held, quote),
            average_cost: (position.held > 0).then(average),
        }
    }
}

impl FlowView {
    /// Of this token, of which the wallet holds so many units.
    #[must_use]
    pub fn new(flow: &Flow, asset: Asset, held: Option<u64>, tokens: &TokenList) -> Self {
        let amount = |units| printed(units, asset);
        let outside = |held| sum_to_decimal(i128::from(held) - flow.net(), asset.decimals);
        Self {
            token: tokens.name_of(asset.mint),
            mint: asset.mint.to_string(),
            received: amount(flow.taken),
            spent: amount(flow.given),
            left_over: amount(flow.left_over),
            fees: amount(flow.fees),
            rent_paid: amount(flow.rent_paid),
            rent_returned: amount(flow.rent_returned),
            net: sum_to_decimal(flow.net(), asset.decimals),
            held: held.map(|held| printed(held.into(), asset)),
            outside: held.map(outside),
        }
    }
}

fn printed(units: u128, asset: Asset) -> String {
    sum_to_decimal(i128::try_from(units).unwrap_or(i128::MAX), asset.decimals)
}

/// All lamports that there are fit.
fn lamports(sum: u128) -> u64 {
    u64::try_from(sum).unwrap_or(u64::MAX)
}
