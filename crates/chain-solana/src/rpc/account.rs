//! Accounts as they stand on the chain, and how they are searched.

use std::fmt;

use amm::Address;

use super::Lamports;

/// An account.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// What it holds of native SOL.
    pub lamports: Lamports,
    /// The program that may write it.
    pub owner: Address,
    /// Whether it is a program.
    pub executable: bool,
    /// Its bytes.
    pub data: Vec<u8>,
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account")
            .field("lamports", &self.lamports)
            .field("owner", &self.owner)
            .field("executable", &self.executable)
            .field("bytes", &self.data.len())
            .finish()
    }
}

/// What an account must be to be found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filter {
    /// It has this many bytes.
    Size(u64),
    /// It holds these bytes, at most [`super::FILTER_BYTES_MAX`], at an offset.
    Bytes {
        /// Where.
        offset: u64,
        /// Which.
        bytes: Vec<u8>,
    },
}

impl Filter {
    /// An account that holds an address at an offset.
    #[must_use]
    pub fn address(offset: u64, address: Address) -> Self {
        Self::Bytes {
            offset,
            bytes: address.0.to_vec(),
        }
    }

    /// Whether an account's bytes pass.
    #[must_use]
    pub fn admits(&self, data: &[u8]) -> bool {
        match self {
            Self::Size(size) => u64::try_from(data.len()) == Ok(*size),
            Self::Bytes { offset, bytes } => usize::try_from(*offset)
                .ok()
                .and_then(|offset| data.get(offset..))
                .is_some_and(|rest| rest.starts_with(bytes)),
        }
    }
}
