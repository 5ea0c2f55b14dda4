//! DLMM's price observations: a ring of samples, each of which gathers the active bin over two minutes.

#[cfg(test)]
mod tests;

use crate::Refusal;
use crate::layout::{Account, Field, Layout};

/// Where the samples begin, and bytes of one.
const SAMPLES_OFFSET: usize = 32;
const SAMPLE_SIZE: usize = 32;

/// Seconds after which a new sample begins.
const LIFETIME: i64 = 120;

/// The layout of an oracle account, without its samples.
#[derive(Debug)]
pub enum OracleLayout {}

impl Layout for OracleLayout {
    const LENGTH: usize = SAMPLES_OFFSET;
    const DISCRIMINATOR: Option<[u8; 8]> = Some([139, 194, 131, 179, 140, 179, 229, 244]);
}

/// An oracle account.
pub type OracleAccount = Account<OracleLayout>;

/// One sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Sample {
    cumulative: i128,
    created: i64,
    updated: i64,
}

impl OracleAccount {
    /// Place of the newest sample.
    pub const NEWEST: Field<OracleLayout, u64> = Field::at(8);
    /// Samples that were ever begun.
    pub const ACTIVE: Field<OracleLayout, u64> = Field::at(16);
    /// Places for samples.
    pub const PLACES: Field<OracleLayout, u64> = Field::at(24);

    /// Notes the bin that a swap met.
    pub(super) fn observe(&mut self, active_id: i32, unix_time: u64) -> Result<(), Refusal> {
        self.gather(active_id, unix_time).ok_or(Refusal::Overflow)
    }

    fn gather(&mut self, active_id: i32, unix_time: u64) -> Option<()> {
        let now = i64::try_from(unix_time).ok()?;
        if self.get(Self::ACTIVE) == 0 {
            self.set(Self::ACTIVE, 1);
        }
        let mut newest = self.get(Self::NEWEST);
        let mut sample = self.sample(newest)?;
        let cumulative = if sample.is_begun() {
            let elapsed = now.checked_sub(sample.updated)?;
            let growth = i128::from(active_id).checked_mul(elapsed.into())?;
            sample.cumulative.checked_add(growth)?
        } else {
            active_id.into()
        };
        if sample.is_begun() && now >= sample.created.checked_add(LIFETIME)? {
            let places = self.get(Self::PLACES);
            newest = newest.checked_add(1)?.checked_rem(places)?;
            self.set(Self::NEWEST, newest);
            if !self.sample(newest)?.is_begun() {
                let active = self.get(Self::ACTIVE).checked_add(1)?;
                self.set(Self::ACTIVE, active.min(places));
            }
            sample = Sample::default();
        }
        sample.cumulative = cumulative;
        sample.updated = now;
        if !sample.is_begun() {
            sample.created = now;
        }
        self.put(newest, sample)
    }

    fn sample(&self, index: u64) -> Option<Sample> {
        let start = offset(index)?;
        Some(Sample {
            cumulative: self.read(start)?,
            created: self.read(start + 16)?,
            updated: self.read(start + 24)?,
        })
    }

    fn put(&mut self, index: u64, sample: Sample) -> Option<()> {
        let start = offset(index)?;
        self.write(start, sample.cumulative)?;
        self.write(start + 16, sample.created)?;
        self.write(start + 24, sample.updated)
    }
}

impl Sample {
    const fn is_begun(self) -> bool {
        self.created > 0 && self.updated > 0
    }
}

fn offset(index: u64) -> Option<usize> {
    let index = usize::try_from(index).ok()?;
    // Within an account, so that the fields behind it cannot overflow.
    let offset = index
        .checked_mul(SAMPLE_SIZE)?
        .checked_add(SAMPLES_OFFSET)?;
    (offset < isize::MAX.unsigned_abs()).then_some(offset)
}
