//! The token programs' own errors: their numbers, and what they log.

use solana_instruction_error::InstructionError;

use crate::bank::execution::invocation::TOO_FEW_ACCOUNTS;

macro_rules! errors {
    ($($name:ident = $number:literal, $text:literal;)*) => {
        /// An error of a token program, by its number.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum TokenError {
            $($name = $number,)*
        }

        /// What the programs log for an error with a number.
        fn text(number: u32) -> Option<&'static str> {
            match number {
                $($number => Some($text),)*
                _ => None,
            }
        }
    };
}

errors! {
    NotRentExempt = 0, "Error: Lamport balance below rent-exempt threshold";
    InsufficientFunds = 1, "Error: insufficient funds";
    InvalidMint = 2, "Error: Invalid Mint";
    MintMismatch = 3, "Error: Account not associated with this Mint";
    OwnerMismatch = 4, "Error: owner does not match";
    FixedSupply = 5, "Error: the total supply of this token is fixed";
    AlreadyInUse = 6, "Error: account or token already in use";
    NativeNotSupported = 10, "Error: Instruction does not support native tokens";
    NonNativeHasBalance = 11, "Error: Non-native account can only be closed if its balance is zero";
    InvalidInstruction = 12, "Error: Invalid instruction";
    InvalidState = 13, "Error: Invalid account state for operation";
    Overflow = 14, "Error: Operation overflowed";
    AuthorityTypeNotSupported = 15, "Error: Account does not support specified authority type";
    MintCannotFreeze = 16, "Error: This token mint cannot freeze accounts";
    AccountFrozen = 17, "Error: Account is frozen";
    MintDecimalsMismatch = 18, "Error: decimals different from the Mint decimals";
    NonNativeNotSupported = 19, "Error: Instruction does not support non-native tokens";
    ExtensionTypeMismatch = 20, "Error: New extension type does not match already existing extensions";
    NoAuthorityExists = 29, "Error: No authority exists to perform the desired operation";
    TransferFeeExceedsMaximum = 30, "Error: Transfer fee exceeds maximum of 10,000 basis points";
    MintRequiredForTransfer = 31, "Mint required for this account to transfer tokens, use `transfer_checked` or `transfer_checked_with_fee`";
    FeeMismatch = 32, "Calculated fee does not match expected fee";
    ImmutableOwner = 34, "The owner authority cannot be changed";
    AccountHasWithheldTransferFees = 35, "Error: An account can only be closed if its withheld fee balance is zero, harvest fees to the mint and try again";
    NonTransferable = 37, "Transfer is disabled for this mint";
}

impl From<TokenError> for InstructionError {
    fn from(error: TokenError) -> Self {
        Self::Custom(error as u32)
    }
}

/// The line that a failing program writes. What the runtime refused it says nothing of: it was ended before.
pub(super) fn line(error: &InstructionError) -> Option<String> {
    match error {
        InstructionError::Custom(number) => text(*number).map(str::to_owned),
        InstructionError::MissingRequiredSignature
        | InstructionError::InvalidAccountData
        | InstructionError::InvalidInstructionData
        | InstructionError::InvalidArgument
        | InstructionError::UninitializedAccount
        | InstructionError::IncorrectProgramId => Some(format!("Error: {error:?}")),
        error => (*error == TOO_FEW_ACCOUNTS).then(|| format!("Error: {error:?}")),
    }
}
