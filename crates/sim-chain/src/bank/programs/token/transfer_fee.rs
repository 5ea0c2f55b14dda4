//! The transfer-fee extension of Token-2022: a mint keeps a part of every transfer in the receiving account, where
//! it is withheld until somebody collects it.

use solana_address::Address;
use solana_instruction_error::InstructionError;

use super::error::TokenError;
use super::extension::{self, TRANSFER_FEE_AMOUNT, TRANSFER_FEE_CONFIG};
use super::state::Mint;
use super::{Edition, check_owned};
use crate::bank::execution::invocation::Invocation;
use crate::bank::programs::{ProgramResult, Reader};

pub(super) const CONFIG_BYTES: usize = 108;
const BPS: u128 = 10_000;

/// What a mint keeps of transfers, and who may change and collect it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FeeConfig {
    pub(crate) authority: Option<Address>,
    pub(crate) withdrawer: Option<Address>,
    pub(crate) withheld: u64,
    pub(crate) older: TransferFee,
    pub(crate) newer: TransferFee,
}

/// A fee, from an epoch on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TransferFee {
    pub(crate) epoch: u64,
    pub(crate) maximum: u64,
    pub(crate) bps: u16,
}

impl FeeConfig {
    pub(super) fn read(value: &[u8]) -> Option<Self> {
        let mut data = Reader::new(value);
        // An address of zeros is none.
        let key = |data: &mut Reader<'_>| {
            let key = data.address()?;
            Some((key != Address::default()).then_some(key))
        };
        Some(Self {
            authority: key(&mut data)?,
            withdrawer: key(&mut data)?,
            withheld: data.u64()?,
            older: TransferFee::read(&mut data)?,
            newer: TransferFee::read(&mut data)?,
        })
    }

    /// Writes it into a mint that has the extension.
    pub(super) fn write(self, mint: &mut [u8]) -> ProgramResult {
        let range = extension::find(mint, TRANSFER_FEE_CONFIG);
        let range = range.filter(|range| range.len() == CONFIG_BYTES);
        let range = range.ok_or(InstructionError::InvalidAccountData)?;
        mint[range].copy_from_slice(&self.to_bytes());
        Ok(())
    }

    fn to_bytes(self) -> Vec<u8> {
        [
            self.authority.unwrap_or_default().as_ref(),
            self.withdrawer.unwrap_or_default().as_ref(),
            &self.withheld.to_le_bytes(),
            &self.older.to_bytes(),
            &self.newer.to_bytes(),
        ]
        .concat()
    }
}

impl TransferFee {
    fn read(data: &mut Reader<'_>) -> Option<Self> {
        Some(Self {
            epoch: data.u64()?,
            maximum: data.u64()?,
            bps: data.u16()?,
        })
    }

    fn to_bytes(self) -> Vec<u8> {
        [
            &self.epoch.to_le_bytes()[..],
            &self.maximum.to_le_bytes(),
            &self.bps.to_le_bytes(),
        ]
        .concat()
    }

    pub(super) fn check(self) -> Result<(), TokenError> {
        if u128::from(self.bps) > BPS {
            return Err(TokenError::TransferFeeExceedsMaximum);
        }
        Ok(())
    }

    /// What is kept of an amount: never more than the maximum, rounded up below it.
    fn of(self, amount: u64) -> u64 {
        let fee = (u128::from(amount) * u128::from(self.bps)).div_ceil(BPS);
        u64::try_from(fee).unwrap_or(u64::MAX).min(self.maximum)
    }
}

/// What a mint keeps of a transfer in an epoch.
pub(super) fn fee(mint: &[u8], epoch: u64, amount: u64) -> u64 {
    let config = extension::find(mint, TRANSFER_FEE_CONFIG);
    let Some(config) = config.and_then(|range| FeeConfig::read(&mint[range])) else {
        return 0;
    };
    if epoch >= config.newer.epoch {
        config.newer.of(amount)
    } else {
        config.older.of(amount)
    }
}

/// What was kept of transfers to an account.
pub(super) fn withheld(account: &[u8]) -> Option<u64> {
    let range = extension::find(account, TRANSFER_FEE_AMOUNT)?;
    Reader::new(&account[range]).u64()
}

/// Adds to what was kept of transfers to an account.
pub(super) fn withhold(account: &mut [u8], fee: u64) -> Result<(), TokenError> {
    let range = extension::find(account, TRANSFER_FEE_AMOUNT).ok_or(TokenError::InvalidState)?;
    let kept = withheld(account).ok_or(TokenError::InvalidState)?;
    let sum = kept.checked_add(fee).ok_or(TokenError::Overflow)?;
    account[range][..8].copy_from_slice(&sum.to_le_bytes());
    Ok(())
}

/// Forgets what was kept of transfers to an account, which goes elsewhere.
pub(super) fn clear_withheld(account: &mut [u8]) {
    if let Some(range) = extension::find(account, TRANSFER_FEE_AMOUNT) {
        account[range].fill(0);
    }
}

/// Gives a mint that is not initialised yet a transfer fee.
pub(super) fn initialize(
    invocation: &mut Invocation<'_, '_>,
    data: &mut Reader<'_>,
) -> ProgramResult {
    let epoch = invocation.clock().epoch;
    let config = asked(data, epoch).ok_or_else(|| Edition::Token2022.bad_data())?;
    check_owned(invocation, 0)?;
    let mint = &invocation.account(0)?.data;
    if !Mint::is_free(mint, Edition::Token2022)? {
        return Err(TokenError::AlreadyInUse.into());
    }
    let mint = invocation.data_mut(0)?;
    extension::append(mint, TRANSFER_FEE_CONFIG, CONFIG_BYTES)?;
    config.newer.check()?;
    config.write(mint)
}

fn asked(data: &mut Reader<'_>, epoch: u64) -> Option<FeeConfig> {
    let authority = data.optional_address()?;
    let withdrawer = data.optional_address()?;
    let bps = data.u16()?;
    let fee = TransferFee {
        epoch,
        maximum: data.u64()?,
        bps,
    };
    Some(FeeConfig {
        authority,
        withdrawer,
        withheld: 0,
        older: fee,
        newer: fee,
    })
}
