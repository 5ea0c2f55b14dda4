//! What the engine's workers have built.

use domain::venue::Program;
use domain::{Address, Asset, BaseUnits, OrderId};
use ports::transaction_builder::{Exact, Execution, Leg};
use uuid::Uuid;

/// A sale of so much into one pool, for an order of its own.
pub(crate) fn sale(
    order: u64,
    (program, pool): (Program, Address),
    pair: (Asset, Asset),
    amount: u64,
) -> Execution {
    let (mint_in, mint_out) = (pair.0.mint, pair.1.mint);
    Execution {
        order_id: OrderId::new(Uuid::from_u128(order.into())),
        number: 1,
        path: vec![mint_in, mint_out],
        legs: vec![Leg {
            program,
            pool,
            mint_in,
            mint_out,
            amount_in: BaseUnits::new(amount),
            min_amount_out: BaseUnits::new(1),
            exact: Exact::In,
        }],
        quoted_at: 0,
        fee_level: None,
        wallet: None,
        deaths: 0,
    }
}
