//! What stands in the wallet that trades, looked at no more often than once a second.

use std::sync::Arc;
use std::time::Duration;

use amm::token::{ACCOUNT_LENGTH, TokenAccount};
use async_trait::async_trait;
use domain::asset::TokenProgram;
use domain::{Asset, BaseUnits};
use ports::wallet::{Holding, Means, Wallet, WalletView};
use ports::{Clock, chain};

use crate::address::{TOKEN_2022_PROGRAM, TOKEN_PROGRAM, associated_token};
use crate::convert::address;
use crate::recent::Recent;
use crate::recent_by::RecentBy;
use crate::rpc::{ACCOUNTS_MAX, Account, Lamports, Rpc, View};

/// How long one look serves all who ask: with the time that reading takes it stays below the two seconds promised.
const FRESH: Duration = Duration::from_secs(1);
/// Rents change by vote.
const RENT_FRESH: Duration = Duration::from_secs(600);
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
    /// The same of two tokens of which one is not looked for otherwise.
    seen_of: RecentBy<[Asset; 2], Wallet, chain::Error>,
    rent: Recent<Lamports, chain::Error>,
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
        let addresses = addresses(&place, &place.assets);
        Self {
            look: Arc::new(Look {
                rpc,
                place,
                addresses,
            }),
            seen: Recent::new(Arc::clone(&clock), FRESH),
            seen_of: RecentBy::new(Arc::clone(&clock), FRESH),
            rent: Recent::new(clock, RENT_FRESH),
        }
    }
}

/// The wallet's own address, then its usual account of each of these.
fn addresses(place: &Place, assets: &[Asset]) -> Vec<amm::Address> {
    let own = address(place.address);
    let accounts = assets.iter().map(|asset| {
        let mint = address(asset.mint.address());
        associated_token(own, mint, program_of(*asset))
    });
    std::iter::once(own).chain(accounts).collect()
}

impl Look {
    async fn read(
        &self,
        assets: &[Asset],
        addresses: &[amm::Address],
    ) -> Result<Wallet, chain::Error> {
        let found = self.rpc.accounts(addresses, View::CONFIRMED);
        let found = tokio::time::timeout(PATIENCE, found)
            .await
            .map_err(|_| chain::Error::Unavailable("no answer in time".to_owned()))??;
        let mut accounts = found.value.into_iter();
        // An account that was never paid in does not exist.
        let own = accounts.next().flatten();
        let tokens = assets.iter().zip(accounts);
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
        let all = async move { look.read(&look.place.assets, &look.addresses).await };
        self.seen.get(all).await
    }

    async fn means(&self, asset_in: Asset, asset_out: Asset) -> Result<Means, chain::Error> {
        let both = [asset_in, asset_out];
        let usual = &self.look.place.assets;
        let is_usual = |asset: &Asset| asset.is_native() || usual.contains(asset);
        let wallet = match both.iter().all(is_usual) {
            true => self.look().await?,
            false => {
                let look = Arc::clone(&self.look);
                let these = async move { look.read(&both, &addresses(&look.place, &both)).await };
                self.seen_of.get(both, these).await?
            }
        };
        let rpc = Arc::clone(&self.look.rpc);
        let rent = async move { Ok(rpc.minimum_balance(ACCOUNT_LENGTH).await?) };
        let account_rent = self.rent.get(rent).await?.get();
        let account = |asset: Asset| wallet.tokens.iter().find(|it| it.asset == asset);
        let held = match asset_in.is_native() {
            true => BaseUnits::new(wallet.lamports),
            false => account(asset_in).map_or(BaseUnits::new(0), |it| it.amount),
        };
        let has_account_out = asset_out.is_native() || account(asset_out).is_some();
        Ok(Means {
            lamports: wallet.lamports,
            held,
            has_account_out,
            account_rent,
        })
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
