//! The calls of [`crate::Rpc`], as what an endpoint may lack or limit.

use std::time::Duration;

/// A call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    EpochInfo,
    LatestBlockhash,
    Accounts,
    ProgramAccounts,
    MinimumBalance,
    Simulate,
    Send,
    Statuses,
    Transaction,
    History,
    Fees,
    Genesis,
    Blocks,
}

pub(super) const METHODS: usize = 13;

impl Method {
    /// How long one endpoint has for an answer where another can be asked.
    pub(super) const fn patience(self) -> Duration {
        match self {
            // These may be megabytes.
            Self::ProgramAccounts | Self::Blocks => Duration::from_secs(10),
            _ => Duration::from_secs(2),
        }
    }

    /// The time between two calls that nobody has complained about yet, on average.
    pub(super) const fn interval(self) -> Duration {
        match self {
            Self::ProgramAccounts => Duration::from_millis(50),
            _ => Duration::from_micros(500),
        }
    }
}
