//! What is counted of wallets, so that no more leaves them than they may spend.
//!
//! Promises of every store's [`WalletUses`], with [`OrderStore`](crate::OrderStore):
//! 1. A submission whose transaction has an outlay is stored only if each item of it fits: its limit has room in the
//!    last 24 h to 24 h 15 min, and the wallet was seen to hold it beside what transactions under way may spend.
//!    Whatever else is stored at that moment, by whichever process, no limit is passed by one unit.
//! 2. What does not fit leaves nothing behind: no event, no transaction, nothing that is counted.
//! 3. A stored outlay is counted once, however often its write is repeated, and at the time of its event. A repeated
//!    write is true also where there would be no room for it any more.
//! 4. The write that records a transaction's death takes its outlay out again; that of a revert leaves its fee. A fill
//!    leaves what was really sold and what its receipt says. Each is counted at the time at which it was stored.
//! 5. What a wallet has under way is what the transactions may spend that are stored and not settled.
//! 6. Orders without an outlay are counted by nothing, and wait for nobody's count.
//! 7. What is counted for one wallet or token is nothing to another.
//! 8. Once the store is given to another cluster, nothing is counted any more.

use std::fmt::Debug;

use async_trait::async_trait;
use domain::spending::{Outlay, Paid, Purpose, WalletUse};
use domain::transaction::SignedTransaction;
use domain::{Address, EventData, NewEvent, Status};

use crate::Result;
use crate::order_store::Lease;

/// The most purposes that one call of [`WalletUses::uses`] asks for, and that [`WalletUses::newest_uses`] gives.
pub const USES_MAX: usize = 256;

/// What is counted of wallets. See the module's promises.
///
/// Cancel safety: reads may be dropped.
#[async_trait]
pub trait WalletUses: Send + Sync + Debug {
    /// What is counted for each of these purposes, in their order; nothing is where nothing was stored.
    async fn uses(&self, wallet: Address, of: &[Purpose]) -> Result<Vec<WalletUse>>;

    /// What is counted of a wallet, the purposes of the newest transactions first, at most [`USES_MAX`].
    async fn newest_uses(&self, wallet: Address) -> Result<Vec<(Purpose, WalletUse)>>;
}

/// What an event changes of what is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// It stores a transaction with this outlay.
    Stored(Outlay),
    /// It settles a transaction with this outlay.
    Settled {
        outlay: Outlay,
        /// What the transaction took, for each item.
        paid: Vec<Paid>,
        /// Where it landed, if a receipt says so.
        slot: Option<u64>,
    },
}

impl Change {
    /// What this event changes, if anything: it stores this transaction, or settles the one of the lease.
    #[must_use]
    pub fn of(
        lease: &Lease,
        event: &NewEvent,
        transaction: Option<&SignedTransaction>,
    ) -> Option<Self> {
        if let Some(transaction) = transaction {
            return transaction.outlay.as_deref().cloned().map(Self::Stored);
        }
        let live = lease.live_transaction.as_ref();
        let outlay = live.and_then(|live| live.outlay.as_deref())?;
        let settled = || Self::Settled {
            paid: (outlay.items.iter())
                .map(|item| event.data.paid_for(item))
                .collect(),
            slot: slot_of(&event.data),
            outlay: outlay.clone(),
        };
        (lease.order.status() == Status::Submitted).then(settled)
    }

    /// What the transaction may spend.
    #[must_use]
    pub const fn outlay(&self) -> &Outlay {
        match self {
            Self::Stored(outlay) | Self::Settled { outlay, .. } => outlay,
        }
    }
}

fn slot_of(data: &EventData) -> Option<u64> {
    match data {
        EventData::Confirmed { fill } => fill.receipt.as_ref().map(|it| it.slot),
        _ => None,
    }
}
