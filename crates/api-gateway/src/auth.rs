//! Who is calling: the keys and short-lived tokens that are known, and what each of them lets its holder do.

mod token;

use domain::{ClientId, Timestamp};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

pub use token::{Reach, Token, WS_TOKEN_LIFETIME};

use crate::settings::GatewaySettings;

/// Longest key looked at; a header is far shorter.
const MAX_KEY_LENGTH: usize = 512;

/// Whoever is calling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Whose orders a new order joins.
    pub client: ClientId,
    pub scope: Scope,
}

/// What a caller may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The engine has no keys: everything is everybody's.
    Open,
    /// A client's key: its own orders.
    Key,
    /// The operators' key: everything.
    Admin,
}

impl Caller {
    /// The client whose orders alone are shown; `None` for everybody's.
    #[must_use]
    pub const fn limited_to(&self) -> Option<&ClientId> {
        match self.scope {
            Scope::Open | Scope::Admin => None,
            Scope::Key => Some(&self.client),
        }
    }
}

/// The keys that are known, kept so that a comparison tells nothing by its duration.
#[derive(Debug)]
pub struct Keys {
    digests: Digests,
    clients: Vec<Known>,
    admin: Option<Admin>,
    anyone: ClientId,
}

#[derive(Debug)]
struct Known {
    client: ClientId,
    digest: [u8; 32],
    signer: token::Signer,
}

#[derive(Debug)]
struct Admin {
    digest: [u8; 32],
    signer: token::Signer,
}

impl Keys {
    /// The keys of these settings. `salt` is drawn anew by every process.
    #[must_use]
    pub fn new(settings: &GatewaySettings, salt: [u64; 4]) -> Self {
        let digests = Digests::new(salt);
        let known = settings.api_keys.iter().map(|api_key| Known {
            client: api_key.client.clone(),
            digest: digests.of(&api_key.key),
            signer: token::Signer::new(&api_key.key),
        });
        Self {
            clients: known.collect(),
            admin: settings.admin_key.as_deref().map(|key| Admin {
                digest: digests.of(key),
                signer: token::Signer::new(key),
            }),
            anyone: ClientId::anyone(),
            digests,
        }
    }

    /// Whether the API needs no key.
    #[must_use]
    pub fn are_open(&self) -> bool {
        self.clients.is_empty()
    }

    /// Whether operators have a key.
    #[must_use]
    pub fn has_admin(&self) -> bool {
        self.admin.is_some()
    }

    /// The caller of an engine without keys.
    pub(crate) fn anyone(&self) -> Caller {
        Caller {
            client: self.anyone.clone(),
            scope: Scope::Open,
        }
    }

    /// Whose key this is.
    #[must_use]
    pub fn by_key(&self, key: &str) -> Option<Caller> {
        if key.len() > MAX_KEY_LENGTH {
            return None;
        }
        let digest = self.digests.of(key);
        let mut found = None;
        // Every key is looked at, whichever it was.
        for known in &self.clients {
            if is_same(&known.digest, &digest) {
                found = Some((&known.client, Scope::Key));
            }
        }
        let admin = self.admin.as_ref();
        if admin.is_some_and(|admin| is_same(&admin.digest, &digest)) {
            found = Some((&self.anyone, Scope::Admin));
        }
        found.map(|(client, scope)| Caller {
            client: client.clone(),
            scope,
        })
    }

    /// Whose token this is, if it opens this door and has not run out.
    #[must_use]
    pub fn by_token(&self, token: &str, door: Reach, now: Timestamp) -> Option<Caller> {
        let token = Token::parse(token)?;
        let opens = |signer: &token::Signer| {
            signer.verifies(&token, Reach::Client, now)
                || (door != Reach::Client && signer.verifies(&token, door, now))
        };
        let mut clients = self.clients.iter();
        let known = clients.find(|known| known.client == token.client);
        let scope = if known.is_some_and(|known| opens(&known.signer)) {
            Scope::Key
        } else if self
            .admin
            .as_ref()
            .is_some_and(|admin| opens(&admin.signer))
        {
            Scope::Admin
        } else {
            return None;
        };
        let client = token.client;
        Some(Caller { client, scope })
    }

    /// A token for this caller, or `None` where it needs none.
    #[must_use]
    pub fn token_for(&self, caller: &Caller, reach: Reach, now: Timestamp) -> Option<Token> {
        let signer = match caller.scope {
            Scope::Open => return None,
            Scope::Admin => &self.admin.as_ref()?.signer,
            Scope::Key => {
                let mut clients = self.clients.iter();
                let known = clients.find(|known| known.client == caller.client);
                &known?.signer
            }
        };
        Some(signer.sign(&caller.client, reach, now))
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
