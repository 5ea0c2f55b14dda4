use super::*;

#[test]
fn an_associated_account_is_the_one_that_wallets_derive() {
    // From `vectors/svm`, where the real program made it.
    let usdc = Address::from_str_const("EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v");
    let wallet = Address::from_str_const("FsFTE5S2LJPNoZ1LxxLfTHdPro9U4neFwfuaYTzWuBa6");

    assert_eq!(
        associated_token(&wallet, &usdc, &TOKEN).to_string(),
        "D5DPLasTMpu9sHD3aQFehwADdYodZayzfNCLUAi2MeP"
    );
}

#[test]
fn seeds_that_lead_onto_the_curve_or_are_too_long_are_refused() {
    let on_curve = (0..=u8::MAX)
        .filter(|bump| program_address(&[&[*bump]], &TOKEN) == Err(BadSeeds::OnCurve))
        .count();

    // About half of all hashes are points of the curve.
    assert!((64..192).contains(&on_curve), "{on_curve}");
    assert_eq!(program_address(&[&[0; 33]], &TOKEN), Err(BadSeeds::TooLong));
    assert_eq!(
        program_address(&[&[0][..]; 17], &TOKEN),
        Err(BadSeeds::TooLong)
    );
}

#[test]
fn a_seeded_address_is_the_one_of_the_sdk() {
    // From the documentation of `createAccountWithSeed`: base and owner of zeros.
    let seeded = with_seed(&SYSTEM, "limber chicken: 4/45", &SYSTEM);

    assert_eq!(
        seeded.map(|key| key.to_string()).as_deref(),
        Ok("9h1HyLCW5dZnBVap8C5egQ9Z6pHyjsh5MNy83iPqqRuq")
    );
    assert_eq!(
        with_seed(&SYSTEM, &"s".repeat(33), &SYSTEM),
        Err(BadSeeds::TooLong)
    );
}
