//! What the system knows of a process: its memory and its CPU time.

use anyhow::Context;

/// The kernel counts CPU time in hundredths of a second on every platform it is read on.
const TICK_MICROS: u64 = 10_000;

/// Resident memory in KiB.
pub fn resident_kib(pid: u32) -> anyhow::Result<u64> {
    let status = read(pid, "status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    Ok(number.context("no VmRSS in its status")?.parse()?)
}

/// The CPU time it has used so far, in user and kernel, in microseconds.
pub fn cpu_micros(pid: u32) -> anyhow::Result<u64> {
    let stat = read(pid, "stat")?;
    // The name in parentheses may hold anything; the 12th and 13th fields after it are the times.
    let (_, fields) = stat.rsplit_once(") ").context("no name in its stat")?;
    let times = fields.split(' ').skip(11).take(2);
    let ticks: u64 = times.map(str::parse::<u64>).sum::<Result<u64, _>>()?;
    Ok(ticks * TICK_MICROS)
}

fn read(pid: u32, what: &str) -> anyhow::Result<String> {
    std::fs::read_to_string(format!("/proc/{pid}/{what}"))
        .with_context(|| format!("read {what} of process {pid}"))
}
