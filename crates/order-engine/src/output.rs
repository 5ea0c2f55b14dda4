//! Standard output: lines, JSON and tables that fit 80 columns on a terminal; colour only there.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};

use api_types::names::StatusName;
use bootstrap::telemetry::Colour;
use clap::Args;
use comfy_table::presets::NOTHING;
use comfy_table::{Cell, CellAlignment, Color, ContentArrangement, Table};
use serde::Serialize;

/// The maximum width of every table, so that it reads well in a small terminal and in a mail.
const WIDTH: u16 = 80;

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

/// An empty table with these headings; if a program reads it, each row is one line however long.
pub(crate) fn table<const N: usize>(headings: [&str; N]) -> Table {
    let mut table = Table::new();
    table
        .load_style(NOTHING)
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header(headings);
    if is_terminal() {
        table
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(WIDTH);
    }
    table
}

/// Aligns these columns to the right, as numbers are.
pub(crate) fn align_right(table: &mut Table, columns: &[usize]) {
    for column in columns {
        if let Some(column) = table.column_mut(*column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
}

/// A table's lines without the surrounding padding.
pub(crate) fn lines(table: &Table) -> Vec<String> {
    table
        .to_string()
        .lines()
        .map(|line| line.strip_prefix(' ').unwrap_or(line).trim_end().to_owned())
        .collect()
}

/// Prints a table.
pub(crate) fn print_table(table: &Table) -> io::Result<()> {
    lines(table).iter().try_for_each(line)
}

/// A status' name, in its colour if colour is wanted.
pub(crate) fn status(status: StatusName) -> String {
    let colour = match status {
        StatusName::Confirmed => 32,
        StatusName::Failed => 31,
        StatusName::Cancelled | StatusName::Expired => 33,
        _ => 36,
    };
    Colour::on(&io::stdout()).paint(colour, status.name())
}

/// The same as a cell of a table, whose width does not count the colour.
pub(crate) fn status_cell(status: StatusName) -> Cell {
    let cell = Cell::new(status.name());
    if Colour::on(&io::stdout()) == Colour::Off {
        return cell;
    }
    cell.fg(match status {
        StatusName::Confirmed => Color::DarkGreen,
        StatusName::Failed => Color::DarkRed,
        StatusName::Cancelled | StatusName::Expired => Color::DarkYellow,
        _ => Color::DarkCyan,
    })
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
