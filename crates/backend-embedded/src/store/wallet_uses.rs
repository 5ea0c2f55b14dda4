//! [`WalletUses`] on SQLite.

use async_trait::async_trait;
use domain::Address;
use domain::spending::{Purpose, WalletUse};
use ports::{Result, WalletUses};

use super::SqliteStore;
use crate::reading::wallet_uses;

#[async_trait]
impl WalletUses for SqliteStore {
    async fn uses(&self, wallet: Address, of: &[Purpose]) -> Result<Vec<WalletUse>> {
        let of = of.to_vec();
        self.read(move |db| wallet_uses::uses(db, wallet, &of))
            .await
    }

    async fn newest_uses(&self, wallet: Address) -> Result<Vec<(Purpose, WalletUse)>> {
        self.read(move |db| wallet_uses::newest(db, wallet)).await
    }
}
