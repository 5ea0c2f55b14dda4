//! Exit codes, the same for every command.

use std::process::ExitCode;

use config::args::Stop;

/// The five ways a command ends; the help of each command repeats them.
pub(crate) const MEANINGS: &str = "\
Exit codes:
  0  done, and it ended as it should
  1  it failed: an order failed, or the engine refused
  2  wrong use: a flag, an argument or a setting
  3  no engine answers at that address
  4  an order may have been made; the key to repeat it under was said";

const UNREACHABLE: u8 = 3;
const IN_DOUBT: u8 = 4;

/// What a command found, if it worked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// As hoped.
    Good,
    /// Something ended badly; the output says so.
    Bad,
}

impl Verdict {
    pub(crate) const fn good_if(all_is_well: bool) -> Self {
        if all_is_well { Self::Good } else { Self::Bad }
    }
}

/// The exit code of a command; an error is printed in one line.
pub(crate) fn code_of(outcome: anyhow::Result<Verdict>) -> ExitCode {
    match outcome {
        Ok(Verdict::Good) => ExitCode::SUCCESS,
        Ok(Verdict::Bad) => ExitCode::FAILURE,
        Err(error) if reader_is_gone(&error) => ExitCode::SUCCESS,
        Err(error) => {
            if let Some(stop) = error.downcast_ref::<Stop>() {
                return stop.report();
            }
            eprintln!("{error:#}");
            match error.downcast_ref::<client::Error>() {
                Some(client::Error::Unreachable { .. }) => ExitCode::from(UNREACHABLE),
                Some(client::Error::InDoubt { .. }) => ExitCode::from(IN_DOUBT),
                Some(client::Error::BaseUrl(_)) => ExitCode::from(config::args::EXIT_USAGE),
                _ => ExitCode::FAILURE,
            }
        }
    }
}

/// `order-engine orders list | head` is a success.
fn reader_is_gone(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<std::io::Error>()
        .is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}
