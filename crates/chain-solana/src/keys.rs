//! Who signs: a trait, so that the key may live in another process, and keys that live in this one.

mod file;
pub(crate) mod ring;
pub mod socket;

use std::fmt::{self, Debug};
use std::time::Duration;

use amm::Address;
use async_trait::async_trait;
use domain::WalletName;
use ed25519_dalek::{Signer as _, SigningKey};
use sha2::{Digest, Sha256};
use solana_hash::Hash;
use solana_signature::Signature;

pub use file::{KeyFileError, KeyTextError, from_text, read};

/// What the simulated wallet's key follows from, beside the cluster.
const SIMULATED: &[u8] = b"order-engine: the wallet of a simulated cluster";

/// Why there is no signature.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The signer gives no signature now; after this time it may.
    #[error("the signer gives no signature now: {why}")]
    Unavailable {
        /// What is wrong.
        why: String,
        /// When it is worth asking again.
        again_in: Duration,
    },
    /// The signer will not sign this message, and names the rule.
    #[error("the signer refuses: {0}")]
    Refused(String),
    /// This message would pass one of the signer's limits, which it names.
    #[error("the signer refuses: {0}")]
    Limited(String),
}

/// Signs for one wallet.
///
/// Promises:
/// 1. `address` is the same for ever.
/// 2. A signature is the address' own of exactly these bytes; the same bytes get the same signature.
/// 3. An error means that the caller has no signature, not that none was made.
///
/// Callers give each call a time limit; a signature that comes after it must not be used.
///
/// Cancel safety: a dropped `sign` may have signed; nothing was sent.
#[async_trait]
pub trait Signer: Send + Sync + Debug {
    /// The wallet.
    fn address(&self) -> Address;

    /// Whether it is worth asking for a signature now, as far as is known without asking.
    fn standing(&self) -> Result<(), Error> {
        Ok(())
    }

    /// Signs a message's bytes.
    async fn sign(&self, message: &[u8]) -> Result<Signature, Error>;
}

/// More than a signature and the reading of a key use of the stack.
const STACK_BYTES: usize = 64 * 1_024;

/// A wallet whose key is in this process, in one place alone: what is moved stays behind, so the key stays where it is.
/// Its memory is zeroed when it is dropped.
pub struct Wallet {
    key: Box<SigningKey>,
    address: Address,
}

/// Overwrites what calls before this one have left on the stack.
#[inline(never)]
fn scrub() {
    std::hint::black_box(&mut [0_u8; STACK_BYTES]);
}

impl Wallet {
    /// The wallet of a key.
    #[must_use]
    pub fn new(key: SigningKey) -> Self {
        let address = Address(key.verifying_key().to_bytes());
        let key = Box::new(key);
        Self { key, address }
    }

    /// The wallet of a simulated cluster.
    #[must_use]
    pub fn of_simulated_cluster(genesis: &Hash) -> Self {
        Self::new(simulated_key(genesis))
    }

    /// The wallet of this name on a simulated cluster.
    #[must_use]
    pub fn named_of_simulated_cluster(genesis: &Hash, name: &WalletName) -> Self {
        Self::new(simulated_key_of(genesis, name))
    }
}

/// The key that the engine trades with on a simulated cluster: no secret, and the same in every process, so that a
/// worker that takes over an order signs for the same wallet. A real cluster's genesis hash would give one that anybody
/// can empty, so callers ask for it where the cluster is known to be simulated.
#[must_use]
pub fn simulated_key(genesis: &Hash) -> SigningKey {
    let seed = Sha256::new().chain_update(SIMULATED).chain_update(genesis);
    SigningKey::from_bytes(&seed.finalize().into())
}

/// The same for the wallet of a name. The one wallet of an engine that names none is called [`WalletName::main`].
#[must_use]
pub fn simulated_key_of(genesis: &Hash, name: &WalletName) -> SigningKey {
    if *name == WalletName::main() {
        return simulated_key(genesis);
    }
    let seed = Sha256::new().chain_update(SIMULATED).chain_update(genesis);
    let seed = seed.chain_update(name.as_str());
    SigningKey::from_bytes(&seed.finalize().into())
}

/// A wallet without its key: what it signs can be simulated, and can never land.
#[derive(Debug, Clone, Copy)]
pub struct Onlooker(pub Address);

#[async_trait]
impl Signer for Onlooker {
    fn address(&self) -> Address {
        self.0
    }

    async fn sign(&self, _message: &[u8]) -> Result<Signature, Error> {
        Ok(Signature::default())
    }
}

#[async_trait]
impl Signer for Wallet {
    fn address(&self) -> Address {
        self.address
    }

    async fn sign(&self, message: &[u8]) -> Result<Signature, Error> {
        let signature = Signature::from(self.key.sign(message).to_bytes());
        scrub();
        Ok(signature)
    }
}

impl Debug for Wallet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Wallet").field(&self.address).finish()
    }
}

#[cfg(test)]
mod memory_tests;
#[cfg(test)]
mod tests;
