//! Who may ask, and what is answered.

mod door;
mod telling;

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chain_solana::keys::socket::Answer;
use chain_solana::keys::{Signer as _, Wallet};
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::stat::{Mode, umask};
use ports::Clock;
use tokio::io::AsyncReadExt;
use tokio::net::UnixStream;
use tokio::time::timeout;

use crate::crash_point;
use crate::journal::{Journal, Moment, Refused};
use crate::judge::{MESSAGE_BYTES_MAX, Rules, judge};

pub use door::{Door, NoDoor, check_folder};
use telling::Telling;

/// A question that has begun arrives within this time, and its answer is taken within it.
const EXCHANGE_LIMIT: Duration = Duration::from_secs(2);
/// The steady clock begins with the process; what was signed before it has to fit in front of that.
const BEFORE_THE_PROCESS: Duration = Duration::from_secs(24 * 3_600);

/// A key behind its rules.
#[derive(Debug)]
pub struct Signer {
    wallet: Wallet,
    rules: Rules,
    journal: Mutex<Journal>,
    clock: Arc<dyn Clock>,
    telling: Telling,
}

/// Why a message is not signed.
#[derive(Debug, thiserror::Error)]
enum NotSigned {
    /// It breaks a rule.
    #[error("{0}")]
    Rule(String),
    /// It would pass a limit.
    #[error("{0}")]
    Limit(String),
    /// It may be another time.
    #[error("{0}")]
    Now(String),
}

impl Signer {
    /// The key of this wallet, behind these rules and this journal's limits.
    #[must_use]
    pub const fn new(
        wallet: Wallet,
        rules: Rules,
        journal: Journal,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            wallet,
            rules,
            journal: Mutex::new(journal),
            clock,
            telling: Telling::new(),
        }
    }

    /// Signs a message if the rules and limits allow it; written down before.
    pub async fn answer(&self, message: &[u8]) -> Answer {
        if message.is_empty() {
            return Answer::Address(self.wallet.address());
        }
        if let Err(refused) = self.admit(message) {
            self.telling.refused(&refused, self.clock.monotonic());
            return match refused {
                NotSigned::Rule(why) => Answer::Refused(why),
                NotSigned::Limit(why) => Answer::Limited(why),
                NotSigned::Now(why) => Answer::Failed(why),
            };
        }
        crash_point::journaled();
        match self.wallet.sign(message).await {
            Ok(signature) => Answer::Signed(signature),
            Err(error) => Answer::Failed(error.to_string()),
        }
    }

    fn admit(&self, message: &[u8]) -> Result<(), NotSigned> {
        let spending = judge(message, &self.rules);
        let spending = spending.map_err(|refusal| NotSigned::Rule(refusal.to_string()))?;
        let now = moment(&*self.clock);
        let mut journal = self.journal.lock().unwrap_or_else(PoisonError::into_inner);
        let admitted = journal.admit(message, &spending, now);
        admitted.map_err(|refused| match refused {
            Refused::Journal(_) | Refused::Pace(_) => NotSigned::Now(refused.to_string()),
            Refused::Limit(_) => NotSigned::Limit(refused.to_string()),
        })
    }

    fn sync(&self) {
        let mut journal = self.journal.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = journal.sync() {
            tracing::error!(%error, "the journal cannot be synced: {error}");
        }
    }
}

/// Now, by both clocks.
#[must_use]
pub fn moment(clock: &dyn Clock) -> Moment {
    let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    Moment {
        wall_ms: u64::try_from(clock.now().as_millis()).unwrap_or(0),
        steady_ms: millis(BEFORE_THE_PROCESS.saturating_add(clock.monotonic())),
    }
}

/// Keeps what this process holds out of core dumps and from being read by others of the same user, and what it writes
/// to itself.
pub fn harden() -> nix::Result<()> {
    umask(Mode::from_bits_truncate(0o077));
    setrlimit(Resource::RLIMIT_CORE, 0, 0)?;
    #[cfg(target_os = "linux")]
    nix::sys::prctl::set_dumpable(false)?;
    Ok(())
}

/// Answers one connection's questions, one after another.
async fn converse(mut stream: UnixStream, signer: &Signer) -> io::Result<()> {
    loop {
        // A worker keeps its connection for as long as it likes; a question that has begun is another thing.
        let first = stream.read_u8().await?;
        match timeout(EXCHANGE_LIMIT, exchange(&mut stream, first, signer)).await?? {
            Then::GoOn => {}
            Then::End => return Ok(()),
        }
    }
}

enum Then {
    GoOn,
    End,
}

async fn exchange(stream: &mut UnixStream, first: u8, signer: &Signer) -> io::Result<Then> {
    let length = u16::from_le_bytes([first, stream.read_u8().await?]);
    let length = usize::from(length);
    if length > MESSAGE_BYTES_MAX {
        let why = format!("size: {length} bytes, of at most {MESSAGE_BYTES_MAX}");
        // What follows is not read, so the conversation ends here.
        Answer::Refused(why).write(stream).await?;
        return Ok(Then::End);
    }
    let mut message = vec![0; length];
    stream.read_exact(&mut message).await?;
    if has_left(stream) {
        return Ok(Then::End);
    }
    signer.answer(&message).await.write(stream).await?;
    Ok(Then::GoOn)
}

/// Whether the asker has given up meanwhile: what nobody waits for is neither signed nor counted.
fn has_left(stream: &UnixStream) -> bool {
    stream.try_read(&mut [0]).is_ok()
}

#[cfg(test)]
mod tests;
