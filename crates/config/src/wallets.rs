//! Several wallets as settings name them: their keys, and which client trades with which.

use domain::{ClientId, WalletName};

use crate::key_place::{KeyPlace, key_place};

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
    let key = place.map(key_place).transpose();
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
