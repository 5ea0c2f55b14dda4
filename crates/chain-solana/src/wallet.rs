//! What stands in the wallet that trades, looked at no more often than once a second.

use std::sync::Arc;
use std::time::Duration;

use amm::token::TokenAccount;
use async_trait::async_trait;
use domain::asset::TokenProgram;
use domain::{Asset, BaseUnits};
use ports::wallet::{Holding, Wallet, WalletView};
use ports::{Clock, chain};

use crate::address::{TOKEN_2022_PROGRAM, TOKEN_PROGRAM, associated_token};
use crate::recent::Recent;
use crate::rpc::{ACCOUNTS_MAX, Account, Rpc, View};

/// How long one look serves all who ask: with the time that reading takes it stays below the two seconds promised.
const FRESH: Duration = Duration::from_secs(1);
/// A look that takes longer has failed.
const PATIENCE: Duration = Duration::from_secs(1);
/// Beside the wallet's own, in one call: all of one bank.
const TOKENS_MAX: usize = ACCOUNTS_MAX - 1;

/// Whose wallet on which cluster.
#[derive(Debug, Clone)]
pub struct Place {
    /// The wallet.
    pub address: domain::Address,
    /// The cluster's name.
    pub cluster: String,
    /// `sim` or `live`.
    pub mode: String,
    /// The tokens that are looked for; what goes beyond 99 is left out.
    pub assets: Vec<Asset>,
}

/// A wallet on a cluster.
#[derive(Debug)]
pub struct SolanaWallet {
    look: Arc<Look>,
    seen: Recent<Wallet, chain::Error>,
}

/// What a look needs that goes on although whoever asked first has gone.
#[derive(Debug)]
struct Look {
    rpc: Arc<dyn Rpc>,
    place: Place,
    /// The wallet's own account, then the usual account of each asset.
    addresses: Vec<amm::Address>,
}

impl SolanaWallet {
    /// Nothing is asked yet.
    #[must_use]
    pub fn new(rpc: Arc<dyn Rpc>, clock: Arc<dyn Clock>, mut place: Place) -> Self {
        place.assets.truncate(TOKENS_MAX);
        let own = amm::Address(*place.address.bytes());
        let accounts = place.assets.iter().map(|asset| {
            let mint = amm::Address(*asset.mint.address().bytes());
            associated_token(own, mint, program_of(*asset))
        });
        let addresses = std::iter::once(own).chain(accounts).collect();
        Self {
            look: Arc::new(Look {
                rpc,
                place,
                addresses,
            }),
            seen: Recent::new(clock, FRESH),
        }
    }
}

impl Look {
    async fn read(&self) -> Result<Wallet, chain::Error> {
        let found = self.rpc.accounts(&self.addresses, View::CONFIRMED);
        let found = tokio::time::timeout(PATIENCE, found)
            .await
            .map_err(|_| chain::Error::Unavailable("no answer in time".to_owned()))??;
        let mut accounts = found.value.into_iter();
        // An account that was never paid in does not exist.
        let own = accounts.next().flatten();
        let tokens = self.place.assets.iter().zip(accounts);
        Ok(Wallet {
            address: self.place.address,
            cluster: self.place.cluster.clone(),
            mode: self.place.mode.clone(),
            lamports: own.map_or(0, |account| account.lamports.get()),
            tokens: tokens
                .filter_map(|(asset, account)| holding(*asset, &account?))
                .collect(),
        })
    }
}

#[async_trait]
impl WalletView for SolanaWallet {
    async fn look(&self) -> Result<Wallet, chain::Error> {
        let look = Arc::clone(&self.look);
        self.seen.get(async move { look.read().await }).await
    }
}

fn holding(asset: Asset, account: &Account) -> Option<Holding> {
    let token = TokenAccount::read(&account.data)?;
    let is_right = account.owner == program_of(asset);
    is_right.then_some(Holding {
        asset,
        amount: BaseUnits::new(token.amount),
    })
}

const fn program_of(asset: Asset) -> amm::Address {
    match asset.program {
        TokenProgram::Token => TOKEN_PROGRAM,
        TokenProgram::Token2022 => TOKEN_2022_PROGRAM,
    }
}

#[cfg(test)]
mod tests;
