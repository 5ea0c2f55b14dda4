//! Pools of Raydium AMM v4. The program derives all addresses of a pool from its former order book's; that one is
//! made up here from the pair.

use amm::amm_v4::Deployment;
use amm::amm_v4::account::{PoolAccount, PoolLayout};
use amm::layout::Field;
use solana_address::Address;

use super::{Opening, Site, derived, order_book, shares};
use crate::bank::address::{RAYDIUM_AMM_V4 as PROGRAM, from_amm, to_amm};

/// The status of a pool that swaps only, and of one that waits for its opening time.
const SWAP_ONLY: u64 = 6;
const WAITING: u64 = 7;

/// What every pool has that was opened with the usual parameters.
const USUAL: [(Field<PoolLayout, u64>, u64); 19] = [
    (PoolAccount::ORDER_COUNT, 7),
    (PoolAccount::ORDER_DEPTH, 3),
    (PoolAccount::STATE, 1),
    (PoolAccount::ORDER_SIZE_MIN, 1_000_000),
    (PoolAccount::VOLUME_CUT_MAX, 500),
    (PoolAccount::AMOUNT_WAVE, 100),
    (PoolAccount::LOT_COIN, 1_000_000),
    (PoolAccount::LOT_PC, 1),
    (PoolAccount::PRICE_MULTIPLIER_MIN, 1),
    (PoolAccount::PRICE_MULTIPLIER_MAX, 1_000_000_000),
    (PoolAccount::DECIMAL_VALUE, 1_000_000_000),
    (PoolAccount::SEPARATION_NUMERATOR, 5),
    (PoolAccount::SEPARATION_DENOMINATOR, 10_000),
    (PoolAccount::TRADE_FEE_NUMERATOR, 25),
    (PoolAccount::TRADE_FEE_DENOMINATOR, 10_000),
    (PoolAccount::PNL_NUMERATOR, 12),
    (PoolAccount::PNL_DENOMINATOR, 100),
    (PoolAccount::SWAP_FEE_NUMERATOR, 25),
    (PoolAccount::SWAP_FEE_DENOMINATOR, 10_000),
];

pub(super) fn address(mints: (Address, Address)) -> Address {
    of_market(&order_book::address(mints), b"amm_associated_seed")
}

fn of_market(market: &Address, name: &[u8]) -> Address {
    derived(&[PROGRAM.as_ref(), market.as_ref(), name], &PROGRAM).0
}

pub(super) fn open(site: &mut Site, opening: &Opening) -> Address {
    let (coin, pc) = opening.tokens;
    let market = order_book::open(site, opening);
    let of_market = |name: &[u8]| of_market(&market, name);
    let pool = of_market(b"amm_associated_seed");
    let vault_coin = of_market(b"coin_vault_associated_seed");
    let vault_pc = of_market(b"pc_vault_associated_seed");
    let share_mint = of_market(b"lp_mint_associated_seed");
    let authority = from_amm(Deployment::MAINNET.authority);
    let supply = shares(opening.amounts);

    let mut account = PoolAccount::empty();
    for (field, value) in USUAL {
        account.set(field, value);
    }
    let addresses = [
        (PoolAccount::VAULT_COIN, vault_coin),
        (PoolAccount::VAULT_PC, vault_pc),
        (PoolAccount::MINT_COIN, coin.mint),
        (PoolAccount::MINT_PC, pc.mint),
        (PoolAccount::SHARE_MINT, share_mint),
        (
            PoolAccount::OPEN_ORDERS,
            of_market(b"open_order_associated_seed"),
        ),
        (PoolAccount::MARKET, market),
        (PoolAccount::MARKET_PROGRAM, order_book::PROGRAM),
        (
            PoolAccount::TARGET_ORDERS,
            of_market(b"target_associated_seed"),
        ),
        (PoolAccount::OWNER, opening.provider),
    ];
    for (field, address) in addresses {
        account.set(field, to_amm(&address));
    }
    let (_, nonce) = derived(&[b"amm authority"], &PROGRAM);
    account.set(PoolAccount::NONCE, nonce.into());
    account.set(PoolAccount::DECIMALS_COIN, coin.decimals.into());
    account.set(PoolAccount::DECIMALS_PC, pc.decimals.into());
    account.set(PoolAccount::SHARE_SUPPLY, supply);
    account.set(PoolAccount::OPEN_TIME, opening.opens_at);
    let waits = opening.opens_at > opening.now;
    account.set(PoolAccount::STATUS, if waits { WAITING } else { SWAP_ONLY });

    site.put(pool, PROGRAM, account.bytes().to_vec());
    site.tokens(vault_coin, coin.mint, authority, opening.amounts.0);
    site.tokens(vault_pc, pc.mint, authority, opening.amounts.1);
    let shares = (share_mint, coin.decimals);
    site.shares(shares, authority, opening.provider, supply);
    pool
}
