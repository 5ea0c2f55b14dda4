//! Short-lived tokens for clients that cannot set headers: `client.expiry.mac`. The mac is keyed by
//! the client's own key, so every gateway can check a token and none needs to remember it.
//!
//! A token opens all streams of its client, or those of one order: the mac covers which. It does
//! not name the order, because the requested address does.

use std::fmt;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{ClientId, OrderId, Timestamp};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// How long a token is valid: enough to open `wsUrl` without hurry, too short to be worth stealing
/// from a log.
pub const WS_TOKEN_LIFETIME: Duration = Duration::from_secs(300);
/// Longer texts are refused unread: a client's name and a mac are far shorter.
const MAX_LENGTH: usize = 256;
/// Separates these macs from each other and from any other use of the same key.
const PURPOSE: &[u8] = b"order-engine ws-token 1\0";
const PURPOSE_OF_ONE: &[u8] = b"order-engine ws-token 1, one order\0";

/// What a token opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// All streams of its client.
    Client,
    /// The streams of this order.
    Order(OrderId),
}

/// A token, as issued or as presented.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    pub client: ClientId,
    pub expires_at: Timestamp,
    mac: [u8; 32],
}

impl Token {
    /// Parses a presented token; its client's signer decides whether it is genuine.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text.len() > MAX_LENGTH {
            return None;
        }
        let mut parts = text.split('.');
        let (client, expiry, mac) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        let client = String::from_utf8(URL_SAFE_NO_PAD.decode(client).ok()?).ok()?;
        let seconds: i64 = expiry.parse().ok()?;
        Some(Self {
            client: ClientId::parse(&client).ok()?,
            expires_at: Timestamp::from_millis(seconds.checked_mul(1_000)?),
            mac: URL_SAFE_NO_PAD.decode(mac).ok()?.try_into().ok()?,
        })
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let client = URL_SAFE_NO_PAD.encode(self.client.as_str());
        let seconds = self.expires_at.as_millis() / 1_000;
        write!(f, "{client}.{seconds}.{}", URL_SAFE_NO_PAD.encode(self.mac))
    }
}

/// Signs and checks one client's tokens.
pub(super) struct Signer(Hmac<Sha256>);

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signer")
    }
}

impl Signer {
    pub(super) fn new(key: &str) -> Self {
        let mac = Hmac::<Sha256>::new_from_slice(key.as_bytes())
            .expect("invariant: a mac takes a key of any length");
        Self(mac)
    }

    pub(super) fn sign(&self, client: &ClientId, reach: Reach, now: Timestamp) -> Token {
        let seconds = now.plus(WS_TOKEN_LIFETIME).as_millis() / 1_000;
        let expires_at = Timestamp::from_millis(seconds * 1_000);
        Token {
            client: client.clone(),
            expires_at,
            mac: self
                .over(client, expires_at, reach)
                .finalize()
                .into_bytes()
                .into(),
        }
    }

    pub(super) fn verifies(&self, token: &Token, reach: Reach, now: Timestamp) -> bool {
        let mac = self.over(&token.client, token.expires_at, reach);
        now < token.expires_at && mac.verify_slice(&token.mac).is_ok()
    }

    fn over(&self, client: &ClientId, expires_at: Timestamp, reach: Reach) -> Hmac<Sha256> {
        let mut mac = self.0.clone();
        match reach {
            Reach::Client => mac.update(PURPOSE),
            Reach::Order(id) => {
                mac.update(PURPOSE_OF_ONE);
                mac.update(id.uuid().as_bytes());
            }
        }
        mac.update(&expires_at.as_millis().to_be_bytes());
        mac.update(client.as_str().as_bytes());
        mac
    }
}
