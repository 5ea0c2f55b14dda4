//! Retries a failed order for an operator: a new order with the same terms.

use std::sync::Arc;

use domain::order::Terms;
use domain::{Order, OrderId, Seq};
use ports::job_queue::Job;
use ports::operations::DeadRetry;
use ports::order_store::NewOrder;
use ports::unconfirmed::Made;

use super::Intake;
use crate::error::Result;
use crate::stats::Place;

impl Intake {
    /// Accepts a new order in place of a dead one; `None` if it is not dead, or was retried before.
    ///
    /// Cancel safety: once begun, it runs to its end.
    pub(crate) async fn accept_again(
        self: &Arc<Self>,
        dead: &Order,
        actor: &'static str,
    ) -> Result<Option<OrderId>> {
        let replacement = self.replacement(dead);
        let (intake, dead) = (Arc::clone(self), dead.id);
        let act = async move { intake.replace(dead, replacement, actor).await };
        self.acts.run_to_end(act).await
    }

    async fn replace(
        &self,
        dead: OrderId,
        replacement: NewOrder,
        actor: &'static str,
    ) -> Result<Option<OrderId>> {
        let place = Place::of(&replacement.terms);
        let made = (replacement.id, Made::At(Seq::FIRST));
        let retrying = self.ports.store.retry_dead(dead, replacement, actor);
        let retried = self.written(made, retrying).await?;
        let DeadRetry::Accepted { event, client } = retried else {
            return Ok(None);
        };
        let new = event.order_id;
        tracing::info!(order.id = %new, "order {new} accepted in place of the failed {dead}");
        self.announcer.publish(&client, &event);
        if place == Place::Queue {
            self.announcer.enqueue(Job {
                order_id: new,
                client,
                starts_execution: true,
                has_fired: false,
            });
        }
        Ok(Some(new))
    }

    fn replacement(&self, dead: &Order) -> NewOrder {
        let now = self.ports.clock.now();
        NewOrder {
            id: self.ports.random.order_id(now),
            event_id: self.ports.random.event_id(now),
            client: dead.client.clone(),
            // The client's own id names the dead order for ever.
            terms: Terms {
                client_order_id: None,
                ..dead.terms.clone()
            },
            trace_context: None,
            idempotency: None,
        }
    }
}
