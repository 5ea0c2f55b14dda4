//! What a program does when it executes a swap, told to whoever runs it.
//!
//! A program's function looks at accounts and answers with [`Executed`] or [`Failed`]. It moves no tokens: it names
//! the [`Step`]s in their order, and the runtime takes them. A transfer may fail there (too few tokens, another mint),
//! and then nothing of the swap has happened.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::Address;
use crate::error::Failure;
use crate::snapshot::Snapshot;
use crate::token::Mint;

/// How an Anchor program begins the call by which it hands itself an event.
pub(crate) const EVENT_CALL: [u8; 8] = [228, 69, 165, 46, 81, 203, 154, 29];

/// A swap that went through, but for its transfers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Executed {
    /// What happens, in order.
    pub steps: Vec<Step>,
    /// Those of the program's own accounts that change, as the swap leaves them. Token accounts are not among them.
    pub accounts: Vec<(Address, Vec<u8>)>,
    /// Compute units beyond those of the program's plainest swap.
    pub more_units: u64,
}

/// A swap that the program refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// What the program logged, the failure included.
    pub logs: Vec<String>,
    /// What the transaction fails with.
    pub failure: Failure,
}

/// One thing that a program does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// It logs a line.
    Log(String),
    /// It has a token program move tokens.
    Transfer(Transfer),
    /// It calls itself with an event's bytes, which is how Anchor programs put events where logs are cut off.
    Event {
        /// The account it signs that call with.
        authority: Address,
        /// The instruction's bytes.
        data: Vec<u8>,
    },
}

/// A transfer of tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transfer {
    /// The token program.
    pub program: Address,
    /// The token account that pays.
    pub from: Address,
    /// The token account that receives.
    pub to: Address,
    /// Whose the paying account is.
    pub authority: Address,
    /// How much leaves the paying account.
    pub amount: u64,
    /// What a checked transfer is checked against; AMM v4 moves tokens unchecked.
    pub checked: Option<Checked>,
}

/// What a checked transfer is checked against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checked {
    /// The mint of both accounts.
    pub mint: Address,
    /// The mint's decimals.
    pub decimals: u8,
}

/// One of a pool's tokens, as its transfers need it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Side {
    /// The token program.
    pub(crate) program: Address,
    /// The mint.
    pub(crate) mint: Address,
    /// The mint's decimals.
    pub(crate) decimals: u8,
    /// The pool's vault.
    pub(crate) vault: Address,
}

/// Both of a pool's tokens, in the order of the instruction that names them.
pub(crate) fn sides(
    programs: (Address, Address),
    (one, other): (Address, Address),
    mints: (Mint, Mint),
    vaults: (Address, Address),
) -> (Side, Side) {
    let side = |program, mint, read: Mint, vault| Side {
        program,
        mint,
        decimals: read.decimals,
        vault,
    };
    (
        side(programs.0, one, mints.0, vaults.0),
        side(programs.1, other, mints.1, vaults.1),
    )
}

impl Side {
    /// The pool takes tokens in from an account of the authority's.
    pub(crate) fn takes(&self, from: Address, authority: Address, amount: u64) -> Transfer {
        self.transfer(from, self.vault, authority, amount)
    }

    /// The pool, for which the authority signs, pays tokens out.
    pub(crate) fn pays(&self, to: Address, authority: Address, amount: u64) -> Transfer {
        self.transfer(self.vault, to, authority, amount)
    }

    fn transfer(&self, from: Address, to: Address, authority: Address, amount: u64) -> Transfer {
        Transfer {
            program: self.program,
            from,
            to,
            authority,
            amount,
            checked: Some(Checked {
                mint: self.mint,
                decimals: self.decimals,
            }),
        }
    }
}

impl Executed {
    /// What happens, with those of the accounts that are no longer what they were.
    pub(crate) fn new(
        steps: Vec<Step>,
        accounts: Vec<(Address, &[u8])>,
        snapshot: &impl Snapshot,
    ) -> Self {
        let is_changed = |(address, bytes): &(Address, &[u8])| {
            let before = snapshot.account(address);
            before.is_none_or(|before| before.data != *bytes)
        };
        let changed = accounts.into_iter().filter(is_changed);
        Self {
            steps,
            accounts: changed.map(|(at, bytes)| (at, bytes.to_vec())).collect(),
            more_units: 0,
        }
    }
}

/// Puts what every Anchor program logs around what it does: the instruction's name, and its error.
pub(crate) fn anchor(
    name: Option<&str>,
    outcome: Result<Executed, Failure>,
) -> Result<Executed, Failed> {
    let log = name.map(|name| format!("Program log: Instruction: {name}"));
    match outcome {
        Ok(mut executed) => {
            executed.steps.splice(0..0, log.map(Step::Log));
            Ok(executed)
        }
        Err(failure) => {
            let error = match failure {
                Failure::Custom(code) => Some(format!(
                    "Program log: AnchorError occurred. Error Code: {}. Error Number: {}. Error Message: {}.",
                    code.name, code.number, code.message
                )),
                _ => None,
            };
            let logs = log.into_iter().chain(error).collect();
            Err(Failed { logs, failure })
        }
    }
}

/// The line that carries a program's bytes.
pub(crate) fn data_log(bytes: &[u8]) -> String {
    format!("Program data: {}", STANDARD.encode(bytes))
}

/// The line that carries AMM v4's bytes.
pub(crate) fn ray_log(bytes: &[u8]) -> String {
    format!("Program log: ray_log: {}", STANDARD.encode(bytes))
}
