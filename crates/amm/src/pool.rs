//! The one face of the four programs: a pool that is read, priced, swapped with and written back.

use crate::error::{self, Code};
use crate::execution::{Executed, Failed};
use crate::instruction::{Amounts, Instruction, Trader};
use crate::price::Price;
use crate::quoting::{Conditions, Marginal, Quote, Quoting as _};
use crate::snapshot::{ReadError, Snapshot};
use crate::{Activation, Address, ChainTime, Direction, Refusal, amm_v4, cpmm, damm_v2, dlmm};

/// How long a slot takes.
const SLOT_MS: u64 = 400;

/// A program on one cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    /// Raydium CPMM.
    Cpmm(cpmm::Deployment),
    /// Raydium AMM v4.
    AmmV4(amm_v4::Deployment),
    /// Meteora DAMM v2.
    DammV2(damm_v2::Deployment),
    /// Meteora DLMM.
    Dlmm(dlmm::Deployment),
}

/// A pool with all that a swap needs of the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pool {
    /// Of Raydium CPMM.
    Cpmm(cpmm::state::State),
    /// Of Raydium AMM v4.
    AmmV4(amm_v4::state::State),
    /// Of Meteora DAMM v2.
    DammV2(damm_v2::state::State),
    /// Of Meteora DLMM.
    Dlmm(dlmm::state::State),
}

/// The same of whichever program's pool it is.
macro_rules! each {
    ($pool:expr, $state:ident => $answer:expr) => {
        match $pool {
            Pool::Cpmm($state) => $answer,
            Pool::AmmV4($state) => $answer,
            Pool::DammV2($state) => $answer,
            Pool::Dlmm($state) => $answer,
        }
    };
}

impl Program {
    /// All four on mainnet.
    pub const MAINNET: [Self; 4] = [
        Self::Cpmm(cpmm::Deployment::MAINNET),
        Self::AmmV4(amm_v4::Deployment::MAINNET),
        Self::DammV2(damm_v2::Deployment::MAINNET),
        Self::Dlmm(dlmm::Deployment::MAINNET),
    ];

    /// All four on devnet.
    pub const DEVNET: [Self; 4] = [
        Self::Cpmm(cpmm::Deployment::DEVNET),
        Self::AmmV4(amm_v4::Deployment::DEVNET),
        Self::DammV2(damm_v2::Deployment::MAINNET),
        Self::Dlmm(dlmm::Deployment::MAINNET),
    ];

    /// Its address.
    #[must_use]
    pub const fn id(&self) -> Address {
        match self {
            Self::Cpmm(deployment) => deployment.id,
            Self::AmmV4(deployment) => deployment.id,
            Self::DammV2(deployment) => deployment.id,
            Self::Dlmm(deployment) => deployment.id,
        }
    }

    /// What a number means that one of its instructions failed with: its own error, else its framework's, else one of
    /// the token program that it calls.
    #[must_use]
    pub fn code(&self, number: u32) -> Option<&'static Code> {
        let own = match self {
            Self::Cpmm(_) => error::cpmm::ALL,
            Self::AmmV4(_) => error::amm_v4::ALL,
            Self::DammV2(_) => error::damm_v2::ALL,
            Self::Dlmm(_) => error::dlmm::ALL,
        };
        let framework = match self {
            Self::AmmV4(_) => &[],
            Self::Cpmm(_) | Self::DammV2(_) | Self::Dlmm(_) => error::anchor::ALL,
        };
        let codes = own.iter().chain(framework).chain(error::token::ALL);
        codes.into_iter().find(|code| code.number == number)
    }

    /// Executes one of its swap instructions.
    pub fn execute(
        &self,
        instruction: &Instruction,
        snapshot: &impl Snapshot,
        now: ChainTime,
    ) -> Result<Executed, Failed> {
        match *self {
            Self::Cpmm(at) => cpmm::swap::execute(at, instruction, snapshot, now),
            Self::AmmV4(at) => amm_v4::swap::execute(at, instruction, snapshot, now),
            Self::DammV2(at) => damm_v2::swap::execute(at, instruction, snapshot, now),
            Self::Dlmm(at) => dlmm::swap::execute(at, instruction, snapshot, now),
        }
    }
}

impl Pool {
    /// Reads a pool. DLMM needs the addresses of its bin arrays, which no account names; the others ignore them.
    pub fn read(
        program: Program,
        address: Address,
        bin_arrays: &[Address],
        snapshot: &impl Snapshot,
    ) -> Result<Self, ReadError> {
        Ok(match program {
            Program::Cpmm(at) => Self::Cpmm(cpmm::state::State::read(at, address, snapshot)?),
            Program::AmmV4(at) => Self::AmmV4(amm_v4::state::State::read(at, address, snapshot)?),
            Program::DammV2(at) => {
                Self::DammV2(damm_v2::state::State::read(at, address, snapshot)?)
            }
            Program::Dlmm(at) => {
                Self::Dlmm(dlmm::state::State::read(at, address, bin_arrays, snapshot)?)
            }
        })
    }

    /// The program's own accounts that a swap may change, as they stand on the chain.
    #[must_use]
    pub fn accounts(&self) -> Vec<(Address, &[u8])> {
        each!(self, state => state.accounts())
    }

    /// Mints of the first and the second token.
    #[must_use]
    pub fn mints(&self) -> (Address, Address) {
        each!(self, state => state.mints())
    }

    /// From when on it trades, where it waits for that or has waited; other reasons may keep it closed.
    #[must_use]
    pub const fn opening(&self) -> Option<Activation> {
        match self {
            Self::Cpmm(state) => Some(Activation::UnixTime(state.pool.open_time)),
            Self::AmmV4(state) => match state.pool.status {
                amm_v4::quote::Status::WaitingForOpenTime(at) => Some(Activation::UnixTime(at)),
                _ => None,
            },
            Self::DammV2(state) => Some(state.pool.activation),
            Self::Dlmm(state) => state.pool.activation,
        }
    }

    /// The moment at which it is priced: now, or when it opens where that is within so many seconds.
    #[must_use]
    pub fn priced_at(&self, now: ChainTime, lead_seconds: u64) -> ChainTime {
        let opening = self.opening().filter(|opening| {
            let lead = match opening {
                Activation::UnixTime(_) => lead_seconds,
                Activation::Slot(_) => lead_seconds * 1_000 / SLOT_MS,
            };
            (1..=lead).contains(&opening.ahead_of(now))
        });
        opening.map_or(now, |opening| opening.reached_from(now))
    }

    /// The price of the first token in the second.
    pub fn price(&self) -> Result<Price, Refusal> {
        each!(self, state => state.price())
    }

    /// What the next unit of what is paid brings, the pool's fees taken off and no transfer fees: the most that a swap
    /// of any amount brings for each unit.
    pub fn marginal(&self, direction: Direction, now: ChainTime) -> Result<Marginal, Refusal> {
        each!(self, state => state.marginal(direction, now))
    }

    /// Whether a larger swap pays a higher fee at the same price, so that its parts would pay less. DLMM's fee grows only
    /// with the bins that a swap moves the price by.
    #[must_use]
    pub fn fee_grows_with_amount(&self, direction: Direction, now: ChainTime) -> bool {
        match self {
            Self::DammV2(state) => state.pool.is_rate_limited(direction, now),
            Self::Cpmm(_) | Self::AmmV4(_) | Self::Dlmm(_) => false,
        }
    }

    /// What a sale of exactly `amount_in` yields, transfer fees included.
    pub fn quote_in(&self, amount_in: u64, at: &Conditions) -> Result<Quote, Refusal> {
        each!(self, state => state.quote_in(amount_in, at))
    }

    /// What a purchase of exactly `amount_out` costs, transfer fees included.
    pub fn quote_out(&self, amount_out: u64, at: &Conditions) -> Result<Quote, Refusal> {
        each!(self, state => state.quote_out(amount_out, at))
    }

    /// The pool after a swap of these amounts, whose limits are not looked at.
    pub fn after_swap(&self, amounts: Amounts, at: &Conditions) -> Result<Self, Refusal> {
        Ok(match self {
            Self::Cpmm(state) => Self::Cpmm(state.after_swap(amounts, at)?),
            Self::AmmV4(state) => Self::AmmV4(state.after_swap(amounts, at)?),
            Self::DammV2(state) => Self::DammV2(state.after_swap(amounts, at)?),
            Self::Dlmm(state) => Self::Dlmm(state.after_swap(amounts, at)?),
        })
    }

    /// The instruction that swaps with this pool.
    #[must_use]
    pub fn swap_instruction(
        &self,
        direction: Direction,
        trader: Trader,
        amounts: Amounts,
    ) -> Instruction {
        each!(self, state => state.instruction(direction, trader, amounts))
    }
}
