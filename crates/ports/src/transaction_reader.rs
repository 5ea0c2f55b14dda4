//! Transactions as people read them: what each tells which program.

use std::fmt::Debug;

use async_trait::async_trait;
use domain::Address;
use domain::transaction::Signature;

use crate::chain::Error;

/// A transaction that the chain took, landed or rolled back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadTransaction {
    pub slot: u64,
    /// Why it was rolled back; absent where it took effect.
    pub error: Option<String>,
    pub instructions: Vec<ReadInstruction>,
}

/// What it tells one program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadInstruction {
    pub program: Address,
    /// What people call the program; its address where nobody here knows it.
    pub program_name: String,
    /// What it asks for; `unknown` where that is not known here.
    pub name: String,
    pub accounts: Vec<AccountUse>,
    /// What it says beside its accounts, in the order in which people read it.
    pub fields: Vec<Field>,
}

/// An account that an instruction names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountUse {
    pub address: Address,
    /// What it is to the instruction; absent where that is not known here.
    pub role: Option<String>,
    pub is_signer: bool,
    pub is_writable: bool,
}

/// A value that an instruction carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    pub name: String,
    pub value: String,
}

/// Reads transactions back from the chain.
///
/// Cancel safety: reads may be dropped.
#[async_trait]
pub trait TransactionReader: Send + Sync + Debug {
    /// A transaction; `None` where the chain does not know it, or not yet.
    async fn transaction(&self, signature: &Signature) -> Result<Option<ReadTransaction>, Error>;
}
