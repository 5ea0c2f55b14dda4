//! Addresses and mints of the engine's, as programs are told them, and back.

use amm::Address;
use domain::Mint;

/// An address of the engine's, as programs are told it.
pub(crate) fn address(address: domain::Address) -> Address {
    Address(*address.bytes())
}

/// A mint by what programs are told.
pub(crate) fn mint(address: Address) -> Mint {
    Mint::new(engines(address))
}

/// An address that programs are told, as the engine's.
pub(crate) fn engines(address: Address) -> domain::Address {
    domain::Address::new(address.0)
}

/// Both mints of a pair, likewise.
pub(crate) fn mints((one, other): (Mint, Mint)) -> (Address, Address) {
    (address(one.address()), address(other.address()))
}
