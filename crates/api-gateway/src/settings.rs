//! The gateway's settings. Values are checked where they are parsed, not here.

use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;

use config::{Cluster, Config, DEFAULT_PORT, LimitScope};
use domain::spending::SpendLimits;
use domain::{Address, Asset, ClientId, NamedWallet, TokenList, WalletName};

use crate::live;

/// The gateway's settings.
#[derive(Debug, Clone)]
pub struct GatewaySettings {
    /// Address or name to listen on.
    pub host: String,
    /// 0 for a free one.
    pub port: u16,
    /// Base of `wsUrl`; taken from the request if absent.
    pub public_url: Option<String>,
    /// Number of proxies in front whose forwarding headers are trusted.
    pub trust_proxy: usize,
    /// Origins that browsers may call from; `*` for all.
    pub cors_origins: Vec<String>,
    /// Clients' keys. If there are any, every API call needs one.
    pub api_keys: Vec<ApiKey>,
    /// The operators' key. Without it their calls work on loopback only.
    pub admin_key: Option<String>,
    /// New orders per minute and client; 0 = no limit.
    pub client_rate_limit_per_minute: u32,
    /// Open orders of one client; 0 = no limit.
    pub client_max_open_orders: u64,
    /// How many orders may wait; beyond that new ones are refused.
    pub queue_max_waiting: u64,
    /// How many orders may wait for a condition.
    pub waiting_max: u64,
    /// How many executions may start per minute, to estimate a new order's turn; `None` if there is
    /// no limit.
    pub start_limit: Option<StartLimit>,
    pub live: live::Settings,
    /// The symbols that stand for assets.
    pub tokens: Arc<TokenList>,
    /// The chain that orders are executed on.
    pub chain: ChainSettings,
    /// What orders may spend.
    pub spend_limits: Arc<SpendLimits>,
    /// The wallets that trade, as far as they are known before any worker has told of its own.
    pub wallets: WalletSettings,
    /// What is traded where a request names no tokens; without it, it must.
    pub default_pair: Option<(Asset, Asset)>,
    /// Threads that serve requests; `None` for one per core.
    pub threads: Option<usize>,
}

impl GatewaySettings {
    /// The gateway's part of the configuration, with this many threads to serve requests.
    #[must_use]
    pub fn configured(config: &Config, threads: usize) -> Self {
        let Config { listen, access, .. } = config;
        Self {
            host: listen.host.clone(),
            port: listen.port.unwrap_or(DEFAULT_PORT),
            public_url: listen.public_url.clone(),
            trust_proxy: usize::from(listen.trust_proxy),
            cors_origins: listen.cors_origins.clone(),
            api_keys: access.api_keys.iter().map(ApiKey::configured).collect(),
            admin_key: access.admin_key.as_ref().map(|key| key.expose().to_owned()),
            client_rate_limit_per_minute: access.client_rate_limit_per_minute,
            client_max_open_orders: access.client_max_open_orders,
            queue_max_waiting: config.work.queue_max_waiting,
            waiting_max: config.work.waiting_max,
            start_limit: StartLimit::configured(config),
            live: live::Settings {
                client_max_sockets: access.client_max_sockets,
                max_sockets: access.max_sockets,
                ..live::Settings::default()
            },
            tokens: config.chain.tokens(),
            chain: ChainSettings::configured(config),
            spend_limits: Arc::new(
                config
                    .spend_limits()
                    .expect("invariant: a configuration is checked before it is used"),
            ),
            wallets: WalletSettings::configured(config),
            default_pair: config.chain.order_venue_mode.defaults().pair,
            threads: Some(threads),
        }
    }

    /// The same where this wallet pays for orders that name none.
    #[must_use]
    pub fn of_wallet(mut self, wallet: Option<Address>) -> Self {
        self.chain.wallet = wallet;
        self
    }

    /// The same where these wallets are known.
    #[must_use]
    pub fn knowing(mut self, wallets: Vec<NamedWallet>) -> Self {
        self.wallets.known = wallets;
        self
    }

    /// The same where the keys of these wallets, and no others, are in this process.
    #[must_use]
    pub fn of_wallets(mut self, wallets: Vec<NamedWallet>) -> Self {
        self.chain.wallet = wallets.first().map(|first| first.address);
        self.wallets.are_all_here = true;
        self.knowing(wallets)
    }
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
            waiting_max: 2_000_000,
            start_limit: None,
            live: live::Settings::default(),
            tokens: Arc::new(TokenList::mainnet()),
            chain: ChainSettings::default(),
            spend_limits: Arc::default(),
            wallets: WalletSettings::default(),
            default_pair: Some((Asset::SOL, Asset::USDC)),
            threads: None,
        }
    }
}

/// The chain that orders are executed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ChainSettings {
    /// The wallet that pays for orders that name none, where it is known.
    pub wallet: Option<Address>,
    /// Where people look at transactions; none for a chain that nobody else shows.
    pub explorer: Option<Explorer>,
    /// Whether orders are taken in.
    pub trading: Trading,
}

/// The wallets that trade.
#[derive(Debug, Clone, Default)]
pub struct WalletSettings {
    /// Those that are known before any worker has told of its own, the one that is used unasked first.
    pub known: Vec<NamedWallet>,
    /// Whether these are all there are: their keys are in this process.
    pub are_all_here: bool,
    /// The only addresses that the operator allows; empty for any.
    pub allowed: Vec<Address>,
    /// Clients that trade with a wallet of their own.
    pub bound: Vec<(ClientId, WalletName)>,
}

impl WalletSettings {
    fn configured(config: &Config) -> Self {
        let bound = config.wallet.client_wallets.iter();
        Self {
            known: Vec::new(),
            are_all_here: false,
            allowed: config.wallet.wallet_address.clone(),
            bound: bound
                .map(|it| (it.client.clone(), it.wallet.clone()))
                .collect(),
        }
    }
}

/// Whether orders are taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Trading {
    /// They are.
    #[default]
    Enabled,
    /// The operator has not said whose money may be spent.
    Disabled,
}

impl Trading {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Enabled => "enabled",
            Self::Disabled => "disabled",
        }
    }
}

/// A site that shows the transactions of one of Solana's own clusters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Explorer(Cluster);

impl Explorer {
    /// The site of a cluster; nobody but its owner sees what is on a localnet.
    #[must_use]
    pub fn of(cluster: Cluster) -> Option<Self> {
        (cluster != Cluster::Localnet).then_some(Self(cluster))
    }

    /// The page of a transaction.
    #[must_use]
    pub fn url(self, signature: &str) -> String {
        let base = format!("https://explorer.solana.com/tx/{signature}");
        match self.0 {
            Cluster::MainnetBeta => base,
            other => format!("{base}?cluster={other}"),
        }
    }
}

impl ChainSettings {
    fn configured(config: &Config) -> Self {
        Self {
            wallet: None,
            explorer: config.chain.live_cluster().and_then(Explorer::of),
            trading: match config.takes_orders() {
                true => Trading::Enabled,
                false => Trading::Disabled,
            },
        }
    }
}

/// The workers' limit on starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StartLimit {
    /// Executions started per minute, sustained.
    pub per_minute: NonZeroU32,
    pub scope: LimitScope,
}

impl StartLimit {
    fn configured(config: &Config) -> Option<Self> {
        Some(Self {
            per_minute: NonZeroU32::new(config.work.queue_rate_limit_per_minute)?,
            scope: config.limit_scope(),
        })
    }
}

/// A client and the key it shows.
#[derive(Clone)]
pub struct ApiKey {
    pub client: ClientId,
    pub key: String,
}

impl ApiKey {
    fn configured(config::ApiKey { client, key }: &config::ApiKey) -> Self {
        Self {
            client: client.clone(),
            key: key.expose().to_owned(),
        }
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiKey")
            .field("client", &self.client)
            .finish_non_exhaustive()
    }
}
