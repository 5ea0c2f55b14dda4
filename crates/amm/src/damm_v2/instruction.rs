//! DAMM v2's swap instructions.

use super::Deployment;
use super::quote::Mode;
use crate::Address;
use crate::error::{Failure, anchor, damm_v2};
use crate::instruction::{AccountMeta, Amounts, Data, Instruction, Trader, accounts, data};

const SWAP: [u8; 8] = [248, 198, 158, 145, 225, 117, 135, 200];
const SWAP2: [u8; 8] = [65, 75, 63, 76, 235, 91, 91, 136];

/// What every transaction can look at its own instructions by; an active rate limiter wants it behind the accounts.
pub const INSTRUCTIONS_SYSVAR: Address =
    Address::literal("Sysvar1nstructions1111111111111111111111111");

/// A swap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SwapInstruction {
    /// Who swaps, from and to which accounts.
    pub trader: Trader,
    /// Who owns the vaults.
    pub authority: Address,
    /// The pool.
    pub pool: Address,
    /// Vaults of the first and the second token, whichever way the swap goes.
    pub vaults: (Address, Address),
    /// Mints of the first and the second token.
    pub mints: (Address, Address),
    /// Token programs of the first and the second token.
    pub token_programs: (Address, Address),
    /// The referrer's token account, where there is one.
    pub referral: Option<Address>,
    /// Who signs the calls that carry events.
    pub event_authority: Address,
    /// The account by which the program looks at the transaction's instructions, where it is given.
    pub instructions: Option<Address>,
    /// What the amount means.
    pub mode: Mode,
    /// What is paid, or for an exact output what is received.
    pub amount: u64,
    /// The least that is received, or for an exact output the most that is paid.
    pub limit: u64,
}

impl SwapInstruction {
    /// The instruction as it stands in a transaction.
    #[must_use]
    pub fn encode(&self, deployment: &Deployment) -> Instruction {
        let mut data = data(&SWAP2, &[self.amount, self.limit]);
        data.push(mode_number(self.mode));
        let referral = match self.referral {
            Some(referral) => AccountMeta::write(referral),
            None => AccountMeta::read(deployment.id),
        };
        let mut accounts = vec![
            AccountMeta::read(self.authority),
            AccountMeta::write(self.pool),
            AccountMeta::write(self.trader.input),
            AccountMeta::write(self.trader.output),
            AccountMeta::write(self.vaults.0),
            AccountMeta::write(self.vaults.1),
            AccountMeta::read(self.mints.0),
            AccountMeta::read(self.mints.1),
            AccountMeta::sign(self.trader.wallet),
            AccountMeta::read(self.token_programs.0),
            AccountMeta::read(self.token_programs.1),
            referral,
            AccountMeta::read(self.event_authority),
            AccountMeta::read(deployment.id),
        ];
        accounts.extend(self.instructions.map(AccountMeta::read));
        Instruction {
            program: deployment.id,
            accounts,
            data,
        }
    }

    /// Reads a swap; other instructions of the program are unknown here.
    pub fn decode(instruction: &Instruction) -> Result<Self, Failure> {
        let known = name(&instruction.data);
        known.ok_or(&anchor::INSTRUCTION_FALLBACK_NOT_FOUND)?;
        let [
            authority,
            pool,
            input,
            output,
            vault_first,
            vault_second,
            mint_first,
            mint_second,
            wallet,
            token_program_first,
            token_program_second,
            referral,
            event_authority,
            _program,
        ] = accounts(&instruction.accounts)?.map(|account| account.address);
        let (mode, amount, limit) = amounts(&instruction.data)?;
        Ok(Self {
            trader: Trader {
                wallet,
                input,
                output,
            },
            authority,
            pool,
            vaults: (vault_first, vault_second),
            mints: (mint_first, mint_second),
            token_programs: (token_program_first, token_program_second),
            // The program's own address says that there is none.
            referral: (referral != instruction.program).then_some(referral),
            event_authority,
            instructions: instruction.accounts.get(14).map(|account| account.address),
            mode,
            amount,
            limit,
        })
    }
}

/// Mode, amount and limit of what every program can be asked for.
#[must_use]
pub(super) const fn of_amounts(amounts: Amounts) -> (Mode, u64, u64) {
    match amounts {
        Amounts::ExactIn {
            amount_in,
            min_amount_out,
        } => (Mode::ExactIn, amount_in, min_amount_out),
        Amounts::ExactOut {
            amount_out,
            max_amount_in,
        } => (Mode::ExactOut, amount_out, max_amount_in),
    }
}

/// The number by which instructions and events tell a mode.
pub(super) const fn mode_number(mode: Mode) -> u8 {
    match mode {
        Mode::ExactIn => 0,
        Mode::PartialIn => 1,
        Mode::ExactOut => 2,
    }
}

/// The name that the program logs, where it knows the instruction.
pub(super) fn name(data: &[u8]) -> Option<&'static str> {
    match *data.first_chunk()? {
        SWAP => Some("Swap"),
        SWAP2 => Some("Swap2"),
        _ => None,
    }
}

fn amounts(bytes: &[u8]) -> Result<(Mode, u64, u64), Failure> {
    let unread = &anchor::INSTRUCTION_DID_NOT_DESERIALIZE;
    let (name, rest) = bytes.split_first_chunk().ok_or(unread)?;
    let mut rest = Data(rest);
    let (amount, limit) = rest.two_u64().ok_or(unread)?;
    if *name == SWAP {
        return Ok((Mode::ExactIn, amount, limit));
    }
    let mode = match rest.0.first().ok_or(unread)? {
        0 => Mode::ExactIn,
        1 => Mode::PartialIn,
        2 => Mode::ExactOut,
        _ => return Err((&damm_v2::INVALID_INPUT).into()),
    };
    Ok((mode, amount, limit))
}
