//! Parameters of queries and paths. A value out of range is refused by name and never clamped; an
//! unknown parameter is ignored.

use std::ops::RangeInclusive;
use std::str::FromStr;

use actix_web::HttpRequest;
use actix_web::web::Query;
use domain::{Mint, OrderId, Seq, Status, TokenList};

use crate::error::{ApiError, Result};

/// Longer cursors are refused unread; the engine's own are far shorter.
const MAX_CURSOR_LENGTH: usize = 64;

/// The parameters of a query.
#[derive(Debug)]
pub(crate) struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Reads a request's query.
    pub(crate) fn of(request: &HttpRequest) -> Result<Self> {
        let query = request.query_string();
        if query.is_empty() {
            return Ok(Self(Vec::new()));
        }
        Query::<Vec<(String, String)>>::from_query(query)
            .map(|query| Self(query.into_inner()))
            .map_err(|_| ApiError::invalid_parameter("query", "cannot be read"))
    }

    /// A parameter's text; the same parameter twice is refused.
    pub(crate) fn get(&self, name: &str) -> Result<Option<&str>> {
        let mut values = self.0.iter().filter(|(given, _)| given == name);
        let first = values.next();
        match values.next() {
            None => Ok(first.map(|(_, value)| value.as_str())),
            Some(_) => Err(ApiError::invalid_parameter(name, "is there twice")),
        }
    }

    /// A whole number within a range.
    pub(crate) fn number<T>(&self, name: &str, allowed: RangeInclusive<T>) -> Result<Option<T>>
    where
        T: FromStr + PartialOrd + std::fmt::Display,
    {
        let Some(text) = self.get(name)? else {
            return Ok(None);
        };
        let is_plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse().ok().filter(|_| is_plain);
        match number.filter(|number| allowed.contains(number)) {
            Some(number) => Ok(Some(number)),
            None => {
                let (from, to) = allowed.into_inner();
                let message = format!("must be a whole number from {from} to {to}");
                Err(ApiError::invalid_parameter(name, message))
            }
        }
    }

    /// `true` or `false`.
    pub(crate) fn flag(&self, name: &str) -> Result<bool> {
        match self.get(name)? {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(ApiError::invalid_parameter(name, "must be true or false")),
        }
    }

    /// The `seq` after which to continue an order's events.
    pub(crate) fn since(&self) -> Result<Option<Seq>> {
        Ok(self.number("since", 0..=u32::MAX)?.map(Seq::new))
    }

    /// An order's id.
    pub(crate) fn order_id(&self, name: &str) -> Result<Option<OrderId>> {
        self.get(name)?.map(|text| parse_id(name, text)).transpose()
    }

    /// A status.
    pub(crate) fn status(&self, name: &str) -> Result<Option<Status>> {
        let message = "must be pending, routing, building, submitted, confirmed, failed, cancelled or expired";
        self.parsed(name, Status::parse, message)
    }

    /// A mint, by a listed token's symbol or by its address.
    pub(crate) fn mint(&self, name: &str, tokens: &TokenList) -> Result<Option<Mint>> {
        let message =
            "must be a listed token's symbol or a mint's address; GET /api/tokens lists symbols";
        let read = |text: &str| {
            let listed = tokens.find(text).map(|asset| asset.mint);
            listed.or_else(|| text.parse().ok())
        };
        self.parsed(name, read, message)
    }

    /// A cursor that an earlier page gave.
    pub(crate) fn cursor<T>(&self, read: impl FnOnce(&str) -> Option<T>) -> Result<Option<T>> {
        let read = |text: &str| (text.len() <= MAX_CURSOR_LENGTH).then(|| read(text))?;
        self.parsed("cursor", read, "must be a nextCursor of this list")
    }

    /// A value that is read from a parameter's text.
    pub(crate) fn parsed<T>(
        &self,
        name: &str,
        read: impl FnOnce(&str) -> Option<T>,
        message: &str,
    ) -> Result<Option<T>> {
        let Some(text) = self.get(name)? else {
            return Ok(None);
        };
        match read(text) {
            Some(value) => Ok(Some(value)),
            None => Err(ApiError::invalid_parameter(name, message)),
        }
    }
}

/// The order that a path names.
pub(crate) fn order_id_in_path(request: &HttpRequest) -> Result<OrderId> {
    parse_id("id", request.match_info().query("id"))
}

/// Length of the only accepted spelling: 32 digits in groups with hyphens. Braces, `urn:uuid:` and
/// digits without hyphens have other lengths.
const ID_LENGTH: usize = 36;

fn parse_id(name: &str, text: &str) -> Result<OrderId> {
    let id = OrderId::parse(text)
        .ok()
        .filter(|_| text.len() == ID_LENGTH);
    id.ok_or_else(|| {
        ApiError::invalid_parameter(name, "must be an order's id, a UUID with hyphens")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(query: &str) -> Parameters {
        let uri = format!("/x?{query}");
        let request = actix_web::test::TestRequest::with_uri(&uri).to_http_request();
        Parameters::of(&request).unwrap()
    }

    #[test]
    fn a_number_out_of_range_is_refused_and_not_clamped() {
        let limit = |query: &str| given(query).number("limit", 1..=200_usize);

        assert_eq!(limit("limit=1").unwrap(), Some(1));
        assert_eq!(limit("other=1").unwrap(), None);
        for query in [
            "limit=0",
            "limit=201",
            "limit=",
            "limit=-1",
            "limit=%2B5",
            "limit=1.0",
            "limit=1&limit=2",
            "limit=99999999999999999999999",
        ] {
            assert!(limit(query).is_err(), "{query}");
        }
    }

    #[test]
    fn an_id_is_spelled_in_one_way_and_in_any_case() {
        let read = |text: &str| given(&format!("id={text}")).order_id("id");

        assert!(read("01a1fde7-0000-7000-8000-00000000abcd").is_ok());
        assert!(read("01A1FDE7-0000-7000-8000-00000000ABCD").is_ok());
        for other in [
            "01a1fde70000700080000000000000abcd",
            "01a1fde700007000800000000000abcd",
            "%7B01a1fde7-0000-7000-8000-00000000abcd%7D",
            "urn:uuid:01a1fde7-0000-7000-8000-00000000abcd",
            "",
        ] {
            assert!(read(other).is_err(), "{other}");
        }
    }

    #[test]
    fn a_flag_is_true_or_false() {
        assert!(given("dryRun=true").flag("dryRun").unwrap());
        assert!(!given("").flag("dryRun").unwrap());
        assert!(given("dryRun=1").flag("dryRun").is_err());
    }
}
