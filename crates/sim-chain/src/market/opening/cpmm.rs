//! Pools of Raydium CPMM.

use amm::cpmm::Deployment;
use amm::cpmm::account::{ConfigAccount, PoolAccount};
use amm::cpmm::observation::ObservationAccount;
use solana_address::Address;

use super::{Opening, Site, derived, shares, sorted};
use crate::bank::address::{RAYDIUM_CPMM as PROGRAM, from_amm, to_amm};

/// The configuration that pools with the usual fees name.
const CONFIGURATION: u16 = 0;
/// Its fees in millionths: 0.25 %, of which the protocol gets 12 % and the fund 4 %.
const TRADE_FEE_RATE: u64 = 2_500;
const PROTOCOL_FEE_RATE: u64 = 120_000;
const FUND_FEE_RATE: u64 = 40_000;
const CREATOR_FEE_RATE: u64 = 500;
const OPENING_FEE: u64 = 150_000_000;

/// Decimals of the shares.
const DECIMALS_SHARE: u8 = 9;
/// Shares that the pool counts and nobody ever gets.
const LOCKED_SHARES: u64 = 100;

pub(super) fn address(mints: (Address, Address)) -> Address {
    let (first, second) = sorted(mints);
    let (config, _) = configuration_address();
    let seeds: [&[u8]; 4] = [b"pool", config.as_ref(), first.as_ref(), second.as_ref()];
    derived(&seeds, &PROGRAM).0
}

/// Where the configuration stands.
pub(in crate::market) fn configuration_address() -> (Address, u8) {
    derived(&[b"amm_config", &CONFIGURATION.to_be_bytes()], &PROGRAM)
}

/// The program's own accounts: its authority and the configuration.
pub(in crate::market) fn configuration(site: &mut Site, owner: Address) {
    let (key, bump) = configuration_address();
    let mut config = ConfigAccount::empty();
    config.set(ConfigAccount::BUMP, bump);
    config.set(ConfigAccount::INDEX, CONFIGURATION);
    config.set(ConfigAccount::TRADE_FEE_RATE, TRADE_FEE_RATE);
    config.set(ConfigAccount::PROTOCOL_FEE_RATE, PROTOCOL_FEE_RATE);
    config.set(ConfigAccount::FUND_FEE_RATE, FUND_FEE_RATE);
    config.set(ConfigAccount::OPENING_FEE, OPENING_FEE);
    config.set(ConfigAccount::PROTOCOL_OWNER, to_amm(&owner));
    config.set(ConfigAccount::FUND_OWNER, to_amm(&owner));
    config.set(ConfigAccount::CREATOR_FEE_RATE, CREATOR_FEE_RATE);
    site.put(key, PROGRAM, config.bytes().to_vec());
}

pub(super) fn open(site: &mut Site, opening: &Opening) -> Address {
    let (first, second) = opening.tokens;
    let pool = address((first.mint, second.mint));
    let of_pool = |name: &[u8]| derived(&[name, pool.as_ref()], &PROGRAM).0;
    let vault = |mint: &Address| {
        let seeds: [&[u8]; 3] = [b"pool_vault", pool.as_ref(), mint.as_ref()];
        derived(&seeds, &PROGRAM).0
    };
    let (vault_first, vault_second) = (vault(&first.mint), vault(&second.mint));
    let (share_mint, observation) = (of_pool(b"pool_lp_mint"), of_pool(b"observation"));
    let authority = from_amm(Deployment::MAINNET.authority);
    let supply = shares(opening.amounts);

    let mut account = PoolAccount::empty();
    let addresses = [
        (PoolAccount::CONFIG, configuration_address().0),
        (PoolAccount::CREATOR, opening.provider),
        (PoolAccount::VAULT_FIRST, vault_first),
        (PoolAccount::VAULT_SECOND, vault_second),
        (PoolAccount::SHARE_MINT, share_mint),
        (PoolAccount::MINT_FIRST, first.mint),
        (PoolAccount::MINT_SECOND, second.mint),
        (PoolAccount::TOKEN_PROGRAM_FIRST, first.program),
        (PoolAccount::TOKEN_PROGRAM_SECOND, second.program),
        (PoolAccount::OBSERVATION, observation),
    ];
    for (field, address) in addresses {
        account.set(field, to_amm(&address));
    }
    let (_, bump) = derived(&[b"vault_and_lp_mint_auth_seed"], &PROGRAM);
    account.set(PoolAccount::AUTHORITY_BUMP, bump);
    account.set(PoolAccount::DECIMALS_SHARE, DECIMALS_SHARE);
    account.set(PoolAccount::DECIMALS_FIRST, first.decimals);
    account.set(PoolAccount::DECIMALS_SECOND, second.decimals);
    account.set(PoolAccount::SHARE_SUPPLY, supply);
    account.set(PoolAccount::OPEN_TIME, opening.opens_at);

    site.put(pool, PROGRAM, account.bytes().to_vec());
    let mut observations = ObservationAccount::empty();
    observations.set(ObservationAccount::POOL, to_amm(&pool));
    site.put(observation, PROGRAM, observations.bytes().to_vec());
    site.tokens(vault_first, first.mint, authority, opening.amounts.0);
    site.tokens(vault_second, second.mint, authority, opening.amounts.1);
    let shares = (share_mint, DECIMALS_SHARE);
    let minted = supply.saturating_sub(LOCKED_SHARES);
    site.shares(shares, authority, opening.provider, minted);
    pool
}
