//! What a journal's lines say.

use std::collections::BTreeMap;

use amm::Address;

use crate::limits::{Book, What, quarter};

/// After the machine ended without a word, the end of the file may be nonsense: what was not synced fits into this.
const NONSENSE_MAX: usize = 1 << 20;

/// What a journal's lines say.
#[derive(Debug, Default)]
pub(super) struct Past {
    pub(super) book: Book,
    pub(super) deposits: BTreeMap<Address, u64>,
    /// When messages were signed, by the wall clock, and their hashes.
    pub(super) seen: Vec<(u64, [u8; 32])>,
    pub(super) boot: Option<String>,
    pub(super) last_ms: u64,
}

impl Past {
    /// Reads them, or says which cannot be read. Half a line at the end was never answered.
    pub(super) fn read(bytes: &[u8], boot: &str) -> Result<Self, usize> {
        let mut past = Self::default();
        let mut rest = bytes;
        let mut number = 0;
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            number += 1;
            let line = std::str::from_utf8(&rest[..end]).ok();
            if line.and_then(|line| past.line(line)).is_none() {
                let is_end_of_a_crash = past.boot.as_deref().is_some_and(|former| former != boot)
                    && rest.len() <= NONSENSE_MAX;
                return match is_end_of_a_crash {
                    true => Ok(past),
                    false => Err(number),
                };
            }
            rest = &rest[end + 1..];
        }
        Ok(past)
    }

    fn line(&mut self, line: &str) -> Option<()> {
        let mut words = line.split(' ');
        match words.next()? {
            "boot" => self.boot = Some(words.next()?.to_owned()),
            "last" => self.last_ms = words.next()?.parse().ok()?,
            "sum" => {
                let quarter = words.next()?.parse().ok()?;
                let what = what(words.next()?)?;
                let amount = words.next()?.parse().ok()?;
                self.book.add_in(what, quarter, amount);
            }
            "deposit" => {
                let quarter = words.next()?.parse().ok()?;
                self.deposits.insert(words.next()?.parse().ok()?, quarter);
            }
            "seen" => {
                let at = words.next()?.parse().ok()?;
                self.seen.push((at, hash(words.next()?)?));
            }
            "use" => {
                let at: u64 = words.next()?.parse().ok()?;
                let hash = hash(words.next()?)?;
                // All of a line or nothing of it.
                let parts: Option<Vec<Part>> = words.by_ref().map(Part::read).collect();
                for part in parts? {
                    match part {
                        Part::Spent(what, amount) => self.book.add_in(what, quarter(at), amount),
                        Part::Deposit(account) => {
                            self.deposits.insert(account, quarter(at));
                        }
                    }
                }
                self.last_ms = self.last_ms.max(at);
                self.seen.push((at, hash));
            }
            _ => return None,
        }
        words.next().is_none().then_some(())
    }
}

enum Part {
    Spent(What, u64),
    Deposit(Address),
}

impl Part {
    fn read(word: &str) -> Option<Self> {
        let (name, value) = word.split_once('=')?;
        Some(match name {
            "deposit" => Self::Deposit(value.parse().ok()?),
            name => Self::Spent(what(name)?, value.parse().ok()?),
        })
    }
}

fn what(name: &str) -> Option<What> {
    match name {
        "fees" => Some(What::Fees),
        mint => Some(What::Token(mint.parse::<Address>().ok()?)),
    }
}

fn hash(text: &str) -> Option<[u8; 32]> {
    Some(text.parse::<Address>().ok()?.0)
}
