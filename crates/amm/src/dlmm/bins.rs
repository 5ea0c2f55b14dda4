//! A pair's bins, read from its bin arrays when somebody asks for them: most swaps meet one or two of hundreds.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use super::bin::{BINS_PER_ARRAY, Bin, array_of};
use super::bin_array::BinArray;
use crate::layout::DecodeError;

/// The bins of some arrays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bins {
    /// By their indexes.
    arrays: BTreeMap<i32, BinArray>,
}

impl Bins {
    /// The bins of these arrays.
    pub fn of(arrays: impl IntoIterator<Item = BinArray>) -> Result<Self, DecodeError> {
        let arrays = arrays.into_iter();
        let arrays = arrays.map(|array| Ok((array.index()?, array)));
        Ok(Self {
            arrays: arrays.collect::<Result<_, DecodeError>>()?,
        })
    }

    /// An array by its index.
    #[must_use]
    pub fn array(&self, index: i32) -> Option<&BinArray> {
        self.arrays.get(&index)
    }

    /// A bin, where it holds anything.
    #[must_use]
    pub fn get(&self, id: i32) -> Option<Bin> {
        let (_, bin) = self.range(id..=id).next()?;
        Some(bin)
    }

    /// The bins that hold anything, by their ids.
    pub fn range(
        &self,
        ids: RangeInclusive<i32>,
    ) -> impl DoubleEndedIterator<Item = (i32, Bin)> + '_ {
        let (first, last) = ids.into_inner();
        let arrays = self.arrays.range(array_of(first)..=array_of(last));
        let bins = arrays.flat_map(move |(index, array)| {
            let lowest = index * BINS_PER_ARRAY;
            let ids = lowest.max(first)..=last.min(lowest + BINS_PER_ARRAY - 1);
            ids.filter_map(move |id| Some((id, array.bin(usize::try_from(id - lowest).ok()?)?)))
        });
        bins.filter(|(_, bin)| !bin.is_empty())
    }

    /// Writes a bin of these arrays.
    pub(super) fn put(&mut self, id: i32, bin: &Bin) {
        if let Some(array) = self.arrays.get_mut(&array_of(id)) {
            array
                .set_bin(id, bin)
                .expect("invariant: an array has the bins of its index");
        }
    }
}

/// Bins by their ids, in as many arrays as they need.
impl FromIterator<(i32, Bin)> for Bins {
    fn from_iter<T: IntoIterator<Item = (i32, Bin)>>(bins: T) -> Self {
        let mut all = Self::default();
        for (id, bin) in bins {
            let index = array_of(id);
            all.arrays.entry(index).or_insert_with(|| {
                let mut array = BinArray::empty();
                array.set(BinArray::INDEX, index.into());
                array
            });
            all.put(id, &bin);
        }
        all
    }
}
