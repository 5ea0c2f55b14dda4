//! How long token accounts are: an extension of a Token-2022 mint asks for one of its accounts.

use super::extensions::{HEADER_LENGTH, KIND_LENGTH, all_of, kind};
use super::{ACCOUNT_LENGTH, TOKEN_2022_PROGRAM};
use crate::Address;

/// What a mint's extension adds to its accounts, in bytes.
const ADDED: [(u16, usize); 4] = [
    (kind::TRANSFER_FEE, HEADER_LENGTH + 8),
    (kind::NON_TRANSFERABLE, HEADER_LENGTH),
    (kind::TRANSFER_HOOK, HEADER_LENGTH + 1),
    (kind::PAUSABLE, HEADER_LENGTH),
];

/// Bytes of the associated account of a mint, from the mint's account. Token-2022's says of itself that its owner never
/// changes.
pub(super) fn of_associated(program: Address, mint: &[u8]) -> usize {
    if program != TOKEN_2022_PROGRAM {
        return ACCOUNT_LENGTH;
    }
    let added = all_of(mint).filter_map(|(kind, _)| {
        let mut known = ADDED.iter();
        known.find(|(of_mint, _)| *of_mint == kind)
    });
    let added: usize = added.map(|(_, length)| length).sum();
    ACCOUNT_LENGTH + KIND_LENGTH + HEADER_LENGTH + added
}

#[cfg(test)]
mod tests {
    use super::super::TOKEN_PROGRAM;
    use super::*;

    fn mint(extensions: &[(u16, u16)]) -> Vec<u8> {
        let mut mint = vec![0; ACCOUNT_LENGTH + KIND_LENGTH];
        for (kind, length) in extensions {
            mint.extend(kind.to_le_bytes());
            mint.extend(length.to_le_bytes());
            mint.resize(mint.len() + usize::from(*length), 7);
        }
        mint
    }

    #[test]
    fn an_account_is_as_long_as_its_mints_extensions_ask_for() {
        let metadata = (19, 200);
        let fees = (1, 108);
        let hook = (14, 64);
        for (program, extensions, length) in [
            (TOKEN_PROGRAM, vec![], 165),
            (TOKEN_2022_PROGRAM, vec![], 170),
            (TOKEN_2022_PROGRAM, vec![metadata], 170),
            (TOKEN_2022_PROGRAM, vec![metadata, fees], 182),
            (TOKEN_2022_PROGRAM, vec![fees, hook, (26, 33)], 191),
        ] {
            let mint = mint(&extensions);
            assert_eq!(of_associated(program, &mint), length, "{extensions:?}");
        }
        // A mint without extensions may be shorter.
        assert_eq!(of_associated(TOKEN_2022_PROGRAM, &[0; 82]), 170);
    }
}
