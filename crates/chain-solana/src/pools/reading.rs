//! A pair's pools as one slot showed them, each read once for all who ask.

use std::sync::Arc;
use std::time::Duration;

use amm::snapshot::Snapshot as _;
use amm::token::{Mint, associated_length, is_program};
use amm::{Address, ChainTime, Pool, Program};
use dex_router::pools::{FoundPool, Holds, MintFacts, PairPools};
use domain::route::PoolRef;
use domain::{BaseUnits, venue};

use super::{Read, Snapshot};
use crate::build::Asset;
use crate::convert::{engines, mint};
use crate::rpc::Slot;

/// Pools of one slot, with what must be known of their tokens.
#[derive(Debug)]
pub struct Reading {
    /// Which slot.
    pub slot: Slot,
    /// The chain's time in it.
    pub now: ChainTime,
    /// When it was asked for, by our own clock: it is at least as old as that.
    pub(super) asked_at: Duration,
    /// When the answer came.
    pub(super) answered_at: Duration,
    /// Which endpoint showed them, where there are several.
    pub(super) by: Option<usize>,
    tokens: Vec<Token>,
    pools: Arc<[FoundPool]>,
}

/// One of the tokens.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Token {
    /// Its mint and its token program.
    pub(crate) asset: Asset,
    /// What must be known of the mint.
    pub(crate) facts: MintFacts,
    /// How long the wallet's usual account of it is.
    pub(crate) account_bytes: usize,
}

impl Reading {
    /// Of what was read just now.
    pub(crate) fn of(read: &Read, answered_at: Duration) -> Self {
        let snapshot = &*read.snapshot;
        let mut tokens: Vec<Token> = Vec::new();
        for mint in read.pools.iter().flat_map(|it| [it.mints.0, it.mints.1]) {
            if !tokens.iter().any(|it| it.asset.mint == mint) {
                tokens.extend(token(mint, snapshot));
            }
        }
        let found = read.pools.iter().map(|it| FoundPool {
            pool: pool_ref(it.program, it.address),
            state: it.pool.clone().map_err(|error| error.to_string()),
            holds: it.held.map(|held| holds(it.mints, held)),
        });
        Self {
            slot: snapshot.slot,
            now: snapshot.now,
            asked_at: snapshot.asked_at(),
            answered_at,
            by: snapshot.by,
            pools: found.collect(),
            tokens,
        }
    }

    /// That there are no pools, which nobody needs to be asked for.
    pub(super) fn of_nothing(now: Duration) -> Self {
        Self {
            slot: Slot::new(0),
            now: ChainTime::default(),
            asked_at: now,
            answered_at: now,
            by: None,
            tokens: Vec::new(),
            pools: Arc::default(),
        }
    }

    /// What is known of a mint.
    pub(crate) fn token(&self, mint: Address) -> Option<&Token> {
        self.tokens.iter().find(|it| it.asset.mint == mint)
    }

    /// One of its pools, or why it cannot be used.
    #[must_use]
    pub fn pool(&self, address: Address) -> Option<Result<&Arc<Pool>, &str>> {
        let address = engines(address);
        let mut pools = self.pools.iter();
        let found = pools.find(|it| it.pool.address == Some(address))?;
        Some(found.state.as_ref().map_err(String::as_str))
    }

    /// The same as the router takes it, with the mints in this order. A mint that is none takes its pools with it.
    pub(crate) fn pair(&self, (first, second): (Address, Address)) -> PairPools {
        let facts = |mint| self.token(mint).map(|it| it.facts);
        let facts = facts(first).zip(facts(second));
        let pools = match facts {
            Some(_) => Arc::clone(&self.pools),
            None => {
                let unread = |it| unusable(it, "one of its mints cannot be read");
                self.pools.iter().map(unread).collect()
            }
        };
        PairPools {
            slot: self.slot.get(),
            now: self.now,
            mints: facts,
            pools,
            lead_seconds: 0,
        }
    }
}

fn holds((first, second): (Address, Address), held: (u64, u64)) -> Holds {
    Holds([
        (mint(first), BaseUnits::new(held.0)),
        (mint(second), BaseUnits::new(held.1)),
    ])
}

/// The same pool, which cannot be used for this reason.
pub(super) fn unusable(found: &FoundPool, why: &str) -> FoundPool {
    FoundPool {
        pool: found.pool,
        state: Err(why.to_owned()),
        holds: found.holds,
    }
}

fn token(mint: Address, snapshot: &Snapshot) -> Option<Token> {
    let account = snapshot.account(&mint)?;
    let program = account.owner;
    let known = Mint::read(account.data).filter(|_| is_program(program))?;
    Some(Token {
        asset: Asset { mint, program },
        facts: facts(&known, snapshot.now.epoch),
        account_bytes: associated_length(program, account.data),
    })
}

/// What must be known of a mint in this epoch.
pub(crate) fn facts(mint: &Mint, epoch: u64) -> MintFacts {
    MintFacts {
        transfer_fee: mint.transfer_fee(epoch),
        is_mintable: mint.mint_authority.is_some(),
        is_freezable: mint.freeze_authority.is_some(),
        obstacle: mint.obstacle(),
    }
}

pub(super) fn pool_ref(program: Program, address: Address) -> PoolRef {
    PoolRef {
        program: kind(&program),
        address: Some(engines(address)),
    }
}

/// Which kind of pool a program holds.
pub(crate) const fn kind(program: &Program) -> venue::Program {
    match program {
        Program::Cpmm(_) => venue::Program::Cpmm,
        Program::AmmV4(_) => venue::Program::AmmV4,
        Program::DammV2(_) => venue::Program::DammV2,
        Program::Dlmm(_) => venue::Program::Dlmm,
    }
}
