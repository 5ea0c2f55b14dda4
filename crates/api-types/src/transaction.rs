//! An order's transaction, read back from the chain.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// What an order's newest transaction told the chain's programs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TransactionAnswer {
    pub success: bool,
    pub order_id: Uuid,
    /// In base58: the order's `txHash`.
    pub signature: String,
    pub slot: u64,
    /// Why it was rolled back; null where it took effect.
    pub error: Option<String>,
    pub instructions: Vec<InstructionView>,
}

/// What it tells one program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct InstructionView {
    /// The program's address.
    pub program: String,
    /// What people call it; its address where it is not known.
    #[schema(examples("Compute Budget"))]
    pub program_name: String,
    /// What it is asked for; `unknown` where that is not known.
    #[schema(examples("setComputeUnitLimit"))]
    pub name: String,
    pub accounts: Vec<AccountUseView>,
    /// What the instruction says beside its accounts.
    pub data: Vec<FieldView>,
}

/// An account that an instruction names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AccountUseView {
    pub address: String,
    /// What it is to the instruction; null where that is not known.
    #[schema(examples("pool"))]
    pub role: Option<String>,
    pub signer: bool,
    pub writable: bool,
}

/// A value that an instruction carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldView {
    #[schema(examples("minAmountOut"))]
    pub name: String,
    /// As the program reads it: amounts are in base units.
    pub value: String,
}
