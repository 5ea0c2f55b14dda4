//! Finding the pools of a pair: their program's accounts that name both mints.
//!
//! An endpoint may refuse such a search ([`Error::Unsupported`]); then addresses must come from elsewhere. Nothing that
//! is found is believed: owner, layout and mints are looked at again here, and everything else when a pool is read.

use std::cmp::Reverse;

use amm::token::{TokenAccount, is_program};
use amm::{Address, Program};

use super::Candidate;
use crate::rpc::{ACCOUNTS_MAX, Account, Error, Filter, Rpc, View};

/// How the accounts of a program's pools can be told.
#[derive(Debug, Clone, Copy)]
struct Shape {
    size: u64,
    discriminator: Option<[u8; 8]>,
    mints: [u64; 2],
    /// Whether the first mint is always the lower one.
    sorted: bool,
}

const fn shape(program: &Program) -> Shape {
    match program {
        Program::Cpmm(_) => Shape {
            size: 637,
            discriminator: Some([0xf7, 0xed, 0xe3, 0xf5, 0xd7, 0xc3, 0xde, 0x46]),
            mints: [168, 200],
            sorted: true,
        },
        Program::AmmV4(_) => Shape {
            size: 752,
            discriminator: None,
            mints: [400, 432],
            sorted: false,
        },
        Program::DammV2(_) => Shape {
            size: 1_112,
            discriminator: Some([0xf1, 0x9a, 0x6d, 0x04, 0x11, 0xb1, 0x6d, 0xbc]),
            mints: [168, 200],
            sorted: false,
        },
        Program::Dlmm(_) => Shape {
            size: 904,
            discriminator: Some([0x21, 0x0b, 0x31, 0x62, 0xb5, 0x65, 0xb1, 0x0d]),
            mints: [88, 120],
            sorted: false,
        },
    }
}

/// A program's pools of two mints, whichever of them a pool puts first; in the order of their addresses.
pub async fn discover(
    rpc: &dyn Rpc,
    program: Program,
    (one, other): (Address, Address),
    view: View,
) -> Result<Vec<Candidate>, Error> {
    let mut found = Vec::new();
    for mints in orders(shape(&program).sorted, one, other) {
        let filters = filters(&program, mints);
        let accounts = rpc.program_accounts(program.id(), &filters, view).await?;
        let candidates = accounts
            .value
            .into_iter()
            .filter_map(|(address, account)| check(program, &filters, address, &account));
        found.extend(candidates);
    }
    found.sort_by_key(|candidate| candidate.address);
    found.dedup_by_key(|candidate| candidate.address);
    Ok(found)
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
        let depths = accounts.iter().map(|it| depth(it.as_ref(), token));
        ranked.extend(depths.zip(some.iter().cloned()));
    }
    ranked.sort_by_key(|(depth, candidate)| (Reverse(*depth), candidate.address));
    let deepest = ranked.into_iter().take(at_most);
    Ok(deepest.map(|(_, candidate)| candidate).collect())
}

fn vault(candidate: &Candidate, token: Address) -> Address {
    match candidate.mints.0 == token {
        true => candidate.vaults.0,
        false => candidate.vaults.1,
    }
}

fn depth(vault: Option<&Account>, token: Address) -> u64 {
    let held = vault.filter(|it| is_program(it.owner));
    let held = held.and_then(|it| TokenAccount::read(&it.data));
    held.filter(|it| it.mint == token).map_or(0, |it| it.amount)
}

fn orders(sorted: bool, one: Address, other: Address) -> Vec<[Address; 2]> {
    match sorted {
        true => vec![[one.min(other), one.max(other)]],
        false => vec![[one, other], [other, one]],
    }
}

fn filters(program: &Program, mints: [Address; 2]) -> Vec<Filter> {
    let shape = shape(program);
    let discriminator = shape.discriminator.map(|bytes| Filter::Bytes {
        offset: 0,
        bytes: bytes.to_vec(),
    });
    let mints = shape.mints.into_iter().zip(mints);
    std::iter::once(Filter::Size(shape.size))
        .chain(discriminator)
        .chain(mints.map(|(offset, mint)| Filter::address(offset, mint)))
        .collect()
}

fn check(
    program: Program,
    filters: &[Filter],
    address: Address,
    account: &Account,
) -> Option<Candidate> {
    let is_one = account.owner == program.id() && filters.iter().all(|it| it.admits(&account.data));
    let candidate = Candidate::of(program, address, &account.data).ok();
    candidate.filter(|_| is_one)
}
