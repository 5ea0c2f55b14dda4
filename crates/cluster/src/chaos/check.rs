//! Checks the promises while things break.

/// What is promised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Check {
    /// An order that was accepted is there.
    Lost,
    /// At most one execution of an order lands.
    Double,
    /// A stream shows every event once, in order.
    Gap,
    /// Every order ends once the faults have stopped.
    Stuck,
    /// No order is given up as one that ends its workers: none of these does.
    Poisoned,
    /// The account stream tells everything that happens, or that something may be missing.
    Untold,
    /// Stream, history and ledger tell the same.
    Differing,
    /// Nothing is stored or executed that nobody submitted, and one key is one order.
    Foreign,
    /// The engine's receipts explain every lamport of the wallet, and orders every transaction of it.
    Unexplained,
    /// Whatever else a client or an operator was promised.
    Other,
}

impl Check {
    pub(super) const ALL: [(Self, &'static str); 10] = [
        (Self::Lost, "lost: accepted, and not there"),
        (Self::Double, "double: executed more than once"),
        (Self::Gap, "gap: an event missing, repeated or out of order"),
        (Self::Stuck, "stuck: not ended in time"),
        (
            Self::Poisoned,
            "wrongly poisoned: given up for others' deaths",
        ),
        (
            Self::Untold,
            "untold: missing in an account stream, no resync",
        ),
        (Self::Differing, "stream, history and ledger differ"),
        (Self::Foreign, "stored or executed, and nobody's"),
        (Self::Unexplained, "unexplained: lamports, or no order's"),
        (Self::Other, "other"),
    ];
}
