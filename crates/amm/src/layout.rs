//! Accounts as bytes with named fields.
//!
//! An [`Account`] keeps every byte it was read from; its fields are read and written in place. So what we do not
//! know of an account survives, and writing back changes nothing but the fields that were set. Bytes come from
//! outside: opening answers any of them with a value or a [`DecodeError`], never with a panic, and a field that
//! does not lie within its layout does not compile.

use std::fmt;
use std::marker::PhantomData;

use ruint::aliases::U256;

use crate::{Activation, Address};

/// Why bytes are not the account they were taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// There are fewer bytes than the layout needs.
    #[error("the account has {found} bytes, its layout {expected}")]
    TooShort {
        /// Length of the layout.
        expected: usize,
        /// Length of the account.
        found: usize,
    },
    /// The first eight bytes name another kind of account.
    #[error("the account is of another kind")]
    WrongKind,
    /// A field holds a value the layout does not define.
    #[error("unknown value {value} in field `{field}`")]
    UnknownValue {
        /// Name of the field.
        field: &'static str,
        /// The value.
        value: u64,
    },
}

impl DecodeError {
    /// A field holds a value the layout does not define.
    pub(crate) fn unknown(field: &'static str, value: impl Into<u64>) -> Self {
        let value = value.into();
        Self::UnknownValue { field, value }
    }
}

/// A kind of account.
pub trait Layout {
    /// Bytes of the layout; an account may be longer.
    const LENGTH: usize;
    /// The account's first bytes, where the kind has such a mark.
    const DISCRIMINATOR: Option<[u8; 8]>;
}

/// A place in a kind of account, and the type of what stands there.
#[derive(Debug)]
pub struct Field<L, T> {
    offset: usize,
    of: PhantomData<(L, T)>,
}

/// An account of one kind, with all its bytes.
pub struct Account<L> {
    bytes: Vec<u8>,
    of: PhantomData<L>,
}

/// What a field can hold, in little-endian order.
pub trait Value: Sized {
    /// Its bytes.
    const SIZE: usize;
    /// Reads it from exactly its bytes.
    fn read(bytes: &[u8]) -> Option<Self>;
    /// Writes it into exactly its bytes.
    fn write(self, bytes: &mut [u8]);
}

impl<L: Layout, T: Value> Field<L, T> {
    /// The field at an offset from the account's first byte.
    #[must_use]
    pub const fn at(offset: usize) -> Self {
        assert!(offset + T::SIZE <= L::LENGTH, "beyond the layout");
        Self {
            offset,
            of: PhantomData,
        }
    }

    /// Its offset from the account's first byte.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.offset
    }
}

impl<L: Layout> Account<L> {
    /// Checks the length, and the discriminator where the layout begins with one.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        if bytes.len() < L::LENGTH {
            return Err(DecodeError::TooShort {
                expected: L::LENGTH,
                found: bytes.len(),
            });
        }
        if L::DISCRIMINATOR.is_some_and(|expected| !bytes.starts_with(&expected)) {
            return Err(DecodeError::WrongKind);
        }
        Ok(Self {
            bytes: bytes.to_vec(),
            of: PhantomData,
        })
    }

    /// An account whose fields are all zero.
    #[must_use]
    pub fn empty() -> Self {
        let mut bytes = vec![0; L::LENGTH];
        if let Some(discriminator) = L::DISCRIMINATOR {
            bytes[..discriminator.len()].copy_from_slice(&discriminator);
        }
        Self {
            bytes,
            of: PhantomData,
        }
    }

    /// The account as it stands on the chain.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What a field holds.
    #[must_use]
    pub fn get<T: Value>(&self, field: Field<L, T>) -> T {
        self.read(field.offset)
            .expect("invariant: a field lies within its layout, and an account is no shorter")
    }

    /// Sets a field.
    pub fn set<T: Value>(&mut self, field: Field<L, T>, value: T) {
        self.write(field.offset, value)
            .expect("invariant: a field lies within its layout, and an account is no shorter");
    }

    /// What stands at an offset, where the account reaches that far.
    pub(crate) fn read<T: Value>(&self, offset: usize) -> Option<T> {
        let end = offset.checked_add(T::SIZE)?;
        T::read(self.bytes.get(offset..end)?)
    }

    /// Writes at an offset, where the account reaches that far.
    pub(crate) fn write<T: Value>(&mut self, offset: usize, value: T) -> Option<()> {
        let end = offset.checked_add(T::SIZE)?;
        value.write(self.bytes.get_mut(offset..end)?);
        Some(())
    }
}

// By hand: derived, they would ask the same of the layouts, which are only names.
impl<L, T> Clone for Field<L, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<L, T> Copy for Field<L, T> {}

impl<L> Clone for Account<L> {
    fn clone(&self) -> Self {
        Self {
            bytes: self.bytes.clone(),
            of: PhantomData,
        }
    }
}

impl<L> PartialEq for Account<L> {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl<L> Eq for Account<L> {}

impl<L> fmt::Debug for Account<L> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "an account of {} bytes", self.bytes.len())
    }
}

macro_rules! integers {
    ($($type:ty),*) => {$(
        impl Value for $type {
            const SIZE: usize = size_of::<Self>();
            fn read(bytes: &[u8]) -> Option<Self> {
                bytes.try_into().ok().map(Self::from_le_bytes)
            }
            fn write(self, bytes: &mut [u8]) {
                bytes.copy_from_slice(&self.to_le_bytes());
            }
        }
    )*};
}

integers!(u8, u16, u32, u64, u128, i32, i64, i128);

impl Value for Address {
    const SIZE: usize = 32;
    fn read(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
    fn write(self, bytes: &mut [u8]) {
        bytes.copy_from_slice(&self.0);
    }
}

impl Value for U256 {
    const SIZE: usize = 32;
    fn read(bytes: &[u8]) -> Option<Self> {
        Self::try_from_le_slice(bytes)
    }
    fn write(self, bytes: &mut [u8]) {
        bytes.copy_from_slice(&self.to_le_bytes::<32>());
    }
}

/// The activation point in the unit its type names.
pub(crate) fn activation(kind: u8, point: u64) -> Result<Activation, DecodeError> {
    match kind {
        0 => Ok(Activation::Slot(point)),
        1 => Ok(Activation::UnixTime(point)),
        other => Err(DecodeError::unknown("activation_type", other)),
    }
}

#[cfg(test)]
mod tests;
