//! Finding the pools of a pair: their program's accounts that name both mints.
//!
//! An endpoint may refuse such a search ([`Error::Unsupported`]); then addresses must come from elsewhere. Nothing that
//! is found is believed: owner, layout and mints are looked at again here, and everything else when a pool is read.

use std::cmp::Reverse;

use amm::layout::{Field, Layout};
use amm::token::{TokenAccount, is_program};
use amm::{Address, Program, amm_v4, cpmm, damm_v2, dlmm};
use futures_util::future::try_join_all;

use super::Candidate;
use crate::rpc::{ACCOUNTS_MAX, Account, Error, Filter, Rpc, View};

/// How the accounts of a program's pools can be told.
#[derive(Debug, Clone, Copy)]
struct Shape {
    size: usize,
    discriminator: Option<[u8; 8]>,
    mints: [usize; 2],
}

impl Shape {
    fn new<L: Layout>(mints: [Field<L, Address>; 2]) -> Self {
        Self {
            size: L::LENGTH,
            discriminator: L::DISCRIMINATOR,
            mints: mints.map(|field| field.offset()),
        }
    }

    fn of(program: &Program) -> Self {
        match program {
            Program::Cpmm(_) => {
                use cpmm::account::PoolAccount as Of;
                Self::new([Of::MINT_FIRST, Of::MINT_SECOND])
            }
            Program::AmmV4(_) => {
                use amm_v4::account::PoolAccount as Of;
                Self::new([Of::MINT_COIN, Of::MINT_PC])
            }
            Program::DammV2(_) => {
                use damm_v2::account::PoolAccount as Of;
                Self::new([Of::MINT_FIRST, Of::MINT_SECOND])
            }
            Program::Dlmm(_) => {
                use dlmm::account::PairAccount as Of;
                Self::new([Of::MINT_FIRST, Of::MINT_SECOND])
            }
        }
    }
}

/// A program's pools of two mints, whichever of them a pool puts first; in the order of their addresses.
pub async fn discover(
    rpc: &dyn Rpc,
    program: Program,
    (one, other): (Address, Address),
    view: View,
) -> Result<Vec<Candidate>, Error> {
    let searches = orders(&program, one, other).into_iter();
    let searches = searches.map(|mints| search(rpc, program, mints, view));
    let mut found = try_join_all(searches).await?.concat();
    found.sort_by_key(|candidate| candidate.address);
    found.dedup_by_key(|candidate| candidate.address);
    Ok(found)
}

async fn search(
    rpc: &dyn Rpc,
    program: Program,
    mints: [Address; 2],
    view: View,
) -> Result<Vec<Candidate>, Error> {
    let filters = filters(&program, mints);
    let accounts = rpc.program_accounts(program.id(), &filters, view).await?;
    let candidates = accounts.value.into_iter();
    let candidates =
        candidates.filter_map(|(address, account)| check(program, &filters, address, &account));
    Ok(candidates.collect())
}

/// Those of a pair's pools that hold most of one of its tokens, at most so many, the deepest first. Anybody can make a
/// pool, so a pair has many that nobody trades on.
pub async fn deepest(
    rpc: &dyn Rpc,
    candidates: Vec<Candidate>,
    token: Address,
    at_most: usize,
    view: View,
) -> Result<Vec<Candidate>, Error> {
    if candidates.len() <= at_most {
        return Ok(candidates);
    }
    let mut ranked = Vec::with_capacity(candidates.len());
    for some in candidates.chunks(ACCOUNTS_MAX) {
        let vaults: Vec<Address> = some.iter().map(|it| vault(it, token)).collect();
        let accounts = rpc.accounts(&vaults, view).await?.value;
        let depths = accounts
            .iter()
            .map(|it| held(it.as_ref(), token).unwrap_or(0));
        ranked.extend(depths.zip(some.iter().cloned()));
    }
    ranked.sort_by_key(|(depth, candidate)| (Reverse(*depth), candidate.address));
    let deepest = ranked.into_iter().take(at_most);
    Ok(deepest.map(|(_, candidate)| candidate).collect())
}

/// Where a pool keeps one of its tokens.
pub(super) fn vault(candidate: &Candidate, token: Address) -> Address {
    match candidate.mints.0 == token {
        true => candidate.vaults.0,
        false => candidate.vaults.1,
    }
}

/// How much of a token an account holds, where it is one that can.
pub(super) fn held(vault: Option<&Account>, token: Address) -> Option<u64> {
    let vault = vault.filter(|it| is_program(it.owner))?;
    let read = TokenAccount::read(&vault.data);
    read.filter(|it| it.mint == token).map(|it| it.amount)
}

/// The orders in which a program's pools may name two mints: CPMM's name the lower one first.
fn orders(program: &Program, one: Address, other: Address) -> Vec<[Address; 2]> {
    match program {
        Program::Cpmm(_) => vec![[one.min(other), one.max(other)]],
        Program::AmmV4(_) | Program::DammV2(_) | Program::Dlmm(_) => {
            vec![[one, other], [other, one]]
        }
    }
}

fn filters(program: &Program, mints: [Address; 2]) -> Vec<Filter> {
    let shape = Shape::of(program);
    let discriminator = shape.discriminator.map(|bytes| Filter::Bytes {
        offset: 0,
        bytes: bytes.to_vec(),
    });
    let mints = shape.mints.into_iter().zip(mints);
    std::iter::once(Filter::Size(shape.size as u64))
        .chain(discriminator)
        .chain(mints.map(|(offset, mint)| Filter::address(offset as u64, mint)))
        .collect()
}

fn check(
    program: Program,
    filters: &[Filter],
    address: Address,
    account: &Account,
) -> Option<Candidate> {
    if account.owner != program.id() || !filters.iter().all(|it| it.admits(&account.data)) {
        return None;
    }
    Candidate::of(program, address, &account.data).ok()
}
