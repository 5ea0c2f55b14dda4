//! Looks at all endpoints every once in a while: which cluster they show, how far they are, and whether their heights
//! fit together.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;

use super::method::Method;
use super::{Endpoints, LAG_MAX, Member};
use crate::rpc::{Error, Slot, View};

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
        let best = self.furthest(&slots).await;
        for (member, slot) in self.members.iter().zip(slots) {
            if let Some(slot) = slot {
                member.lags(best.get().saturating_sub(slot.get()));
            }
            member.show();
        }
    }

    /// Where the one stands that is furthest, of those whose word counts. Who claims to be far ahead of the others must
    /// answer as of the slot that it tells: otherwise its word alone would bench all others.
    async fn furthest(&self, slots: &[Option<Slot>]) -> Slot {
        let told = |(member, slot): (&Arc<Member>, &Option<Slot>)| {
            let counts = !member.is_disqualified();
            slot.filter(|_| counts)
                .map(|slot| (slot, Arc::clone(member)))
        };
        let mut told: Vec<_> = self.members.iter().zip(slots).filter_map(told).collect();
        told.sort_by_key(|(slot, _)| *slot);
        while let Some((slot, member)) = told.pop() {
            let is_far = |next: &(Slot, _)| slot.get() - next.0.get() > LAG_MAX;
            let is_there = match told.last().is_some_and(is_far) {
                true => stands_at(&member, slot).await,
                false => Some(true),
            };
            if let Some(is_there) = is_there {
                member.overstates(!is_there);
            }
            if is_there == Some(true) {
                told.iter().for_each(|(_, other)| other.overstates(false));
                return slot;
            }
        }
        Slot::default()
    }
}

/// Whether it answers as of a slot that it told a moment ago. Nothing where it does not say.
async fn stands_at(member: &Member, slot: Slot) -> Option<bool> {
    match member.blockhash(View::CONFIRMED.since(slot)).await {
        Ok(answer) => Some(answer.slot >= slot),
        Err(Error::Behind(_)) => Some(false),
        Err(_) => None,
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
