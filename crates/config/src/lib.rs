//! Every setting, declared once: as an environment variable and as a flag.
//!
//! Components get one of these small structs, or values from them; no other code reads the
//! environment. It must not know what the settings are used for, nor any database or server.

pub mod args;
pub mod secret;

mod chain;
mod defaults;
mod key_place;
mod live;
mod pools;
mod safety;
mod signer;
mod text_file;
mod token_list;
mod transactions;
mod values;
mod wallet_rules;
mod wallets;
mod webhooks;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use values::{
    api_key, database_url, host, http_url, log_filter, origin, redis_port, redis_url, secret_text,
    whole,
};

pub use chain::{Chain, Cluster, Commitment, Market, Sim, VenueMode};
pub use defaults::Defaults;
pub use key_place::KeyPlace;
pub use live::{Role, Trading, Wallet};
pub use pools::{MinDepth, Pools};
pub use safety::Safety;
pub use signer::{Signer, Tables};
pub use transactions::{Switch, Transactions};

pub use secret::Secret;
pub use values::ApiKey;
pub use wallets::{ClientWallet, NamedKey};
pub use webhooks::{Receiver, WebhookEvents, Webhooks};

/// Where the all-in-one engine and the gateway listen by default.
pub const DEFAULT_PORT: u16 = 3000;
/// A lease must outlive this many heartbeats, so that one lost heartbeat loses no lease.
const HEARTBEATS_PER_LEASE: u64 = 3;
/// Default of the longest delay between two executions.
const RETRY_MAX_DELAY_MS: u64 = 30_000;

/// All settings of a process that runs a part of the engine.
#[derive(Debug, Clone, Args)]
pub struct Config {
    #[command(flatten)]
    pub listen: Listen,
    #[command(flatten)]
    pub servers: Servers,
    #[command(flatten)]
    pub work: Work,
    #[command(flatten)]
    pub periods: Periods,
    #[command(flatten)]
    pub access: Access,
    #[command(flatten)]
    pub chain: Chain,
    #[command(flatten)]
    pub wallet: Wallet,
    #[command(flatten)]
    pub transactions: Transactions,
    #[command(flatten)]
    pub pools: Pools,
    #[command(flatten)]
    pub safety: Safety,
    #[command(flatten)]
    pub webhooks: Webhooks,
    #[command(flatten)]
    pub sim: Sim,
    #[command(flatten)]
    pub logs: Logs,
    /// Point in an order's life at which the process ends itself, for tests: name:nth
    #[cfg(any(debug_assertions, feature = "crash-points"))]
    #[arg(long, env = "CRASH_POINT", value_name = "NAME:NTH", hide = true)]
    pub crash_point: Option<String>,
}

/// Where to listen.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Listening")]
pub struct Listen {
    /// Address to listen on; containers set 0.0.0.0
    #[arg(long, env = "HOST", default_value = "127.0.0.1", value_parser = host)]
    pub host: String,
    /// Port to listen on, 0 for a free one [default: 3000; workers serve their status only if it is
    /// set]
    #[arg(long, env = "PORT", value_parser = whole(0..=u16::MAX))]
    pub port: Option<u16>,
    /// Base of the wsUrl in answers, if the request does not tell it
    #[arg(long, env = "PUBLIC_URL", value_name = "URL", value_parser = http_url)]
    pub public_url: Option<String>,
    /// Proxies in front whose X-Forwarded-For, -Proto and -Host are trusted
    #[arg(long, env = "TRUST_PROXY", value_name = "COUNT", default_value = "0", value_parser = whole(0..=16_u8))]
    pub trust_proxy: u8,
    /// Origins that browsers may call from, comma-separated, or *
    #[arg(long, env = "CORS_ORIGINS", value_name = "ORIGINS", value_delimiter = ',', value_parser = origin)]
    pub cors_origins: Vec<String>,
}

/// Where the state is kept.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Stores")]
pub struct Servers {
    /// PostgreSQL; without it the store is embedded
    #[arg(long, env = "DATABASE_URL", value_name = "URL", value_parser = database_url)]
    pub database_url: Option<Secret>,
    /// PostgreSQL for migrations, if DATABASE_URL goes through a transaction pooler
    #[arg(long, env = "DATABASE_DIRECT_URL", value_name = "URL", value_parser = database_url)]
    pub database_direct_url: Option<Secret>,
    /// Redis, or nodes of a Redis Cluster; without it queue and feed are in the process
    #[arg(long, env = "REDIS_URL", value_name = "URL", value_parser = redis_url)]
    pub redis_url: Option<Secret>,
    /// Redis' host, if REDIS_URL is not set
    #[arg(long, env = "REDIS_HOST", value_name = "HOST", value_parser = host)]
    pub redis_host: Option<String>,
    /// Redis' port, with REDIS_HOST [default: 6379]
    #[arg(long, env = "REDIS_PORT", value_name = "PORT", value_parser = redis_port)]
    pub redis_port: Option<u16>,
    /// Folder of the embedded store; one process at a time
    #[arg(
        long,
        env = "DATA_DIR",
        value_name = "FOLDER",
        default_value = "./data"
    )]
    pub data_dir: PathBuf,
    /// Seconds for which Redis keeps an order's live state after its last event
    #[arg(long, env = "ACTIVE_ORDER_TTL_SECONDS", value_name = "SECONDS", default_value = "3600", value_parser = whole(1..=2_592_000_u64))]
    pub active_order_ttl_seconds: u64,
}

impl Servers {
    /// Where Redis is, by whichever setting.
    #[must_use]
    pub fn redis(&self) -> Option<Secret> {
        self.redis_url.clone().or_else(|| {
            let host = self.redis_host.as_deref()?;
            let host = if host.contains(':') {
                format!("[{host}]")
            } else {
                host.to_owned()
            };
            let port = self.redis_port.unwrap_or(6379);
            Some(Secret::new(&format!("redis://{host}:{port}")))
        })
    }
}

/// How much is executed, and how often it is retried.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Execution")]
pub struct Work {
    /// Orders that one worker executes at once
    #[arg(long, env = "QUEUE_MAX_CONCURRENCY", value_name = "COUNT", default_value = "10", value_parser = whole(1..=100_000_u32))]
    pub queue_max_concurrency: u32,
    /// Executions started per minute, sustained; 0 for no limit
    #[arg(long, env = "QUEUE_RATE_LIMIT_PER_MINUTE", value_name = "COUNT", default_value = "100", value_parser = whole(0..=10_000_000_u32))]
    pub queue_rate_limit_per_minute: u32,
    /// Executions that may start at once
    #[arg(long, env = "QUEUE_RATE_LIMIT_BURST", value_name = "COUNT", default_value = "10", value_parser = whole(1..=10_000_000_u32))]
    pub queue_rate_limit_burst: u32,
    /// Whether each worker has the whole limit, or all of them share it
    #[arg(
        long,
        env = "QUEUE_RATE_LIMIT_SCOPE",
        value_name = "SCOPE",
        value_enum,
        default_value = "worker"
    )]
    pub queue_rate_limit_scope: LimitScope,
    /// Parts of the queue in Redis, each on one node of a Redis Cluster; the same in every process
    #[arg(long, env = "QUEUE_SHARDS", value_name = "COUNT", default_value = "1", value_parser = whole(1..=64_u16))]
    pub queue_shards: u16,
    /// Waiting orders beyond which new ones are refused
    #[arg(long, env = "QUEUE_MAX_WAITING", value_name = "COUNT", default_value = "1000000", value_parser = whole(1..=1_000_000_000_u64))]
    pub queue_max_waiting: u64,
    /// Orders that wait for a condition beyond which new ones are refused
    #[arg(long, env = "WAITING_MAX", value_name = "COUNT", default_value = "2000000", value_parser = whole(1..=1_000_000_000_u64))]
    pub waiting_max: u64,
    /// Executions of one order, the first included
    #[arg(long, env = "RETRY_MAX_ATTEMPTS", value_name = "COUNT", default_value = "3", value_parser = whole(1..=100_u32))]
    pub retry_max_attempts: u32,
    /// Delay before the second execution, in milliseconds; it doubles from there, jittered
    #[arg(long, env = "RETRY_BASE_DELAY_MS", value_name = "MS", default_value = "1000", value_parser = whole(0..=86_400_000_u64))]
    pub retry_base_delay_ms: u64,
    /// Longest delay between two executions, in milliseconds [default: 30000, or the delay before
    /// the second execution if that is longer]
    #[arg(long, env = "RETRY_MAX_DELAY_MS", value_name = "MS", value_parser = whole(0..=86_400_000_u64))]
    pub retry_max_delay_ms: Option<u64>,
}

impl Work {
    /// The delay before the second execution.
    #[must_use]
    pub const fn retry_base_delay(&self) -> Duration {
        Duration::from_millis(self.retry_base_delay_ms)
    }

    /// Longest delay between two executions.
    #[must_use]
    pub fn retry_max_delay(&self) -> Duration {
        let unset = RETRY_MAX_DELAY_MS.max(self.retry_base_delay_ms);
        Duration::from_millis(self.retry_max_delay_ms.unwrap_or(unset))
    }
}

/// Whose limit the rate limit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LimitScope {
    /// Each worker has the whole limit, so that adding workers adds throughput.
    Worker,
    /// All workers share it.
    Queue,
}

/// How quickly failures are noticed.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Periods")]
pub struct Periods {
    /// How long a silent worker keeps its orders, in milliseconds; at least 3 heartbeats
    #[arg(long, env = "LEASE_MS", value_name = "MS", default_value = "20000", value_parser = whole(30..=3_600_000_u64))]
    pub lease_ms: u64,
    /// How often a worker tells the store that it is alive, in milliseconds
    #[arg(long, env = "HEARTBEAT_MS", value_name = "MS", default_value = "5000", value_parser = whole(10..=600_000_u64))]
    pub heartbeat_ms: u64,
    /// How often workers look for lost and overdue orders, in milliseconds
    #[arg(long, env = "SWEEP_MS", value_name = "MS", default_value = "1000", value_parser = whole(10..=600_000_u64))]
    pub sweep_ms: u64,
}

impl Periods {
    /// How long a silent worker keeps its orders.
    #[must_use]
    pub const fn lease(&self) -> Duration {
        Duration::from_millis(self.lease_ms)
    }

    /// How often a worker tells the store that it is alive.
    #[must_use]
    pub const fn heartbeat(&self) -> Duration {
        Duration::from_millis(self.heartbeat_ms)
    }

    /// How often workers look for lost and overdue orders.
    #[must_use]
    pub const fn sweep(&self) -> Duration {
        Duration::from_millis(self.sweep_ms)
    }
}

/// Who may call, and how much.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Access")]
pub struct Access {
    /// Clients' keys as name:key, comma-separated; if set, every API call needs one
    #[arg(long, env = "API_KEYS", value_name = "NAME:KEY", value_delimiter = ',', value_parser = api_key)]
    pub api_keys: Vec<ApiKey>,
    /// Key of the admin calls; without it they work on loopback only
    #[arg(long, env = "ADMIN_KEY", value_name = "KEY", value_parser = secret_text)]
    pub admin_key: Option<Secret>,
    /// New orders per minute and client; 0 for no limit
    #[arg(long, env = "CLIENT_RATE_LIMIT_PER_MINUTE", value_name = "COUNT", default_value = "0", value_parser = whole(0..=10_000_000_u32))]
    pub client_rate_limit_per_minute: u32,
    /// Open orders per client; 0 for no limit
    #[arg(long, env = "CLIENT_MAX_OPEN_ORDERS", value_name = "COUNT", default_value = "0", value_parser = whole(0..=1_000_000_000_u64))]
    pub client_max_open_orders: u64,
    /// Open sockets per client; 0 for no limit
    #[arg(long, env = "CLIENT_MAX_SOCKETS", value_name = "COUNT", default_value = "0", value_parser = whole(0..=10_000_000_usize))]
    pub client_max_sockets: usize,
    /// Open sockets per gateway; 0 for no limit
    #[arg(long, env = "MAX_SOCKETS", value_name = "COUNT", default_value = "0", value_parser = whole(0..=10_000_000_usize))]
    pub max_sockets: usize,
}

/// What is logged, and how.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Logs")]
pub struct Logs {
    /// Lines for people or for programs [default: text on a terminal, else json]
    #[arg(long, env = "LOG_FORMAT", value_name = "FORMAT", value_enum)]
    pub log_format: Option<LogFormat>,
    /// Which lines are logged, also per module: info,order_worker=debug
    #[arg(long = "log", env = "RUST_LOG", value_name = "FILTER", default_value = "info", value_parser = log_filter)]
    pub rust_log: String,
    /// Collector of OpenTelemetry traces, if the program was built with them
    #[arg(long, env = "OTEL_EXPORTER_OTLP_ENDPOINT", value_name = "URL", value_parser = http_url)]
    pub otlp_endpoint: Option<String>,
}

/// How a log line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// One readable line.
    Text,
    /// One JSON object.
    Json,
}

/// Settings that are valid one by one but not together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    #[error(
        "LEASE_MS={lease_ms} is not allowed: at least {HEARTBEATS_PER_LEASE} times HEARTBEAT_MS ({heartbeat_ms})"
    )]
    LeaseTooShort { lease_ms: u64, heartbeat_ms: u64 },
    #[error("RETRY_MAX_DELAY_MS={max_ms} is not allowed: at least RETRY_BASE_DELAY_MS ({base_ms})")]
    RetriesCrossed { base_ms: u64, max_ms: u64 },
    #[error(
        "QUEUE_SHARDS={shards} is not allowed with QUEUE_RATE_LIMIT_SCOPE=queue: 1, as the limit is kept in one \
         place"
    )]
    LimitOverShards { shards: u16 },
    #[error("API_KEYS names the client {client} twice: each name and each key once")]
    ClientTwice { client: String },
    #[error(
        "API_KEYS gives {client} a key that is taken: each name and each key once, none the ADMIN_KEY"
    )]
    KeyTwice { client: String },
    #[error("POOL_MIN_DEPTH={value} is not allowed: {allowed}")]
    MinDepth {
        value: String,
        allowed: &'static str,
    },
    #[error("SPEND_LIMITS={value} is not allowed: {allowed} ({wrong})")]
    SpendLimits {
        value: String,
        allowed: &'static str,
        wrong: String,
    },
    #[error(
        "SPEND_LIMITS must have a limit for * on mainnet-beta, such as *:0/order: every token that is not named could \
         be spent without one"
    )]
    WithoutLimits,
    #[error(
        "WEBHOOK_SECRET is not set: WEBHOOK_URL needs what signs its webhooks, as from: \
         echo \"whsec_$(openssl rand -base64 32)\""
    )]
    WebhookWithoutSecret,
    #[error("WEBHOOK_SECRET is not allowed without WEBHOOK_URL: nothing is signed by it")]
    SecretWithoutWebhook,
    #[error("DATABASE_DIRECT_URL is not allowed without DATABASE_URL")]
    DirectWithoutDatabase,
    #[error("WALLET and WALLET_KEY are not allowed together: a process signs with one key")]
    TwoKeys,
    #[error("WALLETS is not allowed with WALLET or WALLET_KEY: it names every key of a process")]
    WalletsAndOne,
    #[error("WALLETS names {name} twice: each name and each key once")]
    WalletTwice { name: String },
    #[error(
        "WALLETS={name} is not allowed with ORDER_VENUE_MODE=live: it needs {name}=FILE, a key as solana-keygen writes it"
    )]
    WalletWithoutKey { name: String },
    #[error("CLIENT_WALLETS binds {client} twice: each client to one wallet")]
    BoundTwice { client: String },
    #[error(
        "CLIENT_WALLETS binds {client}, which is no client of API_KEYS; without API_KEYS the only one is anyone"
    )]
    BoundStranger { client: String },
    #[error("CLIENT_WALLETS binds {client} to {wallet}, which is no wallet of WALLETS")]
    BoundToNone { client: String, wallet: String },
    #[error(
        "PROGRAMS is not allowed with SOLANA_CLUSTER={cluster}: where its programs are is known"
    )]
    ProgramsElsewhere { cluster: Cluster },
    #[error(
        "HOST={host} is not allowed with ORDER_VENUE_MODE=live unless API_KEYS and ADMIN_KEY are set: whoever reaches \
         this address could trade"
    )]
    OpenToOthers { host: String },
    #[error("{variable} is not set: {program} needs {example}")]
    Missing {
        program: &'static str,
        variable: &'static str,
        example: &'static str,
    },
}

impl Config {
    /// Checks what no single value shows.
    pub fn validate(&self) -> Result<(), Invalid> {
        let (lease_ms, heartbeat_ms) = (self.periods.lease_ms, self.periods.heartbeat_ms);
        if lease_ms < HEARTBEATS_PER_LEASE * heartbeat_ms {
            return Err(Invalid::LeaseTooShort {
                lease_ms,
                heartbeat_ms,
            });
        }
        let base_ms = self.work.retry_base_delay_ms;
        if let Some(max_ms) = self.work.retry_max_delay_ms
            && max_ms < base_ms
        {
            return Err(Invalid::RetriesCrossed { base_ms, max_ms });
        }
        if self.servers.database_direct_url.is_some() && self.servers.database_url.is_none() {
            return Err(Invalid::DirectWithoutDatabase);
        }
        self.validate_wallets()?;
        self.validate_webhooks()?;
        let shards = self.work.queue_shards;
        if self.limit_scope() == LimitScope::Queue && shards > 1 {
            return Err(Invalid::LimitOverShards { shards });
        }
        self.min_depth()?;
        self.spend_limits()?;
        self.access.validate()
    }

    /// Who keeps the rate limit. Redis keeps a limit shared by all workers; an engine that is one
    /// process has the whole limit to itself.
    #[must_use]
    pub fn limit_scope(&self) -> LimitScope {
        match (&self.servers.database_url, self.servers.redis()) {
            (Some(_), Some(_)) => self.work.queue_rate_limit_scope,
            _ => LimitScope::Worker,
        }
    }

    /// Where the chain is that several processes share, the preferred endpoint first: in sim the simulated cluster's
    /// own setting goes before the list. Without any the chain is in this process.
    #[must_use]
    pub fn endpoints(&self) -> Vec<Secret> {
        match (&self.sim.sim_chain_url, self.chain.is_live()) {
            (Some(simulated), false) => vec![Secret::new(simulated)],
            _ => self.chain.solana_rpc_url.clone(),
        }
    }

    /// Checks what a process of a cluster needs in addition.
    pub fn validate_for_cluster(&self, role: Role) -> Result<(), Invalid> {
        self.validate_to_run(role)?;
        let missing = |variable, example| Invalid::Missing {
            program: role.program(),
            variable,
            example,
        };
        if self.servers.database_url.is_none() {
            return Err(missing(
                "DATABASE_URL",
                "postgres://user:password@host:5432/database",
            ));
        }
        if self.servers.redis().is_none() {
            return Err(missing("REDIS_URL", "redis://host:6379, or REDIS_HOST"));
        }
        if self.endpoints().is_empty() {
            return Err(missing(
                "SIM_CHAIN_URL",
                "the address of an order-engine sim-chain, such as http://host:4000, here or as SOLANA_RPC_URL",
            ));
        }
        Ok(())
    }
}

impl Access {
    fn validate(&self) -> Result<(), Invalid> {
        for (place, one) in self.api_keys.iter().enumerate() {
            let client = || one.client.to_string();
            let earlier = &self.api_keys[..place];
            if earlier.iter().any(|other| other.client == one.client) {
                return Err(Invalid::ClientTwice { client: client() });
            }
            if earlier.iter().any(|other| other.key == one.key)
                || self.admin_key.as_ref() == Some(&one.key)
            {
                return Err(Invalid::KeyTwice { client: client() });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
