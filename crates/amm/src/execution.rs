//! What a program does when it executes a swap, told to whoever runs it.
//!
//! A program's function looks at accounts and answers with [`Executed`] or [`Failed`]. It moves no tokens: it names
//! the [`Step`]s in their order, and the runtime takes them. A transfer may fail there (too few tokens, another mint),
//! and then nothing of the swap has happened.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::Address;
use crate::error::Failure;

/// How an Anchor program begins the call by which it hands itself an event.
pub(crate) const EVENT_CALL: [u8; 8] = [228, 69, 165, 46, 81, 203, 154, 29];

/// A swap that went through, but for its transfers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Executed {
    /// What happens, in order.
    pub steps: Vec<Step>,
    /// The program's own accounts as the swap leaves them. Token accounts are not among them.
    pub accounts: Vec<(Address, Vec<u8>)>,
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

impl Failed {
    /// A failure with what the program logged before, in the words of AMM v4.
    pub(crate) fn plain(mut logs: Vec<String>, failure: Failure) -> Self {
        if let Failure::Custom(code) = failure {
            logs.push(format!("Program log: {}", code.message));
        }
        Self { logs, failure }
    }

    /// A failure with what the program logged before, in the words of an Anchor program.
    pub(crate) fn anchor(mut logs: Vec<String>, failure: Failure) -> Self {
        if let Failure::Custom(code) = failure {
            logs.push(format!(
                "Program log: AnchorError occurred. Error Code: {}. Error Number: {}. Error Message: {}.",
                code.name, code.number, code.message
            ));
        }
        Self { logs, failure }
    }
}

/// The line an Anchor program begins with.
pub(crate) fn instruction_log(name: &str) -> String {
    format!("Program log: Instruction: {name}")
}

/// The line that carries a program's bytes.
pub(crate) fn data_log(bytes: &[u8]) -> String {
    format!("Program data: {}", STANDARD.encode(bytes))
}

/// The line that carries AMM v4's bytes.
pub(crate) fn ray_log(bytes: &[u8]) -> String {
    format!("Program log: ray_log: {}", STANDARD.encode(bytes))
}
