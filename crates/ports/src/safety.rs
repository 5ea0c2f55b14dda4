//! What holds a running engine back from losing money: the halt, the count of reverts in a row, and how far the
//! wallet's lamports and tokens are explained.
//!
//! Promises of every [`Safety`]:
//! 1. A halt stands until somebody resumes, also over restarts; the first reason stays. It pauses the engine as well:
//!    once it is confirmed, `claim` grants no pending order. Whoever resumes ends both.
//! 2. A halt, and its end, are in the audit log, stored in one transaction with the act itself.
//! 3. Reverts of one kind are counted in a row over all processes: an order that is confirmed, a revert of another
//!    kind and a resume begin the count anew. The same execution counts once.
//! 4. What is explained of a wallet never goes back, and is forgotten with the cluster.

use std::collections::BTreeMap;
use std::fmt::Debug;

use async_trait::async_trait;
use domain::spending::WalletUse;
use domain::{Address, Mint, OrderId, Timestamp};

use crate::Result;

/// Who acts where the engine does it itself.
pub const ENGINE: &str = "engine";
/// The most that is kept of a reason.
pub const REASON_MAX: usize = 500;

/// Nothing is signed and nothing is sent, by nobody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Halt {
    pub since: Timestamp,
    /// Who halted first: `admin`, `loopback`, `signal`, or `engine`.
    pub actor: String,
    pub reason: String,
}

/// What a look at a store shows whose engine need not run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Peeked {
    /// No execution begins.
    pub is_paused: bool,
    pub halt: Option<Halt>,
    /// What is counted of a wallet for each purpose that was asked for.
    pub uses: Vec<WalletUse>,
}

/// A transaction of ours that landed and was rolled back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reverted {
    pub order: OrderId,
    /// Which execution of the order.
    pub execution: u32,
    /// The program and what it said.
    pub kind: String,
}

/// Up to where all lamports and tokens of a wallet are explained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The last slot of which all transactions were looked at.
    pub slot: u64,
    /// What the wallet held behind it.
    pub lamports: u64,
    /// The same of each token that is followed; nothing of one that is looked at from the next comparison on.
    pub tokens: Tokens,
}

/// Base units by mint.
pub type Tokens = BTreeMap<Mint, Option<u64>>;

impl Checkpoint {
    /// Its tokens as stores keep them.
    #[must_use]
    pub fn tokens_text(&self) -> String {
        let tokens = self.tokens.iter();
        let words = tokens.map(|(mint, held)| match held {
            Some(held) => format!("{mint}:{held}"),
            None => format!("{mint}:"),
        });
        words.collect::<Vec<_>>().join(" ")
    }

    /// Reads them back; nothing where a store has something else.
    #[must_use]
    pub fn read_tokens(text: &str) -> Option<Tokens> {
        let words = text.split_whitespace().map(|word| {
            let (mint, held) = word.split_once(':')?;
            let held = match held {
                "" => None,
                held => Some(held.parse().ok()?),
            };
            Some((mint.parse().ok()?, held))
        });
        words.collect()
    }
}

/// What holds a running engine back. See the module's promises.
///
/// Cancel safety: a dropped call may or may not have taken effect; it may be repeated.
#[async_trait]
pub trait Safety: Send + Sync + Debug {
    /// The halt that stands.
    async fn halted(&self) -> Result<Option<Halt>>;

    /// Halts the engine; answers with the halt that stands now.
    async fn halt(&self, actor: &str, reason: &str) -> Result<Halt>;

    /// Counts a revert; answers how many of its kind there were in a row.
    async fn count_revert(&self, reverted: &Reverted) -> Result<u32>;

    /// How far a wallet is explained.
    async fn checkpoint(&self, wallet: Address) -> Result<Option<Checkpoint>>;

    /// It is explained up to here.
    async fn keep_checkpoint(&self, wallet: Address, checkpoint: Checkpoint) -> Result<()>;
}
