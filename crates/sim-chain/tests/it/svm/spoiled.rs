//! 1. No change of a recorded transaction makes a program panic.
//! 2. Whatever such a transaction does, lamports are conserved but for the fee, and no token comes out of nothing.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use proptest::prelude::*;
use sim_chain::bank::{TokenBalance, Transaction, address};
use solana_address::Address;

use super::case::{Case, File};
use super::{files, vectors};

static FILES: LazyLock<Vec<File>> = LazyLock::new(|| files(&vectors().0));

/// What all named accounts hold of each mint, but of wrapped SOL, which lamports become and which becomes lamports.
fn held(balances: &[TokenBalance]) -> BTreeMap<Address, u128> {
    let mut held = BTreeMap::new();
    for balance in balances {
        if balance.mint != address::WRAPPED_SOL {
            *held.entry(balance.mint).or_default() += u128::from(balance.amount);
        }
    }
    held
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn svm_vector_general_spoiled_transactions_conserve_lamports_and_tokens(
        chosen in any::<prop::sample::Index>(),
        spoils in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let cases: Vec<Case<'_>> = FILES.iter().flat_map(File::cases).collect();
        let case = chosen.get(&cases);
        let bank = case.bank();
        let mut bytes = case.bytes();
        // Behind the first signature, which nothing looks at here.
        let message = bytes.len() - 65;
        for (at, byte) in spoils {
            bytes[65 + at.index(message)] = byte;
        }
        let Ok(transaction) = Transaction::decode(&bytes) else {
            return Ok(());
        };

        let Ok(executed) = bank.execute(&transaction) else {
            return Ok(());
        };

        let outcome = executed.outcome;
        let sum = |balances: &[u64]| balances.iter().map(|it| u128::from(*it)).sum::<u128>();
        let paid = sum(&outcome.post_balances) + u128::from(outcome.fee);
        prop_assert_eq!(sum(&outcome.pre_balances), paid, "{}", case.id());
        let before = held(&outcome.pre_token_balances);
        for (mint, amount) in held(&outcome.post_token_balances) {
            let had = before.get(&mint).copied().unwrap_or_default();
            prop_assert!(amount <= had, "{}: {mint} from {had} to {amount}", case.id());
        }
    }
}
