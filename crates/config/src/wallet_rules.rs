//! What must hold of wallets and of clients that are bound to them.

use std::collections::HashSet;

use domain::{ClientId, WalletName};

use crate::live::{Role, Wallet};
use crate::{Config, Invalid};

impl Wallet {
    /// The wallets of this process by their names, as far as its own settings tell them.
    #[must_use]
    pub fn names(&self) -> Vec<WalletName> {
        match self.wallets.is_empty() {
            true => vec![WalletName::main()],
            false => self.wallets.iter().map(|it| it.name.clone()).collect(),
        }
    }

    fn validate_names(&self) -> Result<(), Invalid> {
        let mut names = HashSet::new();
        let mut keys = self.wallets.iter();
        if let Some(twice) = keys.find(|it| !names.insert(&it.name)) {
            let name = twice.name.to_string();
            return Err(Invalid::WalletTwice { name });
        }
        let mut clients = HashSet::new();
        let mut bound = self.client_wallets.iter();
        match bound.find(|it| !clients.insert(&it.client)) {
            Some(twice) => {
                let client = twice.client.to_string();
                Err(Invalid::BoundTwice { client })
            }
            None => Ok(()),
        }
    }
}

impl Config {
    /// Checks what every program can tell of its wallets.
    pub(crate) fn validate_wallets(&self) -> Result<(), Invalid> {
        let wallet = &self.wallet;
        if wallet.wallet.is_some() && wallet.wallet_key.is_some() {
            return Err(Invalid::TwoKeys);
        }
        if !wallet.wallets.is_empty() && (wallet.wallet.is_some() || wallet.wallet_key.is_some()) {
            return Err(Invalid::WalletsAndOne);
        }
        let mut keys = wallet.wallets.iter();
        let nameless = keys.find(|it| it.key.is_none());
        if let (Some(without), true) = (nameless, self.chain.is_live()) {
            let name = without.name.to_string();
            return Err(Invalid::WalletWithoutKey { name });
        }
        wallet.validate_names()
    }

    /// Checks that clients are bound who exist, to wallets that do. A gateway knows its workers' wallets only later.
    pub(crate) fn validate_bindings(&self, role: Role) -> Result<(), Invalid> {
        if !role.takes_orders_in() {
            return Ok(());
        }
        let anyone = ClientId::anyone();
        let keys = &self.access.api_keys;
        let is_known = |client: &ClientId| match keys.is_empty() {
            true => *client == anyone,
            false => keys.iter().any(|key| key.client == *client),
        };
        let names = self.wallet.names();
        let is_told = role == Role::Engine || !self.wallet.wallets.is_empty();
        for bound in &self.wallet.client_wallets {
            if !is_known(&bound.client) {
                let client = bound.client.to_string();
                return Err(Invalid::BoundStranger { client });
            }
            if is_told && !names.contains(&bound.wallet) {
                let (client, wallet) = (bound.client.to_string(), bound.wallet.to_string());
                return Err(Invalid::BoundToNone { client, wallet });
            }
        }
        Ok(())
    }
}
