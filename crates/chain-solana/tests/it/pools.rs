//! The pools of recorded transactions, from their own accounts alone.

use std::collections::BTreeMap;

use amm::Program;
use amm::dlmm::account::PairAccount;
use chain_solana::pools::Candidate;

use crate::build;
use crate::case::{self, Accounts};

#[test]
fn a_pools_own_account_tells_what_to_read_for_it() {
    let mut count = BTreeMap::new();
    for case in case::all() {
        let Some(trade) = build::trade(&case) else {
            continue;
        };
        for leg in &trade.legs {
            let (program, address) = (leg.program, leg.address);
            let account = &case.before[&address];
            let candidate = Candidate::of(program, address, &account.data).unwrap();

            // Nothing but what it asks for; mints of AMM v4 are not recorded, and it needs none.
            let needed: Accounts = candidate
                .accounts
                .iter()
                .filter_map(|it| Some((*it, case.before.get(it)?.clone())))
                .collect();
            let read = candidate.read(&needed).unwrap();

            assert_eq!(read.mints(), leg.pool.mints(), "{}", case.id);
            assert_eq!(candidate.mints, leg.pool.mints(), "{}", case.id);
            let of =
                |pool: &amm::Pool| pool.swap_instruction(leg.direction, leg.trader, leg.amounts);
            if !matches!(program, Program::Dlmm(_)) {
                assert_eq!(of(&read), of(&leg.pool), "{}", case.id);
            }
            let again = build::Told { pool: read, ..*leg };
            assert_eq!(
                build::quote(&case, &again),
                build::quote(&case, leg),
                "{}",
                case.id
            );
            *count.entry(program.id()).or_insert(0) += 1;
        }
    }
    assert_eq!(count.len(), 4);
}

#[test]
fn bin_arrays_are_found_where_the_program_has_them() {
    let cases = case::all();
    let case = cases.iter().find(|it| it.id == "dlmm-sell-middle").unwrap();
    let trade = build::trade(case).unwrap();
    let (program, address) = (trade.legs[0].program, trade.legs[0].address);
    let account = &case.before[&address];

    let candidate = Candidate::of(program, address, &account.data).unwrap();

    let named = &case.decoded.instructions;
    let named = named.iter().find(|it| it.program == program.id()).unwrap();
    // The swap names them behind its first sixteen accounts, the active one first.
    let named: Vec<_> = named.accounts[16..].iter().map(|it| it.address).collect();
    let found = candidate.bin_arrays.iter().filter(|it| named.contains(it));
    assert!(candidate.bin_arrays.contains(&named[0]));
    assert_eq!(found.count(), 2);
    assert!((2..=4).contains(&candidate.bin_arrays.len()));
}

#[test]
fn a_pair_whose_price_has_moved_needs_other_bin_arrays() {
    let cases = case::all();
    let case = cases.iter().find(|it| it.id == "dlmm-sell-middle").unwrap();
    let trade = build::trade(case).unwrap();
    let (program, address) = (trade.legs[0].program, trade.legs[0].address);
    let now = PairAccount::decode(&case.before[&address].data).unwrap();
    let mut earlier = now.clone();
    // All of its liquidity lay above the price then.
    let lowest = *now.arrays().first().unwrap();
    earlier.set(PairAccount::ACTIVE_ID, 70 * (lowest - 1));

    let known = Candidate::of(program, address, earlier.bytes()).unwrap();
    let moved = known.moved(&case.before);

    let expected = Candidate::of(program, address, now.bytes()).unwrap();
    assert_ne!(known.bin_arrays, expected.bin_arrays);
    assert_eq!(moved.as_ref(), Some(&expected));
    assert_eq!(expected.moved(&case.before), None);
    // Where the pair itself is gone, what was known stays.
    assert_eq!(known.moved(&Accounts::new()), None);
}
