//! Whether the wallet holds what a transaction takes: looked at before it is signed, so that an order that cannot be
//! paid for says so and costs nothing.
//!
//! Orders side by side may each find enough and together not: then the chain rolls one back, and its next execution
//! finds the rest.

use std::sync::Arc;
use std::time::Duration;

use amm::Address;
use amm::token::TokenAccount;
use domain::{BaseUnits, Mint};
use ports::Clock;
use ports::transaction_builder::{Error, Execution};

use super::SolanaChain;
use super::route::Route;
use crate::build::{Draft, WRAPPED_ACCOUNT_BYTES};
use crate::recent_by::RecentBy;
use crate::rpc::{self, Account, Lamports, Rpc, View};

/// How long one look serves: a slot, in which nothing changes.
const SEEN_FOR: Duration = Duration::from_millis(400);

/// What an account holds; of one that is not there, nothing.
#[derive(Debug, Clone, Copy, Default)]
struct Held {
    lamports: u64,
    /// Absent where it is no token account.
    tokens: Option<u64>,
}

/// What the wallet's accounts hold.
#[derive(Debug)]
pub(super) struct Funds {
    rpc: Arc<dyn Rpc>,
    seen: RecentBy<Vec<Address>, Arc<[Held]>, rpc::Error>,
}

impl Funds {
    /// Nothing is asked yet.
    pub(super) fn new(rpc: Arc<dyn Rpc>, clock: Arc<dyn Clock>) -> Self {
        Self {
            rpc,
            seen: RecentBy::new(clock, SEEN_FOR),
        }
    }

    async fn of(&self, addresses: Vec<Address>) -> Result<Arc<[Held]>, rpc::Error> {
        let (rpc, asked) = (Arc::clone(&self.rpc), addresses.clone());
        let look = async move {
            let found = rpc.accounts(&asked, View::CONFIRMED).await?;
            Ok(found.value.iter().map(held).collect())
        };
        self.seen.get(addresses, look).await
    }
}

fn held(account: &Option<Account>) -> Held {
    account.as_ref().map_or_else(Held::default, |account| Held {
        lamports: account.lamports.get(),
        tokens: TokenAccount::read(&account.data).map(|it| it.amount),
    })
}

impl SolanaChain {
    /// Refuses what the wallet cannot pay for.
    pub(super) async fn check_funds(
        &self,
        wanted: &Execution,
        route: &Route,
        draft: &Draft,
        fee: Lamports,
    ) -> Result<(), Error> {
        let usual = draft.holdings().iter().filter(|(it, _)| !it.is_native());
        let accounts = usual.map(|(_, account)| *account);
        let addresses = std::iter::once(self.signer.address()).chain(accounts);
        let found = self.funds.of(addresses.collect()).await?;
        let (own, others) = found
            .split_first()
            .map_or((Held::default(), &[][..]), |(own, others)| (*own, others));

        let mut lamports = u128::from(draft.wrapped) + u128::from(fee.get());
        lamports += u128::from(self.rents.minimum(0, route.epoch).await?.get());
        let mut others = others.iter();
        for (place, (asset, bytes)) in route.path.iter().zip(&route.account_bytes).enumerate() {
            if asset.is_native() {
                // It comes back, but must be there.
                let rent = self.rents.minimum(WRAPPED_ACCOUNT_BYTES, route.epoch);
                lamports += u128::from(rent.await?.get());
                continue;
            }
            let tokens = others.next().and_then(|it| it.tokens);
            match (place, tokens) {
                (0, tokens) => check(wanted.path.first(), sold(wanted), tokens.unwrap_or(0))?,
                (_, None) => {
                    let rent = self.rents.minimum(*bytes, route.epoch);
                    lamports += u128::from(rent.await?.get());
                }
                (_, Some(_)) => {}
            }
        }
        check(Some(&Mint::SOL), lamports, own.lamports)
    }
}

/// How much of the first token of the path the swaps take.
fn sold(wanted: &Execution) -> u128 {
    let selling = wanted.legs.iter();
    let selling = selling.filter(|leg| Some(&leg.mint_in) == wanted.path.first());
    selling.map(|leg| u128::from(leg.amount_in.get())).sum()
}

fn check(mint: Option<&Mint>, needed: u128, held: u64) -> Result<(), Error> {
    match mint {
        Some(mint) if needed > u128::from(held) => Err(Error::InsufficientFunds {
            mint: *mint,
            needed: BaseUnits::new(u64::try_from(needed).unwrap_or(u64::MAX)),
            held: BaseUnits::new(held),
        }),
        _ => Ok(()),
    }
}
