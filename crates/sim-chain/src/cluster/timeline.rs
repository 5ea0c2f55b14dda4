//! Slots, block heights, blockhashes and times: all of them computed, so that a chain nobody looks at costs
//! nothing, and a slot of an hour ago is known without having been kept.

use std::sync::Arc;
use std::time::Duration;

use ports::Clock;
use sha2::{Digest, Sha256};
use solana_hash::Hash;

use super::GENESIS_HASH;
use crate::bank;

const SLOT_TIME: Duration = Duration::from_millis(400);
/// Also what a lost chain's first slot is counted in: no chain was faster.
const SLOT_TIME_MIN: Duration = Duration::from_millis(20);
/// A slower world would be of no use and would overflow durations.
const SCALE_MAX: f64 = 1_000.0;
/// Slots are counted from the beginning of 2026.
const EPOCH_MS: i64 = 1_767_225_600_000;
/// One slot of so many has no block.
const SKIPPED_ONE_OF: u64 = 32;
pub(crate) const SLOTS_IN_EPOCH: u64 = 432_000;

/// How far a clock may have been set back for the chain's time to wait for it. Behind a larger step it goes on from where
/// it was.
const WAITED_FOR_MS: i64 = 60_000;

/// What times are multiplied by where this was asked for.
pub(crate) const fn bounded_scale(latency_scale: f64) -> f64 {
    if latency_scale.is_finite() {
        latency_scale.clamp(0.0, SCALE_MAX)
    } else {
        1.0
    }
}

/// From which moment on slots are counted, since the chain was begun or last went on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Anchor {
    /// The first slot whose block was open then.
    pub(crate) slot: u64,
    pub(crate) unix_ms: i64,
    /// What earlier slots have told already: no later one is before it.
    pub(crate) floor_ms: i64,
    pub(crate) slot_time: Duration,
}

impl Anchor {
    fn unix_ms(&self, slot: u64) -> i64 {
        let slots = u32::try_from(slot.saturating_sub(self.slot)).unwrap_or(u32::MAX);
        let passed = self.slot_time.saturating_mul(slots).as_millis();
        let passed = i64::try_from(passed).unwrap_or(i64::MAX);
        self.unix_ms.saturating_add(passed).max(self.floor_ms)
    }
}

/// When each slot is, and what its block is called.
#[derive(Debug)]
pub(crate) struct Timeline {
    clock: Arc<dyn Clock>,
    started: Duration,
    salt: u64,
    /// The last one counts, the earlier ones say when older slots were.
    anchors: Vec<Anchor>,
    pub(crate) slot_time: Duration,
}

impl Timeline {
    /// A new chain. Its first slot is counted from the clock.
    pub(crate) fn begin(clock: Arc<dyn Clock>, latency_scale: f64, salt: u64) -> Self {
        let age_ms = u128::try_from(clock.now().as_millis() - EPOCH_MS).unwrap_or(0);
        let slots = u64::try_from(age_ms / SLOT_TIME_MIN.as_millis()).unwrap_or(0);
        // A few blocks stand below the first one, so that no slot has to be looked for below zero.
        Self::go_on(
            clock,
            latency_scale,
            salt,
            Vec::new(),
            slots + SKIPPED_ONE_OF,
        )
    }

    /// A chain that has been before, from a slot on that was never open yet.
    pub(crate) fn go_on(
        clock: Arc<dyn Clock>,
        latency_scale: f64,
        salt: u64,
        anchors: Vec<Anchor>,
        slot: u64,
    ) -> Self {
        let mut timeline = Self {
            started: clock.monotonic(),
            clock,
            salt,
            anchors,
            slot_time: SLOT_TIME
                .mul_f64(bounded_scale(latency_scale))
                .max(SLOT_TIME_MIN),
        };
        let slot = slot + u64::from(!timeline.has_block(slot));
        let now_ms = timeline.clock.now().as_millis();
        let floor_ms = timeline
            .anchors
            .last()
            .map_or(now_ms, |last| last.unix_ms(slot));
        let ahead_ms = floor_ms.saturating_sub(now_ms);
        timeline.anchors.push(Anchor {
            slot,
            unix_ms: if ahead_ms > WAITED_FOR_MS {
                floor_ms
            } else {
                now_ms
            },
            floor_ms,
            slot_time: timeline.slot_time,
        });
        timeline
    }

    /// Where the present count began.
    pub(crate) fn anchor(&self) -> Anchor {
        *self
            .anchors
            .last()
            .expect("invariant: a timeline has an anchor from its beginning")
    }

    pub(crate) const fn salt(&self) -> u64 {
        self.salt
    }

    /// The slot of the last block before the one that was open at first.
    pub(crate) fn root(&self) -> u64 {
        self.parent(self.anchor().slot)
    }

    /// The slot before the first one that was ever open, as far as that is known.
    pub(crate) fn genesis(&self) -> u64 {
        let first = self.anchors.first();
        first.map_or_else(|| self.root(), |first| self.parent(first.slot))
    }

    /// The slot of the newest block.
    pub(crate) fn now(&self) -> u64 {
        let passed = self.clock.monotonic().saturating_sub(self.started);
        let slots = passed.as_nanos() / self.slot_time.as_nanos();
        let slots = u64::try_from(slots).unwrap_or(u64::MAX);
        self.last_block(self.anchor().slot.saturating_add(slots))
    }

    /// The slot of the newest block up to a slot.
    pub(crate) fn last_block(&self, slot: u64) -> u64 {
        if self.has_block(slot) {
            slot
        } else {
            self.parent(slot)
        }
    }

    /// Waits until a block newer than the newest one opens.
    pub(crate) async fn wait_for_next(&self) {
        let mut next = self.now() + 1;
        if !self.has_block(next) {
            next += 1;
        }
        let slots = u32::try_from(next - self.anchor().slot).unwrap_or(u32::MAX);
        let at = self.started + self.slot_time.saturating_mul(slots);
        self.clock
            .sleep(at.saturating_sub(self.clock.monotonic()))
            .await;
    }

    /// Whether a slot was not skipped. No two in a row are.
    pub(crate) fn has_block(&self, slot: u64) -> bool {
        slot % SKIPPED_ONE_OF != self.skipped_in(slot / SKIPPED_ONE_OF)
    }

    /// The slot of the block before.
    pub(crate) fn parent(&self, slot: u64) -> u64 {
        let before = slot.saturating_sub(1);
        if self.has_block(before) {
            before
        } else {
            before.saturating_sub(1)
        }
    }

    /// The slot of the block so many blocks before another.
    pub(crate) fn blocks_before(&self, slot: u64, blocks: u64) -> u64 {
        (0..blocks).fold(slot, |slot, _| self.parent(slot))
    }

    /// How many blocks there are below the one of this slot.
    pub(crate) fn height(&self, slot: u64) -> u64 {
        let group = slot / SKIPPED_ONE_OF;
        slot - group - u64::from(slot % SKIPPED_ONE_OF > self.skipped_in(group))
    }

    pub(crate) fn blockhash(&self, slot: u64) -> Hash {
        let hash = Sha256::new()
            .chain_update(GENESIS_HASH.as_ref())
            .chain_update(self.salt.to_le_bytes())
            .chain_update(slot.to_le_bytes());
        Hash::new_from_array(hash.finalize().into())
    }

    pub(crate) fn unix_timestamp(&self, slot: u64) -> i64 {
        self.unix_ms(slot).div_euclid(1_000)
    }

    /// When a slot begins.
    pub(crate) fn unix_ms(&self, slot: u64) -> i64 {
        let later = self.anchors.partition_point(|anchor| anchor.slot <= slot);
        let anchor = self.anchors.get(later.saturating_sub(1));
        anchor.map_or(0, |anchor| anchor.unix_ms(slot))
    }

    pub(crate) fn clock(&self, slot: u64) -> bank::Clock {
        bank::Clock {
            slot,
            epoch: slot / SLOTS_IN_EPOCH,
            unix_timestamp: self.unix_timestamp(slot),
        }
    }

    /// The place of a group's skipped slot: never the first, so that no two are side by side.
    fn skipped_in(&self, group: u64) -> u64 {
        // The finalizer of SplitMix64.
        let mut bits = group ^ self.salt;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        1 + (bits ^ (bits >> 31)) % (SKIPPED_ONE_OF - 1)
    }
}
