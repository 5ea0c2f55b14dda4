//! Where a list's keys come from, and which conditions the rows must still be checked for.

use domain::{Status, Token};
use ports::order_history::ListFilter;
use rusqlite::types::Value;

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

/// The ways to meet a filter, the more promising first: each is a set of ranges whose union
/// contains every order that passes.
pub(crate) fn ways(filter: &ListFilter) -> Vec<Vec<Range>> {
    let begun = [Status::Routing, Status::Building, Status::Submitted];
    let has_tokens = filter.token_in.is_some() || filter.token_out.is_some();
    match (&filter.client, filter.status) {
        (_, Some(status)) if begun.contains(&status) => vec![vec![Range {
            index: Some("orders_begun"),
            condition: "begun = 1",
            values: Vec::new(),
            tells: Tells::Nothing,
        }]],
        (Some(client), status) => {
            let of_client = of_client(client.as_str(), status);
            if has_tokens {
                vec![of_client, by_tokens(filter)]
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
            match (has_tokens, status.is_terminal()) {
                (false, _) => vec![by_end],
                // However many orders wait, a rare pair has few.
                (true, false) => vec![by_tokens(filter), by_end],
                (true, true) => vec![by_end, by_tokens(filter)],
            }
        }
        (None, None) if has_tokens => vec![by_tokens(filter)],
        (None, None) => vec![vec![Range {
            index: None,
            condition: "true",
            values: Vec::new(),
            tells: Tells::Nothing,
        }]],
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

fn by_tokens(filter: &ListFilter) -> Vec<Range> {
    let choices = |token: Option<Token>| match token {
        Some(token) => vec![token],
        None => Token::all().collect(),
    };
    let mut ranges = Vec::new();
    for token_in in choices(filter.token_in) {
        for token_out in choices(filter.token_out) {
            ranges.push(Range {
                index: Some("orders_by_pair"),
                condition: "token_in = +? and token_out = +?",
                values: vec![
                    Value::from(token_in.symbol().to_owned()),
                    Value::from(token_out.symbol().to_owned()),
                ],
                tells: Tells::Pair,
            });
        }
    }
    ranges
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
            let tokens = [
                ("token_in = ?", filter.token_in),
                ("token_out = ?", filter.token_out),
            ];
            for (condition, token) in tokens {
                let symbol = token.map(|token| Value::from(token.symbol().to_owned()));
                leftover.extend(symbol.map(|symbol| (condition, symbol)));
            }
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
