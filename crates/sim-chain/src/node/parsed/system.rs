//! Instructions of the System program as fields.

use serde_json::json;
use solana_address::Address;

use super::Fields;
use crate::bank::Reader;

pub(super) fn fields(accounts: &[String], mut data: Reader<'_>) -> Fields {
    let tag = data.u32()?;
    let first = accounts.first()?;
    Some(match tag {
        0 => {
            let info = json!({
                "source": first,
                "newAccount": accounts.get(1)?,
                "lamports": data.u64()?,
                "space": data.u64()?,
                "owner": key(data.address()?),
            });
            ("createAccount", info)
        }
        1 => {
            let info = json!({ "account": first, "owner": key(data.address()?) });
            ("assign", info)
        }
        2 => {
            let info = json!({
                "source": first,
                "destination": accounts.get(1)?,
                "lamports": data.u64()?,
            });
            ("transfer", info)
        }
        3 => {
            let info = json!({
                "source": first,
                "newAccount": accounts.get(1)?,
                "base": key(data.address()?),
                "seed": data.text()?,
                "lamports": data.u64()?,
                "space": data.u64()?,
                "owner": key(data.address()?),
            });
            ("createAccountWithSeed", info)
        }
        8 => (
            "allocate",
            json!({ "account": first, "space": data.u64()? }),
        ),
        9 => {
            let info = json!({
                "account": first,
                "base": key(data.address()?),
                "seed": data.text()?,
                "space": data.u64()?,
                "owner": key(data.address()?),
            });
            ("allocateWithSeed", info)
        }
        10 => {
            let info = json!({
                "account": first,
                "base": key(data.address()?),
                "seed": data.text()?,
                "owner": key(data.address()?),
            });
            ("assignWithSeed", info)
        }
        11 => {
            let info = json!({
                "source": first,
                "sourceBase": accounts.get(1)?,
                "destination": accounts.get(2)?,
                "lamports": data.u64()?,
                "sourceSeed": data.text()?,
                "sourceOwner": key(data.address()?),
            });
            ("transferWithSeed", info)
        }
        _ => return None,
    })
}

fn key(key: Address) -> String {
    key.to_string()
}
