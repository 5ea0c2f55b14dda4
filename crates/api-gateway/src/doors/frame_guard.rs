//! Limits the frames that a peer may announce. The WebSocket codec (actix-http's `ws/frame.rs`, as
//! of actix/actix-web#2790) checks a frame's length only once the whole frame is in memory. This
//! guard runs before the codec and reads the frame headers as they pass. It ends the stream at the
//! first frame that announces more than a message may hold, or that is one frame too many for its
//! message. It also ends it at reserved bits, which the codec reports in the same way as a text
//! that is not UTF-8. Delete it when the codec refuses a frame by its header.

use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::web::Bytes;
use futures_util::Stream;

/// The longest message a peer may send, in one frame or several: far above any order.
pub(crate) const MAX_MESSAGE_BYTES: usize = 64 * 1024;

/// How many frames a message may come in: far more than any client uses. Each frame costs work of
/// its own, even an empty one.
const MAX_FRAMES: usize = 1_024;

/// The bit of the first byte that marks a message's last frame.
const FINAL_BIT: u8 = 0x80;
/// Frames of this kind and above are control frames, which are not part of a message.
const FIRST_CONTROL: u8 = 8;
/// Bits of the first byte that only an extension may use, and no extension is negotiated.
const RESERVED_BITS: u8 = 0x70;

/// First byte, length byte, eight bytes of length, four of mask.
const LONGEST_HEADER: usize = 14;

/// Passes a peer's bytes on, unchanged, up to the first frame that is too long.
pub(crate) struct FrameGuard {
    payload: Payload,
    headers: Headers,
}

impl FrameGuard {
    /// Wraps `payload`.
    pub(crate) fn new(payload: Payload) -> Self {
        let headers = Headers::default();
        Self { payload, headers }
    }
}

impl Stream for FrameGuard {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let polled = Pin::new(&mut self.payload).poll_next(cx);
        let Poll::Ready(Some(Ok(bytes))) = &polled else {
            return polled;
        };
        match self.headers.pass(bytes) {
            Passed::Fine => polled,
            Passed::TooLong => Poll::Ready(Some(Err(PayloadError::Overflow))),
            Passed::Corrupt => Poll::Ready(Some(Err(PayloadError::EncodingCorrupted))),
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Passed {
    Fine,
    TooLong,
    Corrupt,
}

/// Finds the frame headers in a stream of bytes that may be cut anywhere.
#[derive(Debug, Default)]
struct Headers {
    header: [u8; LONGEST_HEADER],
    filled: usize,
    /// Bytes of the frame's payload that are still to come.
    remaining: u64,
    /// Frames so far of the incomplete message.
    frames: usize,
}

impl Headers {
    fn pass(&mut self, mut bytes: &[u8]) -> Passed {
        while !bytes.is_empty() {
            if self.remaining > 0 {
                let skipped = usize::try_from(self.remaining)
                    .unwrap_or(usize::MAX)
                    .min(bytes.len());
                self.remaining -= skipped as u64;
                bytes = &bytes[skipped..];
                continue;
            }
            self.header[self.filled] = bytes[0];
            self.filled += 1;
            bytes = &bytes[1..];
            if self.header[0] & RESERVED_BITS != 0 {
                return Passed::Corrupt;
            }
            if let Some(length) = self.complete() {
                if length > MAX_MESSAGE_BYTES as u64 || !self.is_one_more_allowed() {
                    return Passed::TooLong;
                }
                self.filled = 0;
                self.remaining = length;
            }
        }
        Passed::Fine
    }

    /// Counts a frame, whose header is complete, towards its message.
    fn is_one_more_allowed(&mut self) -> bool {
        let (is_final, kind) = (self.header[0] & FINAL_BIT != 0, self.header[0] & 0x0f);
        if kind < FIRST_CONTROL {
            self.frames = if is_final { 0 } else { self.frames + 1 };
        }
        self.frames < MAX_FRAMES
    }

    /// The payload's length, once the header is complete.
    fn complete(&self) -> Option<u64> {
        if self.filled < 2 {
            return None;
        }
        let (mask, short) = (self.header[1] & 0x80, self.header[1] & 0x7f);
        let length_bytes = match short {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        let mask_bytes = if mask == 0 { 0 } else { 4 };
        if self.filled < 2 + length_bytes + mask_bytes {
            return None;
        }
        let long = &self.header[2..2 + length_bytes];
        let length = long.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte));
        Some(if long.is_empty() {
            u64::from(short)
        } else {
            length
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(length: u64) -> Vec<u8> {
        let mut bytes = vec![0x81];
        match length {
            0..126 => bytes.push(0x80 | u8::try_from(length).unwrap()),
            126..65_536 => {
                bytes.push(0x80 | 126);
                bytes.extend(u16::try_from(length).unwrap().to_be_bytes());
            }
            _ => {
                bytes.push(0x80 | 127);
                bytes.extend(length.to_be_bytes());
            }
        }
        bytes.extend([1, 2, 3, 4]);
        bytes
    }

    #[test]
    fn frames_up_to_the_limit_pass_however_they_are_cut() {
        let mut bytes = Vec::new();
        for length in [0, 5, 125, 126, 65_535, 65_536] {
            bytes.extend(frame(length));
            bytes.extend(vec![0xff; usize::try_from(length).unwrap()]);
        }
        for size in [1, 2, 3, 7, 1_000, bytes.len()] {
            let mut headers = Headers::default();
            for chunk in bytes.chunks(size) {
                assert_eq!(headers.pass(chunk), Passed::Fine, "cut into {size}");
            }
        }
    }

    #[test]
    fn a_message_of_too_many_frames_is_refused_and_pings_between_them_do_not_count() {
        let masked = |first: u8| [first, 0x80, 1, 2, 3, 4];
        let (begin, next, end, ping) = (masked(0x01), masked(0x00), masked(0x80), masked(0x89));
        let mut headers = Headers::default();

        for _ in 0..2 {
            assert_eq!(headers.pass(&begin), Passed::Fine);
            for _ in 2..MAX_FRAMES {
                assert_eq!(headers.pass(&next), Passed::Fine);
                assert_eq!(headers.pass(&ping), Passed::Fine);
            }
            assert_eq!(headers.pass(&end), Passed::Fine);
        }

        assert_eq!(headers.pass(&begin), Passed::Fine);
        let rest = next.repeat(MAX_FRAMES);
        assert_eq!(headers.pass(&rest), Passed::TooLong);
    }

    #[test]
    fn a_frame_with_reserved_bits_is_refused() {
        assert_eq!(Headers::default().pass(&[0xc1]), Passed::Corrupt);
    }

    #[test]
    fn a_frame_that_announces_too_much_is_refused_at_its_header() {
        for length in [65_537, 10_000_000, u64::MAX] {
            assert_eq!(Headers::default().pass(&frame(length)), Passed::TooLong);
        }
    }
}
