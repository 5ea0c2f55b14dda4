//! Who must have signed: one key, or some of a multisig account's keys.

use solana_address::Address;
use solana_instruction_error::InstructionError;

use super::error::TokenError;
use super::state::MULTISIG_BYTES;
use crate::bank::address::is_token_program;
use crate::bank::execution::invocation::Invocation;
use crate::bank::programs::ProgramResult;

const SIGNERS_AT: usize = 3;
const SIGNERS_MAX: usize = 11;

/// Checks that the account at `at` is `expected` and signed. The signers of a multisig follow it.
pub(super) fn check(
    invocation: &Invocation<'_, '_>,
    expected: &Address,
    at: usize,
) -> ProgramResult {
    if *expected != invocation.key(at)? {
        return Err(TokenError::OwnerMismatch.into());
    }
    let authority = invocation.account(at)?;
    let signed = if is_token_program(&authority.owner) && authority.data.len() == MULTISIG_BYTES {
        enough_signed(invocation, &authority.data, at + 1)?
    } else {
        invocation.is_signer(at)?
    };
    if signed {
        return Ok(());
    }
    Err(InstructionError::MissingRequiredSignature)
}

fn enough_signed(
    invocation: &Invocation<'_, '_>,
    multisig: &[u8],
    first: usize,
) -> Result<bool, InstructionError> {
    let (needed, known, initialized) = (multisig[0], usize::from(multisig[1]), multisig[2]);
    if initialized != 1 {
        return Err(InstructionError::UninitializedAccount);
    }
    let (keys, _) = multisig[SIGNERS_AT..].as_chunks::<32>();
    let keys = &keys[..known.min(SIGNERS_MAX)];
    let mut matched = [false; SIGNERS_MAX];
    for at in first..invocation.account_count() {
        let key = invocation.key(at)?;
        for (known, matched) in keys.iter().zip(&mut matched) {
            if key.as_array() == known && !*matched {
                if !invocation.is_signer(at)? {
                    return Err(InstructionError::MissingRequiredSignature);
                }
                *matched = true;
            }
        }
    }
    let signed = matched.iter().filter(|matched| **matched).count();
    Ok(signed >= usize::from(needed))
}
