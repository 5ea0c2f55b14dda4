//! Why a socket is closed: the codes that the contract lists.

use actix_ws::{CloseCode, CloseReason};

/// Why the server closes a socket. Each has a code and says whether coming back makes sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Close {
    /// 1000: the order has ended and everything was sent.
    Ended,
    /// 1002: what came was no WebSocket traffic.
    BrokenProtocol,
    /// 1007: a text that is not UTF-8.
    InvalidText,
    /// 1009: a message over 64 KiB, or in more frames than any client needs.
    TooBig,
    /// 1012: this gateway stops; reconnect to another.
    Restarting,
    /// 1013: the peer reads too slowly; reconnect and resume.
    TooSlow,
    /// 4000: a message that has no place here.
    BadMessage,
    /// 4001: the key was revoked while the socket was open.
    KeyRevoked,
    /// 4009: too many sockets; come back later.
    TooManySockets,
}

impl Close {
    /// Every reason, for the metrics.
    pub(crate) const ALL: [Self; 9] = [
        Self::Ended,
        Self::BrokenProtocol,
        Self::InvalidText,
        Self::TooBig,
        Self::Restarting,
        Self::TooSlow,
        Self::BadMessage,
        Self::KeyRevoked,
        Self::TooManySockets,
    ];

    /// The code in the close frame.
    #[must_use]
    pub(crate) const fn code(self) -> u16 {
        match self {
            Self::Ended => 1000,
            Self::BrokenProtocol => 1002,
            Self::InvalidText => 1007,
            Self::TooBig => 1009,
            Self::Restarting => 1012,
            Self::TooSlow => 1013,
            Self::BadMessage => 4000,
            Self::KeyRevoked => 4001,
            Self::TooManySockets => 4009,
        }
    }

    const fn text(self) -> &'static str {
        match self {
            Self::Ended => "order ended",
            Self::BrokenProtocol => "protocol error",
            Self::InvalidText => "text is not UTF-8",
            Self::TooBig => "message over 64 KiB",
            Self::Restarting => "restarting, reconnect",
            Self::TooSlow => "reading too slowly, reconnect",
            Self::BadMessage => "bad message",
            Self::KeyRevoked => "key revoked",
            Self::TooManySockets => "too many sockets",
        }
    }

    pub(crate) fn reason(self) -> CloseReason {
        CloseReason {
            code: CloseCode::from(self.code()),
            description: Some(self.text().to_owned()),
        }
    }
}
