//! The instructions beside the swaps.

use amm::Address;
use amm::instruction::Instruction;
use amm::token::{ACCOUNT_LENGTH, TOKEN_PROGRAM, WRAPPED_SOL, is_program};
use chain_solana::address::{SYSTEM_PROGRAM, associated_token, with_seed};

use super::places::Places;
use super::{Refusal, Tally};

/// Bytes of a token account.
const ACCOUNT_BYTES: u64 = ACCOUNT_LENGTH as u64;
/// The longest seed of an address.
const SEED_BYTES_MAX: usize = 32;

const fn unknown(instruction: &Instruction, known: &'static str) -> Refusal {
    Refusal::Instruction {
        program: instruction.program,
        known,
    }
}

fn addresses<const N: usize>(instruction: &Instruction) -> Option<[Address; N]> {
    let all: Vec<_> = instruction.accounts.iter().map(|it| it.address).collect();
    all.try_into().ok()
}

/// What it may use, and what it offers for that: each once.
pub(super) fn compute_budget(instruction: &Instruction, tally: &mut Tally) -> Result<(), Refusal> {
    let is_first = match instruction.data.split_first() {
        Some((2, units)) => units
            .try_into()
            .ok()
            .map(|units| tally.set_units(u32::from_le_bytes(units))),
        Some((3, price)) => price
            .try_into()
            .ok()
            .map(|price| tally.set_price(u64::from_le_bytes(price))),
        _ => None,
    };
    match is_first {
        Some(true) => Ok(()),
        _ => Err(unknown(
            instruction,
            "a limit and a price of compute units, each once",
        )),
    }
}

/// A temporary account by a seed of the wallet, or a transfer of nothing from the wallet to itself.
pub(super) fn system(
    instruction: &Instruction,
    wallet: Address,
    places: &mut Places<'_>,
) -> Result<(), Refusal> {
    if is_transfer_of_nothing(instruction, wallet) {
        return Ok(());
    }
    let known = "making an account of wrapped SOL by a seed of the wallet, or a transfer of nothing to itself";
    let account = seeded(instruction, wallet).ok_or_else(|| unknown(instruction, known))?;
    places.make(account)
}

fn is_transfer_of_nothing(instruction: &Instruction, wallet: Address) -> bool {
    let nothing = [2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let mut accounts = instruction.accounts.iter().map(|it| it.address);
    instruction.data == nothing
        && accounts.next() == Some(wallet)
        && accounts.next() == Some(wallet)
}

/// The account that is made, where it is made as the engine does it. What it is given comes back when it is closed.
fn seeded(instruction: &Instruction, wallet: Address) -> Option<Address> {
    let [payer, account] = addresses(instruction)?;
    let data = instruction.data.strip_prefix(&[3, 0, 0, 0])?;
    let (base, data) = data.split_first_chunk::<32>()?;
    let (length, data) = data.split_first_chunk::<8>()?;
    let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
    if length > SEED_BYTES_MAX {
        return None;
    }
    let (seed, data) = data.split_at_checked(length)?;
    let (_lamports, data) = data.split_first_chunk::<8>()?;
    let (bytes, owner) = data.split_first_chunk::<8>()?;
    let seed = std::str::from_utf8(seed).ok()?;
    let is_ours = payer == wallet
        && *base == wallet.0
        && u64::from_le_bytes(*bytes) == ACCOUNT_BYTES
        && *owner == TOKEN_PROGRAM.0
        && account == with_seed(wallet, seed, TOKEN_PROGRAM);
    is_ours.then_some(account)
}

/// The wallet's usual account of a mint, made where it is not there yet.
pub(super) fn associated(
    instruction: &Instruction,
    wallet: Address,
    places: &mut Places<'_>,
    tally: &mut Tally,
) -> Result<(), Refusal> {
    let known = "making a usual account of the wallet where there is none";
    let unknown = || unknown(instruction, known);
    let [payer, account, owner, mint, system, program] =
        addresses(instruction).ok_or_else(unknown)?;
    let is_known = instruction.data == [1]
        && payer == wallet
        && owner == wallet
        && system == SYSTEM_PROGRAM
        && is_program(program);
    if !is_known {
        return Err(unknown());
    }
    if account != associated_token(wallet, mint, program) {
        return Err(Refusal::NotOwn(account));
    }
    places.show(account, mint);
    tally.make(account, program);
    Ok(())
}

/// A temporary account becomes one of wrapped SOL, and is closed to the wallet.
pub(super) fn token(
    instruction: &Instruction,
    wallet: Address,
    places: &mut Places<'_>,
) -> Result<(), Refusal> {
    let known = "opening a temporary account of wrapped SOL and closing it to the wallet";
    let unknown = || unknown(instruction, known);
    match instruction.data.split_first() {
        Some((18, owner)) => {
            let [account, mint] = addresses(instruction).ok_or_else(unknown)?;
            if owner != wallet.0 || mint != WRAPPED_SOL {
                return Err(unknown());
            }
            places.open(account)
        }
        Some((9, [])) => {
            let [account, to, authority] = addresses(instruction).ok_or_else(unknown)?;
            if to != wallet || authority != wallet {
                return Err(unknown());
            }
            places.close(account)
        }
        _ => Err(unknown()),
    }
}
