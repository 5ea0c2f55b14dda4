//! A body at the level of JSON: an object, field by field, with unparsed values. Numbers stay text and never become
//! floats.

use std::borrow::Cow;
use std::fmt;

use api_types::problem::FieldError;
use serde::Deserialize;
use serde::de::{Deserializer as _, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::error::{ApiError, Code, Result};

/// Errors that one answer lists: enough for any honest mistake.
const MAX_FAULTS: usize = 20;
/// How much of an unknown field's name is repeated in the answer.
const MAX_SHOWN_NAME: usize = 64;

/// Gives an object's fields to `take` in their order, repeated ones too. Anything but JSON is refused with 400, anything
/// but an object as `no_object` says.
pub(crate) fn read<'a>(
    body: &'a [u8],
    no_object: Code,
    take: impl FnMut(Cow<'a, str>, &'a RawValue),
) -> Result<()> {
    let malformed = |detail: &'static str| ApiError::new(Code::MalformedJson, detail);
    let text = std::str::from_utf8(body).map_err(|_| malformed("the body is not UTF-8"))?;
    // First the whole body is checked as JSON, without recursion: any later error is about what it asks for, not the
    // JSON.
    let value: &RawValue = serde_json::from_str(text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        let detail = format!("the body is not JSON (line {line}, column {column})");
        ApiError::new(Code::MalformedJson, detail)
    })?;
    if !value.get().starts_with('{') {
        return Err(ApiError::new(no_object, "the body must be a JSON object"));
    }
    let mut object = serde_json::Deserializer::from_str(value.get());
    object
        .deserialize_map(Fields(take))
        .map_err(|_| malformed("a field's name is not valid Unicode"))
}

/// Notes what is wrong with a field, unless enough is noted already.
pub(crate) fn note(faults: &mut Vec<FieldError>, name: &str, message: impl Into<String>) {
    if faults.len() < MAX_FAULTS {
        let field = name.chars().take(MAX_SHOWN_NAME).collect();
        let message = message.into();
        faults.push(FieldError { field, message });
    }
}

struct Fields<F>(F);

impl<'de, F: FnMut(Cow<'de, str>, &'de RawValue)> Visitor<'de> for Fields<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> std::result::Result<(), A::Error> {
        while let Some((Name(name), value)) = map.next_entry()? {
            (self.0)(name, value);
        }
        Ok(())
    }
}

/// A name, borrowed from the body where it has no escapes.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

/// The text of a JSON string; `None` for any other value, and for invalid Unicode.
pub(crate) fn text_of(value: &RawValue) -> Option<Cow<'_, str>> {
    let json = value.get();
    let inner = json.strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains('\\') {
        serde_json::from_str(json).ok().map(Cow::Owned)
    } else {
        Some(Cow::Borrowed(inner))
    }
}

/// The text of a JSON number; `None` for any other value.
pub(crate) fn number_of(value: &RawValue) -> Option<&str> {
    let json = value.get();
    json.starts_with(|first: char| first == '-' || first.is_ascii_digit())
        .then_some(json)
}
