//! Whether processes run, as the system says.

use std::path::Path;

/// Whether a process of this number runs; one that nobody has waited for yet does not.
pub(crate) fn runs(pid: u32) -> bool {
    stat_of(pid).is_some_and(|stat| stat.is_alive())
}

/// What the system says of a process.
pub(crate) struct Stat {
    state: char,
    /// The moment of its start, in the system's ticks.
    pub(crate) started: u64,
}

impl Stat {
    /// Whether it runs or could; one that has ended and was not waited for does not.
    pub(crate) const fn is_alive(&self) -> bool {
        !matches!(self.state, 'Z' | 'X' | 'x')
    }
}

/// The process of this number, if there is one.
pub(crate) fn stat_of(pid: u32) -> Option<Stat> {
    let path = Path::new("/proc").join(pid.to_string()).join("stat");
    let text = std::fs::read_to_string(path).ok()?;
    // The program's name stands in parentheses and may hold anything, spaces included.
    let (_, after_name) = text.rsplit_once(')')?;
    let mut fields = after_name.split_whitespace();
    let state = fields.next()?.chars().next()?;
    // The 22nd field of all; the state is the third.
    let started = fields.nth(18)?.parse().ok()?;
    Some(Stat { state, started })
}
