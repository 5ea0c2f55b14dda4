//! How an order is withdrawn at somebody's word: one write, and its announcement.

use domain::OrderId;
use ports::order_store::{Withdrawal, Withdrawn};

use crate::auth::{Caller, Scope};
use crate::error::Result;
use crate::state::Ctx;
use crate::unconfirmed::Made;

/// Cancels an order, where that is still possible and it is the caller's.
///
/// Cancel safety: it is seen through.
pub async fn cancel(ctx: &Ctx, caller: &Caller, id: OrderId) -> Result<Withdrawn> {
    let act = withdraw(ctx.clone(), caller.clone(), id);
    ctx.acts.see_through(act).await
}

async fn withdraw(ctx: Ctx, caller: Caller, id: OrderId) -> Result<Withdrawn> {
    let event = ctx.ports.random.event_id(ctx.ports.clock.now());
    let reason = match caller.scope {
        Scope::Admin => "cancelled by an operator",
        Scope::Open | Scope::Key => "cancelled by the client",
    };
    let withdrawing = ctx.ports.store.withdraw(
        id,
        caller.limited_to(),
        event,
        Withdrawal::Cancelled,
        reason,
    );
    let withdrawn = ctx
        .unconfirmed
        .write((id, Made::Cancelled), withdrawing)
        .await?;
    if let Withdrawn::Won { event, client } = &withdrawn {
        ctx.announcer.publish(client, event);
        tracing::info!(
            order.id = %id,
            order.seq = event.seq.get(),
            order.status = "cancelled",
            client.id = %client,
            "order {id} cancelled"
        );
    }
    Ok(withdrawn)
}
