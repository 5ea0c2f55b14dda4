//! The engine's own code as it makes one swap: router, builder, landing.

use std::sync::Arc;
use std::time::Duration;

use amm::Program;
use amm::instruction::Amounts;
use chain_solana::keys::Wallet;
use chain_solana::{PoolReader, Rpc, Settings, SolanaChain};
use dex_router::Router;
use dex_router::request::QuoteRequest;
use dex_router::router::{NoRoute, RouteRequest, ThirdTokens};
use domain::quote::Choice;
use domain::transaction::SignedTransaction;
use domain::venue::VenueSet;
use domain::{Asset, BaseUnits, Bps, OrderId, TokenList};
use ports::landing::Fate;
use ports::transaction_builder::Execution;
use ports::{Clock, Landing as _, TransactionBuilder as _};
use sim_chain::cluster::GENESIS_HASH;
use uuid::Uuid;

use crate::plans::Plan;

const LIMIT: Duration = Duration::from_secs(10);
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// Somebody who trades with pools of one program.
pub(crate) struct Trader {
    program: Program,
    router: Router,
    chain: SolanaChain,
    rpc: Arc<dyn Rpc>,
    clock: Arc<dyn Clock>,
    orders: u128,
}

impl Trader {
    pub(crate) fn new(rpc: Arc<dyn Rpc>, clock: &Arc<dyn Clock>, program: Program) -> Self {
        let settings = Settings {
            programs: vec![program],
            // A quote is never older than it was made to be.
            quote_age_max: Duration::from_secs(60),
            ..Settings::simulated(0.0)
        };
        let pools = PoolReader::new(Arc::clone(&rpc), Arc::clone(clock), &settings);
        let pools = Arc::new(pools);
        let tokens = Arc::new(TokenList::mainnet());
        let signer = Arc::new(Wallet::of_simulated_cluster(&GENESIS_HASH));
        Self {
            program,
            router: Router::new(Arc::clone(&pools) as _, LIMIT, tokens),
            chain: SolanaChain::new(pools, Arc::clone(&rpc), signer, Arc::clone(clock), settings),
            rpc,
            clock: Arc::clone(clock),
            orders: 0,
        }
    }

    /// The best route.
    pub(crate) async fn quote(
        &self,
        (asset_in, asset_out): (Asset, Asset),
        amount_in: u64,
        slippage: u16,
    ) -> Result<Choice, NoRoute> {
        let request = RouteRequest {
            quote: QuoteRequest {
                asset_in,
                asset_out,
                amount_in: BaseUnits::new(amount_in),
                amount_out: None,
            },
            venues: VenueSet::ALL,
            slippage: Bps::new(slippage).unwrap(),
            min_amount_out: None,
            max_impact: None,
            fee_level: None,
            thirds: ThirdTokens::WherePayingMore,
            wallet: None,
            sniping: None,
            swaps_max: None,
        };
        let decision = self.router.route(&request).await?;
        Ok(decision.choice)
    }

    /// A transaction of it that no other is like, and what it does.
    pub(crate) async fn build(&mut self, choice: &Choice) -> (SignedTransaction, Plan) {
        self.orders += 1;
        let order_id = OrderId::new(Uuid::from_u128(self.orders));
        let execution = Execution::of(order_id, 1, choice).unwrap();
        let signed = self.chain.build(&execution).await.unwrap();
        let leg = execution.legs[0];
        let address = |of: domain::Address| amm::Address(*of.bytes());
        let plan = Plan {
            program: self.program,
            pool: address(leg.pool),
            mint_in: address(leg.mint_in.address()),
            mint_out: address(leg.mint_out.address()),
            amounts: Amounts::ExactIn {
                amount_in: leg.amount_in.get(),
                min_amount_out: leg.min_amount_out.get(),
            },
        };
        (signed, plan)
    }

    pub(crate) async fn send(&self, transaction: &SignedTransaction) -> Result<(), String> {
        let sent = self.rpc.send(&transaction.bytes).await;
        sent.map(drop).map_err(|error| error.to_string())
    }

    /// What became of it, once that is known; else what is known in the end.
    pub(crate) async fn fate(&self, transaction: &SignedTransaction) -> Fate {
        let until = self.clock.monotonic() + LIMIT;
        loop {
            match self.chain.fate(transaction).await {
                Ok(fate @ (Fate::Landed { .. } | Fate::Reverted { .. } | Fate::Dead)) => {
                    return fate;
                }
                Ok(unsure) if self.clock.monotonic() >= until => return unsure,
                Err(error) if self.clock.monotonic() >= until => panic!("{error}"),
                Ok(_) | Err(_) => self.clock.sleep(LOOK_EVERY).await,
            }
        }
    }
}
