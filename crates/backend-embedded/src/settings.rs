//! What the store is opened with.

use std::time::Duration;

use ports::order_store::LONGEST_FIXED_REST;
use ports::webhooks::Outbox;

/// What a store is opened with.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// How long a worker may be silent before its orders go to other workers.
    pub lease: Duration,
    /// The longest delay of an order. An order due later than that counts as due: the clock was set
    /// back.
    pub longest_rest: Duration,
    /// Which events become webhooks.
    pub outbox: Outbox,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(20),
            longest_rest: LONGEST_FIXED_REST,
            outbox: Outbox::None,
        }
    }
}
