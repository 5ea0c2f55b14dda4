//! A transaction on the list, and what each thing heard of it changes: plain state, without clocks or questions.

use std::sync::Arc;
use std::time::Duration;

use domain::OrderId;
use domain::transaction::Height;
use tokio::sync::oneshot;

use crate::rpc::{Commitment, Error, Slot, Status};

/// Pauses between the first sends of the same bytes, in slots, and between all that follow.
const FIRST_PAUSES: [u32; 3] = [1, 1, 2];
const PAUSE: u32 = 5;

/// What has been heard of a transaction so far.
#[derive(Debug, Clone)]
pub(crate) enum Heard {
    /// There was no look yet.
    Unasked,
    /// It is not known.
    Nothing,
    /// It is known, and may vanish yet.
    Seen,
    /// It has landed or was rolled back.
    Settled(Status),
    /// The last look got no answer.
    Failed(Error),
}

/// What a look has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Nothing,
    /// It has landed or was rolled back, and that was not known.
    Settled,
    /// It was rolled back, and that is not so any more: it may land yet.
    Vanished,
}

/// A transaction on the list.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) order: OrderId,
    pub(super) bytes: Arc<[u8]>,
    pub(super) last_valid: Height,
    pub(super) kept_at: Duration,
    /// When its order was last looked at in this process.
    pub(super) touched_at: Duration,
    pub(super) sends: u32,
    pub(super) next_send: Duration,
    pub(super) is_being_sent: bool,
    pub(super) heard: Heard,
    /// What is final has passed its last valid height.
    pub(super) is_past_its_end: bool,
    /// Something was heard that its order does not know.
    pub(super) has_news: bool,
    /// How often its order was looked at in vain.
    pub(super) looks: u32,
    /// One vote for its death is there, and another is needed.
    pub(super) is_half_proved: bool,
    pub(super) waiting: Vec<oneshot::Sender<Status>>,
}

impl Entry {
    /// Sent once, at this moment.
    pub(super) fn new(
        order: OrderId,
        bytes: Arc<[u8]>,
        last_valid: Height,
        now: Duration,
        unit: Duration,
    ) -> Self {
        Self {
            order,
            bytes,
            last_valid,
            kept_at: now,
            touched_at: now,
            sends: 1,
            next_send: now + pause_after(1) * unit,
            is_being_sent: true,
            heard: Heard::Unasked,
            is_past_its_end: false,
            has_news: false,
            looks: 0,
            is_half_proved: false,
            waiting: Vec::new(),
        }
    }

    /// Whether anything is still to be learnt of it.
    pub(super) const fn is_open(&self) -> bool {
        match &self.heard {
            Heard::Settled(status) => {
                status.outcome.is_err() && !matches!(status.commitment, Commitment::Finalized)
            }
            _ => true,
        }
    }

    /// Whether its bytes are to be sent now: also past their end, which is no more than what an endpoint said.
    pub(super) fn is_to_be_sent(&self, now: Duration) -> bool {
        let may_land = !matches!(self.heard, Heard::Settled(_));
        may_land && !self.is_being_sent && self.next_send <= now
    }

    /// Its bytes are being sent again.
    pub(super) fn sent(&mut self, now: Duration, unit: Duration) {
        self.sends = self.sends.saturating_add(1);
        self.is_being_sent = true;
        let pause = pause_after(self.sends) * unit;
        // Not the sum of all delays: the next one keeps its time, unless that is over.
        self.next_send += pause;
        if self.next_send <= now {
            self.next_send = now + pause;
        }
    }

    /// Takes in what a node that stands at a slot says of it.
    pub(super) fn hear(&mut self, at: Slot, status: Option<Status>, needed: Commitment) -> Change {
        if !self.is_open() {
            return Change::Nothing;
        }
        let known = match &self.heard {
            Heard::Settled(known) => Some(known),
            _ => None,
        };
        let Some(status) = status else {
            return match known {
                // A node that is not so far cannot deny it.
                Some(known) if at < known.slot => Change::Nothing,
                Some(_) => {
                    self.heard = Heard::Nothing;
                    Change::Vanished
                }
                None => {
                    self.heard = Heard::Nothing;
                    Change::Nothing
                }
            };
        };
        if status.commitment < needed {
            if known.is_none() {
                self.heard = Heard::Seen;
            }
            return Change::Nothing;
        }
        let is_new = known.is_none_or(|known| {
            known.outcome != status.outcome || known.commitment < status.commitment
        });
        if is_new {
            self.heard = Heard::Settled(status);
            return Change::Settled;
        }
        Change::Nothing
    }

    /// A look got no answer. What was settled stays so.
    pub(super) fn miss(&mut self, error: &Error) {
        if !matches!(self.heard, Heard::Settled(_)) {
            self.heard = Heard::Failed(error.clone());
        }
    }
}

/// The pause after so many sends, in slots.
fn pause_after(sends: u32) -> u32 {
    let place = usize::try_from(sends).unwrap_or(usize::MAX);
    let pause = FIRST_PAUSES.get(place.saturating_sub(1));
    pause.copied().unwrap_or(PAUSE)
}

#[cfg(test)]
mod tests;
