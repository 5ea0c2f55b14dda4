//! What is kept of the newest transactions: beyond a number of them the oldest is forgotten.

use std::collections::{HashMap, VecDeque};

use solana_signature::Signature;

/// Something of each transaction, of at most so many.
#[derive(Debug, Default)]
pub(crate) struct Newest<T, const MAX: usize> {
    all: HashMap<Signature, T>,
    /// In the order of their coming.
    order: VecDeque<Signature>,
}

impl<T: Default, const MAX: usize> Newest<T, MAX> {
    /// What is kept of a transaction, if anything.
    pub(crate) fn get(&self, signature: &Signature) -> Option<&T> {
        self.all.get(signature)
    }

    /// The same, to be changed.
    pub(crate) fn get_mut(&mut self, signature: &Signature) -> Option<&mut T> {
        self.all.get_mut(signature)
    }

    /// What is kept of a transaction, from now on at the latest.
    pub(crate) fn entry(&mut self, signature: Signature) -> &mut T {
        if !self.all.contains_key(&signature) {
            if self.order.len() >= MAX
                && let Some(oldest) = self.order.pop_front()
            {
                self.all.remove(&oldest);
            }
            self.order.push_back(signature);
        }
        self.all.entry(signature).or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_goes_first_and_one_that_comes_again_keeps_its_place() {
        let mut newest = Newest::<u8, 2>::default();
        let signature = |byte| Signature::from([byte; 64]);
        for byte in [1, 2, 1, 3] {
            *newest.entry(signature(byte)) += byte;
        }

        let kept = [1, 2, 3].map(|byte| newest.get(&signature(byte)).copied());
        assert_eq!(kept, [None, Some(2), Some(3)]);

        *newest.entry(signature(1)) += 1;
        assert_eq!(newest.get_mut(&signature(1)), Some(&mut 1), "it began anew");
    }
}
