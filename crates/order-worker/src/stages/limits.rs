//! What orders may spend. An order's own limit is judged here; the limit of a day goes with the transaction to the
//! store, which alone knows what is spent already.

use domain::event::FailureCode;
use domain::quote::Choice;
use domain::spending::{Item, NoRoom, Outlay, Per, Purpose, SpendLimits};
use domain::transaction::SignedTransaction;
use domain::{Asset, BaseUnits, Order, Terms};

use super::StageError;
use crate::context::Context;

/// Refuses an order that sells more than one may. What buys an exact amount counts with the most that it may cost.
pub(crate) fn of_order(ctx: &Context, terms: &Terms, choice: &Choice) -> Result<(), StageError> {
    let asset = terms.asset_in;
    let amount = choice.max_amount_in.unwrap_or(terms.amount_in);
    match ctx.settings.limits.of_token(asset, Per::Order) {
        Some(limit) if amount > limit => Err(refused(
            ctx,
            Purpose::Token(asset.mint),
            per_order(
                &ctx.router.print(limit, asset),
                &ctx.router.print(amount, asset),
                "sells",
            ),
        )),
        _ => Ok(()),
    }
}

/// The same transaction with what a day may take, for the store to judge. Refused where it costs more than an order's
/// may.
pub(crate) fn limited(
    ctx: &Context,
    order: &Order,
    transaction: SignedTransaction,
) -> Result<SignedTransaction, StageError> {
    let limits = &ctx.settings.limits;
    if limits.is_empty() {
        return Ok(transaction);
    }
    let Some(outlay) = transaction.outlay else {
        let reason = "the transaction does not say what it spends, which is limited";
        return Err(StageError::permanent(FailureCode::Internal, reason));
    };
    let asset = order.terms.asset_in;
    let items = outlay.items.iter().map(|item| Item {
        limit: of_day(limits, asset, item),
        ..*item
    });
    let outlay = Outlay {
        items: items.collect(),
        wallet: outlay.wallet,
    };
    let fees = outlay.items.iter().find(|it| it.purpose == Purpose::Fees);
    if let (Some(fees), Some(limit)) = (fees, limits.of_fees(Per::Order))
        && fees.spent > limit
    {
        let print = |amount| ctx.router.print(amount, Asset::SOL);
        let reason = per_order(
            &print(limit),
            &print(fees.spent),
            "may take in fees and rent",
        );
        return Err(refused(ctx, Purpose::Fees, reason));
    }
    Ok(SignedTransaction {
        outlay: Some(Box::new(outlay)),
        ..transaction
    })
}

fn of_day(limits: &SpendLimits, asset: Asset, item: &Item) -> Option<BaseUnits> {
    match item.purpose {
        Purpose::Fees => limits.of_fees(Per::Day),
        // What is only kept free for fees is not sold.
        Purpose::Token(mint) if mint == asset.mint => limits.of_token(asset, Per::Day),
        Purpose::Token(_) => None,
    }
}

/// Why the store does not take a transaction. What is only promised to others may be free again.
pub(crate) fn no_room(ctx: &Context, order: &Order, no_room: &NoRoom) -> StageError {
    match no_room {
        NoRoom::Limit {
            purpose,
            limit,
            used,
            wanted,
            room_at,
        } => {
            let asset = match purpose {
                Purpose::Fees => Asset::SOL,
                Purpose::Token(_) => order.terms.asset_in,
            };
            let print = |amount| ctx.router.print(amount, asset);
            let (limit, used, wanted) = (print(*limit), print(*used), print(*wanted));
            let what = match purpose {
                Purpose::Fees => " in fees and rent",
                Purpose::Token(_) => "",
            };
            let room = match room_at {
                Some(at) => format!("there is room for it at {at}"),
                None => "it is more than a day may take".to_owned(),
            };
            let reason = format!(
                "a day may take {limit}{what}, of which {used} are used, and the order takes {wanted}: {room}"
            );
            refused(ctx, *purpose, reason)
        }
        NoRoom::Promised {
            mint,
            held,
            promised,
            wanted,
        } => {
            ctx.metrics.insufficient_funds.increment(1);
            let asset = match *mint == order.terms.asset_in.mint {
                true => order.terms.asset_in,
                false => Asset::SOL,
            };
            let print = |amount: &BaseUnits| ctx.router.print(*amount, asset);
            promised_to_others(&print(held), &print(promised), &print(wanted))
        }
    }
}

/// Others may still spend what an order needs.
pub(super) fn promised_to_others(held: &str, promised: &str, needed: &str) -> StageError {
    let reason = format!(
        "the wallet holds {held}, of which {promised} are for transactions under way, and the transaction needs \
         {needed} with its fees and deposits"
    );
    StageError::transient(FailureCode::InsufficientFunds, reason)
}

fn per_order(limit: &str, wanted: &str, does: &str) -> String {
    format!("an order may take {limit}, and this one {does} {wanted}")
}

fn refused(ctx: &Context, purpose: Purpose, reason: String) -> StageError {
    ctx.metrics.over_limit(&ctx.settings.limits, purpose);
    StageError::permanent(FailureCode::SpendLimit, reason)
}
