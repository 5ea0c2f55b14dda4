//! What clients see of a transaction that needs a person.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What is known of a transaction that should have come to an end.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DoubtView {
    /// It should have come to an end, and nobody can prove it dead: the order waits.
    pub unprovable: Option<UnprovableView>,
    /// An operator said that it is dead. The order goes on once it can no longer land.
    pub declared_dead: Option<DeclaredDeadView>,
}

/// Why nobody can prove a transaction dead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UnprovableView {
    #[schema(format = DateTime)]
    pub since: String,
    pub reason: String,
}

/// An operator's word that a transaction is dead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeclaredDeadView {
    #[schema(format = DateTime)]
    pub at: String,
    pub reason: String,
}
