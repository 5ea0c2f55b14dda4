//! What a bank promises about every transaction, whatever its programs do.

mod properties;
mod world;

use serde_json::{Value, json};
use sim_chain::bank::{Account, Bank, Clock, address};
use sim_chain::json_rpc::simulation::{Calls, Simulation};
use sim_chain::json_rpc::transaction::{Encoding, Meta, content, version};
use solana_address::Address;
use solana_instruction::{AccountMeta, Instruction};
use solana_transaction_error::TransactionError;
use world::{World, fresh};

use crate::instruction::transfer;

#[test]
fn a_transaction_is_processed_once() {
    let mut world = World::new();
    let transaction = world.sign(&[transfer(world.payer(), world.wallet(1), 5)]);

    let first = world.bank.process(&transaction);
    let second = world.bank.process(&transaction);

    assert_eq!(first.unwrap().status, Ok(()));
    assert_eq!(second, Err(TransactionError::AlreadyProcessed));
}

#[test]
fn a_blockhash_serves_for_150_further_blocks() {
    let mut world = World::new();
    let early = world.sign(&[transfer(world.payer(), world.wallet(1), 5)]);
    let late = world.sign(&[transfer(world.payer(), world.wallet(1), 6)]);

    for block in 0..150 {
        world.bank.register_blockhash(fresh(block));
    }
    let at_150 = world.bank.process(&early);
    world.bank.register_blockhash(fresh(150));
    let at_151 = world.bank.process(&late);

    assert_eq!(at_150.unwrap().status, Ok(()));
    assert_eq!(at_151, Err(TransactionError::BlockhashNotFound));
}

#[test]
fn what_is_only_executed_changes_nothing() {
    let world = World::new();
    let transaction = world.sign(&[transfer(world.payer(), world.wallet(1), 5)]);

    let executed = world.bank.execute(transaction.get()).unwrap();

    assert_eq!(executed.changes.len(), 2);
    assert_eq!(world.lamports(world.wallet(1)), world::WALLET_LAMPORTS);
    assert_eq!(world.bank.admits(transaction.get()), Ok(()));
}

/// What a transaction that cannot even begin costs, and what it is told.
#[track_caller]
fn check_only_the_fee_is_taken(instructions: &[Instruction], expected: TransactionError) {
    let mut world = World::new();
    let before = world.lamports(world.payer());
    let transaction = world.sign(instructions);

    let outcome = world.bank.process(&transaction).unwrap();

    assert_eq!(outcome.status, Err(expected));
    assert_eq!(outcome.logs(), Vec::<String>::new());
    assert_eq!(world.lamports(world.payer()), before - outcome.fee);
    assert_eq!(outcome.fee, 5_000);
}

#[test]
fn a_program_that_is_not_there_costs_the_fee() {
    let missing = Instruction {
        program_id: Address::new_from_array([77; 32]),
        accounts: Vec::new(),
        data: Vec::new(),
    };

    check_only_the_fee_is_taken(&[missing], TransactionError::ProgramAccountNotFound);
}

#[test]
fn a_wallet_that_is_called_as_a_program_costs_the_fee() {
    let no_program = Instruction {
        program_id: World::new().wallet(2),
        accounts: Vec::new(),
        data: Vec::new(),
    };

    check_only_the_fee_is_taken(&[no_program], TransactionError::InvalidProgramForExecution);
}

#[test]
fn more_data_than_asked_for_costs_the_fee() {
    let world = World::new();
    let limit = Instruction {
        program_id: address::COMPUTE_BUDGET,
        accounts: Vec::new(),
        data: [&[4][..], &100_u32.to_le_bytes()].concat(),
    };
    let pay = transfer(world.payer(), world.wallet(1), 5);

    check_only_the_fee_is_taken(
        &[limit, pay],
        TransactionError::MaxLoadedAccountsDataSizeExceeded,
    );
}

#[test]
fn a_program_that_is_not_emulated_is_not_supported() {
    let mut world = World::new();
    let call = Instruction {
        program_id: address::LOOKUP_TABLE,
        accounts: Vec::new(),
        data: vec![0; 4],
    };
    let transaction = world.sign(&[call]);

    let outcome = world.bank.process(&transaction).unwrap();

    let error = serde_json::to_value(outcome.status.unwrap_err()).unwrap();
    assert_eq!(
        error,
        serde_json::json!({ "InstructionError": [0, "UnsupportedProgramId"] })
    );
}

#[test]
fn more_than_64_accounts_or_one_twice_get_into_no_block() {
    let world = World::new();
    let accounts = |count: u8| -> Vec<AccountMeta> {
        (0..count)
            .map(|index| {
                AccountMeta::new_readonly(Address::new_from_array([100 + index; 32]), false)
            })
            .collect()
    };
    let names = |program_id, accounts| {
        let memo = Instruction {
            program_id,
            accounts,
            data: Vec::new(),
        };
        world
            .bank
            .execute(&world.unsigned_with_table(&[memo]))
            .err()
    };

    // The payer, the program, and the two accounts of the table come on top.
    let most = names(address::MEMO, accounts(60));
    let many = names(address::MEMO, accounts(61));
    let twice = names(
        address::MEMO,
        vec![AccountMeta::new_readonly(world::IN_TABLE, false)],
    );

    assert_eq!(most, None);
    assert_eq!(many, Some(TransactionError::TooManyAccountLocks));
    assert_eq!(twice, Some(TransactionError::AccountLoadedTwice));
}

#[test]
fn an_outcome_tells_balances_before_and_after_and_what_tables_gave() {
    let world = World::new();
    let pay = world.token_transfer(40);
    let transaction = world.unsigned_with_table(&[pay]);

    let outcome = world.bank.execute(&transaction).unwrap().outcome;

    assert_eq!(outcome.status, Ok(()));
    assert_eq!(outcome.loaded, (1, 1));
    let amounts = |balances: &[sim_chain::bank::TokenBalance]| -> Vec<(Address, u64, u8)> {
        let mut amounts: Vec<_> = balances
            .iter()
            .map(|balance| (balance.owner, balance.amount, balance.decimals))
            .collect();
        amounts.sort_unstable();
        amounts
    };
    let mut expected = [
        (world.payer(), world::TOKENS, 6),
        (world.wallet(1), world::TOKENS, 6),
    ];
    expected.sort_unstable();
    assert_eq!(amounts(&outcome.pre_token_balances), expected);
    let after = outcome.post_token_balances;
    let of = |owner| after.iter().find(|balance| balance.owner == owner).unwrap();
    assert_eq!(of(world.payer()).amount, world::TOKENS - 40);
    assert_eq!(of(world.wallet(1)).amount, world::TOKENS + 40);
    assert_eq!(
        outcome.pre_balances[0] - outcome.post_balances[0],
        outcome.fee
    );
}

#[test]
fn an_outcome_becomes_what_get_transaction_tells() {
    let world = World::new();
    let transaction = world.unsigned_with_table(&[world.token_transfer(40)]);
    let outcome = world.bank.execute(&transaction).unwrap().outcome;

    let meta = serde_json::to_value(Meta::from(outcome)).unwrap();
    let content = content(&transaction, Encoding::Json);

    assert_eq!(meta["err"], Value::Null);
    assert_eq!(meta["status"], json!({ "Ok": null }));
    assert_eq!(meta["fee"], 5_000);
    assert_eq!(
        meta["loadedAddresses"],
        json!({
            "writable": [world::IN_TABLE.to_string()],
            "readonly": [Address::new_from_array([51; 32]).to_string()],
        })
    );
    assert_eq!(
        meta["preTokenBalances"][0]["uiTokenAmount"],
        json!({ "amount": "1000000", "decimals": 6, "uiAmount": 1.0, "uiAmountString": "1" })
    );
    assert!(meta.get("returnData").is_none());
    assert_eq!(version(&transaction), 0);
    let message = &content["message"];
    assert_eq!(message["accountKeys"][0], world.payer().to_string());
    assert_eq!(
        message["addressTableLookups"][0]["writableIndexes"],
        json!([0])
    );
    assert_eq!(message["instructions"][0]["stackHeight"], 1);
    assert_eq!(message["header"]["numRequiredSignatures"], 1);
}

#[test]
fn a_simulation_tells_units_logs_and_the_size_of_what_was_loaded() {
    let world = World::new();
    let transaction = world.unsigned_with_table(&[world.token_transfer(40)]);
    let outcome = world.bank.execute(&transaction).unwrap().outcome;
    let (units, logs) = (outcome.compute_units, outcome.logs());

    let told = serde_json::to_value(Simulation::new(Ok(outcome), Calls::LeftOut)).unwrap();

    assert_eq!(told["err"], Value::Null);
    assert_eq!(told["unitsConsumed"], units);
    assert_eq!(told["logs"], json!(logs));
    assert_eq!(told["innerInstructions"], Value::Null);
    // The payer, two token accounts and the token program; what the table names is not there.
    assert_eq!(told["loadedAccountsDataSize"], 64 * 4 + 165 * 2 + 36);
}

#[test]
fn a_failure_is_told_in_the_form_of_the_rpc() {
    let world = World::new();
    let transaction = world.unsigned_with_table(&[world.token_transfer(u64::MAX)]);
    let outcome = world.bank.execute(&transaction).unwrap().outcome;

    let meta = serde_json::to_value(Meta::from(outcome)).unwrap();

    let error = json!({ "InstructionError": [0, { "Custom": 1 }] });
    assert_eq!(meta["err"], error);
    assert_eq!(meta["status"], json!({ "Err": error }));
}

#[test]
fn an_account_remembers_the_slot_that_wrote_it() {
    let mut world = World::new();
    let transaction = world.sign(&[transfer(world.payer(), world.wallet(1), 5)]);
    let clock = Clock {
        slot: 900,
        ..Clock::default()
    };
    world.bank.set_clock(clock);

    world.bank.process(&transaction).unwrap();

    let written = |bank: &Bank, key| bank.accounts().written_at(&key);
    assert_eq!(written(&world.bank, world.wallet(1)), Some(900));
    assert_eq!(written(&world.bank, world.wallet(2)), Some(0));
    assert_eq!(written(&world.bank, Address::new_from_array([9; 32])), None);
}

#[test]
fn the_clock_and_the_rent_stand_in_accounts() {
    let mut world = World::new();
    let clock = Clock {
        slot: 900,
        epoch: 2,
        unix_timestamp: 1_780_000_000,
    };

    world.bank.set_clock(clock);

    let numbers = |key: &str| -> Vec<u64> {
        let key = Address::from_str_const(key);
        let account = world.bank.accounts().get(&key).unwrap();
        let (numbers, _) = account.data.as_chunks::<8>();
        numbers
            .iter()
            .map(|bytes| u64::from_le_bytes(*bytes))
            .collect()
    };
    let told = numbers("SysvarC1ock11111111111111111111111111111111");
    assert_eq!(told, [900, 0, 2, 3, 1_780_000_000]);
    let told = numbers("SysvarRent111111111111111111111111111111111");
    assert_eq!(told, [6_960, 1.0_f64.to_bits()]);
}

#[test]
fn an_account_without_lamports_is_gone() {
    let mut world = World::new();
    let key = Address::new_from_array([9; 32]);

    world
        .bank
        .set_account(key, Account::new(1, address::SYSTEM, Vec::new()));
    world
        .bank
        .set_account(key, Account::new(0, address::SYSTEM, Vec::new()));

    assert_eq!(world.bank.accounts().get(&key), None);
}
