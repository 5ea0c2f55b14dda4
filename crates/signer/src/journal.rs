//! What was signed, in a file that is written before each answer.
//!
//! A kill loses nothing: what is written is the system's. The file is synced every [`SYNC_EVERY`], and before more than
//! the pace allows in that time would stand unsynced; where the machine itself ended since, that much counts as signed,
//! each with the most that a message may spend.

mod past;

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use amm::Address;
use sha2::{Digest, Sha256};

use crate::files::{self, beside, folder};
use crate::judge::Spending;
use crate::limits::{Book, Exceeded, Limits, Spent, What, oldest_that_counts, quarter};
use past::Past;

/// How often the file is synced.
pub const SYNC_EVERY: Duration = Duration::from_millis(100);
/// The most messages that may be allowed a minute.
pub const PER_MINUTE_MAX: u32 = 60_000;
/// A message that is asked for again within this time counts once. A blockhash lives for about a minute.
const SAME_FOR_MS: u64 = 3 * 60 * 1_000;
const MINUTE_MS: u64 = 60_000;
/// A longer file, of which half is of no use any more, is written anew.
const LENGTH_MIN: u64 = 1 << 20;
/// No journal becomes longer.
const LENGTH_MAX: u64 = 256 << 20;
const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";

/// Why a journal cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It cannot be read or written.
    #[error("the journal {path} cannot be used: {error}")]
    File {
        /// Where it is.
        path: PathBuf,
        /// What is wrong.
        error: io::Error,
    },
    /// Another signer has it.
    #[error("the journal {0} belongs to a signer that runs")]
    Taken(PathBuf),
    /// Something in it is not a journal's. Limits could not be kept.
    #[error(
        "line {line} of the journal {path} cannot be read; correct it, or name another journal, whose limits begin anew"
    )]
    Unreadable {
        /// Where it is.
        path: PathBuf,
        /// Which line.
        line: usize,
    },
}

/// Why a message may not be signed now.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// It would pass a limit.
    #[error(transparent)]
    Limit(#[from] Exceeded),
    /// As many as may be were signed within a minute.
    #[error("limits: {0} messages were signed within a minute, and no more may be")]
    Pace(u32),
    /// What is signed could not be written down.
    #[error("the journal cannot be written: {0}")]
    Journal(#[from] io::Error),
}

/// A moment by the wall clock, which is written down, and by a clock that never goes back.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// Since 1970.
    pub wall_ms: u64,
    /// Since some moment long enough ago to count back from.
    pub steady_ms: u64,
}

/// The journal, and what it sums up to.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    /// Held for as long as the journal is this signer's; the journal's own file is replaced now and then.
    _lock: File,
    length: u64,
    length_when_new: u64,
    /// A line may stand half in the file: it has to be written anew.
    is_torn: bool,
    unsynced: u32,
    book: Book,
    /// When the deposit of an account was counted last, by quarter.
    deposits: BTreeMap<Address, u64>,
    limits: Limits,
    per_minute: u32,
    recent: Recent,
    /// The wall clock may be set back; what counts must not.
    wall_ms: u64,
}

/// What was signed within [`SAME_FOR_MS`], by the steady clock.
#[derive(Debug, Default)]
struct Recent {
    by_time: VecDeque<(u64, [u8; 32])>,
    hashes: HashSet<[u8; 32]>,
    /// When the messages of the last minute were signed.
    minute: VecDeque<u64>,
}

impl Recent {
    fn add(&mut self, steady_ms: u64, hash: [u8; 32]) {
        if self.hashes.insert(hash) {
            self.by_time.push_back((steady_ms, hash));
            self.minute.push_back(steady_ms);
        }
    }

    fn forget(&mut self, steady_ms: u64) {
        while let Some((at, hash)) = self.by_time.front() {
            if at + SAME_FOR_MS > steady_ms {
                break;
            }
            self.hashes.remove(hash);
            self.by_time.pop_front();
        }
        while self
            .minute
            .front()
            .is_some_and(|at| at + MINUTE_MS <= steady_ms)
        {
            self.minute.pop_front();
        }
    }
}

impl Journal {
    /// Opens a journal, or begins one.
    pub fn open(path: &Path, limits: Limits, per_minute: u32, now: Moment) -> Result<Self, Error> {
        let wrong = |error| Error::File {
            path: path.to_owned(),
            error,
        };
        let lock = files::lock(path).map_err(wrong)?;
        let lock = lock.ok_or_else(|| Error::Taken(path.to_owned()))?;
        let boot = boot();
        let past = Past::read(&content(path).map_err(wrong)?, &boot);
        let past = past.map_err(|line| Error::Unreadable {
            path: path.to_owned(),
            line,
        })?;
        let wall_ms = now.wall_ms.max(past.last_ms);
        let mut recent = Recent::default();
        for (at, hash) in past.seen {
            let age = wall_ms.saturating_sub(at);
            recent.add(now.steady_ms.saturating_sub(age), hash);
        }
        let mut journal = Self {
            path: path.to_owned(),
            file: lock.try_clone().map_err(wrong)?,
            _lock: lock,
            length: 0,
            length_when_new: 0,
            is_torn: true,
            unsynced: 0,
            book: past.book,
            deposits: past.deposits,
            limits,
            per_minute: per_minute.clamp(1, PER_MINUTE_MAX),
            recent,
            wall_ms,
        };
        if past.boot.is_some_and(|former| former != boot) {
            journal.count_what_was_not_synced();
        }
        journal.begin_anew(now).map_err(wrong)?;
        Ok(journal)
    }

    /// Counts a message and writes that down, or says why it may not be signed. The same message counts once.
    pub fn admit(
        &mut self,
        message: &[u8],
        spending: &Spending,
        now: Moment,
    ) -> Result<(), Refused> {
        self.wall_ms = self.wall_ms.max(now.wall_ms);
        self.recent.forget(now.steady_ms);
        let hash: [u8; 32] = Sha256::digest(message).into();
        if self.recent.hashes.contains(&hash) {
            return Ok(());
        }
        if self.recent.minute.len() >= usize::try_from(self.per_minute).unwrap_or(usize::MAX) {
            return Err(Refused::Pace(self.per_minute));
        }
        let (spent, deposited) = self.spent(spending);
        self.book.check(&spent, &self.limits, self.wall_ms)?;
        if self.is_torn || self.is_long() {
            self.begin_anew(now)?;
        }
        if self.unsynced >= self.unsynced_max() {
            self.sync()?;
        }
        self.write(&line(self.wall_ms, &hash, &spent, &deposited))?;
        self.book.add(&spent, self.wall_ms);
        for account in deposited {
            self.deposits.insert(account, quarter(self.wall_ms));
        }
        self.recent.add(now.steady_ms, hash);
        Ok(())
    }

    /// Syncs what was written since the last time.
    pub fn sync(&mut self) -> io::Result<()> {
        if self.unsynced == 0 {
            return Ok(());
        }
        match self.file.sync_data() {
            Ok(()) => {
                self.unsynced = 0;
                Ok(())
            }
            Err(error) => {
                // Nobody knows what of it is on the disk.
                self.is_torn = true;
                Err(error)
            }
        }
    }

    /// What a message spends, and the accounts of which the deposit counts for it: of each account once a day, as the
    /// signer cannot see whether it is there.
    fn spent(&self, spending: &Spending) -> (Spent, Vec<Address>) {
        let oldest = oldest_that_counts(self.wall_ms);
        let counts = |account: &Address| self.deposits.get(account).is_none_or(|at| *at < oldest);
        let made = spending.made.iter();
        let new: Vec<_> = made.filter(|(account, _)| counts(account)).collect();
        let deposits = new.iter().map(|(_, deposit)| **deposit);
        let fees = deposits.fold(spending.fees, u64::saturating_add);
        let paid = spending.paid.iter().filter(|(_, amount)| **amount > 0);
        let paid = paid.map(|(mint, amount)| (What::Token(*mint), *amount));
        let spent = paid.chain([(What::Fees, fees)]).collect();
        (
            spent,
            new.into_iter().map(|(account, _)| *account).collect(),
        )
    }

    /// As many as the pace allows in the time between two syncs.
    fn unsynced_max(&self) -> u32 {
        let syncs_per_minute = Duration::from_secs(60).as_millis() / SYNC_EVERY.as_millis();
        let syncs_per_minute = u32::try_from(syncs_per_minute).unwrap_or(1).max(1);
        self.per_minute.div_ceil(syncs_per_minute)
    }

    const fn is_long(&self) -> bool {
        self.length > LENGTH_MIN && self.length > 2 * self.length_when_new
            || self.length > LENGTH_MAX
    }

    fn write(&mut self, line: &str) -> io::Result<()> {
        // One write: a line is in the file or it is not. Half a line is of a disk that is full.
        self.is_torn = true;
        let written = self.file.write(line.as_bytes())?;
        if written != line.len() {
            return Err(io::Error::other("the disk is full"));
        }
        self.is_torn = false;
        self.length += line.len() as u64;
        self.unsynced += 1;
        Ok(())
    }

    /// Writes what still counts into a new file that takes the old one's place, synced.
    fn begin_anew(&mut self, now: Moment) -> io::Result<()> {
        self.book.forget(self.wall_ms);
        let oldest = oldest_that_counts(self.wall_ms);
        self.deposits.retain(|_, at| *at >= oldest);
        self.recent.forget(now.steady_ms);
        let text = self.summary(now);
        let new = beside(&self.path, ".new");
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(true)
            .write(true)
            .mode(0o600)
            .open(&new)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&new, &self.path)?;
        File::open(folder(&self.path))?.sync_all()?;
        self.file = file;
        self.length = text.len() as u64;
        self.length_when_new = self.length;
        self.unsynced = 0;
        self.is_torn = false;
        Ok(())
    }

    fn summary(&self, now: Moment) -> String {
        let mut text = format!("boot {}\nlast {}\n", boot(), self.wall_ms);
        let mut add = |line: std::fmt::Arguments<'_>| {
            // A text takes everything.
            let _ = text.write_fmt(line);
        };
        for (what, quarter, amount) in self.book.quarters() {
            add(format_args!("sum {quarter} {} {amount}\n", name(what)));
        }
        for (account, quarter) in &self.deposits {
            add(format_args!("deposit {quarter} {account}\n"));
        }
        for (at, hash) in &self.recent.by_time {
            let at = self.wall_ms.saturating_sub(now.steady_ms - at);
            add(format_args!("seen {at} {}\n", Address(*hash)));
        }
        text
    }

    /// As many messages as may stand unsynced, each with as much as a message may spend, may have been signed since.
    fn count_what_was_not_synced(&mut self) {
        let messages = u64::from(self.unsynced_max());
        let quarter = quarter(self.wall_ms);
        for (what, most) in self.limits.most_per_message() {
            self.book
                .add_in(what, quarter, most.saturating_mul(messages));
        }
    }
}

/// The line of a message. Its hash is written as addresses are: both have 32 bytes.
fn line(wall_ms: u64, hash: &[u8; 32], spent: &Spent, deposited: &[Address]) -> String {
    let mut line = format!("use {wall_ms} {}", Address(*hash));
    for (what, amount) in spent {
        let _ = write!(line, " {}={amount}", name(*what));
    }
    for account in deposited {
        let _ = write!(line, " deposit={account}");
    }
    line.push('\n');
    line
}

fn name(what: What) -> String {
    match what {
        What::Token(mint) => mint.to_string(),
        What::Fees => "fees".to_owned(),
    }
}

fn boot() -> String {
    let boot = std::fs::read_to_string(BOOT_ID).unwrap_or_default();
    boot.trim().to_owned()
}

fn content(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    match File::open(path) {
        Ok(file) => file.take(2 * LENGTH_MAX).read_to_end(&mut bytes)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
        Err(error) => return Err(error),
    };
    // No signer wrote so much, and a part of it would count less than all.
    match bytes.len() as u64 == 2 * LENGTH_MAX {
        true => Err(io::Error::other("it is too long")),
        false => Ok(bytes),
    }
}

#[cfg(test)]
mod tests;
