//! The System program: accounts are made and lamports are moved. Nonce accounts are not emulated.

use solana_address::Address;
use solana_instruction_error::InstructionError;

use super::{ProgramResult, Reader};
use crate::bank::address::{self, BadSeeds};
use crate::bank::execution::invocation::{DATA_BYTES_MAX, Invocation};

const UNITS: u64 = 150;

const ALREADY_IN_USE: InstructionError = InstructionError::Custom(0);
const NEGATIVE_LAMPORTS: InstructionError = InstructionError::Custom(1);
const INVALID_DATA_LENGTH: InstructionError = InstructionError::Custom(3);
const SEED_MISMATCH: InstructionError = InstructionError::Custom(5);

const TRANSFER_WITH_SEED: u32 = 11;

/// An account to be made or changed, and who must sign for that: it itself, or the base it is derived from.
struct Target {
    at: usize,
    key: Address,
    base: Option<Address>,
}

impl Target {
    fn has_signed(&self, invocation: &Invocation<'_, '_>) -> bool {
        invocation.has_signed(self.base.as_ref().unwrap_or(&self.key))
    }

    /// As Solana's own log lines write it.
    fn text(&self) -> String {
        format!("Address {{ address: {}, base: {:?} }}", self.key, self.base)
    }
}

pub(super) fn run(invocation: &mut Invocation<'_, '_>) -> ProgramResult {
    invocation.charge(UNITS)?;
    let mut data = Reader::new(invocation.data());
    let tag = data.u32().ok_or(InstructionError::InvalidInstructionData)?;
    execute(invocation, tag, &mut data)
}

fn execute(invocation: &mut Invocation<'_, '_>, tag: u32, data: &mut Reader<'_>) -> ProgramResult {
    let invalid = InstructionError::InvalidInstructionData;
    match tag {
        0 => {
            let terms = NewAccount::read(data).ok_or(invalid)?;
            need(invocation, 2)?;
            let target = Target::at(invocation, 1)?;
            create_account(invocation, &target, &terms)
        }
        1 => {
            let owner = data.address().ok_or(invalid)?;
            need(invocation, 1)?;
            assign(invocation, &Target::at(invocation, 0)?, owner)
        }
        2 => {
            let lamports = data.u64().ok_or(invalid)?;
            need(invocation, 2)?;
            transfer(invocation, lamports)
        }
        3 => {
            let base = data.address().ok_or(invalid.clone())?;
            let seed = data.text().ok_or(invalid.clone())?;
            let terms = NewAccount::read(data).ok_or(invalid)?;
            need(invocation, 2)?;
            let target = Target::seeded(invocation, 1, base, seed, &terms.owner)?;
            create_account(invocation, &target, &terms)
        }
        8 => {
            let bytes = data.u64().ok_or(invalid)?;
            need(invocation, 1)?;
            allocate(invocation, &Target::at(invocation, 0)?, bytes)
        }
        9 => {
            let base = data.address().ok_or(invalid.clone())?;
            let seed = data.text().ok_or(invalid.clone())?;
            let bytes = data.u64().ok_or(invalid.clone())?;
            let owner = data.address().ok_or(invalid)?;
            need(invocation, 1)?;
            let target = Target::seeded(invocation, 0, base, seed, &owner)?;
            allocate(invocation, &target, bytes)?;
            assign(invocation, &target, owner)
        }
        10 => {
            let base = data.address().ok_or(invalid.clone())?;
            let seed = data.text().ok_or(invalid.clone())?;
            let owner = data.address().ok_or(invalid)?;
            need(invocation, 1)?;
            let target = Target::seeded(invocation, 0, base, seed, &owner)?;
            assign(invocation, &target, owner)
        }
        TRANSFER_WITH_SEED => {
            let lamports = data.u64().ok_or(invalid.clone())?;
            let seed = data.text().ok_or(invalid.clone())?;
            let owner = data.address().ok_or(invalid)?;
            need(invocation, 3)?;
            transfer_with_seed(invocation, lamports, seed, &owner)
        }
        _ => Err(invalid),
    }
}

struct NewAccount {
    lamports: u64,
    bytes: u64,
    owner: Address,
}

impl NewAccount {
    fn read(data: &mut Reader<'_>) -> Option<Self> {
        Some(Self {
            lamports: data.u64()?,
            bytes: data.u64()?,
            owner: data.address()?,
        })
    }
}

impl Target {
    fn at(invocation: &Invocation<'_, '_>, at: usize) -> Result<Self, InstructionError> {
        Ok(Self {
            at,
            key: invocation.key(at)?,
            base: None,
        })
    }

    fn seeded(
        invocation: &mut Invocation<'_, '_>,
        at: usize,
        base: Address,
        seed: &str,
        owner: &Address,
    ) -> Result<Self, InstructionError> {
        let key = invocation.key(at)?;
        let derived = address::with_seed(&base, seed, owner).map_err(seed_error)?;
        if key != derived {
            invocation.log_bare(format!(
                "Create: address {key} does not match derived address {derived}"
            ));
            return Err(SEED_MISMATCH);
        }
        Ok(Self {
            at,
            key,
            base: Some(base),
        })
    }
}

fn create_account(
    invocation: &mut Invocation<'_, '_>,
    target: &Target,
    terms: &NewAccount,
) -> ProgramResult {
    if invocation.account(target.at)?.lamports > 0 {
        invocation.log_bare(format!(
            "Create Account: account {} already in use",
            target.text()
        ));
        return Err(ALREADY_IN_USE);
    }
    allocate(invocation, target, terms.bytes)?;
    assign(invocation, target, terms.owner)?;
    transfer(invocation, terms.lamports)
}

fn allocate(invocation: &mut Invocation<'_, '_>, target: &Target, bytes: u64) -> ProgramResult {
    if !target.has_signed(invocation) {
        let text = target.text();
        invocation.log_bare(format!("Allocate: 'to' account {text} must sign"));
        return Err(InstructionError::MissingRequiredSignature);
    }
    let account = invocation.account(target.at)?;
    if !account.data.is_empty() || account.owner != address::SYSTEM {
        invocation.log_bare(format!(
            "Allocate: account {} already in use",
            target.text()
        ));
        return Err(ALREADY_IN_USE);
    }
    match usize::try_from(bytes) {
        Ok(bytes) if bytes <= DATA_BYTES_MAX => invocation.resize(target.at, bytes),
        _ => {
            invocation.log_bare(format!(
                "Allocate: requested {bytes}, max allowed {DATA_BYTES_MAX}"
            ));
            Err(INVALID_DATA_LENGTH)
        }
    }
}

fn assign(invocation: &mut Invocation<'_, '_>, target: &Target, owner: Address) -> ProgramResult {
    if invocation.account(target.at)?.owner == owner {
        return Ok(());
    }
    if !target.has_signed(invocation) {
        let text = target.text();
        invocation.log_bare(format!("Assign: account {text} must sign"));
        return Err(InstructionError::MissingRequiredSignature);
    }
    invocation.assign(target.at, owner)
}

fn transfer(invocation: &mut Invocation<'_, '_>, lamports: u64) -> ProgramResult {
    if !invocation.is_signer(0)? {
        let from = invocation.key(0)?;
        invocation.log_bare(format!("Transfer: `from` account {from} must sign"));
        return Err(InstructionError::MissingRequiredSignature);
    }
    move_checked(invocation, 1, lamports)
}

fn transfer_with_seed(
    invocation: &mut Invocation<'_, '_>,
    lamports: u64,
    seed: &str,
    owner: &Address,
) -> ProgramResult {
    let (from, base) = (invocation.key(0)?, invocation.key(1)?);
    if !invocation.is_signer(1)? {
        invocation.log_bare(format!("Transfer: 'from' account {base} must sign"));
        return Err(InstructionError::MissingRequiredSignature);
    }
    let derived = address::with_seed(&base, seed, owner).map_err(seed_error)?;
    if from != derived {
        invocation.log_bare(format!(
            "Transfer: 'from' address {from} does not match derived address {derived}"
        ));
        return Err(SEED_MISMATCH);
    }
    move_checked(invocation, 2, lamports)
}

fn move_checked(invocation: &mut Invocation<'_, '_>, to: usize, lamports: u64) -> ProgramResult {
    let from = invocation.account(0)?;
    if !from.data.is_empty() {
        invocation.log_bare("Transfer: `from` must not carry data".to_owned());
        return Err(InstructionError::InvalidArgument);
    }
    let has = from.lamports;
    if lamports > has {
        invocation.log_bare(format!(
            "Transfer: insufficient lamports {has}, need {lamports}"
        ));
        return Err(NEGATIVE_LAMPORTS);
    }
    invocation.move_lamports(0, to, lamports)
}

/// The runtime's own program has another error for this than those that are loaded.
fn need(invocation: &Invocation<'_, '_>, count: usize) -> ProgramResult {
    if invocation.account_count() < count {
        return Err(InstructionError::MissingAccount);
    }
    Ok(())
}

/// Solana shows the number of the seed's own error as if it were the program's.
const fn seed_error(error: BadSeeds) -> InstructionError {
    InstructionError::Custom(error.code())
}
