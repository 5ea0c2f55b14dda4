//! Extensions of Token-2022 mints, as far as they say whether and how a token can be traded.

use std::fmt;

use super::transfer_fee::{self, TransferFee};
use super::{ACCOUNT_LENGTH, bytes};

/// The byte that tells mints from accounts.
pub(super) const KIND_LENGTH: usize = 1;
/// Kind and length of what stands before each extension's value.
pub(super) const HEADER_LENGTH: usize = 4;

/// What each extension of a mint is called by its number.
pub(super) mod kind {
    pub(in crate::token) const END: u16 = 0;
    pub(in crate::token) const TRANSFER_FEE: u16 = 1;
    pub(in crate::token) const MINT_CLOSE_AUTHORITY: u16 = 3;
    pub(in crate::token) const CONFIDENTIAL_TRANSFER: u16 = 4;
    pub(in crate::token) const DEFAULT_ACCOUNT_STATE: u16 = 6;
    pub(in crate::token) const NON_TRANSFERABLE: u16 = 9;
    pub(in crate::token) const INTEREST_BEARING: u16 = 10;
    pub(in crate::token) const PERMANENT_DELEGATE: u16 = 12;
    pub(in crate::token) const TRANSFER_HOOK: u16 = 14;
    pub(in crate::token) const CONFIDENTIAL_TRANSFER_FEE: u16 = 16;
    /// From here on: pointers to and contents of metadata and groups.
    pub(in crate::token) const METADATA_POINTER: u16 = 18;
    pub(in crate::token) const TOKEN_GROUP_MEMBER: u16 = 23;
    pub(in crate::token) const CONFIDENTIAL_MINT_BURN: u16 = 24;
    pub(in crate::token) const SCALED_UI_AMOUNT: u16 = 25;
    pub(in crate::token) const PAUSABLE: u16 = 26;
    pub(in crate::token) const PERMISSIONED_BURN: u16 = 28;
}

/// The state of an account that its mint's issuer must unfreeze first.
const FROZEN: u8 = 2;

/// Why a mint is not traded: with such an extension somebody else decides whether a swap succeeds, or what becomes of
/// what was bought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Obstacle {
    /// A program of the issuer runs in each transfer.
    TransferHook,
    /// Somebody may take the token out of every wallet.
    PermanentDelegate,
    /// It stays where it is.
    NonTransferable,
    /// New accounts are frozen.
    DefaultFrozen,
    /// Somebody may stop all transfers.
    Pausable,
    /// Balances may be hidden.
    Confidential,
    /// An extension that came after this program.
    Unknown(u16),
    /// The list of extensions ends in the middle of one.
    Unreadable,
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TransferHook => "has a transfer hook",
            Self::PermanentDelegate => "has a permanent delegate",
            Self::NonTransferable => "is non-transferable",
            Self::DefaultFrozen => "freezes new accounts by default",
            Self::Pausable => "is pausable",
            Self::Confidential => "has confidential transfers",
            Self::Unknown(number) => {
                return write!(
                    f,
                    "has an extension that is not known here (number {number})"
                );
            }
            Self::Unreadable => "has extensions that cannot be read",
        })
    }
}

/// What is read of a mint's extensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Extensions {
    /// What a transfer costs: until an epoch, and from it on.
    pub(super) transfer_fees: Option<[(u64, TransferFee); 2]>,
    /// The first one that keeps it from being traded.
    pub(super) obstacle: Option<Obstacle>,
}

impl Extensions {
    pub(super) fn of_mint(data: &[u8]) -> Self {
        let mut found = Self::default();
        for (kind, body) in all_of(data) {
            match body {
                Some(body) => found.add(kind, body),
                None => found.stop(Obstacle::Unreadable),
            }
        }
        found
    }

    fn add(&mut self, kind: u16, body: &[u8]) {
        use kind::*;
        let obstacle = match kind {
            TRANSFER_FEE => {
                self.transfer_fees = transfer_fee::of_extension(body);
                match self.transfer_fees {
                    Some(_) => return,
                    None => Obstacle::Unreadable,
                }
            }
            DEFAULT_ACCOUNT_STATE => match body.first() {
                Some(&FROZEN) => Obstacle::DefaultFrozen,
                Some(_) => return,
                None => Obstacle::Unreadable,
            },
            CONFIDENTIAL_TRANSFER | CONFIDENTIAL_TRANSFER_FEE | CONFIDENTIAL_MINT_BURN => {
                Obstacle::Confidential
            }
            NON_TRANSFERABLE => Obstacle::NonTransferable,
            PERMANENT_DELEGATE => Obstacle::PermanentDelegate,
            TRANSFER_HOOK => Obstacle::TransferHook,
            PAUSABLE => Obstacle::Pausable,
            MINT_CLOSE_AUTHORITY
            | INTEREST_BEARING
            | METADATA_POINTER..=TOKEN_GROUP_MEMBER
            | SCALED_UI_AMOUNT
            | PERMISSIONED_BURN => return,
            other => Obstacle::Unknown(other),
        };
        self.stop(obstacle);
    }

    fn stop(&mut self, obstacle: Obstacle) {
        self.obstacle.get_or_insert(obstacle);
    }
}

/// The kind of each of a mint's extensions with its value, which is absent where the list ends in the middle of it.
pub(super) fn all_of(mint: &[u8]) -> impl Iterator<Item = (u16, Option<&[u8]>)> {
    // They stand behind the length of a token account and one byte that tells mints from accounts.
    let mut rest = mint.get(ACCOUNT_LENGTH + KIND_LENGTH..).unwrap_or_default();
    std::iter::from_fn(move || {
        // What is shorter than a number is padding.
        let kind = u16::from_le_bytes(bytes(rest, 0)?);
        if kind == kind::END {
            return None;
        }
        let (body, behind) = body(rest).unzip();
        rest = behind.unwrap_or_default();
        Some((kind, body))
    })
}

/// An extension's value, and what stands behind it.
fn body(extension: &[u8]) -> Option<(&[u8], &[u8])> {
    let length = usize::from(u16::from_le_bytes(bytes(extension, 2)?));
    extension.get(HEADER_LENGTH..)?.split_at_checked(length)
}
