//! What stands in the wallet that trades.

use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;
use domain::{Address, Asset, BaseUnits};

use crate::chain::Error;
use crate::reconciliation::WalletHistory;

/// A wallet on a cluster, and what it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wallet {
    pub address: Address,
    /// The cluster's name, such as `mainnet-beta`.
    pub cluster: String,
    /// `sim` or `live`.
    pub mode: String,
    pub lamports: u64,
    /// What its usual accounts hold. A token without an account is not listed.
    pub tokens: Vec<Holding>,
}

/// How much of one token is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holding {
    pub asset: Asset,
    pub amount: BaseUnits,
}

/// What matters of a wallet for the trade of one asset for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Means {
    pub lamports: u64,
    /// What it holds of the asset sold; of SOL its lamports.
    pub held: BaseUnits,
    /// Whether it has an account for the asset bought, or needs none.
    pub has_account_out: bool,
    /// Lamports that a new token account must hold.
    pub account_rent: u64,
}

/// The wallets that trade, for those who only look at them.
pub trait WalletViews: Send + Sync + Debug {
    /// The view of one: who asks for the same wallet shares its looks.
    fn of(&self, wallet: Address) -> Arc<dyn WalletView>;

    /// The past of one.
    fn history(&self, wallet: Address) -> Arc<dyn WalletHistory>;
}

/// The wallet that trades, for those who only look at it.
///
/// Promises:
/// 1. An answer is at most 2 s old, and all of it is of one bank.
/// 2. Who asks at the same moment shares one look at the chain.
///
/// Cancel safety: reads may be dropped.
#[async_trait]
pub trait WalletView: Send + Sync + Debug {
    /// What it holds.
    async fn look(&self) -> Result<Wallet, Error>;

    /// What it has for a trade of these two, of which it need not know either.
    async fn means(&self, asset_in: Asset, asset_out: Asset) -> Result<Means, Error>;
}
