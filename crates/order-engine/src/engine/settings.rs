//! From the configuration to what the gateway and the worker want to know.

use std::num::NonZeroU32;

use api_gateway::GatewaySettings;
use api_gateway::settings::{ApiKey, StartLimit, StartScope};
use bootstrap::config::{DEFAULT_PORT, LimitScope, Work};
use bootstrap::runtime::{host_name, threads};
use bootstrap::{Config, backend};
use order_worker::limiter::Rate;
use order_worker::retry::Policy;
use order_worker::settings::Scope;

/// The gateway's part.
pub(super) fn of_gateway(config: &Config) -> GatewaySettings {
    let Config { listen, access, .. } = config;
    let key = |one: &bootstrap::config::ApiKey| ApiKey {
        client: one.client.clone(),
        key: one.key.expose().to_owned(),
    };
    GatewaySettings {
        host: listen.host.clone(),
        port: listen.port.unwrap_or(DEFAULT_PORT),
        public_url: listen.public_url.clone(),
        trust_proxy: usize::from(listen.trust_proxy),
        cors_origins: listen.cors_origins.clone(),
        api_keys: access.api_keys.iter().map(key).collect(),
        admin_key: access.admin_key.as_ref().map(|key| key.expose().to_owned()),
        client_rate_limit_per_minute: access.client_rate_limit_per_minute,
        client_max_open_orders: access.client_max_open_orders,
        queue_max_waiting: config.work.queue_max_waiting,
        start_limit: start_limit(config),
        ws: api_gateway::ws::Settings {
            client_max_sockets: access.client_max_sockets,
            max_sockets: access.max_sockets,
            ..api_gateway::ws::Settings::default()
        },
        threads: Some(threads()),
    }
}

fn start_limit(config: &Config) -> Option<StartLimit> {
    Some(StartLimit {
        per_minute: NonZeroU32::new(config.work.queue_rate_limit_per_minute)?,
        scope: match backend::limit_scope(config) {
            LimitScope::Worker => StartScope::Worker,
            LimitScope::Queue => StartScope::Queue,
        },
    })
}

/// The worker's part.
pub(super) fn of_worker(config: &Config) -> order_worker::Settings {
    let Config { work, periods, .. } = config;
    order_worker::Settings {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        host: host_name(),
        concurrency: work.queue_max_concurrency,
        rate: rate(work),
        scope: match backend::limit_scope(config) {
            LimitScope::Worker => Scope::Worker,
            LimitScope::Queue => Scope::Queue,
        },
        retry: Policy {
            max_attempts: work.retry_max_attempts,
            base_delay: work.retry_base_delay(),
            max_delay: work.retry_max_delay(),
        },
        lease: periods.lease(),
        heartbeat: periods.heartbeat(),
        sweep: periods.sweep(),
    }
}

fn rate(work: &Work) -> Option<Rate> {
    Some(Rate {
        per_minute: NonZeroU32::new(work.queue_rate_limit_per_minute)?,
        burst: NonZeroU32::new(work.queue_rate_limit_burst)?,
    })
}
