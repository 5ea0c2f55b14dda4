//! A token is born with its pool.

use amm::Refusal;
use domain::venue::Program;
use sha2::{Digest, Sha256};
use solana_address::Address;

use super::opening::{DlmmTerms, Kind, Opening};
use super::site::Site;
use super::token::Token;
use crate::bank::{Account, Bank, Mint, address};

/// The token to be born.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Launch {
    /// At most [`DECIMALS_MAX`].
    pub decimals: u8,
    /// The program that holds its pool with SOL.
    pub program: Program,
    /// What is provided of SOL.
    pub liquidity_lamports: u64,
    /// Unix time from which the pool trades.
    pub opens_at: u64,
    /// Whether somebody could freeze the accounts of those who buy it.
    pub freeze_authority: bool,
}

/// A token that was born.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Launched {
    pub mint: Address,
    pub pool: Address,
}

/// Why no token was born.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotLaunched {
    #[error("a token has at most {DECIMALS_MAX} decimals")]
    Decimals,
    #[error("provide at least 0.001 SOL and at most {} SOL", LIQUIDITY_MAX / LAMPORTS_PER_SOL)]
    Liquidity,
    #[error("the market has too little SOL left; provide less")]
    Wallet,
    #[error("no pool can begin with these amounts")]
    Pool(#[source] Refusal),
}

/// More would leave no room for a supply.
pub const DECIMALS_MAX: u8 = 9;

/// Whole tokens that are made, and percent of them that go into the pool.
const SUPPLY: u64 = 1_000_000_000;
const POOL_PERCENT: u64 = 80;
/// Bounds of what is provided.
const LIQUIDITY_MIN: u64 = 1_000_000;
const LIQUIDITY_MAX: u64 = 1_000_000 * LAMPORTS_PER_SOL;
const LAMPORTS_PER_SOL: u64 = 1_000_000_000;
/// New tokens move much: basis points between the bins of a DLMM pair.
const BIN_STEP: u16 = 100;

/// Puts the token and its pool there. The market's wallet provides, and keeps what is not in the pool.
pub(super) fn launch(
    bank: &mut Bank,
    wallet: Address,
    launch: &Launch,
) -> Result<Launched, NotLaunched> {
    if launch.decimals > DECIMALS_MAX {
        return Err(NotLaunched::Decimals);
    }
    if !(LIQUIDITY_MIN..=LIQUIDITY_MAX).contains(&launch.liquidity_lamports) {
        return Err(NotLaunched::Liquidity);
    }
    let token = Token {
        mint: unused_address(bank, &wallet),
        decimals: launch.decimals,
        program: address::TOKEN,
        micro_usd: 0,
    };
    let supply = SUPPLY * 10_u64.pow(launch.decimals.into());
    let provided = supply / 100 * POOL_PERCENT;

    let mut site = Site::new(bank.environment().rent);
    site.mint(&Token::SOL, mint(None), None);
    let freeze_authority = launch.freeze_authority.then_some(wallet);
    let mut fresh = mint(freeze_authority);
    fresh.decimals = launch.decimals;
    site.mint(&token, fresh, None);
    let kind = kind(launch.program);
    let tokens = kind.ordered(token, Token::SOL);
    let amount_of = |of: Token| {
        if of == token {
            provided
        } else {
            launch.liquidity_lamports
        }
    };
    let opening = Opening {
        tokens,
        amounts: (amount_of(tokens.0), amount_of(tokens.1)),
        provider: wallet,
        opens_at: launch.opens_at,
        now: bank.environment().clock.to_amm().unix_time,
    };
    let pool = kind.open(&mut site, &opening).map_err(NotLaunched::Pool)?;
    site.holding(&token, wallet, supply - provided);
    pay_for(bank, wallet, site.finish())?;
    Ok(Launched {
        mint: token.mint,
        pool,
    })
}

const fn kind(program: Program) -> Kind {
    match program {
        Program::Cpmm => Kind::Cpmm,
        Program::AmmV4 => Kind::AmmV4,
        Program::DammV2 => Kind::DammV2,
        Program::Dlmm => Kind::Dlmm(DlmmTerms::Customizable { bin_step: BIN_STEP }),
    }
}

const fn mint(freeze_authority: Option<Address>) -> Mint {
    Mint {
        authority: None,
        supply: 0,
        decimals: Token::SOL.decimals,
        freeze_authority,
    }
}

/// An address where nothing stands yet.
fn unused_address(bank: &Bank, wallet: &Address) -> Address {
    let slot = bank.environment().clock.slot.to_le_bytes();
    let addresses = (0_u64..).map(|number| {
        let hash = Sha256::new()
            .chain_update(b"a token is born")
            .chain_update(wallet.as_ref())
            .chain_update(slot)
            .chain_update(number.to_le_bytes());
        Address::from(<[u8; 32]>::from(hash.finalize()))
    });
    let mut unused = addresses.filter(|address| bank.accounts().get(address).is_none());
    unused
        .next()
        .expect("invariant: there are more addresses than accounts")
}

/// Puts accounts there and takes what they cost from the wallet. What stands there already stays.
fn pay_for(
    bank: &mut Bank,
    wallet: Address,
    mut accounts: Vec<(Address, Account)>,
) -> Result<(), NotLaunched> {
    accounts.retain(|(key, _)| bank.accounts().get(key).is_none());
    let lamports = accounts.iter().map(|(_, account)| account.lamports);
    let cost = lamports.fold(0, u64::saturating_add);
    let payer = bank.accounts().get(&wallet).cloned();
    let payer = payer.ok_or(NotLaunched::Wallet)?;
    let left = payer.lamports.checked_sub(cost);
    let lamports = left.ok_or(NotLaunched::Wallet)?;
    bank.set_account(wallet, Account { lamports, ..payer });
    for (key, account) in accounts {
        bank.set_account(key, account);
    }
    Ok(())
}
