//! Transactions as people read them: each instruction by its name, with what its accounts are to it and the values it
//! carries. What is not known here is shown as it is, without names.

mod swaps;

use std::sync::Arc;

use amm::Program;
use amm::instruction::Instruction;
use async_trait::async_trait;
use domain::transaction::Signature;
use ports::TransactionReader;
use ports::chain;
use ports::transaction_reader::{AccountUse, Field, ReadInstruction, ReadTransaction};

use crate::address::{
    ASSOCIATED_TOKEN_PROGRAM, COMPUTE_BUDGET_PROGRAM, SYSTEM_PROGRAM, TOKEN_2022_PROGRAM,
    TOKEN_PROGRAM,
};
use crate::convert::engines;
use crate::message::Decoded;
use crate::rpc::{Commitment, Rpc};

/// Reads transactions of a cluster back.
#[derive(Debug)]
pub struct Explainer {
    rpc: Arc<dyn Rpc>,
    programs: Vec<Program>,
}

/// An instruction's name, its accounts' roles in their order, and its values.
struct Meaning {
    name: &'static str,
    roles: Vec<&'static str>,
    fields: Vec<Field>,
}

impl Explainer {
    /// Over a cluster with these programs of venues.
    #[must_use]
    pub fn new(rpc: Arc<dyn Rpc>, programs: Vec<Program>) -> Self {
        Self { rpc, programs }
    }
}

#[async_trait]
impl TransactionReader for Explainer {
    async fn transaction(
        &self,
        signature: &Signature,
    ) -> Result<Option<ReadTransaction>, chain::Error> {
        let unreadable =
            |error: &dyn std::error::Error| chain::Error::Unavailable(error.to_string());
        let signature = signature
            .as_str()
            .parse()
            .map_err(|_| chain::Error::Refused("it is not a signature".to_owned()))?;
        let found = self
            .rpc
            .transaction(&signature, Commitment::Confirmed)
            .await;
        let Some(found) = found? else {
            return Ok(None);
        };
        let decoded =
            Decoded::read(&found.bytes, &found.meta.loaded).map_err(|error| unreadable(&error))?;
        let explained = decoded.instructions.iter();
        Ok(Some(ReadTransaction {
            slot: found.slot.get(),
            error: found.meta.outcome.err().map(|failure| failure.to_string()),
            instructions: explained.map(|it| explain(it, &self.programs)).collect(),
        }))
    }
}

/// What an instruction tells its program.
#[must_use]
pub fn explain(instruction: &Instruction, programs: &[Program]) -> ReadInstruction {
    let (program_name, meaning) = match instruction.program {
        COMPUTE_BUDGET_PROGRAM => ("Compute Budget", compute_budget(&instruction.data)),
        SYSTEM_PROGRAM => ("System", system(&instruction.data)),
        ASSOCIATED_TOKEN_PROGRAM => ("Associated Token", associated_token(&instruction.data)),
        TOKEN_PROGRAM => ("Token", token(&instruction.data)),
        TOKEN_2022_PROGRAM => ("Token-2022", token(&instruction.data)),
        other => match programs.iter().find(|program| program.id() == other) {
            Some(program) => (
                swaps::name_of(program),
                swaps::meaning(program, instruction),
            ),
            None => ("", None),
        },
    };
    let address = engines(instruction.program);
    let Meaning {
        name,
        roles,
        fields,
    } = meaning.unwrap_or(Meaning {
        name: "unknown",
        roles: Vec::new(),
        fields: Vec::new(),
    });
    let roles = roles.into_iter().map(Some).chain(std::iter::repeat(None));
    let accounts = instruction.accounts.iter().zip(roles);
    ReadInstruction {
        program: address,
        program_name: match program_name {
            "" => address.to_string(),
            name => name.to_owned(),
        },
        name: name.to_owned(),
        accounts: accounts
            .map(|(account, role)| AccountUse {
                address: engines(account.address),
                role: role.map(str::to_owned),
                is_signer: account.is_signer,
                is_writable: account.is_writable,
            })
            .collect(),
        fields,
    }
}

fn field(name: &str, value: &dyn std::fmt::Display) -> Field {
    Field {
        name: name.to_owned(),
        value: value.to_string(),
    }
}

fn u32_at(data: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*data.get(at..)?.first_chunk()?))
}

fn u64_at(data: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(*data.get(at..)?.first_chunk()?))
}

fn compute_budget(data: &[u8]) -> Option<Meaning> {
    let (name, value) = match data.first()? {
        2 => ("setComputeUnitLimit", field("units", &u32_at(data, 1)?)),
        3 => (
            "setComputeUnitPrice",
            field("microLamports", &u64_at(data, 1)?),
        ),
        _ => return None,
    };
    Some(Meaning {
        name,
        roles: Vec::new(),
        fields: vec![value],
    })
}

fn system(data: &[u8]) -> Option<Meaning> {
    match u32_at(data, 0)? {
        2 => Some(Meaning {
            name: "transfer",
            roles: vec!["from", "to", "ownAddress"],
            fields: vec![field("lamports", &u64_at(data, 4)?)],
        }),
        3 => create_with_seed(data),
        _ => None,
    }
}

/// The base, the seed's length, the seed, lamports, bytes, and the owner.
fn create_with_seed(data: &[u8]) -> Option<Meaning> {
    let length = usize::try_from(u64_at(data, 36)?).ok()?;
    let end = 44_usize.checked_add(length)?;
    let seed = std::str::from_utf8(data.get(44..end)?).ok()?;
    Some(Meaning {
        name: "createAccountWithSeed",
        roles: vec!["payer", "account", "base"],
        fields: vec![
            field("seed", &seed),
            field("lamports", &u64_at(data, end)?),
            field("bytes", &u64_at(data, end + 8)?),
        ],
    })
}

fn associated_token(data: &[u8]) -> Option<Meaning> {
    let name = match data.first() {
        None | Some(0) => "create",
        Some(1) => "createIdempotent",
        Some(_) => return None,
    };
    Some(Meaning {
        name,
        roles: vec![
            "payer",
            "account",
            "wallet",
            "mint",
            "systemProgram",
            "tokenProgram",
        ],
        fields: Vec::new(),
    })
}

fn token(data: &[u8]) -> Option<Meaning> {
    let plain = |name, roles: &[&'static str]| Meaning {
        name,
        roles: roles.to_vec(),
        fields: Vec::new(),
    };
    Some(match data.first()? {
        9 => plain("closeAccount", &["account", "receiver", "owner"]),
        17 => plain("syncNative", &["account"]),
        18 => {
            let owner: [u8; 32] = *data.get(1..)?.first_chunk()?;
            Meaning {
                fields: vec![field("owner", &domain::Address::new(owner))],
                ..plain("initializeAccount3", &["account", "mint"])
            }
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
