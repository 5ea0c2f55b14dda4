//! Takes the terminal over: the alternate screen, no cursor, keys as they are pressed. Restores it
//! when dropped.

use std::io::{self, Read, Write};

use nix::sys::termios::{LocalFlags, SetArg, Termios, tcgetattr, tcsetattr};
use tokio::sync::oneshot;

const OTHER_SCREEN: &str = "\x1b[?1049h\x1b[?25l";
const FIRST_SCREEN: &str = "\x1b[?25h\x1b[?1049l";
const TOP_LEFT: &str = "\x1b[H";
const CLEAR_LINE: &str = "\x1b[K";
const CLEAR_BELOW: &str = "\x1b[J";

/// The terminal while this program controls it.
#[derive(Debug)]
pub(super) struct Screen {
    before: Termios,
    quit: oneshot::Receiver<()>,
}

impl Screen {
    /// Takes the terminal over.
    pub(super) fn open() -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let mut raw = before.clone();
        raw.local_flags
            .remove(LocalFlags::ICANON | LocalFlags::ECHO | LocalFlags::ISIG);
        tcsetattr(io::stdin(), SetArg::TCSANOW, &raw)?;
        let mut out = io::stdout().lock();
        out.write_all(OTHER_SCREEN.as_bytes())?;
        out.flush()?;
        Ok(Self {
            before,
            quit: read_keys(),
        })
    }

    /// Replaces what is shown.
    pub(super) fn draw(&mut self, lines: &[String]) -> io::Result<()> {
        let mut frame = String::from(TOP_LEFT);
        for line in lines {
            frame.push_str(line);
            frame.push_str(CLEAR_LINE);
            frame.push_str("\r\n");
        }
        frame.push_str(CLEAR_BELOW);
        let mut out = io::stdout().lock();
        out.write_all(frame.as_bytes())?;
        out.flush()
    }

    /// Waits for a key that ends it, or for the end of all keys. Cancel safety: no key is lost.
    pub(super) async fn quit(&mut self) {
        let _ = (&mut self.quit).await;
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // If the terminal is gone, there is nowhere to report it.
        let _ = tcsetattr(io::stdin(), SetArg::TCSANOW, &self.before);
        let mut out = io::stdout().lock();
        let _ = out.write_all(FIRST_SCREEN.as_bytes());
        let _ = out.flush();
    }
}

/// Keys from a thread that ends with the process: reading a terminal cannot be cancelled.
fn read_keys() -> oneshot::Receiver<()> {
    const CTRL_C: u8 = 3;
    const CTRL_D: u8 = 4;
    let (sender, receiver) = oneshot::channel();
    std::thread::spawn(move || {
        let mut key = [0];
        while io::stdin().read_exact(&mut key).is_ok() {
            if matches!(key[0], b'q' | b'Q' | CTRL_C | CTRL_D) {
                let _ = sender.send(());
                return;
            }
        }
    });
    receiver
}
