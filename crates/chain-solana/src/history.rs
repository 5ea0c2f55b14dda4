//! A wallet's past, read back from the ledger: which transactions name it, and what each did to its lamports.

use std::sync::Arc;

use async_trait::async_trait;
use domain::transaction::{Blockhash, Signature as Stored};
use ports::chain;
use ports::reconciliation::{Held, Listed, Moved, WalletHistory};

use crate::chain::fate::parse;
use crate::convert::address;
use crate::death::GAP_MAX;
use crate::message::Decoded;
use crate::rpc::{Address, Commitment, ENTRIES_MAX, EntryPage, Rpc, Slot, Transaction, View};

/// The past of one wallet.
#[derive(Debug)]
pub struct ChainHistory {
    rpc: Arc<dyn Rpc>,
    wallet: domain::Address,
}

impl ChainHistory {
    /// Nothing is asked yet.
    #[must_use]
    pub fn new(rpc: Arc<dyn Rpc>, wallet: domain::Address) -> Self {
        Self { rpc, wallet }
    }
}

#[async_trait]
impl WalletHistory for ChainHistory {
    fn wallet(&self) -> domain::Address {
        self.wallet
    }

    async fn holding(&self) -> Result<Held, chain::Error> {
        let found = self
            .rpc
            .accounts(&[address(self.wallet)], View::FINALIZED)
            .await?;
        // An account that was never paid in does not exist.
        let own = found.value.into_iter().next().flatten();
        Ok(Held {
            slot: found.slot.get(),
            lamports: own.map_or(0, |account| account.lamports.get()),
        })
    }

    async fn older_than(
        &self,
        before: Option<&Stored>,
        at_least: u64,
    ) -> Result<Vec<Listed>, chain::Error> {
        let page = EntryPage {
            limit: ENTRIES_MAX,
            before: before.map(parse).transpose()?,
        };
        let view = View::FINALIZED.since(Slot::new(at_least));
        let entries = self
            .rpc
            .signatures_for_address(address(self.wallet), page, view)
            .await?;
        let listed = entries.into_iter().map(|entry| Listed {
            signature: Stored::from_bytes(entry.signature.as_array()),
            slot: entry.slot.get(),
        });
        Ok(listed.collect())
    }

    async fn tells_since(&self, slot: u64) -> Result<bool, chain::Error> {
        let blocks = self.rpc.blocks(Slot::new(slot), 1, Commitment::Finalized);
        let first = blocks.await?.first().copied();
        Ok(first.is_none_or(|first| first.get() <= slot.saturating_add(GAP_MAX)))
    }

    async fn moved(&self, signature: &Stored) -> Result<Option<Moved>, chain::Error> {
        let signature = parse(signature)?;
        let found = self
            .rpc
            .transaction(&signature, Commitment::Finalized)
            .await?;
        Ok(found.and_then(|found| moved(&found, address(self.wallet))))
    }
}

/// What a transaction did to a wallet's lamports. Nothing where its balances do not say.
fn moved(transaction: &Transaction, wallet: Address) -> Option<Moved> {
    let meta = &transaction.meta;
    let Ok(decoded) = Decoded::read(&transaction.bytes, &meta.loaded) else {
        // Of a kind that this version cannot read, and so none that it has signed.
        return None;
    };
    let place = decoded.keys.iter().position(|key| *key == wallet);
    let is_signed = place.is_some_and(|place| place < decoded.signatures);
    let lamports = match place {
        Some(place) => {
            let [before, after] = [&meta.pre_balances, &meta.post_balances]
                .map(|balances| balances.get(place).map(|it| i128::from(it.get())));
            after? - before?
        }
        // Named by what a lookup table once held.
        None => 0,
    };
    Some(Moved {
        blockhash: Some(Blockhash::new(decoded.blockhash.to_bytes())),
        is_signed,
        has_succeeded: meta.outcome.is_ok(),
        fee: match place {
            Some(0) => meta.fee.get(),
            _ => 0,
        },
        lamports,
    })
}
