//! CPMM's price observations: a ring of cumulative prices, written at most every fifteen seconds.

#[cfg(test)]
mod tests;

use crate::layout::{Account, Field, Layout};
use crate::{Address, Refusal};

/// Places in the ring.
const PLACES: u16 = 100;
/// Where the ring begins, and bytes of one place: time, and both cumulative prices.
const RING_OFFSET: usize = 43;
const PLACE_SIZE: usize = 40;

/// Seconds that lie between two observations at least.
const PAUSE: u64 = 15;

/// The layout of an observation account.
#[derive(Debug)]
pub enum ObservationLayout {}

impl Layout for ObservationLayout {
    const LENGTH: usize = 4_075;
    const DISCRIMINATOR: Option<[u8; 8]> = Some([122, 174, 197, 53, 129, 9, 165, 132]);
}

/// An observation account.
pub type ObservationAccount = Account<ObservationLayout>;

/// One observation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Observation {
    unix_time: u64,
    cumulative: (u128, u128),
}

impl ObservationAccount {
    /// Zero until the first swap.
    pub const INITIALIZED: Field<ObservationLayout, u8> = Field::at(8);
    /// Place of the newest observation.
    pub const NEWEST: Field<ObservationLayout, u16> = Field::at(9);
    /// The pool it observes.
    pub const POOL: Field<ObservationLayout, Address> = Field::at(11);

    /// Notes the price that a swap met, both ways in Q32.32, where the newest observation is old enough.
    pub(super) fn observe(
        &mut self,
        unix_time: u64,
        (first, second): (u128, u128),
    ) -> Result<(), Refusal> {
        let newest = self.get(Self::NEWEST);
        if self.get(Self::INITIALIZED) == 0 {
            self.set(Self::INITIALIZED, 1);
            let cumulative = (0, 0);
            let beginning = Observation {
                unix_time,
                cumulative,
            };
            return self.put(newest, beginning).ok_or(Refusal::Overflow);
        }
        let before = self.place(newest).ok_or(Refusal::Overflow)?;
        let elapsed = unix_time.saturating_sub(before.unix_time);
        if elapsed < PAUSE {
            return Ok(());
        }

        let next = match newest {
            newest if newest == PLACES - 1 => 0,
            newest => newest + 1,
        };
        let grown = |cumulative: u128, price: u128| {
            let growth = price.checked_mul(elapsed.into());
            Ok(cumulative.wrapping_add(growth.ok_or(Refusal::Overflow)?))
        };
        let cumulative = (
            grown(before.cumulative.0, first)?,
            grown(before.cumulative.1, second)?,
        );
        let observation = Observation {
            unix_time,
            cumulative,
        };
        self.put(next, observation).ok_or(Refusal::Overflow)?;
        self.set(Self::NEWEST, next);
        Ok(())
    }

    fn place(&self, index: u16) -> Option<Observation> {
        let start = offset(index)?;
        Some(Observation {
            unix_time: self.read(start)?,
            cumulative: (self.read(start + 8)?, self.read(start + 24)?),
        })
    }

    fn put(&mut self, index: u16, observation: Observation) -> Option<()> {
        let start = offset(index)?;
        self.write(start, observation.unix_time)?;
        self.write(start + 8, observation.cumulative.0)?;
        self.write(start + 24, observation.cumulative.1)
    }
}

fn offset(index: u16) -> Option<usize> {
    (index < PLACES).then(|| RING_OFFSET + usize::from(index) * PLACE_SIZE)
}
