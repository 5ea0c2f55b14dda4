//! The programs' own accounts, which stand on the chain from its first slot on.

use solana_hash::Hash;

use super::account::Account;
use super::accounts::Accounts;
use super::address;

/// What tells this chain from every other one.
pub const GENESIS_HASH: Hash = Hash::new_from_array(*b"simulated-solana-cluster-genesis");

/// What an upgradeable program's account says: that it is one, and where its code would be.
const PROGRAM: u32 = 2;

/// A chain with nothing but the emulated programs.
pub(super) fn accounts(slot: u64) -> Accounts {
    let native = |name: &str| Account::program(address::NATIVE_LOADER, name.as_bytes().to_vec());
    let mut accounts = Accounts::default();
    accounts.set(address::SYSTEM, native("system_program"), slot);
    accounts.set(
        address::COMPUTE_BUDGET,
        native("compute_budget_program"),
        slot,
    );
    for key in [address::MEMO, address::MEMO_V1, address::ASSOCIATED_TOKEN] {
        accounts.set(key, Account::program(address::BPF_LOADER, Vec::new()), slot);
    }
    for key in [
        address::TOKEN,
        address::TOKEN_2022,
        address::LOOKUP_TABLE,
        address::RAYDIUM_CPMM,
        address::RAYDIUM_AMM_V4,
        address::METEORA_DAMM_V2,
        address::METEORA_DLMM,
    ] {
        let code = address::find_program_address(&[key.as_ref()], &address::UPGRADEABLE_LOADER)
            .map(|(code, _)| code.to_bytes())
            .unwrap_or_default();
        let data = [&PROGRAM.to_le_bytes()[..], &code].concat();
        accounts.set(
            key,
            Account::program(address::UPGRADEABLE_LOADER, data),
            slot,
        );
    }
    accounts
}
