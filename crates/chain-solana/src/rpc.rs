//! What a Solana cluster is asked, as a narrow trait with no JSON in it: a real cluster over HTTP, or a simulated one
//! in this process.

pub mod account;
pub mod births;
pub mod changes;
pub mod error;
pub mod http;
pub mod notices;
pub mod socket;
pub mod transaction;
pub mod units;

use std::fmt::{Debug, Display};

use async_trait::async_trait;
use domain::transaction::Height;

pub use amm::Address;
pub use solana_hash::Hash;
pub use solana_signature::Signature;

pub use account::{Account, Filter};
pub use error::Error;
pub(crate) use error::words;
pub use transaction::{
    Entry, Failure, History, Outcome, Simulated, SimulationRequest, Status, Transaction,
};
pub use units::{Lamports, MicroLamports, Slot};

/// The most accounts that one call reads.
pub const ACCOUNTS_MAX: usize = 100;
/// The most signatures that one call asks for.
pub const SIGNATURES_MAX: usize = 256;
/// The most keys that one call asks the fees of.
pub const FEE_KEYS_MAX: usize = 128;
/// The most entries of an address' history that one call gives.
pub const ENTRIES_MAX: usize = 1_000;
/// The most filters of one search for accounts.
pub const FILTERS_MAX: usize = 4;
/// The most bytes that a filter compares.
pub const FILTER_BYTES_MAX: usize = 128;
/// The most blocks that one call lists.
pub const BLOCKS_MAX: u64 = 500_000;

/// Refuses a call that asks for more than one of the limits above.
pub fn limit<T: Copy + PartialOrd + Display>(what: &str, asked: T, max: T) -> Result<(), Error> {
    match asked <= max {
        true => Ok(()),
        false => Err(Error::Refused(format!(
            "{asked} {what} in one call, of at most {max}"
        ))),
    }
}

/// How sure the answer must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Commitment {
    /// The node's newest block, which may vanish.
    Processed,
    /// Two thirds of the stake voted for it.
    Confirmed,
    /// It can no longer be undone.
    Finalized,
}

impl Commitment {
    /// The protocol's word for it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Processed => "processed",
            Self::Confirmed => "confirmed",
            Self::Finalized => "finalized",
        }
    }
}

/// Which bank answers a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct View {
    /// How sure.
    pub commitment: Commitment,
    /// A node that has not come this far refuses.
    pub min_slot: Option<Slot>,
}

impl View {
    /// The newest confirmed bank.
    pub const CONFIRMED: Self = Self::newest(Commitment::Confirmed);
    /// The newest finalized bank.
    pub const FINALIZED: Self = Self::newest(Commitment::Finalized);

    /// The newest bank of this commitment.
    #[must_use]
    pub const fn newest(commitment: Commitment) -> Self {
        Self {
            commitment,
            min_slot: None,
        }
    }

    /// The same from this slot on.
    #[must_use]
    pub const fn since(self, slot: Slot) -> Self {
        Self {
            min_slot: Some(slot),
            ..self
        }
    }
}

/// An answer and the slot of the bank that gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct At<T> {
    /// The bank's slot.
    pub slot: Slot,
    /// The answer.
    pub value: T,
}

/// Where a cluster stands: all of it of one bank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EpochInfo {
    /// The slot.
    pub slot: Slot,
    /// How many blocks there are; slots without a block do not count.
    pub height: Height,
    /// The epoch.
    pub epoch: u64,
}

/// A recent blockhash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Blockhash {
    /// What a message names.
    pub hash: Hash,
    /// The last height at which such a message may land.
    pub last_valid_height: Height,
}

/// Which lines of an address' history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EntryPage {
    /// How many at most.
    pub limit: usize,
    /// Those older than this one; the newest where it is absent.
    pub before: Option<Signature>,
}

impl EntryPage {
    /// The newest.
    #[must_use]
    pub const fn newest(limit: usize) -> Self {
        Self {
            limit,
            before: None,
        }
    }
}

/// A Solana cluster, as one endpoint shows it.
///
/// Promises, each kept by every implementation:
/// 1. An answer is that of one bank of the view's commitment, at its `min_slot` or later; a node that is not so far
///    refuses with [`Error::Behind`]. Where [`At`] is answered, its slot is that bank's.
/// 2. Answers stand in the order of what was asked, one for each; what does not exist is `None` and no error.
/// 3. More than the limits above is [`Error::Refused`] before anything is sent.
/// 4. Numbers are exact over the whole of 64 bits.
/// 5. An error is no answer about the chain. Whether a `send` that failed may have arrived all the same says
///    [`Error::may_have_arrived`].
/// 6. Sending the same bytes again is harmless. Bytes are sent once for each call: no implementation tries again by
///    itself, and the node is told not to.
/// 7. `transaction` may answer `None` for seconds after a status is known, and nothing follows from it.
/// 8. Every call ends in bounded time and reads a bounded answer.
///
/// Cancel safety: reads may be dropped; a dropped `send` may have arrived.
#[async_trait]
pub trait Rpc: Send + Sync + Debug {
    /// Slot, height and epoch of one bank.
    async fn epoch_info(&self, view: View) -> Result<EpochInfo, Error>;

    /// The newest blockhash, with its last valid height.
    async fn latest_blockhash(&self, view: View) -> Result<At<Blockhash>, Error>;

    /// Accounts, at most [`ACCOUNTS_MAX`], all of one bank.
    async fn accounts(
        &self,
        addresses: &[Address],
        view: View,
    ) -> Result<At<Vec<Option<Account>>>, Error>;

    /// Accounts of another endpoint than this one, where there is one that can be asked at once; and which one answered.
    /// An endpoint that stands alone has no number.
    async fn accounts_beside(
        &self,
        addresses: &[Address],
        view: View,
        beside: Option<usize>,
    ) -> Result<(At<Vec<Option<Account>>>, Option<usize>), Error> {
        let _ = beside;
        Ok((self.accounts(addresses, view).await?, None))
    }

    /// The accounts of a program that pass all filters, at most [`FILTERS_MAX`].
    async fn program_accounts(
        &self,
        program: Address,
        filters: &[Filter],
        view: View,
    ) -> Result<At<Vec<(Address, Account)>>, Error>;

    /// What an account of this many bytes must hold to stay.
    async fn minimum_balance(&self, bytes: usize) -> Result<Lamports, Error>;

    /// What a transaction would do now. Its signatures are not looked at; its blockhash is.
    async fn simulate(&self, request: &SimulationRequest<'_>) -> Result<At<Simulated>, Error>;

    /// Hands over a signed transaction without a preflight.
    async fn send(&self, transaction: &[u8]) -> Result<Signature, Error>;

    /// What is known of signatures, at most [`SIGNATURES_MAX`], of any commitment.
    async fn signature_statuses(
        &self,
        signatures: &[Signature],
        history: History,
    ) -> Result<At<Vec<Option<Status>>>, Error>;

    /// A transaction that landed, with what it did. Never of a commitment below confirmed.
    async fn transaction(
        &self,
        signature: &Signature,
        commitment: Commitment,
    ) -> Result<Option<Transaction>, Error>;

    /// Transactions that name an address, newest first, at most [`ENTRIES_MAX`]. Before one that is not known stands
    /// nothing.
    async fn signatures_for_address(
        &self,
        address: Address,
        page: EntryPage,
        view: View,
    ) -> Result<Vec<Entry>, Error>;

    /// The lowest price that landed in each of the last slots while these accounts were written, at most
    /// [`FEE_KEYS_MAX`].
    async fn prioritization_fees(
        &self,
        written: &[Address],
    ) -> Result<Vec<(Slot, MicroLamports)>, Error>;

    /// What tells one cluster from another.
    async fn genesis_hash(&self) -> Result<Hash, Error>;

    /// The slots with a block from `start` on, at most `limit`, itself at most [`BLOCKS_MAX`].
    async fn blocks(
        &self,
        start: Slot,
        limit: u64,
        commitment: Commitment,
    ) -> Result<Vec<Slot>, Error>;
}
