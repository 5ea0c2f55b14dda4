//! What every request handler gets: the engine's parts and the gateway's own modules.

use std::sync::Arc;

use actix_web::web::{self, Bytes};
use dex_router::Router;
use domain::{Order, OrderId, Seq, TokenList};
use metrics_exporter_prometheus::PrometheusHandle;
use ports::reconciliation::OnAlarm;
use ports::{Ports, Shutdown, Simulation, Statuses, TransactionReader, WalletViews};

use crate::auth::Caller;
use crate::books::BooksDesk;
use crate::deadline;
use crate::doorstep::Doorstep;
use crate::error::{ApiError, Code, Result};
use crate::execution::ExecutionStats;
use crate::intake::{Envelope, Intake, Receipt};
use crate::live::{Follower, Live, Subject};
use crate::settings::ChainSettings;

/// Passed to every handler; a clone is one pointer.
pub(crate) type Ctx = web::Data<AppState>;

/// The gateway's whole state, made once. Only handlers see it.
#[derive(Debug)]
pub(crate) struct AppState {
    pub(crate) doorstep: Doorstep,
    pub(crate) intake: Arc<Intake>,
    pub(crate) execution: ExecutionStats,
    pub(crate) books: BooksDesk,
    pub(crate) live: Live,
    pub(crate) ports: Ports,
    pub(crate) router: Router,
    pub(crate) tokens: Arc<TokenList>,
    pub(crate) chain: ChainSettings,
    /// The simulated cluster, where it is simulated.
    pub(crate) simulation: Option<Arc<dyn Simulation>>,
    pub(crate) wallets: Option<Arc<dyn WalletViews>>,
    /// What is done about lamports that no receipt explains.
    pub(crate) on_alarm: OnAlarm,
    pub(crate) transactions: Option<Arc<dyn TransactionReader>>,
    pub(crate) statuses: Option<Arc<dyn Statuses>>,
    pub(crate) prometheus: PrometheusHandle,
    pub(crate) shutdown: Shutdown,
}

impl AppState {
    /// An order as this caller may see it.
    pub(crate) async fn order(&self, id: OrderId, caller: &Caller) -> Result<Order> {
        let order = deadline::read(self.ports.store.order(id, caller.limited_to())).await?;
        order.ok_or_else(ApiError::order_not_found)
    }

    /// The simulated cluster, where it is simulated.
    pub(crate) fn simulation(&self) -> Result<&Arc<dyn Simulation>> {
        self.simulation.as_ref().ok_or_else(|| {
            let detail = "not available in live: the cluster is not simulated";
            ApiError::new(Code::NotFound, detail)
        })
    }

    /// Takes an order in, and expects its client to follow it.
    ///
    /// Cancel safety: the order is seen through.
    pub(crate) async fn submit(&self, envelope: Envelope, body: Bytes) -> Result<Receipt> {
        let receipt = self.intake.submit(envelope, body).await?;
        if let Some(accepted) = &receipt.accepted {
            self.live.expect(&receipt, accepted);
        }
        Ok(receipt)
    }

    /// Follows an order that this caller may see from after the last event that was `seen`.
    pub(crate) async fn follow(
        &self,
        id: OrderId,
        caller: &Caller,
        seen: Option<Seq>,
    ) -> Result<Follower> {
        match self.live.follow_watched(id, caller.limited_to(), seen) {
            Some(follower) => Ok(follower),
            None => {
                let order = self.order(id, caller).await?;
                Ok(self.live.follow(&order, seen))
            }
        }
    }
}

impl<'a> From<&'a Receipt> for Subject<'a> {
    fn from(receipt: &'a Receipt) -> Self {
        Self {
            order_id: receipt.order_id,
            client: &receipt.client,
        }
    }
}
