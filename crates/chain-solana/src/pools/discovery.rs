//! Finding the pools of a pair: their program's accounts that name both mints.
//!
//! An endpoint may refuse such a search ([`Error::Unsupported`]); then addresses must come from elsewhere. Nothing that
//! is found is believed: owner, layout and mints are looked at again here, and everything else when a pool is read.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use amm::layout::{Field, Layout};
use amm::token::{TokenAccount, is_program};
use amm::{Address, Program, amm_v4, cpmm, damm_v2, dlmm};
use futures_util::future::try_join_all;

use super::Candidate;
use crate::rpc::socket::PoolPlace;
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

/// Where the accounts of these programs' pools name mints: the two stand one behind the other.
#[must_use]
pub fn places(programs: &[Program]) -> Vec<PoolPlace> {
    let places = programs.iter().flat_map(|program| {
        let Shape { size, mints, .. } = Shape::of(program);
        let program = program.id();
        let pair = mints[0].min(mints[1]);
        mints.map(|offset| PoolPlace {
            program,
            size,
            offset,
            pair,
        })
    });
    places.collect()
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

/// The deepest of a pair's pools, at most so many. Half of them hold most of the one token, half most of the other:
/// whichever of the two somebody makes himself, the real pools are among them.
pub async fn deepest(
    rpc: &dyn Rpc,
    candidates: Vec<Candidate>,
    pair: (Address, Address),
    at_most: usize,
    view: View,
) -> Result<Vec<Candidate>, Error> {
    if candidates.len() <= at_most {
        return Ok(candidates);
    }
    let mut depths = Vec::with_capacity(candidates.len());
    for some in candidates.chunks(ACCOUNTS_MAX / 2) {
        let vaults = some.iter();
        let vaults: Vec<Address> = vaults
            .flat_map(|it| [vault(it, pair.0), vault(it, pair.1)])
            .collect();
        let accounts = rpc.accounts(&vaults, view).await?.value;
        let held = |account: &Option<Account>, token| held(account.as_ref(), token).unwrap_or(0);
        let (both, _) = accounts.as_chunks::<2>();
        depths.extend(
            both.iter()
                .map(|[one, other]| (held(one, pair.0), held(other, pair.1))),
        );
    }
    let ranked: Vec<_> = depths.into_iter().zip(candidates).collect();
    Ok(of_each_half(&ranked, at_most))
}

/// Takes the deepest by the one token and by the other in turn.
fn of_each_half(pools: &[((u64, u64), Candidate)], at_most: usize) -> Vec<Candidate> {
    let ranked = |depth: fn(&(u64, u64)) -> u64| {
        let mut ranked: Vec<&((u64, u64), Candidate)> = pools.iter().collect();
        ranked.sort_by_key(|(depths, pool)| (Reverse(depth(depths)), pool.address));
        ranked
    };
    let in_turn = ranked(|it| it.0).into_iter().zip(ranked(|it| it.1));
    let mut taken = BTreeSet::new();
    let in_turn = in_turn.flat_map(|(one, other)| [one, other]);
    let new = in_turn.filter(|(_, pool)| taken.insert(pool.address));
    new.take(at_most).map(|(_, pool)| pool.clone()).collect()
}

/// Where a pool keeps one of its tokens.
fn vault(candidate: &Candidate, token: Address) -> Address {
    match candidate.mints.0 == token {
        true => candidate.vaults.0,
        false => candidate.vaults.1,
    }
}

/// How much of a token an account holds, where it is one that can.
fn held(vault: Option<&Account>, token: Address) -> Option<u64> {
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
