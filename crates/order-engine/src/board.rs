//! Several orders followed in parallel: a bar for each on a terminal, a line for each event
//! elsewhere.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use api_types::EventView;
use api_types::names::StatusName;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget};
use load::progress::style;

use crate::lifecycle::detail;
use crate::output;

/// Steps of an order that goes straight to its end: pending, routing, building, submitted, confirmed.
const COLUMNS: usize = 80;
const STEPS: u64 = 5;
/// More bars than this do not fit a screen; one bar sums up the rest.
const BARS_MAX: usize = 20;

/// An order as the board shows it.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// Such as `1.5 SOL → USDC`.
    pub(crate) label: String,
    pub(crate) token_out: String,
}

/// Shows orders until they end.
#[derive(Debug)]
pub(crate) enum Board {
    Bars {
        multi: MultiProgress,
        bars: BTreeMap<usize, ProgressBar>,
        total: ProgressBar,
    },
    Lines,
}

impl Board {
    /// A board for this many orders.
    pub(crate) fn new(count: usize) -> Self {
        if !output::is_terminal() {
            return Self::Lines;
        }
        let multi = MultiProgress::with_draw_target(ProgressDrawTarget::stdout());
        let total = multi.add(ProgressBar::new(u64::try_from(count).unwrap_or(u64::MAX)));
        total.set_style(style(
            "{prefix:<21} {bar:5.green/dim} {pos}/{len} orders ended",
        ));
        total.set_prefix("all");
        Self::Bars {
            multi,
            bars: BTreeMap::new(),
            total,
        }
    }

    /// An order begins.
    pub(crate) fn begin(&mut self, place: usize, entry: &Entry) {
        let Self::Bars { multi, bars, total } = self else {
            return;
        };
        if bars.len() >= BARS_MAX {
            return;
        }
        // In the order of the summary, in whatever order they were accepted.
        let below = bars.range(place..).next().map_or(&*total, |(_, bar)| bar);
        let bar = multi.insert_before(below, ProgressBar::new(STEPS));
        bar.set_style(style("{prefix:<21} {bar:5.cyan/dim} {wide_msg}"));
        bar.set_prefix(entry.label.clone());
        bar.enable_steady_tick(Duration::from_millis(250));
        bars.insert(place, bar);
    }

    /// An event of an order.
    pub(crate) fn show(
        &mut self,
        place: usize,
        entry: &Entry,
        event: &EventView,
    ) -> io::Result<()> {
        let detail = detail(event, &entry.token_out);
        match self {
            Self::Lines => {
                let status = event.status.name();
                let number = place + 1;
                let told = format!("{number:>3}  {:<20} {status:<10} {detail}", entry.label);
                output::line(cut(told.trim_end()))
            }
            Self::Bars { bars, total, .. } => {
                if let Some(bar) = bars.get(&place) {
                    bar.set_position(step(event.status));
                    bar.set_message(format!("{} {detail}", output::status(event.status)));
                    if event.status.is_terminal() {
                        bar.finish();
                    }
                }
                if event.status.is_terminal() {
                    total.inc(1);
                }
                Ok(())
            }
        }
    }

    /// Leaves everything on the screen; what follows begins on a new line.
    pub(crate) fn finish(&self) -> io::Result<()> {
        if let Self::Bars { total, .. } = self {
            total.finish();
            output::line("")?;
        }
        Ok(())
    }
}

/// A line of a usual terminal; the whole reason of a failure stands with the order.
fn cut(line: &str) -> String {
    match line.char_indices().nth(COLUMNS) {
        None => line.to_owned(),
        Some(_) => line.chars().take(COLUMNS - 1).chain(['…']).collect(),
    }
}

fn step(status: StatusName) -> u64 {
    match status {
        StatusName::Pending => 1,
        StatusName::Routing => 2,
        StatusName::Building => 3,
        StatusName::Submitted => 4,
        StatusName::Confirmed
        | StatusName::Failed
        | StatusName::Cancelled
        | StatusName::Expired => STEPS,
    }
}
