//! Which of the live workers watches a pair: the one whose number for that pair is the highest, so that a worker that
//! comes or goes moves no pairs but its own.

use std::collections::BTreeSet;

use domain::WorkerId;
use ports::waiting::Pair;

/// Whether the pair is this worker's. As long as workers disagree on who lives, a pair may have two or none: two do no
/// harm, and none is what the scan is for.
pub(super) fn is_own(own: WorkerId, workers: &BTreeSet<WorkerId>, pair: &Pair) -> bool {
    let highest = workers
        .iter()
        .max_by_key(|worker| (number(**worker, pair), **worker));
    highest == Some(&own)
}

/// The same in all programs of all versions: FNV-1a, mixed.
fn number(worker: WorkerId, pair: &Pair) -> u64 {
    let worker = worker.uuid();
    let bytes = worker.as_bytes().iter();
    let bytes = bytes
        .chain(pair.sold.as_bytes())
        .chain(b"/")
        .chain(pair.bought.as_bytes());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    let mixed = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    mixed ^ (mixed >> 33)
}

#[cfg(test)]
mod tests {
    use domain::WorkerId;
    use uuid::Uuid;

    use super::*;

    fn workers(count: u128) -> BTreeSet<WorkerId> {
        (1..=count)
            .map(|it| WorkerId::new(Uuid::from_u128(it << 70 | it)))
            .collect()
    }

    fn pair(number: u32) -> Pair {
        Pair {
            sold: format!("mint{number}"),
            bought: "USDC".to_owned(),
        }
    }

    fn owner(workers: &BTreeSet<WorkerId>, pair: &Pair) -> WorkerId {
        let mut owners = workers.iter().filter(|own| is_own(**own, workers, pair));
        let owner = owners.next().expect("every pair has one");
        assert_eq!(owners.next(), None, "and no other");
        *owner
    }

    #[test]
    fn pairs_are_shared_out_evenly_and_a_worker_that_goes_leaves_the_others_theirs() {
        let (all, pairs) = (workers(4), 0..1_000);
        let gone = *all.first().unwrap();
        let rest: BTreeSet<_> = all.iter().copied().filter(|it| *it != gone).collect();
        let mut counts = std::collections::BTreeMap::<WorkerId, u32>::new();

        for pair in pairs.map(pair) {
            let before = owner(&all, &pair);
            let after = owner(&rest, &pair);
            assert!(before == gone || before == after);
            *counts.entry(before).or_default() += 1;
        }

        assert!(
            counts.values().all(|count| (200..300).contains(count)),
            "{counts:?}"
        );
        assert!(
            !is_own(gone, &rest, &pair(0)),
            "a worker that is not listed has none"
        );
    }
}
