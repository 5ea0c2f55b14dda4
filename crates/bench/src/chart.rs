//! The chart of the README: orders a second from POST to confirmed, and accepted, as bars.

use std::fmt::Write;

use load::embedded::EMBEDDED;
use load::report::{Report, readable};

use crate::baseline::{EVERY_STEP, TWO_ROWS};
use crate::scale_out::SCALE_OUT;

const WIDTH: f64 = 720.0;
const LABEL: f64 = 250.0;
const VALUE: f64 = 70.0;
const BAR: f64 = 18.0;
const ROW: f64 = 26.0;
const HEADING: f64 = 34.0;
const OURS: &str = "#0f766e";
const THEIRS: &str = "#94a3b8";

/// The chart as a picture that reads on light and dark pages.
pub(crate) fn svg(report: &Report) -> String {
    let blocks = [
        (
            "POST to confirmed, orders/s",
            "pipeline",
            "rate kept up with",
        ),
        ("accepted, orders/s", "accept", "rate"),
    ];
    let mut body = String::new();
    let mut y = 8.0;
    for (heading, scenario, figure) in blocks {
        let bars: Vec<(&str, f64)> = [EMBEDDED, SCALE_OUT, TWO_ROWS, EVERY_STEP]
            .into_iter()
            .filter_map(|subject| Some((subject, report.value(subject, scenario, figure)?)))
            .collect();
        let most = bars.iter().map(|(_, value)| *value).fold(1.0, f64::max);
        // Writing to a string does not fail.
        let _ = writeln!(
            body,
            r#"<text class="heading" x="8" y="{:.0}">{heading}</text>"#,
            y + 18.0
        );
        y += HEADING;
        for (subject, value) in bars {
            let length = (WIDTH - LABEL - VALUE) * value / most;
            let colour = match subject {
                EMBEDDED | SCALE_OUT => OURS,
                _ => THEIRS,
            };
            let middle = y + BAR - 4.0;
            let _ = writeln!(
                body,
                r#"<text x="8" y="{middle:.0}">{subject}</text><rect x="{LABEL}" y="{y:.0}" width="{length:.1}" height="{BAR}" rx="2" fill="{colour}"/><text x="{:.1}" y="{middle:.0}">{}</text>"#,
                LABEL + length + 6.0,
                readable(value)
            );
            y += ROW;
        }
        y += 10.0;
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {y:.0}\" width=\"{WIDTH}\" \
         height=\"{y:.0}\" role=\"img\" aria-label=\"Orders a second, beside a baseline in Node\">\n\
         <style>text{{font:13px system-ui,sans-serif;fill:#475569}}.heading{{font-weight:600}}\
         @media(prefers-color-scheme:dark){{text{{fill:#cbd5e1}}}}</style>\n{body}</svg>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_bar_is_the_largest_figure() {
        let mut report = Report::default();
        report.add(EMBEDDED, "accept", "rate", 100.0, "orders/s");
        report.add(TWO_ROWS, "accept", "rate", 50.0, "orders/s");

        let chart = svg(&report);

        assert!(chart.contains("width=\"400.0\""), "{chart}");
        assert!(chart.contains("width=\"200.0\""), "{chart}");
    }
}
