//! AMM v4's swap instructions, in the long and the short form.

use super::{Deployment, Form};
use crate::Address;
use crate::error::{Failure, amm_v4};
use crate::instruction::{AccountMeta, Amounts, Data, Instruction, Trader};

const LONG_IN: u8 = 9;
const LONG_OUT: u8 = 11;
const SHORT_IN: u8 = 16;
const SHORT_OUT: u8 = 17;

/// What the long form names of the former order book. For pools that swap only, nobody looks at them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Market {
    /// The pool's account at the order book.
    pub open_orders: Address,
    /// The order book's program.
    pub program: Address,
    /// The order book.
    pub market: Address,
    /// Its bids, asks, events, both vaults, and who owns those.
    pub parts: [Address; 6],
}

/// A swap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SwapInstruction {
    /// Who swaps, from and to which accounts.
    pub trader: Trader,
    /// The token program.
    pub token_program: Address,
    /// The pool.
    pub pool: Address,
    /// Who owns the vaults.
    pub authority: Address,
    /// Vaults of coin and pc, whichever way the swap goes.
    pub vaults: (Address, Address),
    /// The former order book, where the form is long.
    pub market: Option<Market>,
    /// How much.
    pub amounts: Amounts,
}

impl Market {
    /// The order book that a pool names, with the pool itself in the place of accounts that only the order book's own
    /// account tells and that are not looked at.
    #[must_use]
    pub const fn unread(
        open_orders: Address,
        program: Address,
        market: Address,
        pool: Address,
    ) -> Self {
        Self {
            open_orders,
            program,
            market,
            parts: [pool; 6],
        }
    }
}

impl SwapInstruction {
    /// The instruction as it stands in a transaction: long where it names the order book, else short.
    #[must_use]
    pub fn encode(&self, deployment: &Deployment) -> Instruction {
        let (sale, purchase) = match self.market {
            Some(_) => (LONG_IN, LONG_OUT),
            None => (SHORT_IN, SHORT_OUT),
        };
        Instruction {
            program: deployment.id,
            accounts: self.accounts(),
            data: self.amounts.data(&[sale], &[purchase]),
        }
    }

    fn accounts(&self) -> Vec<AccountMeta> {
        let mut accounts = vec![
            AccountMeta::read(self.token_program),
            AccountMeta::write(self.pool),
            AccountMeta::read(self.authority),
        ];
        accounts.extend(
            self.market
                .map(|market| AccountMeta::write(market.open_orders)),
        );
        accounts.push(AccountMeta::write(self.vaults.0));
        accounts.push(AccountMeta::write(self.vaults.1));
        if let Some(market) = self.market {
            let [books @ .., signer] = market.parts;
            accounts.push(AccountMeta::read(market.program));
            accounts.push(AccountMeta::write(market.market));
            accounts.extend(books.map(AccountMeta::write));
            accounts.push(AccountMeta::read(signer));
        }
        accounts.push(AccountMeta::write(self.trader.input));
        accounts.push(AccountMeta::write(self.trader.output));
        accounts.push(AccountMeta::sign(self.trader.wallet));
        accounts
    }

    /// Reads a swap; other instructions of the program are unknown here.
    pub fn decode(instruction: &Instruction) -> Result<Self, Failure> {
        let (form, amounts) = amounts(&instruction.data).ok_or(Failure::InvalidInstructionData)?;
        let accounts: Vec<Address> = instruction.accounts.iter().map(|it| it.address).collect();
        let read = match form {
            Form::Long => long(accounts),
            Form::Short => accounts.try_into().ok().map(|all| (all, None)),
        };
        let (accounts, market) = read.ok_or(&amm_v4::WRONG_ACCOUNTS_NUMBER)?;
        let [
            token_program,
            pool,
            authority,
            coin,
            pc,
            input,
            output,
            wallet,
        ] = accounts;
        Ok(Self {
            trader: Trader {
                wallet,
                input,
                output,
            },
            token_program,
            pool,
            authority,
            vaults: (coin, pc),
            market,
            amounts,
        })
    }
}

/// The accounts of the long form: those of the short one, and the order book that stands among them.
fn long(mut accounts: Vec<Address>) -> Option<([Address; 8], Option<Market>)> {
    // It may name the pool's target orders behind its open orders.
    if accounts.len() == 18 {
        accounts.remove(4);
    }
    let accounts: [Address; 17] = accounts.try_into().ok()?;
    let [
        token_program,
        pool,
        authority,
        open_orders,
        coin,
        pc,
        program,
        market,
        parts @ ..,
        input,
        output,
        wallet,
    ] = accounts;
    let market = Market {
        open_orders,
        program,
        market,
        parts,
    };
    let short = [
        token_program,
        pool,
        authority,
        coin,
        pc,
        input,
        output,
        wallet,
    ];
    Some((short, Some(market)))
}

fn amounts(bytes: &[u8]) -> Option<(Form, Amounts)> {
    let (name, rest) = bytes.split_first()?;
    let form = match *name {
        LONG_IN | LONG_OUT => Form::Long,
        SHORT_IN | SHORT_OUT => Form::Short,
        _ => return None,
    };
    let integers = Data(rest).two_u64()?;
    let amounts = match *name {
        LONG_IN | SHORT_IN => Amounts::sale(integers),
        _ => Amounts::purchase(integers),
    };
    Some((form, amounts))
}
