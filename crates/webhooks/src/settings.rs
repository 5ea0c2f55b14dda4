//! A sender's settings, as `bootstrap` has parsed and checked them.

use std::sync::Arc;
use std::time::Duration;

use config::Config;
use domain::TokenList;

use crate::address::{Reach, system_lookup};
use crate::receiver::{HttpReceiver, InvalidReceiver, Receiver};
use crate::signature::SigningKey;

/// A sender's settings.
#[derive(Debug, Clone)]
pub struct Settings {
    pub receiver: Arc<dyn Receiver>,
    pub key: SigningKey,
    /// The symbols by which the receiver knows assets.
    pub tokens: Arc<TokenList>,
    /// Pending webhooks beyond which the oldest are given up.
    pub max_pending: u64,
    /// How often a sender looks for what is due.
    pub period: Duration,
}

impl Settings {
    /// The sender's part of the configuration, if there is a receiver.
    pub fn configured(config: &Config) -> Result<Option<Self>, InvalidReceiver> {
        let Some(receiver) = config.receiver() else {
            return Ok(None);
        };
        let reach = match config.webhooks.webhook_allow_private {
            0 => Reach::Public,
            _ => Reach::Anywhere,
        };
        let key = SigningKey::from_base64(receiver.key.expose())
            .expect("invariant: a configuration is checked before it is used");
        let receiver = HttpReceiver::new(&receiver.url, reach, system_lookup())?;
        Ok(Some(Self {
            receiver: Arc::new(receiver),
            key,
            tokens: config.chain.tokens(),
            max_pending: config.webhooks.webhook_max_pending,
            period: config.periods.sweep(),
        }))
    }
}
