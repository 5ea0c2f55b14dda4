//! The accounts in which the runtime tells programs and clients of itself.

use solana_address::Address;

use super::account::{Account, Rent};
use super::{Clock, Environment};

pub(super) const CLOCK: Address =
    Address::from_str_const("SysvarC1ock11111111111111111111111111111111");
pub(super) const RENT: Address =
    Address::from_str_const("SysvarRent111111111111111111111111111111111");
const OWNER: Address = Address::from_str_const("Sysvar1111111111111111111111111111111111111");

pub(super) fn is_one(key: &Address) -> bool {
    [CLOCK, RENT].contains(key)
}

/// The part of a fee that is burned, which the Rent sysvar still carries.
const BURN_PERCENT: u8 = 50;

/// The Clock sysvar. When the epoch began is not kept: nobody here asks for it.
pub(super) fn clock(environment: &Environment) -> Account {
    let Clock {
        slot,
        epoch,
        unix_timestamp,
    } = environment.clock;
    let epoch_start = 0_i64;
    let leader_schedule_epoch = epoch.saturating_add(1);
    let data = [
        slot.to_le_bytes(),
        epoch_start.to_le_bytes(),
        epoch.to_le_bytes(),
        leader_schedule_epoch.to_le_bytes(),
        unix_timestamp.to_le_bytes(),
    ]
    .concat();
    account(environment.rent, data)
}

/// The Rent sysvar. Its factor is one since rent is stated as what an account must hold, not as what a year costs.
pub(super) fn rent(environment: &Environment) -> Account {
    let factor = 1.0_f64;
    let data = [
        &environment.rent.lamports_per_byte.to_le_bytes()[..],
        &factor.to_le_bytes(),
        &[BURN_PERCENT],
    ]
    .concat();
    account(environment.rent, data)
}

fn account(rent: Rent, data: Vec<u8>) -> Account {
    Account::new(rent.minimum_balance(data.len()), OWNER, data)
}
