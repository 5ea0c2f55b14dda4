//! The Memo programs: a text for the log, signed by whoever is named.

use solana_instruction_error::InstructionError;

use super::ProgramResult;
use crate::bank::execution::invocation::Invocation;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::bank) enum Version {
    V1,
    V3,
}

/// Measured on the real programs.
const UNITS: u64 = 1_382;
const UNITS_PER_BYTE: u64 = 366;
const UNITS_PER_SIGNER: u64 = 13_500;
const UNITS_V1: u64 = 300;

pub(super) fn run(invocation: &mut Invocation<'_, '_>, version: Version) -> ProgramResult {
    let text = invocation.data();
    if version == Version::V1 {
        invocation.charge(UNITS_V1)?;
        return std::str::from_utf8(text)
            .map(|_| ())
            .map_err(|_| InstructionError::InvalidInstructionData);
    }
    invocation.charge(UNITS)?;
    let signers = invocation.account_count();
    let mut all = true;
    for at in 0..signers {
        if invocation.is_signer(at)? {
            invocation.charge(UNITS_PER_SIGNER)?;
            let key = invocation.key(at)?;
            invocation.log(&format!("Signed by {key}"));
        } else {
            all = false;
        }
    }
    if !all {
        return Err(InstructionError::MissingRequiredSignature);
    }
    match std::str::from_utf8(text) {
        Ok(text) => {
            invocation.charge(UNITS_PER_BYTE * text.len() as u64)?;
            invocation.log(&format!("Memo (len {}): {text:?}", text.len()));
            Ok(())
        }
        Err(error) => {
            let valid = error.valid_up_to();
            invocation.log(&format!("Invalid UTF-8, from byte {valid}"));
            Err(InstructionError::InvalidInstructionData)
        }
    }
}
