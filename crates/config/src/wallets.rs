//! Several wallets: their names and keys, and which client trades with which.

use std::collections::HashSet;

use domain::{ClientId, WalletName};

use crate::live::{KeyPlace, Role, Wallet};
use crate::{Config, Invalid};

/// A wallet by its name, and where its key is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedKey {
    pub name: WalletName,
    /// Absent for a wallet of the simulated cluster's.
    pub key: Option<KeyPlace>,
}

/// Which wallet a client trades with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientWallet {
    pub client: ClientId,
    pub wallet: WalletName,
}

/// `name=path`, or a name alone.
pub(crate) fn named_key(text: &str) -> Result<NamedKey, String> {
    const ALLOWED: &str = "name=FILE pairs, comma-separated: a name has 1 to 32 lower-case letters, digits, - and _, \
                           and the file is a key as solana-keygen writes it, or unix:PATH of a signer's socket; with \
                           sim also names alone";
    let (name, place) = match text.trim().split_once('=') {
        Some((name, path)) => (name, Some(path)),
        None => (text.trim(), None),
    };
    let name = WalletName::parse(name.trim()).map_err(|_| ALLOWED.to_owned())?;
    let key = place.map(crate::live::wallet).transpose();
    let key = key.map_err(|allowed| format!("name=FILE pairs: {allowed}"))?;
    Ok(NamedKey { name, key })
}

/// `client=name`.
pub(crate) fn client_wallet(text: &str) -> Result<ClientWallet, String> {
    const ALLOWED: &str = "client=wallet pairs, comma-separated: a client as API_KEYS names it, a wallet as WALLETS \
                           does";
    let (client, wallet) = text.trim().split_once('=').ok_or(ALLOWED)?;
    Ok(ClientWallet {
        client: ClientId::parse(client.trim()).map_err(|_| ALLOWED)?,
        wallet: WalletName::parse(wallet.trim()).map_err(|_| ALLOWED)?,
    })
}

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
