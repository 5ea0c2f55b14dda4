//! What the commands that call a running engine share.

use clap::Args;
use client::Client;
use ports::Random;
use uuid::Uuid;

/// Which engine to call.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Engine")]
pub(crate) struct Connection {
    /// Address of the engine
    #[arg(
        long,
        visible_alias = "baseUrl",
        env = "ORDER_ENGINE_URL",
        value_name = "URL",
        default_value = "http://127.0.0.1:3000"
    )]
    base_url: String,
    /// API key, if the engine needs one; the admin key for operators' commands
    #[arg(long, env = "API_KEY", value_name = "KEY")]
    api_key: Option<String>,
}

impl Connection {
    /// A client for that engine.
    pub(crate) fn client(&self) -> Result<Client, client::Error> {
        client_of(self.base_url.clone(), self.api_key.clone())
    }
}

/// A client of the engine at that address.
pub(crate) fn client_of(
    base_url: String,
    api_key: Option<String>,
) -> Result<Client, client::Error> {
    Client::new(client::Settings {
        base_url,
        api_key,
        random: || Random::from_system().bits(),
    })
}

/// Reads an order's id.
pub(crate) fn order_id(text: &str) -> Result<Uuid, String> {
    Uuid::parse_str(text).map_err(|_| {
        "an order's id looks like 0197c3a2-7f7e-7000-8000-5b2f3e8d9c01; \
         see `order-engine orders list`"
            .to_owned()
    })
}
