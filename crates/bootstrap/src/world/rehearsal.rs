//! A transaction that is made and simulated, and never signed or sent.

use std::sync::Arc;

use chain_solana::SolanaChain;
use chain_solana::keys::Onlooker;
use chain_solana::rpc::{self, SimulationRequest, View};
use domain::quote::Choice;
use domain::{Address, OrderId};
use ports::transaction_builder::{Execution, TransactionBuilder as _};

use super::World;

/// What the cluster says of a transaction that it simulated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rehearsed {
    /// Why it would fail.
    pub(crate) failure: Option<String>,
    /// The compute units it would use.
    pub(crate) units: Option<u64>,
    /// The last thing that its programs said.
    pub(crate) last_words: Option<String>,
}

impl World {
    /// Lets the cluster simulate the transaction of this choice, paid by this wallet.
    pub(crate) async fn rehearse(
        &self,
        payer: Address,
        order: OrderId,
        choice: &Choice,
    ) -> anyhow::Result<Rehearsed> {
        let chain = SolanaChain::new(
            Arc::clone(&self.pools),
            Arc::clone(&self.rpc),
            Arc::new(Onlooker(rpc::Address(*payer.bytes()))),
            Arc::clone(&self.clock),
            self.settings.clone(),
        );
        let execution = Execution::of(order, 1, choice)?;
        let transaction = chain.build(&execution).await?;
        let request = SimulationRequest {
            transaction: &transaction.bytes,
            view: View::CONFIRMED,
            accounts: &[],
        };
        let simulated = self.rpc.simulate(&request).await?.value;
        Ok(Rehearsed {
            failure: simulated.outcome.err().map(|failure| failure.to_string()),
            units: simulated.units,
            last_words: simulated.logs.last().cloned(),
        })
    }
}
