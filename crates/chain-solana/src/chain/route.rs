//! Routes whose pools are known: what an execution's transaction is made of.

use std::sync::Arc;

use amm::instruction::Amounts;
use amm::token::TransferFees;
use amm::{Address, Conditions, Direction, Pool};
use ports::chain;
use ports::transaction_builder::{Execution, Leg};

use crate::build::Asset;
use crate::pools::Reading;
use crate::pools::reader::{LegError, PoolReader, address, mints};

/// A route with its pools as they were quoted from.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) path: Vec<Asset>,
    pub(super) swaps: Vec<Swap>,
    /// The chain's epoch then.
    pub(super) epoch: u64,
}

/// One of its swaps.
#[derive(Debug)]
pub(super) struct Swap {
    pub(super) pool: Arc<Pool>,
    pub(super) direction: Direction,
    pub(super) amounts: Amounts,
    /// The compute units that it uses at most.
    pub(super) units: u32,
}

impl Route {
    /// The route of an execution.
    pub(super) async fn of(
        execution: &Execution,
        pools: &PoolReader,
    ) -> Result<Self, chain::Error> {
        let readings = pools.of(execution).await?;
        let legs = execution.legs.iter().zip(&readings);
        let swaps = legs.map(|(leg, reading)| swap(leg, reading));
        let path = execution.path.iter().map(|mint| {
            let mint = address(mint.address());
            let known = readings.iter().find_map(|it| it.token(mint));
            let (asset, _) = known.ok_or_else(|| gone(mint, "it is no mint of the route"))?;
            Ok(asset)
        });
        let epochs = readings.iter().map(|it| it.now.epoch);
        Ok(Self {
            swaps: swaps.collect::<Result<_, chain::Error>>()?,
            path: path.collect::<Result<_, chain::Error>>()?,
            epoch: epochs.max().unwrap_or_default(),
        })
    }
}

impl From<LegError> for chain::Error {
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
fn gone(address: Address, why: &str) -> chain::Error {
    chain::Error::Unavailable(format!("{address} cannot be used: {why}"))
}

/// The swap of a leg, where its pool gives anything for it.
fn swap(leg: &Leg, reading: &Reading) -> Result<Swap, chain::Error> {
    let at = address(leg.pool);
    let pool = reading.pool(at).unwrap_or(Err("it is not there"));
    let pool = pool.map_err(|why| gone(at, why))?;
    let (input, output) = mints((leg.mint_in, leg.mint_out));
    let direction = Direction::between(pool.mints(), input, output);
    let direction = direction.ok_or_else(|| gone(at, "it is a pool of other tokens"))?;
    let fee = |mint| {
        let known = reading.token(mint).map(|(_, fee)| fee);
        known.ok_or_else(|| gone(mint, "it is no mint"))
    };
    let conditions = Conditions {
        direction,
        transfer_fees: TransferFees {
            input: fee(input)?,
            output: fee(output)?,
        },
        now: reading.now,
    };
    let amount_in = leg.amount_in.get();
    let quote = pool.quote_in(amount_in, &conditions);
    let quote = quote.map_err(|refusal| gone(at, &refusal.to_string()))?;
    Ok(Swap {
        pool: Arc::clone(pool),
        direction,
        amounts: Amounts::ExactIn {
            amount_in,
            min_amount_out: leg.min_amount_out.get(),
        },
        units: quote.compute_units,
    })
}
