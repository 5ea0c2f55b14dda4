//! Instructions of the token programs as fields. Decimals stand in the checked instructions alone, so others tell
//! amounts as bare numbers.

use serde_json::{Value, json};

use super::Fields;
use crate::bank::Reader;
use crate::json_rpc::amount::TokenAmount;

const RENT: &str = "SysvarRent111111111111111111111111111111111";

pub(super) fn fields(accounts: &[String], mut data: Reader<'_>) -> Fields {
    let tag = data.u8()?;
    let at = |place: usize| accounts.get(place);
    Some(match tag {
        0 | 20 => initialize_mint(accounts, data, tag)?,
        1 => {
            let info = json!({
                "account": at(0)?, "mint": at(1)?, "owner": at(2)?, "rentSysvar": RENT,
            });
            ("initializeAccount", info)
        }
        16 => {
            let owner = data.address()?.to_string();
            let info = json!({
                "account": at(0)?, "mint": at(1)?, "owner": owner, "rentSysvar": RENT,
            });
            ("initializeAccount2", info)
        }
        18 => {
            let owner = data.address()?.to_string();
            let info = json!({ "account": at(0)?, "mint": at(1)?, "owner": owner });
            ("initializeAccount3", info)
        }
        5 => ("revoke", json!({ "source": at(0)?, "owner": at(1)? })),
        9 => {
            let info = json!({ "account": at(0)?, "destination": at(1)?, "owner": at(2)? });
            ("closeAccount", info)
        }
        10 | 11 => {
            let info = json!({ "account": at(0)?, "mint": at(1)?, "freezeAuthority": at(2)? });
            let kind = if tag == 10 {
                "freezeAccount"
            } else {
                "thawAccount"
            };
            (kind, info)
        }
        17 => ("syncNative", json!({ "account": at(0)? })),
        21 => ("getAccountDataSize", json!({ "mint": at(0)? })),
        22 => ("initializeImmutableOwner", json!({ "account": at(0)? })),
        26 => transfer_with_fee(accounts, data)?,
        _ => amounts(accounts, data, tag)?,
    })
}

fn initialize_mint(accounts: &[String], mut data: Reader<'_>, tag: u8) -> Fields {
    let decimals = data.u8()?;
    let mut info = json!({
        "mint": accounts.first()?,
        "decimals": decimals,
        "mintAuthority": data.address()?.to_string(),
    });
    if let Some(Some(freezer)) = data.optional_address() {
        info["freezeAuthority"] = freezer.to_string().into();
    }
    if tag == 20 {
        return Some(("initializeMint2", info));
    }
    info["rentSysvar"] = RENT.into();
    Some(("initializeMint", info))
}

/// The instructions that carry an amount and, where they are checked, decimals.
fn amounts(accounts: &[String], mut data: Reader<'_>, tag: u8) -> Fields {
    let amount = data.u64()?;
    let (kind, names): (_, &[&str]) = match tag {
        3 => ("transfer", &["source", "destination", "authority"]),
        4 => ("approve", &["source", "delegate", "owner"]),
        7 => ("mintTo", &["mint", "account", "mintAuthority"]),
        8 => ("burn", &["account", "mint", "authority"]),
        12 => (
            "transferChecked",
            &["source", "mint", "destination", "authority"],
        ),
        13 => ("approveChecked", &["source", "mint", "delegate", "owner"]),
        14 => ("mintToChecked", &["mint", "account", "mintAuthority"]),
        15 => ("burnChecked", &["account", "mint", "authority"]),
        _ => return None,
    };
    let mut info = named(names, accounts)?;
    if tag < 12 {
        info["amount"] = amount.to_string().into();
    } else {
        info["tokenAmount"] = json!(TokenAmount::new(amount, data.u8()?));
    }
    Some((kind, info))
}

fn transfer_with_fee(accounts: &[String], mut data: Reader<'_>) -> Fields {
    if data.u8()? != 1 {
        return None;
    }
    let mut info = named(&["source", "mint", "destination", "authority"], accounts)?;
    let (amount, decimals) = (data.u64()?, data.u8()?);
    info["tokenAmount"] = json!(TokenAmount::new(amount, decimals));
    info["feeAmount"] = json!(TokenAmount::new(data.u64()?, decimals));
    Some(("transferCheckedWithFee", info))
}

fn named(names: &[&str], accounts: &[String]) -> Option<Value> {
    if accounts.len() < names.len() {
        return None;
    }
    let pairs = names.iter().zip(accounts);
    let fields = pairs.map(|(name, account)| ((*name).to_owned(), Value::from(account.as_str())));
    Some(Value::Object(fields.collect()))
}
