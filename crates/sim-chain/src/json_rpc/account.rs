//! An account in an answer.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use solana_address::Address;

use super::amount::TokenAmount;
use super::error::Error;
use crate::bank::{Account, Mint, TokenAccount, TokenExtension, address, token_extensions};

/// How an account's data is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Encoding {
    #[default]
    #[serde(alias = "binary")]
    Base58,
    Base64,
    /// As fields where the data is a mint's or a token account's, else as base64.
    JsonParsed,
}

/// The part of the data that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Slice {
    pub offset: usize,
    pub length: usize,
}

/// The longest data that is told in base58, which takes time quadratic in the length.
const BASE58_BYTES_MAX: usize = 128;

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountInfo {
    pub lamports: u64,
    pub data: Value,
    pub owner: String,
    pub executable: bool,
    pub rent_epoch: u64,
    pub space: u64,
}

impl AccountInfo {
    /// Tells an account. `decimals` knows those of mints; without them a token account is told as bytes.
    pub fn new(
        account: &Account,
        encoding: Encoding,
        slice: Option<Slice>,
        decimals: impl Fn(&Address) -> Option<u8>,
    ) -> Result<Self, Error> {
        let data = slice.map_or(&account.data[..], |slice| slice.of(&account.data));
        Ok(Self {
            lamports: account.lamports,
            data: match encoding {
                Encoding::Base58 => base58(data)?,
                Encoding::Base64 => base64(data),
                Encoding::JsonParsed => parsed(account, decimals).unwrap_or_else(|| base64(data)),
            },
            owner: account.owner.to_string(),
            executable: account.executable,
            rent_epoch: account.rent_epoch,
            space: account.data.len() as u64,
        })
    }
}

impl Slice {
    fn of(self, data: &[u8]) -> &[u8] {
        let start = self.offset.min(data.len());
        let end = start.saturating_add(self.length).min(data.len());
        &data[start..end]
    }
}

fn base64(data: &[u8]) -> Value {
    json!([BASE64_STANDARD.encode(data), "base64"])
}

fn base58(data: &[u8]) -> Result<Value, Error> {
    if data.len() > BASE58_BYTES_MAX {
        return Err(Error::invalid_request(format!(
            "Encoded binary (base 58) data should be less than {BASE58_BYTES_MAX} bytes, please use Base64 encoding."
        )));
    }
    Ok(json!([super::base58::encode(data), "base58"]))
}

/// The fields of a mint or a token account.
fn parsed(account: &Account, decimals: impl Fn(&Address) -> Option<u8>) -> Option<Value> {
    let program = match account.owner {
        address::TOKEN => "spl-token",
        address::TOKEN_2022 => "spl-token-2022",
        _ => return None,
    };
    let (kind, mut info) = if let Ok(token) = TokenAccount::read(&account.data) {
        ("account", token_account(&token, decimals(&token.mint)?))
    } else {
        ("mint", mint(&Mint::read(&account.data).ok()?))
    };
    let extensions: Vec<Value> = token_extensions(&account.data)
        .iter()
        .map(extension)
        .collect();
    if !extensions.is_empty() {
        info["extensions"] = extensions.into();
    }
    Some(json!({
        "program": program,
        "parsed": { "type": kind, "info": info },
        "space": account.data.len(),
    }))
}

fn mint(mint: &Mint) -> Value {
    json!({
        "mintAuthority": mint.authority.map(|key| key.to_string()),
        "supply": mint.supply.to_string(),
        "decimals": mint.decimals,
        "isInitialized": true,
        "freezeAuthority": mint.freeze_authority.map(|key| key.to_string()),
    })
}

/// What is not there is left out, as real nodes do.
fn token_account(token: &TokenAccount, decimals: u8) -> Value {
    let amount = |amount| json!(TokenAmount::new(amount, decimals));
    let mut info = json!({
        "mint": token.mint.to_string(),
        "owner": token.owner.to_string(),
        "tokenAmount": amount(token.amount),
        "state": if token.frozen { "frozen" } else { "initialized" },
        "isNative": token.native.is_some(),
    });
    if let Some(delegate) = token.delegate {
        info["delegate"] = delegate.to_string().into();
        info["delegatedAmount"] = amount(token.delegated_amount);
    }
    if let Some(reserve) = token.native {
        info["rentExemptReserve"] = amount(reserve);
    }
    if let Some(authority) = token.close_authority {
        info["closeAuthority"] = authority.to_string().into();
    }
    info
}

fn extension(extension: &TokenExtension) -> Value {
    let fee = |fee: &crate::bank::TransferFee| {
        json!({
            "epoch": fee.epoch,
            "maximumFee": fee.maximum,
            "transferFeeBasisPoints": fee.bps,
        })
    };
    let authority = |key: Option<Address>| key.map(|key| key.to_string());
    match extension {
        TokenExtension::TransferFeeConfig(config) => json!({
            "extension": "transferFeeConfig",
            "state": {
                "transferFeeConfigAuthority": authority(config.authority),
                "withdrawWithheldAuthority": authority(config.withdrawer),
                "withheldAmount": config.withheld,
                "olderTransferFee": fee(&config.older),
                "newerTransferFee": fee(&config.newer),
            },
        }),
        TokenExtension::TransferFeeAmount(withheld) => json!({
            "extension": "transferFeeAmount",
            "state": { "withheldAmount": withheld },
        }),
        TokenExtension::ImmutableOwner => json!({ "extension": "immutableOwner" }),
        TokenExtension::Other => json!({ "extension": "unparseableExtension" }),
    }
}
