//! The statements that record events, with and without the rows of their webhooks. Where no webhooks are wanted, a
//! statement has nothing of them.

use std::sync::OnceLock;

use ports::webhooks::Outbox;

/// Where a statement has the rows of its webhooks: between two of its parts.
const PLACE: &str = "-- Webhooks go here.\n";

/// Which events a statement records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Records {
    /// None that ends an order.
    Steps,
    /// Such as end orders, and others: `status` tells.
    Both,
    /// Such as end orders alone.
    Ends,
}

/// A statement that records events.
#[derive(Debug)]
pub(crate) struct Recording {
    sql: &'static str,
    records: Records,
    /// Selects the order, the place and the time of its events.
    events: &'static str,
    with_ends: OnceLock<String>,
    with_all: OnceLock<String>,
}

impl Recording {
    /// A statement with the place for webhooks, and how it selects its events.
    pub(crate) const fn new(sql: &'static str, records: Records, events: &'static str) -> Self {
        Self {
            sql,
            records,
            events,
            with_ends: OnceLock::new(),
            with_all: OnceLock::new(),
        }
    }

    /// The statement for this outbox.
    pub(crate) fn sql(&'static self, outbox: Outbox) -> &'static str {
        match (outbox, self.records) {
            (Outbox::None, _) | (Outbox::Terminal, Records::Steps) => self.sql,
            (Outbox::Terminal, Records::Both) => self
                .with_ends
                .get_or_init(|| self.adding("where status >= 4")),
            (Outbox::Terminal, Records::Ends) | (Outbox::All, _) => {
                self.with_all.get_or_init(|| self.adding(""))
            }
        }
    }

    fn adding(&self, which: &str) -> String {
        let Self { sql, events, .. } = self;
        let rows = format!(
            "tell as (\n    insert into webhooks (order_id, seq, due_at)\n    {events} {which}\n    order by 1\n),\n"
        );
        sql.replace(PLACE, &rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static BOTH: Recording = Recording::new(
        "with won as (select),\n-- Webhooks go here.\nafter as (select) select from won",
        Records::Both,
        "select order_id, seq, at from won",
    );

    #[test]
    fn a_statement_has_webhooks_where_somebody_wants_them() {
        assert!(!BOTH.sql(Outbox::None).contains("webhooks ("));
        assert!(
            BOTH.sql(Outbox::Terminal)
                .contains("from won where status >= 4\n")
        );
        let all = BOTH.sql(Outbox::All);
        assert!(all.contains("insert into webhooks (") && !all.contains("status >= 4"));
    }
}
