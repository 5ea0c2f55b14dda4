//! The simulated world's one wallet. Its key is no secret: it signs nothing but simulated transactions.

use std::fmt;

use ed25519_dalek::{Signer, SigningKey, VerifyingKey};

/// The same in every process, so that a worker that takes over an order signs for the same wallet.
const KEY: &[u8; 32] = b"order-engine simulated wallet 01";

/// Signs transactions.
pub(crate) struct Wallet(SigningKey);

impl Wallet {
    pub(crate) fn new() -> Self {
        Self(SigningKey::from_bytes(KEY))
    }

    pub(crate) fn public_key(&self) -> VerifyingKey {
        self.0.verifying_key()
    }

    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

impl fmt::Debug for Wallet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wallet")
    }
}
