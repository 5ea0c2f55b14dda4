//! A cluster with one transaction, and endpoints that tell of it what they like.

use domain::transaction::Height;
use proptest::prelude::*;
use solana_signature::Signature;

use crate::death::{BLOCKHASH_BLOCKS, BLOCKS_TO_SPARE, Blocks, Subject};
use crate::rpc::{At, Blockhash, Commitment, Entry, EpochInfo, Hash, Slot, Status};

/// Where the model begins. Heights are behind slots from the beginning, and so little that a lie is not found out by its
/// size alone.
const FIRST_SLOT: u64 = 1_000_000;
const FIRST_HEIGHT: u64 = FIRST_SLOT - 300;
/// The blockhash of the transaction is of this slot.
const HASH_SLOT: u64 = FIRST_SLOT + 2_000;
/// The test begins soon after.
pub(super) const START: u64 = HASH_SLOT + 3;
const END: u64 = FIRST_SLOT + 12_000;
/// From a block to its being final.
const TO_FINAL: u64 = 31;
/// What is in the memory of every node.
const REMEMBERED: usize = 300;

/// What becomes of the transaction.
#[derive(Debug, Clone, Default)]
pub(super) struct Plan {
    pub(super) salt: u64,
    /// It lands in the block so many blocks after that of its blockhash.
    pub(super) lands: Option<usize>,
    /// It is seen from this slot on, for so many slots, in blocks that vanish before they are final.
    pub(super) forked: Option<(u64, u64)>,
}

/// The blocks that take it.
const LIFE: usize = 150;

pub(super) fn plan() -> impl Strategy<Value = Plan> {
    let lands = prop::option::weighted(0.7, prop_oneof![1..=LIFE, Just(LIFE)]);
    let forked = prop::option::of((1..200_u64, 1..TO_FINAL));
    (any::<u64>(), lands, forked).prop_map(|(salt, lands, forked)| Plan {
        salt,
        lands,
        forked,
    })
}

/// The whole life of a cluster.
#[derive(Debug)]
pub(super) struct Cluster {
    plan: Plan,
    /// The slots that have a block. The height of each is its place, from [`FIRST_HEIGHT`] on.
    blocks: Vec<u64>,
    landed_in: Option<u64>,
}

impl Cluster {
    pub(super) fn new(plan: Plan) -> Self {
        let is_block = |slot: &u64| {
            let bits = (slot ^ plan.salt).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            *slot == HASH_SLOT || !(bits >> 32).is_multiple_of(10)
        };
        let blocks: Vec<_> = (FIRST_SLOT..END).filter(is_block).collect();
        let of_hash = blocks.partition_point(|slot| *slot < HASH_SLOT);
        let landed_in = plan.lands.map(|after| blocks[of_hash + after]);
        Self {
            plan,
            blocks,
            landed_in,
        }
    }

    pub(super) fn subject(&self) -> Subject {
        let last_valid = self.height(HASH_SLOT) + BLOCKHASH_BLOCKS + BLOCKS_TO_SPARE;
        Subject {
            signature: signature(),
            last_valid: Height::new(last_valid),
        }
    }

    pub(super) fn lands(&self) -> bool {
        self.landed_in.is_some()
    }

    /// Whether what is final is past the last block that takes the transaction.
    pub(super) fn is_over(&self, tip: u64) -> bool {
        self.height(self.finalized(tip)) > self.height(HASH_SLOT) + BLOCKHASH_BLOCKS
    }

    fn place(&self, slot: u64) -> usize {
        self.blocks
            .partition_point(|it| *it <= slot)
            .saturating_sub(1)
    }

    fn height(&self, slot: u64) -> u64 {
        FIRST_HEIGHT + self.place(slot) as u64
    }

    fn finalized(&self, tip: u64) -> u64 {
        self.blocks[self.place(tip.saturating_sub(TO_FINAL))]
    }
}

pub(super) fn signature() -> Signature {
    Signature::from([7; 64])
}

/// How an endpoint is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Honest {
        lag: u64,
    },
    Lagging {
        lag: u64,
    },
    /// It tells the slot in place of the height.
    Lying,
    /// It has lost all but the last slots of its ledger, and says nothing of that.
    Purged {
        keeps: u64,
    },
    /// It cannot read its history, and says that there is none.
    Swallowing,
    /// It was away for some slots, and has no blocks of them.
    Holed {
        from: u64,
        slots: u64,
    },
    Silent,
}

pub(super) fn any_kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        2 => (0..4_u64).prop_map(|lag| Kind::Honest { lag }),
        1 => (20..900_u64).prop_map(|lag| Kind::Lagging { lag }),
        2 => Just(Kind::Lying),
        2 => (0..900_u64).prop_map(|keeps| Kind::Purged { keeps }),
        1 => Just(Kind::Swallowing),
        1 => (0..180_u64, 65..400_u64).prop_map(|(from, slots)| Kind::Holed { from, slots }),
        1 => Just(Kind::Silent),
    ]
}

/// One endpoint. Each answer may come from another node behind it, which lags a little differently.
#[derive(Debug, Clone, Copy)]
pub(super) struct Endpoint {
    pub(super) kind: Kind,
}

/// What an endpoint says at a moment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Now<'a> {
    pub(super) cluster: &'a Cluster,
    /// The newest slot.
    pub(super) tip: u64,
    /// By how much this answer lags beyond what is usual for the endpoint.
    pub(super) jitter: u64,
}

impl Endpoint {
    pub(super) fn is_silent(&self) -> bool {
        matches!(self.kind, Kind::Silent)
    }

    fn tip(&self, now: Now<'_>) -> u64 {
        let lag = match self.kind {
            Kind::Honest { lag } | Kind::Lagging { lag } => lag,
            _ => 0,
        };
        now.tip.saturating_sub(lag + now.jitter)
    }

    fn finalized(&self, now: Now<'_>) -> u64 {
        now.cluster.finalized(self.tip(now))
    }

    pub(super) fn epoch_info(&self, now: Now<'_>) -> EpochInfo {
        let slot = self.finalized(now);
        let height = match self.kind {
            Kind::Lying => slot,
            _ => now.cluster.height(slot),
        };
        EpochInfo {
            slot: Slot::new(slot),
            height: Height::new(height),
            epoch: 2,
        }
    }

    /// None where the node is behind.
    pub(super) fn blockhash(&self, now: Now<'_>, since: Slot) -> Option<At<Blockhash>> {
        let slot = self.finalized(now);
        let last_valid = now.cluster.height(slot) + BLOCKHASH_BLOCKS;
        let value = Blockhash {
            hash: Hash::new_from_array([1; 32]),
            last_valid_height: Height::new(last_valid),
        };
        let slot = Slot::new(slot);
        (slot >= since).then_some(At { slot, value })
    }

    pub(super) fn history(&self, now: Now<'_>, since: Slot) -> Option<Vec<Entry>> {
        let end = self.finalized(now);
        let entry = |slot| Entry {
            signature: signature(),
            slot: Slot::new(slot),
            outcome: Ok(()),
        };
        let landed = now.cluster.landed_in.filter(|slot| *slot <= end);
        let is_told = |slot: &u64| self.holds(now, *slot) && !matches!(self.kind, Kind::Swallowing);
        let told = landed.filter(is_told);
        (Slot::new(end) >= since).then(|| told.map(entry).into_iter().collect())
    }

    /// Always of the newest bank.
    pub(super) fn status(&self, now: Now<'_>) -> At<Option<Status>> {
        let tip = self.tip(now);
        let status = |slot: u64, commitment| Status {
            slot: Slot::new(slot),
            outcome: Ok(()),
            commitment,
        };
        let cluster = now.cluster;
        let is_remembered = |slot: u64| cluster.place(tip) - cluster.place(slot) < REMEMBERED;
        let landed = cluster.landed_in.filter(|slot| *slot <= tip);
        let landed = landed.filter(|slot| is_remembered(*slot) || self.holds(now, *slot));
        let landed = landed.map(|slot| match slot <= cluster.finalized(tip) {
            true => status(slot, Commitment::Finalized),
            false => status(slot, Commitment::Confirmed),
        });
        let forked = cluster.plan.forked.and_then(|(after, slots)| {
            let from = HASH_SLOT + after;
            (from..from + slots)
                .contains(&tip)
                .then(|| status(from, Commitment::Processed))
        });
        At {
            slot: Slot::new(tip),
            value: landed.or(forked),
        }
    }

    pub(super) fn blocks(&self, now: Now<'_>, asked: Blocks) -> Vec<Slot> {
        let end = self.finalized(now);
        let all = &now.cluster.blocks;
        let place = |slot: u64| all.partition_point(|it| *it < slot);
        let asked_for = all[place(asked.start.get())..place(end + 1)]
            .iter()
            .copied();
        asked_for
            .filter(|slot| self.holds(now, *slot))
            .take(usize::try_from(asked.limit).unwrap())
            .map(Slot::new)
            .collect()
    }

    fn holds(&self, now: Now<'_>, slot: u64) -> bool {
        match self.kind {
            Kind::Purged { keeps } => slot > self.tip(now).saturating_sub(keeps),
            Kind::Holed { from, slots } => {
                let from = HASH_SLOT + from;
                !(from..from + slots).contains(&slot)
            }
            _ => true,
        }
    }
}
