//! How an order is cancelled on request: one write, and its announcement.

use std::sync::Arc;

use domain::OrderId;
use ports::order_store::{Withdrawal, Withdrawn};
use ports::unconfirmed::Made;

use super::Intake;
use crate::auth::{Caller, Scope};
use crate::error::Result;

impl Intake {
    /// Cancels an order, if that is still possible and it belongs to the caller.
    ///
    /// Cancel safety: once begun, it runs to its end.
    pub async fn cancel(self: &Arc<Self>, caller: &Caller, id: OrderId) -> Result<Withdrawn> {
        let (intake, caller) = (Arc::clone(self), caller.clone());
        let act = async move { intake.withdraw(&caller, id).await };
        self.acts.run_to_end(act).await
    }

    async fn withdraw(&self, caller: &Caller, id: OrderId) -> Result<Withdrawn> {
        let event = self.ports.random.event_id(self.ports.clock.now());
        let reason = match caller.scope {
            Scope::Admin => "cancelled by an operator",
            Scope::Open | Scope::Key => "cancelled by the client",
        };
        let limited_to = caller.limited_to();
        let store = &self.ports.store;
        let withdrawing = store.withdraw(id, limited_to, event, Withdrawal::Cancelled, reason);
        let made = (id, Made::Cancelled);
        let withdrawn = self.written(made, withdrawing).await?;
        if let Withdrawn::Won { event, client } = &withdrawn {
            self.announcer.publish(client, event);
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
}
