//! What one of several endpoints says that is not so, for as long as faults last.

use chain_solana::rpc::{At, Commitment, Entry, EpochInfo, Failure, Outcome, Status};
use domain::transaction::Height;
use ports::Random;

/// The lie of an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lie {
    /// It tells the slot as the height, so that every transaction looks as if it had expired.
    SlotAsHeight,
    /// It knows of no transaction.
    Denial,
    /// It says of every transaction that lands that it was rolled back, for good.
    Rollback,
}

impl Lie {
    /// One of them, or none: the endpoint is honest.
    pub(crate) fn draw(random: &Random) -> Option<Self> {
        let all = [
            None,
            Some(Self::SlotAsHeight),
            Some(Self::Denial),
            Some(Self::Rollback),
        ];
        all[usize::try_from(random.below(4)).unwrap_or(0)]
    }

    pub(crate) fn of_epoch(self, info: EpochInfo) -> EpochInfo {
        match self {
            Self::SlotAsHeight => EpochInfo {
                height: Height::new(info.slot.get()),
                ..info
            },
            Self::Denial | Self::Rollback => info,
        }
    }

    pub(crate) fn of_statuses(
        self,
        mut statuses: At<Vec<Option<Status>>>,
    ) -> At<Vec<Option<Status>>> {
        for told in &mut statuses.value {
            match self {
                Self::SlotAsHeight => {}
                Self::Denial => *told = None,
                Self::Rollback => {
                    if let Some(status) = told {
                        status.outcome = rolled_back();
                        status.commitment = Commitment::Finalized;
                    }
                }
            }
        }
        statuses
    }

    pub(crate) fn of_history(self, mut entries: Vec<Entry>) -> Vec<Entry> {
        match self {
            Self::SlotAsHeight => {}
            Self::Denial => entries.clear(),
            Self::Rollback => {
                for entry in &mut entries {
                    entry.outcome = rolled_back();
                }
            }
        }
        entries
    }

    /// Whether it shows a transaction whole. One that shows it cannot say that it was rolled back.
    pub(crate) const fn shows_transactions(self) -> bool {
        matches!(self, Self::SlotAsHeight)
    }
}

fn rolled_back() -> Outcome {
    Err(Failure::Unknown("it says so".to_owned()))
}
