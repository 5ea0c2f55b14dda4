//! Where a list's ids come from, and which conditions the rows must still be checked for.

use std::fmt::Write;

use domain::Status;
use ports::order_history::ListFilter;

use super::pairs::Pairs;

/// Ids in one order, each source under its number. Parameters: $1 before, $2 how many of each source,
/// $3 version, $4 client, $5 and $6 tokens, $7 and $8 pairs of tokens, $9 wallet, $10 OCO group, $11 type.
#[derive(Debug)]
pub(super) struct Way {
    sources: Vec<Source>,
    /// Whether the sources contain exactly the wanted orders, except orders of newer versions.
    is_exact: bool,
}

/// A range of an index, newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    /// All orders.
    All,
    /// Open orders.
    Open,
    /// Open orders that swap one of the pairs.
    OpenOfPairs,
    /// Orders between their first step and their end or retry.
    Begun,
    /// Orders that wait for a condition.
    Waiting,
    /// One client's orders.
    OfClient,
    /// The orders of one client's OCO group.
    OfGroup,
    /// Orders that ended in this way.
    Ended(Status),
}

/// The ways to meet a filter, the likelier first.
pub(super) fn ways(filter: &ListFilter, pairs: Option<&Pairs>) -> Vec<Way> {
    let of_client = vec![Source::OfClient];
    let has_client = filter.client.is_some();
    let has_mints = filter.mint_in.is_some() || filter.mint_out.is_some();
    let open = match pairs {
        Some(_) => Source::OpenOfPairs,
        None => Source::Open,
    };
    let sources = match filter.status {
        _ if filter.oco_group.is_some() && has_client => vec![vec![Source::OfGroup]],
        _ if filter.waiting == Some(true) && has_client => vec![vec![Source::Waiting], of_client],
        _ if filter.waiting == Some(true) => vec![vec![Source::Waiting]],
        Some(Status::Routing | Status::Building | Status::Submitted) => vec![vec![Source::Begun]],
        Some(ended) if ended.is_terminal() && has_client => {
            vec![vec![Source::Ended(ended)], of_client]
        }
        Some(ended) if ended.is_terminal() => vec![vec![Source::Ended(ended)]],
        Some(_) if has_client && pairs.is_some() => vec![vec![open], of_client],
        Some(_) if has_client => vec![of_client, vec![open]],
        Some(_) => vec![vec![open]],
        None if has_client && has_mints => vec![of_client, by_end(open)],
        None if has_client => vec![of_client],
        None if has_mints => vec![by_end(open)],
        None => vec![vec![Source::All]],
    };
    sources
        .into_iter()
        .map(|sources| Way {
            is_exact: sources
                .iter()
                .all(|source| source.leftover(filter).is_empty()),
            sources,
        })
        .collect()
}

/// Open orders have an index by what they swap; of the others so many as the bound allows are looked at.
fn by_end(open: Source) -> Vec<Source> {
    let ended = Status::ALL
        .into_iter()
        .filter(|status| status.is_terminal());
    std::iter::once(open)
        .chain(ended.map(Source::Ended))
        .collect()
}

impl Way {
    /// Whether it is enough to read as many ids as orders are missing.
    pub(super) const fn is_exact(&self) -> bool {
        self.is_exact
    }

    /// The statement that reads ids, up to a number from each source.
    pub(super) fn sql(&self, filter: &ListFilter) -> String {
        let mut sql = String::from("-- list_order_ids");
        for (number, source) in self.sources.iter().enumerate() {
            if number > 0 {
                sql.push_str("\nunion all");
            }
            let mut fits = String::from("o.schema_version <= $3");
            for condition in source.leftover(filter) {
                let _ = write!(fits, " and {condition}");
            }
            let range = source.range();
            let ids = format!(
                "select o.id, {fits} as fits from {range} and o.id < $1 order by o.id desc limit $2"
            );
            let _ = match source {
                // Numbered below 0, because each pair is a source of its own.
                Source::OpenOfPairs => write!(
                    sql,
                    "\n(select -p.place::int4 as source, r.id, r.fits
                     from unnest($7::text[], $8::text[]) with ordinality as p(token_in, token_out, place)
                     cross join lateral ({ids}) as r)"
                ),
                _ => write!(sql, "\n(select {number} as source, r.id, r.fits from ({ids}) as r)"),
            };
        }
        sql
    }
}

impl Source {
    /// The rows, as far as an index can select them.
    fn range(self) -> String {
        match self {
            Self::All => "orders o where true".to_owned(),
            Self::Open => "orders o where o.ended_at is null".to_owned(),
            Self::OpenOfPairs => "orders o where o.ended_at is null
                and o.token_in = p.token_in and o.token_out = p.token_out"
                .to_owned(),
            Self::Begun => {
                "orders_begun b join orders o on o.id = b.order_id where b.order_id < $1".to_owned()
            }
            Self::Waiting => {
                "waiting_orders w join orders o on o.id = w.order_id where w.order_id < $1"
                    .to_owned()
            }
            Self::OfClient => "orders o where o.client = $4".to_owned(),
            Self::OfGroup => "orders o where o.client = $4 and o.oco_group = $10".to_owned(),
            Self::Ended(status) => format!("orders o where o.end_status = {}", status.index()),
        }
    }

    /// The conditions that the index cannot check.
    fn leftover(self, filter: &ListFilter) -> Vec<String> {
        let mut leftover = Vec::new();
        if filter.client.is_some() && !matches!(self, Self::OfClient | Self::OfGroup) {
            leftover.push("o.client = $4".to_owned());
        }
        if self != Self::OpenOfPairs {
            if filter.mint_in.is_some() {
                leftover.push("o.token_in = $5".to_owned());
            }
            if filter.mint_out.is_some() {
                leftover.push("o.token_out = $6".to_owned());
            }
        }
        match filter.wallet {
            Some(paid_by) if paid_by.or_unnamed => {
                leftover.push("(o.wallet = $9 or o.wallet is null)".to_owned());
            }
            Some(_) => leftover.push("o.wallet = $9".to_owned()),
            None => {}
        }
        if filter.oco_group.is_some() && self != Self::OfGroup {
            leftover.push("o.oco_group = $10".to_owned());
        }
        match filter.waiting {
            Some(true) if self != Self::Waiting => {
                leftover.push("(o.due_at is null and o.ended_at is null)".to_owned());
            }
            Some(false) => {
                leftover.push("(o.due_at is not null or o.ended_at is not null)".to_owned());
            }
            _ => {}
        }
        // An order of no kind is a market order.
        if filter.order_type.is_some() {
            leftover.push("o.kind is not distinct from nullif($11, 'market')".to_owned());
        }
        match (self, filter.status) {
            (Self::OfClient | Self::OfGroup | Self::Waiting, Some(status))
                if status.is_terminal() =>
            {
                leftover.push(format!("o.end_status = {}", status.index()));
            }
            (Self::OfClient | Self::OfGroup, Some(_)) => {
                leftover.push("o.ended_at is null".to_owned());
            }
            _ => {}
        }
        leftover
    }
}
