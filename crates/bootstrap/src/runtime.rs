//! The only async runtime of a process.

use std::future::Future;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;

use crate::open_files;

/// The engine waits far more than it computes. More threads would cost memory and wake each other.
const THREADS_MAX: usize = 4;
/// For files and name lookups; databases have threads of their own.
const BLOCKING_THREADS_MAX: usize = 8;
/// A blocking call that lasts longer than this after the end is abandoned.
const GRACE: Duration = Duration::from_millis(500);

/// How many threads the runtime uses on this machine.
#[must_use]
pub fn threads() -> usize {
    std::thread::available_parallelism()
        .map_or(2, usize::from)
        .min(THREADS_MAX)
}

/// The name of this machine, for people.
#[must_use]
pub fn host_name() -> String {
    let named = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let named = named.or_else(|| std::env::var_os("HOSTNAME")?.into_string().ok());
    named.map_or_else(|| "localhost".to_owned(), |name| name.trim().to_owned())
}

/// Turns transparent huge pages off for this process. They round thousands of small, half-full
/// regions up to 2 MiB each: with them an open socket took 28.7 KiB, without them 18.8. If the
/// kernel refuses, the process only needs more memory.
fn keep_pages_small() {
    #[cfg(target_os = "linux")]
    let _ = nix::sys::prctl::set_thp_disable(true);
}

/// Runs a program's main future to its end.
pub fn run(main: impl Future<Output = ExitCode>) -> ExitCode {
    keep_pages_small();
    open_files::allow_all_there_may_be();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(threads())
        .max_blocking_threads(BLOCKING_THREADS_MAX)
        .thread_name("engine")
        .enable_all()
        .build()
        .context("could not start the async runtime");
    match runtime {
        Ok(runtime) => {
            let code = runtime.block_on(main);
            runtime.shutdown_timeout(GRACE);
            code
        }
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}
