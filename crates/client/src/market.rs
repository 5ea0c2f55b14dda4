//! What can be traded and with what: pools, the wallet, transactions, and the simulated cluster.

use api_types::pool::PoolsAnswer;
use api_types::sim::{SimFaults, SimFaultsSet, SimLaunch, SimLaunched, SimTrade, SimTraded};
use api_types::transaction::TransactionAnswer;
use api_types::wallet::WalletAnswer;
use serde::Serialize;
use uuid::Uuid;

use crate::Error;
use crate::transport::Client;

/// Asks about one wallet, by its name or address.
#[derive(Serialize)]
pub(crate) struct OfWallet<'a> {
    pub(crate) wallet: Option<&'a str>,
}

impl Client {
    /// Every pool known of a pair.
    pub async fn pools(&self, token_in: &str, token_out: &str) -> Result<PoolsAnswer, Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Query<'a> {
            token_in: &'a str,
            token_out: &'a str,
        }
        let query = Query {
            token_in,
            token_out,
        };
        self.get_with("/api/pools", &query).await
    }

    /// The wallet that trades; where keys are set, for the admin key alone.
    pub async fn wallet(&self) -> Result<WalletAnswer, Error> {
        self.get("/api/wallet").await
    }

    /// Another wallet, by its name or address.
    pub async fn wallet_called(&self, wallet: &str) -> Result<WalletAnswer, Error> {
        let wallet = Some(wallet);
        self.get_with("/api/wallet", &OfWallet { wallet }).await
    }

    /// What an order's newest transaction does.
    pub async fn transaction(&self, order: Uuid) -> Result<TransactionAnswer, Error> {
        self.get(&format!("/api/orders/{order}/transaction")).await
    }

    /// Trades on the simulated cluster as somebody else.
    pub async fn sim_trade(&self, trade: &SimTrade) -> Result<SimTraded, Error> {
        Ok(self.call(self.post("/api/sim/trade").json(trade)).await?)
    }

    /// Lets a token be born on the simulated cluster.
    pub async fn sim_launch(&self, launch: &SimLaunch) -> Result<SimLaunched, Error> {
        Ok(self.call(self.post("/api/sim/launch").json(launch)).await?)
    }

    /// Lets these things go wrong on the simulated cluster, and nothing else.
    pub async fn sim_faults(&self, faults: &SimFaults) -> Result<SimFaultsSet, Error> {
        Ok(self.call(self.post("/api/sim/faults").json(faults)).await?)
    }
}
