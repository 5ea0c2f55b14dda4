use super::*;

#[test]
fn an_associated_account_is_the_one_that_wallets_derive() {
    // From `vectors/svm`, `cpmm-sell-small`: an account that the real program made.
    let wallet = Address::literal("9KfvDRwavRmaCiKnNP7jsvt8iMiecHnmU2f1e3fvi2fS");

    let account = associated_token(wallet, WRAPPED_SOL, TOKEN_PROGRAM);

    assert_eq!(
        account,
        Address::literal("5SY8ADuiNgm8Foa7f5CXU17ZJM7iCsQHjcwRFsj3HUVu")
    );
}

#[test]
fn a_program_address_skips_points_of_the_curve() {
    // Raydium publishes both, with bumps 253 and 254.
    let cpmm = Address::literal("CPMMoo8L3F4NbTegBCKVNunggL7H1ZpdTHKxQB5qKP1C");

    let authority = program_address(&[b"vault_and_lp_mint_auth_seed"], cpmm);

    let published = Address::literal("GpMZbSM2GgvTKHJirzeGfMFoaZ8UR2X7F4v8vHTvxFbL");
    assert_eq!(authority, Some(published));
}

#[test]
fn an_address_with_a_seed_follows_from_all_three_parts() {
    let base = WRAPPED_SOL;

    let account = with_seed(base, "seed", TOKEN_PROGRAM);

    assert_ne!(account, with_seed(CLOCK, "seed", TOKEN_PROGRAM));
    assert_ne!(account, with_seed(base, "seeds", TOKEN_PROGRAM));
    assert_ne!(account, with_seed(base, "seed", SYSTEM_PROGRAM));
}
