//! Routes whose pools are known: what an execution's transaction is made of.

use std::sync::Arc;

use amm::instruction::Amounts;
use amm::token::TransferFees;
use amm::{Address, Conditions, Direction, Pool};
use dex_router::pools::LEAD_SECONDS_MAX;
use ports::transaction_builder::{Error, Exact, Execution, Leg};

use crate::build::Asset;
use crate::build::work::Work;
use crate::convert::{address, mints};
use crate::pools::Reading;
use crate::pools::reader::{LegError, PoolReader};
use crate::rpc::Slot;

/// A route with its pools as they were quoted from.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) path: Vec<Asset>,
    pub(super) swaps: Vec<Swap>,
    /// How long the wallet's usual account of each token of the path is.
    pub(super) account_bytes: Vec<usize>,
    /// The chain's epoch then.
    pub(super) epoch: u64,
    /// The newest slot that any of its pools was read at.
    pub(super) slot: Slot,
}

/// One of its swaps.
#[derive(Debug)]
pub(super) struct Swap {
    pub(super) pool: Arc<Pool>,
    pub(super) direction: Direction,
    pub(super) amounts: Amounts,
    /// What arrives in the wallet.
    pub(super) amount_out: u64,
    /// The compute units that it uses at most.
    pub(super) units: u32,
}

impl Route {
    /// The route of an execution.
    pub(super) async fn of(execution: &Execution, pools: &PoolReader) -> Result<Self, Error> {
        let readings = pools.of(execution).await?;
        let legs = execution.legs.iter().zip(&readings);
        let swaps = legs.map(|(leg, reading)| swap(leg, reading));
        let swaps = swaps.collect::<Result<_, Error>>()?;
        let tokens = execution.path.iter().map(|mint| {
            let mint = address(mint.address());
            let known = readings.iter().find_map(|it| it.token(mint));
            known.ok_or_else(|| gone(mint, "it is no mint of the route"))
        });
        let tokens = tokens.collect::<Result<Vec<_>, Error>>()?;
        let epochs = readings.iter().map(|it| it.now.epoch);
        let slots = readings.iter().map(|it| it.slot);
        Ok(Self {
            swaps,
            path: tokens.iter().map(|it| it.asset).collect(),
            account_bytes: tokens.iter().map(|it| it.account_bytes).collect(),
            epoch: epochs.max().unwrap_or_default(),
            slot: slots.max().unwrap_or_default(),
        })
    }

    /// What the swaps together yield of the last token of the path.
    pub(super) fn expected(&self) -> u64 {
        let Some(output) = self.path.last() else {
            return 0;
        };
        let yields_it = |swap: &&Swap| {
            let (_, out) = swap.direction.in_out(swap.pool.mints());
            out == output.mint
        };
        let amounts = self.swaps.iter().filter(yields_it);
        amounts.fold(0, |sum, swap| sum.saturating_add(swap.amount_out))
    }

    /// Whether it trades on bins, whose number is not known before.
    pub(super) fn has_bins(&self) -> bool {
        let mut swaps = self.swaps.iter();
        swaps.any(|swap| matches!(*swap.pool, Pool::Dlmm(_)))
    }

    /// What its transaction uses by experience, where this wallet sends it.
    pub(super) fn work(&self, wallet: Address) -> Work {
        Work::of(wallet, &self.path, self.swaps.iter().map(|swap| swap.units))
    }
}

impl From<LegError> for Error {
    fn from(error: LegError) -> Self {
        match error {
            LegError::Rpc(error) => error.into(),
            LegError::NoProgram(program) => {
                let name = program.name();
                Self::Refused(format!("this cluster has no program for {name}"))
            }
            LegError::Gone(pool, why) => gone(pool, &why),
        }
    }
}

/// An account that is not what the route took it for. It may be again: the route is chosen anew.
fn gone(address: Address, why: &str) -> Error {
    Error::Outdated(format!("{address} cannot be used: {why}"))
}

/// The swap of a leg, where its pool gives anything for it.
fn swap(leg: &Leg, reading: &Reading) -> Result<Swap, Error> {
    let at = address(leg.pool);
    let pool = reading.pool(at).unwrap_or(Err("it is not there"));
    let pool = pool.map_err(|why| gone(at, why))?;
    let (input, output) = mints((leg.mint_in, leg.mint_out));
    let direction = Direction::between(pool.mints(), input, output);
    let direction = direction.ok_or_else(|| gone(at, "it is a pool of other tokens"))?;
    let fee = |mint| {
        let known = reading.token(mint).map(|it| it.facts.transfer_fee);
        known.ok_or_else(|| gone(mint, "it is no mint"))
    };
    let conditions = Conditions {
        direction,
        transfer_fees: TransferFees {
            input: fee(input)?,
            output: fee(output)?,
        },
        // As it was quoted, if that was just before its opening.
        now: pool.priced_at(reading.now, LEAD_SECONDS_MAX),
    };
    let (taken, given) = (leg.amount_in.get(), leg.min_amount_out.get());
    let (quote, amounts) = match leg.exact {
        Exact::In => (
            pool.quote_in(taken, &conditions),
            Amounts::ExactIn {
                amount_in: taken,
                min_amount_out: given,
            },
        ),
        Exact::Out => (
            pool.quote_out(given, &conditions),
            Amounts::ExactOut {
                amount_out: given,
                max_amount_in: taken,
            },
        ),
    };
    let quote = quote.map_err(|refusal| gone(at, &refusal.to_string()))?;
    Ok(Swap {
        pool: Arc::clone(pool),
        direction,
        amounts,
        amount_out: quote.amount_out,
        units: quote.compute_units,
    })
}
