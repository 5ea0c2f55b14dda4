//! What one endpoint says of a transaction.
//!
//! The order of the questions is the proof. What is final is read first: a transaction that lands afterwards is found
//! by what is asked afterwards. The own address' history comes before the status, because old nodes turn a failed
//! look into their history into "not known" there, and say here that it failed.

use domain::transaction::Height;
use solana_signature::Signature;

use super::{BLOCKHASH_BLOCKS, BLOCKHASH_OLDER_MAX, BLOCKS_TO_SPARE, GAP_MAX};
use crate::rpc::{At, BLOCKS_MAX, Entry, EpochInfo, Slot, Status};

/// The statuses of so many newest blocks are in every node's memory, whatever has become of its ledger.
const BLOCKS_REMEMBERED: u64 = 300;

/// Whose death it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subject {
    /// The transaction.
    pub signature: Signature,
    /// The last height at which it may land, with what is spared.
    pub last_valid: Height,
}

/// An endpoint's vote on a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Vote {
    /// As of this finalized slot it did not land and never can.
    Dead(Slot),
    /// It is known, whatever its outcome. The status says more, where there is one.
    Known(Option<Status>),
    /// The endpoint cannot say.
    Nothing(NoVote),
}

/// Why an endpoint cannot say.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoVote {
    /// As far as it has come, the transaction may land yet.
    #[error("it may land yet")]
    MayLand,
    /// The answer is of an older bank than the one shown first.
    #[error("the node answered from an older block")]
    Behind,
    /// Somebody else named the address that the transaction alone should name.
    #[error("another transaction named the same address")]
    AddressShared,
    /// It no longer holds every block in which the transaction could have landed.
    #[error("the node no longer holds the blocks in which it could have landed")]
    NotHeld,
    /// More blocks went by since than an endpoint can be asked for.
    #[error("it is older than what an endpoint can be asked for")]
    TooOld,
    /// The endpoint lied.
    #[error("the endpoint is no witness: {0}")]
    Lied(super::Lie),
    /// There was an error in place of an answer.
    #[error("{0}")]
    Unanswered(String),
}

/// Which blocks an endpoint must show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Blocks {
    /// From this slot on.
    pub start: Slot,
    /// So many at most.
    pub limit: u64,
    /// So many at least, up to the bank.
    needed: usize,
}

/// The questions to one endpoint, one after the other.
#[derive(Debug, Clone, Copy)]
pub struct Hearing {
    subject: Subject,
    bank: EpochInfo,
    /// In how many of the newest blocks, up to the bank's own, it could have landed.
    could_land_in: u64,
}

impl Hearing {
    /// The first answer: slot and height of one finalized bank.
    pub fn begin(subject: Subject, bank: EpochInfo) -> Result<Self, NoVote> {
        if bank.height <= subject.last_valid {
            return Err(NoVote::MayLand);
        }
        let past = bank.height.get() - subject.last_valid.get();
        Ok(Self {
            subject,
            bank,
            could_land_in: past.saturating_add(BLOCKHASH_BLOCKS + BLOCKS_TO_SPARE),
        })
    }

    /// No answer may be of an older bank than this slot's.
    #[must_use]
    pub const fn since(&self) -> Slot {
        self.bank.slot
    }

    /// The second answer: what names the transaction's own address. Some is the vote, and the end of the hearing.
    #[must_use]
    pub fn history(&self, entries: &[Entry]) -> Option<Vote> {
        let is_subject = |entry: &Entry| entry.signature == self.subject.signature;
        match entries {
            [] => None,
            entries if entries.iter().any(is_subject) => Some(Vote::Known(None)),
            _ => Some(Vote::Nothing(NoVote::AddressShared)),
        }
    }

    /// The third: its status. Some is the vote, and the end of the hearing.
    #[must_use]
    pub fn status(&self, answer: &At<Option<Status>>) -> Option<Vote> {
        match &answer.value {
            Some(status) => Some(Vote::Known(Some(status.clone()))),
            None if answer.slot < self.bank.slot => Some(Vote::Nothing(NoVote::Behind)),
            None => self
                .is_remembered_at(answer.slot)
                .then_some(Vote::Dead(self.bank.slot)),
        }
    }

    /// Whether a node that answers at this slot would know the transaction even if its ledger were lost. The answer may
    /// come long after the bank was shown.
    fn is_remembered_at(&self, slot: Slot) -> bool {
        let since = slot.get().saturating_sub(self.bank.slot.get());
        self.could_land_in
            .saturating_add(BLOCKHASH_OLDER_MAX)
            .saturating_add(since)
            <= BLOCKS_REMEMBERED
    }

    /// Which blocks to ask for, where the transaction is too old for every node to remember it.
    pub fn blocks(&self) -> Result<Blocks, NoVote> {
        Blocks::up_to(self.bank.slot, self.could_land_in)
    }

    /// The last answer: the finalized blocks that the endpoint holds.
    #[must_use]
    pub fn held(&self, asked: Blocks, slots: &[Slot]) -> Vote {
        match asked.are_in(slots, self.bank.slot) {
            true => Vote::Dead(self.bank.slot),
            false => Vote::Nothing(NoVote::NotHeld),
        }
    }
}

impl Blocks {
    fn up_to(end: Slot, needed: u64) -> Result<Self, NoVote> {
        let count = usize::try_from(needed).map_err(|_| NoVote::TooOld)?;
        // Slots stay empty now and then: twice as many surely have so many blocks.
        let slots = needed.saturating_mul(2).min(BLOCKS_MAX - 1);
        if slots < needed {
            return Err(NoVote::TooOld);
        }
        Ok(Self {
            start: Slot::new(end.get().saturating_sub(slots)),
            limit: slots + 1,
            needed: count,
        })
    }

    /// The newest blocks that are needed must be there, up to the bank's own, and without a hole between them.
    fn are_in(self, slots: &[Slot], end: Slot) -> bool {
        let known = slots.partition_point(|slot| *slot <= end);
        let Some(first) = known.checked_sub(self.needed) else {
            return false;
        };
        let needed = &slots[first..known];
        let is_next = |pair: &[Slot]| {
            let gap = pair[1].get().checked_sub(pair[0].get());
            gap.is_some_and(|gap| (1..=GAP_MAX).contains(&gap))
        };
        needed.last() == Some(&end) && needed.windows(2).all(is_next)
    }
}
