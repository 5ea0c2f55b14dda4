//! The oldest transactions of a list that comes newest first, as many as are looked at together: whoever names a wallet
//! often must not keep it from being compared.

use std::collections::VecDeque;

use super::Listed;

/// What is kept of the list.
#[derive(Debug)]
pub(super) struct Oldest {
    most: usize,
    /// Newest first.
    kept: VecDeque<Listed>,
    /// The slot of what was left out last.
    left_out: Option<u64>,
}

impl Oldest {
    /// At most so many.
    pub(super) const fn of(most: usize) -> Self {
        Self {
            most,
            kept: VecDeque::new(),
            left_out: None,
        }
    }

    /// Takes in the next older one.
    pub(super) fn add(&mut self, one: Listed) {
        self.kept.push_back(one);
        if self.kept.len() > self.most {
            self.left_out = self.kept.pop_front().map(|newest| newest.slot);
        }
    }

    /// What is kept of whole slots, oldest first; and the last of these slots where there is more behind it.
    pub(super) fn into_parts(mut self) -> (Vec<Listed>, Option<u64>) {
        let is_left_out = |it: &Listed| Some(it.slot) == self.left_out;
        while self.kept.front().is_some_and(is_left_out) {
            self.kept.pop_front();
        }
        let last = self.kept.front().map(|it| it.slot);
        let up_to = self
            .left_out
            .map(|slot| last.unwrap_or_else(|| slot.saturating_sub(1)));
        (self.kept.into_iter().rev().collect(), up_to)
    }
}

#[cfg(test)]
mod tests {
    use domain::transaction::Signature;

    use super::*;

    #[track_caller]
    fn check(newest_first: &[u64], oldest: &[u64], up_to: Option<u64>) {
        let mut all = Oldest::of(4);
        for (place, slot) in (0..).zip(newest_first) {
            all.add(Listed {
                signature: Signature::from_bytes(&[place; 64]),
                slot: *slot,
            });
        }

        let (listed, left_out) = all.into_parts();

        let slots: Vec<u64> = listed.iter().map(|it| it.slot).collect();
        assert_eq!((&slots[..], left_out), (oldest, up_to));
    }

    #[test]
    fn the_oldest_are_kept_in_whole_slots() {
        check(&[], &[], None);
        check(&[9, 7, 7, 3], &[3, 7, 7, 9], None);
        check(&[9, 7, 6, 5, 3], &[3, 5, 6, 7], Some(7));
        check(&[9, 7, 7, 7, 5, 3], &[3, 5], Some(5));
        check(&[9, 8, 7, 6, 5, 4, 3, 2], &[2, 3, 4, 5], Some(5));
        check(&[9; 5], &[], Some(8));
    }
}
