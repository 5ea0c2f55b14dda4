//! Meteora DLMM's pair account.

use std::collections::BTreeSet;

use super::bin_array::BinArray;
use super::bins::Bins;
use super::quote::{FeeCollection, Parameters, Pool, Volatility, array_of};
use crate::layout::{Account, DecodeError, Field, Layout, activation};
use crate::{Activation, Address, Direction};

/// The layout of a pair account.
#[derive(Debug)]
pub enum PairLayout {}

impl Layout for PairLayout {
    const LENGTH: usize = 904;
    const DISCRIMINATOR: Option<[u8; 8]> = Some([33, 11, 49, 98, 181, 101, 177, 13]);
}

/// A pair account, which is what DLMM calls a pool.
pub type PairAccount = Account<PairLayout>;

type InPair<T> = Field<PairLayout, T>;

/// Offset of the bitmap of bin arrays that hold liquidity; it covers the arrays from −512 to 511.
const BITMAP_OFFSET: usize = 584;
const BITMAP_WORDS: usize = 16;
const BITMAP_FIRST_ARRAY: i32 = -512;

impl PairAccount {
    /// Factor of the base fee.
    pub const BASE_FACTOR: InPair<u16> = Field::at(8);
    /// Seconds within which swaps count as one burst.
    pub const FILTER_PERIOD: InPair<u16> = Field::at(10);
    /// Seconds after which past volatility is forgotten.
    pub const DECAY_PERIOD: InPair<u16> = Field::at(12);
    /// Basis points of past volatility that survive a short pause.
    pub const REDUCTION_FACTOR: InPair<u16> = Field::at(14);
    /// Weight of the volatility in the fee.
    pub const VARIABLE_FEE_CONTROL: InPair<u32> = Field::at(16);
    /// The accumulator never exceeds this.
    pub const VOLATILITY_MAX: InPair<u32> = Field::at(20);
    /// The lowest bin.
    pub const BIN_MIN: InPair<i32> = Field::at(24);
    /// The highest bin.
    pub const BIN_MAX: InPair<i32> = Field::at(28);
    /// The protocol's part of the fee, in basis points.
    pub const PROTOCOL_SHARE_BPS: InPair<u16> = Field::at(32);
    /// Power of ten on the base fee.
    pub const BASE_FEE_POWER: InPair<u8> = Field::at(34);
    /// Whether the pair has limit orders or rewards.
    pub const FUNCTION_TYPE: InPair<u8> = Field::at(35);
    /// Where the fee is taken.
    pub const COLLECT_FEE_MODE: InPair<u8> = Field::at(36);
    /// Present volatility.
    pub const VOLATILITY_ACCUMULATOR: InPair<u32> = Field::at(40);
    /// Volatility carried over from before the present burst.
    pub const VOLATILITY_REFERENCE: InPair<u32> = Field::at(44);
    /// The bin from which the present burst is measured.
    pub const INDEX_REFERENCE: InPair<i32> = Field::at(48);
    /// Unix time of the last swap that left its bin.
    pub const LAST_UPDATE: InPair<i64> = Field::at(56);
    /// Bump of the pair's own address.
    pub const BUMP: InPair<u8> = Field::at(72);
    /// The bin step, as the pair's address is derived from it.
    pub const BIN_STEP_SEED: InPair<u16> = Field::at(73);
    /// Who may open the pair, and whether it waits for its activation point.
    pub const PAIR_TYPE: InPair<u8> = Field::at(75);
    /// The bin the pair trades in.
    pub const ACTIVE_ID: InPair<i32> = Field::at(76);
    /// Price ratio of neighbouring bins, in basis points.
    pub const BIN_STEP: InPair<u16> = Field::at(80);
    /// Zero where the pair is enabled.
    pub const STATUS: InPair<u8> = Field::at(82);
    /// Whether the pair's address is derived from its base factor too.
    pub const HAS_BASE_FACTOR_SEED: InPair<u8> = Field::at(83);
    /// The base factor, as the pair's address is derived from it.
    pub const BASE_FACTOR_SEED: InPair<u16> = Field::at(84);
    /// The activation point's unit: slot or Unix time.
    pub const ACTIVATION_TYPE: InPair<u8> = Field::at(86);
    /// Mint of the first token.
    pub const MINT_FIRST: InPair<Address> = Field::at(88);
    /// Mint of the second token.
    pub const MINT_SECOND: InPair<Address> = Field::at(120);
    /// Vault of the first token.
    pub const VAULT_FIRST: InPair<Address> = Field::at(152);
    /// Vault of the second token.
    pub const VAULT_SECOND: InPair<Address> = Field::at(184);
    /// The protocol's fees waiting in the first vault.
    pub const PROTOCOL_FEES_FIRST: InPair<u64> = Field::at(216);
    /// The protocol's fees waiting in the second vault.
    pub const PROTOCOL_FEES_SECOND: InPair<u64> = Field::at(224);
    /// Mint of the first reward; zero where there is none.
    pub const REWARD_MINT_FIRST: InPair<Address> = Field::at(264);
    /// Mint of the second reward; zero where there is none.
    pub const REWARD_MINT_SECOND: InPair<Address> = Field::at(408);
    /// The account of price observations.
    pub const ORACLE: InPair<Address> = Field::at(552);
    /// Unix time at which the parameters were set.
    pub const PARAMETERS_SET_AT: InPair<i64> = Field::at(712);
    /// What the address of a pair with parameters of its own is derived from.
    pub const BASE_KEY: InPair<Address> = Field::at(784);
    /// From when the pair trades, where its type has it wait.
    pub const ACTIVATION_POINT: InPair<u64> = Field::at(816);
    /// Who opened the pair.
    pub const CREATOR: InPair<Address> = Field::at(848);
    /// One where the first token is of Token-2022.
    pub const TOKEN_FLAG_FIRST: InPair<u8> = Field::at(880);
    /// One where the second token is of Token-2022.
    pub const TOKEN_FLAG_SECOND: InPair<u8> = Field::at(881);

    /// Indexes of the bin arrays that hold liquidity, as far as the pair's own bitmap reaches.
    #[must_use]
    pub fn arrays(&self) -> BTreeSet<i32> {
        let mut arrays = BTreeSet::new();
        for (word, first) in (0..BITMAP_WORDS).zip((BITMAP_FIRST_ARRAY..).step_by(64)) {
            let mut bits: u64 = self
                .read(BITMAP_OFFSET + 8 * word)
                .expect("invariant: the bitmap lies within the layout");
            while bits != 0 {
                arrays.extend(first.checked_add_unsigned(bits.trailing_zeros()));
                bits &= bits - 1;
            }
        }
        arrays
    }

    /// Indexes of the first bin arrays that a swap in this direction meets, as far as the pair's own bitmap reaches.
    #[must_use]
    pub fn arrays_ahead(&self, direction: Direction, count: usize) -> Vec<i32> {
        let active = array_of(self.get(Self::ACTIVE_ID));
        let arrays = self.arrays();
        match direction {
            Direction::FirstToSecond => {
                let ahead = arrays.range(..=active).rev();
                ahead.copied().take(count).collect()
            }
            Direction::SecondToFirst => arrays.range(active..).copied().take(count).collect(),
        }
    }

    /// Marks a bin array as holding liquidity. Arrays beyond the pair's own bitmap are not marked.
    pub fn mark_array(&mut self, index: i32) {
        let Ok(bit) = usize::try_from(i64::from(index) - i64::from(BITMAP_FIRST_ARRAY)) else {
            return;
        };
        if bit < BITMAP_WORDS * 64 {
            let offset = BITMAP_OFFSET + bit / 8;
            let byte: u8 = self.read(offset).unwrap_or_default();
            self.write(offset, byte | 1 << (bit % 8))
                .expect("invariant: the bitmap lies within the layout");
        }
    }

    /// The pool that the pair and the loaded ones of its bin arrays describe.
    pub fn pool(&self, loaded: impl IntoIterator<Item = BinArray>) -> Result<Pool, DecodeError> {
        let bins = Bins::of(loaded)?;
        let mut missing_arrays = self.arrays();
        missing_arrays.retain(|index| bins.array(*index).is_none());
        Ok(Pool {
            parameters: self.parameters(),
            volatility: self.volatility()?,
            active_id: self.get(Self::ACTIVE_ID),
            bin_step: self.get(Self::BIN_STEP),
            collection: self.collection()?,
            limit_orders: self.limit_orders()?,
            activation: self.activation()?,
            enabled: self.get(Self::STATUS) == 0,
            bins,
            missing_arrays,
        })
    }

    fn collection(&self) -> Result<FeeCollection, DecodeError> {
        match self.get(Self::COLLECT_FEE_MODE) {
            0 => Ok(FeeCollection::InputToken),
            1 => Ok(FeeCollection::SecondToken),
            other => Err(DecodeError::unknown("collect_fee_mode", other)),
        }
    }

    fn limit_orders(&self) -> Result<bool, DecodeError> {
        match self.get(Self::FUNCTION_TYPE) {
            // Pairs from before function types have limit orders unless they have rewards.
            0 => Ok([Self::REWARD_MINT_FIRST, Self::REWARD_MINT_SECOND]
                .into_iter()
                .all(|mint| self.get(mint) == Address::default())),
            1 => Ok(false),
            2 => Ok(true),
            other => Err(DecodeError::unknown("function_type", other)),
        }
    }

    /// A permissionless pair does not wait, whatever its activation point says.
    fn activation(&self) -> Result<Option<Activation>, DecodeError> {
        let kind = self.get(Self::ACTIVATION_TYPE);
        let activation = activation(kind, self.get(Self::ACTIVATION_POINT))?;
        Ok(matches!(self.get(Self::PAIR_TYPE), 1 | 2).then_some(activation))
    }

    fn parameters(&self) -> Parameters {
        Parameters {
            base_factor: self.get(Self::BASE_FACTOR),
            base_fee_power: self.get(Self::BASE_FEE_POWER),
            filter_period: self.get(Self::FILTER_PERIOD),
            decay_period: self.get(Self::DECAY_PERIOD),
            reduction_factor: self.get(Self::REDUCTION_FACTOR),
            variable_fee_control: self.get(Self::VARIABLE_FEE_CONTROL),
            max_volatility_accumulator: self.get(Self::VOLATILITY_MAX),
            protocol_share_bps: self.get(Self::PROTOCOL_SHARE_BPS),
        }
    }

    fn volatility(&self) -> Result<Volatility, DecodeError> {
        let last_update = self.get(Self::LAST_UPDATE);
        Ok(Volatility {
            accumulator: self.get(Self::VOLATILITY_ACCUMULATOR),
            reference: self.get(Self::VOLATILITY_REFERENCE),
            index_reference: self.get(Self::INDEX_REFERENCE),
            last_update: u64::try_from(last_update)
                .map_err(|_| DecodeError::unknown("last_update", last_update.unsigned_abs()))?,
        })
    }
}

#[cfg(test)]
mod tests;
