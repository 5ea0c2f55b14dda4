//! Addresses that Solana fixes, and those that programs derive, with the limits that the runtime sets.

use chain_solana::address as derivation;
use solana_address::Address;

macro_rules! addresses {
    ($($name:ident = $text:literal;)*) => {
        $(pub const $name: Address = Address::from_str_const($text);)*
    };
}

addresses! {
    SYSTEM = "11111111111111111111111111111111";
    COMPUTE_BUDGET = "ComputeBudget111111111111111111111111111111";
    TOKEN = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";
    TOKEN_2022 = "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb";
    ASSOCIATED_TOKEN = "ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL";
    MEMO = "MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr";
    MEMO_V1 = "Memo1UhkJRfHyvLMcVucJwxXeuD728EqVDDwQDxFMNo";
    LOOKUP_TABLE = "AddressLookupTab1e1111111111111111111111111";
    NATIVE_LOADER = "NativeLoader1111111111111111111111111111111";
    BPF_LOADER = "BPFLoader2111111111111111111111111111111111";
    UPGRADEABLE_LOADER = "BPFLoaderUpgradeab1e11111111111111111111111";
    INCINERATOR = "1nc1nerator11111111111111111111111111111111";

    WRAPPED_SOL = "So11111111111111111111111111111111111111112";
    WRAPPED_SOL_2022 = "9pan9bMn5HatX4EJdBwg9VgCa7Uz5HL8N1m5D3NdXej9";

    RAYDIUM_CPMM = "CPMMoo8L3F4NbTegBCKVNunggL7H1ZpdTHKxQB5qKP1C";
    RAYDIUM_AMM_V4 = "675kPX9MHTjS2zt1qfr1NYHuzeLXfQM9H24wFSUt1Mp8";
    METEORA_DAMM_V2 = "cpamdpZCGKUy5JxQXB4dcpGPiikHawvSWAd6mEn1sGG";
    METEORA_DLMM = "LBUZKhRxPF3XUpBCjp4YzTKgLccjZhTSDM9YuVaPwxo";
}

/// Whether a program is part of the runtime, so that its instructions ask for few compute units.
pub(super) fn is_builtin(program: &Address) -> bool {
    [SYSTEM, COMPUTE_BUDGET, BPF_LOADER, UPGRADEABLE_LOADER].contains(program)
}

/// Whether a program is one of the venues' that pools belong to.
pub(crate) fn is_venue(program: &Address) -> bool {
    [RAYDIUM_CPMM, RAYDIUM_AMM_V4, METEORA_DAMM_V2, METEORA_DLMM].contains(program)
}

/// Whether a program is one of the two that keep tokens.
pub(crate) fn is_token_program(program: &Address) -> bool {
    [TOKEN, TOKEN_2022].contains(program)
}

/// What no transaction may write, even where its message asks for it: native programs and sysvars.
pub const RESERVED: [Address; 31] = [
    SYSTEM,
    COMPUTE_BUDGET,
    LOOKUP_TABLE,
    NATIVE_LOADER,
    BPF_LOADER,
    UPGRADEABLE_LOADER,
    Address::from_str_const("BPFLoader1111111111111111111111111111111111"),
    Address::from_str_const("LoaderV411111111111111111111111111111111111"),
    Address::from_str_const("Config1111111111111111111111111111111111111"),
    Address::from_str_const("Ed25519SigVerify111111111111111111111111111"),
    Address::from_str_const("Feature111111111111111111111111111111111111"),
    Address::from_str_const("KeccakSecp256k11111111111111111111111111111"),
    Address::from_str_const("Secp256r1SigVerify1111111111111111111111111"),
    Address::from_str_const("StakeConfig11111111111111111111111111111111"),
    Address::from_str_const("Stake11111111111111111111111111111111111111"),
    Address::from_str_const("Vote111111111111111111111111111111111111111"),
    Address::from_str_const("ZkE1Gama1Proof11111111111111111111111111111"),
    Address::from_str_const("ZkTokenProof1111111111111111111111111111111"),
    Address::from_str_const("SysvarC1ock11111111111111111111111111111111"),
    Address::from_str_const("SysvarEpochRewards1111111111111111111111111"),
    Address::from_str_const("SysvarEpochSchedu1e111111111111111111111111"),
    Address::from_str_const("SysvarFees111111111111111111111111111111111"),
    Address::from_str_const("Sysvar1nstructions1111111111111111111111111"),
    Address::from_str_const("SysvarLastRestartS1ot1111111111111111111111"),
    Address::from_str_const("SysvarRecentB1ockHashes11111111111111111111"),
    Address::from_str_const("SysvarRent111111111111111111111111111111111"),
    Address::from_str_const("SysvarRewards111111111111111111111111111111"),
    Address::from_str_const("SysvarS1otHashes111111111111111111111111111"),
    Address::from_str_const("SysvarS1otHistory11111111111111111111111111"),
    Address::from_str_const("SysvarStakeHistory1111111111111111111111111"),
    Address::from_str_const("Sysvar1111111111111111111111111111111111111"),
];

const SEEDS_MAX: usize = 16;
const SEED_BYTES_MAX: usize = 32;
const MARKER: &[u8] = b"ProgramDerivedAddress";

/// Why an address cannot be derived from seeds; the numbers are Solana's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadSeeds {
    TooLong,
    /// The result would be a point of the curve, so somebody could have its key.
    OnCurve,
    IllegalOwner,
}

impl BadSeeds {
    #[must_use]
    pub const fn code(self) -> u32 {
        match self {
            Self::TooLong => 0,
            Self::OnCurve => 1,
            Self::IllegalOwner => 2,
        }
    }
}

/// The address a program signs for with exactly these seeds, the bump among them.
pub fn program_address(seeds: &[&[u8]], program: &Address) -> Result<Address, BadSeeds> {
    if seeds.len() > SEEDS_MAX || seeds.iter().any(|seed| seed.len() > SEED_BYTES_MAX) {
        return Err(BadSeeds::TooLong);
    }
    let derived = derivation::derive(seeds, to_amm(program));
    derived.map(from_amm).ok_or(BadSeeds::OnCurve)
}

/// The first address off the curve, with the bump that leads to it, counted down from 255. `None` where the
/// seeds are too many or too long, or no bump leads off the curve.
#[must_use]
pub fn find_program_address(seeds: &[&[u8]], program: &Address) -> Option<(Address, u8)> {
    if seeds.len() >= SEEDS_MAX || seeds.iter().any(|seed| seed.len() > SEED_BYTES_MAX) {
        return None;
    }
    let (key, bump) = derivation::find(seeds, to_amm(program))?;
    Some((from_amm(key), bump))
}

/// The address that `base` may make accounts at by naming a seed.
pub fn with_seed(base: &Address, seed: &str, owner: &Address) -> Result<Address, BadSeeds> {
    if seed.len() > SEED_BYTES_MAX {
        return Err(BadSeeds::TooLong);
    }
    if owner.as_ref().ends_with(MARKER) {
        return Err(BadSeeds::IllegalOwner);
    }
    let key = derivation::with_seed(to_amm(base), seed, to_amm(owner));
    Ok(from_amm(key))
}

/// The account that holds a wallet's tokens of one mint by convention.
#[must_use]
pub fn associated_token(wallet: &Address, mint: &Address, token_program: &Address) -> Address {
    let (wallet, mint) = (to_amm(wallet), to_amm(mint));
    from_amm(derivation::associated_token(
        wallet,
        mint,
        to_amm(token_program),
    ))
}

/// The same address as the crate `amm` writes it.
pub(crate) const fn to_amm(key: &Address) -> amm::Address {
    amm::Address(key.to_bytes())
}

/// An address of the crate `amm`.
pub(crate) const fn from_amm(key: amm::Address) -> Address {
    Address::new_from_array(key.0)
}

#[cfg(test)]
mod tests;
