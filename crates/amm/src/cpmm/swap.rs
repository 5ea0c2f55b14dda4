//! What CPMM does with a swap instruction.

use super::account::PoolAccount;
use super::instruction::{SwapInstruction, name};
use super::observation::ObservationLayout;
use super::quote::Swap;
use super::state::State;
use super::{Deployment, account};
use crate::anchor::{mint, own, signer, token_account, token_programs, writable};
use crate::error::{Failure, anchor, cpmm, require};
use crate::execution::{self, Executed, Failed, Step, Transfer, data_log, sides};
use crate::instruction::{Amounts, Instruction};
use crate::quoting::Quoting as _;
use crate::snapshot::{ReadError, Snapshot};
use crate::token::{Mint, TransferFees};
use crate::{ChainTime, Direction, Refusal};

const SWAP_EVENT: [u8; 8] = [64, 198, 205, 232, 38, 8, 113, 226];

/// Amounts on both sides of the two transfers.
struct Flow {
    paid: u64,
    received: u64,
    swap: Swap,
}

/// Executes a swap.
pub fn execute(
    deployment: Deployment,
    instruction: &Instruction,
    snapshot: &impl Snapshot,
    now: ChainTime,
) -> Result<Executed, Failed> {
    let outcome = run(deployment, instruction, snapshot, now);
    execution::anchor(name(&instruction.data), outcome)
}

fn run(
    deployment: Deployment,
    instruction: &Instruction,
    snapshot: &impl Snapshot,
    now: ChainTime,
) -> Result<Executed, Failure> {
    let swap = SwapInstruction::decode(instruction)?;
    let state = load(deployment, instruction, &swap, snapshot)?;
    let mints = (mint(snapshot, swap.mints.0)?, mint(snapshot, swap.mints.1)?);
    let vaults = (PoolAccount::VAULT_FIRST, PoolAccount::VAULT_SECOND);
    let vaults = (state.account.get(vaults.0), state.account.get(vaults.1));
    let direction = Direction::between(vaults, swap.vaults.0, swap.vaults.1);
    let direction = direction.ok_or(&cpmm::INVALID_VAULT)?;

    let fees = TransferFees {
        input: mints.0.transfer_fee(now.epoch),
        output: mints.1.transfer_fee(now.epoch),
    };
    let flow = flow(&state, direction, swap.amounts, fees, now)?;
    let after = state.after(direction, &flow.swap, now).map_err(failure)?;

    let event = event(&state, direction, swap.amounts, &flow)?;
    let mut steps = vec![Step::Log(data_log(&event))];
    steps.extend(transfers(&swap, &flow, mints).map(Step::Transfer));
    Ok(Executed::new(steps, after.accounts(), snapshot))
}

/// The pool, once its accounts are checked in the program's order: what each is, then how they belong together.
fn load(
    deployment: Deployment,
    instruction: &Instruction,
    swap: &SwapInstruction,
    snapshot: &impl Snapshot,
) -> Result<State, Failure> {
    let metas = &instruction.accounts;
    signer(metas[0])?;
    own::<account::ConfigLayout>(snapshot, swap.config, deployment.id)?;
    let pool: PoolAccount = own(snapshot, swap.pool, deployment.id)?;
    token_account(snapshot, swap.trader.input)?;
    token_account(snapshot, swap.trader.output)?;
    let vault_in = token_account(snapshot, swap.vaults.0)?;
    let vault_out = token_account(snapshot, swap.vaults.1)?;
    token_programs(&metas[8..10])?;
    mint(snapshot, swap.mints.0)?;
    mint(snapshot, swap.mints.1)?;
    own::<ObservationLayout>(snapshot, swap.observation, deployment.id)?;

    let is_authority = swap.authority == deployment.authority;
    require(is_authority, &anchor::CONSTRAINT_SEEDS)?;
    let is_config = swap.config == pool.get(PoolAccount::CONFIG);
    require(is_config, &anchor::CONSTRAINT_ADDRESS)?;
    writable(&metas[3..8])?;
    let vaults = [
        pool.get(PoolAccount::VAULT_FIRST),
        pool.get(PoolAccount::VAULT_SECOND),
    ];
    let are_vaults = vaults.contains(&swap.vaults.0) && vaults.contains(&swap.vaults.1);
    require(are_vaults, &anchor::CONSTRAINT_RAW)?;
    let mints = (vault_in.mint, vault_out.mint);
    require(swap.mints == mints, &anchor::CONSTRAINT_ADDRESS)?;
    writable(&metas[12..13])?;
    let is_observation = swap.observation == pool.get(PoolAccount::OBSERVATION);
    require(is_observation, &anchor::CONSTRAINT_ADDRESS)?;

    State::read(deployment, swap.pool, snapshot).map_err(|error| match error {
        ReadError::Undecodable { .. } => (&cpmm::INVALID_FEE_MODEL).into(),
        _ => Failure::InvalidAccountData,
    })
}

fn flow(
    state: &State,
    direction: Direction,
    amounts: Amounts,
    fees: TransferFees,
    now: ChainTime,
) -> Result<Flow, Failure> {
    let pool = &state.pool;
    let must_be_positive = |amount: u64| require(amount > 0, &anchor::REQUIRE_GT_VIOLATED);
    if let Amounts::ExactOut { amount_out, .. } = amounts {
        must_be_positive(amount_out)?;
    }
    pool.check_open(now).map_err(failure)?;
    let reserves = pool.reserves();
    reserves.map_err(|_| Failure::Custom(&cpmm::INSUFFICIENT_VAULT))?;
    match amounts {
        Amounts::ExactIn {
            amount_in,
            min_amount_out,
        } => {
            let arriving = fees.input.arriving(amount_in).map_err(failure)?;
            must_be_positive(arriving)?;
            let swap = pool.quote_exact_in(direction, arriving, now);
            let swap = swap.map_err(failure)?;
            let received = fees.output.arriving(swap.amount_out).map_err(failure)?;
            must_be_positive(received)?;
            require(received >= min_amount_out, &cpmm::EXCEEDED_SLIPPAGE)?;
            Ok(Flow {
                paid: amount_in,
                received,
                swap,
            })
        }
        Amounts::ExactOut {
            amount_out,
            max_amount_in,
        } => {
            let unmatched = |_| Failure::Custom(&cpmm::TRANSFER_FEE_CALCULATE_NOT_MATCH);
            let gross_out = fees.output.to_send(amount_out).map_err(unmatched)?;
            let swap = pool.quote_exact_out(direction, gross_out, now);
            let swap = swap.map_err(failure)?;
            must_be_positive(swap.amount_in)?;
            let paid = fees.input.to_send(swap.amount_in).map_err(unmatched)?;
            require(paid <= max_amount_in, &cpmm::EXCEEDED_SLIPPAGE)?;
            Ok(Flow {
                paid,
                received: amount_out,
                swap,
            })
        }
    }
}

fn event(
    state: &State,
    direction: Direction,
    amounts: Amounts,
    flow: &Flow,
) -> Result<Vec<u8>, Failure> {
    let reserves = state.pool.reserves().map_err(failure)?;
    let (reserve_in, reserve_out) = direction.in_out(reserves);
    let narrow = |reserve: u128| u64::try_from(reserve).map_err(|_| failure(Refusal::Overflow));
    let integers = [
        narrow(reserve_in)?,
        narrow(reserve_out)?,
        flow.swap.amount_in,
        flow.swap.amount_out,
        flow.paid.saturating_sub(flow.swap.amount_in),
        flow.swap.amount_out.saturating_sub(flow.received),
    ];
    let mut event = SWAP_EVENT.to_vec();
    event.extend(state.address.0);
    event.extend(integers.iter().flat_map(|it| it.to_le_bytes()));
    event.push(u8::from(matches!(amounts, Amounts::ExactIn { .. })));
    Ok(event)
}

fn transfers(
    swap: &SwapInstruction,
    flow: &Flow,
    mints: (Mint, Mint),
) -> impl Iterator<Item = Transfer> + use<> {
    let (side_in, side_out) = sides(swap.token_programs, swap.mints, mints, swap.vaults);
    let trader = swap.trader;
    let into_pool = side_in.takes(trader.input, trader.wallet, flow.paid);
    let out_of_pool = side_out.pays(trader.output, swap.authority, flow.swap.amount_out);
    // The program leaves transfers of nothing out.
    [into_pool, out_of_pool]
        .into_iter()
        .filter(|it| it.amount > 0)
}

/// What the program fails with where its arithmetic gives no swap.
fn failure(refusal: Refusal) -> Failure {
    match refusal {
        Refusal::NotTradable => (&cpmm::NOT_APPROVED).into(),
        Refusal::ZeroOutput => (&anchor::REQUIRE_GT_VIOLATED).into(),
        Refusal::NoQuote => (&cpmm::ZERO_TRADING_TOKENS).into(),
        // Its curve unwraps.
        Refusal::InsufficientLiquidity | Refusal::PriceRange | Refusal::Overflow => {
            Failure::ProgramFailedToComplete
        }
    }
}
