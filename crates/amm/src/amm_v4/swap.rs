//! What AMM v4 does with a swap instruction.

use super::Deployment;
use super::account::{PoolAccount, PoolLayout};
use super::instruction::SwapInstruction;
use super::quote::{Status, Swap};
use super::state::State;
use crate::error::{Failure, amm_v4, require};
use crate::execution::{Executed, Failed, Step, Transfer, ray_log};
use crate::instruction::{Amounts, Instruction};
use crate::layout::Layout as _;
use crate::quoting::Quoting as _;
use crate::snapshot::{ReadError, Snapshot};
use crate::token::{TOKEN_PROGRAM, TokenAccount};
use crate::{Address, ChainTime, Direction, Refusal};

/// The log's kinds and directions.
const LOG_IN: u8 = 3;
const LOG_OUT: u8 = 4;
const PC_TO_COIN: u64 = 1;
const COIN_TO_PC: u64 = 2;

/// A swap under way: what it has logged counts even where it fails.
struct Run<'a, S> {
    deployment: Deployment,
    swap: SwapInstruction,
    snapshot: &'a S,
    now: ChainTime,
    logs: Vec<String>,
}

/// Executes a swap.
pub fn execute(
    deployment: Deployment,
    instruction: &Instruction,
    snapshot: &impl Snapshot,
    now: ChainTime,
) -> Result<Executed, Failed> {
    let swap = SwapInstruction::decode(instruction);
    let wallet_signs = instruction.accounts.last().is_some_and(|it| it.is_signer);
    let mut run = Run {
        deployment,
        swap: swap.map_err(|failure| failed(Vec::new(), failure))?,
        snapshot,
        now,
        logs: Vec::new(),
    };
    match run.run(wallet_signs) {
        Ok((after, transfers)) => {
            let logs = run.logs.into_iter().map(Step::Log);
            let steps = logs.chain(transfers.map(Step::Transfer)).collect();
            Ok(Executed::new(steps, after.accounts(), snapshot))
        }
        Err(failure) => Err(failed(run.logs, failure)),
    }
}

/// A failure with what the program logged before it.
fn failed(mut logs: Vec<String>, failure: Failure) -> Failed {
    if let Failure::Custom(code) = failure {
        logs.push(format!("Program log: {}", code.message));
    }
    Failed { logs, failure }
}

impl<S: Snapshot> Run<'_, S> {
    fn run(&mut self, wallet_signs: bool) -> Result<(State, [Transfer; 2]), Failure> {
        let (account, source, destination) = self.check(wallet_signs)?;
        let state = State::read(self.deployment, self.swap.pool, self.snapshot);
        let state = state.map_err(|error| match error {
            // A status that the program does not know.
            ReadError::Undecodable { .. } => Failure::ProgramFailedToComplete,
            _ => (&amm_v4::EXPECTED_ACCOUNT).into(),
        })?;
        self.check_open(&state, account.get(PoolAccount::STATUS))?;
        let reserves = state.pool.reserves();
        let (coin, pc) = reserves.map_err(|_| Failure::Custom(&amm_v4::CHECKED_SUB_OVERFLOW))?;
        let mints = (
            account.get(PoolAccount::MINT_COIN),
            account.get(PoolAccount::MINT_PC),
        );
        let direction = Direction::between(mints, source.mint, destination.mint);
        let direction = direction.ok_or(&amm_v4::INVALID_USER_TOKEN)?;
        let narrow =
            |reserve: u128| u64::try_from(reserve).map_err(|_| Failure::ProgramFailedToComplete);
        let seen = [source.amount, narrow(coin)?, narrow(pc)?];

        let swap = self.flow(&state, direction, seen)?;
        let after = state.after(direction, &swap, self.now).map_err(failure)?;
        Ok((after, self.transfers(direction, &swap)))
    }

    /// The pool's account and the trader's two, once they are checked in the program's order.
    fn check(
        &self,
        wallet_signs: bool,
    ) -> Result<(PoolAccount, TokenAccount, TokenAccount), Failure> {
        let swap = &self.swap;
        let pool = self.snapshot.account(&swap.pool);
        let pool = pool.filter(|pool| pool.owner == self.deployment.id);
        let pool = pool.ok_or(&amm_v4::INVALID_AMM_ACCOUNT_OWNER)?;
        require(
            pool.data.len() == PoolLayout::LENGTH,
            &amm_v4::EXPECTED_ACCOUNT,
        )?;
        let pool = PoolAccount::decode(pool.data);
        let pool = pool.map_err(|_| Failure::Custom(&amm_v4::EXPECTED_ACCOUNT))?;

        require(wallet_signs, &amm_v4::INVALID_SIGN_ACCOUNT)?;
        let is_token_program = swap.token_program == TOKEN_PROGRAM;
        require(is_token_program, &amm_v4::INVALID_SPL_TOKEN_PROGRAM)?;
        let is_authority = swap.authority == self.deployment.authority;
        require(is_authority, &amm_v4::INVALID_PROGRAM_ADDRESS)?;
        let vaults = (
            pool.get(PoolAccount::VAULT_COIN),
            pool.get(PoolAccount::VAULT_PC),
        );
        require(swap.vaults.0 == vaults.0, &amm_v4::INVALID_COIN_VAULT)?;
        require(swap.vaults.1 == vaults.1, &amm_v4::INVALID_PC_VAULT)?;
        let is_vault = |address| address == vaults.0 || address == vaults.1;
        let names_vault = is_vault(swap.trader.input) || is_vault(swap.trader.output);
        require(!names_vault, &amm_v4::INVALID_USER_TOKEN)?;

        self.token_account(vaults.0)?;
        self.token_account(vaults.1)?;
        let source = self.token_account(swap.trader.input)?;
        let destination = self.token_account(swap.trader.output)?;
        Ok((pool, source, destination))
    }

    fn token_account(&self, address: Address) -> Result<TokenAccount, Failure> {
        let found = self.snapshot.account(&address);
        let found = found.filter(|account| account.owner == TOKEN_PROGRAM);
        let found = found.ok_or(&amm_v4::INVALID_SPL_TOKEN_PROGRAM)?;
        TokenAccount::read(found.data).ok_or((&amm_v4::EXPECTED_ACCOUNT).into())
    }

    fn check_open(&mut self, state: &State, status: u64) -> Result<(), Failure> {
        let name = match self.swap.amounts {
            Amounts::ExactIn { .. } => "swap_base_in",
            Amounts::ExactOut { .. } => "swap_base_out",
        };
        match state.pool.status {
            Status::Closed => self
                .logs
                .push(format!("Program log: {name}: status {status}")),
            Status::WaitingForOpenTime(open_time) if self.now.unix_time >= open_time => {
                let line = format!("Program log: {name}: WaitingTrade to SwapOnly");
                self.logs.push(line);
            }
            Status::WaitingForOpenTime(_) | Status::Open => {}
        }
        state.pool.check_open(self.now).map_err(failure)
    }

    /// Prices the swap, logs what it met, and checks it against the trader's balance and limit.
    fn flow(
        &mut self,
        state: &State,
        direction: Direction,
        seen @ [balance, ..]: [u64; 3],
    ) -> Result<Swap, Failure> {
        let pool = &state.pool;
        match self.swap.amounts {
            Amounts::ExactIn {
                amount_in,
                min_amount_out,
            } => {
                let given = [amount_in, min_amount_out];
                if balance < amount_in {
                    self.log(LOG_IN, given, direction, seen, 0);
                    return Err((&amm_v4::INSUFFICIENT_FUNDS).into());
                }
                let swap = match pool.quote_exact_in(direction, amount_in, self.now) {
                    Err(Refusal::ZeroOutput) => None,
                    quote => Some(quote.map_err(failure)?),
                };
                let amount_out = swap.map_or(0, |swap| swap.amount_out);
                self.log(LOG_IN, given, direction, seen, amount_out);
                require(amount_out >= min_amount_out, &amm_v4::EXCEEDED_SLIPPAGE)?;
                swap.ok_or((&amm_v4::INVALID_INPUT).into())
            }
            Amounts::ExactOut {
                amount_out,
                max_amount_in,
            } => {
                let swap = match pool.quote_exact_out(direction, amount_out, self.now) {
                    Err(Refusal::ZeroOutput) => None,
                    quote => Some(quote.map_err(failure)?),
                };
                let amount_in = swap.map_or(0, |swap| swap.amount_in);
                let given = [max_amount_in, amount_out];
                self.log(LOG_OUT, given, direction, seen, amount_in);
                require(balance >= amount_in, &amm_v4::INSUFFICIENT_FUNDS)?;
                require(amount_in <= max_amount_in, &amm_v4::EXCEEDED_SLIPPAGE)?;
                swap.ok_or((&amm_v4::INVALID_INPUT).into())
            }
        }
    }

    /// Every swap's log publishes what it met: the trader's balance and the reserves before it.
    fn log(&mut self, kind: u8, given: [u64; 2], direction: Direction, seen: [u64; 3], found: u64) {
        let direction = match direction {
            Direction::FirstToSecond => COIN_TO_PC,
            Direction::SecondToFirst => PC_TO_COIN,
        };
        let integers = given
            .into_iter()
            .chain([direction])
            .chain(seen)
            .chain([found]);
        let mut bytes = vec![kind];
        bytes.extend(integers.flat_map(u64::to_le_bytes));
        self.logs.push(ray_log(&bytes));
    }

    fn transfers(&self, direction: Direction, priced: &Swap) -> [Transfer; 2] {
        let swap = &self.swap;
        let (vault_in, vault_out) = direction.in_out(swap.vaults);
        [
            Transfer {
                program: swap.token_program,
                from: swap.trader.input,
                to: vault_in,
                authority: swap.trader.wallet,
                amount: priced.amount_in,
                checked: None,
            },
            Transfer {
                program: swap.token_program,
                from: vault_out,
                to: swap.trader.output,
                authority: swap.authority,
                amount: priced.amount_out,
                checked: None,
            },
        ]
    }
}

/// What the program fails with where its arithmetic gives no swap.
fn failure(refusal: Refusal) -> Failure {
    match refusal {
        Refusal::NotTradable => (&amm_v4::INVALID_STATUS).into(),
        Refusal::ZeroOutput => (&amm_v4::INVALID_INPUT).into(),
        // Its arithmetic unwraps.
        Refusal::InsufficientLiquidity
        | Refusal::PriceRange
        | Refusal::NoQuote
        | Refusal::Overflow => Failure::ProgramFailedToComplete,
    }
}
