//! The market's wallet at work: it signs transactions of its own, as everybody else's are signed.

use amm::instruction::{Amounts, Trader as Accounts};
use amm::{Direction, Pool};
use ed25519_dalek::SigningKey;
use solana_address::Address;
use solana_instruction::{AccountMeta, Instruction};
use solana_message::{Message, VersionedMessage};
use solana_transaction_error::TransactionError;

use super::reading::conditions;
use super::wallet::address_of;
use crate::bank::address::{self, from_amm, to_amm};
use crate::bank::instruction::{transfer, units_limit};
use crate::bank::{Bank, Mint, Outcome, TokenAccount, Verified, token_tag};

/// What each of its transactions may use, less a number that makes it unlike all others of its block.
const UNITS: u32 = 1_400_000;
const UNITS_SPREAD: u32 = 100_000;

/// A transaction that was executed, for whoever makes blocks.
#[derive(Debug, Clone)]
pub struct Processed {
    pub transaction: Verified,
    pub outcome: Outcome,
}

/// Why a transaction of the market's did nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failed {
    #[error("the chain has no block yet whose hash a transaction could name")]
    NoBlockhash,
    #[error("the transaction is too large for its accounts")]
    Malformed(#[source] crate::bank::Malformed),
    #[error("the transaction failed: {0}")]
    Transaction(TransactionError),
}

/// The market's wallet.
#[derive(Debug)]
pub(super) struct Payer {
    key: SigningKey,
    pub(super) wallet: Address,
    sent: u32,
}

impl Payer {
    pub(super) fn new(key: SigningKey) -> Self {
        let wallet = address_of(&key);
        Self {
            key,
            wallet,
            sent: 0,
        }
    }

    /// Executes instructions in one transaction. One that fails has cost its fee and done nothing else.
    pub(super) fn send(
        &mut self,
        bank: &mut Bank,
        instructions: Vec<Instruction>,
    ) -> Result<Processed, Failed> {
        let blockhash = bank.latest_blockhash().ok_or(Failed::NoBlockhash)?;
        self.sent = (self.sent + 1) % UNITS_SPREAD;
        let mut all = vec![units_limit(UNITS - self.sent)];
        all.extend(instructions);
        let message = Message::new_with_blockhash(&all, Some(&self.wallet), &blockhash);
        let transaction = Verified::sign(VersionedMessage::Legacy(message), &[&self.key]);
        let transaction = transaction.map_err(Failed::Malformed)?;
        let outcome = bank.process(&transaction).map_err(Failed::Transaction)?;
        outcome.status.clone().map_err(Failed::Transaction)?;
        Ok(Processed {
            transaction,
            outcome,
        })
    }

    /// Swaps from its own accounts into its own accounts. Where it has too little to pay with, it makes more first.
    pub(super) fn swap(
        &mut self,
        bank: &mut Bank,
        pool: &Pool,
        direction: Direction,
        amounts: Amounts,
    ) -> Result<Processed, Failed> {
        let (mint_in, mint_out) = direction.in_out(pool.mints());
        let accounts = Accounts {
            wallet: to_amm(&self.wallet),
            input: to_amm(&self.account_of(bank, &from_amm(mint_in))),
            output: to_amm(&self.account_of(bank, &from_amm(mint_out))),
        };
        let at = conditions(bank, pool, direction);
        let needed = match amounts {
            Amounts::ExactIn { amount_in, .. } => amount_in,
            // What has no quote fails where it is executed.
            Amounts::ExactOut { amount_out, .. } => pool
                .quote_out(amount_out, &at)
                .map_or(0, |quote| quote.amount_in),
        };
        let mut instructions = self.provide(bank, &from_amm(mint_in), needed);
        let swap = pool.swap_instruction(direction, accounts, amounts);
        instructions.push(to_solana(swap));
        self.send(bank, instructions)
    }

    /// Sends tokens, which it makes where it has too few.
    pub(super) fn give(
        &mut self,
        bank: &mut Bank,
        (mint, decimals): (Address, u8),
        to: Address,
        amount: u64,
    ) -> Result<Processed, Failed> {
        let program = token_program(bank, &mint);
        let (from, account) = (
            self.account_of(bank, &mint),
            address::associated_token(&to, &mint, &program),
        );
        let mut instructions = self.provide(bank, &mint, amount);
        instructions.push(create_idempotent(self.wallet, to, mint, program));
        instructions.push(Instruction {
            program_id: program,
            accounts: vec![
                AccountMeta::new(from, false),
                AccountMeta::new_readonly(mint, false),
                AccountMeta::new(account, false),
                AccountMeta::new_readonly(self.wallet, true),
            ],
            data: [
                &[token_tag::TRANSFER_CHECKED][..],
                &amount.to_le_bytes(),
                &[decimals],
            ]
            .concat(),
        });
        self.send(bank, instructions)
    }

    /// Sends lamports.
    pub(super) fn give_lamports(
        &mut self,
        bank: &mut Bank,
        to: Address,
        lamports: u64,
    ) -> Result<Processed, Failed> {
        let transfer = transfer(self.wallet, to, lamports);
        self.send(bank, vec![transfer])
    }

    /// Its account for a mint.
    fn account_of(&self, bank: &Bank, mint: &Address) -> Address {
        address::associated_token(&self.wallet, mint, &token_program(bank, mint))
    }

    /// What has to be done first, so that it has so many tokens: it wraps SOL, and mints what it may mint.
    fn provide(&self, bank: &Bank, mint: &Address, needed: u64) -> Vec<Instruction> {
        let account = self.account_of(bank, mint);
        let has = balance(bank, &account);
        if has >= needed {
            return Vec::new();
        }
        let program_id = token_program(bank, mint);
        if *mint == address::WRAPPED_SOL {
            let sync = Instruction {
                program_id,
                accounts: vec![AccountMeta::new(account, false)],
                data: vec![token_tag::SYNC_NATIVE],
            };
            return vec![transfer(self.wallet, account, needed - has), sync];
        }
        let data = bank.accounts().get(mint).map(|it| Mint::read(&it.data));
        match data {
            Some(Ok(of)) if of.authority == Some(self.wallet) => vec![Instruction {
                program_id,
                accounts: vec![
                    AccountMeta::new(*mint, false),
                    AccountMeta::new(account, false),
                    AccountMeta::new_readonly(self.wallet, true),
                ],
                data: [&[token_tag::MINT_TO][..], &(needed - has).to_le_bytes()].concat(),
            }],
            _ => Vec::new(),
        }
    }
}

/// What a token account holds.
pub(super) fn balance(bank: &Bank, account: &Address) -> u64 {
    let found = bank.accounts().get(account);
    let found = found.and_then(|account| TokenAccount::read(&account.data).ok());
    found.map_or(0, |account| account.amount)
}

/// The program of a mint.
fn token_program(bank: &Bank, mint: &Address) -> Address {
    let owner = bank.accounts().get(mint).map(|account| account.owner);
    owner.unwrap_or(address::TOKEN)
}

fn create_idempotent(
    payer: Address,
    wallet: Address,
    mint: Address,
    program: Address,
) -> Instruction {
    let account = address::associated_token(&wallet, &mint, &program);
    Instruction {
        program_id: address::ASSOCIATED_TOKEN,
        accounts: vec![
            AccountMeta::new(payer, true),
            AccountMeta::new(account, false),
            AccountMeta::new_readonly(wallet, false),
            AccountMeta::new_readonly(mint, false),
            AccountMeta::new_readonly(address::SYSTEM, false),
            AccountMeta::new_readonly(program, false),
        ],
        data: vec![1],
    }
}

fn to_solana(instruction: amm::instruction::Instruction) -> Instruction {
    let accounts = instruction.accounts.into_iter();
    Instruction {
        program_id: from_amm(instruction.program),
        accounts: accounts
            .map(|meta| AccountMeta {
                pubkey: from_amm(meta.address),
                is_signer: meta.is_signer,
                is_writable: meta.is_writable,
            })
            .collect(),
        data: instruction.data,
    }
}
