//! Addresses are those that the programs derived for recorded pools.

use super::*;
use crate::bank::address::{METEORA_DLMM, RAYDIUM_CPMM};

const SOL: Address = Address::from_str_const("So11111111111111111111111111111111111111112");
const USDC: Address = Address::from_str_const("EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v");

#[track_caller]
fn check(ours: Address, theirs: &str) {
    assert_eq!(ours.to_string(), theirs);
}

#[test]
fn a_cpmm_pool_is_where_the_program_puts_it() {
    check(
        cpmm::address((SOL, USDC)),
        "7JuwJuNU88gurFnyWeiyGKbFmExMWcmRZntn9imEzdny",
    );
    assert_eq!(cpmm::address((SOL, USDC)), cpmm::address((USDC, SOL)));
    let authority = derived(&[b"vault_and_lp_mint_auth_seed"], &RAYDIUM_CPMM);
    check(authority.0, "GpMZbSM2GgvTKHJirzeGfMFoaZ8UR2X7F4v8vHTvxFbL");
    assert_eq!(authority.1, 253);
}

#[test]
fn a_dlmm_pair_is_where_the_program_puts_it() {
    check(
        dlmm::address(DlmmTerms::Permissionless { bin_step: 10 }, (SOL, USDC)),
        "BGm1tav58oGcsQJehL9WXBFXF7D27vZsKefj4xJKD5Y",
    );
    check(
        dlmm::address(DlmmTerms::Customizable { bin_step: 25 }, (SOL, USDC)),
        "GNY3YbGqdhZv8R3kD2NRJQ4NLD6tb3PPthJ2mpUR89Lc",
    );
    let pair = Address::from_str_const("BGm1tav58oGcsQJehL9WXBFXF7D27vZsKefj4xJKD5Y");
    check(
        derived(&[b"oracle", pair.as_ref()], &METEORA_DLMM).0,
        "ETc6tqgLrr7wXsH8u2QBK1CyXHX3kvV6WQjBz4cf3sCj",
    );
    check(
        array_address(pair, -29),
        "9o3pWJhKowpQukQTP5d3xwrGdUZtR5wmKGJwBiMbqGoM",
    );
}

#[test]
fn a_price_between_two_bins_is_in_the_lower_one() {
    for bin in [-20_000, -1, 0, 1, 20_000] {
        let price = amm::dlmm::quote::price(bin, 10).unwrap();

        assert_eq!(bin_at(price, 10), Ok(bin));
        assert_eq!(bin_at(price - 1, 10), Ok(bin - 1));
        assert_eq!(bin_at(price + 1, 10), Ok(bin));
    }
    assert_eq!(bin_at(0, 10), Ok(-43_690));
    assert_eq!(bin_at(u128::MAX, 10), Ok(43_690));
}
