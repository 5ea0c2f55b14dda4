//! Why a socket is closed: the codes in the contract.

use actix_ws::{CloseCode, CloseReason};

macro_rules! closes {
    ($($(#[$why:meta])+ $name:ident $code:literal $text:literal;)+) => {
        /// Why the server closes a socket. Each reason has a code and says whether reconnecting
        /// makes sense.
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
    /// The order has ended and all its events were sent.
    Ended 1000 "order ended";
    /// The peer sent something that is not WebSocket traffic.
    BrokenProtocol 1002 "protocol error";
    /// A text that is not UTF-8.
    InvalidText 1007 "text is not UTF-8";
    /// A message over 64 KiB, or in more frames than any client needs.
    TooBig 1009 "message over 64 KiB";
    /// This gateway stops; reconnect to another.
    Restarting 1012 "restarting, reconnect";
    /// The peer reads too slowly; reconnect and resume.
    TooSlow 1013 "reading too slowly, reconnect";
    /// A message that is not allowed at this point.
    BadMessage 4000 "bad message";
    /// The key was revoked while the socket was open.
    KeyRevoked 4001 "key revoked";
    /// Too many sockets; reconnect later.
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
