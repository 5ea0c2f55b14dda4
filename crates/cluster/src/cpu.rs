//! CPU time as the kernel's scheduler counts it: it does not grow while other processes use the
//! machine.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};

/// What all threads of a process that live now have used.
pub fn of_process(pid: u32) -> Result<Duration> {
    let threads = format!("/proc/{pid}/task");
    let threads = std::fs::read_dir(&threads).with_context(|| format!("read {threads}"))?;
    let used = threads.flatten().map(|thread| of_task(&thread.path()));
    // One that has just ended is left out.
    Ok(used.flatten().sum())
}

/// What the calling thread has used.
pub fn of_thread() -> Result<Duration> {
    // The count of a thread that runs is brought up to date when it gives way.
    std::thread::yield_now();
    of_task(Path::new("/proc/thread-self"))
}

fn of_task(task: &Path) -> Result<Duration> {
    let text = std::fs::read_to_string(task.join("schedstat")).context("read a thread's time")?;
    let nanos = text.split(' ').next().context("a thread's time")?;
    Ok(Duration::from_nanos(nanos.parse()?))
}
