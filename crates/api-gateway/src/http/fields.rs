//! A body's fields with their unparsed values, and the faults that are found in them. Numbers stay
//! text until somebody knows what they count.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use api_types::problem::FieldError;
use domain::{Asset, BaseUnits, Mint, TokenList};
use ports::safety::REASON_MAX;
use serde_json::value::RawValue;

use crate::error::{ApiError, Code, Result};
use crate::json_object::{self, number_of, text_of};

/// No call has as many fields.
const MAX_FIELDS: usize = 64;

/// A body whose fields are read one by one, and which is refused with all of its faults.
#[derive(Debug)]
pub(super) struct Fields<'a> {
    values: Vec<(Cow<'a, str>, &'a RawValue)>,
    faults: Vec<FieldError>,
    /// Whether a token is at fault.
    names_unknown_token: bool,
}

impl<'a> Fields<'a> {
    /// Reads a body that may have these fields and no others, each once.
    pub(super) fn read(body: &'a [u8], known: &[&str]) -> Result<Self> {
        let mut fields = Self {
            values: Vec::new(),
            faults: Vec::new(),
            names_unknown_token: false,
        };
        let mut count = 0;
        json_object::read(body, Code::InvalidRequest, |name, value| {
            count += 1;
            if !known.contains(&&*name) {
                fields.fault(&name, "is not a field of this call");
            } else if fields.raw(&name).is_some() {
                fields.fault(&name, "is there twice");
            } else {
                fields.values.push((name, value));
            }
        })?;
        if count > MAX_FIELDS {
            return Err(ApiError::new(
                Code::MalformedJson,
                "there are too many fields",
            ));
        }
        Ok(fields)
    }

    /// Notes what is wrong with a field.
    pub(super) fn fault(&mut self, field: &str, message: impl Into<String>) {
        json_object::note(&mut self.faults, field, message);
    }

    /// Whether a field is there.
    pub(super) fn has(&self, field: &str) -> bool {
        self.raw(field).is_some()
    }

    fn raw(&self, field: &str) -> Option<&'a RawValue> {
        let mut values = self.values.iter();
        values
            .find(|(name, _)| name == field)
            .map(|(_, value)| *value)
    }

    fn required(&mut self, field: &str) -> Option<&'a RawValue> {
        let value = self.raw(field);
        if value.is_none() {
            self.fault(field, "is missing");
        }
        value
    }

    /// A text that must be there.
    pub(super) fn text(&mut self, field: &str) -> Option<Cow<'a, str>> {
        let value = self.required(field)?;
        self.as_text(field, value)
    }

    /// A text that may be absent.
    pub(super) fn optional_text(&mut self, field: &str) -> Option<Cow<'a, str>> {
        let value = self.raw(field)?;
        self.as_text(field, value)
    }

    fn as_text(&mut self, field: &str, value: &'a RawValue) -> Option<Cow<'a, str>> {
        let text = text_of(value);
        if text.is_none() {
            self.fault(field, "must be a string");
        }
        text
    }

    /// A text that must be there and mean something.
    pub(super) fn parsed<T>(
        &mut self,
        field: &str,
        read: impl FnOnce(&str) -> Option<T>,
        message: &str,
    ) -> Option<T> {
        let text = self.text(field)?;
        let value = read(&text);
        if value.is_none() {
            self.fault(field, message);
        }
        value
    }

    fn reason(&mut self) -> Option<String> {
        let read = |text: &str| {
            let text = text.trim();
            let is_right = !text.is_empty() && text.chars().count() <= REASON_MAX;
            is_right.then(|| text.to_owned())
        };
        self.parsed("reason", read, "must be 1 to 500 characters")
    }

    /// A listed token by its symbol, or any by its mint's address.
    pub(super) fn token(&mut self, field: &str, tokens: &TokenList) -> Option<Named> {
        let text = self.text(field)?;
        let listed = tokens.find(&text).map(Named::Listed);
        let named = listed.or_else(|| text.parse().ok().map(Named::Unlisted));
        if named.is_none() {
            self.fault(
                field,
                "is not a listed token's symbol and no mint address; GET /api/tokens lists them",
            );
        }
        named
    }

    /// Notes that there is no such mint.
    pub(super) fn unknown_token(&mut self, field: &str) {
        self.names_unknown_token = true;
        self.fault(field, "is no mint on the simulated cluster");
    }

    /// An amount with at most so many decimals, as it is written.
    pub(super) fn amount(&mut self, field: &str, decimals: u8) -> Option<BaseUnits> {
        let value = self.required(field)?;
        let amount = match (number_of(value), text_of(value)) {
            (Some(number), _) => BaseUnits::parse_json_number(number, decimals),
            (None, Some(text)) => BaseUnits::parse(&text, decimals),
            (None, None) => {
                self.fault(field, "must be a decimal string or a number");
                return None;
            }
        };
        amount
            .map_err(|error| self.fault(field, error.to_string()))
            .ok()
    }

    /// A whole number within a range, and what it is where it is absent.
    pub(super) fn whole(&mut self, field: &str, allowed: RangeInclusive<u64>, absent: u64) -> u64 {
        let Some(value) = self.raw(field) else {
            return absent;
        };
        let number = number_of(value).and_then(|text| text.parse().ok());
        number
            .filter(|number| allowed.contains(number))
            .unwrap_or_else(|| {
                let (from, to) = allowed.into_inner();
                self.fault(field, format!("must be a whole number from {from} to {to}"));
                absent
            })
    }

    /// A chance from 0 to 1; 0 where it is absent.
    pub(super) fn chance(&mut self, field: &str) -> f64 {
        let Some(value) = self.raw(field) else {
            return 0.0;
        };
        let number = number_of(value).and_then(|text| text.parse::<f64>().ok());
        number
            .filter(|number| (0.0..=1.0).contains(number))
            .unwrap_or_else(|| {
                self.fault(field, "must be a number from 0 to 1");
                0.0
            })
    }

    /// `true` or `false`; false where it is absent.
    pub(super) fn flag(&mut self, field: &str) -> bool {
        match self.raw(field).map(RawValue::get) {
            None | Some("false") => false,
            Some("true") => true,
            Some(_) => {
                self.fault(field, "must be true or false");
                false
            }
        }
    }

    /// What was read, unless something was at fault.
    pub(super) fn finish<T>(self, read: Option<T>) -> Result<T> {
        if let Some(read) = read.filter(|_| self.faults.is_empty()) {
            return Ok(read);
        }
        let code = match (self.names_unknown_token, self.faults.len()) {
            (true, 1) => Code::UnknownToken,
            _ => Code::InvalidRequest,
        };
        Err(ApiError::of_faults(code, self.faults))
    }
}

/// The reason for an operator's act, which is all that its body says.
pub(super) fn reason(body: &[u8]) -> Result<String> {
    let mut fields = Fields::read(body, &["reason"])?;
    let reason = fields.reason();
    fields.finish(reason)
}

/// The same where nobody need give one.
pub(super) fn reason_if_any(body: &[u8]) -> Result<Option<String>> {
    let mut fields = Fields::read(body, &["reason"])?;
    let reason = match fields.raw("reason") {
        Some(_) => fields.reason().map(Some),
        None => Some(None),
    };
    fields.finish(reason)
}

/// A token, as a body names it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Named {
    Listed(Asset),
    Unlisted(Mint),
}
