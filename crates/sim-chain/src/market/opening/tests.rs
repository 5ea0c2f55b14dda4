//! Addresses are those that the programs derived for recorded pools.

use amm::layout::{Account as Decoded, Field, Layout};

use super::*;
use crate::bank::address::{METEORA_DAMM_V2, RAYDIUM_AMM_V4, RAYDIUM_CPMM, from_amm};
use crate::bank::{Mint, Rent};

const SOL: Address = Address::from_str_const("So11111111111111111111111111111111111111112");
const USDC: Address = Address::from_str_const("EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v");

#[track_caller]
fn check(ours: Address, theirs: &str) {
    assert_eq!(ours.to_string(), theirs);
}

/// The account of a pool of SOL and USDC, at its address.
fn opened<L: Layout>(kind: Kind) -> (Address, Decoded<L>) {
    let listed = Token::listed();
    let (sol, usdc) = (listed[0], listed[1]);
    let mut site = Site::new(Rent::default());
    for token in [sol, usdc] {
        let mint = Mint {
            authority: None,
            supply: 0,
            decimals: token.decimals,
            freeze_authority: None,
        };
        site.mint(&token, mint, None);
    }
    let opening = Opening {
        tokens: kind.ordered(sol, usdc),
        amounts: (1_000_000_000_000, 150_000_000_000),
        provider: SOL,
        opens_at: 0,
        starting_fee: None,
        now: 1,
    };
    let pool = kind.open(&mut site, &opening).unwrap();
    let accounts = site.finish();
    let account = accounts.iter().find(|(key, _)| *key == pool);
    (pool, Decoded::decode(&account.unwrap().1.data).unwrap())
}

#[track_caller]
fn check_fields<L: Layout>(
    account: &Decoded<L>,
    fields: impl IntoIterator<Item = (Field<L, amm::Address>, &'static str)>,
) {
    for (field, theirs) in fields {
        check(from_amm(account.get(field)), theirs);
    }
}

#[test]
fn a_cpmm_pool_is_where_the_program_puts_it() {
    use amm::cpmm::account::{PoolAccount, PoolLayout};
    let (pool, account) = opened::<PoolLayout>(Kind::Cpmm);

    check(pool, "7JuwJuNU88gurFnyWeiyGKbFmExMWcmRZntn9imEzdny");
    check_fields(
        &account,
        [
            (
                PoolAccount::CONFIG,
                "D4FPEruKEHrG5TenZ2mpDGEfu1iUvTiqBxvpU8HLBvC2",
            ),
            (
                PoolAccount::VAULT_FIRST,
                "7VLUXrnSSDo9BfCa4NWaQs68g7ddDY1sdXBKW6Xswj9Y",
            ),
            (
                PoolAccount::VAULT_SECOND,
                "3rzbbW5Q8MA7sCaowf28hNgACNPecdS2zceWy7Ptzua9",
            ),
            (
                PoolAccount::SHARE_MINT,
                "Ff68JGeEiUEF859B2xEaPX82vuFeuwxqoxGNHTZPAuKR",
            ),
            (
                PoolAccount::OBSERVATION,
                "4MYrPgjgFceyhtwhG1ZX8UVb4wn1aQB5wzMimtFqg7U8",
            ),
        ],
    );
    assert_eq!(account.get(PoolAccount::AUTHORITY_BUMP), 253);
}

#[test]
fn authorities_are_the_programs_own() {
    for (name, program, theirs) in [
        (
            &b"vault_and_lp_mint_auth_seed"[..],
            RAYDIUM_CPMM,
            amm::cpmm::Deployment::MAINNET.authority,
        ),
        (
            b"amm authority",
            RAYDIUM_AMM_V4,
            amm::amm_v4::Deployment::MAINNET.authority,
        ),
        (
            b"pool_authority",
            METEORA_DAMM_V2,
            amm::damm_v2::Deployment::MAINNET.authority,
        ),
    ] {
        assert_eq!(derived(&[name], &program).0, from_amm(theirs));
    }
}

/// The recorded pool was opened with a configuration, so its own address is another; its vaults follow from it alike.
#[test]
fn the_vaults_of_a_damm_v2_pool_are_where_the_program_puts_them() {
    let pool = Address::from_str_const("7ByvNBd7roSReV9AesMHfaxQpZABQMSuiyvTe7f6DJib");

    check(
        damm_v2::vault(&pool, &SOL),
        "CTKCNaHMTuBZe4ZApy89mrG6CykL7DiLt9S1HD4eKzV6",
    );
    check(
        damm_v2::vault(&pool, &USDC),
        "J9tBBMYEaxy3nHEW2VSgpfPL6rAjHjjoruSyfkSrsrCM",
    );
}

#[test]
fn a_dlmm_pair_is_where_the_program_puts_it() {
    use amm::dlmm::account::{PairAccount, PairLayout};
    let terms = DlmmTerms::Permissionless { bin_step: 10 };
    let (pair, account) = opened::<PairLayout>(Kind::Dlmm(terms));

    check(pair, "BGm1tav58oGcsQJehL9WXBFXF7D27vZsKefj4xJKD5Y");
    check_fields(
        &account,
        [
            (
                PairAccount::VAULT_FIRST,
                "DwZz4S1Z1LBXomzmncQRVKCYhjCqSAMQ6RPKbUAadr7H",
            ),
            (
                PairAccount::VAULT_SECOND,
                "4N22J4vW2juHocTntJNmXywSonYjkndCwahjZ2cYLDgb",
            ),
            (
                PairAccount::ORACLE,
                "ETc6tqgLrr7wXsH8u2QBK1CyXHX3kvV6WQjBz4cf3sCj",
            ),
        ],
    );
    check(
        array_address(pair, -29),
        "9o3pWJhKowpQukQTP5d3xwrGdUZtR5wmKGJwBiMbqGoM",
    );
    // One that waits for its opening has another address.
    check(
        dlmm::address(DlmmTerms::Customizable { bin_step: 25 }, (SOL, USDC)),
        "GNY3YbGqdhZv8R3kD2NRJQ4NLD6tb3PPthJ2mpUR89Lc",
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
