//! Ports for the programs that tests start.

use std::fs::{self, File};
use std::net::TcpListener;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Mutex, PoisonError};

/// Below the range from which systems assign ports to outgoing connections, so that none of the
/// thousands of client sockets of a test run takes one first.
const FIRST: u16 = 20_000;
/// Ports are given out two by two: a simulated cluster opens the port after its own as well.
const PAIRS: u16 = 6_000;

/// Another process may take a free port first.
const TRIES: u32 = 5;

static NEXT: AtomicU16 = AtomicU16::new(0);

/// The locks of the ports this process gave out, held as long as it lives.
static GIVEN: Mutex<Vec<File>> = Mutex::new(Vec::new());

/// A port of the loopback interface that nobody listens on, and that no other process gets from
/// here as long as this one lives. The port after it is free for whoever gets it.
///
/// # Panics
/// If all of them are taken.
#[must_use]
pub fn free_port() -> u16 {
    // Test processes begin at different ports, because several run at once.
    let start = u16::try_from(std::process::id() % u32::from(PAIRS)).unwrap_or(0);
    for _ in 0..PAIRS {
        let step = NEXT.fetch_add(1, Ordering::Relaxed) % PAIRS;
        let spread = (u32::from(start) * 97 + u32::from(step) * 389) % u32::from(PAIRS);
        let port = FIRST + 2 * u16::try_from(spread).unwrap_or(0);
        if let Some(lock) = lock(port).filter(|_| is_free(port) && is_free(port + 1)) {
            GIVEN
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(lock);
            return port;
        }
    }
    panic!("no free port between {FIRST} and {}", FIRST + 2 * PAIRS);
}

/// Keeps other processes from being given this port: between the look whether it is free and the
/// start of who will listen on it, it looks free to them too.
fn lock(port: u16) -> Option<File> {
    let folder = std::env::temp_dir().join("ports-of-tests");
    fs::create_dir_all(&folder).ok()?;
    let path = folder.join(port.to_string());
    let file = File::options().create(true).append(true).open(path).ok()?;
    file.try_lock().is_ok().then_some(file)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_given_out_once_and_its_neighbour_never() {
        let mut given: Vec<u16> = (0..200).map(|_| free_port()).collect();
        assert!(given.iter().all(|port| lock(*port).is_none()), "not locked");
        given.sort_unstable();
        for pair in given.windows(2) {
            assert!(
                pair[1] > pair[0] + 1,
                "{} and {} were given",
                pair[0],
                pair[1]
            );
        }
    }
}
