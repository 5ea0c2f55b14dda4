//! The documents the gateway serves: true to the code, and to every answer these tests get.

#[path = "../../examples/write_documents/postman.rs"]
mod postman;

use std::path::Path;
use std::sync::LazyLock;

use api_gateway::{GatewaySettings, asyncapi, openapi};
use cluster::documents::{ApiDocument, Exchange, SocketDocument};
use serde_json::Value;

use crate::http_client::{Answer, Request};
use crate::ws_server::Server;

const REGENERATE: &str = "run `cargo run -p api-gateway --example write_documents`";

static API: LazyLock<ApiDocument> = LazyLock::new(|| ApiDocument::new(api()));

static SOCKETS: LazyLock<SocketDocument> =
    LazyLock::new(|| SocketDocument::new(asyncapi::document()));

/// Checks a socket's message against the AsyncAPI document. Every message of these tests passes
/// through here.
#[track_caller]
pub(crate) fn check_message(url: &str, message: &Value) {
    if let Err(fault) = SOCKETS.check(SocketDocument::channel_at(url), message) {
        panic!("the document does not know this message of {url}: {fault:#}");
    }
}

fn api() -> Value {
    serde_json::to_value(openapi::document()).expect("the document is JSON")
}

/// Checks an answer against the OpenAPI document. Every answer of these tests passes through here.
#[track_caller]
pub(crate) fn check(method: &str, path: &str, answer: &Answer) {
    // Refusals of the HTTP server itself are not answers of the API, nor are files of pages.
    let is_no_request = answer.status == 400 && answer.body.is_empty();
    let is_file = path.starts_with("/docs/") || path.starts_with("/assets/");
    if is_no_request || is_file || method == "OPTIONS" {
        return;
    }
    let exchange = Exchange {
        method,
        path,
        status: answer.status,
        headers: &answer.headers,
        body: &answer.body,
    };
    if let Err(fault) = API.check(&exchange) {
        panic!("the document does not know this answer: {fault:#}");
    }
}

#[track_caller]
fn check_file(name: &str, made: &Value) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../docs")
        .join(name);
    let text = std::fs::read_to_string(&path).expect("the document is in docs");
    let kept: Value = serde_json::from_str(&text).expect("the document is JSON");
    assert!(kept == *made, "docs/{name} is not up to date; {REGENERATE}");
}

#[test]
fn the_documents_in_docs_are_what_the_code_makes() {
    let api = api();

    check_file("openapi.json", &api);
    check_file("asyncapi.json", &asyncapi::document());
    check_file("postman.json", &postman::collection(&api));
}

#[tokio::test]
async fn what_is_served_is_what_the_code_makes() {
    let settings = GatewaySettings {
        port: 0,
        ..GatewaySettings::default()
    };
    let server = Server::start(settings).await;

    let served = Request::get("/openapi.json").send(&server).await.json();
    let served_events = Request::get("/asyncapi.json").send(&server).await.json();

    assert_eq!(served, api());
    assert_eq!(served_events, asyncapi::document());
}

#[test]
fn every_field_of_an_event_stands_in_the_schema_of_some_status() {
    let any = api()["components"]["schemas"]["EventView"]["properties"].clone();
    let sockets = asyncapi::document()["components"]["schemas"].clone();
    let schemas = sockets.as_object().expect("schemas").iter();
    let events: Vec<&Value> = schemas
        .filter(|(name, _)| name.ends_with("Event"))
        .map(|(_, schema)| &schema["properties"])
        .collect();

    for field in any.as_object().expect("fields").keys() {
        let stands = events.iter().any(|event| event.get(field).is_some());
        assert!(stands, "no event of the sockets' document has `{field}`");
    }
}

#[test]
fn every_call_has_a_name_of_its_own() {
    let answers = ApiDocument::new(api()).answers();
    let mut names: Vec<&str> = answers.iter().map(|(name, _)| name.as_str()).collect();
    names.dedup();
    let count = names.len();
    names.sort_unstable();
    names.dedup();

    assert_eq!(names.len(), count);
    assert!(names.iter().all(|name| !name.is_empty()));
}

#[test]
fn the_collection_has_every_call_that_is_no_socket() {
    let api = api();
    let collection = postman::collection(&api);
    let answers = ApiDocument::new(api).answers();
    let calls = answers
        .iter()
        .filter(|(_, status)| *status == 200 || *status == 201);
    let mut calls: Vec<&str> = calls.map(|(name, _)| name.as_str()).collect();
    calls.dedup();

    let folders = collection["item"].as_array().unwrap();
    let requests = folders
        .iter()
        .filter_map(|folder| folder["item"].as_array());
    let requests: Vec<&Value> = requests.flatten().map(|it| &it["request"]).collect();

    let mut named: Vec<String> = requests
        .iter()
        .map(|request| format!("{} {}", request["method"], request["url"]["raw"]))
        .collect();
    named.sort_unstable();
    named.dedup();
    assert_eq!(named.len(), calls.len());
}

#[test]
fn the_collection_submits_an_order_of_every_type() {
    let collection = postman::collection(&api());
    let orders = collection["item"][0]["item"].as_array().unwrap();

    let bodies = orders.iter().filter_map(|it| {
        let submits = it["name"].as_str()?.starts_with("Submit an order");
        let raw = it["request"]["body"]["raw"].as_str().filter(|_| submits)?;
        serde_json::from_str::<Value>(raw).ok()
    });
    let types: Vec<Value> = bodies.map(|body| body["orderType"].clone()).collect();

    let all = ["limit", "stop", "take_profit", "trailing_stop", "sniper"];
    let expected: Vec<Value> = std::iter::once(Value::Null)
        .chain(all.map(Value::from))
        .collect();
    assert_eq!(types, expected);
}

#[test]
fn the_documents_let_a_cursor_be_as_long_as_the_server_makes_it() {
    let documents = ["openapi.json", "asyncapi.json"];
    let longest = api_gateway::live::Cursor::MAX_LENGTH;

    for name in documents {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../docs")
            .join(name);
        let text = std::fs::read_to_string(&path).expect("the document is in docs");
        let document: Value = serde_json::from_str(&text).expect("the document is JSON");
        let parameter = match name {
            "openapi.json" => {
                let parameters = &document["paths"]["/api/stream"]["get"]["parameters"];
                let named = parameters.as_array().expect("parameters").iter();
                let mut cursors = named.filter(|parameter| parameter["name"] == "cursor");
                cursors.next().expect("a cursor")["schema"]["maxLength"].clone()
            }
            _ => {
                let query = find(&document, "The `cursor` of the last message seen");
                query.expect("a cursor")["maxLength"].clone()
            }
        };
        assert_eq!(parameter, longest, "{name}");
    }
}

/// The object that has this description.
fn find<'a>(value: &'a Value, description: &str) -> Option<&'a Value> {
    match value {
        Value::Object(fields) if value["description"] == description => {
            Some(value).filter(|_| fields.contains_key("maxLength"))
        }
        Value::Object(fields) => fields.values().find_map(|inner| find(inner, description)),
        Value::Array(items) => items.iter().find_map(|inner| find(inner, description)),
        _ => None,
    }
}
