//! Proves of all four programs that no accounts, amounts or instructions make anything panic: recorded ones, damaged
//! anywhere, are executed and quoted.

use amm::Direction;
use amm::instruction::{Amounts, Instruction};
use amm::pool::{Pool, Program};
use proptest::prelude::*;
use proptest::sample::Index;

use super::{executed, recorded};
use crate::svm::case::Accounts;

/// Bytes that are changed somewhere, and what is cut off.
#[derive(Debug, Clone)]
struct Damage {
    changes: Vec<(Index, Index, u8)>,
    data: Vec<(Index, u8)>,
    amounts: Option<[u64; 2]>,
    accounts: usize,
    cut: Option<(Index, Index)>,
}

fn damage() -> impl Strategy<Value = Damage> {
    let byte = || prop_oneof![Just(0), Just(0xff), any::<u8>()];
    let change = (any::<Index>(), any::<Index>(), byte());
    let data = (any::<Index>(), byte());
    let edge = || prop_oneof![Just(0), Just(1), Just(u64::MAX), any::<u64>()];
    let amounts = [edge(), edge()];
    (
        prop::collection::vec(change, 0..40),
        prop::collection::vec(data, 0..2),
        prop::option::of(amounts),
        prop_oneof![9 => Just(usize::MAX), 1 => 0..20usize],
        prop::option::weighted(0.1, (any::<Index>(), any::<Index>())),
    )
        .prop_map(|(changes, data, amounts, accounts, cut)| Damage {
            changes,
            data,
            amounts,
            accounts,
            cut,
        })
}

impl Damage {
    fn of_instruction(&self, instruction: &mut Instruction) {
        if let (Some(amounts), 16..) = (self.amounts, instruction.data.len()) {
            // Amounts stand behind eight bytes of name, in AMM v4 behind one.
            let start = if instruction.data.len() == 17 { 1 } else { 8 };
            let bytes = amounts.map(u64::to_le_bytes).concat();
            instruction.data[start..start + 16].copy_from_slice(&bytes);
        }
        for (place, byte) in &self.data {
            let place = place.index(instruction.data.len());
            instruction.data[place] = *byte;
        }
        instruction.accounts.truncate(self.accounts);
    }

    fn of_accounts(&self, accounts: &mut Accounts) {
        let mut all: Vec<&mut Vec<u8>> = accounts.values_mut().map(|it| &mut it.data).collect();
        all.retain(|data| !data.is_empty());
        for (account, place, byte) in &self.changes {
            let count = all.len();
            let data = &mut all[account.index(count)];
            let place = place.index(data.len());
            data[place] = *byte;
        }
        if let Some((account, length)) = self.cut {
            let count = all.len();
            let data = &mut all[account.index(count)];
            let length = length.index(data.len());
            data.truncate(length);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn nothing_makes_an_execution_panic(case in any::<Index>(), damage in damage()) {
        let case = case.get(executed());
        let mut accounts = case.before.clone();
        damage.of_accounts(&mut accounts);
        for instruction in &case.instructions {
            let program = Program::MAINNET.into_iter().find(|it| it.id() == instruction.program);
            let Some(program) = program else { continue };
            let mut instruction = instruction.clone();
            damage.of_instruction(&mut instruction);

            let _ = program.execute(&instruction, &accounts, case.now);
        }
    }

    #[test]
    fn nothing_makes_a_quote_panic(
        pool in any::<Index>(),
        damage in damage(),
        amount in prop_oneof![any::<u64>(), Just(u64::MAX), 0..1_000u64],
    ) {
        let mut at = pool.get(recorded()).clone();
        damage.of_accounts(&mut at.accounts);
        let read = Pool::read(at.program, at.address, &at.bin_arrays, &at.accounts);
        let Ok(pool) = read else { return Ok(()) };
        for direction in [Direction::FirstToSecond, Direction::SecondToFirst] {
            let conditions = at.conditions(&pool, direction);
            let _ = pool.quote_in(amount, &conditions);
            let _ = pool.marginal(conditions.direction, conditions.now);
            let _ = pool.quote_out(amount, &conditions);
            let sale = Amounts::ExactIn { amount_in: amount, min_amount_out: 0 };
            let _ = pool.after_swap(sale, &conditions);
        }
    }
}
