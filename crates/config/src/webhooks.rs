//! Who outside is told of events.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use clap::{Args, ValueEnum};

use crate::values::{url, whole};
use crate::{Config, Invalid, Secret};

/// What a secret begins with.
const PREFIX: &str = "whsec_";
/// Bytes of a secret: fewer can be guessed, and more than a block of the hash add nothing.
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// A receiver of events, if there is one.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Webhooks")]
pub struct Webhooks {
    /// Where events are posted, signed by WEBHOOK_SECRET; the same in every process
    #[arg(long, env = "WEBHOOK_URL", value_name = "URL", value_parser = receiver_url)]
    pub webhook_url: Option<Secret>,
    /// What signs webhooks: whsec_ and 24 to 64 bytes in base64
    #[arg(long, env = "WEBHOOK_SECRET", value_name = "SECRET", value_parser = signing_secret)]
    pub webhook_secret: Option<Secret>,
    /// Which events are posted; the same in every process
    #[arg(
        long,
        env = "WEBHOOK_EVENTS",
        value_name = "EVENTS",
        value_enum,
        default_value = "terminal"
    )]
    pub webhook_events: WebhookEvents,
    /// Whether the receiver may be on the local network: 1 if so
    #[arg(long, env = "WEBHOOK_ALLOW_PRIVATE", value_name = "0 or 1", default_value = "0", value_parser = whole(0..=1_u8))]
    pub webhook_allow_private: u8,
    /// Webhooks that wait for the receiver beyond which the oldest are given up
    #[arg(long, env = "WEBHOOK_MAX_PENDING", value_name = "COUNT", default_value = "1000000", value_parser = whole(1..=100_000_000_u64))]
    pub webhook_max_pending: u64,
}

/// Which events are posted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum WebhookEvents {
    /// Those that end an order.
    Terminal,
    /// Every event.
    All,
}

/// A receiver, with what signs what it gets.
#[derive(Debug, Clone)]
pub struct Receiver {
    pub url: Secret,
    /// The bytes that sign, in base64.
    pub key: Secret,
}

impl Config {
    /// Who is told, if anybody is.
    #[must_use]
    pub fn receiver(&self) -> Option<Receiver> {
        let set = &self.webhooks;
        let (url, secret) = (set.webhook_url.as_ref()?, set.webhook_secret.as_ref()?);
        let key = secret.expose();
        Some(Receiver {
            url: url.clone(),
            key: Secret::new(key.strip_prefix(PREFIX).unwrap_or(key)),
        })
    }

    pub(super) fn validate_webhooks(&self) -> Result<(), Invalid> {
        let set = &self.webhooks;
        match (&set.webhook_url, &set.webhook_secret) {
            (Some(_), None) => Err(Invalid::WebhookWithoutSecret),
            (None, Some(_)) => Err(Invalid::SecretWithoutWebhook),
            _ => Ok(()),
        }
    }
}

/// Its query may hold what lets the engine in, so it is not shown either.
fn receiver_url(text: &str) -> Result<Secret, String> {
    url(text, &["http", "https"])
        .filter(|text| !text.contains(['#', '@', ',']))
        .map(|text| Secret::new(&text))
        .ok_or_else(|| {
            "a URL such as https://host/path, without a password, # or a comma".to_owned()
        })
}

fn signing_secret(text: &str) -> Result<Secret, String> {
    let bytes = text
        .trim()
        .strip_prefix(PREFIX)
        .and_then(|key| BASE64_STANDARD.decode(key).ok());
    match bytes {
        Some(bytes) if SECRET_BYTES.contains(&bytes.len()) => Ok(Secret::new(text.trim())),
        _ => Err(format!(
            "{PREFIX} and then {} to {} bytes in base64, as from: echo \"{PREFIX}$(openssl rand -base64 32)\"",
            SECRET_BYTES.start(),
            SECRET_BYTES.end()
        )),
    }
}
