//! Transactions with their instructions as fields, the encoding `jsonParsed`. Instructions of programs that nodes
//! do not read are told with their accounts and bytes.

mod system;
mod token;

use serde_json::{Value, json};
use solana_address::Address;

use crate::bank::{Outcome, Reader, address};
use crate::cluster::Landed;
use crate::json_rpc::base58;
use crate::json_rpc::transaction::{add_lookups, signatures};

/// What an instruction does, and with what.
type Fields = Option<(&'static str, Value)>;

pub(super) fn content(landed: &Landed) -> Value {
    let transaction = &landed.transaction;
    let keys = &landed.outcome.keys;
    let instructions = transaction.instructions().iter().map(|it| {
        let accounts = named(keys, &it.accounts);
        instruction(transaction.program(it), &accounts, &it.data, 1)
    });
    let mut told = json!({
        "accountKeys": account_keys(landed),
        "recentBlockhash": transaction.blockhash().to_string(),
        "instructions": instructions.collect::<Vec<_>>(),
    });
    add_lookups(&mut told, transaction);
    json!({ "signatures": signatures(transaction), "message": told })
}

pub(super) fn account_keys(landed: &Landed) -> Vec<Value> {
    let Landed {
        transaction,
        outcome,
        ..
    } = landed;
    let stated = transaction.message().static_account_keys().len();
    let signers = transaction.signatures().len();
    let keys = outcome.keys.iter().zip(landed.writable()).enumerate();
    keys.map(|(index, (key, writable))| {
        json!({
            "pubkey": key.to_string(),
            "signer": index < signers,
            "writable": writable,
            "source": if index < stated { "transaction" } else { "lookupTable" },
        })
    })
    .collect()
}

pub(super) fn inner_instructions(outcome: &Outcome) -> Value {
    let keys = &outcome.keys;
    let told = outcome.inner.iter().map(|(index, called)| {
        let instructions = called.iter().map(|it| {
            let program = keys.get(usize::from(it.program_index)).copied();
            let accounts = named(keys, &it.accounts);
            instruction(
                &program.unwrap_or_default(),
                &accounts,
                &it.data,
                it.stack_height,
            )
        });
        json!({ "index": index, "instructions": instructions.collect::<Vec<_>>() })
    });
    told.collect::<Vec<_>>().into()
}

fn named(keys: &[Address], indexes: &[u8]) -> Vec<String> {
    let keys = indexes.iter().map(|index| keys.get(usize::from(*index)));
    keys.flatten().map(Address::to_string).collect()
}

fn instruction(program: &Address, accounts: &[String], data: &[u8], height: usize) -> Value {
    let told = match *program {
        address::SYSTEM => fields("system", system::fields(accounts, Reader::new(data))),
        address::TOKEN => fields("spl-token", token::fields(accounts, Reader::new(data))),
        address::TOKEN_2022 => fields("spl-token-2022", token::fields(accounts, Reader::new(data))),
        address::ASSOCIATED_TOKEN => fields(
            "spl-associated-token-account",
            associated_token(accounts, data),
        ),
        address::MEMO | address::MEMO_V1 => std::str::from_utf8(data)
            .ok()
            .map(|text| json!({ "program": "spl-memo", "parsed": text })),
        _ => None,
    };
    let mut told =
        told.unwrap_or_else(|| json!({ "accounts": accounts, "data": base58::encode(data) }));
    told["programId"] = program.to_string().into();
    told["stackHeight"] = height.into();
    told
}

fn fields(program: &str, parsed: Fields) -> Option<Value> {
    let (kind, info) = parsed?;
    Some(json!({ "program": program, "parsed": { "type": kind, "info": info } }))
}

fn associated_token(accounts: &[String], data: &[u8]) -> Fields {
    let kind = match data.first() {
        None | Some(0) => "create",
        Some(1) => "createIdempotent",
        _ => return None,
    };
    let [source, account, wallet, mint, system, token, ..] = accounts else {
        return None;
    };
    let info = json!({
        "source": source,
        "account": account,
        "wallet": wallet,
        "mint": mint,
        "systemProgram": system,
        "tokenProgram": token,
    });
    Some((kind, info))
}

#[cfg(test)]
mod tests;
