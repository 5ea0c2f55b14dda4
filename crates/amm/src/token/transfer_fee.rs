//! Transfer fees of Token-2022 mints: the token program keeps a part of every transfer.
//!
//! The pool sees what is left of the input, and the wallet what is left of the output.

use super::bytes;
use crate::rounding::{mul_div_ceil, narrow_u64};
use crate::{Direction, Refusal};

/// Basis points in one.
const BASIS_POINTS: u16 = 10_000;
/// Where in the extension the older fee stands.
const OLDER_FEE_OFFSET: usize = 72;
const FEE_LENGTH: usize = 18;

/// What the token program keeps of a transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TransferFee {
    /// The part it keeps.
    pub basis_points: u16,
    /// It never keeps more.
    pub maximum: u64,
}

/// What the token programs keep of a swap's two transfers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TransferFees {
    /// Of what is paid.
    pub input: TransferFee,
    /// Of what is received.
    pub output: TransferFee,
}

impl TransferFee {
    /// A mint without the extension.
    pub const NONE: Self = Self {
        basis_points: 0,
        maximum: 0,
    };

    /// What is kept of an amount sent.
    pub fn of(&self, sent: u64) -> Result<u64, Refusal> {
        let fee = mul_div_ceil(sent.into(), self.basis_points.into(), BASIS_POINTS.into())?;
        Ok(narrow_u64(fee)?.min(self.maximum))
    }

    /// What arrives of an amount sent.
    pub fn arriving(&self, sent: u64) -> Result<u64, Refusal> {
        sent.checked_sub(self.of(sent)?).ok_or(Refusal::Overflow)
    }

    /// What the programs send for an amount to arrive.
    pub fn to_send(&self, arriving: u64) -> Result<u64, Refusal> {
        let fee = self.on_top(arriving)?;
        let sent = arriving.checked_add(fee).ok_or(Refusal::Overflow)?;
        // The programs refuse where the inverse is not exact.
        if self.of(sent)? == fee {
            Ok(sent)
        } else {
            Err(Refusal::Overflow)
        }
    }

    fn on_top(&self, arriving: u64) -> Result<u64, Refusal> {
        if self.basis_points == 0 || arriving == 0 {
            return Ok(0);
        }
        let kept = BASIS_POINTS.saturating_sub(self.basis_points);
        if kept == 0 {
            return Ok(self.maximum);
        }
        let sent = mul_div_ceil(arriving.into(), BASIS_POINTS.into(), kept.into())?;
        match sent.checked_sub(arriving.into()) {
            Some(fee) if fee >= self.maximum.into() => Ok(self.maximum),
            _ => self.of(narrow_u64(sent)?),
        }
    }
}

impl TransferFees {
    /// Tokens whose transfers cost nothing.
    pub const NONE: Self = Self {
        input: TransferFee::NONE,
        output: TransferFee::NONE,
    };

    /// Those of a swap in this direction, from the fees of the pool's tokens.
    #[must_use]
    pub fn new(direction: Direction, first_and_second: (TransferFee, TransferFee)) -> Self {
        let (input, output) = direction.in_out(first_and_second);
        Self { input, output }
    }
}

/// A mint's older and newer fee with the epoch each holds from.
pub(super) fn of_extension(body: &[u8]) -> Option<[(u64, TransferFee); 2]> {
    Some([
        fee(body, OLDER_FEE_OFFSET)?,
        fee(body, OLDER_FEE_OFFSET + FEE_LENGTH)?,
    ])
}

fn fee(body: &[u8], offset: usize) -> Option<(u64, TransferFee)> {
    let fee = TransferFee {
        maximum: u64::from_le_bytes(bytes(body, offset + 8)?),
        basis_points: u16::from_le_bytes(bytes(body, offset + 16)?),
    };
    Some((u64::from_le_bytes(bytes(body, offset)?), fee))
}
