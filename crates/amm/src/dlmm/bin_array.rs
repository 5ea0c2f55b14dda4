//! Meteora DLMM's bin array accounts, which hold a pair's liquidity.

use super::bin::{BINS_PER_ARRAY, Bin};
use crate::Address;
use crate::layout::{Account, DecodeError, Field, Layout};

/// The layout of a bin array account.
#[derive(Debug)]
pub enum BinArrayLayout {}

impl Layout for BinArrayLayout {
    const LENGTH: usize = 10_136;
    const DISCRIMINATOR: Option<[u8; 8]> = Some([92, 142, 92, 220, 5, 148, 70, 181]);
}

/// A bin array account: seventy neighbouring bins.
pub type BinArray = Account<BinArrayLayout>;

/// Offset and size of the bins in their array.
const BINS_OFFSET: usize = 56;
const BIN_SIZE: usize = 144;

/// Where a bin's fields are, from the bin's first byte.
mod in_bin {
    pub(super) const AMOUNT_X: usize = 0;
    pub(super) const AMOUNT_Y: usize = 8;
    pub(super) const PRICE: usize = 16;
    pub(super) const LIQUIDITY_SUPPLY: usize = 32;
    pub(super) const FEE_X_PER_LIQUIDITY: usize = 80;
    pub(super) const FEE_Y_PER_LIQUIDITY: usize = 96;
    pub(super) const OPEN_ORDER_AMOUNT: usize = 112;
    pub(super) const PROCESSED_ORDER_REMAINING: usize = 128;
    pub(super) const ORDERS_ARE_ASKS: usize = 140;
}

/// What a bin array's address is derived from, with the program's own address.
#[must_use]
pub fn seeds(pair: &Address, index: i32) -> [Vec<u8>; 3] {
    let index = i64::from(index).to_le_bytes();
    [b"bin_array".to_vec(), pair.0.to_vec(), index.to_vec()]
}

impl BinArray {
    /// Index of the array, as it is stored.
    pub const INDEX: Field<BinArrayLayout, i64> = Field::at(8);
    /// Version of the layout.
    pub const VERSION: Field<BinArrayLayout, u8> = Field::at(16);
    /// The pair it belongs to.
    pub const PAIR: Field<BinArrayLayout, Address> = Field::at(24);

    /// Index of the array: bin id divided by seventy, rounded down.
    pub fn index(&self) -> Result<i32, DecodeError> {
        let index = self.get(Self::INDEX);
        let is_in_range = |index: &i32| {
            // No bin id beyond the range of its type: neither the array's first nor its last.
            let (next, first) = (index.checked_add(1), index.checked_mul(BINS_PER_ARRAY));
            first.is_some() && next.is_some_and(|it| it.checked_mul(BINS_PER_ARRAY).is_some())
        };
        i32::try_from(index)
            .ok()
            .filter(is_in_range)
            .ok_or(DecodeError::unknown("index", index.unsigned_abs()))
    }

    /// All bins with their ids, beginning with the lowest.
    pub fn bins(&self) -> Result<impl Iterator<Item = (i32, Bin)>, DecodeError> {
        let lowest = self.index()? * BINS_PER_ARRAY;
        Ok((lowest..lowest + BINS_PER_ARRAY)
            .zip(0..)
            .map(|(id, place)| {
                (
                    id,
                    self.bin(place)
                        .expect("invariant: seventy bins lie within the layout"),
                )
            }))
    }

    /// Writes a bin, given by its id, where it lies in this array.
    pub fn set_bin(&mut self, id: i32, bin: &Bin) -> Result<(), DecodeError> {
        let lowest = self.index()? * BINS_PER_ARRAY;
        let place = usize::try_from(i64::from(id) - i64::from(lowest))
            .ok()
            .filter(|place| *place * BIN_SIZE + BINS_OFFSET < BinArrayLayout::LENGTH);
        let Some(place) = place else {
            return Err(DecodeError::unknown("bin", id.unsigned_abs()));
        };
        self.write_bin(place, bin)
            .expect("invariant: seventy bins lie within the layout");
        Ok(())
    }

    /// A bin by its place in the array.
    pub(super) fn bin(&self, place: usize) -> Option<Bin> {
        let start = BINS_OFFSET + place * BIN_SIZE;
        Some(Bin {
            amount_x: self.read(start + in_bin::AMOUNT_X)?,
            amount_y: self.read(start + in_bin::AMOUNT_Y)?,
            price: self.read(start + in_bin::PRICE)?,
            liquidity_supply: self.read(start + in_bin::LIQUIDITY_SUPPLY)?,
            fee_x_per_liquidity: self.read(start + in_bin::FEE_X_PER_LIQUIDITY)?,
            fee_y_per_liquidity: self.read(start + in_bin::FEE_Y_PER_LIQUIDITY)?,
            open_order_amount: self.read(start + in_bin::OPEN_ORDER_AMOUNT)?,
            processed_order_remaining: self.read(start + in_bin::PROCESSED_ORDER_REMAINING)?,
            orders_are_asks: self.read::<u8>(start + in_bin::ORDERS_ARE_ASKS)? != 0,
        })
    }

    fn write_bin(&mut self, place: usize, bin: &Bin) -> Option<()> {
        let start = BINS_OFFSET + place * BIN_SIZE;
        self.write(start + in_bin::AMOUNT_X, bin.amount_x)?;
        self.write(start + in_bin::AMOUNT_Y, bin.amount_y)?;
        self.write(start + in_bin::PRICE, bin.price)?;
        self.write(start + in_bin::LIQUIDITY_SUPPLY, bin.liquidity_supply)?;
        self.write(start + in_bin::FEE_X_PER_LIQUIDITY, bin.fee_x_per_liquidity)?;
        self.write(start + in_bin::FEE_Y_PER_LIQUIDITY, bin.fee_y_per_liquidity)?;
        self.write(start + in_bin::OPEN_ORDER_AMOUNT, bin.open_order_amount)?;
        self.write(
            start + in_bin::PROCESSED_ORDER_REMAINING,
            bin.processed_order_remaining,
        )?;
        let orders_are_asks = u8::from(bin.orders_are_asks);
        self.write(start + in_bin::ORDERS_ARE_ASKS, orders_are_asks)
    }
}
