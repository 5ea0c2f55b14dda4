//! As much of a runtime as the recorded transactions need around their swaps: token balances, and nothing else.

use amm::error::{Failure, token as token_error};
use amm::execution::{Step, Transfer};
use amm::instruction::Instruction;
use amm::pool::Program;
use amm::snapshot::StoredAccount;
use amm::token::{Mint, TOKEN_PROGRAM, TokenAccount};
use amm::{Address, ChainTime};

use super::case::{Accounts, Case};

const ASSOCIATED_TOKEN: Address = Address::literal("ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL");
const SYSTEM: Address = Address::literal("11111111111111111111111111111111");

/// Accounts that change, and what programs log.
pub(crate) struct Bank {
    pub(crate) accounts: Accounts,
    pub(crate) logs: Vec<String>,
    now: ChainTime,
}

impl Bank {
    pub(crate) fn new(case: &Case) -> Self {
        Self {
            accounts: case.before.clone(),
            logs: Vec::new(),
            now: case.now,
        }
    }

    /// Takes all instructions in turn; fails with the position of the one that fails.
    pub(crate) fn run(&mut self, case: &Case) -> Result<(), (usize, Failure)> {
        for (place, instruction) in case.instructions.iter().enumerate() {
            self.take(instruction).map_err(|failure| (place, failure))?;
        }
        Ok(())
    }

    fn take(&mut self, instruction: &Instruction) -> Result<(), Failure> {
        if let Some(program) = Program::MAINNET
            .into_iter()
            .find(|it| it.id() == instruction.program)
        {
            return self.swap(program, instruction);
        }
        let named = |place: usize| instruction.accounts[place].address;
        match instruction.program {
            ASSOCIATED_TOKEN => self.open(named(1), named(2), named(3), named(5)),
            // Lamports that reach a token account are wrapped at once; the recorded transactions sync next.
            SYSTEM if instruction.data.starts_with(&[2, 0, 0, 0]) => {
                let lamports = instruction.data[4..12].try_into().expect("eight bytes");
                if self
                    .accounts
                    .get(&named(1))
                    .is_some_and(|it| it.owner == TOKEN_PROGRAM)
                {
                    self.add(named(1), u64::from_le_bytes(lamports));
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn swap(&mut self, program: Program, instruction: &Instruction) -> Result<(), Failure> {
        let executed = match program.execute(instruction, &self.accounts, self.now) {
            Ok(executed) => executed,
            Err(failed) => {
                self.logs.extend(failed.logs);
                return Err(failed.failure);
            }
        };
        for step in executed.steps {
            match step {
                Step::Log(line) => self.logs.push(line),
                Step::Transfer(transfer) => self.transfer(&transfer)?,
                Step::Event { .. } => {}
            }
        }
        for (address, data) in executed.accounts {
            self.accounts.get_mut(&address).expect("it was read").data = data;
        }
        Ok(())
    }

    fn open(&mut self, address: Address, owner: Address, mint: Address, program: Address) {
        self.accounts.entry(address).or_insert_with(|| {
            let mut data = vec![0; 165];
            data[..32].copy_from_slice(&mint.0);
            data[32..64].copy_from_slice(&owner.0);
            data[108] = 1;
            StoredAccount {
                owner: program,
                data,
            }
        });
    }

    fn transfer(&mut self, transfer: &Transfer) -> Result<(), Failure> {
        let of = |address: &Address| {
            TokenAccount::read(&self.accounts[address].data).expect("a token account")
        };
        let (from, to) = (of(&transfer.from), of(&transfer.to));
        if from.amount < transfer.amount {
            return Err((&token_error::INSUFFICIENT_FUNDS).into());
        }
        let is_of_mint = |mint| from.mint == mint && to.mint == mint;
        if !transfer
            .checked
            .map_or(from.mint == to.mint, |it| is_of_mint(it.mint))
        {
            return Err((&token_error::MINT_MISMATCH).into());
        }
        assert_eq!(from.owner, transfer.authority, "who may take tokens");
        assert_eq!(self.accounts[&transfer.from].owner, transfer.program);

        let kept = transfer.checked.map_or(0, |checked| {
            let mint = Mint::read(&self.accounts[&checked.mint].data).expect("a mint");
            assert_eq!(mint.decimals, checked.decimals);
            let fee = mint.transfer_fee(self.now.epoch);
            fee.of(transfer.amount).expect("a fee")
        });
        self.set(transfer.from, from.amount - transfer.amount);
        self.add(transfer.to, transfer.amount - kept);
        if kept > 0 {
            self.withhold(transfer.to, kept);
        }
        Ok(())
    }

    fn add(&mut self, address: Address, amount: u64) {
        let account = TokenAccount::read(&self.accounts[&address].data).expect("a token account");
        self.set(address, account.amount + amount);
    }

    fn set(&mut self, address: Address, amount: u64) {
        let account = self.accounts.get_mut(&address).expect("it was read");
        account.data[64..72].copy_from_slice(&amount.to_le_bytes());
    }

    /// Adds to what a Token-2022 account withholds for its mint, in an extension of kind 2 and 8 bytes.
    fn withhold(&mut self, address: Address, amount: u64) {
        let data = &mut self.accounts.get_mut(&address).expect("it was read").data;
        let found = data.windows(4).skip(166).position(|at| at == [2, 0, 8, 0]);
        if let Some(start) = found.map(|at| 166 + at + 4) {
            let held: [u8; 8] = data[start..start + 8].try_into().expect("eight bytes");
            let held = u64::from_le_bytes(held) + amount;
            data[start..start + 8].copy_from_slice(&held.to_le_bytes());
        }
    }
}
