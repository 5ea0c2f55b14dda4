//! The lines that a transaction leaves in its log, in the runtime's own words: clients parse them.

/// All lines of a transaction together; what is beyond is lost.
const BYTES_MAX: usize = 10_000;

#[derive(Debug, Default)]
pub(super) struct Logs {
    lines: Vec<String>,
    bytes: usize,
    cut: bool,
}

impl Logs {
    pub(super) fn push(&mut self, line: String) {
        let bytes = self.bytes + line.len();
        if bytes < BYTES_MAX {
            self.bytes = bytes;
            self.lines.push(line);
        } else if !self.cut {
            self.cut = true;
            self.lines.push("Log truncated".to_owned());
        }
    }

    pub(super) fn into_lines(self) -> Vec<String> {
        self.lines
    }
}
