//! Statuses of many signatures, of the whole history, with few calls: who asks while calls are under way goes together
//! with all others who do.
//!
//! Nobody waits for a timer: a call carries whoever has come while those before it were under way.

use std::fmt;
use std::sync::{Arc, Mutex};

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared, WeakShared};
use solana_signature::Signature;
use tokio::sync::Semaphore;

use crate::rpc::{At, Error, History, Rpc, SIGNATURES_MAX, Status};

/// Calls under way at once: few, so that signatures gather meanwhile.
const IN_FLIGHT_MAX: usize = 4;

const HELD: &str = "invariant: nothing panics while holding it";

type Answer = Result<Arc<At<Vec<Option<Status>>>>, Error>;
type Asking = BoxFuture<'static, Answer>;

/// Asks for statuses.
pub(super) struct Statuses {
    rpc: Arc<dyn Rpc>,
    turns: Arc<Semaphore>,
    gathering: Mutex<Gathering>,
}

/// The call that has not begun yet.
#[derive(Default)]
struct Gathering {
    /// Taken when the call begins.
    signatures: Arc<Mutex<Option<Vec<Signature>>>>,
    /// Weak, so that a call that nobody waits for any more is never made.
    asking: Option<WeakShared<Asking>>,
}

impl Statuses {
    pub(super) fn new(rpc: Arc<dyn Rpc>) -> Self {
        Self {
            rpc,
            turns: Arc::new(Semaphore::new(IN_FLIGHT_MAX)),
            gathering: Mutex::default(),
        }
    }

    /// What is known of a signature, and as of which slot.
    pub(super) async fn of(&self, signature: Signature) -> Result<At<Option<Status>>, Error> {
        let (place, asking) = self.join(signature);
        let answer = asking.await?;
        Ok(At {
            slot: answer.slot,
            value: answer.value.get(place).cloned().flatten(),
        })
    }

    /// The place of a signature in the next call.
    fn join(&self, signature: Signature) -> (usize, Shared<Asking>) {
        let mut gathering = self.gathering.lock().expect(HELD);
        if let Some(joined) = gathering.join(signature) {
            return joined;
        }
        let signatures = Arc::new(Mutex::new(Some(vec![signature])));
        let rpc = Arc::clone(&self.rpc);
        let turns = Arc::clone(&self.turns);
        let list = Arc::clone(&signatures);
        let asking = async move { ask(&*rpc, &turns, &list).await };
        let asking = asking.boxed().shared();
        *gathering = Gathering {
            signatures,
            asking: asking.downgrade(),
        };
        (0, asking)
    }
}

impl Gathering {
    /// Joins the call, where it has not begun and has room.
    fn join(&self, signature: Signature) -> Option<(usize, Shared<Asking>)> {
        let asking = self.asking.as_ref()?.upgrade()?;
        let mut signatures = self.signatures.lock().expect(HELD);
        let signatures = signatures.as_mut()?;
        if signatures.len() >= SIGNATURES_MAX {
            return None;
        }
        signatures.push(signature);
        Some((signatures.len() - 1, asking))
    }
}

async fn ask(
    rpc: &dyn Rpc,
    turns: &Semaphore,
    signatures: &Mutex<Option<Vec<Signature>>>,
) -> Answer {
    let _turn = turns.acquire().await.map_err(Error::unavailable)?;
    let taken = signatures.lock().expect(HELD).take();
    let statuses = rpc
        .signature_statuses(&taken.unwrap_or_default(), History::Whole)
        .await?;
    Ok(Arc::new(statuses))
}

impl fmt::Debug for Statuses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Statuses")
            .field("rpc", &self.rpc)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
