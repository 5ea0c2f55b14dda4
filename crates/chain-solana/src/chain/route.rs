//! Routes whose pools were read: what an execution's transaction is made of.

use std::sync::Arc;

use amm::instruction::Amounts;
use amm::snapshot::Snapshot as _;
use amm::token::{Mint, TransferFee, TransferFees};
use amm::{Address, Conditions, Direction, Pool, Program};
use domain::venue;
use ports::chain;
use ports::transaction_builder::{self, Leg};

use super::{SolanaChain, pairs};
use crate::build::Asset;
use crate::pools::{self, Candidate, Snapshot};
use crate::rpc::{Error, Slot, View};

/// A route with its pools as they stood in one slot.
#[derive(Debug, Clone)]
pub(super) struct Route {
    pub(super) path: Vec<Asset>,
    pub(super) swaps: Vec<Swap>,
    pub(super) snapshot: Arc<Snapshot>,
}

/// One of its swaps.
#[derive(Debug, Clone)]
pub(super) struct Swap {
    pub(super) pool: Pool,
    pub(super) direction: Direction,
    pub(super) amounts: Amounts,
    /// The compute units that it uses at most.
    pub(super) units: u32,
}

/// What is to be swapped for what.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wish {
    pub(super) mints: (Address, Address),
    pub(super) amount_in: u64,
    pub(super) min_amount_out: u64,
}

impl From<&Leg> for Wish {
    fn from(leg: &Leg) -> Self {
        Self {
            mints: (of_mint(leg.mint_in), of_mint(leg.mint_out)),
            amount_in: leg.amount_in.get(),
            min_amount_out: leg.min_amount_out.get(),
        }
    }
}

impl SolanaChain {
    /// The program of a kind of pool on this cluster.
    pub(super) fn program(&self, kind: venue::Program) -> Result<Program, chain::Error> {
        let is_of_kind = |program: &&Program| {
            matches!(
                (kind, program),
                (venue::Program::Cpmm, Program::Cpmm(_))
                    | (venue::Program::AmmV4, Program::AmmV4(_))
                    | (venue::Program::DammV2, Program::DammV2(_))
                    | (venue::Program::Dlmm, Program::Dlmm(_))
            )
        };
        let program = self.settings.programs.iter().find(is_of_kind).copied();
        program.ok_or_else(|| {
            chain::Error::Refused(format!("this cluster has no program for {}", kind.name()))
        })
    }

    /// The route of one swap with the pool of a program that gives most now; `None` where none gives anything.
    pub(super) async fn best(&self, program: Program, wish: Wish) -> Result<Option<Route>, Error> {
        let candidates = self.candidates(program, wish.mints).await?;
        if candidates.is_empty() {
            return Ok(None);
        }
        let mut read = pools::read(&self.snapshots, &candidates, View::CONFIRMED).await?;
        let refreshed = candidates.iter().map(|it| it.refreshed(&*read.snapshot));
        let refreshed: Arc<[Candidate]> = refreshed.collect();
        if refreshed != candidates {
            // A price has moved to where its pool needs other accounts.
            read = pools::read(&self.snapshots, &refreshed, View::CONFIRMED).await?;
            let pair = pairs::key(program, wish.mints);
            self.pairs.replace(pair, refreshed);
        }
        let snapshot = &read.snapshot;
        let pools = read.pools.into_iter().filter_map(|(_, pool)| pool.ok());
        let offers = pools.filter_map(|pool| offer(pool, wish, snapshot));
        let best = offers.max_by_key(|(amount_out, _)| *amount_out);
        Ok(best.and_then(|(_, swap)| {
            let (input, output) = wish.mints;
            Some(Route {
                path: vec![asset(input, snapshot)?.0, asset(output, snapshot)?.0],
                swaps: vec![swap],
                snapshot: Arc::clone(snapshot),
            })
        }))
    }

    /// The route of these legs, with their pools as they stand at the slot they were quoted at, or later.
    pub(super) async fn route(
        &self,
        execution: &transaction_builder::Execution,
    ) -> Result<Route, chain::Error> {
        let view = View::CONFIRMED.since(Slot::new(execution.quoted_at));
        let pools = execution.legs.iter().map(|leg| of(leg.pool));
        let accounts = self.snapshots.take(pools.collect(), view).await?;
        let candidates = execution.legs.iter().map(|leg| {
            let program = self.program(leg.program)?;
            candidate(program, of(leg.pool), &accounts)
        });
        let candidates = candidates.collect::<Result<Vec<_>, _>>()?;
        let read = pools::read(&self.snapshots, &candidates, view).await?;
        let snapshot = &read.snapshot;
        let swaps = execution
            .legs
            .iter()
            .zip(read.pools)
            .map(|(leg, (address, pool))| {
                let pool = pool.map_err(|error| gone(address, &error))?;
                let offered = offer(pool, leg.into(), snapshot);
                let (_, swap) =
                    offered.ok_or_else(|| gone(address, &"it does not fill the amount"))?;
                Ok(swap)
            });
        let path = execution.path.iter().map(|mint| {
            let mint = of_mint(*mint);
            let known = asset(mint, snapshot);
            let (asset, _) = known.ok_or_else(|| gone(mint, &"it is no mint of the route"))?;
            Ok(asset)
        });
        Ok(Route {
            swaps: swaps.collect::<Result<_, chain::Error>>()?,
            path: path.collect::<Result<_, chain::Error>>()?,
            snapshot: Arc::clone(snapshot),
        })
    }
}

/// An address of the engine's, as programs are told it.
fn of(address: domain::Address) -> Address {
    Address(*address.bytes())
}

/// The same of a mint.
pub(super) fn of_mint(mint: domain::Mint) -> Address {
    of(mint.address())
}

/// An account that is not what the route took it for. It may be again: the route is chosen anew.
fn gone(address: Address, why: &dyn std::fmt::Display) -> chain::Error {
    chain::Error::Unavailable(format!("{address} cannot be used: {why}"))
}

fn candidate(
    program: Program,
    address: Address,
    accounts: &Snapshot,
) -> Result<Candidate, chain::Error> {
    let account = accounts.account(&address);
    let account = account.filter(|account| account.owner == program.id());
    let account = account.ok_or_else(|| gone(address, &"it is no account of the program"))?;
    Candidate::of(program, address, account.data).map_err(|error| gone(address, &error))
}

/// What a pool gives for a wish, where it gives anything, and the swap that takes it.
fn offer(pool: Pool, wish: Wish, snapshot: &Snapshot) -> Option<(u64, Swap)> {
    let direction = Direction::between(pool.mints(), wish.mints.0, wish.mints.1)?;
    let conditions = Conditions {
        direction,
        transfer_fees: TransferFees {
            input: asset(wish.mints.0, snapshot)?.1,
            output: asset(wish.mints.1, snapshot)?.1,
        },
        now: snapshot.now,
    };
    let quote = pool.quote_in(wish.amount_in, &conditions).ok()?;
    let amounts = Amounts::ExactIn {
        amount_in: wish.amount_in,
        min_amount_out: wish.min_amount_out,
    };
    let swap = Swap {
        pool,
        direction,
        amounts,
        units: quote.compute_units,
    };
    Some((quote.amount_out, swap))
}

/// A mint's token program, and what the token program keeps of a transfer now.
fn asset(mint: Address, snapshot: &Snapshot) -> Option<(Asset, TransferFee)> {
    let account = snapshot.account(&mint)?;
    let asset = Asset {
        mint,
        program: account.owner,
    };
    let known = Mint::read(account.data).filter(|_| amm::token::is_program(account.owner))?;
    Some((asset, known.transfer_fee(snapshot.now.epoch)))
}
