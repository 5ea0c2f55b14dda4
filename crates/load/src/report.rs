//! The figures of a run, for programs, and as a table of 80 columns for people.

use std::fmt::Write;

use serde::Serialize;

/// One measured figure.
#[derive(Debug, Clone, Serialize)]
pub struct Figure {
    /// What was measured: an engine, the baseline, or a limit of the parts.
    pub subject: String,
    pub scenario: &'static str,
    pub figure: String,
    pub value: f64,
    pub unit: &'static str,
}

/// All of them, in the order in which they were measured.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    pub figures: Vec<Figure>,
}

impl Report {
    /// Adds a figure.
    pub fn add(
        &mut self,
        subject: &str,
        scenario: &'static str,
        figure: impl Into<String>,
        value: f64,
        unit: &'static str,
    ) {
        self.figures.push(Figure {
            subject: subject.to_owned(),
            scenario,
            figure: figure.into(),
            value,
            unit,
        });
    }

    /// A figure that was measured.
    #[must_use]
    pub fn value(&self, subject: &str, scenario: &str, figure: &str) -> Option<f64> {
        let mut found = self.figures.iter().filter(|one| {
            one.subject == subject && one.scenario == scenario && one.figure == figure
        });
        found.next_back().map(|one| one.value)
    }

    /// The table, a block for each subject.
    #[must_use]
    pub fn table(&self) -> String {
        let mut text = String::new();
        let mut subject = "";
        for figure in &self.figures {
            if figure.subject != subject {
                subject = &figure.subject;
                // Writing to a string does not fail.
                let _ = writeln!(text, "\n{subject}");
            }
            let _ = writeln!(
                text,
                "  {:<10} {:<40} {:>11} {}",
                figure.scenario,
                figure.figure,
                readable(figure.value),
                figure.unit
            );
        }
        text
    }
}

/// As many digits as mean something.
#[must_use]
pub fn readable(value: f64) -> String {
    match value.abs() {
        large if large >= 100.0 => format!("{value:.0}"),
        middle if middle >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_table_fits_80_columns() {
        let mut report = Report::default();
        report.add(
            "embedded",
            "pipeline",
            "a".repeat(40),
            123_456.0,
            "orders/s",
        );

        assert!(report.table().lines().all(|line| line.len() <= 80));
    }

    #[test]
    fn the_figure_measured_last_counts() {
        let mut report = Report::default();
        report.add("embedded", "accept", "rate", 1.0, "orders/s");
        report.add("embedded", "accept", "rate", 2.0, "orders/s");

        assert_eq!(report.value("embedded", "accept", "rate"), Some(2.0));
        assert_eq!(report.value("embedded", "accept", "p99"), None);
    }
}
