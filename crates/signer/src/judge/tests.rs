//! One test for each rule. The messages are those of the engine, each with one thing wrong.

mod forms;
mod fuzz;
pub(crate) mod messages;

use amm::instruction::{AccountMeta, Amounts};
use amm::token::{TOKEN_2022_PROGRAM, WRAPPED_SOL};

use super::*;
use messages::*;

const MEMO: Address = Address::literal("MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr");

fn good() -> Vec<Instruction> {
    sale(Program::MAINNET[0])
}

fn stolen() -> Address {
    associated_token(THIEF, USDC, TOKEN_PROGRAM)
}

/// The engine's sale of SOL with this instruction in the place of another one.
fn with(place: usize, other: Instruction) -> Vec<Instruction> {
    let mut all = good();
    all[place] = other;
    all
}

/// The same with one more.
fn and(place: usize, more: Instruction) -> Vec<Instruction> {
    let mut all = good();
    all.insert(place, more);
    all
}

fn without(place: usize) -> Vec<Instruction> {
    let mut all = good();
    all.remove(place);
    all
}

/// The rule is the word before the colon of what is said.
#[track_caller]
fn check_refused(rule: &str, cases: impl IntoIterator<Item = (&'static str, Vec<Instruction>)>) {
    for (name, instructions) in cases {
        let said = match judge(&message(&instructions), &rules()) {
            Ok(spending) => format!("signed: {spending:?}"),
            Err(refusal) => refusal.to_string(),
        };
        assert!(said.starts_with(&format!("{rule}:")), "{name}: {said}");
    }
}

fn token(program: Address, accounts: &[AccountMeta], data: &[&[u8]]) -> Instruction {
    instruction(program, accounts.to_vec(), &data.concat())
}

#[test]
fn what_the_engine_does_is_signed_and_counted() {
    for program in Program::MAINNET {
        let spending = judge(&message(&sale(program)), &rules()).unwrap();

        assert_eq!(spending.paid.get(&WRAPPED_SOL), Some(&1_000_000_000));
        // For the signature, and 0.05 lamports for each unit.
        assert_eq!(spending.fees, 5_000 + 10_000);
        let deposit = BTreeMap::from([(usdc_account(), DEPOSIT)]);
        assert_eq!(spending.made, deposit);
        let spending = judge(&message(&direct(program)), &rules()).unwrap();
        assert_eq!(spending.paid.get(&USDC), Some(&1_000_000_000));
    }
}

#[test]
fn a_message_that_says_no_limit_of_units_pays_for_the_most_there_are() {
    let spending = judge(&message(&without(0)), &rules()).unwrap();

    // 1.4 million units at 0.05 lamports.
    assert_eq!(spending.fees, 5_000 + 70_000);
}

#[test]
fn what_an_earlier_swap_must_bring_is_not_the_wallets_loss() {
    let [first, second, ..] = Program::MAINNET;
    let back = |paid| Amounts::ExactIn {
        amount_in: paid,
        min_amount_out: 1,
    };
    for (paid, lost) in [(150_000_000, 0), (150_000_007, 7)] {
        let mut all = sale(first);
        all.insert(6, swap(second, (usdc_account(), temporary()), back(paid)));

        let spending = judge(&message(&all), &rules()).unwrap();

        assert_eq!(spending.paid.get(&USDC), Some(&lost));
    }
}

#[test]
fn programs_are_the_known_ones_alone() {
    let token_2022 = token(
        TOKEN_2022_PROGRAM,
        &[
            AccountMeta::write(usdc_account()),
            AccountMeta::write(stolen()),
            AccountMeta::sign(WALLET),
        ],
        &[&[3], &7_u64.to_le_bytes()],
    );
    check_refused(
        "programs",
        [
            ("a memo", and(0, instruction(MEMO, Vec::new(), b"hello"))),
            ("tokens of 2022 leave", and(6, token_2022)),
            (
                "an unknown one",
                and(0, instruction(THIEF, Vec::new(), b"")),
            ),
        ],
    );
}

#[test]
fn the_system_program_makes_a_seeded_account_of_the_wallet_or_moves_nothing() {
    let nonce = instruction(SYSTEM_PROGRAM, vec![writer(WALLET)], &[4, 0, 0, 0]);
    let assign = instruction(
        SYSTEM_PROGRAM,
        vec![writer(WALLET)],
        &[&[1, 0, 0, 0][..], &THIEF.0].concat(),
    );
    check_refused(
        "instructions",
        [
            ("lamports leave", and(2, moved(transfer(THIEF, 1)))),
            ("lamports go round", and(2, moved(transfer(WALLET, 1)))),
            ("a nonce advances", and(0, nonce)),
            ("the wallet gets another program", and(0, assign)),
            ("the account is another program's", with(3, make(THIEF))),
        ],
    );
}

#[test]
fn a_seeded_account_follows_from_the_wallet_and_its_seed() {
    let mut elsewhere = good();
    elsewhere[3].accounts[1] = AccountMeta::write(THIEF);
    let mut based = good();
    based[3].data[4..36].copy_from_slice(&THIEF.0);
    let mut longer = good();
    longer[3].data[36] = 12;

    check_refused(
        "instructions",
        [
            ("another account", elsewhere),
            ("another base", based),
            ("another seed", longer),
        ],
    );
}

#[test]
fn the_compute_budget_is_a_limit_and_a_price_each_once() {
    let heap = instruction(COMPUTE_BUDGET_PROGRAM, Vec::new(), &[1, 0, 0, 1, 0]);
    let loaded = instruction(COMPUTE_BUDGET_PROGRAM, Vec::new(), &[4, 0, 0, 1, 0]);
    check_refused(
        "instructions",
        [
            ("a limit of units twice", and(0, units(1))),
            ("a price twice", and(0, price(1))),
            ("a heap", and(0, heap)),
            ("a limit of data", and(0, loaded)),
        ],
    );
}

#[test]
fn usual_accounts_are_made_for_the_wallet_alone() {
    let somebodys = with(2, associated(USDC, stolen(), THIEF));
    let mut not_idempotent = good();
    not_idempotent[2].data = vec![0];
    let mut nested = good();
    nested[2].data = vec![2];
    check_refused(
        "instructions",
        [
            ("somebody's", somebodys),
            ("not idempotent", not_idempotent),
            ("taken out of a nested one", nested),
        ],
    );
    check_refused(
        "accounts",
        [("another place", with(2, associated(USDC, stolen(), WALLET)))],
    );
}

#[test]
fn no_tokens_leave_by_the_token_program() {
    let usdc = AccountMeta::write(usdc_account());
    let (thief, wallet) = (AccountMeta::write(stolen()), AccountMeta::sign(WALLET));
    let amount = 7_u64.to_le_bytes();
    let mint = AccountMeta::read(USDC);
    let cases = [
        (
            "transfer",
            token(TOKEN_PROGRAM, &[usdc, thief, wallet], &[&[3], &amount]),
        ),
        (
            "checked transfer",
            token(
                TOKEN_PROGRAM,
                &[usdc, mint, thief, wallet],
                &[&[12], &amount, &[6]],
            ),
        ),
        (
            "burn",
            token(TOKEN_PROGRAM, &[usdc, mint, wallet], &[&[8], &amount]),
        ),
        (
            "mint",
            token(TOKEN_PROGRAM, &[mint, thief, wallet], &[&[7], &amount]),
        ),
    ];

    check_refused("instructions", cases.map(|(name, it)| (name, and(6, it))));
}

#[test]
fn no_delegate_is_named() {
    let usdc = AccountMeta::write(usdc_account());
    let (thief, wallet) = (AccountMeta::read(THIEF), AccountMeta::sign(WALLET));
    let amount = 7_u64.to_le_bytes();
    let mint = AccountMeta::read(USDC);
    let cases = [
        (
            "approve",
            token(TOKEN_PROGRAM, &[usdc, thief, wallet], &[&[4], &amount]),
        ),
        (
            "checked approve",
            token(
                TOKEN_PROGRAM,
                &[usdc, mint, thief, wallet],
                &[&[13], &amount, &[6]],
            ),
        ),
    ];

    check_refused("instructions", cases.map(|(name, it)| (name, and(6, it))));
}

#[test]
fn no_authority_changes() {
    let usdc = [
        AccountMeta::write(usdc_account()),
        AccountMeta::sign(WALLET),
    ];
    let cases = [
        (
            "its owner",
            token(TOKEN_PROGRAM, &usdc, &[&[6, 2, 1], &THIEF.0]),
        ),
        (
            "who closes it",
            token(TOKEN_PROGRAM, &usdc, &[&[6, 3, 1], &THIEF.0]),
        ),
    ];

    check_refused("instructions", cases.map(|(name, it)| (name, and(6, it))));
    check_refused(
        "instructions",
        [("wrapped SOL is somebody's", with(4, open(THIEF)))],
    );
}

#[test]
fn rent_and_wrapped_sol_go_back_to_the_wallet_alone() {
    check_refused(
        "instructions",
        [("rent goes elsewhere", with(6, close(temporary(), THIEF)))],
    );
    check_refused(
        "accounts",
        [
            ("wrapped SOL stays", without(6)),
            (
                "the owner's own account is closed",
                and(6, close(usdc_account(), WALLET)),
            ),
            ("closed twice", and(6, close(temporary(), WALLET))),
        ],
    );
}

#[test]
fn a_seeded_account_is_made_opened_used_and_closed_within_the_message() {
    check_refused(
        "accounts",
        [
            ("never opened", without(4)),
            ("opened twice", and(5, open(WALLET))),
            ("made twice", and(4, make(TOKEN_PROGRAM))),
            ("opened before it is made", {
                let mut all = good();
                all.swap(3, 4);
                all
            }),
            ("used before it is open", {
                let mut all = good();
                all.swap(4, 5);
                all
            }),
        ],
    );
}

#[test]
fn swaps_are_paid_from_and_to_accounts_of_the_wallet() {
    let nobodys = Address([50; 32]);
    for program in Program::MAINNET {
        let of = |between| {
            let mut all = sale(program);
            all[5] = swap(program, between, SALE);
            all
        };
        check_refused(
            "accounts",
            [
                ("the output is somebody's", of((temporary(), stolen()))),
                ("the output is nobody's", of((temporary(), nobodys))),
                ("the input is somebody's", of((stolen(), usdc_account()))),
                ("the output is the wallet itself", of((temporary(), WALLET))),
            ],
        );
    }
}

#[test]
fn of_the_venues_swaps_are_known_alone() {
    for program in Program::MAINNET {
        let mut other = sale(program);
        other[5].data[0] ^= 0xff;
        let mut more = sale(program);
        more[5].accounts.push(AccountMeta::write(THIEF));
        let mut longer = sale(program);
        longer[5].data.push(0);
        let is_dlmm = matches!(program, Program::Dlmm(_));

        check_refused(
            "instructions",
            [
                ("another instruction", other),
                ("bytes behind the swap", longer),
            ],
        );
        // What stands behind a DLMM swap are bin arrays.
        if !is_dlmm {
            check_refused("instructions", [("accounts behind the swap", more)]);
        }
    }
}

#[test]
fn a_swap_signs_as_the_wallet_and_with_the_programs_own_authorities() {
    let wallets = [0, 7, 8, 10];
    for (program, wallet) in Program::MAINNET.into_iter().zip(wallets) {
        let mut somebodys = sale(program);
        somebodys[5].accounts[wallet] = AccountMeta::read(THIEF);
        check_refused("signers", [("somebody's swap", somebodys)]);
    }
    let fixed = [
        (0, 1),
        (1, 0),
        (1, 2),
        (2, 0),
        (2, 12),
        (2, 13),
        (3, 13),
        (3, 14),
        (3, 15),
    ];
    for (program, account) in fixed {
        let mut all = sale(Program::MAINNET[program]);
        all[5].accounts[account] = AccountMeta::read(THIEF);
        check_refused("instructions", [("another authority", all)]);
    }
}

#[test]
fn a_swap_says_the_least_that_it_takes_and_the_most_that_it_pays() {
    let limits = [
        Amounts::ExactIn {
            amount_in: 5,
            min_amount_out: 0,
        },
        Amounts::ExactIn {
            amount_in: 0,
            min_amount_out: 1,
        },
        Amounts::ExactOut {
            amount_out: 5,
            max_amount_in: u64::MAX,
        },
    ];
    for amounts in limits {
        let unlimited = with(
            5,
            swap(Program::MAINNET[0], (temporary(), usdc_account()), amounts),
        );
        check_refused("swaps", [("no limit", unlimited)]);
    }
}

#[test]
fn a_share_of_the_fee_is_nobodys() {
    let [.., damm, dlmm] = Program::MAINNET;
    for (program, place) in [(damm, 11), (dlmm, 9)] {
        let mut all = sale(program);
        all[5].accounts[place] = AccountMeta::write(THIEF);

        check_refused("swaps", [("a share", all)]);
    }
}

#[test]
fn what_swaps_nothing_is_not_signed() {
    let nothing = vec![units(5), moved(transfer(WALLET, 0))];

    check_refused("swaps", [("no swap", nothing)]);
}

#[test]
fn the_wallet_pays_and_is_the_only_one_who_signs() {
    let mut two = good();
    two[2].accounts[2] = AccountMeta::sign(THIEF);

    assert_eq!(judge(&message(&two), &rules()), Err(Refusal::Signers));
    let other = compiled(THIEF, &good(), &[]);
    assert_eq!(judge(&other, &rules()), Err(Refusal::Signers));
}

#[test]
fn pools_are_the_listed_ones_where_a_file_lists_them() {
    let listed = |pools: &[Address]| rules().with_pools(pools.iter().copied().collect());
    for program in Program::MAINNET {
        let message = message(&sale(program));

        assert!(judge(&message, &listed(&[POOL])).is_ok());
        assert_eq!(judge(&message, &listed(&[THIEF])), Err(Refusal::Pool(POOL)));
    }
}
