//! 1. Bytes that are no transaction, or another one than was signed, never panic and never move a lamport.
//! 2. Lamports are conserved: what accounts lose is the fee and nothing else.
//! 3. A mint's supply is what its accounts hold, what was kept of transfers counted; wrapped SOL is covered by
//!    lamports.

use std::collections::BTreeMap;

use proptest::prelude::*;
use sim_chain::bank::{Bank, Transaction, Verified, address};
use solana_address::Address;
use solana_instruction::{AccountMeta, Instruction};

use super::world::{FEE_MINT, IN_TABLE, MINT, World};
use crate::instruction::transfer;

fn total_lamports(bank: &Bank) -> u64 {
    bank.accounts()
        .iter()
        .map(|(_, account)| account.lamports)
        .sum()
}

fn number(data: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(data[at..at + 8].try_into().unwrap())
}

/// Checks the third promise.
#[track_caller]
fn check_tokens(bank: &Bank) {
    let mut held: BTreeMap<Address, u64> = BTreeMap::new();
    let reserve = bank.environment().rent.minimum_balance(165);
    for (_, account) in bank.accounts().iter() {
        let of_tokens = [address::TOKEN, address::TOKEN_2022].contains(&account.owner);
        if !of_tokens || account.data.len() < 165 || account.data[108] == 0 || account.data[45] == 1
        {
            continue;
        }
        let mint = Address::new_from_array(account.data[..32].try_into().unwrap());
        let withheld = if mint == FEE_MINT {
            number(&account.data, 170)
        } else {
            0
        };
        let amount = number(&account.data, 64);
        *held.entry(mint).or_default() += amount + withheld;
        if mint == address::WRAPPED_SOL {
            assert!(
                amount + reserve <= account.lamports,
                "wrapped SOL is not covered"
            );
        }
    }
    for mint in [MINT, FEE_MINT] {
        let data = &bank.accounts().get(&mint).unwrap().data;
        let held = held.get(&mint).copied().unwrap_or_default();
        // What was harvested stands in the mint, behind two authorities of its fee's settings.
        let harvested = if mint == FEE_MINT {
            number(data, 234)
        } else {
            0
        };
        assert_eq!(number(data, 36), held + harvested, "supply of {mint}");
    }
}

/// Addresses that an instruction of the world may name.
fn known(world: &World) -> Vec<Address> {
    let mut keys = vec![
        MINT,
        FEE_MINT,
        address::WRAPPED_SOL,
        IN_TABLE,
        address::SYSTEM,
        address::TOKEN,
    ];
    for wallet in [0, 1, 2].map(|index| world.wallet(index)) {
        keys.push(wallet);
        keys.extend(
            [MINT, FEE_MINT, address::WRAPPED_SOL].map(|mint| world.account_of(wallet, mint)),
        );
    }
    keys
}

/// Moves what a wallet's account of the mint with a fee withholds to the mint.
fn harvest(world: &World, from: usize) -> Instruction {
    let account = world.account_of(world.wallet(from), FEE_MINT);
    Instruction {
        program_id: address::TOKEN_2022,
        accounts: vec![
            AccountMeta::new(FEE_MINT, false),
            AccountMeta::new(account, false),
        ],
        data: vec![26, 4],
    }
}

/// What an instruction is made of; its numbers choose among what the world has.
#[derive(Debug, Clone)]
struct Recipe {
    program: usize,
    tag: u8,
    accounts: Vec<(usize, bool)>,
    amount: u64,
    tail: Vec<u8>,
}

fn recipe() -> impl Strategy<Value = Recipe> {
    let amount = prop_oneof![0..3_000_u64, Just(1_000_000), any::<u64>()];
    let accounts = prop::collection::vec((any::<usize>(), any::<bool>()), 0..6);
    let tail = prop::collection::vec(any::<u8>(), 0..40);
    (0..6_usize, 0..28_u8, accounts, amount, tail).prop_map(
        |(program, tag, accounts, amount, tail)| Recipe {
            program,
            tag,
            accounts,
            amount,
            tail,
        },
    )
}

impl Recipe {
    /// Wallets sign wherever they are named: no program may let them pay what they did not mean to, but this is
    /// about totals.
    fn instruction(&self, world: &World) -> Instruction {
        let keys = known(world);
        let wallets = [0, 1, 2].map(|index| world.wallet(index));
        let program_id = [
            address::SYSTEM,
            address::TOKEN,
            address::TOKEN_2022,
            address::TOKEN,
            address::ASSOCIATED_TOKEN,
            address::MEMO,
        ][self.program];
        let accounts = self.accounts.iter().map(|(index, writable)| {
            let pubkey = keys[index % keys.len()];
            AccountMeta {
                pubkey,
                is_signer: wallets.contains(&pubkey),
                is_writable: *writable,
            }
        });
        let tag: &[u8] = if program_id == address::SYSTEM {
            &[self.tag % 12, 0, 0, 0]
        } else {
            &[self.tag]
        };
        Instruction {
            program_id,
            accounts: accounts.collect(),
            data: [tag, &self.amount.to_le_bytes(), &self.tail].concat(),
        }
    }
}

/// A transfer of tokens that often succeeds, so that the totals have something to hold.
fn likely(world: &World, from: usize, to: usize, mint: usize, amount: u64) -> Instruction {
    let mint = [MINT, FEE_MINT, address::WRAPPED_SOL][mint];
    let decimals = if mint == address::WRAPPED_SOL { 9 } else { 6 };
    let (from, to) = (world.wallet(from), world.wallet(to));
    let program_id = if mint == FEE_MINT {
        address::TOKEN_2022
    } else {
        address::TOKEN
    };
    Instruction {
        program_id,
        accounts: vec![
            AccountMeta::new(world.account_of(from, mint), false),
            AccountMeta::new_readonly(mint, false),
            AccountMeta::new(world.account_of(to, mint), false),
            AccountMeta::new_readonly(from, true),
        ],
        data: [&[12][..], &amount.to_le_bytes(), &[decimals]].concat(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn bytes_of_any_kind_are_refused_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..1_400)) {
        if let Ok(transaction) = Transaction::decode(&bytes) {
            prop_assert!(transaction.verify().is_err());
        }
    }

    #[test]
    fn a_spoiled_transaction_never_moves_a_lamport(
        spoils in prop::collection::vec((any::<usize>(), any::<u8>()), 1..4),
        cut in any::<usize>(),
    ) {
        let world = World::new();
        let pay = [transfer(world.payer(), world.wallet(1), 5), world.token_transfer(7)];
        let valid = world.sign(&pay).get().encode();
        let mut bytes = valid.clone();
        for (at, change) in spoils {
            let at = at % bytes.len();
            bytes[at] ^= change;
        }
        bytes.truncate(bytes.len() - cut % 3);
        prop_assume!(!bytes.starts_with(&valid));
        let Ok(transaction) = Transaction::decode(&bytes) else {
            return Ok(());
        };

        // Nobody signed this; it may be simulated, and that conserves lamports too.
        if let Ok(executed) = world.bank.execute(&transaction) {
            let outcome = executed.outcome;
            let sum = |balances: &[u64]| balances.iter().sum::<u64>();
            prop_assert_eq!(sum(&outcome.pre_balances), sum(&outcome.post_balances) + outcome.fee);
        }
        prop_assert!(transaction.verify().is_err());
    }

    #[test]
    fn lamports_and_tokens_are_conserved(
        recipes in prop::collection::vec(prop::collection::vec(recipe(), 1..4), 1..12),
        transfers in prop::collection::vec((0..3_usize, 0..3_usize, 0..3_usize, 0..400_000_u64), 1..12),
    ) {
        let mut world = World::new();
        let mut transactions: Vec<Verified> = Vec::new();
        for (recipes, (from, to, mint, amount)) in recipes.iter().zip(transfers.iter().cycle()) {
            let mut instructions = vec![likely(&world, *from, *to, *mint, *amount)];
            transactions.push(world.sign(&instructions));
            if *mint == 1 {
                transactions.push(world.sign(&[harvest(&world, *to)]));
            }
            instructions.extend(recipes.iter().map(|recipe| recipe.instruction(&world)));
            transactions.push(world.sign(&instructions));
        }

        for transaction in &transactions {
            let before = total_lamports(&world.bank);
            let fee = world.bank.process(transaction).map_or(0, |outcome| outcome.fee);
            prop_assert_eq!(total_lamports(&world.bank) + fee, before);
            check_tokens(&world.bank);
        }
    }
}
