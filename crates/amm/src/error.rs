//! What the programs fail with: their own numbers, names and words.
//!
//! The same number means different things by program: 6003 is slippage for DLMM and a disabled pool for DAMM v2. Map
//! a program's number with [`crate::pool::Program::code`], never the number alone.

/// A program's own error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    /// The number that a transaction fails with, as `Custom`.
    pub number: u32,
    /// Its name in the program.
    pub name: &'static str,
    /// What the program logs.
    pub message: &'static str,
}

/// Why an instruction fails, as the runtime tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// A program's own error.
    Custom(&'static Code),
    /// The program does not know the instruction.
    InvalidInstructionData,
    /// There are fewer accounts than the instruction needs.
    NotEnoughAccountKeys,
    /// An account is not what it should be.
    InvalidAccountData,
    /// The program panicked or used up its units.
    ProgramFailedToComplete,
}

impl From<&'static Code> for Failure {
    fn from(code: &'static Code) -> Self {
        Self::Custom(code)
    }
}

/// Fails where a condition does not hold.
pub(crate) fn require(holds: bool, code: &'static Code) -> Result<(), Failure> {
    if holds { Ok(()) } else { Err(code.into()) }
}

/// Codes in one module, each by its name, and all of them.
macro_rules! codes {
    ($($constant:ident = $number:literal $name:literal $message:literal;)*) => {
        use super::Code;

        $(
            #[doc = $message]
            pub const $constant: Code = Code { number: $number, name: $name, message: $message };
        )*

        /// All of them.
        pub const ALL: &[Code] = &[$($constant),*];
    };
}

/// Errors of the framework that CPMM, DAMM v2 and DLMM are written in.
pub mod anchor {
    codes! {
        INSTRUCTION_FALLBACK_NOT_FOUND = 101 "InstructionFallbackNotFound" "Fallback functions are not supported";
        INSTRUCTION_DID_NOT_DESERIALIZE = 102 "InstructionDidNotDeserialize" "The program could not deserialize the given instruction";
        CONSTRAINT_MUT = 2000 "ConstraintMut" "A mut constraint was violated";
        CONSTRAINT_HAS_ONE = 2001 "ConstraintHasOne" "A has one constraint was violated";
        CONSTRAINT_RAW = 2003 "ConstraintRaw" "A raw constraint was violated";
        CONSTRAINT_SEEDS = 2006 "ConstraintSeeds" "A seeds constraint was violated";
        CONSTRAINT_ADDRESS = 2012 "ConstraintAddress" "An address constraint was violated";
        CONSTRAINT_TOKEN_MINT = 2014 "ConstraintTokenMint" "A token mint constraint was violated";
        CONSTRAINT_TOKEN_PROGRAM = 2021 "ConstraintTokenTokenProgram" "A token account token program constraint was violated";
        REQUIRE_GT_VIOLATED = 2505 "RequireGtViolated" "A require_gt expression was violated";
        REQUIRE_GTE_VIOLATED = 2506 "RequireGteViolated" "A require_gte expression was violated";
        ACCOUNT_DISCRIMINATOR_MISMATCH = 3002 "AccountDiscriminatorMismatch" "Account discriminator did not match what was expected";
        ACCOUNT_DID_NOT_DESERIALIZE = 3003 "AccountDidNotDeserialize" "Failed to deserialize the account";
        ACCOUNT_NOT_ENOUGH_KEYS = 3005 "AccountNotEnoughKeys" "Not enough account keys given to the instruction";
        ACCOUNT_NOT_MUTABLE = 3006 "AccountNotMutable" "The given account is not mutable";
        ACCOUNT_OWNED_BY_WRONG_PROGRAM = 3007 "AccountOwnedByWrongProgram" "The given account is owned by a different program than expected";
        INVALID_PROGRAM_ID = 3008 "InvalidProgramId" "Program ID was not as expected";
        ACCOUNT_NOT_SIGNER = 3010 "AccountNotSigner" "The given account did not sign";
        ACCOUNT_NOT_INITIALIZED = 3012 "AccountNotInitialized" "The program expected this account to be already initialized";
    }
}

/// CPMM's own errors.
pub mod cpmm {
    codes! {
        NOT_APPROVED = 6000 "NotApproved" "Not approved";
        INVALID_INPUT = 6003 "InvalidInput" "InvalidInput";
        EXCEEDED_SLIPPAGE = 6005 "ExceededSlippage" "Exceeds desired slippage limit";
        ZERO_TRADING_TOKENS = 6006 "ZeroTradingTokens" "Given pool token amount results in zero trading tokens";
        INVALID_VAULT = 6008 "InvalidVault" "invaild vault";
        TRANSFER_FEE_CALCULATE_NOT_MATCH = 6010 "TransferFeeCalculateNotMatch" "TransferFee calculate not match";
        MATH_OVERFLOW = 6011 "MathOverflow" "Math overflow";
        INSUFFICIENT_VAULT = 6012 "InsufficientVault" "Insufficient vault";
        INVALID_FEE_MODEL = 6013 "InvalidFeeModel" "Invalid fee model";
    }
}

/// AMM v4's own errors.
pub mod amm_v4 {
    codes! {
        INVALID_PROGRAM_ADDRESS = 1 "InvalidProgramAddress" "Error: InvalidProgramAddress";
        EXPECTED_ACCOUNT = 3 "ExpectedAccount" "Error: ExpectedAccount";
        INVALID_COIN_VAULT = 4 "InvalidCoinVault" "Error: InvalidCoinVault";
        INVALID_PC_VAULT = 5 "InvalidPCVault" "Error: InvalidPCVault";
        INVALID_SIGN_ACCOUNT = 21 "InvalidSignAccount" "Error: Invalid Sign Account";
        INVALID_STATUS = 22 "InvalidStatus" "Error: InvalidStatus";
        WRONG_ACCOUNTS_NUMBER = 24 "WrongAccountsNumber" "Error: WrongAccountsNumber";
        INVALID_AMM_ACCOUNT_OWNER = 27 "InvalidAmmAccountOwner" "Error: The amm account owner is not match with this program";
        INVALID_INPUT = 29 "InvalidInput" "Error: InvalidInput";
        EXCEEDED_SLIPPAGE = 30 "ExceededSlippage" "Error: exceeds desired slippage limit";
        CHECKED_SUB_OVERFLOW = 32 "CheckedSubOverflow" "Error: Checked_Sub Overflow";
        INVALID_SPL_TOKEN_PROGRAM = 38 "InvalidSplTokenProgram" "Error: InvalidSplTokenProgram";
        INSUFFICIENT_FUNDS = 40 "InsufficientFunds" "Error: insufficient funds";
        INVALID_USER_TOKEN = 42 "InvalidUserToken" "Error: User token input does not match amm";
    }
}

/// DAMM v2's own errors.
pub mod damm_v2 {
    codes! {
        MATH_OVERFLOW = 6000 "MathOverflow" "Math operation overflow";
        EXCEEDED_SLIPPAGE = 6002 "ExceededSlippage" "Exceeded slippage tolerance";
        POOL_DISABLED = 6003 "PoolDisabled" "Pool disabled";
        AMOUNT_IS_ZERO = 6006 "AmountIsZero" "Amount is zero";
        TYPE_CAST_FAILED = 6007 "TypeCastFailed" "Type cast error";
        INVALID_ACTIVATION_TYPE = 6010 "InvalidActivationType" "Invalid activation type";
        PRICE_RANGE_VIOLATION = 6015 "PriceRangeViolation" "Trade is over price range";
        INVALID_INPUT = 6018 "InvalidInput" "Invalid input";
        FEE_INVERSE_IS_INCORRECT = 6038 "FeeInverseIsIncorrect" "Fee inverse is incorrect";
        FAIL_TO_VALIDATE_SINGLE_SWAP = 6049 "FailToValidateSingleSwapInstruction" "Fail to validate single swap instruction in rate limiter";
        UNDETERMINED_ERROR = 6051 "UndeterminedError" "Undetermined error";
    }
}

/// DLMM's own errors.
pub mod dlmm {
    codes! {
        INVALID_INPUT = 6002 "InvalidInput" "Invalid input data";
        EXCEEDED_AMOUNT_SLIPPAGE_TOLERANCE = 6003 "ExceededAmountSlippageTolerance" "Exceeded amount slippage tolerance";
        INVALID_TOKEN_MINT = 6010 "InvalidTokenMint" "Invalid token mint";
        PAIR_INSUFFICIENT_LIQUIDITY = 6012 "PairInsufficientLiquidity" "Pair insufficient liquidity";
        MATH_OVERFLOW = 6018 "MathOverflow" "Math operation overflow";
        INVALID_BIN_ARRAY = 6027 "InvalidBinArray" "Invalid bin array";
        BITMAP_EXTENSION_ACCOUNT_IS_NOT_PROVIDED = 6036 "BitmapExtensionAccountIsNotProvided" "Bitmap extension account is not provided";
        CANNOT_FIND_NON_ZERO_LIQUIDITY_BIN_ARRAY = 6037 "CannotFindNonZeroLiquidityBinArrayId" "Cannot find non-zero liquidity binArrayId";
        INSUFFICIENT_OUT_AMOUNT = 6039 "InsufficientOutAmount" "Insufficient amount in for minimum out";
        POOL_DISABLED = 6042 "PoolDisabled" "Pool disabled";
        INSUFFICIENT_IN_AMOUNT = 6104 "InsufficientInAmount" "Insufficient in amount";
    }
}

/// Errors of the two token programs, which a swap's transfers can fail with.
pub mod token {
    codes! {
        INSUFFICIENT_FUNDS = 1 "InsufficientFunds" "Error: insufficient funds";
        MINT_MISMATCH = 3 "MintMismatch" "Error: Account not associated with this Mint";
        OWNER_MISMATCH = 4 "OwnerMismatch" "Error: owner does not match";
        ACCOUNT_FROZEN = 17 "AccountFrozen" "Error: Account is frozen";
    }
}
