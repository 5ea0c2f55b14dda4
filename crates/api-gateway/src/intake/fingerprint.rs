//! A digest of what a body means: equal for bodies that are equal after JSON parsing, with numbers by
//! their text.

use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use super::body::{Fields, text_of};

/// The digest of checked fields.
pub(super) fn of(fields: &Fields<'_>) -> [u8; 32] {
    let mut digest = Sha256::new();
    // Sorted by name, whatever their order in the body.
    for (name, value) in fields.present() {
        add(&mut digest, b'k', name.as_bytes());
        add_value(&mut digest, value);
    }
    digest.finalize().into()
}

fn add_value(digest: &mut Sha256, value: &RawValue) {
    if let Some(text) = text_of(value) {
        add(digest, b's', text.as_bytes());
    } else if let Ok(list) = serde_json::from_str::<Vec<&RawValue>>(value.get()) {
        // Checked fields hold lists of strings alone: this goes no deeper.
        add(digest, b'a', &list.len().to_be_bytes());
        for item in list {
            add_value(digest, item);
        }
    } else {
        add(digest, b'n', value.get().as_bytes());
    }
}

/// Kind and length before the bytes, so that no two sequences run together.
fn add(digest: &mut Sha256, kind: u8, bytes: &[u8]) {
    digest.update([kind]);
    digest.update(bytes.len().to_be_bytes());
    digest.update(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(body: &str) -> [u8; 32] {
        of(&Fields::read(body.as_bytes()).unwrap())
    }

    #[test]
    fn order_of_fields_blanks_and_escapes_do_not_matter() {
        let plain = digest(r#"{"tokenIn":"SOL","amount":1.5,"venues":["raydium","meteora"]}"#);

        assert_eq!(
            plain,
            digest(
                r#" { "venues" : [ "raydium","meteora" ], "amount":1.5, "token\u0049n":"S\u004fL" } "#
            )
        );
    }

    #[test]
    fn every_difference_of_meaning_matters() {
        let bodies = [
            r#"{"tokenIn":"SOL","tokenOut":"USDC","amount":1}"#,
            r#"{"tokenIn":"SOL","tokenOut":"USDC","amount":1.0}"#,
            r#"{"tokenIn":"SOL","tokenOut":"USDC","amount":1e0}"#,
            r#"{"tokenIn":"SOL","tokenOut":"USDC","amount":"1"}"#,
            r#"{"tokenIn":"SOL","tokenOut":"USDC","amountIn":1}"#,
            r#"{"tokenIn":"SOLU","tokenOut":"SDC","amount":1}"#,
            r#"{"amount":1}"#,
            r#"{"amount":1,"venues":["raydium","meteora"]}"#,
            r#"{"amount":1,"venues":["meteora","raydium"]}"#,
            r#"{"amount":1,"venues":["raydiummeteora"]}"#,
            r#"{"amount":1,"excludeVenues":["raydium","meteora"]}"#,
        ];

        let distinct: std::collections::HashSet<_> =
            bodies.iter().map(|body| digest(body)).collect();

        assert_eq!(distinct.len(), bodies.len());
    }
}
