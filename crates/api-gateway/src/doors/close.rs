//! Why a socket is closed: the codes that the contract lists.

use actix_ws::{CloseCode, CloseReason};

macro_rules! closes {
    ($($(#[$why:meta])+ $name:ident $code:literal $text:literal;)+) => {
        /// Why the server closes a socket. Each has a code and says whether coming back makes sense.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Close { $($(#[$why])+ $name,)+ }

        impl Close {
            /// Every reason, for the metrics.
            pub(crate) const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The code in the close frame.
            pub(crate) const fn code(self) -> u16 {
                match self { $(Self::$name => $code,)+ }
            }

            const fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }
        }
    };
}

closes! {
    /// The order has ended and everything was sent.
    Ended 1000 "order ended";
    /// What came was no WebSocket traffic.
    BrokenProtocol 1002 "protocol error";
    /// A text that is not UTF-8.
    InvalidText 1007 "text is not UTF-8";
    /// A message over 64 KiB, or in more frames than any client needs.
    TooBig 1009 "message over 64 KiB";
    /// This gateway stops; reconnect to another.
    Restarting 1012 "restarting, reconnect";
    /// The peer reads too slowly; reconnect and resume.
    TooSlow 1013 "reading too slowly, reconnect";
    /// A message that has no place here.
    BadMessage 4000 "bad message";
    /// The key was revoked while the socket was open.
    KeyRevoked 4001 "key revoked";
    /// Too many sockets; come back later.
    TooManySockets 4009 "too many sockets";
}

impl Close {
    pub(crate) fn reason(self) -> CloseReason {
        CloseReason {
            code: CloseCode::from(self.code()),
            description: Some(self.text().to_owned()),
        }
    }
}
