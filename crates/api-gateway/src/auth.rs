//! Who is calling: the known keys and short-lived tokens, and what each allows.

mod token;

use domain::{ClientId, Timestamp};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

pub use token::{Reach, Token, WS_TOKEN_LIFETIME};

use crate::settings::GatewaySettings;

/// Longer keys are refused unread.
const MAX_KEY_LENGTH: usize = 512;

/// A caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The client that owns the orders this caller submits.
    pub client: ClientId,
    pub scope: Scope,
}

/// What a caller may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The engine has no keys: everybody sees everything.
    Open,
    /// A client's key: its own orders.
    Key,
    /// The operators' key: everything.
    Admin,
}

impl Caller {
    /// The only client whose orders are shown; `None` for everybody's.
    #[must_use]
    pub const fn limited_to(&self) -> Option<&ClientId> {
        match self.scope {
            Scope::Open | Scope::Admin => None,
            Scope::Key => Some(&self.client),
        }
    }
}

/// The known keys, stored so that the duration of a comparison reveals nothing.
#[derive(Debug)]
pub(crate) struct Keys {
    digests: Digests,
    known: Vec<Known>,
    anyone: Caller,
}

#[derive(Debug)]
struct Known {
    holder: Caller,
    digest: [u8; 32],
    signer: token::Signer,
}

impl Keys {
    /// The keys of these settings. Every process draws its own `salt`.
    pub(crate) fn new(settings: &GatewaySettings, salt: [u64; 4]) -> Self {
        let digests = Digests::new(salt);
        let clients = settings.api_keys.iter();
        let clients = clients.map(|own| (own.client.clone(), Scope::Key, own.key.as_str()));
        let admin = settings.admin_key.as_deref();
        let admin = admin.map(|key| (ClientId::anyone(), Scope::Admin, key));
        let known = clients.chain(admin).map(|(client, scope, key)| Known {
            holder: Caller { client, scope },
            digest: digests.of(key),
            signer: token::Signer::new(key),
        });
        Self {
            known: known.collect(),
            anyone: Caller {
                client: ClientId::anyone(),
                scope: Scope::Open,
            },
            digests,
        }
    }

    fn has(&self, scope: Scope) -> bool {
        self.known.iter().any(|known| known.holder.scope == scope)
    }

    /// Whether the API needs no key.
    pub(crate) fn are_open(&self) -> bool {
        !self.has(Scope::Key)
    }

    /// Whether operators have a key.
    pub(crate) fn has_admin(&self) -> bool {
        self.has(Scope::Admin)
    }

    /// The caller of an engine without keys.
    pub(crate) fn anyone(&self) -> Caller {
        self.anyone.clone()
    }

    /// Whose key this is.
    pub(crate) fn by_key(&self, key: &str) -> Option<Caller> {
        if key.len() > MAX_KEY_LENGTH {
            return None;
        }
        let digest = self.digests.of(key);
        // Every key is compared, even after a match.
        let is_it = |found, known: &'_ Known| match is_same(&known.digest, &digest) {
            true => Some(known.holder.clone()),
            false => found,
        };
        self.known.iter().fold(None, is_it)
    }

    /// Whose token this is, if it is valid for this purpose and has not expired.
    pub(crate) fn by_token(&self, token: &str, door: Reach, now: Timestamp) -> Option<Caller> {
        let token = Token::parse(token)?;
        let mut holders = self.known.iter().filter(|known| {
            known.holder.client == token.client
                && (known.signer.verifies(&token, Reach::Client, now)
                    || known.signer.verifies(&token, door, now))
        });
        holders.next().map(|known| known.holder.clone())
    }

    /// A token for this caller, or `None` if it needs none.
    pub(crate) fn token_for(&self, caller: &Caller, reach: Reach, now: Timestamp) -> Option<Token> {
        let known = self.known.iter().find(|known| known.holder == *caller)?;
        Some(known.signer.sign(&caller.client, reach, now))
    }
}

#[derive(Debug)]
struct Digests {
    salt: [u8; 32],
}

impl Digests {
    fn new(salt: [u64; 4]) -> Self {
        let mut bytes = [0; 32];
        for (place, word) in bytes.chunks_exact_mut(8).zip(salt) {
            place.copy_from_slice(&word.to_le_bytes());
        }
        Self { salt: bytes }
    }

    fn of(&self, key: &str) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.salt)
            .expect("invariant: a mac takes a key of any length");
        mac.update(key.as_bytes());
        mac.finalize().into_bytes().into()
    }
}

/// Whether two digests are the same, in a time that does not depend on where they differ.
fn is_same(one: &[u8; 32], other: &[u8; 32]) -> bool {
    let differing = one.iter().zip(other).fold(0, |bits, (a, b)| bits | (a ^ b));
    std::hint::black_box(differing) == 0
}

#[cfg(test)]
mod tests;
