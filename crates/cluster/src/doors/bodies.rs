//! Bodies of orders: valid ones, valid ones with a few characters changed, and those built to cost
//! their reader as much as the limits allow.

use super::dice::{Dice, FRESH};

/// The maximum size of a body, or of a socket's message.
pub const LIMIT: usize = 64 * 1024;

/// Every field of an order, and one that does not exist.
const FIELDS: [&str; 25] = [
    "activationPrice",
    "amount",
    "amountIn",
    "clientOrderId",
    "excludeVenues",
    "feeLevel",
    "limitPrice",
    "maxPriceImpactBps",
    "minAmountOut",
    "ocoGroup",
    "orderType",
    "slippage",
    "slippageBps",
    "slippageTolerance",
    "tokenIn",
    "tokenOut",
    "trailBps",
    "triggerCondition",
    "triggerPrice",
    "triggerValue",
    "type",
    "validForSeconds",
    "venues",
    "wallet",
    "x",
];

const DECENT: [&str; 11] = [
    r#"{"amount":1}"#,
    r#"{"tokenIn":"SOL","tokenOut":"USDC","amount":"1.5","slippageBps":50}"#,
    r#"{"amountIn":1e1,"slippageTolerance":0.5,"venues":["raydium"],"validForSeconds":60}"#,
    r#"{"type":"market","amount":1,"clientOrderId":"FRESH0000000","minAmountOut":"0.000001"}"#,
    r#"{ "amount" : "2.50" , "venues" : ["meteora","raydium"], "slippage":0.05 }"#,
    r#"{"tokenIn":"bonk","tokenOut":"sol","amount":"100000","excludeVenues":["raydium"]}"#,
    r#"{"amount":1,"orderType":"limit","limitPrice":"150"}"#,
    r#"{"amount":1,"orderType":"trailing_stop","trailBps":500,"activationPrice":"150"}"#,
    r#"{"amount":0.1,"minAmountOut":"1000000"}"#,
    r#"{"amount":0.1,"feeLevel":"urgent","maxPriceImpactBps":300}"#,
    r#"{"amount":0.1,"wallet":"main"}"#,
];

const STRAY: [&str; 20] = [
    "{",
    "}",
    "[",
    "]",
    "\"",
    ":",
    ",",
    "\\",
    "\\u",
    "0",
    "9",
    "-",
    "e",
    ".",
    " ",
    "\0",
    "null",
    "\u{1f600}",
    "[[",
    "\n",
];

/// An order that is right, or wrong in an honest way.
pub(super) fn decent(dice: &Dice) -> Vec<u8> {
    dice.pick(&DECENT).as_bytes().to_vec()
}

/// A valid one with up to five characters changed, doubled or left out.
pub(super) fn mutated(dice: &Dice) -> Vec<u8> {
    let mut body = decent(dice);
    for _ in 0..=dice.below(4) {
        let at = dice.below(body.len().max(1)).min(body.len());
        match dice.below(4) {
            0 => drop(body.splice(at..at, dice.pick(&STRAY).bytes())),
            1 => drop(body.splice(at..at, [dice.byte()])),
            2 => body.truncate(at),
            _ => drop(body.splice(at..body.len().min(at + 1), dice.pick(&STRAY).bytes())),
        }
    }
    body
}

/// A body built to be expensive, up to the limit and sometimes beyond.
pub(super) fn hostile(dice: &Dice) -> Vec<u8> {
    let length = match dice.below(10) {
        0 => LIMIT + dice.below(2_048),
        1..4 => LIMIT - 16,
        _ => dice.below(LIMIT),
    };
    let field = dice.pick(&FIELDS);
    let kind = dice.below(KINDS.len());
    let mut body = KINDS[kind].1(field, length);
    if dice.is(10) {
        body.truncate(dice.below(body.len().max(1)));
    }
    body
}

/// One of every kind in every field, each as long as the limit allows: these measure what parsing
/// may cost.
#[must_use]
pub fn dearest() -> Vec<(String, Vec<u8>)> {
    let kinds = KINDS.iter().flat_map(|(kind, body)| {
        let named = move |field: &&str| (format!("{kind} in {field}"), body(field, LIMIT - 16));
        FIELDS.iter().map(named)
    });
    kinds
        .inspect(|(name, body)| assert!(body.len() <= LIMIT, "{name}: {}", body.len()))
        .collect()
}

type Kind = (&'static str, fn(&str, usize) -> Vec<u8>);

/// Each makes a body of about this length whose field has the expensive value.
const KINDS: [Kind; 22] = [
    ("lists in lists", |field, length| {
        nest(field, length, "[", "]")
    }),
    ("objects in objects", |field, length| {
        nest(field, length, r#"{"a":"#, "}")
    }),
    ("lists in objects", |field, length| {
        nest(field, length, r#"[{"a":"#, "}]")
    }),
    ("objects in lists", |field, length| {
        nest(field, length, r#"{"a":["#, "]}")
    }),
    ("lists beside lists", |field, length| {
        nest(field, length, "[[],", "]")
    }),
    ("lists that do not end", |field, length| {
        nest(field, length, "[", "")
    }),
    ("objects that do not end", |field, length| {
        nest(field, length, r#"{"":"#, "")
    }),
    ("many numbers", |field, length| list(field, length, "1")),
    ("many texts", |field, length| {
        list(field, length, r#""raydium""#)
    }),
    ("many empty texts", |field, length| {
        list(field, length, r#""""#)
    }),
    ("many escapes in a list", |field, length| {
        list(field, length, r#""\u0072""#)
    }),
    ("many lists", |field, length| list(field, length, "[]")),
    ("many objects", |field, length| {
        list(field, length, r#"{"a":1}"#)
    }),
    ("a long text", |field, length| text(field, length, "x")),
    ("a text of escapes", |field, length| {
        text(field, length, r"\u00e9")
    }),
    ("a text of half a character", |field, length| {
        text(field, length, r"\ud83d")
    }),
    ("a text of quotes", |field, length| {
        text(field, length, r#"\""#)
    }),
    ("a text that is not UTF-8", |field, length| {
        let mut body = text(field, length, "x");
        let middle = body.len() / 2;
        body[middle] = 0xff;
        body
    }),
    ("a long number", |field, length| {
        value(field, &"7".repeat(room(field, length)))
    }),
    ("a long fraction", |field, length| {
        value(
            field,
            &format!("0.{}1", "0".repeat(room(field, length) - 3)),
        )
    }),
    ("a long exponent", |field, length| {
        value(field, &format!("1e{}", "9".repeat(room(field, length) - 2)))
    }),
    ("the same field again and again", |field, length| {
        let pair = format!(r#""{field}":1,"#);
        let pairs = pair.repeat(length.saturating_sub(8) / pair.len());
        format!(r#"{{{pairs}"a":1}}"#).into_bytes()
    }),
];

/// How long a value may be beside the field's name; always at least a little.
fn room(field: &str, length: usize) -> usize {
    length.saturating_sub(field.len() + 6).max(8)
}

fn value(field: &str, value: &str) -> Vec<u8> {
    format!(r#"{{"{field}":{value}}}"#).into_bytes()
}

fn nest(field: &str, length: usize, open: &str, close: &str) -> Vec<u8> {
    let depth = (room(field, length) - 1) / (open.len() + close.len());
    let inner = if close.is_empty() { "" } else { "1" };
    value(
        field,
        &[&open.repeat(depth), inner, &close.repeat(depth)].concat(),
    )
}

fn list(field: &str, length: usize, item: &str) -> Vec<u8> {
    let count = (room(field, length) - 2) / (item.len() + 1);
    let items = vec![item; count.max(1)].join(",");
    value(field, &format!("[{items}]"))
}

fn text(field: &str, length: usize, part: &str) -> Vec<u8> {
    let count = (room(field, length) - 2) / part.len();
    value(field, &format!("\"{}\"", part.repeat(count)))
}

const _: () = assert!(FRESH.len() == 12, "as the decent bodies spell it");
