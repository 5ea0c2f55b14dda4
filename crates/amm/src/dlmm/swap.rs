//! What DLMM does with a swap instruction.

use super::Deployment;
use super::account::{PairAccount, PairLayout};
use super::instruction::{MEMO_PROGRAM, SwapInstruction, name};
use super::oracle::OracleLayout;
use super::quote::{Pool, Swap, array_of};
use super::state::State;
use crate::anchor::{mint, own, signer, token_account, token_programs, writable};
use crate::error::{Failure, anchor, dlmm, require};
use crate::execution::{self, EVENT_CALL, Executed, Failed, Step, Transfer, sides};
use crate::instruction::{Amounts, Instruction};
use crate::quoting::Quoting as _;
use crate::snapshot::{ReadError, Snapshot};
use crate::token::{Mint, TransferFees};
use crate::{Address, ChainTime, Direction, Refusal};

const SWAP_EVENT: [u8; 8] = [81, 108, 227, 190, 205, 208, 10, 196];
const SWAP2_EVENT: [u8; 8] = [46, 116, 82, 215, 148, 27, 84, 77];

/// What the way from one bin array to the next takes.
const UNITS_AN_ARRAY: u64 = 1_000;

/// Amounts on both sides of the two transfers.
struct Flow {
    paid: u64,
    swap: Swap,
}

/// Executes a swap. A host's share of the protocol's fee is not split off.
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
    let direction = check(deployment, instruction, &swap, snapshot)?;
    let state = State::read(deployment, swap.pair, &swap.bin_arrays, snapshot);
    let state = state.map_err(|error| match error {
        ReadError::Undecodable { address, .. } if address == swap.pair => &dlmm::INVALID_INPUT,
        _ => &dlmm::INVALID_BIN_ARRAY,
    })?;
    state.pool.check_open(now).map_err(plain)?;
    let mints = (mint(snapshot, swap.mints.0)?, mint(snapshot, swap.mints.1)?);
    let fees = (
        mints.0.transfer_fee(now.epoch),
        mints.1.transfer_fee(now.epoch),
    );
    let fees = TransferFees::new(direction, fees);

    let flow = flow(&state, &swap, direction, fees, now)?;
    require(
        is_reachable(&state, &flow.swap, direction, &swap.bin_arrays),
        &anchor::ACCOUNT_NOT_ENOUGH_KEYS,
    )?;
    let after = state.after(direction, &flow.swap, now).map_err(plain)?;
    let transfers = transfers(&swap, direction, &flow, mints);
    let [first, second] = events(&state, &swap, direction, &flow.swap).map(|data| Step::Event {
        authority: swap.event_authority,
        data,
    });
    let mut steps = vec![first];
    steps.extend(transfers.into_iter().map(Step::Transfer));
    steps.push(second);
    let executed = Executed::new(steps, after.accounts(), snapshot);
    Ok(Executed {
        more_units: more_units(&state, &swap, &flow.swap),
        ..executed
    })
}

/// Checks the accounts in the program's order, and tells which way the swap goes.
fn check(
    deployment: Deployment,
    instruction: &Instruction,
    swap: &SwapInstruction,
    snapshot: &impl Snapshot,
) -> Result<Direction, Failure> {
    let metas = &instruction.accounts;
    let pair = own::<PairLayout>(snapshot, swap.pair, deployment.id)?;
    token_account(snapshot, swap.vaults.0)?;
    token_account(snapshot, swap.vaults.1)?;
    let input = token_account(snapshot, swap.trader.input)?;
    let output = token_account(snapshot, swap.trader.output)?;
    mint(snapshot, swap.mints.0)?;
    mint(snapshot, swap.mints.1)?;
    own::<OracleLayout>(snapshot, swap.oracle, deployment.id)?;
    if let Some(host) = swap.host {
        token_account(snapshot, host)?;
    }
    signer(metas[10])?;
    token_programs(&metas[11..13])?;
    let is_memo = swap.memo_program == MEMO_PROGRAM;
    require(is_memo, &anchor::INVALID_PROGRAM_ID)?;

    writable(&metas[0..1])?;
    writable(&metas[2..6])?;
    writable(&metas[8..9])?;
    let is_of_pair = swap.vaults
        == (
            pair.get(PairAccount::VAULT_FIRST),
            pair.get(PairAccount::VAULT_SECOND),
        )
        && swap.mints
            == (
                pair.get(PairAccount::MINT_FIRST),
                pair.get(PairAccount::MINT_SECOND),
            )
        && swap.oracle == pair.get(PairAccount::ORACLE);
    require(is_of_pair, &anchor::CONSTRAINT_HAS_ONE)?;
    let is_event_authority = swap.event_authority == deployment.event_authority;
    require(is_event_authority, &anchor::CONSTRAINT_SEEDS)?;

    let direction = Direction::between(swap.mints, input.mint, output.mint);
    direction.ok_or((&dlmm::INVALID_TOKEN_MINT).into())
}

fn flow(
    state: &State,
    swap: &SwapInstruction,
    direction: Direction,
    fees: TransferFees,
    now: ChainTime,
) -> Result<Flow, Failure> {
    let refused = |refusal| failure(&state.pool, direction, refusal);
    match swap.amounts {
        Amounts::ExactIn {
            amount_in,
            min_amount_out,
        } => {
            let arriving = fees.input.arriving(amount_in).map_err(refused)?;
            let priced = state.pool.quote_exact_in(direction, arriving, now);
            let priced = priced.map_err(refused)?;
            let received = fees.output.arriving(priced.amount_out).map_err(refused)?;
            let is_met = received >= min_amount_out;
            require(is_met, &dlmm::EXCEEDED_AMOUNT_SLIPPAGE_TOLERANCE)?;
            Ok(Flow {
                paid: amount_in,
                swap: priced,
            })
        }
        Amounts::ExactOut {
            amount_out,
            max_amount_in,
        } => {
            let gross_out = fees.output.to_send(amount_out).map_err(refused)?;
            let priced = state.pool.quote_exact_out(direction, gross_out, now);
            let priced = priced.map_err(refused)?;
            let paid = fees.input.to_send(priced.amount_in).map_err(refused)?;
            require(paid <= max_amount_in, &dlmm::INSUFFICIENT_IN_AMOUNT)?;
            Ok(Flow { paid, swap: priced })
        }
    }
}

/// What the program uses beyond a sale within one bin, measured on the real one: it looks twice at each bin that it buys
/// an exact amount from.
fn more_units(state: &State, swap: &SwapInstruction, priced: &Swap) -> u64 {
    let (first, a_bin) = match swap.amounts {
        Amounts::ExactIn { .. } => (0, 5_400),
        Amounts::ExactOut { .. } => (2_600, 6_450),
    };
    let further_bins = priced.after.bins.len().saturating_sub(1) as u64;
    let (from, to) = (state.pool.active_id, priced.after.active_id);
    let further_arrays = u64::from(array_of(from).abs_diff(array_of(to)));
    first + a_bin * further_bins + UNITS_AN_ARRAY * further_arrays
}

/// Whether the program finds the bin arrays it needs: it takes the given ones in their order, passes over those it
/// does not need, and never goes back.
fn is_reachable(state: &State, swap: &Swap, direction: Direction, given: &[Address]) -> bool {
    let (first, last) = (
        array_of(state.pool.active_id),
        array_of(swap.after.active_id),
    );
    let all = state.account.arrays();
    let needed: Vec<&i32> = match direction {
        Direction::FirstToSecond => all.range(last..=first).rev().collect(),
        Direction::SecondToFirst => all.range(first..=last).collect(),
    };
    let mut given = given.iter();
    needed.into_iter().all(|index| {
        let needed = state.arrays.get(index);
        needed.is_some_and(|address| given.any(|it| it == address))
    })
}

fn transfers(
    swap: &SwapInstruction,
    direction: Direction,
    flow: &Flow,
    mints: (Mint, Mint),
) -> [Transfer; 2] {
    let sides = sides(swap.token_programs, swap.mints, mints, swap.vaults);
    let (side_in, side_out) = direction.in_out(sides);
    let trader = swap.trader;
    [
        side_in.takes(trader.input, trader.wallet, flow.paid),
        // The pair owns its vaults itself.
        side_out.pays(trader.output, swap.pair, flow.swap.amount_out),
    ]
}

/// Both events of a swap, each as the instruction by which the program hands it to itself. They tell the same, the
/// newer with limit orders.
fn events(
    state: &State,
    swap: &SwapInstruction,
    direction: Direction,
    priced: &Swap,
) -> [Vec<u8>; 2] {
    let flag = |flag: bool| vec![u8::from(flag)];
    let amount = |amount: u64| amount.to_le_bytes().to_vec();
    let (start, end) = (state.pool.active_id, priced.after.active_id);
    let who = [swap.pair.0, swap.trader.wallet.0].concat();
    let bins = [start.to_le_bytes(), end.to_le_bytes()].concat();
    let is_first_paid = direction == Direction::FirstToSecond;
    let rate = u128::from(priced.last_rate).to_le_bytes().to_vec();
    let host_fee = 0;

    let older = [
        [EVENT_CALL, SWAP_EVENT].concat(),
        who.clone(),
        bins.clone(),
        amount(priced.amount_in),
        amount(priced.amount_out),
        flag(is_first_paid),
        amount(priced.fee),
        amount(priced.protocol_fee),
        rate.clone(),
        amount(host_fee),
    ];
    let newer = [
        [EVENT_CALL, SWAP2_EVENT].concat(),
        who,
        bins,
        flag(is_first_paid),
        rate,
        amount(priced.amount_in),
        amount(left_over(swap.amounts, priced)),
        amount(priced.amount_out),
        amount(priced.providers_fee),
        amount(priced.protocol_fee),
        amount(priced.owners_fee.saturating_sub(priced.providers_fee)),
        amount(host_fee),
        flag(state.pool.fee_is_on_input(direction)),
        flag(state.pool.fee_is_in_first_token(direction)),
    ];
    [older.concat(), newer.concat()]
}

/// What the program tells to be left of the amount that it was given: no swap is filled in part, but one of an exact
/// output names all that it might have cost.
fn left_over(amounts: Amounts, priced: &Swap) -> u64 {
    match amounts {
        Amounts::ExactIn { .. } => 0,
        Amounts::ExactOut { max_amount_in, .. } => max_amount_in.saturating_sub(priced.amount_in),
    }
}

/// What the program fails with where its arithmetic gives no swap.
fn failure(pool: &Pool, direction: Direction, refusal: Refusal) -> Failure {
    let needs_array = pool.needs_array(direction);
    match refusal {
        Refusal::InsufficientLiquidity if needs_array => &anchor::ACCOUNT_NOT_ENOUGH_KEYS,
        Refusal::InsufficientLiquidity => &dlmm::BITMAP_EXTENSION_ACCOUNT_IS_NOT_PROVIDED,
        Refusal::ZeroOutput => &dlmm::INSUFFICIENT_OUT_AMOUNT,
        Refusal::NotTradable => &dlmm::POOL_DISABLED,
        Refusal::PriceRange | Refusal::NoQuote | Refusal::Overflow => &dlmm::MATH_OVERFLOW,
    }
    .into()
}

/// The same where no bin array is in question.
fn plain(refusal: Refusal) -> Failure {
    match refusal {
        Refusal::NotTradable => &dlmm::POOL_DISABLED,
        _ => &dlmm::MATH_OVERFLOW,
    }
    .into()
}
