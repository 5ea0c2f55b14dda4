//! An execution as a signed transaction.

use amm::Pool;
use async_trait::async_trait;
use domain::transaction::{Height, SignedTransaction};
use ports::chain::Error;
use ports::transaction_builder::{self, TransactionBuilder};
use tokio::time::timeout;

use super::route::Route;
use super::{BLOCKS_TO_SPARE, SolanaChain};
use crate::build::budget::{Budget, Work, units_limit};
use crate::build::compile::Message;
use crate::build::{self, Asset, Execution, Leg, WRAPPED_ACCOUNT_BYTES};
use crate::keys;
use crate::rpc::Blockhash;

#[async_trait]
impl TransactionBuilder for SolanaChain {
    async fn build(
        &self,
        execution: &transaction_builder::Execution,
    ) -> Result<SignedTransaction, Error> {
        let route = Route::of(execution, &self.pools).await?;
        let rent = self.rents.minimum(WRAPPED_ACCOUNT_BYTES, route.epoch);
        let wrapped_rent = rent.await?;
        // As late as can be: a transaction lives as long as its blockhash.
        let blockhash = self.blockhashes.recent().await?;
        let legs = route.swaps.iter().map(|swap| Leg {
            pool: &swap.pool,
            direction: swap.direction,
            amounts: swap.amounts,
        });
        let wallet = self.signer.address();
        let execution = Execution {
            order_id: execution.order_id,
            number: execution.number,
            wallet,
            path: &route.path,
            legs: &legs.collect::<Vec<_>>(),
            budget: self.budget(&route),
            wrapped_rent,
        };
        let refused = |error: build::Error| Error::Refused(error.to_string());
        let instructions = build::instructions(&execution).map_err(refused)?;
        let message = Message::compile(wallet, &instructions, blockhash.hash, &[]);
        self.sign(&message.map_err(refused)?, blockhash).await
    }
}

impl SolanaChain {
    fn budget(&self, route: &Route) -> Budget {
        let filled = route.path.iter().skip(1).filter(|it| !it.is_native());
        let swap_units = route.swaps.iter().map(|swap| swap.units);
        let work = Work {
            associated_accounts: u32::try_from(filled.count()).unwrap_or(u32::MAX),
            wraps: route.path.iter().any(Asset::is_native),
            swap_units: swap_units.fold(0, u32::saturating_add),
        };
        let has_bins = route
            .swaps
            .iter()
            .any(|swap| matches!(*swap.pool, Pool::Dlmm(_)));
        Budget {
            units: units_limit(work.units(), has_bins),
            price: self.price,
        }
    }

    async fn sign(
        &self,
        message: &Message,
        blockhash: Blockhash,
    ) -> Result<SignedTransaction, Error> {
        // A signature that comes later is thrown away with the future.
        let signing = timeout(self.signing_limit, self.signer.sign(message.bytes()));
        let signature = match signing.await {
            Ok(Ok(signature)) => signature,
            Ok(Err(keys::Error::Unavailable(why))) => return Err(Error::Unavailable(why)),
            Ok(Err(keys::Error::Refused(why))) => return Err(Error::Refused(why)),
            Err(_) => return Err(Error::Unavailable("no signature in time".to_owned())),
        };
        let last_valid = blockhash.last_valid_height.get();
        let last_valid = Height::new(last_valid.saturating_add(BLOCKS_TO_SPARE));
        Ok(message.signed(signature, last_valid))
    }
}
