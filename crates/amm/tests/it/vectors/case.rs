//! Reading one vector strictly: every value typed, every key known.

use amm::{Direction, Refusal};
use serde_json::{Map, Value};

/// One vector's verdict: fine, or what is wrong with it.
pub(super) type Outcome = Result<(), String>;

/// Keys of every vector that say where it comes from and decide nothing.
const PROVENANCE: [&str; 6] = ["id", "pool", "onchain", "program", "sdk", "sdk_agrees"];

/// A JSON object of a vector file, with a name for messages.
#[derive(Clone)]
pub(super) struct Case<'a> {
    name: String,
    value: &'a Value,
}

/// What a vector asks for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    ExactIn,
    PartialFill,
    ExactOut,
}

impl<'a> Case<'a> {
    pub(super) fn new(venue: &str, id: &str, value: &'a Value) -> Self {
        Self {
            name: format!("{venue} {id}"),
            value,
        }
    }

    pub(super) fn fail<T>(&self, what: impl std::fmt::Display) -> Result<T, String> {
        Err(format!("{}: {what}", self.name))
    }

    pub(super) fn child(&self, key: &str) -> Result<Self, String> {
        match self.value.get(key) {
            Some(value) if value.is_object() => Ok(Self {
                name: format!("{} {key}", self.name),
                value,
            }),
            _ => self.fail(format!("`{key}` is not an object")),
        }
    }

    /// The chain's own record of the swap, where it was executed and succeeded.
    pub(super) fn executed(&self) -> Result<Option<Self>, String> {
        if self.value["onchain"].is_null() {
            return Ok(None);
        }
        let executed = self.child("onchain")?;
        Ok(executed.value.get("error").is_none().then_some(executed))
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &'a str> {
        self.value
            .as_object()
            .into_iter()
            .flat_map(Map::keys)
            .map(String::as_str)
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.value.get(key).is_some()
    }

    pub(super) fn only_keys(&self, known: &[&str]) -> Outcome {
        match self.keys().find(|key| !known.contains(key)) {
            Some(key) => self.fail(format!("unknown key `{key}`")),
            None => Ok(()),
        }
    }

    /// Checks the keys of a whole vector, where notes on provenance are let through.
    pub(super) fn only_inputs(&self, known: &[&str]) -> Outcome {
        let foreign = self.keys().find(|key| {
            !known.contains(key)
                && !["kind", "expected"].contains(key)
                && !PROVENANCE.contains(key)
                && !key.ends_with("_note")
        });
        match foreign {
            Some(key) => self.fail(format!("unknown key `{key}`")),
            None => Ok(()),
        }
    }

    pub(super) fn text(&self, key: &str) -> Result<&'a str, String> {
        self.value[key]
            .as_str()
            .map_or_else(|| self.fail(format!("`{key}` is not a text")), Ok)
    }

    pub(super) fn flag(&self, key: &str) -> Result<bool, String> {
        self.value[key]
            .as_bool()
            .map_or_else(|| self.fail(format!("`{key}` is no flag")), Ok)
    }

    pub(super) fn items(&self, key: &str) -> Result<&'a [Value], String> {
        match self.value[key].as_array() {
            Some(items) => Ok(items),
            None => self.fail(format!("`{key}` is not a list")),
        }
    }

    /// A whole number, written as a number or as a decimal text.
    pub(super) fn number<T: std::str::FromStr>(&self, key: &str) -> Result<T, String> {
        let written = match &self.value[key] {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => return self.fail(format!("`{key}` is not a number")),
        };
        written
            .parse()
            .or_else(|_| self.fail(format!("`{key}` is out of range: {written}")))
    }

    /// A whole number of any size and sign, as decimal text.
    fn integer(&self, key: &str) -> Result<String, String> {
        self.number::<u128>(key)
            .map(|number| number.to_string())
            .or_else(|_| self.number::<i128>(key).map(|number| number.to_string()))
    }

    pub(super) fn bytes(&self, key: &str) -> Result<Vec<u8>, String> {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD
            .decode(self.text(key)?)
            .or_else(|error| self.fail(format!("`{key}`: {error}")))
    }

    pub(super) fn kind(&self) -> Result<Kind, String> {
        match self.text("kind")? {
            "exact_in" => Ok(Kind::ExactIn),
            "exact_out" => Ok(Kind::ExactOut),
            "partial_fill" | "partial_in" => Ok(Kind::PartialFill),
            other => self.fail(format!("unknown kind `{other}`")),
        }
    }

    /// The amount given: of the output for an exact-out swap, else of the input.
    pub(super) fn given(&self, kind: Kind) -> Result<u64, String> {
        match kind {
            Kind::ExactIn | Kind::PartialFill => self.number("amount_in"),
            Kind::ExactOut => self.number("amount_out"),
        }
    }

    /// The direction, where `key` is true if the first token is paid in.
    pub(super) fn direction_flag(&self, key: &str) -> Result<Direction, String> {
        Ok(if self.flag(key)? {
            Direction::FirstToSecond
        } else {
            Direction::SecondToFirst
        })
    }

    /// Compares a quote with the expectation, in which every field must be among `actual`.
    pub(super) fn compare(
        &self,
        kind: Kind,
        actual: Result<Vec<(&str, String)>, Refusal>,
    ) -> Outcome {
        let expected = self.child("expected")?;
        if expected.has("error") {
            return expected.compare_error(actual.err());
        }
        let decisive = match kind {
            Kind::ExactIn | Kind::PartialFill => "amount_out",
            Kind::ExactOut => "amount_in",
        };
        if !expected.has(decisive) {
            return expected.fail(format!("no `{decisive}`"));
        }
        match actual {
            Ok(fields) => expected.compare_fields(&fields),
            Err(error) => expected.fail(format!("no quote: {error}")),
        }
    }

    /// Compares each field of this object with ours of the same name; one we lack is a failure.
    fn compare_fields(&self, ours: &[(&str, String)]) -> Outcome {
        let known: Vec<_> = ours.iter().map(|(key, _)| *key).collect();
        self.only_keys(&known)?;
        self.compare_recorded(ours)
    }

    /// Compares those of our fields which this object has too.
    pub(super) fn compare_recorded(&self, ours: &[(&str, String)]) -> Outcome {
        for (key, ours) in ours.iter().filter(|(key, _)| self.has(key)) {
            let theirs = self.integer(key)?;
            if *ours != theirs {
                return self.fail(format!("`{key}` is {theirs}, we say {ours}"));
            }
        }
        Ok(())
    }

    fn compare_error(&self, actual: Option<Refusal>) -> Outcome {
        self.only_keys(&["error"])?;
        let expected = match self.text("error")? {
            "zero_output" => Refusal::ZeroOutput,
            "no_quote" => Refusal::NoQuote,
            "price_range" => Refusal::PriceRange,
            "insufficient_liquidity_or_bins" | "insufficient_liquidity" => {
                Refusal::InsufficientLiquidity
            }
            "overflow" => Refusal::Overflow,
            "not_tradable" => Refusal::NotTradable,
            other => return self.fail(format!("unknown error `{other}`")),
        };
        match actual {
            Some(error) if error == expected => Ok(()),
            Some(error) => self.fail(format!("expected {expected:?}, we say {error:?}")),
            None => self.fail(format!("expected {expected:?}, we quote")),
        }
    }
}
