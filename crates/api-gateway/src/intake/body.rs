//! A submitted body at the level of JSON: an object, whose known fields appear at most once, with
//! unparsed values. Numbers stay text and never become floats.

use std::borrow::Cow;
use std::fmt;

use api_types::problem::FieldError;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::error::{ApiError, Code, Result};

/// Errors that one answer lists: enough for any honest mistake.
const MAX_FAULTS: usize = 20;
/// How much of an unknown field's name is repeated in the answer.
const MAX_SHOWN_NAME: usize = 64;

macro_rules! fields {
    ($($constant:ident $name:literal,)+) => {
        /// A field an order may have.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum Field { $($constant,)+ }

        impl Field {
            /// Every field, sorted by name.
            pub(crate) const ALL: &'static [Self] = &[$(Self::$constant,)+];

            /// The name in the body.
            pub(crate) const fn name(self) -> &'static str {
                match self { $(Self::$constant => $name,)+ }
            }

            fn find(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$constant),)+ _ => None }
            }
        }
    };
}

fields! {
    Amount "amount",
    AmountIn "amountIn",
    ClientOrderId "clientOrderId",
    ExcludeVenues "excludeVenues",
    LimitPrice "limitPrice",
    MinAmountOut "minAmountOut",
    OrderType "orderType",
    Slippage "slippage",
    SlippageBps "slippageBps",
    SlippageTolerance "slippageTolerance",
    TokenIn "tokenIn",
    TokenOut "tokenOut",
    TriggerCondition "triggerCondition",
    TriggerValue "triggerValue",
    Type "type",
    ValidForSeconds "validForSeconds",
    Venues "venues",
}

const FIELDS: usize = Field::ALL.len();

/// The fields of a body.
#[derive(Debug)]
pub(crate) struct Fields<'a> {
    values: [Option<&'a RawValue>; FIELDS],
    /// Unknown and repeated fields.
    pub(crate) faults: Vec<FieldError>,
}

impl<'a> Fields<'a> {
    /// Parses a body. Anything but JSON is refused with 400, anything but an object with 422.
    pub(crate) fn read(body: &'a [u8]) -> Result<Self> {
        let malformed = |detail: &'static str| ApiError::new(Code::MalformedJson, detail);
        let text = std::str::from_utf8(body).map_err(|_| malformed("the body is not UTF-8"))?;
        // First the whole body is checked as JSON, without recursion: any later error is about the
        // order, not the JSON.
        let value: &RawValue = serde_json::from_str(text).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            let detail = format!("the body is not JSON (line {line}, column {column})");
            ApiError::new(Code::MalformedJson, detail)
        })?;
        if !value.get().starts_with('{') {
            let detail = "the body must be a JSON object";
            return Err(ApiError::new(Code::InvalidOrder, detail));
        }
        serde_json::from_str(value.get())
            .map_err(|_| malformed("a field's name is not valid Unicode"))
    }

    /// The value of a field.
    pub(crate) fn get(&self, field: Field) -> Option<&'a RawValue> {
        self.values[field as usize]
    }

    /// The fields that are present, sorted by name.
    pub(super) fn present(&self) -> impl Iterator<Item = (&'static str, &'a RawValue)> {
        Field::ALL
            .iter()
            .filter_map(|field| Some((field.name(), self.get(*field)?)))
    }

    fn note(&mut self, name: &str, message: &str) {
        if self.faults.len() < MAX_FAULTS {
            let field = name.chars().take(MAX_SHOWN_NAME).collect();
            let message = message.to_owned();
            self.faults.push(FieldError { field, message });
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        deserializer.deserialize_map(FieldsVisitor)
    }
}

struct FieldsVisitor;

impl<'de> Visitor<'de> for FieldsVisitor {
    type Value = Fields<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(
        self,
        mut map: A,
    ) -> std::result::Result<Fields<'de>, A::Error> {
        let mut fields = Fields {
            values: [None; FIELDS],
            faults: Vec::new(),
        };
        while let Some((Name(name), value)) = map.next_entry::<Name<'de>, &'de RawValue>()? {
            match Field::find(&name) {
                None => fields.note(&name, "is not a field of an order"),
                Some(field) if fields.get(field).is_some() => fields.note(&name, "is there twice"),
                Some(field) => fields.values[field as usize] = Some(value),
            }
        }
        Ok(fields)
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
