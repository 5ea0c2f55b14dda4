//! A token is born with its pool.

use amm::Refusal;
use domain::venue::Program;
use sha2::{Digest, Sha256};
use solana_address::Address;

use super::opening::{DlmmTerms, Kind, Opening, StartingFee, damm_v2};
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
    /// Whether somebody could make more of it.
    pub mint_authority: bool,
    /// How much of the supply its maker keeps, in percent: at most 99.
    pub held_percent: Option<u8>,
    /// What the pool charges at first. Of the four programs DAMM v2 alone has such fees.
    pub starting_fee: Option<StartingFee>,
    pub part: Part,
}

/// What of a launch happens now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Whole,
    /// The token alone, which nobody has any of.
    Mint,
    /// The pool, with the supply, of such a token.
    PoolOf(Address),
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
    #[error("the token's maker keeps at most {HELD_PERCENT_MAX} percent of it")]
    Held,
    #[error(
        "only a damm_v2 pool has a starting fee, of {} to {FEE_BPS_MAX} basis points",
        damm_v2::FEE_BPS + 1
    )]
    StartingFee,
    #[error("at this address is no token without a supply: let it be born alone first")]
    Mint,
    #[error("no pool can begin with these amounts")]
    Pool(#[source] Refusal),
}

/// More would leave no room for a supply.
pub const DECIMALS_MAX: u8 = 9;

/// The most that the token's maker keeps.
const HELD_PERCENT_MAX: u8 = 99;
/// The highest fee of a DAMM v2 pool.
const FEE_BPS_MAX: u16 = 9_900;

/// Whole tokens that are made, and percent of them that do not go into the pool where nothing else is said.
const SUPPLY: u64 = 1_000_000_000;
const HELD_PERCENT: u8 = 20;
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
    let is_mint_alone = launch.part == Part::Mint;
    if !is_mint_alone && !(LIQUIDITY_MIN..=LIQUIDITY_MAX).contains(&launch.liquidity_lamports) {
        return Err(NotLaunched::Liquidity);
    }
    let held_percent = launch.held_percent.unwrap_or(HELD_PERCENT);
    if held_percent > HELD_PERCENT_MAX {
        return Err(NotLaunched::Held);
    }
    if let Some(fee) = launch.starting_fee
        && (launch.program != Program::DammV2
            || !(damm_v2::FEE_BPS + 1..=FEE_BPS_MAX).contains(&fee.bps))
    {
        return Err(NotLaunched::StartingFee);
    }
    let (address, fresh) = match launch.part {
        Part::PoolOf(mint) => (mint, without_supply(bank, &mint)?),
        Part::Whole | Part::Mint => {
            let fresh = Mint {
                authority: launch.mint_authority.then_some(wallet),
                decimals: launch.decimals,
                ..mint(launch.freeze_authority.then_some(wallet))
            };
            (unused_address(bank, &wallet), fresh)
        }
    };
    let token = Token {
        mint: address,
        decimals: fresh.decimals,
        program: address::TOKEN,
        micro_usd: 0,
    };
    let supply = SUPPLY * 10_u64.pow(fresh.decimals.into());
    let provided = supply / 100 * u64::from(100 - held_percent);

    let mut site = Site::new(bank.environment().rent);
    site.mint(&Token::SOL, mint(None), None);
    site.mint(&token, fresh, None);
    let kind = kind(launch.program);
    let tokens = kind.ordered(token, Token::SOL);
    if is_mint_alone {
        pay_for(bank, wallet, site.finish(), token.mint)?;
        return Ok(Launched {
            mint: token.mint,
            pool: kind.address(tokens),
        });
    }
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
        starting_fee: launch.starting_fee,
        now: bank.environment().clock.to_amm().unix_time,
    };
    let pool = kind.open(&mut site, &opening).map_err(NotLaunched::Pool)?;
    site.holding(&token, wallet, supply - provided);
    pay_for(bank, wallet, site.finish(), token.mint)?;
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

/// The mint of a token that nobody has any of.
fn without_supply(bank: &Bank, mint: &Address) -> Result<Mint, NotLaunched> {
    let account = bank.accounts().get(mint).ok_or(NotLaunched::Mint)?;
    let read = Mint::read(&account.data).ok();
    let is_token = account.owner == address::TOKEN && *mint != address::WRAPPED_SOL;
    let found = read.filter(|read| is_token && read.supply == 0);
    found.ok_or(NotLaunched::Mint)
}

/// Puts accounts there and takes what they cost from the wallet. What stands there already stays, but for the mint,
/// whose supply has come.
fn pay_for(
    bank: &mut Bank,
    wallet: Address,
    mut accounts: Vec<(Address, Account)>,
    mint: Address,
) -> Result<(), NotLaunched> {
    let stands = |bank: &Bank, key: &Address| bank.accounts().get(key).map(|it| it.lamports);
    accounts.retain(|(key, _)| *key == mint || stands(bank, key).is_none());
    let fresh = accounts
        .iter()
        .filter(|(key, _)| stands(bank, key).is_none());
    let lamports = fresh.map(|(_, account)| account.lamports);
    let cost = lamports.fold(0, u64::saturating_add);
    let payer = bank.accounts().get(&wallet).cloned();
    let payer = payer.ok_or(NotLaunched::Wallet)?;
    let left = payer.lamports.checked_sub(cost);
    let lamports = left.ok_or(NotLaunched::Wallet)?;
    bank.set_account(wallet, Account { lamports, ..payer });
    for (key, account) in accounts {
        let lamports = stands(bank, &key).unwrap_or(account.lamports);
        bank.set_account(
            key,
            Account {
                lamports,
                ..account
            },
        );
    }
    Ok(())
}
