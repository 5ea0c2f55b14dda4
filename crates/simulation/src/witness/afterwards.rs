//! What becomes of confirmed orders afterwards.

use domain::transaction::Signature;
use domain::{Event, EventData, OrderId};

use super::Witness;

impl Witness {
    /// How many confirmed orders may be undone yet.
    pub(crate) async fn not_final(&self) -> u64 {
        let waiting = self.store.waiting(0).await;
        waiting
            .expect("invariant: the store in memory answers")
            .count
    }

    /// Whether the order's confirmation vanished and its transaction is dead, as the store tells everybody.
    pub(super) async fn is_told_as_lost(&self, id: OrderId) -> bool {
        let standings = self.store.standings(&[id]).await;
        let standings = standings.expect("invariant: the store in memory answers");
        let mut vanished = standings.into_iter().filter_map(|it| it.vanished);
        vanished.any(|it| it.dead_at.is_some())
    }
}

/// Whether the last event is the submission of this transaction.
pub(super) fn is_submission_of(last: Option<&Event>, signature: &Signature) -> bool {
    let submitted = last.map(|last| &last.data);
    matches!(submitted, Some(EventData::Submitted { signature: of, .. }) if of == signature)
}
