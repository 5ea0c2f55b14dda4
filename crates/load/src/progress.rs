//! The progress of long work: a bar on a terminal, a line for each step elsewhere. On standard
//! error, so that results can be piped.

use std::io::{self, Write};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use tokio::time::Instant;

/// How often it is redrawn, so that the time advances even if nothing else happens.
const TICK: Duration = Duration::from_millis(250);
const STEPS: &str = "{elapsed_precise} {bar:20.cyan/dim} {pos:>2}/{len} {wide_msg}";
const TIME: &str = "{elapsed_precise} {bar:20.cyan/dim} {percent:>3} % {wide_msg}";

/// Tells how far some work has come.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    began: Instant,
}

impl Progress {
    /// Work of so many steps.
    #[must_use]
    pub fn of_steps(count: usize) -> Self {
        Self::new(u64::try_from(count).unwrap_or(u64::MAX), STEPS)
    }

    /// Work that takes so long.
    #[must_use]
    pub fn over(length: Duration) -> Self {
        Self::new(whole_millis(length), TIME)
    }

    fn new(length: u64, template: &str) -> Self {
        let bar = ProgressBar::new(length);
        bar.set_style(style(template));
        if !bar.is_hidden() {
            bar.enable_steady_tick(TICK);
        }
        let began = Instant::now();
        Self { bar, began }
    }

    /// The next step begins, and with it the last one has ended.
    pub fn begin(&self, what: &str) {
        if self.bar.is_hidden() {
            return self.say(what);
        }
        if !self.bar.message().is_empty() {
            self.bar.inc(1);
        }
        self.bar.set_message(what.to_owned());
    }

    /// So much of the time has passed.
    pub fn reach(&self, passed: Duration) {
        self.bar.set_position(whole_millis(passed));
    }

    /// So many of the steps have been done.
    pub fn reach_step(&self, step: usize) {
        self.bar
            .set_position(u64::try_from(step).unwrap_or(u64::MAX));
    }

    /// What happens now, beside the bar.
    pub fn tell(&self, what: &str) {
        self.bar.set_message(what.to_owned());
    }

    /// A line that stays, with the time at which it was said.
    pub fn say(&self, line: &str) {
        let line = format!("{:>5} s  {line}", self.began.elapsed().as_secs());
        if self.bar.is_hidden() {
            // Nobody may be looking any more.
            let _ = writeln!(io::stderr(), "{line}");
        } else {
            self.bar.println(line);
        }
    }
}

impl Drop for Progress {
    /// What follows finds a clean line.
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// How every bar looks.
#[must_use]
pub fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("━╸╌")
}

fn whole_millis(of: Duration) -> u64 {
    u64::try_from(of.as_millis()).unwrap_or(u64::MAX)
}
