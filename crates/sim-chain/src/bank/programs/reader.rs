//! Instruction data, read piece by piece. What is left over at its end is nobody's business.

use solana_address::Address;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) const fn new(data: &'a [u8]) -> Self {
        Self(data)
    }

    pub(crate) fn rest(&self) -> &'a [u8] {
        self.0
    }

    pub(crate) fn u8(&mut self) -> Option<u8> {
        self.chunk::<1>().map(|[byte]| *byte)
    }

    pub(crate) fn u16(&mut self) -> Option<u16> {
        self.chunk().map(|bytes| u16::from_le_bytes(*bytes))
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        self.chunk().map(|bytes| u32::from_le_bytes(*bytes))
    }

    pub(crate) fn u64(&mut self) -> Option<u64> {
        self.chunk().map(|bytes| u64::from_le_bytes(*bytes))
    }

    pub(crate) fn address(&mut self) -> Option<Address> {
        self.chunk().map(|bytes| Address::from(*bytes))
    }

    /// A text with its length before it in eight bytes.
    pub(crate) fn text(&mut self) -> Option<&'a str> {
        let length = usize::try_from(self.u64()?).ok()?;
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        std::str::from_utf8(text).ok()
    }

    /// An address that may be missing, with one byte before it that says so. Another byte there is no address.
    #[expect(
        clippy::option_option,
        reason = "malformed, absent and present are three things"
    )]
    pub(crate) fn optional_address(&mut self) -> Option<Option<Address>> {
        match self.u8()? {
            0 => Some(None),
            1 => self.address().map(Some),
            _ => None,
        }
    }

    fn chunk<const N: usize>(&mut self) -> Option<&'a [u8; N]> {
        let (chunk, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(chunk)
    }
}
