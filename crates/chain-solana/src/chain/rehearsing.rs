//! Simulating a transaction before it is signed: it must pay what was quoted, to the unit, or wrong mathematics would
//! trade.

use std::time::Duration;

use amm::Address;
use amm::token::TokenAccount;
use domain::BaseUnits;
use ports::chain::Revert;
use ports::transaction_builder::{Error, Execution};
use tracing::error;

use super::route::Route;
use super::{SolanaChain, fate};
use crate::build::compile::Message;
use crate::build::rehearsal::{Outlet, Rehearsal};
use crate::build::{self, Draft};
use crate::convert::address;
use crate::message::Decoded;
use crate::receipt::failure::{Reason, Reverted};
use crate::rpc::{At, Lamports, Simulated, SimulationRequest, Slot, View};

/// A pool whose simulation differs from its quote so often, though nothing moved meanwhile, is put aside.
const DIFFERENCES_MAX: u32 = 3;
/// Simulations of one transaction at most: pools that many trade with move between the quote and the simulation.
const ROUNDS_MAX: u32 = 8;
/// How long a pool is put aside whose mathematics are wrong, and one that moves faster than it can be looked at.
const WRONG_FOR: Duration = Duration::from_secs(3_600);
const RESTLESS_FOR: Duration = Duration::from_secs(10);

/// A route that pays what it was quoted at.
#[derive(Debug)]
pub(super) struct Rehearsed {
    pub(super) route: Route,
    pub(super) draft: Draft,
    /// The compute units used, where the node says so.
    pub(super) units: Option<u64>,
}

/// What a simulation said.
struct Answer {
    slot: Slot,
    outcome: Result<u64, Revert>,
    units: Option<u64>,
}

impl SolanaChain {
    /// Simulates an execution until its quote and its simulation agree. Where they differ, the pools are read anew, at
    /// the simulation's slot or later: what moved meanwhile is quoted anew, what did not is wrong.
    pub(super) async fn rehearse(
        &self,
        (wanted, wallet): (&Execution, Address),
        mut route: Route,
        mut draft: Draft,
        wrapped_rent: Lamports,
    ) -> Result<Rehearsed, Error> {
        let (mut differences, mut paid, mut fails) = (0, 0, None);
        for _ in 0..ROUNDS_MAX {
            let answer = self.simulate(wallet, &route, &draft).await?;
            let quoted = route.expected();
            if let Ok(paid) = answer.outcome
                && is_as_quoted(paid, quoted)
            {
                let units = answer.units;
                return Ok(Rehearsed {
                    route,
                    draft,
                    units,
                });
            }
            let since = Execution {
                quoted_at: answer.slot.get().max(wanted.quoted_at),
                ..wanted.clone()
            };
            route = Route::of(&since, &self.pools).await?;
            let has_moved = route.expected() != quoted;
            match answer.outcome {
                Err(why) if !has_moved => return Err(Error::WouldFail(why)),
                Err(why) => fails = Some(why),
                Ok(amount) => (paid, fails) = (amount, None),
            }
            differences = if has_moved { 0 } else { differences + 1 };
            if differences == DIFFERENCES_MAX {
                return Err(self.put_aside(wanted, &route, paid, WRONG_FOR));
            }
            draft = self.draft(wanted, wallet, &route, wrapped_rent)?;
        }
        // That it would fail may be the order's own doing, who allows no slippage: it says nothing against the pools.
        Err(match fails {
            Some(why) => Error::WouldFail(why),
            None => self.put_aside(wanted, &route, paid, RESTLESS_FOR),
        })
    }

    async fn simulate(
        &self,
        wallet: Address,
        route: &Route,
        draft: &Draft,
    ) -> Result<Answer, Error> {
        let output = route.path.last().copied();
        let output = output.ok_or_else(|| Error::Refused("a route without a path".to_owned()))?;
        let bytes = route.account_bytes.last().copied().unwrap_or_default();
        let rent = self.rents.minimum(bytes, route.epoch).await?;
        let rehearsal = Rehearsal::of(draft, wallet, output, Outlet { bytes, rent })?;
        let blockhash = self.blockhashes.recent().await?;
        let tables = self.pools.tables().await;
        let compile =
            |it: &Rehearsal| Message::compile(wallet, &it.instructions, blockhash.hash, &tables);
        let (rehearsal, message) = match compile(&rehearsal) {
            Err(build::Error::TooLarge { .. }) => {
                let shortened = rehearsal.shortened(draft, wallet, output)?;
                let message = compile(&shortened)?;
                (shortened, message)
            }
            compiled => (rehearsal, compiled?),
        };
        let transaction = message.unsigned();
        let request = SimulationRequest {
            transaction: &transaction,
            view: View::CONFIRMED.since(route.slot),
            accounts: &[rehearsal.outlet],
        };
        let At { slot, value } = self.rpc.simulate(&request).await?;
        let more = u64::from(rehearsal.more_units);
        Ok(Answer {
            slot,
            units: value.units.map(|units| units.saturating_add(more)),
            outcome: self.outcome(&transaction, value)?,
        })
    }

    fn outcome(&self, bytes: &[u8], said: Simulated) -> Result<Result<u64, Revert>, Error> {
        let nonsense = |what: String| Error::Unavailable(format!("the simulation {what}"));
        if let Err(failure) = said.outcome {
            let decoded = Decoded::stated(bytes).map_err(|error| nonsense(error.to_string()))?;
            let reverted = Reverted::explain(&failure, &decoded, &self.programs);
            // It says something about the node, which does not know the newest blocks yet.
            if reverted.reason == Reason::Expired {
                return Err(nonsense("knows no such blockhash".to_owned()));
            }
            return Ok(Err(fate::reason(&reverted)));
        }
        let outlet = said.accounts.into_iter().next().flatten();
        let held = outlet.and_then(|account| TokenAccount::read(&account.data));
        let held = held.ok_or_else(|| nonsense("does not show its output".to_owned()))?;
        Ok(Ok(held.amount))
    }

    /// None of the route's pools is offered for so long: of several, any may be the one that is wrong.
    fn put_aside(
        &self,
        wanted: &Execution,
        route: &Route,
        simulated: u64,
        time: Duration,
    ) -> Error {
        let quoted = route.expected();
        for leg in &wanted.legs {
            let pool = address(leg.pool);
            self.pools.put_aside(pool, time);
            let seconds = time.as_secs();
            error!(
                %pool, quoted, simulated,
                "pool {pool} is put aside for {seconds} s: it was quoted at {quoted} and its simulation pays {simulated}"
            );
        }
        Error::QuoteMismatch {
            quoted: BaseUnits::new(quoted),
            simulated: BaseUnits::new(simulated),
        }
    }
}

/// Never less than quoted, and of a rounding by which it is more, one unit.
const fn is_as_quoted(paid: u64, quoted: u64) -> bool {
    paid >= quoted && paid - quoted <= 1
}
