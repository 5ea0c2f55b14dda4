//! What wallets of this process signed a moment ago, so that their signatures need not be checked when the
//! transactions come back. Only the signing itself puts something here: a transaction from elsewhere is trusted only
//! where its first signer, its signature and every byte of its message are those that were signed here.

use std::collections::HashMap;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use chain_solana::keys::{Error, Signer, Wallet};
use solana_address::Address;
use solana_signature::Signature;

use crate::bank::BYTES_MAX;

/// Signatures that are kept; twice as many at the most, some megabytes.
const GENERATION: usize = 2_048;

/// What was signed here, the newest of it.
#[derive(Debug, Default)]
pub(super) struct Signed(Mutex<Generations>);

/// `young` fills up, becomes `old`, and what was old is forgotten.
#[derive(Debug, Default)]
struct Generations {
    young: HashMap<Signature, Message>,
    old: HashMap<Signature, Message>,
}

#[derive(Debug)]
struct Message {
    signer: Address,
    bytes: Box<[u8]>,
}

impl Signed {
    fn note(&self, signer: Address, signature: Signature, message: &[u8]) {
        // Nothing longer is ever sent.
        if message.len() > BYTES_MAX {
            return;
        }
        let message = Message {
            signer,
            bytes: message.into(),
        };
        let mut signed = self.lock();
        if signed.young.len() >= GENERATION {
            signed.old = mem::take(&mut signed.young);
        }
        signed.young.insert(signature, message);
    }

    /// Whether exactly this message was signed here with exactly this signature by this key.
    pub(super) fn has(&self, signer: &Address, signature: &Signature, message: &[u8]) -> bool {
        let signed = self.lock();
        let noted = signed.young.get(signature);
        let noted = noted.or_else(|| signed.old.get(signature));
        noted.is_some_and(|noted| noted.signer == *signer && *noted.bytes == *message)
    }

    fn lock(&self) -> MutexGuard<'_, Generations> {
        // A panic between two changes loses at worst what would have saved a check.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A wallet that notes what it signs.
#[derive(Debug)]
pub(super) struct Noting {
    wallet: Wallet,
    signed: Arc<Signed>,
}

impl Noting {
    pub(super) const fn new(wallet: Wallet, signed: Arc<Signed>) -> Self {
        Self { wallet, signed }
    }
}

#[async_trait]
impl Signer for Noting {
    fn address(&self) -> amm::Address {
        self.wallet.address()
    }

    async fn sign(&self, message: &[u8]) -> Result<Signature, Error> {
        let signature = self.wallet.sign(message).await?;
        let signer = crate::bank::address::from_amm(self.wallet.address());
        self.signed.note(signer, signature, message);
        Ok(signature)
    }
}
