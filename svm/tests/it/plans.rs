//! Swaps that are on their way, and what our arithmetic says of them on the accounts that they meet.

use amm::instruction::Amounts;
use amm::snapshot::{AccountRef, Snapshot};
use amm::token::{Mint, TransferFee, TransferFees};
use amm::{ChainTime, Conditions, Direction, Pool, Program};
use sim_chain::bank::{self, Environment, Ran, View};
use solana_address::Address;

/// The length of DLMM's bin arrays.
const BIN_ARRAY_BYTES: usize = 10_136;

/// A swap of one pool.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) program: Program,
    pub(crate) pool: amm::Address,
    pub(crate) mint_in: amm::Address,
    pub(crate) mint_out: amm::Address,
    pub(crate) amounts: Amounts,
}

/// What a swap meets, and what comes of it.
#[derive(Debug, Clone)]
pub(crate) struct Met {
    /// What it gives by our arithmetic.
    pub(crate) amount_out: Result<u64, String>,
    /// Whether the program's own accounts are, behind it, what our arithmetic leaves.
    pub(crate) left: Result<(), String>,
}

/// Accounts of a bank as the arithmetic reads them.
struct Seen<'a>(View<'a>);

impl Snapshot for Seen<'_> {
    fn account(&self, address: &amm::Address) -> Option<AccountRef<'_>> {
        let account = self.0.get(&Address::from(address.0))?;
        Some(AccountRef {
            owner: amm::Address(account.owner.to_bytes()),
            data: &account.data,
        })
    }
}

impl Plan {
    /// Asks our arithmetic about the accounts that a transaction met.
    pub(crate) fn meet(
        &self,
        accounts: View<'_>,
        environment: &Environment,
        keys: &[Address],
        ran: &Ran,
    ) -> Met {
        let seen = Seen(accounts);
        let asked = self.read(&seen, keys).and_then(|pool| {
            let at = self.conditions(&pool, &seen, environment)?;
            Ok((pool, at))
        });
        let (pool, at) = match asked {
            Ok(asked) => asked,
            Err(error) => {
                return Met {
                    amount_out: Err(error.clone()),
                    left: Err(error),
                };
            }
        };
        let quote = match self.amounts {
            Amounts::ExactIn { amount_in, .. } => pool.quote_in(amount_in, &at),
            Amounts::ExactOut { amount_out, .. } => pool.quote_out(amount_out, &at),
        };
        Met {
            amount_out: quote
                .map(|quote| quote.amount_out)
                .map_err(|refusal| refusal.to_string()),
            left: match ran.status {
                Ok(()) => self.left(&pool, &at, keys, &ran.after),
                Err(_) => Ok(()),
            },
        }
    }

    /// The pool with no more than what the transaction names of it.
    fn read(&self, seen: &Seen<'_>, keys: &[Address]) -> Result<Pool, String> {
        let is_array = |key: &&Address| {
            let account = seen.0.get(key);
            account.is_some_and(|it| it.data.len() == BIN_ARRAY_BYTES)
        };
        let arrays = keys.iter().filter(is_array);
        let arrays: Vec<_> = arrays.map(|key| amm::Address(key.to_bytes())).collect();
        let read = Pool::read(self.program, self.pool, &arrays, seen);
        read.map_err(|error| error.to_string())
    }

    fn conditions(
        &self,
        pool: &Pool,
        seen: &Seen<'_>,
        environment: &Environment,
    ) -> Result<Conditions, String> {
        let clock = environment.clock;
        let now = ChainTime {
            slot: clock.slot,
            epoch: clock.epoch,
            unix_time: u64::try_from(clock.unix_timestamp).map_err(|error| error.to_string())?,
        };
        let fee = |mint: amm::Address| {
            let account = seen.account(&mint);
            let mint = account.and_then(|account| Mint::read(account.data));
            mint.map_or(TransferFee::NONE, |mint| mint.transfer_fee(now.epoch))
        };
        let direction = Direction::between(pool.mints(), self.mint_in, self.mint_out);
        Ok(Conditions {
            direction: direction.ok_or("a pool of other mints")?,
            transfer_fees: TransferFees {
                input: fee(self.mint_in),
                output: fee(self.mint_out),
            },
            now,
        })
    }

    fn left(
        &self,
        pool: &Pool,
        at: &Conditions,
        keys: &[Address],
        after: &[bank::Account],
    ) -> Result<(), String> {
        let ours = pool.after_swap(self.amounts, at);
        let ours = ours.map_err(|refusal| refusal.to_string())?;
        for (address, bytes) in ours.accounts() {
            let place = keys.iter().position(|key| key.to_bytes() == address.0);
            // What the transaction does not name it cannot change.
            let Some(place) = place else { continue };
            if after[place].data.as_slice() != bytes {
                return Err(format!("{address} is not as our arithmetic leaves it"));
            }
        }
        Ok(())
    }
}
