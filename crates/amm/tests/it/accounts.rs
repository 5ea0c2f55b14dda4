//! The named fields are all that the recorded accounts hold: one that is written from its fields alone, over zeroes,
//! has the recorded bytes. So pools can be made from nothing.

use amm::dlmm::bin_array::BinArray;
use amm::dlmm::quote::Bin;
use amm::layout::{Account, Layout};
use amm::{amm_v4, cpmm, damm_v2, dlmm};

use crate::svm::case;

/// Every account of a kind that the recorded transactions met, before and after them.
fn recorded<L: Layout>(program: &str) -> Vec<Account<L>> {
    let is_length = |data: &[u8]| data.len() == L::LENGTH;
    let cases = case::all();
    let accounts = cases
        .iter()
        .flat_map(|case| case.before.values().chain(case.after.values()));
    let own = accounts.filter(|it| it.owner.to_string() == program && is_length(&it.data));
    let found: Vec<Account<L>> = own
        .filter_map(|it| Account::decode(&it.data).ok())
        .collect();
    assert!(found.len() > 20, "only {} accounts", found.len());
    found
}

/// Writes these fields of an account over zeroes.
macro_rules! rewritten {
    ($of:expr; $account:ident; $($field:ident),* $(,)?) => {{
        let mut fresh = $account::empty();
        $(fresh.set($account::$field, $of.get($account::$field));)*
        fresh
    }};
}

#[track_caller]
fn check<L: Layout>(recorded: &Account<L>, fresh: &Account<L>) {
    let pairs = recorded.bytes().iter().zip(fresh.bytes()).enumerate();
    let differ: Vec<usize> = pairs
        .filter(|(_, (a, b))| a != b)
        .map(|(at, _)| at)
        .collect();
    assert!(differ.is_empty(), "not written: {differ:?}");
}

#[test]
fn a_cpmm_pool_and_its_configuration_are_their_fields() {
    use cpmm::account::{ConfigAccount, PoolAccount};
    let program = cpmm::Deployment::MAINNET.id.to_string();
    for pool in recorded(&program) {
        let fresh = rewritten!(pool; PoolAccount;
            CONFIG, CREATOR, VAULT_FIRST, VAULT_SECOND, SHARE_MINT, MINT_FIRST, MINT_SECOND,
            TOKEN_PROGRAM_FIRST, TOKEN_PROGRAM_SECOND, OBSERVATION, AUTHORITY_BUMP, STATUS,
            DECIMALS_SHARE, DECIMALS_FIRST, DECIMALS_SECOND, SHARE_SUPPLY, PROTOCOL_FEES_FIRST,
            PROTOCOL_FEES_SECOND, FUND_FEES_FIRST, FUND_FEES_SECOND, OPEN_TIME, RECENT_EPOCH,
            CREATOR_FEE_ON, CREATOR_FEE_ENABLED, CREATOR_FEES_FIRST, CREATOR_FEES_SECOND,
        );
        check(&pool, &fresh);
    }
    for config in recorded(&program) {
        let fresh = rewritten!(config; ConfigAccount;
            BUMP, INDEX, TRADE_FEE_RATE, PROTOCOL_FEE_RATE, FUND_FEE_RATE, OPENING_FEE,
            PROTOCOL_OWNER, FUND_OWNER, CREATOR_FEE_RATE,
        );
        check(&config, &fresh);
    }
}

#[test]
fn an_amm_v4_pool_is_its_fields() {
    use amm_v4::account::PoolAccount;
    for pool in recorded(&amm_v4::Deployment::MAINNET.id.to_string()) {
        let fresh = rewritten!(pool; PoolAccount;
            STATUS, NONCE, DECIMALS_COIN, DECIMALS_PC, SWAP_FEE_NUMERATOR, SWAP_FEE_DENOMINATOR,
            NEED_TAKE_PNL_COIN, NEED_TAKE_PNL_PC, OPEN_TIME, SWAP_COIN_IN, SWAP_PC_OUT,
            SWAP_PC_FEES, SWAP_PC_IN, SWAP_COIN_OUT, SWAP_COIN_FEES, VAULT_COIN, VAULT_PC,
            MINT_COIN, MINT_PC, SHARE_MINT, OPEN_ORDERS, MARKET, MARKET_PROGRAM, TARGET_ORDERS,
            OWNER, SHARE_SUPPLY, RECENT_EPOCH, ORDER_COUNT, ORDER_DEPTH, STATE, RESET_FLAG,
            ORDER_SIZE_MIN, VOLUME_CUT_MAX, AMOUNT_WAVE, LOT_COIN, LOT_PC, PRICE_MULTIPLIER_MIN,
            PRICE_MULTIPLIER_MAX, DECIMAL_VALUE, SEPARATION_NUMERATOR, SEPARATION_DENOMINATOR,
            TRADE_FEE_NUMERATOR, TRADE_FEE_DENOMINATOR, PNL_NUMERATOR, PNL_DENOMINATOR,
        );
        check(&pool, &fresh);
    }
}

#[test]
fn a_damm_v2_pool_is_its_fields() {
    use damm_v2::account::PoolAccount;
    for pool in recorded(&damm_v2::Deployment::MAINNET.id.to_string()) {
        let fresh = rewritten!(pool; PoolAccount;
            CLIFF_FEE_NUMERATOR, BASE_FEE_MODE, BASE_FEE_FIRST, BASE_FEE_PERIOD, BASE_FEE_FOURTH,
            PROTOCOL_FEE_PERCENT, REFERRAL_FEE_PERCENT, COMPOUNDING_FEE_BPS, VOLATILITY_ENABLED,
            VOLATILITY_MAX, VARIABLE_FEE_CONTROL, BIN_STEP, FILTER_PERIOD, DECAY_PERIOD,
            REDUCTION_FACTOR, LAST_UPDATE, BIN_STEP_Q64, SQRT_PRICE_REFERENCE,
            VOLATILITY_ACCUMULATOR, VOLATILITY_REFERENCE, INITIAL_SQRT_PRICE, MINT_FIRST,
            MINT_SECOND, VAULT_FIRST, VAULT_SECOND, WHITELISTED_VAULT, LIQUIDITY,
            PROTOCOL_FEES_FIRST, PROTOCOL_FEES_SECOND, SQRT_PRICE_MIN, SQRT_PRICE_MAX, SQRT_PRICE,
            ACTIVATION_POINT, ACTIVATION_TYPE, STATUS, TOKEN_FLAG_FIRST, TOKEN_FLAG_SECOND,
            COLLECT_FEE_MODE, POOL_TYPE, FEE_VERSION, FEE_FIRST_PER_LIQUIDITY,
            FEE_SECOND_PER_LIQUIDITY, TOTAL_PROVIDER_FEES_FIRST, TOTAL_PROVIDER_FEES_SECOND,
            TOTAL_PROTOCOL_FEES_FIRST, TOTAL_PROTOCOL_FEES_SECOND, CREATOR, RESERVE_FIRST,
            RESERVE_SECOND, LAYOUT_VERSION,
        );
        check(&pool, &fresh);
    }
}

#[test]
fn a_dlmm_pair_is_its_fields_and_its_marked_arrays() {
    use dlmm::account::PairAccount;
    for pair in recorded(&dlmm::Deployment::MAINNET.id.to_string()) {
        let mut fresh = rewritten!(pair; PairAccount;
            BASE_FACTOR, FILTER_PERIOD, DECAY_PERIOD, REDUCTION_FACTOR, VARIABLE_FEE_CONTROL,
            VOLATILITY_MAX, BIN_MIN, BIN_MAX, PROTOCOL_SHARE_BPS, BASE_FEE_POWER, FUNCTION_TYPE,
            COLLECT_FEE_MODE, VOLATILITY_ACCUMULATOR, VOLATILITY_REFERENCE, INDEX_REFERENCE,
            LAST_UPDATE, BUMP, BIN_STEP_SEED, PAIR_TYPE, ACTIVE_ID, BIN_STEP, STATUS,
            HAS_BASE_FACTOR_SEED, BASE_FACTOR_SEED, ACTIVATION_TYPE, MINT_FIRST, MINT_SECOND,
            VAULT_FIRST, VAULT_SECOND, PROTOCOL_FEES_FIRST, PROTOCOL_FEES_SECOND,
            REWARD_MINT_FIRST, REWARD_MINT_SECOND, ORACLE, PARAMETERS_SET_AT, BASE_KEY, ACTIVATION_POINT, CREATOR,
            TOKEN_FLAG_FIRST, TOKEN_FLAG_SECOND,
        );
        for index in pair.arrays() {
            fresh.mark_array(index);
        }
        check(&pair, &fresh);
    }
}

#[test]
fn a_bin_array_is_its_fields_and_its_bins() {
    for array in recorded(&dlmm::Deployment::MAINNET.id.to_string()) {
        let mut fresh = rewritten!(array; BinArray; INDEX, VERSION, PAIR);
        for (id, bin) in array.bins().expect("an index") {
            fresh.set_bin(id, &bin).expect("a bin of this array");
        }
        check(&array, &fresh);
    }
}

#[test]
fn bins_are_provided_for_as_their_first_providers_did() {
    let mut count = 0;
    for case in case::all() {
        for account in case.before.values() {
            let Ok(array) = BinArray::decode(&account.data) else {
                continue;
            };
            for (_, bin) in array.bins().expect("an index") {
                let ours = Bin::provided(bin.amount_x, bin.amount_y, bin.price);

                assert_eq!(ours, Ok(bin));
                count += 1;
            }
        }
    }
    assert!(count > 1_000, "only {count} bins");
}
