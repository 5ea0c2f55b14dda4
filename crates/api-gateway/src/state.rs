//! What every request handler gets: the engine's parts and the gateway's own modules.

use std::sync::Arc;

use actix_web::web;
use dex_router::Router;
use domain::{Order, OrderId};
use metrics_exporter_prometheus::PrometheusHandle;
use ports::ledger::Ledger;
use ports::{Ports, Shutdown};

use crate::auth::Caller;
use crate::deadline;
use crate::doorstep::Doorstep;
use crate::error::{ApiError, Result};
use crate::intake::Intake;
use crate::live::Live;

/// Passed to every handler; a clone is one pointer.
pub(crate) type Ctx = web::Data<AppState>;

/// The gateway's whole state, made once. Only handlers see it.
#[derive(Debug)]
pub(crate) struct AppState {
    pub(crate) doorstep: Doorstep,
    pub(crate) intake: Arc<Intake>,
    pub(crate) live: Live,
    pub(crate) ports: Ports,
    pub(crate) router: Router,
    /// The simulated chain's ledger, if the chain is simulated.
    pub(crate) ledger: Option<Arc<dyn Ledger>>,
    pub(crate) prometheus: PrometheusHandle,
    pub(crate) shutdown: Shutdown,
}

impl AppState {
    /// An order as this caller may see it.
    pub(crate) async fn order(&self, id: OrderId, caller: &Caller) -> Result<Order> {
        let order = deadline::read(self.ports.store.order(id, caller.limited_to())).await?;
        order.ok_or_else(ApiError::order_not_found)
    }
}
