//! Pairs of Meteora DLMM, with liquidity spread evenly over the bins around the price.

use std::ops::{Range, RangeInclusive};

use amm::Refusal;
use amm::dlmm::account::PairAccount;
use amm::dlmm::bin_array::{BinArray, seeds};
use amm::dlmm::oracle::OracleAccount;
use amm::dlmm::quote::{BINS_PER_ARRAY, Bin, array_of, price};
use amm::rounding::mul_div_floor;
use solana_address::Address;

use super::{Opening, Site, Token, derived, sorted};
use crate::bank::address::{METEORA_DLMM as PROGRAM, to_amm};

/// What is fixed of a pair when it is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::market) enum Terms {
    /// Open at once, with this many basis points between its bins.
    Permissionless { bin_step: u16 },
    /// Waits for its activation point.
    Customizable { bin_step: u16 },
}

/// What the addresses of pairs that wait are derived from.
const CUSTOMIZABLE_BASE: Address =
    Address::from_str_const("MFGQxwAmB91SwuYX36okv2Qmdc9aMuHTwWGUrp4AtB1");

/// With a bin step of 10, a base fee of 0.1 %; more where many bins were crossed lately.
const BASE_FACTOR: u16 = 10_000;
const FILTER_PERIOD_SECONDS: u16 = 30;
const DECAY_PERIOD_SECONDS: u16 = 600;
const REDUCTION_FACTOR: u16 = 5_000;
const VARIABLE_FEE_CONTROL: u32 = 40_000;
const VOLATILITY_MAX: u32 = 350_000;
const PROTOCOL_SHARE_BPS: u16 = 1_000;
const ORACLE_PLACES: u16 = 100;
const SAMPLE_BYTES: usize = 32;

/// The program knows no bins beyond, at any bin step in use.
const BIN_MAX: i32 = 43_690;
/// Bin arrays with liquidity on either side of the active one.
const ARRAYS_EITHER_SIDE: i32 = 3;

const BY_UNIX_TIME: u8 = 1;
const ARRAY_VERSION: u8 = 1;

impl Terms {
    pub(in crate::market) const fn bin_step(self) -> u16 {
        match self {
            Self::Permissionless { bin_step } | Self::Customizable { bin_step } => bin_step,
        }
    }

    fn address(self, mints: (Address, Address)) -> (Address, u8) {
        let (low, high) = sorted(mints);
        match self {
            Self::Permissionless { bin_step } => derived(
                &[
                    low.as_ref(),
                    high.as_ref(),
                    &bin_step.to_le_bytes(),
                    &BASE_FACTOR.to_le_bytes(),
                ],
                &PROGRAM,
            ),
            Self::Customizable { .. } => derived(
                &[CUSTOMIZABLE_BASE.as_ref(), low.as_ref(), high.as_ref()],
                &PROGRAM,
            ),
        }
    }
}

pub(super) fn address(terms: Terms, mints: (Address, Address)) -> Address {
    terms.address(mints).0
}

/// The highest bin whose price is not above a price in Q64.64.
pub(in crate::market) fn bin_at(price_q64: u128, bin_step: u16) -> Result<i32, Refusal> {
    let (mut low, mut high) = (-BIN_MAX, BIN_MAX);
    while low < high {
        let middle = low + (high - low + 1) / 2;
        match price(middle, bin_step) {
            Ok(price) if price <= price_q64 => low = middle,
            // What is beyond the numbers below one is too low, above it too high.
            Err(_) if middle < 0 => low = middle,
            Ok(_) | Err(_) => high = middle - 1,
        }
    }
    Ok(low)
}

pub(super) fn open(terms: Terms, site: &mut Site, opening: &Opening) -> Result<Address, Refusal> {
    let (first, second) = opening.tokens;
    let (pair, bump) = terms.address((first.mint, second.mint));
    let vault = |mint: &Address| derived(&[pair.as_ref(), mint.as_ref()], &PROGRAM).0;
    let (vault_first, vault_second) = (vault(&first.mint), vault(&second.mint));
    let (oracle, _) = derived(&[b"oracle", pair.as_ref()], &PROGRAM);
    let ratio = mul_div_floor(opening.amounts.1.into(), 1 << 64, opening.amounts.0.into())?;
    let active_id = bin_at(ratio, terms.bin_step())?;

    let mut account = PairAccount::empty();
    account.set(PairAccount::BUMP, bump);
    account.set(PairAccount::ACTIVE_ID, active_id);
    set_terms(&mut account, terms, opening);
    let addresses = [
        (PairAccount::MINT_FIRST, first.mint),
        (PairAccount::MINT_SECOND, second.mint),
        (PairAccount::VAULT_FIRST, vault_first),
        (PairAccount::VAULT_SECOND, vault_second),
        (PairAccount::ORACLE, oracle),
        (PairAccount::CREATOR, opening.provider),
    ];
    for (field, address) in addresses {
        account.set(field, to_amm(&address));
    }
    let is_2022 = |token: Token| u8::from(token.is_of_token_2022());
    account.set(PairAccount::TOKEN_FLAG_FIRST, is_2022(first));
    account.set(PairAccount::TOKEN_FLAG_SECOND, is_2022(second));

    let spread = Spread::new(active_id, terms.bin_step(), opening.amounts);
    for index in spread.arrays() {
        account.mark_array(index);
        let (key, array) = spread.array(pair, index)?;
        site.put(key, PROGRAM, array.bytes().to_vec());
    }
    site.put(pair, PROGRAM, account.bytes().to_vec());
    site.put(oracle, PROGRAM, empty_oracle());
    let totals = spread.totals();
    site.tokens(vault_first, first.mint, pair, totals.0);
    site.tokens(vault_second, second.mint, pair, totals.1);
    Ok(pair)
}

fn set_terms(account: &mut PairAccount, terms: Terms, opening: &Opening) {
    let now = i64::try_from(opening.now).unwrap_or(i64::MAX);
    account.set(PairAccount::BASE_FACTOR, BASE_FACTOR);
    account.set(PairAccount::FILTER_PERIOD, FILTER_PERIOD_SECONDS);
    account.set(PairAccount::DECAY_PERIOD, DECAY_PERIOD_SECONDS);
    account.set(PairAccount::REDUCTION_FACTOR, REDUCTION_FACTOR);
    account.set(PairAccount::VARIABLE_FEE_CONTROL, VARIABLE_FEE_CONTROL);
    account.set(PairAccount::VOLATILITY_MAX, VOLATILITY_MAX);
    account.set(PairAccount::BIN_MIN, -BIN_MAX);
    account.set(PairAccount::BIN_MAX, BIN_MAX);
    account.set(PairAccount::PROTOCOL_SHARE_BPS, PROTOCOL_SHARE_BPS);
    account.set(PairAccount::BIN_STEP, terms.bin_step());
    account.set(PairAccount::BIN_STEP_SEED, terms.bin_step());
    account.set(PairAccount::LAST_UPDATE, now);
    account.set(PairAccount::PARAMETERS_SET_AT, now);
    account.set(PairAccount::ACTIVATION_TYPE, BY_UNIX_TIME);
    match terms {
        Terms::Permissionless { .. } => {
            account.set(PairAccount::HAS_BASE_FACTOR_SEED, 1);
            account.set(PairAccount::BASE_FACTOR_SEED, BASE_FACTOR);
        }
        Terms::Customizable { .. } => {
            account.set(PairAccount::PAIR_TYPE, 2);
            account.set(PairAccount::BASE_KEY, to_amm(&CUSTOMIZABLE_BASE));
            account.set(PairAccount::ACTIVATION_POINT, opening.opens_at);
        }
    }
    let active_id = account.get(PairAccount::ACTIVE_ID);
    account.set(PairAccount::INDEX_REFERENCE, active_id);
}

fn empty_oracle() -> Vec<u8> {
    let mut oracle = OracleAccount::empty();
    oracle.set(OracleAccount::PLACES, ORACLE_PLACES.into());
    let mut data = oracle.bytes().to_vec();
    let samples = usize::from(ORACLE_PLACES) * SAMPLE_BYTES;
    data.resize(data.len() + samples, 0);
    data
}

/// What each bin gets: the first token from the active bin upwards, the second from it downwards, as much in one bin
/// as in the next.
struct Spread {
    active_id: i32,
    bin_step: u16,
    each: (u64, u64),
}

impl Spread {
    fn new(active_id: i32, bin_step: u16, amounts: (u64, u64)) -> Self {
        let arrays = arrays_around(active_id);
        let lowest = arrays.start() * BINS_PER_ARRAY;
        let highest = (arrays.end() + 1) * BINS_PER_ARRAY - 1;
        let each = |amount: u64, bins: u32| amount / u64::from(bins + 1);
        Self {
            active_id,
            bin_step,
            each: (
                each(amounts.0, highest.abs_diff(active_id)),
                each(amounts.1, lowest.abs_diff(active_id)),
            ),
        }
    }

    fn arrays(&self) -> RangeInclusive<i32> {
        arrays_around(self.active_id)
    }

    fn array(&self, pair: Address, index: i32) -> Result<(Address, BinArray), Refusal> {
        let mut array = BinArray::empty();
        array.set(BinArray::INDEX, index.into());
        array.set(BinArray::VERSION, ARRAY_VERSION);
        array.set(BinArray::PAIR, to_amm(&pair));
        for (id, bin) in bins_of(index).zip(bins_of(index).map(|id| self.bin(id))) {
            array.set_bin(id, &bin?).map_err(|_| Refusal::Overflow)?;
        }
        Ok((array_address(pair, index), array))
    }

    fn bin(&self, id: i32) -> Result<Bin, Refusal> {
        let first = if id >= self.active_id { self.each.0 } else { 0 };
        let second = if id <= self.active_id { self.each.1 } else { 0 };
        Bin::provided(first, second, price(id, self.bin_step)?)
    }

    /// What all bins hold of either token.
    fn totals(&self) -> (u64, u64) {
        let bins = self.arrays().flat_map(bins_of);
        let (above, below): (Vec<i32>, Vec<i32>) = bins.partition(|id| *id > self.active_id);
        let count = |bins: &[i32]| u64::try_from(bins.len()).unwrap_or(u64::MAX);
        (
            self.each.0 * (count(&above) + 1),
            self.each.1 * count(&below),
        )
    }
}

/// Where a bin array is.
pub(in crate::market) fn array_address(pair: Address, index: i32) -> Address {
    let seeds = seeds(&to_amm(&pair), index);
    derived(&seeds.each_ref().map(Vec::as_slice), &PROGRAM).0
}

fn arrays_around(active_id: i32) -> RangeInclusive<i32> {
    let active = array_of(active_id);
    active - ARRAYS_EITHER_SIDE..=active + ARRAYS_EITHER_SIDE
}

fn bins_of(array: i32) -> Range<i32> {
    array * BINS_PER_ARRAY..(array + 1) * BINS_PER_ARRAY
}
