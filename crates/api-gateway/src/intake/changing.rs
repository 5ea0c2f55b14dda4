//! How an order that waits is changed on request, before it fires or not at all.

use std::sync::Arc;

use domain::OrderId;
use ports::waiting::Changed;

use super::Intake;
use super::body::Fields;
use super::terms;
use crate::auth::Caller;
use crate::deadline;
use crate::error::{ApiError, Code, Result};

/// A client that changes its order more often than this at once hears that it should come later.
const TRIES: u32 = 4;

impl Intake {
    /// Changes an order, if it still waits and belongs to the caller.
    ///
    /// Cancel safety: once begun, it runs to its end.
    pub(crate) async fn change(
        self: &Arc<Self>,
        caller: &Caller,
        id: OrderId,
        body: bytes::Bytes,
    ) -> Result<()> {
        let (intake, caller) = (Arc::clone(self), caller.clone());
        let act = async move { intake.change_now(&caller, id, &body).await };
        self.acts.run_to_end(act).await
    }

    async fn change_now(&self, caller: &Caller, id: OrderId, body: &[u8]) -> Result<()> {
        let fields = Fields::read(body)?;
        let store = &self.ports.store;
        let limited_to = caller.limited_to();
        for _ in 0..TRIES {
            let waiting = deadline::read(store.waiting_among(&[id])).await?;
            let own = waiting
                .into_iter()
                .find(|order| limited_to.is_none_or(|client| *client == order.client));
            let Some(order) = own else {
                let order = deadline::read(store.order(id, limited_to)).await?;
                let order = order.ok_or_else(ApiError::order_not_found)?;
                return Err(not_waiting(id, order.status()));
            };
            let terms = terms::changed(&fields, &order.terms)?;
            let changing = store.change(id, limited_to, order.revision, &terms);
            match deadline::write(changing).await? {
                Changed::Done => {
                    tracing::info!(order.id = %id, "order {id} was changed while it waits");
                    return Ok(());
                }
                Changed::Stale => {}
                Changed::TooLate { status } => return Err(not_waiting(id, status)),
                Changed::Unknown => return Err(ApiError::order_not_found()),
            }
        }
        Err(ApiError::store_unavailable())
    }
}

fn not_waiting(id: OrderId, status: domain::Status) -> ApiError {
    let detail = "the order does not wait for a condition, and can no longer be changed";
    let refused = ApiError::new(Code::NotWaiting, detail);
    refused.with_order(id).with_status(status)
}
