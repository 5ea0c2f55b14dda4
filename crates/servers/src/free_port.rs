//! Ports for the programs that tests start.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU16, Ordering};

/// Below the range from which systems assign ports to outgoing connections, so that none of the
/// thousands of client sockets of a test run takes one first.
const FIRST: u16 = 20_000;
const COUNT: u16 = 12_000;

/// Another process may take a free port first.
const TRIES: u32 = 5;

static NEXT: AtomicU16 = AtomicU16::new(0);

/// A port of the loopback interface that nobody listens on.
///
/// # Panics
/// If all of them are taken.
#[must_use]
pub fn free_port() -> u16 {
    // Test processes begin at different ports, because several run at once.
    let start = u16::try_from(std::process::id() % u32::from(COUNT)).unwrap_or(0);
    for _ in 0..COUNT {
        let step = NEXT.fetch_add(1, Ordering::Relaxed) % COUNT;
        let spread = (u32::from(start) * 97 + u32::from(step) * 389) % u32::from(COUNT);
        let port = FIRST + u16::try_from(spread).unwrap_or(0);
        if is_free(port) {
            return port;
        }
    }
    panic!("no free port between {FIRST} and {}", FIRST + COUNT);
}

/// Starts something on a free port, and on another one where it does not start.
pub(crate) fn on_a_free_port<E>(mut start: impl FnMut(u16) -> Result<(), E>) -> Result<(), E> {
    for _ in 1..TRIES {
        if start(free_port()).is_ok() {
            return Ok(());
        }
    }
    start(free_port())
}

/// Whether nobody listens on this port of the loopback interface.
pub fn is_free(port: u16) -> bool {
    TcpListener::bind(("127.0.0.1", port)).is_ok()
}
