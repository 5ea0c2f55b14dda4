//! The extensions of Token-2022 as clients are shown them.

use super::extension::{IMMUTABLE_OWNER, TRANSFER_FEE_AMOUNT, TRANSFER_FEE_CONFIG, list};
use super::transfer_fee::{self, FeeConfig};

/// An extension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TokenExtension {
    TransferFeeConfig(FeeConfig),
    /// What was kept of transfers to the account.
    TransferFeeAmount(u64),
    ImmutableOwner,
    Other,
}

/// The extensions of a mint or a token account, in their order.
pub(crate) fn token_extensions(data: &[u8]) -> Vec<TokenExtension> {
    let shown = |(kind, range): (u16, std::ops::Range<usize>)| match kind {
        TRANSFER_FEE_CONFIG => FeeConfig::read(&data[range]).map(TokenExtension::TransferFeeConfig),
        TRANSFER_FEE_AMOUNT => transfer_fee::withheld(data).map(TokenExtension::TransferFeeAmount),
        IMMUTABLE_OWNER => Some(TokenExtension::ImmutableOwner),
        _ => None,
    };
    list(data)
        .map(|extension| shown(extension).unwrap_or(TokenExtension::Other))
        .collect()
}
