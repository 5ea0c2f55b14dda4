//! A process' memory and CPU time, from the operating system.

use std::ops::Range;

use anyhow::Context;

/// The kernel counts CPU time in hundredths of a second on every platform it is read on.
const TICK_MICROS: u64 = 10_000;
/// Places in `stat`, counted from behind the name.
const PARENT: usize = 1;
/// In user and kernel.
const OWN_TIMES: Range<usize> = 11..13;
/// With those of children that have ended.
const ALL_TIMES: Range<usize> = 11..15;

/// Resident memory in KiB.
pub fn resident_kib(pid: u32) -> anyhow::Result<u64> {
    let status = read(pid, "status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    Ok(number.context("no VmRSS in its status")?.parse()?)
}

/// The CPU time it has used so far, in user and kernel, in microseconds.
pub fn cpu_micros(pid: u32) -> anyhow::Result<u64> {
    ticks(&fields(pid)?, OWN_TIMES)
}

/// The same with its children, those that have ended included.
pub fn family_cpu_micros(pid: u32) -> anyhow::Result<u64> {
    let mut sum = ticks(&fields(pid)?, ALL_TIMES)?;
    for entry in std::fs::read_dir("/proc").context("list the processes")? {
        let name = entry.context("list the processes")?.file_name();
        let Some(other) = name.to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        // A process that has ended meanwhile counts with its parent the next time.
        if let Ok(fields) = fields(other)
            && fields.get(PARENT) == Some(&pid.to_string())
        {
            sum += ticks(&fields, OWN_TIMES)?;
        }
    }
    Ok(sum)
}

/// The fields of its `stat` behind the name in parentheses, which may hold anything.
fn fields(pid: u32) -> anyhow::Result<Vec<String>> {
    let stat = read(pid, "stat")?;
    let (_, fields) = stat.rsplit_once(") ").context("no name in its stat")?;
    Ok(fields.split(' ').map(str::to_owned).collect())
}

fn ticks(fields: &[String], which: Range<usize>) -> anyhow::Result<u64> {
    let times = fields.get(which).context("no times in its stat")?;
    let ticks: u64 = times
        .iter()
        .map(|time| time.parse::<u64>())
        .sum::<Result<u64, _>>()?;
    Ok(ticks * TICK_MICROS)
}

fn read(pid: u32, what: &str) -> anyhow::Result<String> {
    std::fs::read_to_string(format!("/proc/{pid}/{what}"))
        .with_context(|| format!("read {what} of process {pid}"))
}
