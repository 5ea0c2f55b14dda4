//! The AsyncAPI 3 document of the WebSocket messages.
//!
//! `asyncapi.json` holds the hand-written channels and operations. The schemas come from the API's
//! types through the OpenAPI document; this file lists the fields of each status's event, and the
//! close codes.

use std::collections::BTreeSet;

use api_types::names::StatusName;
use serde_json::{Map, Value, json};

use crate::doors::close::Close;
use crate::openapi;

const WRITTEN: &str = include_str!("asyncapi.json");
const SCHEMA_PREFIX: &str = "#/components/schemas/";

/// Fields of an event beyond those that every event has.
struct EventFields {
    status: StatusName,
    summary: &'static str,
    always: &'static [&'static str],
    sometimes: &'static [&'static str],
}

#[rustfmt::skip]
const EVENTS: [EventFields; 8] = [
    EventFields { status: StatusName::Pending, summary: "Accepted; on a retry, when it may begin", always: &[], sometimes: &["retryAt", "error", "landing"] },
    EventFields { status: StatusName::Routing, summary: "An execution begins: the venues are asked", always: &[], sometimes: &["trigger"] },
    EventFields { status: StatusName::Building, summary: "A route is chosen", always: &["dex", "pool", "quotes", "pools", "route", "gainBps", "expectedAmountOut", "minAmountOut"], sometimes: &["poolAddress", "maxAmountIn"] },
    EventFields { status: StatusName::Submitted, summary: "The transaction is stored; it is sent after this event", always: &["dex", "txHash"], sometimes: &[] },
    EventFields { status: StatusName::Confirmed, summary: "The swap took effect. The end", always: &["dex", "dexType", "pool", "txHash", "executedPrice", "amountOut", "route"], sometimes: &["poolAddress", "receipt"] },
    EventFields { status: StatusName::Failed, summary: "No execution succeeded. The end", always: &["error", "errorReason", "errorCode"], sometimes: &["landing"] },
    EventFields { status: StatusName::Cancelled, summary: "Withdrawn in time. The end", always: &["reason"], sometimes: &[] },
    EventFields { status: StatusName::Expired, summary: "Nothing was submitted in time. The end", always: &["reason"], sometimes: &[] },
];
/// Fields of every event.
const COMMON: [&str; 5] = ["orderId", "seq", "status", "timestamp", "attempt"];

/// The document.
///
/// # Panics
/// Never: everything it is made of is part of the program.
#[must_use]
pub fn document() -> Value {
    let mut document: Value =
        serde_json::from_str(WRITTEN).expect("invariant: the written part is JSON");
    let openapi = serde_json::to_value(openapi::document())
        .expect("invariant: the API's document can be written");
    let shapes = &openapi["components"]["schemas"];

    document["info"]["version"] = env!("CARGO_PKG_VERSION").into();
    document["x-close-codes"] = close_codes();
    for event in &EVENTS {
        let (message, schema) = names(event.status);
        document["components"]["messages"][message] = json!({
            "summary": event.summary,
            "contentType": "application/json",
            "payload": { "$ref": format!("{SCHEMA_PREFIX}{schema}") },
        });
        document["components"]["schemas"][schema] = event_schema(&shapes["EventView"], event);
    }
    document["components"]["schemas"]["FeedEvent"] = feed_event();
    add_shapes(&mut document, shapes);
    document
}

/// The message and the schema of a status's event.
fn names(status: StatusName) -> (String, String) {
    let message = name(status);
    let mut letters = message.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    let schema = first.into_iter().chain(letters).chain("Event".chars());
    (message.clone(), schema.collect())
}

fn name(status: StatusName) -> String {
    let name = serde_json::to_value(status).expect("invariant: a status has a name");
    name.as_str().unwrap_or_default().to_owned()
}

fn event_schema(any: &Value, event: &EventFields) -> Value {
    let required: Vec<&str> = COMMON.iter().chain(event.always).copied().collect();
    let mut properties = Map::new();
    for field in required.iter().chain(event.sometimes) {
        properties.insert((*field).to_owned(), any["properties"][field].clone());
    }
    properties.insert("status".to_owned(), json!({ "const": name(event.status) }));
    json!({
        "type": "object",
        "description": event.summary,
        "required": required,
        "properties": properties,
    })
}

fn feed_event() -> Value {
    let any: Vec<Value> = EVENTS
        .iter()
        .map(|event| json!({ "$ref": format!("{SCHEMA_PREFIX}{}", names(event.status).1) }))
        .collect();
    let cursor = json!({
        "type": "object",
        "required": ["cursor"],
        "properties": { "cursor": { "type": "string", "description": "To resume after this event" } },
    });
    json!({ "allOf": [{ "oneOf": any }, cursor] })
}

/// Adds the schemas that the document names, and those that these name.
fn add_shapes(document: &mut Value, shapes: &Value) {
    loop {
        let mut named = BTreeSet::new();
        collect_names(document, &mut named);
        named.retain(|name| document["components"]["schemas"].get(name).is_none());
        if named.is_empty() {
            return;
        }
        for name in named {
            let shape = shapes.get(&name);
            let shape = shape.expect("invariant: the document names the wire's types");
            document["components"]["schemas"][name] = shape.clone();
        }
    }
}

fn collect_names(value: &Value, named: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            let reference = fields.get("$ref").and_then(Value::as_str);
            let name = reference.and_then(|reference| reference.strip_prefix(SCHEMA_PREFIX));
            named.extend(name.map(str::to_owned));
            fields
                .values()
                .for_each(|field| collect_names(field, named));
        }
        Value::Array(items) => items.iter().for_each(|item| collect_names(item, named)),
        _ => {}
    }
}

fn close_codes() -> Value {
    let codes = Close::ALL.iter().map(|close| {
        let why = close.reason().description.unwrap_or_default();
        (close.code().to_string(), Value::from(why))
    });
    Value::Object(codes.collect())
}
