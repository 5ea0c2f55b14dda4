//! The venues' account layouts, read from raw bytes.
//!
//! Each child decodes the accounts of one venue into plain structs and turns those into the pools
//! of [`crate::math`]. Bytes come from outside: a decoder answers any of them with a value or a
//! [`DecodeError`], never with a panic.

pub mod amm_v4;
pub mod cpmm;
pub mod damm_v2;
pub mod dlmm;

#[cfg(test)]
mod tests;

/// A public key, as it stands in an account.
pub type Address = [u8; 32];

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

/// An account whose length and kind were checked.
#[derive(Clone, Copy)]
struct Account<'a> {
    bytes: &'a [u8],
}

impl<'a> Account<'a> {
    /// Checks the length, and the discriminator where the layout begins with one.
    fn open(
        bytes: &'a [u8],
        length: usize,
        discriminator: Option<[u8; 8]>,
    ) -> Result<Self, DecodeError> {
        if bytes.len() < length {
            return Err(DecodeError::TooShort {
                expected: length,
                found: bytes.len(),
            });
        }
        if discriminator.is_some_and(|expected| !bytes.starts_with(&expected)) {
            return Err(DecodeError::WrongKind);
        }
        Ok(Self { bytes })
    }

    fn array<const N: usize>(&self, offset: usize) -> Result<[u8; N], DecodeError> {
        self.bytes
            .get(offset..)
            .and_then(|tail| tail.first_chunk())
            .copied()
            .ok_or(DecodeError::TooShort {
                expected: offset.saturating_add(N),
                found: self.bytes.len(),
            })
    }

    fn u8(&self, offset: usize) -> Result<u8, DecodeError> {
        self.array::<1>(offset).map(|[byte]| byte)
    }

    fn u16(&self, offset: usize) -> Result<u16, DecodeError> {
        self.array(offset).map(u16::from_le_bytes)
    }

    fn u32(&self, offset: usize) -> Result<u32, DecodeError> {
        self.array(offset).map(u32::from_le_bytes)
    }

    fn u64(&self, offset: usize) -> Result<u64, DecodeError> {
        self.array(offset).map(u64::from_le_bytes)
    }

    fn u128(&self, offset: usize) -> Result<u128, DecodeError> {
        self.array(offset).map(u128::from_le_bytes)
    }

    fn i32(&self, offset: usize) -> Result<i32, DecodeError> {
        self.array(offset).map(i32::from_le_bytes)
    }

    fn i64(&self, offset: usize) -> Result<i64, DecodeError> {
        self.array(offset).map(i64::from_le_bytes)
    }

    fn address(&self, offset: usize) -> Result<Address, DecodeError> {
        self.array(offset)
    }
}

/// The activation point in the unit its type names.
fn activation(kind: u8, point: u64) -> Result<crate::math::Activation, DecodeError> {
    match kind {
        0 => Ok(crate::math::Activation::Slot(point)),
        1 => Ok(crate::math::Activation::UnixTime(point)),
        other => Err(DecodeError::UnknownValue {
            field: "activation_type",
            value: other.into(),
        }),
    }
}
