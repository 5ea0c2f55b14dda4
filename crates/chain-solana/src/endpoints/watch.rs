//! Looks at all endpoints every once in a while: which cluster they show, how far they are, and whether their heights
//! fit together.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;

use super::method::Method;
use super::{Endpoints, Member};
use crate::rpc::{Slot, View};

/// About five slots.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Every so many looks heights are compared with those of blockhashes.
const COMPARED_EVERY: u32 = 15;

impl Endpoints {
    /// Looks at them until it is dropped.
    pub async fn watch(&self) {
        for look in 0_u32.. {
            let is_compared = look.is_multiple_of(COMPARED_EVERY);
            self.look(is_compared).await;
            self.clock.sleep(LOOK_EVERY).await;
        }
    }

    pub(super) async fn look(&self, is_compared: bool) {
        // Those that nobody could ask yet may be there now.
        let _ = super::check_all(&self.members, self.genesis).await;
        let slots = self.members.iter().map(|it| slot_of(it, is_compared));
        let slots = join_all(slots).await;
        let best = slots.iter().flatten().max().copied().unwrap_or_default();
        for (member, slot) in self.members.iter().zip(slots) {
            if let Some(slot) = slot {
                member.lags(best.get().saturating_sub(slot.get()));
            }
            member.show();
        }
    }
}

/// Where an endpoint of the cluster stands.
async fn slot_of(member: &Arc<Member>, is_compared: bool) -> Option<Slot> {
    if !member.is_ready(Method::EpochInfo) {
        return None;
    }
    let bank = member.bank(View::CONFIRMED).await.ok()?;
    if is_compared && !member.is_disqualified() {
        // A lie, or that no answer came, is kept in mind where it is heard.
        let _ = member.blockhash(View::CONFIRMED.since(bank.slot)).await;
    }
    Some(bank.slot)
}
