//! An execution as a signed transaction.

use std::sync::Arc;

use amm::Address;
use async_trait::async_trait;
use domain::landing::LandingReport;
use domain::transaction::{Height, SignedTransaction};
use ports::transaction_builder::{self, Error, TransactionBuilder};
use tokio::time::timeout;

use super::SolanaChain;
use super::rehearsing::Rehearsed;
use super::route::Route;
use crate::build::budget::Budget;
use crate::build::compile::Message;
use crate::build::work::units_limit;
use crate::build::{self, Draft, Execution, Leg, WRAPPED_ACCOUNT_BYTES, set_budget};
use crate::death::BLOCKS_TO_SPARE;
use crate::keys;
use crate::landing_list::HALTED;
use crate::notes::Note;
use crate::rpc::{self, Lamports, MicroLamports, Signature, words};
use crate::settings::Simulating;

#[async_trait]
impl TransactionBuilder for SolanaChain {
    async fn build(
        &self,
        wanted: &transaction_builder::Execution,
    ) -> Result<SignedTransaction, Error> {
        let signer = self.signer(wanted.wallet)?;
        // Nothing is asked of the cluster for a signature that nobody gives.
        signer.standing()?;
        let route = Route::of(wanted, &self.pools).await?;
        let rent = self.rents.minimum(WRAPPED_ACCOUNT_BYTES, route.epoch);
        let wrapped_rent = rent.await?;
        let wallet = signer.address();
        let draft = self.draft(wanted, wallet, &route, wrapped_rent)?;
        let contested = draft.contested(wallet);
        let price = self
            .fees
            .price(wanted.fee_level, wanted.deaths, &contested)
            .await;
        let fee = self.budget(wallet, &route, None, price).fee();
        let purse = self.purse((wanted, wallet), &route, &draft, fee).await?;
        let Rehearsed {
            route,
            mut draft,
            units,
        } = match self.simulating {
            Simulating::On => {
                let payer = (wanted, wallet);
                self.rehearse(payer, route, draft, wrapped_rent).await?
            }
            Simulating::Off => Rehearsed {
                route,
                draft,
                units: None,
            },
        };
        let budget = self.budget(wallet, &route, units, price);
        set_budget(&mut draft.instructions, budget);
        let outlay = purse.and_then(|purse| self.outlay(&purse, budget.fee()));
        // As late as can be: a transaction lives as long as its blockhash.
        let blockhash = self.blockhashes.recent().await?;
        let tables = self.pools.tables().await;
        let message = Message::compile(wallet, &draft.instructions, blockhash.hash, &tables)?;
        let signature = self.sign(&**signer, message.bytes()).await?;
        let note = Note {
            contested,
            simulated_units: units,
            sends_taken: 0,
        };
        self.notes.built(signature, note);
        let last_valid = blockhash.last_valid_height.get();
        let last_valid = Height::new(last_valid.saturating_add(BLOCKS_TO_SPARE));
        Ok(SignedTransaction {
            outlay,
            ..message.signed(signature, last_valid)
        })
    }

    async fn report(&self, transaction: &SignedTransaction) -> Option<LandingReport> {
        self.tell(transaction).await
    }
}

impl SolanaChain {
    /// What the execution does, before it is known what it may use.
    pub(super) fn draft(
        &self,
        wanted: &transaction_builder::Execution,
        wallet: Address,
        route: &Route,
        wrapped_rent: Lamports,
    ) -> Result<Draft, Error> {
        let legs = route.swaps.iter().map(|swap| Leg {
            pool: &swap.pool,
            direction: swap.direction,
            amounts: swap.amounts,
        });
        let execution = Execution {
            order_id: wanted.order_id,
            number: wanted.number,
            wallet,
            path: &route.path,
            legs: &legs.collect::<Vec<_>>(),
            budget: self.budget(wallet, route, None, MicroLamports::new(0)),
            wrapped_rent,
        };
        Ok(build::draft(&execution)?)
    }

    /// What it may use, by its simulation or else by experience, at a price that keeps to the cap.
    fn budget(
        &self,
        wallet: Address,
        route: &Route,
        simulated: Option<u64>,
        price: MicroLamports,
    ) -> Budget {
        let simulated = simulated.map(|units| u32::try_from(units).unwrap_or(u32::MAX));
        let used = simulated.unwrap_or_else(|| route.work(wallet).units());
        let units = units_limit(used, route.has_bins());
        Budget {
            units,
            price: self.fees.capped(price, units),
        }
    }

    /// The key of the wallet that pays.
    fn signer(&self, wallet: Option<domain::Address>) -> Result<&Arc<dyn keys::Signer>, Error> {
        let missing =
            || Error::Unavailable("this worker has no key of the order's wallet".to_owned());
        self.keys.key(wallet).ok_or_else(missing)
    }

    async fn sign(&self, signer: &dyn keys::Signer, message: &[u8]) -> Result<Signature, Error> {
        let signing = self.list.valve().pass(signer.sign(message));
        // A signature that comes later is thrown away with the future.
        match timeout(self.signing_limit, signing).await {
            Ok(Some(signed)) => Ok(signed?),
            Ok(None) => Err(Error::Unavailable(HALTED.to_owned())),
            Err(_) => Err(Error::NoSignature {
                why: "no signature in time".to_owned(),
                again_in: self.signing_limit,
            }),
        }
    }
}

/// A route of which no transaction can be made is a defect, and stays one.
impl From<build::Error> for Error {
    fn from(error: build::Error) -> Self {
        match error {
            build::Error::TooLarge { bytes } => Self::TooLarge { bytes },
            error => Self::Refused(error.to_string()),
        }
    }
}

/// Whatever the signer says is no word about the cluster.
impl From<keys::Error> for Error {
    fn from(error: keys::Error) -> Self {
        match error {
            keys::Error::Unavailable { why, again_in } => Self::NoSignature { why, again_in },
            keys::Error::Refused(rule) => Self::SignerRefused(rule),
            keys::Error::Limited(limit) => Self::SignerLimit(limit),
        }
    }
}

/// An endpoint that cannot be asked, whatever the reason, must not end an order.
impl From<rpc::Error> for Error {
    fn from(error: rpc::Error) -> Self {
        Self::Unavailable(words(&error))
    }
}
