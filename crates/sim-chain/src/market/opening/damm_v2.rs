//! Pools of Meteora DAMM v2, opened with parameters of their own over the whole range of prices.

use amm::Refusal;
use amm::damm_v2::Deployment;
use amm::damm_v2::account::PoolAccount;
use amm::damm_v2::quote::Pool;
use solana_address::Address;

use super::{Opening, Site, StartingFee, derived, sorted};
use crate::bank::address::{METEORA_DAMM_V2 as PROGRAM, from_amm, to_amm};

/// 0.3 % in billionths, of which the protocol gets 20 %, and of that whoever referred the trader 20 %.
const FEE_NUMERATOR: u64 = 3_000_000;
/// The same in basis points, and what one of them is in billionths.
pub(in crate::market) const FEE_BPS: u16 = 30;
const PER_BPS: u64 = 100_000;
/// In so many steps a starting fee falls, or in one a second.
const STEPS: u64 = 60;
const SHARE_PERCENT: u8 = 20;

/// Activation by Unix time.
const BY_UNIX_TIME: u8 = 1;
/// A pool with parameters of its own.
const CUSTOMIZABLE: u8 = 1;
/// The version whose fees may go up to 99 %.
const FEE_VERSION: u8 = 1;
/// The version that keeps its reserves in its account.
const LAYOUT_VERSION: u8 = 1;

pub(super) fn address(mints: (Address, Address)) -> Address {
    let (low, high) = sorted(mints);
    derived(&[b"cpool", high.as_ref(), low.as_ref()], &PROGRAM).0
}

pub(super) fn vault(pool: &Address, mint: &Address) -> Address {
    let seeds: [&[u8]; 3] = [b"token_vault", mint.as_ref(), pool.as_ref()];
    derived(&seeds, &PROGRAM).0
}

pub(super) fn open(site: &mut Site, opening: &Opening) -> Result<Address, Refusal> {
    let (first, second) = opening.tokens;
    let pool = address((first.mint, second.mint));
    let (vault_first, vault_second) = (vault(&pool, &first.mint), vault(&pool, &second.mint));
    let authority = from_amm(Deployment::MAINNET.authority);
    let curve = Pool::from_reserves(opening.amounts.0, opening.amounts.1, FEE_NUMERATOR)?;

    let mut account = PoolAccount::empty();
    let addresses = [
        (PoolAccount::MINT_FIRST, first.mint),
        (PoolAccount::MINT_SECOND, second.mint),
        (PoolAccount::VAULT_FIRST, vault_first),
        (PoolAccount::VAULT_SECOND, vault_second),
        (PoolAccount::CREATOR, opening.provider),
    ];
    for (field, address) in addresses {
        account.set(field, to_amm(&address));
    }
    let prices = [
        (PoolAccount::LIQUIDITY, curve.liquidity),
        (PoolAccount::SQRT_PRICE, curve.sqrt_price),
        (PoolAccount::INITIAL_SQRT_PRICE, curve.sqrt_price),
        (PoolAccount::SQRT_PRICE_MIN, curve.sqrt_price_min),
        (PoolAccount::SQRT_PRICE_MAX, curve.sqrt_price_max),
    ];
    for (field, value) in prices {
        account.set(field, value);
    }
    let flags = [
        (PoolAccount::PROTOCOL_FEE_PERCENT, SHARE_PERCENT),
        (PoolAccount::REFERRAL_FEE_PERCENT, SHARE_PERCENT),
        (PoolAccount::ACTIVATION_TYPE, BY_UNIX_TIME),
        (
            PoolAccount::TOKEN_FLAG_FIRST,
            u8::from(first.is_of_token_2022()),
        ),
        (
            PoolAccount::TOKEN_FLAG_SECOND,
            u8::from(second.is_of_token_2022()),
        ),
        (PoolAccount::POOL_TYPE, CUSTOMIZABLE),
        (PoolAccount::FEE_VERSION, FEE_VERSION),
        (PoolAccount::LAYOUT_VERSION, LAYOUT_VERSION),
    ];
    for (field, value) in flags {
        account.set(field, value);
    }
    match opening.starting_fee {
        None => account.set(PoolAccount::CLIFF_FEE_NUMERATOR, FEE_NUMERATOR),
        Some(fee) => schedule(&mut account, fee),
    }
    account.set(PoolAccount::ACTIVATION_POINT, opening.opens_at);
    account.set(PoolAccount::RESERVE_FIRST, opening.amounts.0);
    account.set(PoolAccount::RESERVE_SECOND, opening.amounts.1);

    site.put(pool, PROGRAM, account.bytes().to_vec());
    site.tokens(vault_first, first.mint, authority, opening.amounts.0);
    site.tokens(vault_second, second.mint, authority, opening.amounts.1);
    Ok(pool)
}

/// A linear schedule from the starting fee down to the usual one.
fn schedule(account: &mut PoolAccount, fee: StartingFee) {
    let seconds = fee.falls_for_seconds.max(1);
    let steps = seconds.min(STEPS);
    let falls = u64::from(fee.bps.saturating_sub(FEE_BPS)) * PER_BPS;
    let reduction = falls / steps;
    // What division leaves over is no part of the last fee.
    account.set(
        PoolAccount::CLIFF_FEE_NUMERATOR,
        FEE_NUMERATOR + reduction * steps,
    );
    let steps = u16::try_from(steps).unwrap_or(u16::MAX);
    account.set(PoolAccount::BASE_FEE_FIRST, steps);
    let period = seconds.div_ceil(steps.into());
    account.set(PoolAccount::BASE_FEE_PERIOD, period);
    account.set(PoolAccount::BASE_FEE_FOURTH, reduction);
}
