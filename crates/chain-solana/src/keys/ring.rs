//! The keys of one process: one for each wallet that its orders may be paid from.

use std::sync::Arc;

use super::Signer;

/// At least one key. The first one is used where nobody asks for another.
#[derive(Debug)]
pub(crate) struct KeyRing {
    first: Arc<dyn Signer>,
    others: Vec<Arc<dyn Signer>>,
}

impl KeyRing {
    /// One key.
    pub(crate) const fn of(first: Arc<dyn Signer>) -> Self {
        Self {
            first,
            others: Vec::new(),
        }
    }

    /// Adds more of them.
    pub(crate) fn add(&mut self, others: Vec<Arc<dyn Signer>>) {
        self.others.extend(others);
    }

    /// The key of a wallet, if it is here.
    pub(crate) fn key(&self, wallet: Option<domain::Address>) -> Option<&Arc<dyn Signer>> {
        let Some(wallet) = wallet else {
            return Some(&self.first);
        };
        let mut all = std::iter::once(&self.first).chain(&self.others);
        all.find(|signer| signer.address().0 == *wallet.bytes())
    }
}
