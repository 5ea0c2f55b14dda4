//! What an execution leaves to be read beside the accounts.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use solana_address::Address;
use wincode::{SchemaRead, SchemaWrite};

/// An instruction that a program called.
#[derive(Debug, Clone, PartialEq, Eq, SchemaRead, SchemaWrite)]
pub struct InnerInstruction {
    pub program_index: u8,
    pub accounts: Vec<u8>,
    pub data: Vec<u8>,
    /// 2 for what the transaction's own instruction called.
    pub stack_height: usize,
}

/// What the last program left for its caller.
#[derive(Debug, Clone, PartialEq, Eq, SchemaRead, SchemaWrite)]
pub struct ReturnData {
    pub program: Address,
    pub data: Vec<u8>,
}

impl ReturnData {
    /// The line that tells it, in the name of the program that ends.
    pub(super) fn line(&self, program: &Address) -> Option<String> {
        let text = BASE64_STANDARD.encode(&self.data);
        (!self.data.is_empty()).then(|| format!("Program return: {program} {text}"))
    }
}

/// What a token account of the transaction held.
#[derive(Debug, Clone, PartialEq, Eq, SchemaRead, SchemaWrite)]
pub struct TokenBalance {
    pub account_index: u8,
    pub mint: Address,
    pub owner: Address,
    pub program: Address,
    pub amount: u64,
    pub decimals: u8,
}
