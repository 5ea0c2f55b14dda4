//! A digest of what a body means: equal for bodies that are equal after JSON parsing, with numbers
//! compared as text.
//!
//! It is computed before anybody has checked the fields, so it goes one level into lists and no
//! deeper: neither its stack nor its time grows with the nesting of a body.

use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use super::body::Fields;
use crate::json_object::text_of;

/// The digest of these fields, valid or not.
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
    match serde_json::from_str::<Vec<&RawValue>>(value.get()) {
        Ok(list) => {
            add(digest, b'a', &list.len().to_be_bytes());
            for item in list {
                add_single(digest, item);
            }
        }
        Err(_) => add_single(digest, value),
    }
}

/// A value other than a string counts by its spelling, so that nothing is parsed however deeply it
/// nests. That is right for numbers, and no accepted order has a list in a list or an object.
fn add_single(digest: &mut Sha256, value: &RawValue) {
    match text_of(value) {
        Some(text) => add(digest, b's', text.as_bytes()),
        None => add(digest, b'n', value.get().as_bytes()),
    }
}

/// Adds kind and length before the bytes, so that no two sequences look the same.
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

    fn hexadecimal(digest: [u8; 32]) -> String {
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn a_kept_digest_is_still_the_one_of_its_body() {
        // Stores keep these for a day: with another digest they would refuse the repeat of an
        // accepted order.
        let kept = [
            (
                r#"{"amount":1}"#,
                "70462c4a0bde70a2e827e46a2b020864bcacb07620e85941389e1c2bd0ef6256",
            ),
            (
                r#"{"tokenIn":"SOL","tokenOut":"USDC","amount":1.50}"#,
                "9c42ff422bc0d211631667adbafe614be7effcd03f8d2c82c76910b3d741f27d",
            ),
            (
                r#"{"type":"market","amountIn":"2","slippageBps":75,"minAmountOut":"0.1",
                    "clientOrderId":"desk \"7\"","validForSeconds":6e1,
                    "venues":["raydium","mete\u006fra"],"excludeVenues":["meteora"]}"#,
                "bf3ee7842445b703051742ea6549b1e5d6dc8e6c9cd23b6366190cc9c11b507d",
            ),
        ];

        for (body, kept) in kept {
            assert_eq!(hexadecimal(digest(body)), kept, "{body}");
        }
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
            // No order has these fields, and no order has their digest.
            r#"{"amount":1,"venues":[["raydium","meteora"]]}"#,
            r#"{"amount":1,"venues":[["raydium"],"meteora"]}"#,
            r#"{"amount":1,"venues":["[\"raydium\"]","meteora"]}"#,
            r#"{"amount":1,"venues":[null,"meteora"]}"#,
            r#"{"amount":1,"venues":{}}"#,
        ];

        let distinct: std::collections::HashSet<_> =
            bodies.iter().map(|body| digest(body)).collect();

        assert_eq!(distinct.len(), bodies.len());
    }
}
