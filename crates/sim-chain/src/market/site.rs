//! Accounts as they are put on a chain without any transaction: at its genesis, and where a token is born.

use std::collections::HashMap;

use solana_address::Address;
use solana_instruction_error::InstructionError;

use super::token::Token;
use crate::bank::{
    Account, FeeConfig, Mint, Rent, TokenAccount, address, fresh_account, fresh_associated_account,
    fresh_mint,
};

/// Accounts that are to be put there together. Of every mint among them it counts what its accounts hold.
#[derive(Debug)]
pub(super) struct Site {
    rent: Rent,
    accounts: Vec<(Address, Account)>,
    mints: HashMap<Address, Minted>,
}

/// How a token account's data is made.
type Fresh = fn(&Address, &[u8], &TokenAccount) -> Result<Vec<u8>, InstructionError>;

#[derive(Debug)]
struct Minted {
    program: Address,
    mint: Mint,
    /// The mint's account before anything was held.
    data: Vec<u8>,
}

impl Site {
    pub(super) fn new(rent: Rent) -> Self {
        Self {
            rent,
            accounts: Vec::new(),
            mints: HashMap::new(),
        }
    }

    /// An account that is exempt from rent.
    pub(super) fn put(&mut self, key: Address, owner: Address, data: Vec<u8>) {
        self.put_with(key, owner, data, 0);
    }

    /// The same with this many lamports more.
    pub(super) fn put_with(&mut self, key: Address, owner: Address, data: Vec<u8>, more: u64) {
        let lamports = self.rent.minimum_balance(data.len()).saturating_add(more);
        let account = Account::new(lamports, owner, data);
        self.accounts.push((key, account));
    }

    /// A mint. Accounts of it are put after it.
    pub(super) fn mint(&mut self, token: &Token, mint: Mint, fees: Option<FeeConfig>) {
        let data = fresh_mint(&token.program, &mint, fees)
            .expect("invariant: only mints of Token-2022 are given fees");
        let program = token.program;
        let minted = Minted {
            program,
            mint,
            data,
        };
        self.mints.insert(token.mint, minted);
    }

    /// The mint of a pool's shares, and the account of the one who has them all.
    pub(super) fn shares(
        &mut self,
        (mint, decimals): (Address, u8),
        authority: Address,
        holder: Address,
        amount: u64,
    ) {
        let token = Token {
            mint,
            decimals,
            program: address::TOKEN,
            micro_usd: 0,
        };
        let fresh = Mint {
            authority: Some(authority),
            supply: 0,
            decimals,
            freeze_authority: None,
        };
        self.mint(&token, fresh, None);
        self.holding(&token, holder, amount);
    }

    /// The account in which a wallet holds a token by convention.
    pub(super) fn holding(&mut self, token: &Token, wallet: Address, amount: u64) {
        let key = token.account_of(&wallet);
        self.put_tokens(key, token.mint, wallet, amount, fresh_associated_account);
    }

    /// A token account.
    pub(super) fn tokens(&mut self, key: Address, mint: Address, owner: Address, amount: u64) {
        self.put_tokens(key, mint, owner, amount, fresh_account);
    }

    fn put_tokens(
        &mut self,
        key: Address,
        mint: Address,
        owner: Address,
        amount: u64,
        fresh: Fresh,
    ) {
        let minted = self
            .mints
            .get_mut(&mint)
            .expect("invariant: mints are put before their accounts");
        let is_native = mint == address::WRAPPED_SOL;
        if !is_native {
            let supply = minted.mint.supply.checked_add(amount);
            minted.mint.supply = supply.expect("invariant: depths fit into a supply");
        }
        let account = TokenAccount {
            mint,
            owner,
            amount,
            delegate: None,
            frozen: false,
            native: is_native.then(|| self.rent.minimum_balance(TokenAccount::BYTES)),
            delegated_amount: 0,
            close_authority: None,
        };
        let program = minted.program;
        let data = fresh(&program, &minted.data, &account)
            .expect("invariant: mints here have only extensions that are known");
        self.put_with(key, program, data, if is_native { amount } else { 0 });
    }

    /// All of them, with every mint's supply stated.
    pub(super) fn finish(mut self) -> Vec<(Address, Account)> {
        for (key, minted) in std::mem::take(&mut self.mints) {
            let mut data = minted.data;
            minted.mint.write_supply(&mut data);
            self.put(key, minted.program, data);
        }
        self.accounts
    }
}
