//! What an operator can set about the gateway. Values are checked where they are read, not here.

use std::fmt;
use std::num::NonZeroU32;

use domain::ClientId;

use crate::ws;

/// The gateway's settings.
#[derive(Debug, Clone)]
pub struct GatewaySettings {
    /// Address or name to listen on.
    pub host: String,
    /// 0 for a free one.
    pub port: u16,
    /// Base of `wsUrl`; from the request where it is absent.
    pub public_url: Option<String>,
    /// Proxies in front whose forwarding headers are believed.
    pub trust_proxy: usize,
    /// Origins that browsers may call from; `*` for all.
    pub cors_origins: Vec<String>,
    /// Clients' keys. Where there are any, the API needs one.
    pub api_keys: Vec<ApiKey>,
    /// The operators' key. Without it their calls answer on loopback only.
    pub admin_key: Option<String>,
    /// New orders per minute and client; 0 = no limit.
    pub client_rate_limit_per_minute: u32,
    /// Open orders of one client; 0 = no limit.
    pub client_max_open_orders: u64,
    /// Waiting orders beyond which new ones are refused.
    pub queue_max_waiting: u64,
    /// How many executions start per minute at the most, for the estimate of a new order's turn; `None`
    /// where there is no limit.
    pub start_limit: Option<StartLimit>,
    pub ws: ws::Settings,
    /// Threads that serve requests; `None` for one per core.
    pub threads: Option<usize>,
}

impl Default for GatewaySettings {
    fn default() -> Self {
        Self {
            host: "127.0.0.1".to_owned(),
            port: 3000,
            public_url: None,
            trust_proxy: 0,
            cors_origins: Vec::new(),
            api_keys: Vec::new(),
            admin_key: None,
            client_rate_limit_per_minute: 0,
            client_max_open_orders: 0,
            queue_max_waiting: 1_000_000,
            start_limit: None,
            ws: ws::Settings::default(),
            threads: None,
        }
    }
}

/// The workers' limit on starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StartLimit {
    /// Executions started per minute, sustained.
    pub per_minute: NonZeroU32,
    pub scope: StartScope,
}

/// Whose limit it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartScope {
    /// Each worker has the whole limit.
    Worker,
    /// All workers share it.
    Queue,
}

/// A client and the key it shows.
#[derive(Clone)]
pub struct ApiKey {
    pub client: ClientId,
    pub key: String,
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiKey")
            .field("client", &self.client)
            .finish_non_exhaustive()
    }
}
