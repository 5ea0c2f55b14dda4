//! A place in the account stream as clients keep it: the places in all shards, opaque.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ports::status_feed::Position;

/// Separates the places; no backend's place contains a control character.
const SEPARATOR: char = '\n';

/// A place in the account stream: one place per shard, absent if the shard was not tailed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor(pub(super) Vec<Option<Position>>);

impl Cursor {
    /// Longer texts are refused unread; the API's documents state this limit. It is enough for some
    /// hundred shards.
    pub const MAX_LENGTH: usize = 8_192;

    /// The text a client sends back.
    #[must_use]
    pub fn encode(&self) -> String {
        encode(&self.0)
    }

    /// Parses what [`Cursor::encode`] returned; `None` for anything else.
    #[must_use]
    pub fn decode(text: &str) -> Option<Self> {
        if text.is_empty() || text.len() > Self::MAX_LENGTH {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let places = String::from_utf8(bytes).ok()?;
        let place = |place: &str| (!place.is_empty()).then(|| Position(Arc::from(place)));
        // The first character is a version.
        let places = places.strip_prefix('1')?;
        Some(Self(places.split(SEPARATOR).map(place).collect()))
    }
}

pub(super) fn encode(places: &[Option<Position>]) -> String {
    let mut text = String::from("1");
    for (index, place) in places.iter().enumerate() {
        if index > 0 {
            text.push(SEPARATOR);
        }
        if let Some(Position(place)) = place {
            text.push_str(place);
        }
    }
    URL_SAFE_NO_PAD.encode(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A text that parses as a cursor must parse to the same cursor after it is encoded again.
    fn check_stable(text: &str) {
        if let Some(cursor) = Cursor::decode(text) {
            assert_eq!(Cursor::decode(&cursor.encode()), Some(cursor), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_brings_the_reader_down(text in ".{0,300}") {
            check_stable(&text);
        }

        #[test]
        fn no_places_bring_the_reader_down(
            places in prop::collection::vec(any::<u8>(), 0..300),
            like in "1[0-9\n-]{0,120}",
        ) {
            check_stable(&URL_SAFE_NO_PAD.encode(places));
            check_stable(&URL_SAFE_NO_PAD.encode(like));
        }
    }

    #[test]
    fn a_cursor_is_read_back() {
        let place = |text: &str| Some(Position(Arc::from(text)));
        for places in [
            vec![None],
            vec![place("1700000000000-0"), None, place("7")],
            vec![None, None],
        ] {
            let cursor = Cursor(places);
            assert_eq!(Cursor::decode(&cursor.encode()), Some(cursor));
        }
    }

    #[test]
    fn what_is_no_cursor_is_refused() {
        for text in [
            "",
            "x",
            "!!!!",
            "bm9wZQ",
            &"A".repeat(Cursor::MAX_LENGTH + 1),
        ] {
            assert_eq!(Cursor::decode(text), None, "{text:.10}");
        }
    }
}
