//! Meteora DLMM: the pair, and the bin arrays that hold its liquidity.

use std::collections::{BTreeMap, BTreeSet};

use super::{Account, Address, DecodeError, activation};
use crate::math::Activation;
use crate::math::dlmm::{BINS_PER_ARRAY, Bin, FeeCollection, Parameters, Pool, Volatility};

/// Length of a pair account.
pub const PAIR_LENGTH: usize = 904;

/// Length of a bin array account.
pub const BIN_ARRAY_LENGTH: usize = 10_136;

const PAIR_DISCRIMINATOR: [u8; 8] = [33, 11, 49, 98, 181, 101, 177, 13];
const BIN_ARRAY_DISCRIMINATOR: [u8; 8] = [92, 142, 92, 220, 5, 148, 70, 181];

/// Offset and size of the bins in their array.
const BINS_OFFSET: usize = 56;
const BIN_SIZE: usize = 144;

/// The pair's bitmap covers the bin arrays from −512 to 511.
const BITMAP_WORDS: usize = 16;
const BITMAP_FIRST_ARRAY: i32 = -512;

/// A pair account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// Mint of the first token.
    pub mint_first: Address,
    /// Mint of the second token.
    pub mint_second: Address,
    /// Vault of the first token.
    pub reserve_first: Address,
    /// Vault of the second token.
    pub reserve_second: Address,
    /// The pair's price observations.
    pub oracle: Address,
    /// Fixed fee parameters.
    pub parameters: Parameters,
    /// Volatility state.
    pub volatility: Volatility,
    /// The bin the pair trades in.
    pub active_id: i32,
    /// Price ratio of neighbouring bins, in basis points.
    pub bin_step: u16,
    /// Where the fee is taken.
    pub collection: FeeCollection,
    /// Whether limit orders take part in swaps.
    pub limit_orders: bool,
    /// From when the pair trades.
    pub activation: Activation,
    /// False where the pair was switched off.
    pub enabled: bool,
    /// Indexes of the bin arrays that hold liquidity, as far as the pair's own bitmap reaches.
    pub arrays: BTreeSet<i32>,
}

/// A bin array account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BinArray {
    /// Index of the array: bin id divided by seventy, rounded down.
    pub index: i32,
    /// The pair it belongs to.
    pub pair: Address,
    /// Its bins, beginning with the one of the lowest id.
    pub bins: Vec<Bin>,
}

impl Pair {
    /// Reads a pair account.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let account = Account::open(bytes, PAIR_LENGTH, Some(PAIR_DISCRIMINATOR))?;
        let unknown = |field, value: u8| DecodeError::UnknownValue {
            field,
            value: value.into(),
        };
        let collection = match account.u8(36)? {
            0 => FeeCollection::InputToken,
            1 => FeeCollection::SecondToken,
            other => return Err(unknown("collect_fee_mode", other)),
        };
        let no_rewards = account.address(264)? == [0; 32] && account.address(408)? == [0; 32];
        let limit_orders = match account.u8(35)? {
            // Pairs from before function types have limit orders unless they have rewards.
            0 => no_rewards,
            1 => false,
            2 => true,
            other => return Err(unknown("function_type", other)),
        };
        Ok(Self {
            mint_first: account.address(88)?,
            mint_second: account.address(120)?,
            reserve_first: account.address(152)?,
            reserve_second: account.address(184)?,
            oracle: account.address(552)?,
            parameters: parameters(&account)?,
            volatility: volatility(&account)?,
            active_id: account.i32(76)?,
            bin_step: account.u16(80)?,
            collection,
            limit_orders,
            activation: activation(account.u8(86)?, account.u64(816)?)?,
            enabled: account.u8(82)? == 0,
            arrays: arrays(&account)?,
        })
    }

    /// The pool that the pair and the loaded ones of its bin arrays describe.
    #[must_use]
    pub fn pool(&self, loaded: &[BinArray]) -> Pool {
        let mut bins = BTreeMap::new();
        let mut missing_arrays = self.arrays.clone();
        for array in loaded {
            missing_arrays.remove(&array.index);
            let Some(lowest) = array.index.checked_mul(BINS_PER_ARRAY) else {
                continue;
            };
            let held = (lowest..)
                .zip(&array.bins)
                .filter(|(_, bin)| !bin.is_empty());
            bins.extend(held.map(|(id, bin)| (id, *bin)));
        }
        Pool {
            parameters: self.parameters,
            volatility: self.volatility,
            active_id: self.active_id,
            bin_step: self.bin_step,
            collection: self.collection,
            limit_orders: self.limit_orders,
            activation: self.activation,
            enabled: self.enabled,
            bins,
            missing_arrays,
        }
    }
}

impl BinArray {
    /// Reads a bin array account.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let account = Account::open(bytes, BIN_ARRAY_LENGTH, Some(BIN_ARRAY_DISCRIMINATOR))?;
        let index = account.i64(8)?;
        let index = i32::try_from(index)
            .ok()
            // No bin id beyond the range of its type: neither the array's first nor its last.
            .filter(|index| {
                index
                    .saturating_add(1)
                    .checked_mul(BINS_PER_ARRAY)
                    .is_some()
            })
            .filter(|index| index.checked_mul(BINS_PER_ARRAY).is_some())
            .ok_or(DecodeError::UnknownValue {
                field: "index",
                value: index.unsigned_abs(),
            })?;
        let bins = account
            .bytes
            .get(BINS_OFFSET..BIN_ARRAY_LENGTH)
            .unwrap_or_default()
            .chunks_exact(BIN_SIZE)
            .map(|bytes| bin(&Account { bytes }))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            index,
            pair: account.address(24)?,
            bins,
        })
    }
}

fn parameters(account: &Account<'_>) -> Result<Parameters, DecodeError> {
    Ok(Parameters {
        base_factor: account.u16(8)?,
        base_fee_power: account.u8(34)?,
        filter_period: account.u16(10)?,
        decay_period: account.u16(12)?,
        reduction_factor: account.u16(14)?,
        variable_fee_control: account.u32(16)?,
        max_volatility_accumulator: account.u32(20)?,
        protocol_share_bps: account.u16(32)?,
    })
}

fn volatility(account: &Account<'_>) -> Result<Volatility, DecodeError> {
    let last_update = account.i64(56)?;
    Ok(Volatility {
        accumulator: account.u32(40)?,
        reference: account.u32(44)?,
        index_reference: account.i32(48)?,
        last_update: u64::try_from(last_update).map_err(|_| DecodeError::UnknownValue {
            field: "last_update",
            value: last_update.unsigned_abs(),
        })?,
    })
}

fn arrays(account: &Account<'_>) -> Result<BTreeSet<i32>, DecodeError> {
    let mut arrays = BTreeSet::new();
    let mut index = BITMAP_FIRST_ARRAY;
    for word in 0..BITMAP_WORDS {
        let bits = account.u64(584 + 8 * word)?;
        for bit in 0..u64::BITS {
            if bits >> bit & 1 == 1 {
                arrays.insert(index);
            }
            index += 1;
        }
    }
    Ok(arrays)
}

fn bin(account: &Account<'_>) -> Result<Bin, DecodeError> {
    Ok(Bin {
        amount_x: account.u64(0)?,
        amount_y: account.u64(8)?,
        price: account.u128(16)?,
        open_order_amount: account.u64(112)?,
        processed_order_remaining: account.u64(128)?,
        orders_are_asks: account.u8(140)? != 0,
    })
}
