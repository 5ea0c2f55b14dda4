//! What stands on the chain before its first block: mints, the programs' own accounts, pools, and the wallets of those
//! who trade.

use amm::{Refusal, amm_v4, cpmm, damm_v2, dlmm};
use solana_address::Address;

use super::listing::Listed;
use super::opening::{Opening, cpmm_configuration, cpmm_configuration_address};
use super::site::Site;
use super::token::Token;
use super::wallet::{Allowance, MARKET};
use crate::bank::address::{
    LOOKUP_TABLE, MEMO, SYSTEM, TOKEN, TOKEN_2022, find_program_address, from_amm,
};
use crate::bank::{Bank, FeeConfig, GENESIS_HASH, Mint, TransferFee};

/// What the Token-2022 mint keeps of transfers: 0.1 %, at most a thousand whole tokens.
const TRANSFER_FEE_BPS: u16 = 10;
const TRANSFER_FEE_MAX_WHOLE: u64 = 1_000;

/// Pools have been open for a day, so that they are whatever the first block's clock says.
const AGE_SECONDS: u64 = 24 * 60 * 60;

/// What the programs sign with.
const AUTHORITIES: [amm::Address; 5] = [
    cpmm::Deployment::MAINNET.authority,
    amm_v4::Deployment::MAINNET.authority,
    damm_v2::Deployment::MAINNET.authority,
    damm_v2::Deployment::MAINNET.event_authority,
    dlmm::Deployment::MAINNET.event_authority,
];
const TABLE_HEADER_BYTES: usize = 56;

/// The address of the lookup table that stands on the chain from its first slot on.
#[must_use]
pub fn lookup_table() -> Address {
    let maker = GENESIS_HASH.to_bytes();
    let derived = find_program_address(&[&maker, &0_u64.to_le_bytes()], &LOOKUP_TABLE);
    let (address, _) = derived.expect("invariant: some bump has an address");
    address
}

/// Where a chain begins.
pub(super) struct Genesis<'a> {
    pub(super) seed: u64,
    pub(super) height: u64,
    pub(super) tokens: &'a [Token],
    pub(super) pools: &'a [Listed],
    /// Who provides all liquidity and moves prices.
    pub(super) market: Address,
    /// Who trades.
    pub(super) engine: Address,
}

impl Genesis<'_> {
    /// Puts all of it there.
    pub(super) fn lay(&self, bank: &mut Bank) -> Result<(), Refusal> {
        let mut site = Site::new(bank.environment().rent);
        for token in self.tokens {
            site.mint(token, self.mint(token), self.transfer_fees(token));
        }
        self.programs(&mut site);
        self.table(&mut site);
        let now = bank.environment().clock.to_amm().unix_time;
        for pool in self.pools {
            let price = pool.fair_price(self.seed, self.height);
            let opening = Opening {
                tokens: pool.tokens,
                amounts: pool.amounts(price)?,
                provider: self.market,
                opens_at: now.saturating_sub(AGE_SECONDS),
                starting_fee: None,
                now,
            };
            pool.kind.open(&mut site, &opening)?;
        }
        self.fund(&mut site, self.market, MARKET);
        self.fund(&mut site, self.engine, Allowance::ENGINE);
        let slot = bank.environment().clock.slot;
        for (key, account) in site.finish() {
            // Nobody asks what was there before.
            bank.load_account(key, account, slot);
        }
        Ok(())
    }

    fn mint(&self, token: &Token) -> Mint {
        Mint {
            // The one who makes more where there is not enough; nobody makes SOL.
            authority: (!token.is_wrapped_sol()).then_some(self.market),
            supply: 0,
            decimals: token.decimals,
            freeze_authority: None,
        }
    }

    fn transfer_fees(&self, token: &Token) -> Option<FeeConfig> {
        let unit = u64::try_from(token.unit()).unwrap_or(u64::MAX);
        let fee = TransferFee {
            epoch: 0,
            maximum: unit.saturating_mul(TRANSFER_FEE_MAX_WHOLE),
            bps: TRANSFER_FEE_BPS,
        };
        token.is_of_token_2022().then_some(FeeConfig {
            authority: Some(self.market),
            withdrawer: Some(self.market),
            withheld: 0,
            older: fee,
            newer: fee,
        })
    }

    /// The accounts that all pools of a program share. Authorities are addresses without data.
    fn programs(&self, site: &mut Site) {
        cpmm_configuration(site, self.market);
        for authority in AUTHORITIES {
            site.put(from_amm(authority), SYSTEM, Vec::new());
        }
    }

    /// The lookup table with the accounts that all pools share, as a venue keeps one.
    fn table(&self, site: &mut Site) {
        let authorities = AUTHORITIES.map(from_amm);
        let fixed = [TOKEN, TOKEN_2022, MEMO, cpmm_configuration_address().0];
        let mints = self.tokens.iter().map(|token| token.mint);
        let addresses = fixed.into_iter().chain(authorities).chain(mints);
        let mut data = vec![0; TABLE_HEADER_BYTES];
        data[0] = 1;
        // It is not being given up.
        data[4..12].copy_from_slice(&u64::MAX.to_le_bytes());
        data.extend(addresses.flat_map(|it| it.to_bytes()));
        site.put(lookup_table(), LOOKUP_TABLE, data);
    }

    fn fund(&self, site: &mut Site, wallet: Address, allowance: Allowance) {
        site.put_with(wallet, SYSTEM, Vec::new(), allowance.lamports);
        for token in self.tokens {
            if !token.is_wrapped_sol() || allowance.wraps_sol {
                site.holding(token, wallet, token.units_worth(allowance.usd));
            }
        }
    }
}
