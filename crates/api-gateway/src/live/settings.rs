//! The time limits of sockets, and how many there may be.

use std::time::Duration;

/// The limits of live connections. The defaults are those of the contract; tests shorten them.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The server pings this often.
    pub ping_every: Duration,
    /// A peer that says nothing for this long is dropped.
    pub silent_after: Duration,
    /// A write that makes no progress for this long means that the reader is stuck.
    pub write_patience: Duration,
    /// The first message of a submitting connection must have come by then.
    pub order_patience: Duration,
    /// Server-sent events get a comment this often.
    pub comment_every: Duration,
    /// A followed open order that was silent for this long is read from the store.
    pub reread_after: Duration,
    /// When the gateway stops, its sockets are closed over this long.
    pub leave_within: Duration,
    /// A tail that no reader needs any more stays open this long.
    pub tail_linger: Duration,
    /// Open sockets of one client; 0 = no limit.
    pub client_max_sockets: usize,
    /// Open sockets of this gateway; 0 = no limit.
    pub max_sockets: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            ping_every: Duration::from_secs(20),
            silent_after: Duration::from_secs(60),
            write_patience: Duration::from_secs(5),
            order_patience: Duration::from_secs(60),
            comment_every: Duration::from_secs(15),
            reread_after: Duration::from_secs(1),
            leave_within: Duration::from_millis(1_500),
            tail_linger: Duration::from_secs(10),
            client_max_sockets: 0,
            max_sockets: 0,
        }
    }
}
