//! Where a list's keys come from, and which conditions the rows must still be checked for.

use domain::Status;
use ports::order_history::ListFilter;
use rusqlite::types::Value;

use super::pairs::Pair;
use crate::status_column::status_code;

/// A range of an index, as a condition and its values.
#[derive(Debug, Clone)]
pub(crate) struct Range {
    index: Option<&'static str>,
    condition: &'static str,
    values: Vec<Value>,
    tells: Tells,
}

/// What an index knows about an order besides its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tells {
    Nothing,
    End,
    ClientAndEnd,
    Pair,
}

/// The ways to meet a filter, the likelier first: each the ranges whose union holds every order that passes.
pub(crate) fn ways(filter: &ListFilter, pairs: Option<&[Pair]>) -> Vec<Vec<Range>> {
    let begun = [Status::Routing, Status::Building, Status::Submitted];
    let by_pair = pairs.map_or_else(
        || vec![Range::ALL],
        |pairs| pairs.iter().map(of_pair).collect(),
    );
    let only = |range| vec![vec![range]];
    match (&filter.client, filter.status) {
        (Some(client), _) if let Some(group) = &filter.oco_group => only(Range {
            index: Some("orders_of_group"),
            condition: "client = +? and oco_group = +?",
            values: vec![
                Value::from(client.as_str().to_owned()),
                Value::from(group.as_str().to_owned()),
            ],
            tells: Tells::Nothing,
        }),
        _ if filter.waiting == Some(true) => only(Range {
            index: Some("orders_waiting"),
            condition: "waits = 1",
            values: Vec::new(),
            tells: Tells::Nothing,
        }),
        (_, Some(status)) if begun.contains(&status) => vec![vec![Range {
            index: Some("orders_begun"),
            condition: "begun = 1",
            values: Vec::new(),
            tells: Tells::Nothing,
        }]],
        (Some(client), status) => {
            let of_client = of_client(client.as_str(), status);
            if pairs.is_some() {
                vec![of_client, by_pair]
            } else {
                vec![of_client]
            }
        }
        (None, Some(status)) => {
            let by_end = vec![Range {
                index: Some("orders_by_end"),
                condition: "end_status is +?",
                values: vec![end_code(status)],
                tells: Tells::End,
            }];
            match (pairs.is_some(), status.is_terminal()) {
                (false, _) => vec![by_end],
                // Whatever waits, a rare pair has few orders.
                (true, false) => vec![by_pair, by_end],
                (true, true) => vec![by_end, by_pair],
            }
        }
        (None, None) => vec![by_pair],
    }
}

fn of_client(client: &str, status: Option<Status>) -> Vec<Range> {
    let ends = status.map_or_else(every_end, |status| vec![end_code(status)]);
    ends.into_iter()
        .map(|end| Range {
            index: Some("orders_by_client"),
            condition: "client = +? and end_status is +?",
            values: vec![Value::from(client.to_owned()), end],
            tells: Tells::ClientAndEnd,
        })
        .collect()
}

fn of_pair((sold, bought): &Pair) -> Range {
    Range {
        index: Some("orders_by_pair"),
        condition: "token_in = +? and token_out = +?",
        values: vec![Value::from(sold.clone()), Value::from(bought.clone())],
        tells: Tells::Pair,
    }
}

fn every_end() -> Vec<Value> {
    let ended = Status::ALL
        .into_iter()
        .filter(|status| status.is_terminal());
    let mut ends: Vec<_> = ended.map(end_code).collect();
    ends.push(Value::Null);
    ends
}

/// The end status of a row at this status: none for an open one.
fn end_code(status: Status) -> Value {
    if status.is_terminal() {
        Value::from(status_code(status))
    } else {
        Value::Null
    }
}

impl Range {
    /// All orders.
    const ALL: Self = Self {
        index: None,
        condition: "true",
        values: Vec::new(),
        tells: Tells::Nothing,
    };

    /// Whether every order of the range is wanted.
    pub(crate) fn is_exact(&self, filter: &ListFilter) -> bool {
        self.leftover(filter).is_empty()
    }

    /// The conditions that the index cannot check, to be checked on the row.
    fn leftover(&self, filter: &ListFilter) -> Vec<(&'static str, Value)> {
        let mut leftover = Vec::new();
        if let Some(client) = &filter.client
            && self.tells != Tells::ClientAndEnd
        {
            leftover.push(("client = ?", Value::from(client.as_str().to_owned())));
        }
        if let Some(status) = filter.status
            && !matches!(self.tells, Tells::ClientAndEnd | Tells::End)
        {
            leftover.push(("end_status is ?", end_code(status)));
        }
        if self.tells != Tells::Pair {
            let mints = [
                ("token_in = ?", filter.mint_in),
                ("token_out = ?", filter.mint_out),
            ];
            for (condition, mint) in mints {
                leftover.extend(mint.map(|mint| (condition, Value::from(mint.column()))));
            }
        }
        if let Some(paid_by) = filter.wallet {
            let condition = match paid_by.or_unnamed {
                true => "coalesce(wallet = ?, true)",
                false => "wallet = ?",
            };
            leftover.push((condition, Value::from(paid_by.wallet.to_string())));
        }
        if let Some(group) = &filter.oco_group {
            leftover.push(("oco_group = ?", Value::from(group.as_str().to_owned())));
        }
        if let Some(waits) = filter.waiting {
            leftover.push(("waits = ?", Value::from(waits)));
        }
        if let Some(kind) = filter.order_type {
            leftover.push(("coalesce(kind, 'market') = ?", Value::from(kind.to_owned())));
        }
        leftover
    }
}

/// The statement, with its values, that reads one range's newest keys below a bound, and whether
/// each row passes the filter.
pub(crate) fn statement(
    range: &Range,
    filter: &ListFilter,
    before: i64,
    look: usize,
) -> (String, Vec<Value>) {
    let mut fits = String::from("true");
    let mut values = Vec::new();
    for (condition, value) in range.leftover(filter) {
        fits.push_str(" and ");
        fits.push_str(condition);
        values.push(value);
    }
    let index = range
        .index
        .map_or(String::new(), |index| format!("indexed by {index} "));
    let sql = format!(
        "-- list_keys\nselect key, {fits} from orders {index}where {} and key < ?
         order by key desc limit ?",
        range.condition
    );
    values.extend(range.values.iter().cloned());
    values.push(Value::from(before));
    values.push(Value::from(i64::try_from(look).unwrap_or(i64::MAX)));
    (sql, values)
}
