//! The pools of a pair, found once in a while, and the best of them for an amount.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use amm::instruction::Amounts;
use amm::snapshot::Snapshot as _;
use amm::token::{Mint, TransferFee, TransferFees};
use amm::{Address, Conditions, Direction, Pool, Program};
use domain::venue;

use super::SolanaChain;
use crate::build::Asset;
use crate::pools::discovery::{deepest, discover};
use crate::pools::{self, Candidate, Snapshot};
use crate::rpc::{Error, View};

/// Pools are made and abandoned slowly.
const LOOK_AGAIN_AFTER: Duration = Duration::from_secs(600);
/// Pairs remembered; all of the listed tokens make fewer.
const PAIRS_MAX: usize = 1_024;
/// The most pools of one program and pair that are looked at: what they need must fit into one request.
const CANDIDATES_MAX: usize = 12;

/// What was found of each pair and program, and when.
#[derive(Debug, Default)]
pub(super) struct Pairs(Mutex<Known>);

type Known = BTreeMap<Key, (Duration, Arc<[Candidate]>)>;
type Key = (Address, (Address, Address));

/// A swap with one pool.
#[derive(Debug, Clone)]
pub(super) struct Best {
    pub(super) pool: Pool,
    pub(super) direction: Direction,
    pub(super) amounts: Amounts,
    pub(super) path: [Asset; 2],
    pub(super) bins: u32,
    pub(super) snapshot: Arc<Snapshot>,
}

/// What is to be swapped for what.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wish {
    pub(super) mints: (Address, Address),
    pub(super) amount_in: u64,
    pub(super) min_amount_out: u64,
}

impl SolanaChain {
    /// The program of a kind of pool on this cluster.
    pub(super) fn program(&self, kind: venue::Pool) -> Option<Program> {
        let is_of_kind = |program: &&Program| {
            matches!(
                (kind, program),
                (venue::Pool::Cpmm, Program::Cpmm(_))
                    | (venue::Pool::AmmV4, Program::AmmV4(_))
                    | (venue::Pool::DammV2, Program::DammV2(_))
                    | (venue::Pool::Dlmm, Program::Dlmm(_))
            )
        };
        self.settings.programs.iter().find(is_of_kind).copied()
    }

    /// The pool of a program that gives most now; `None` where none gives anything.
    pub(super) async fn best(&self, program: Program, wish: Wish) -> Result<Option<Best>, Error> {
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
            self.pairs.replace(key(program, wish.mints), refreshed);
        }
        let (snapshot, pools) = (&read.snapshot, read.pools);
        let pools = pools.into_iter().filter_map(|(_, pool)| pool.ok());
        let offers = pools.filter_map(|pool| offer(pool, wish, snapshot));
        let best = offers.max_by_key(|(amount_out, _)| *amount_out);
        Ok(best.map(|(_, best)| best))
    }

    async fn candidates(
        &self,
        program: Program,
        mints: (Address, Address),
    ) -> Result<Arc<[Candidate]>, Error> {
        let key = key(program, mints);
        let now = self.clock.monotonic();
        let known = self.pairs.known().get(&key).cloned();
        if let Some((found_at, candidates)) = known
            && now.saturating_sub(found_at) < LOOK_AGAIN_AFTER
        {
            return Ok(candidates);
        }
        let (rpc, view) = (&*self.rpc, View::CONFIRMED);
        let found = discover(rpc, program, key.1, view).await?;
        let found = deepest(rpc, found, key.1.0, CANDIDATES_MAX, view).await?;
        let found: Arc<[Candidate]> = found.into();
        let mut known = self.pairs.known();
        if known.len() >= PAIRS_MAX {
            known.clear();
        }
        // A pair without a pool may get one any moment.
        if !found.is_empty() {
            known.insert(key, (now, Arc::clone(&found)));
        }
        Ok(found)
    }
}

/// Pairs are the same both ways.
fn key(program: Program, (one, other): (Address, Address)) -> Key {
    (program.id(), (one.min(other), one.max(other)))
}

impl Pairs {
    /// Keeps what is known of a pair up to date, without making it look newly found.
    fn replace(&self, key: Key, candidates: Arc<[Candidate]>) {
        if let Some((_, known)) = self.known().get_mut(&key) {
            *known = candidates;
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0
            .lock()
            .expect("invariant: nothing panics while holding it")
    }
}

/// What a pool gives for a wish, where it gives enough.
fn offer(pool: Pool, wish: Wish, snapshot: &Arc<Snapshot>) -> Option<(u64, Best)> {
    let direction = match pool.mints() {
        mints if mints == wish.mints => Direction::FirstToSecond,
        (second, first) if (first, second) == wish.mints => Direction::SecondToFirst,
        _ => return None,
    };
    let (input, fee_in) = asset(wish.mints.0, snapshot)?;
    let (output, fee_out) = asset(wish.mints.1, snapshot)?;
    let conditions = Conditions {
        direction,
        transfer_fees: TransferFees {
            input: fee_in,
            output: fee_out,
        },
        now: snapshot.now,
    };
    let quote = pool.quote_in(wish.amount_in, &conditions).ok()?;
    let amounts = Amounts::ExactIn {
        amount_in: wish.amount_in,
        min_amount_out: wish.min_amount_out,
    };
    let bins = bins_crossed(&pool, amounts, &conditions);
    let best = Best {
        pool,
        direction,
        amounts,
        path: [input, output],
        bins,
        snapshot: Arc::clone(snapshot),
    };
    Some((quote.amount_out, best))
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

/// How many bins a swap moves a DLMM pair's price by.
fn bins_crossed(pool: &Pool, amounts: Amounts, conditions: &Conditions) -> u32 {
    match (pool, pool.after_swap(amounts, conditions)) {
        (Pool::Dlmm(before), Ok(Pool::Dlmm(after))) => {
            before.pool.active_id.abs_diff(after.pool.active_id)
        }
        _ => 0,
    }
}
