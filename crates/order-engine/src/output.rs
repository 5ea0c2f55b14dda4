//! Standard output: lines, JSON and tables that fit 80 columns on a terminal; colour only there.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};

use api_types::names::StatusName;
use bootstrap::telemetry::Colour;
use clap::Args;
use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, ContentArrangement, Table};
use serde::Serialize;
use uuid::Uuid;

/// The maximum width of every table, so that it reads well in a small terminal and in a mail.
const WIDTH: u16 = 80;
/// What a table is laid out with on its left and right, and printed without.
const PADDING: u16 = 2;

/// How a command prints data.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Format {
    /// Print JSON, one object per line, as the API returns it
    #[arg(long)]
    json: bool,
}

impl Format {
    /// Whether a program reads the output.
    pub(crate) fn is_json(self) -> bool {
        self.json
    }
}

/// Prints a line.
pub(crate) fn line(text: impl Display) -> io::Result<()> {
    writeln!(io::stdout().lock(), "{text}")
}

/// Prints a value as one line of JSON.
pub(crate) fn json(value: &impl Serialize) -> io::Result<()> {
    let mut out = io::stdout().lock();
    serde_json::to_writer(&mut out, value)?;
    writeln!(out)
}

/// Says how to get the next page, if there is one.
pub(crate) fn more(cursor: Option<&str>) -> io::Result<()> {
    match cursor {
        Some(cursor) => line(format_args!("more: --cursor {cursor}")),
        None => Ok(()),
    }
}

/// Whether a person reads the output.
pub(crate) fn is_terminal() -> bool {
    io::stdout().is_terminal()
}

/// How many columns the terminal has that is written to.
pub(crate) fn terminal_width() -> Option<u16> {
    terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| width.0)
}

/// Whether each row of the table is one line of this width.
pub(crate) fn fits(table: &Table, width: u16) -> bool {
    let columns = table.column_max_content_widths();
    // A blank on both sides of each, but for the outermost two.
    let gaps = PADDING * u16::try_from(columns.len().saturating_sub(1)).unwrap_or(u16::MAX);
    columns
        .iter()
        .fold(gaps, |sum, column| sum.saturating_add(*column))
        <= width
}

/// The last `length` characters of a text that tells more by its end.
pub(crate) fn end_of(text: &str, length: usize) -> String {
    match text.char_indices().rev().nth(length.saturating_sub(1)) {
        Some((start, _)) if start > 0 => format!("…{}", &text[start..]),
        _ => text.to_owned(),
    }
}

/// An id where it need not be copied: its end tells orders apart, its start is the time they share.
pub(crate) fn short_id(id: Uuid) -> String {
    end_of(&id.to_string(), 8)
}

/// An empty table with these headings; where a program reads it, a row is a line however long.
pub(crate) fn table<const N: usize>(headings: [&str; N]) -> Table {
    let mut table = Table::new();
    table
        .load_style(NOTHING)
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header(headings);
    if is_terminal() {
        table.set_content_arrangement(ContentArrangement::Dynamic);
        keep_to(&mut table, WIDTH);
    }
    table
}

/// Keeps a table that a person reads to another width.
pub(crate) fn keep_to(table: &mut Table, width: u16) {
    table.set_width(width.saturating_add(PADDING));
}

/// Aligns these columns to the right, as numbers are.
pub(crate) fn align_right(table: &mut Table, columns: &[usize]) {
    for column in columns {
        if let Some(column) = table.column_mut(*column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
}

/// A table's lines without the padding around them; a status at the end of a row has its colour.
pub(crate) fn lines(table: &Table) -> Vec<String> {
    let colour = Colour::on(&io::stdout());
    table
        .to_string()
        .lines()
        .map(|line| painted(colour, line.strip_prefix(' ').unwrap_or(line).trim_end()))
        .collect()
}

/// Painted once the columns are as wide as their texts: whoever lays them out counts no colour.
fn painted(colour: Colour, line: &str) -> String {
    let status = domain::Status::ALL
        .into_iter()
        .map(StatusName::from)
        .find_map(|status| Some((line.strip_suffix(status.name())?, status)));
    match status {
        Some((before, status)) if before.ends_with(' ') => {
            format!("{before}{}", colour.paint(style(status), status.name()))
        }
        _ => line.to_owned(),
    }
}

/// Prints a table.
pub(crate) fn print_table(table: &Table) -> io::Result<()> {
    lines(table).iter().try_for_each(line)
}

/// A status' name, in its colour if colour is wanted.
pub(crate) fn status(status: StatusName) -> String {
    Colour::on(&io::stdout()).paint(style(status), status.name())
}

fn style(status: StatusName) -> u8 {
    match status {
        StatusName::Confirmed => 32,
        StatusName::Failed => 31,
        StatusName::Cancelled | StatusName::Expired => 33,
        _ => 36,
    }
}

/// Less important text.
pub(crate) fn faint(text: impl Display) -> String {
    Colour::on(&io::stdout()).paint(2, text)
}

/// A decimal cut to seven digits, for people: `0.0123456789` is `0.01234567`. Never for computing.
pub(crate) fn short(decimal: &str) -> String {
    const DIGITS: usize = 7;
    let Some((whole, fraction)) = decimal.split_once('.') else {
        return decimal.to_owned();
    };
    let zeros = if whole == "0" {
        fraction.len() - fraction.trim_start_matches('0').len()
    } else {
        0
    };
    let kept = match whole {
        "0" => zeros + DIGITS,
        _ => DIGITS.saturating_sub(whole.len()),
    };
    let fraction = fraction
        .get(..kept)
        .unwrap_or(fraction)
        .trim_end_matches('0');
    if fraction.is_empty() {
        whole.to_owned()
    } else {
        format!("{whole}.{fraction}")
    }
}

/// A fraction as basis points, for people: `0.0025` is `25 bp`.
pub(crate) fn basis_points(fraction: &str) -> String {
    const PLACES: usize = 4;
    let (whole, rest) = fraction.split_once('.').unwrap_or((fraction, ""));
    let digits = format!("{whole}{rest:0<PLACES$}");
    let (bps, part) = digits.split_at(whole.len() + PLACES);
    let bps = match bps.trim_start_matches('0') {
        "" => "0",
        bps => bps,
    };
    match part.trim_end_matches('0') {
        "" => format!("{bps} bp"),
        part => format!("{bps}.{part} bp"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_painted_where_it_ends_with_a_status() {
        for (line, painted_line) in [
            ("1 SOL  confirmed", "1 SOL  \x1b[32mconfirmed\x1b[0m"),
            ("1 SOL  failed", "1 SOL  \x1b[31mfailed\x1b[0m"),
            ("swap   status", "swap   status"),
            ("host-failed", "host-failed"),
        ] {
            assert_eq!(painted(Colour::On, line), painted_line);
            assert_eq!(painted(Colour::Off, line), line);
        }
    }

    #[test]
    fn a_long_decimal_is_cut_and_never_rounded_up() {
        for (decimal, cut) in [
            ("150.123456789", "150.1234"),
            ("0.000012345678999", "0.00001234567"),
            ("123456789.5", "123456789"),
            ("100", "100"),
            ("1.5000001", "1.5"),
            ("0.1", "0.1"),
        ] {
            assert_eq!(short(decimal), cut);
        }
    }

    #[test]
    fn a_fraction_is_so_many_basis_points() {
        for (fraction, bps) in [
            ("0.0025", "25 bp"),
            ("0.01", "100 bp"),
            ("0", "0 bp"),
            ("1", "10000 bp"),
            ("0.000123", "1.23 bp"),
            ("0.00001", "0.1 bp"),
            ("1.5", "15000 bp"),
        ] {
            assert_eq!(basis_points(fraction), bps);
        }
    }
}
