//! Instructions: a program, accounts in their order, and bytes.

use crate::Address;
use crate::error::Failure;

/// An account that an instruction names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountMeta {
    /// Which account.
    pub address: Address,
    /// Whether its owner has signed.
    pub is_signer: bool,
    /// Whether it may be written.
    pub is_writable: bool,
}

/// An instruction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instruction {
    /// The program it calls.
    pub program: Address,
    /// Its accounts, in the program's order.
    pub accounts: Vec<AccountMeta>,
    /// What the program is told.
    pub data: Vec<u8>,
}

/// How much is swapped, and what is the worst that the trader takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Amounts {
    /// A sale.
    ExactIn {
        /// What is paid, transfer fees included.
        amount_in: u64,
        /// The least that arrives in the trader's account.
        min_amount_out: u64,
    },
    /// A purchase.
    ExactOut {
        /// What arrives in the trader's account.
        amount_out: u64,
        /// The most that is paid, transfer fees included.
        max_amount_in: u64,
    },
}

/// The trader's side of a swap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trader {
    /// Who signs.
    pub wallet: Address,
    /// The token account that pays.
    pub input: Address,
    /// The token account that receives.
    pub output: Address,
}

/// As CPMM, AMM v4 and DLMM write them: two instructions, each with what is paid before what is received.
impl Amounts {
    pub(crate) const fn sale((amount_in, min_amount_out): (u64, u64)) -> Self {
        Self::ExactIn {
            amount_in,
            min_amount_out,
        }
    }

    pub(crate) const fn purchase((max_amount_in, amount_out): (u64, u64)) -> Self {
        Self::ExactOut {
            amount_out,
            max_amount_in,
        }
    }

    /// The bytes of the instruction that is named so for a sale, and so for a purchase.
    pub(crate) fn data(self, sale: &[u8], purchase: &[u8]) -> Vec<u8> {
        match self {
            Self::ExactIn {
                amount_in,
                min_amount_out,
            } => data(sale, &[amount_in, min_amount_out]),
            Self::ExactOut {
                amount_out,
                max_amount_in,
            } => data(purchase, &[max_amount_in, amount_out]),
        }
    }
}

impl AccountMeta {
    /// An account that is only read.
    #[must_use]
    pub const fn read(address: Address) -> Self {
        Self {
            address,
            is_signer: false,
            is_writable: false,
        }
    }

    /// An account that is written.
    #[must_use]
    pub const fn write(address: Address) -> Self {
        Self {
            address,
            is_signer: false,
            is_writable: true,
        }
    }

    /// An account whose owner signs.
    #[must_use]
    pub const fn sign(address: Address) -> Self {
        Self {
            address,
            is_signer: true,
            is_writable: false,
        }
    }
}

/// Reads an instruction's bytes from their beginning.
pub(crate) struct Data<'a>(pub(crate) &'a [u8]);

impl Data<'_> {
    /// The next integer. Programs ignore what stands behind the last one.
    pub(crate) fn u64(&mut self) -> Option<u64> {
        let (bytes, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u64::from_le_bytes(*bytes))
    }

    /// The next two integers.
    pub(crate) fn two_u64(&mut self) -> Option<(u64, u64)> {
        Some((self.u64()?, self.u64()?))
    }
}

/// An instruction's bytes: what names it, and integers.
pub(crate) fn data(name: &[u8], integers: &[u64]) -> Vec<u8> {
    let integers = integers.iter().flat_map(|it| it.to_le_bytes());
    name.iter().copied().chain(integers).collect()
}

/// The first `N` accounts, which must be there.
pub(crate) fn accounts<const N: usize>(
    accounts: &[AccountMeta],
) -> Result<[AccountMeta; N], Failure> {
    let found = accounts.first_chunk().copied();
    found.ok_or(Failure::Custom(
        &crate::error::anchor::ACCOUNT_NOT_ENOUGH_KEYS,
    ))
}
