//! The lines that a transaction leaves in its log, in the runtime's own words: clients parse them. Few are ever read,
//! so they are kept short, and written out for whoever reads them.

use std::fmt::Write as _;

use solana_address::Address;
use wincode::{SchemaRead, SchemaWrite};

/// All lines of a transaction together; what is beyond is lost.
const BYTES_MAX: usize = 10_000;
/// The longest address.
const ADDRESS_MAX: usize = 44;
/// The words around an address and numbers, and the numbers, in the longest line that is not text.
const WORDS_MAX: usize = 64;

/// A line of the log. Programs are named by their place among the transaction's accounts.
#[derive(Debug, Clone, PartialEq, Eq, SchemaRead, SchemaWrite)]
#[wincode(tag_encoding = "u8")]
pub enum Line {
    /// A program begins, so deep in the calls.
    Invoked {
        program: u8,
        depth: u8,
    },
    /// What it used of the compute units that were left.
    Consumed {
        program: u8,
        units: u32,
        left: u32,
    },
    Succeeded {
        program: u8,
    },
    /// Everything else.
    Text(String),
}

impl Line {
    /// The line as clients read it.
    pub(super) fn text(&self, key: impl Fn(u8) -> Address) -> String {
        let mut text = String::with_capacity(self.bytes_max());
        // Writing to a string does not fail.
        let _ = match self {
            Self::Invoked { program, depth } => {
                write!(text, "Program {} invoke [{depth}]", key(*program))
            }
            Self::Consumed {
                program,
                units,
                left,
            } => {
                let key = key(*program);
                write!(
                    text,
                    "Program {key} consumed {units} of {left} compute units"
                )
            }
            Self::Succeeded { program } => write!(text, "Program {} success", key(*program)),
            Self::Text(line) => text.write_str(line),
        };
        text
    }

    fn bytes_max(&self) -> usize {
        match self {
            Self::Text(line) => line.len(),
            _ => ADDRESS_MAX + WORDS_MAX,
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Logs {
    lines: Vec<Line>,
    length: Length,
    cut: bool,
}

/// How long the lines are. Only of a long log it is worth knowing exactly.
#[derive(Debug)]
enum Length {
    AtMost(usize),
    Exactly(usize),
}

impl Default for Length {
    fn default() -> Self {
        Self::AtMost(0)
    }
}

impl Logs {
    /// Adds a line, where there is room for it.
    pub(super) fn push(&mut self, line: Line, key: impl Fn(u8) -> Address) {
        if self.takes(&line, key) {
            self.lines.push(line);
        } else if !self.cut {
            self.cut = true;
            self.lines.push(Line::Text("Log truncated".to_owned()));
        }
    }

    fn takes(&mut self, line: &Line, key: impl Fn(u8) -> Address) -> bool {
        if let Length::AtMost(bytes) = self.length {
            let bytes = bytes + line.bytes_max();
            if bytes < BYTES_MAX {
                self.length = Length::AtMost(bytes);
                return true;
            }
        }
        let before = match self.length {
            Length::Exactly(bytes) => bytes,
            Length::AtMost(_) => {
                let lines = self.lines.iter();
                lines.map(|line| line.text(&key).len()).sum()
            }
        };
        let bytes = before + line.text(&key).len();
        let takes = bytes < BYTES_MAX;
        self.length = Length::Exactly(if takes { bytes } else { before });
        takes
    }

    pub(super) fn into_lines(self) -> Vec<Line> {
        self.lines
    }
}

#[cfg(test)]
mod tests;
