//! Which token accounts wallets have: a route over a third token opens one where there is none, which costs its rent.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use domain::asset::TokenProgram;
use domain::{Asset, Mint};
use ports::Clock;

use crate::address::{TOKEN_2022_PROGRAM, TOKEN_PROGRAM, associated_token};
use crate::convert::address;
use crate::recent_by::RecentBy;
use crate::rpc::{Error, Rpc, View};

/// How long an answer serves: an account that is opened stays.
const KNOWN_FOR: Duration = Duration::from_secs(60);

/// Wallets' token accounts.
#[derive(Debug)]
pub(super) struct Accounts {
    rpc: Arc<dyn Rpc>,
    /// The wallet that is used unasked, once somebody has said which.
    unasked: OnceLock<domain::Address>,
    recent: RecentBy<(domain::Address, Mint), bool, Error>,
}

impl Accounts {
    pub(super) fn new(rpc: Arc<dyn Rpc>, clock: Arc<dyn Clock>) -> Self {
        Self {
            rpc,
            unasked: OnceLock::new(),
            recent: RecentBy::new(clock, KNOWN_FOR),
        }
    }

    pub(super) fn belong_to(&self, wallet: domain::Address) {
        self.unasked.get_or_init(|| wallet);
    }

    /// Whether a wallet has its usual account of an asset; of nobody knows which wallet it has not.
    pub(super) async fn has(&self, wallet: Option<domain::Address>, asset: Asset) -> bool {
        let Some(wallet) = wallet.or_else(|| self.unasked.get().copied()) else {
            return false;
        };
        let program = match asset.program {
            TokenProgram::Token => TOKEN_PROGRAM,
            TokenProgram::Token2022 => TOKEN_2022_PROGRAM,
        };
        let account = associated_token(address(wallet), address(asset.mint.address()), program);
        let rpc = Arc::clone(&self.rpc);
        let asking = async move {
            let found = rpc.accounts(&[account], View::CONFIRMED).await?;
            let found = found.value.into_iter().next().flatten();
            Ok(found.is_some_and(|it| it.owner == program))
        };
        let known = self.recent.get((wallet, asset.mint), asking).await;
        known.unwrap_or(false)
    }
}
