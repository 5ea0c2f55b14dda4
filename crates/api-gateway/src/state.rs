//! What every request handler is handed: the engine's parts and the gateway's own.

use std::sync::Arc;

use actix_web::web;
use dex_router::Router;
use metrics_exporter_prometheus::PrometheusHandle;
use ports::ledger::Ledger;
use ports::{Announcer, Ports, Shutdown};

use crate::acts::Acts;
use crate::auth::Keys;
use crate::intake::Twins;
use crate::limits::Limits;
use crate::settings::GatewaySettings;
use crate::stats::Stats;
use crate::unconfirmed::Unconfirmed;
use crate::ws::Hub;

/// Handed to every handler; a clone is one pointer.
pub type Ctx = web::Data<AppState>;

/// The gateway's whole state, made once.
#[derive(Debug)]
pub struct AppState {
    pub ports: Ports,
    pub announcer: Announcer,
    pub router: Router,
    /// The simulated chain's book, where the chain is simulated.
    pub ledger: Option<Arc<dyn Ledger>>,
    pub prometheus: PrometheusHandle,
    pub shutdown: Shutdown,
    pub acts: Acts,
    pub unconfirmed: Unconfirmed,
    pub settings: GatewaySettings,
    pub keys: Keys,
    pub limits: Limits,
    pub twins: Twins,
    pub stats: Arc<Stats>,
    pub hub: Hub,
    /// Where the gateway listens, for answers to requests that name no host.
    pub authority: String,
    /// Whether the gateway listens on loopback alone.
    pub loopback_only: bool,
}
