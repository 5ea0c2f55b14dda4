use super::*;
use crate::address::{TOKEN_PROGRAM, associated_token_bump};

#[test]
fn a_limit_leaves_room_and_never_passes_the_chains_own() {
    assert_eq!(units_limit(100_000, false), 115_000);
    assert_eq!(units_limit(100_001, false), 115_002);
    assert_eq!(units_limit(100_000, true), 183_000);
    assert_eq!(units_limit(u32::MAX, true), UNITS_MAX);
}

#[test]
fn work_is_the_swaps_and_what_stands_around_them() {
    let work = Work {
        account_units: 60_000,
        wraps: true,
        swap_units: 40_000,
    };

    assert_eq!(work.units(), 5_000 + 15_000 + 60_000 + 40_000);
    assert_eq!(Work::default().units(), 5_000);
}

/// One of 4,000 addresses takes twelve tries and more.
#[test]
fn an_account_whose_address_is_found_late_may_use_more() {
    let asset = Asset {
        mint: Address([7; 32]),
        program: TOKEN_PROGRAM,
    };
    let wallets = (0..u16::MAX).map(|number| {
        let mut wallet = Address([1; 32]);
        wallet.0[..2].copy_from_slice(&number.to_le_bytes());
        wallet
    });
    let mut wallets = wallets.map(|it| (it, associated_token_bump(it, asset.mint, asset.program)));
    let (early, _) = wallets.find(|(_, bump)| *bump == 255).unwrap();
    let (late, bump) = wallets.find(|(_, bump)| *bump < 248).unwrap();

    let units = |wallet| Work::of(wallet, &[Asset::WRAPPED_SOL, asset], []).account_units;

    assert_eq!(units(early), 26_500);
    assert_eq!(units(late), 25_000 + 1_500 * (256 - u32::from(bump)));
}
