//! When the engine halts itself.

use std::num::NonZeroU32;

use clap::Args;

use crate::Config;
use crate::transactions::Switch;
use crate::values::whole;

/// The most reverts in a row that anybody waits for.
const REVERTS_MAX: u32 = 1_000;

/// What halts the engine by itself.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Safety")]
pub struct Safety {
    /// Halt after so many transactions of one program and code in a row were rolled back, 0 for never [default: 0 in sim, 5 in live]
    #[arg(long, env = "HALT_AFTER_REVERTS", value_name = "COUNT", value_parser = whole(0..=REVERTS_MAX))]
    pub halt_after_reverts: Option<u32>,
    /// Halt when the wallet's lamports are not explained by receipts [default: off in sim, on in live]
    #[arg(long, env = "HALT_ON_UNEXPLAINED", value_name = "SWITCH", value_enum)]
    pub halt_on_unexplained: Option<Switch>,
}

impl Config {
    /// How many reverts of one kind in a row halt the engine; absent where none do.
    #[must_use]
    pub fn halt_after_reverts(&self) -> Option<NonZeroU32> {
        let set = self.safety.halt_after_reverts;
        let count =
            set.unwrap_or_else(|| self.chain.order_venue_mode.defaults().halt_after_reverts);
        NonZeroU32::new(count)
    }

    /// Whether lamports that no receipt explains halt the engine.
    #[must_use]
    pub fn halts_on_unexplained(&self) -> Switch {
        let set = self.safety.halt_on_unexplained;
        set.unwrap_or_else(|| self.chain.order_venue_mode.defaults().halt_on_unexplained)
    }
}
