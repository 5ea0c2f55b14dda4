//! What DAMM v2 does with a swap instruction.

use super::Deployment;
use super::account::{PoolAccount, PoolLayout};
use super::instruction::{INSTRUCTIONS_SYSVAR, SwapInstruction, mode_number, name};
use super::quote::{Mode, Referral, Swap};
use super::state::State;
use crate::anchor::{mint, mutable, own, signer, token_account, token_programs};
use crate::error::{Failure, anchor, damm_v2, require};
use crate::execution::{self, EVENT_CALL, Executed, Failed, Step, Transfer, sides};
use crate::instruction::Instruction;
use crate::quoting::Quoting as _;
use crate::snapshot::Snapshot;
use crate::token::{Mint, TransferFees};
use crate::{ChainTime, Direction, Refusal};

const SWAP_EVENT: [u8; 8] = [189, 66, 51, 168, 38, 80, 117, 153];

/// Amounts on both sides of the two transfers.
struct Flow {
    paid: u64,
    received: u64,
    swap: Swap,
}

/// Executes a swap.
///
/// One check is left to the runtime, which alone sees the whole transaction: while a rate limiter is active, no
/// earlier instruction of the transaction may have swapped with the same pool.
pub fn execute(
    deployment: Deployment,
    instruction: &Instruction,
    snapshot: &impl Snapshot,
    now: ChainTime,
) -> Result<Executed, Failed> {
    let outcome = match SwapInstruction::decode(instruction) {
        // It says what it was asked for once it has read that.
        Err(failure) => return execution::anchor(None, Err(failure)),
        Ok(swap) => run(deployment, instruction, &swap, snapshot, now),
    };
    execution::anchor(name(&instruction.data), outcome)
}

fn run(
    deployment: Deployment,
    instruction: &Instruction,
    swap: &SwapInstruction,
    snapshot: &impl Snapshot,
    now: ChainTime,
) -> Result<Executed, Failure> {
    check(deployment, instruction, swap, snapshot)?;
    let undecodable = |_| Failure::Custom(&damm_v2::UNDETERMINED_ERROR);
    let state = State::read(deployment, swap.pool, snapshot).map_err(undecodable)?;
    let mints = (mint(snapshot, swap.mints.0)?, mint(snapshot, swap.mints.1)?);
    let input = token_account(snapshot, swap.trader.input)?;
    let direction = if input.mint == swap.mints.0 {
        Direction::FirstToSecond
    } else {
        Direction::SecondToFirst
    };
    state.pool.check_open(now).map_err(failure)?;
    require(swap.amount > 0, &damm_v2::AMOUNT_IS_ZERO)?;
    if state.pool.is_rate_limited(direction, now) {
        let sees_instructions = swap.instructions == Some(INSTRUCTIONS_SYSVAR);
        require(sees_instructions, &damm_v2::FAIL_TO_VALIDATE_SINGLE_SWAP)?;
    }

    let fees = (
        mints.0.transfer_fee(now.epoch),
        mints.1.transfer_fee(now.epoch),
    );
    let flow = flow(
        &state,
        swap,
        direction,
        TransferFees::new(direction, fees),
        now,
    )?;
    let after = state.after(direction, &flow.swap, now).map_err(failure)?;
    let mut steps: Vec<Step> = transfers(swap, &state, direction, &flow, mints)
        .map(Step::Transfer)
        .collect();
    steps.push(Step::Event {
        authority: swap.event_authority,
        data: event(swap, &after, direction, &flow, now),
    });
    Ok(Executed::new(steps, after.accounts(), snapshot))
}

/// Checks the accounts in the program's order.
fn check(
    deployment: Deployment,
    instruction: &Instruction,
    swap: &SwapInstruction,
    snapshot: &impl Snapshot,
) -> Result<(), Failure> {
    let metas = &instruction.accounts;
    let is_authority = swap.authority == deployment.authority;
    require(is_authority, &anchor::CONSTRAINT_ADDRESS)?;
    let pool = own::<PoolLayout>(snapshot, swap.pool, deployment.id)?;
    let vaults = (
        pool.get(PoolAccount::VAULT_FIRST),
        pool.get(PoolAccount::VAULT_SECOND),
    );
    require(swap.vaults == vaults, &anchor::CONSTRAINT_HAS_ONE)?;
    mutable(&metas[1..6])?;
    token_account(snapshot, swap.trader.input)?;
    token_account(snapshot, swap.trader.output)?;
    let first = token_account(snapshot, vaults.0)?;
    let second = token_account(snapshot, vaults.1)?;
    let is_of = |vault, program| {
        snapshot
            .account(&vault)
            .is_some_and(|it| it.owner == program)
    };
    let are_of_programs =
        is_of(vaults.0, swap.token_programs.0) && is_of(vaults.1, swap.token_programs.1);
    require(are_of_programs, &anchor::CONSTRAINT_TOKEN_PROGRAM)?;
    let mints = (first.mint, second.mint);
    require(swap.mints == mints, &anchor::CONSTRAINT_TOKEN_MINT)?;
    signer(metas[8])?;
    token_programs(&metas[9..11])?;
    let is_event_authority = swap.event_authority == deployment.event_authority;
    require(is_event_authority, &anchor::CONSTRAINT_SEEDS)?;
    if let Some(referral) = swap.referral {
        mutable(&metas[11..12])?;
        token_account(snapshot, referral)?;
    }
    Ok(())
}

fn flow(
    state: &State,
    swap: &SwapInstruction,
    direction: Direction,
    fees: TransferFees,
    now: ChainTime,
) -> Result<Flow, Failure> {
    let unmatched = |_| Failure::Custom(&damm_v2::FEE_INVERSE_IS_INCORRECT);
    let referral = swap.referral.map_or(Referral::None, |_| Referral::Present);
    let quote = |amount| {
        state
            .pool
            .quote(swap.mode, direction, amount, referral, now)
    };
    match swap.mode {
        Mode::ExactIn | Mode::PartialIn => {
            let arriving = fees.input.arriving(swap.amount).map_err(failure)?;
            require(arriving > 0, &damm_v2::AMOUNT_IS_ZERO)?;
            let priced = quote(arriving).map_err(failure)?;
            let received = fees.output.arriving(priced.amount_out).map_err(failure)?;
            require(received >= swap.limit, &damm_v2::EXCEEDED_SLIPPAGE)?;
            let paid = match swap.mode {
                Mode::PartialIn => fees.input.to_send(priced.amount_in).map_err(unmatched)?,
                Mode::ExactIn | Mode::ExactOut => swap.amount,
            };
            Ok(Flow {
                paid,
                received,
                swap: priced,
            })
        }
        Mode::ExactOut => {
            let gross_out = fees.output.to_send(swap.amount).map_err(unmatched)?;
            let priced = quote(gross_out).map_err(failure)?;
            let paid = fees.input.to_send(priced.amount_in).map_err(unmatched)?;
            require(paid <= swap.limit, &damm_v2::EXCEEDED_SLIPPAGE)?;
            Ok(Flow {
                paid,
                received: swap.amount,
                swap: priced,
            })
        }
    }
}

fn transfers(
    swap: &SwapInstruction,
    state: &State,
    direction: Direction,
    flow: &Flow,
    mints: (Mint, Mint),
) -> impl Iterator<Item = Transfer> + use<> {
    let sides = sides(swap.token_programs, swap.mints, mints, swap.vaults);
    let fee_side = if state.pool.fee_is_in_second_token(direction) {
        sides.1
    } else {
        sides.0
    };
    let (side_in, side_out) = direction.in_out(sides);
    let trader = swap.trader;
    let into_pool = side_in.takes(trader.input, trader.wallet, flow.paid);
    let out_of_pool = side_out.pays(trader.output, swap.authority, flow.swap.amount_out);
    let to_referrer = swap
        .referral
        .map(|referral| fee_side.pays(referral, swap.authority, flow.swap.fee.referral));
    [into_pool, out_of_pool].into_iter().chain(to_referrer)
}

/// The event of a swap, as the instruction by which the program hands it to itself.
fn event(
    swap: &SwapInstruction,
    after: &State,
    direction: Direction,
    flow: &Flow,
    now: ChainTime,
) -> Vec<u8> {
    let of = |flag: bool| u8::from(flag);
    let priced = &flow.swap;
    let mut event = [EVENT_CALL, SWAP_EVENT].concat();
    event.extend(after.address.0);
    event.push(of(direction == Direction::SecondToFirst));
    event.push(after.account.get(PoolAccount::COLLECT_FEE_MODE));
    event.push(of(swap.referral.is_some()));
    let asked = [swap.amount, swap.limit];
    event.extend(asked.iter().flat_map(|it| it.to_le_bytes()));
    event.push(mode_number(swap.mode));
    let amounts = [
        priced.amount_in,
        priced.net_amount_in,
        priced.amount_left,
        priced.amount_out,
    ];
    event.extend(amounts.iter().flat_map(|it| it.to_le_bytes()));
    event.extend(priced.after.sqrt_price.to_le_bytes());
    let rest = [
        priced.fee.claiming,
        priced.fee.protocol,
        priced.fee.compounding,
        priced.fee.referral,
        flow.paid,
        priced.amount_out,
        flow.received,
        now.unix_time,
        after.account.get(PoolAccount::RESERVE_FIRST),
        after.account.get(PoolAccount::RESERVE_SECOND),
    ];
    event.extend(rest.iter().flat_map(|it| it.to_le_bytes()));
    event
}

/// What the program fails with where its arithmetic gives no swap.
fn failure(refusal: Refusal) -> Failure {
    match refusal {
        Refusal::NotTradable => &damm_v2::POOL_DISABLED,
        Refusal::ZeroOutput => &damm_v2::AMOUNT_IS_ZERO,
        Refusal::PriceRange => &damm_v2::PRICE_RANGE_VIOLATION,
        Refusal::InsufficientLiquidity | Refusal::NoQuote | Refusal::Overflow => {
            &damm_v2::MATH_OVERFLOW
        }
    }
    .into()
}
