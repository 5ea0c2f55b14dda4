//! What clients see of native SOL in a swap.

use domain::Asset;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a swap's transaction does with native SOL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NativeSol {
    WrappedBeforeSwap,
    UnwrappedAfterSwap,
}

impl NativeSol {
    pub(crate) fn of(asset_in: Asset, asset_out: Asset) -> Option<Self> {
        if asset_in.is_native() {
            Some(Self::WrappedBeforeSwap)
        } else if asset_out.is_native() {
            Some(Self::UnwrappedAfterSwap)
        } else {
            None
        }
    }
}
