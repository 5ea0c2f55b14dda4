//! Keeps the valve, through which this worker signs and sends, open for as long as the store says that nobody has
//! halted the engine, and counts transactions that are rolled back, too many of which halt it.

use std::time::Duration;

use domain::Order;
use domain::event::Failure;
use ports::safety::{ENGINE, Halt, Reverted};
use ports::valve::LEAVE;
use tokio::sync::oneshot;
use tokio::time::timeout;
use tracing::{error, info, warn};

use crate::context::Context;
use crate::recording::answered;

/// Between two looks: several fit into the time for which one of them counts.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// How long an order waits whose next step needs a signature, while nothing is signed.
pub(crate) const HALTED_REST: Duration = Duration::from_secs(1);

/// Looks for as long as it is let. `looked` is told once the store has answered for the first time.
pub(crate) async fn watch(ctx: &Context, looked: oneshot::Sender<()>) {
    let mut looked = Some(looked);
    let mut halt = None;
    loop {
        let asked_at = ctx.clock.monotonic();
        // An answer that comes later than this could open nothing any more.
        if let Ok(Ok(found)) = timeout(LEAVE, ctx.store.halted()).await {
            follow(ctx, found.as_ref(), asked_at);
            tell_change(halt.as_ref(), found.as_ref());
            halt = found;
            if let Some(looked) = looked.take() {
                let _ = looked.send(());
            }
        }
        ctx.clock.sleep(LOOK_EVERY).await;
    }
}

fn follow(ctx: &Context, halt: Option<&Halt>, asked_at: Duration) {
    let valve = &ctx.chain.valve;
    match halt {
        Some(_) => {
            valve.shut();
            // Whoever held it shut has told the store.
            valve.let_go_after(asked_at);
        }
        None => valve.open_since(asked_at),
    }
    ctx.metrics.halted.set(u8::from(halt.is_some()));
}

fn tell_change(former: Option<&Halt>, halt: Option<&Halt>) {
    match (former, halt) {
        (None, Some(Halt { actor, reason, .. })) => {
            warn!(
                actor,
                reason, "halted by {actor}: nothing is signed and nothing is sent ({reason})"
            );
        }
        (Some(_), None) => info!("resumed: transactions are signed and sent again"),
        _ => {}
    }
}

/// Counts a transaction that landed and was rolled back; at the last of too many of one kind in a row the engine halts
/// itself.
pub(crate) async fn count_revert(ctx: &Context, order: &Order, kind: &str, failure: &Failure) {
    let Some(most) = ctx.settings.halt_after_reverts else {
        return;
    };
    let reverted = Reverted {
        order: order.id,
        execution: order.executions,
        kind: kind.to_owned(),
    };
    let counted = answered(ctx, || ctx.store.count_revert(&reverted)).await;
    let count = match counted {
        Ok(count) => count,
        Err(error) => {
            let id = order.id;
            error!(order.id = %id, %error, "the revert of order {id} could not be counted: {error}");
            return;
        }
    };
    ctx.metrics.reverts_in_row.set(count);
    if count < most.get() {
        return;
    }
    let reason = format!(
        "{count} transactions in a row were rolled back with {kind}: {} (the last was order {}'s)",
        failure.reason, order.id
    );
    halt(ctx, &reason).await;
}

/// The engine halts itself.
async fn halt(ctx: &Context, reason: &str) {
    ctx.metrics.breaker_trips.increment(1);
    error!(actor = ENGINE, reason, "the engine halts itself: {reason}");
    // Here at once; elsewhere when the store has it.
    ctx.chain.valve.hold_shut();
    match answered(ctx, || ctx.store.halt(ENGINE, reason)).await {
        Ok(_) => ctx.chain.valve.let_go_after(ctx.clock.monotonic()),
        Err(error) => {
            error!(%error, "the halt is not stored, and holds this process alone: {error}");
        }
    }
}
