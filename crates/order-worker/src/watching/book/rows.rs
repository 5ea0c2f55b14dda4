//! Rows in the order of their keys, for many small books: in pieces that grow by an eighth, so that little memory is kept
//! for rows to come, and that are so short that a row in their midst moves few others.

/// Rows of a piece.
const PIECE: usize = 128;

/// What stands in an order, each with a key of its own.
pub(super) trait Row: Copy {
    type Key: Ord;

    fn key(&self) -> Self::Key;
}

/// Rows in the order of their keys. No piece is empty.
#[derive(Debug)]
pub(super) struct Rows<R> {
    pieces: Vec<Vec<R>>,
    count: usize,
}

impl<R: Row> Rows<R> {
    pub(super) const fn new() -> Self {
        Self {
            pieces: Vec::new(),
            count: 0,
        }
    }

    pub(super) const fn len(&self) -> usize {
        self.count
    }

    pub(super) fn first(&self) -> Option<&R> {
        self.pieces.first()?.first()
    }

    pub(super) fn last(&self) -> Option<&R> {
        self.pieces.last()?.last()
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &R> {
        self.pieces.iter().flatten()
    }

    /// Behind those that are before it: the first ones, as this tells.
    pub(super) fn behind(&self, is_before: impl Fn(&R) -> bool) -> impl Iterator<Item = &R> {
        let (piece, place) = self.place(is_before);
        let rest = self.pieces.get(piece..).unwrap_or_default();
        rest.iter().flatten().skip(place)
    }

    /// The last one of the first ones, as this tells.
    pub(super) fn last_of(&self, is_before: impl Fn(&R) -> bool) -> Option<&R> {
        let (piece, place) = self.place(is_before);
        match place.checked_sub(1) {
            Some(last) => self.pieces.get(piece)?.get(last),
            None => self.pieces.get(piece.checked_sub(1)?)?.last(),
        }
    }

    pub(super) fn get(&self, key: &R::Key) -> Option<&R> {
        let (piece, place) = self.place(|row| row.key() < *key);
        let row = self.pieces.get(piece)?.get(place)?;
        (row.key() == *key).then_some(row)
    }

    /// Enters a row, instead of that with the same key.
    pub(super) fn insert(&mut self, row: R) {
        let key = row.key();
        let (mut piece, mut place) = self.place(|row| row.key() < key);
        if let Some(old) = self.pieces.get_mut(piece).and_then(|it| it.get_mut(place))
            && old.key() == key
        {
            *old = row;
            return;
        }
        self.count += 1;
        if piece == self.pieces.len() {
            // Behind all others: where these have no room, in a piece of its own.
            match self.pieces.last() {
                Some(last) if last.len() < PIECE => {
                    piece -= 1;
                    place = last.len();
                }
                _ => insert(&mut self.pieces, piece, Vec::new()),
            }
        }
        if self.pieces[piece].len() >= PIECE {
            let half = PIECE / 2;
            let upper = self.pieces[piece].split_off(half);
            self.pieces[piece].shrink_to_fit();
            insert(&mut self.pieces, piece + 1, upper);
            if place > half {
                (piece, place) = (piece + 1, place - half);
            }
        }
        insert(&mut self.pieces[piece], place, row);
    }

    pub(super) fn remove(&mut self, key: &R::Key) -> Option<R> {
        let (piece, place) = self.place(|row| row.key() < *key);
        let rows = self.pieces.get_mut(piece)?;
        if rows.get(place)?.key() != *key {
            return None;
        }
        let row = rows.remove(place);
        self.count -= 1;
        if rows.is_empty() {
            self.pieces.remove(piece);
        }
        Some(row)
    }

    /// How many pieces, and how many rows of the next one, are before it.
    fn place(&self, is_before: impl Fn(&R) -> bool) -> (usize, usize) {
        let piece = self
            .pieces
            .partition_point(|rows| rows.last().is_some_and(&is_before));
        let rows = self.pieces.get(piece);
        (
            piece,
            rows.map_or(0, |rows| rows.partition_point(is_before)),
        )
    }
}

fn insert<T>(all: &mut Vec<T>, place: usize, one: T) {
    if all.len() == all.capacity() {
        all.reserve_exact(all.len() / 8 + 1);
    }
    all.insert(place, one);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    impl Row for (u16, u8) {
        type Key = u16;

        fn key(&self) -> u16 {
            self.0
        }
    }

    proptest! {
        /// As a tree of the standard library does it.
        #[test]
        fn rows_stand_in_order_and_each_once(
            steps in prop::collection::vec((0..600u16, any::<u8>(), 0..4u8), 1..1_500),
            rising in 0..400u16,
        ) {
            let (mut rows, mut tree) = (Rows::new(), BTreeMap::new());
            for key in 0..rising {
                rows.insert((key, 0));
                tree.insert(key, 0);
            }
            for (key, value, what) in steps {
                if what == 0 {
                    let removed = rows.remove(&key).map(|(_, value)| value);
                    prop_assert_eq!(removed, tree.remove(&key));
                } else {
                    rows.insert((key, value));
                    tree.insert(key, value);
                }
                prop_assert_eq!(rows.get(&key).map(|(_, value)| value), tree.get(&key));
                let behind = rows.behind(|it| it.0 < key).next().copied();
                prop_assert_eq!(behind, tree.range(key..).next().map(|(key, value)| (*key, *value)));
                let last = rows.last_of(|it| it.0 < key).copied();
                prop_assert_eq!(last, tree.range(..key).next_back().map(|(key, value)| (*key, *value)));
            }

            let all: Vec<(u16, u8)> = tree.into_iter().collect();
            prop_assert_eq!(rows.len(), all.len());
            prop_assert_eq!(rows.first(), all.first());
            prop_assert_eq!(rows.last(), all.last());
            prop_assert_eq!(rows.iter().rev().copied().collect::<Vec<_>>(), all.iter().rev().copied().collect::<Vec<_>>());
            prop_assert!(rows.pieces.iter().all(|rows| (1..=PIECE).contains(&rows.len())));
            prop_assert_eq!(rows.iter().copied().collect::<Vec<_>>(), all);
        }
    }
}
