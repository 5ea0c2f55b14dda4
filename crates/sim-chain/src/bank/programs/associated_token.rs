//! The Associated Token program: it makes the account that holds a wallet's tokens of one mint. Recovering
//! nested accounts is not emulated.

use solana_address::Address;
use solana_instruction::{AccountMeta, Instruction};
use solana_instruction_error::InstructionError;

use super::token::{IMMUTABLE_OWNER, TokenAccount, tag};
use super::{ProgramResult, Reader};
use crate::bank::address;
use crate::bank::execution::invocation::Invocation;

/// What the program takes beside what it calls: measured on the real one.
const UNITS_START: u64 = 2_060;
const UNITS_CREATE: u64 = 9_300;
/// For each bump that is tried until an address is off the curve.
const UNITS_PER_BUMP: u64 = 1_500;

const INVALID_OWNER: InstructionError = InstructionError::Custom(0);

const FUNDER: usize = 0;
const ACCOUNT: usize = 1;
const WALLET: usize = 2;
const MINT: usize = 3;
const TOKEN_PROGRAM: usize = 5;

/// What the instruction is about.
struct Request {
    funder: Address,
    account: Address,
    wallet: Address,
    mint: Address,
    token_program: Address,
    bump: u8,
}

pub(super) fn run(invocation: &mut Invocation<'_, '_>) -> ProgramResult {
    invocation.charge(UNITS_START)?;
    let idempotent = match invocation.data() {
        [] | [0, ..] => false,
        [1, ..] => true,
        _ => return Err(InstructionError::InvalidInstructionData),
    };
    invocation.log(if idempotent {
        "CreateIdempotent"
    } else {
        "Create"
    });
    invocation.need_accounts(6)?;
    let request = Request::read(invocation)?;
    if idempotent && is_there_already(invocation, &request)? {
        return Ok(());
    }
    if invocation.account(ACCOUNT)?.owner != address::SYSTEM {
        return Err(InstructionError::IllegalOwner);
    }
    create(invocation, &request)
}

impl Request {
    fn read(invocation: &mut Invocation<'_, '_>) -> Result<Self, InstructionError> {
        let (wallet, mint) = (invocation.key(WALLET)?, invocation.key(MINT)?);
        let token_program = invocation.key(TOKEN_PROGRAM)?;
        let seeds = [wallet.as_ref(), token_program.as_ref(), mint.as_ref()];
        let derived = address::find_program_address(&seeds, &invocation.program());
        let tried = derived.map_or(u64::from(u8::MAX), |(_, bump)| 256 - u64::from(bump));
        invocation.charge(UNITS_PER_BUMP * tried)?;
        let account = invocation.key(ACCOUNT)?;
        match derived {
            Some((key, bump)) if key == account => Ok(Self {
                funder: invocation.key(FUNDER)?,
                account,
                wallet,
                mint,
                token_program,
                bump,
            }),
            _ => {
                invocation.log("Error: Associated address does not match seed derivation");
                Err(InstructionError::InvalidSeeds)
            }
        }
    }

    fn call(&self, accounts: Vec<AccountMeta>, data: Vec<u8>) -> Instruction {
        Instruction {
            program_id: self.token_program,
            accounts,
            data,
        }
    }
}

fn is_there_already(
    invocation: &mut Invocation<'_, '_>,
    request: &Request,
) -> Result<bool, InstructionError> {
    let account = invocation.account(ACCOUNT)?;
    if account.owner != request.token_program {
        return Ok(false);
    }
    let Ok(token) = TokenAccount::read(&account.data) else {
        return Ok(false);
    };
    if token.owner != request.wallet {
        invocation.log("Associated token account owner does not match address derivation");
        return Err(INVALID_OWNER);
    }
    if token.mint != request.mint {
        return Err(InstructionError::InvalidAccountData);
    }
    Ok(true)
}

fn create(invocation: &mut Invocation<'_, '_>, request: &Request) -> ProgramResult {
    let mint = AccountMeta::new_readonly(request.mint, false);
    let size = [
        &[tag::GET_ACCOUNT_DATA_SIZE][..],
        &IMMUTABLE_OWNER.to_le_bytes(),
    ]
    .concat();
    invocation.call(&request.call(vec![mint.clone()], size), &[])?;
    let bytes = invocation
        .return_data()
        .and_then(|data| Reader::new(data).u64());
    let bytes = bytes.ok_or(InstructionError::InvalidInstructionData)?;
    invocation.charge(UNITS_CREATE)?;
    make_account(invocation, request, bytes)?;

    invocation.log("Initialize the associated token account");
    let account = AccountMeta::new(request.account, false);
    let immutable = vec![tag::INITIALIZE_IMMUTABLE_OWNER];
    invocation.call(&request.call(vec![account.clone()], immutable), &[])?;
    let data = [&[tag::INITIALIZE_ACCOUNT_3][..], request.wallet.as_ref()].concat();
    invocation.call(&request.call(vec![account, mint], data), &[])
}

/// Somebody may have paid lamports to the address before, which must not keep it from being made.
fn make_account(
    invocation: &mut Invocation<'_, '_>,
    request: &Request,
    bytes: u64,
) -> ProgramResult {
    let rent = invocation.rent();
    let minimum = rent.minimum_balance(usize::try_from(bytes).unwrap_or(usize::MAX));
    let lamports = invocation.account(ACCOUNT)?.lamports;
    let funder = AccountMeta::new(request.funder, true);
    let account = AccountMeta::new(request.account, true);
    let owner = request.token_program.to_bytes();
    let system = |accounts: Vec<AccountMeta>, parts: &[&[u8]]| Instruction {
        program_id: address::SYSTEM,
        accounts,
        data: parts.concat(),
    };
    let bump = [request.bump];
    let seeds: &[&[u8]] = &[
        request.wallet.as_ref(),
        request.token_program.as_ref(),
        request.mint.as_ref(),
        &bump,
    ];
    if lamports == 0 {
        let data = [
            &[0; 4][..],
            &minimum.to_le_bytes(),
            &bytes.to_le_bytes(),
            &owner,
        ];
        return invocation.call(&system(vec![funder, account], &data), &[seeds]);
    }
    let missing = minimum.saturating_sub(lamports);
    if missing > 0 {
        let target = AccountMeta::new(request.account, false);
        let data = [&2_u32.to_le_bytes()[..], &missing.to_le_bytes()];
        invocation.call(&system(vec![funder, target], &data), &[])?;
    }
    let data = [&8_u32.to_le_bytes()[..], &bytes.to_le_bytes()];
    invocation.call(&system(vec![account.clone()], &data), &[seeds])?;
    let data = [&1_u32.to_le_bytes()[..], &owner];
    invocation.call(&system(vec![account], &data), &[seeds])
}
