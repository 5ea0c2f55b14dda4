//! What a message would do with the wallet, and whether the rules allow that.
//!
//! Begin with [`judge`]. Each known program has a few known instructions here (`around` for those beside swaps); all
//! others are refused, and so is a known one with an account that is not the wallet's where the wallet's is due.

mod around;
mod places;
mod spending;

use std::collections::{BTreeMap, BTreeSet};

use amm::instruction::Instruction;
use amm::token::is_program;
use amm::{Address, Program, Swap};
use chain_solana::address::{
    ASSOCIATED_TOKEN_PROGRAM, COMPUTE_BUDGET_PROGRAM, SYSTEM_PROGRAM, TOKEN_PROGRAM,
    associated_token,
};
use chain_solana::build::compile::{BYTES_MAX, SIGNATURES_BYTES};
use chain_solana::message::{Unreadable, Unsigned};

use places::Places;
pub use spending::Spending;
use spending::Tally;

/// A packet holds no longer message: 1,232 bytes less one signature and its count.
pub const MESSAGE_BYTES_MAX: usize = BYTES_MAX - SIGNATURES_BYTES;

/// What the signer holds a message against.
#[derive(Debug, Clone)]
pub struct Rules {
    wallet: Address,
    programs: Vec<Program>,
    /// The wallet's usual accounts of listed mints: those that no message need show to be its own.
    usual: BTreeMap<Address, Address>,
    pools: Option<BTreeSet<Address>>,
    tables: BTreeMap<Address, Vec<Address>>,
}

/// Why a message is not signed. The text names the rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is longer than a packet holds.
    #[error("size: {0} bytes, of at most {MESSAGE_BYTES_MAX}")]
    Size(usize),
    /// It cannot be read.
    #[error("form: {0}")]
    Form(#[from] Unreadable),
    /// Others must sign too, or somebody else pays.
    #[error("signers: the wallet must pay and be the only one who signs")]
    Signers,
    /// It takes accounts from a table that is not pinned, or beyond its end.
    #[error("tables: {0} is not pinned with all that the message takes from it")]
    Table(Address),
    /// A program that the rules do not know.
    #[error("programs: {0} is not known")]
    Program(Address),
    /// An instruction of a known program that the rules do not know.
    #[error("instructions: {program} is asked for something else than {known}")]
    Instruction {
        /// The program.
        program: Address,
        /// What it may be asked for.
        known: &'static str,
    },
    /// An account that should be the wallet's own.
    #[error("accounts: {0} is not shown to be the wallet's own by the message itself")]
    NotOwn(Address),
    /// An account of wrapped SOL is made and not closed to the wallet, or closed and not made.
    #[error("accounts: {0} is not made, used and closed to the wallet within the message")]
    Unclosed(Address),
    /// The pool is not listed.
    #[error("pools: {0} is not listed")]
    Pool(Address),
    /// A swap without a limit takes anything for nothing.
    #[error("swaps: a swap says no limit")]
    NoLimit,
    /// A swap lets somebody else share in its fee.
    #[error("swaps: {0} would get a share of the fee")]
    FeeShare(Address),
    /// Amounts that no wallet has.
    #[error("amounts: they do not fit into 64 bits")]
    Overflow,
    /// Nothing is swapped: there is no reason to sign it.
    #[error("swaps: there is none")]
    NoSwap,
}

impl Rules {
    /// Rules for a wallet that swaps with these programs. `mints` come with their token programs: the wallet's usual
    /// accounts of them need not be shown to be its own.
    #[must_use]
    pub fn new(
        wallet: Address,
        programs: Vec<Program>,
        mints: impl IntoIterator<Item = (Address, Address)>,
    ) -> Self {
        let mints = mints.into_iter();
        let usual = mints.map(|(mint, program)| (associated_token(wallet, mint, program), mint));
        Self {
            wallet,
            programs,
            usual: usual.collect(),
            pools: None,
            tables: BTreeMap::new(),
        }
    }

    /// The same where no other pools than these are swapped with.
    #[must_use]
    pub fn with_pools(self, pools: BTreeSet<Address>) -> Self {
        Self {
            pools: Some(pools),
            ..self
        }
    }

    /// The same where messages may take pools' accounts from these lookup tables, with what stands in them.
    #[must_use]
    pub fn with_tables(self, tables: BTreeMap<Address, Vec<Address>>) -> Self {
        Self { tables, ..self }
    }
}

/// Judges a message by what stands in it. Answers what it spends at most.
pub fn judge(message: &[u8], rules: &Rules) -> Result<Spending, Refusal> {
    if message.len() > MESSAGE_BYTES_MAX {
        return Err(Refusal::Size(message.len()));
    }
    let unsigned = Unsigned::read(message)?;
    let decoded = unsigned.decode(&loaded(&unsigned, rules)?)?;
    if decoded.signatures != 1 || decoded.keys.first() != Some(&rules.wallet) {
        return Err(Refusal::Signers);
    }
    let stated = decoded.keys.get(..unsigned.stated()).unwrap_or_default();
    let mut places = Places::of(rules, stated);
    let mut tally = Tally::default();
    let mut swaps = 0;
    for instruction in &decoded.instructions {
        if !stated.contains(&instruction.program) {
            return Err(Refusal::Program(instruction.program));
        }
        match around_swaps(instruction, rules, &mut places, &mut tally)? {
            Kind::Around => {}
            Kind::Swap(program) => {
                swaps += 1;
                let swap = allowed(&program, instruction, rules)?;
                places.learn(&swap);
                let between = (
                    places.own(swap.trader.input)?,
                    places.own(swap.trader.output)?,
                );
                tally.swap(between, swap.amounts)?;
            }
        }
    }
    places.are_closed()?;
    if swaps == 0 {
        return Err(Refusal::NoSwap);
    }
    tally.end()
}

enum Kind {
    Around,
    Swap(Program),
}

fn around_swaps(
    instruction: &Instruction,
    rules: &Rules,
    places: &mut Places<'_>,
    tally: &mut Tally,
) -> Result<Kind, Refusal> {
    match instruction.program {
        COMPUTE_BUDGET_PROGRAM => around::compute_budget(instruction, tally)?,
        SYSTEM_PROGRAM => around::system(instruction, rules.wallet, places)?,
        ASSOCIATED_TOKEN_PROGRAM => {
            around::associated(instruction, rules.wallet, places, tally)?;
        }
        TOKEN_PROGRAM => around::token(instruction, rules.wallet, places)?,
        program => {
            let mut known = rules.programs.iter();
            let known = known.find(|it| it.id() == program);
            let known = known.ok_or(Refusal::Program(program))?;
            return Ok(Kind::Swap(*known));
        }
    }
    Ok(Kind::Around)
}

/// A swap, if the rules allow it.
fn allowed(program: &Program, instruction: &Instruction, rules: &Rules) -> Result<Swap, Refusal> {
    let swap = Swap::decode_exactly(program, instruction).ok_or(Refusal::Instruction {
        program: program.id(),
        known: "swaps in the engine's own form",
    })?;
    if swap.trader.wallet != rules.wallet {
        return Err(Refusal::Signers);
    }
    let listed = rules.pools.as_ref();
    if listed.is_some_and(|listed| !listed.contains(&swap.pool)) {
        return Err(Refusal::Pool(swap.pool));
    }
    if let Some(somebody) = swap.fee_share {
        return Err(Refusal::FeeShare(somebody));
    }
    let (first, second) = swap.token_programs;
    for program in [first, second] {
        if !is_program(program) {
            return Err(Refusal::Program(program));
        }
    }
    Ok(swap)
}

/// What the message takes from pinned tables: addresses to write, then addresses to read.
fn loaded(message: &Unsigned, rules: &Rules) -> Result<Vec<Address>, Refusal> {
    let (mut written, mut read) = (Vec::new(), Vec::new());
    for lookup in message.lookups() {
        let unpinned = || Refusal::Table(lookup.table);
        let table = rules.tables.get(&lookup.table).ok_or_else(unpinned)?;
        for (places, into) in [
            (&lookup.places.0, &mut written),
            (&lookup.places.1, &mut read),
        ] {
            for place in places {
                let address = table.get(usize::from(*place)).ok_or_else(unpinned)?;
                into.push(*address);
            }
        }
    }
    Ok([written, read].concat())
}

#[cfg(test)]
pub(crate) mod tests;
