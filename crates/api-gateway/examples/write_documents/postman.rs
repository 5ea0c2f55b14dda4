//! A Postman collection of the API's calls, made from the OpenAPI document: a folder per tag, a request per
//! call and example of its body, with its parameters. Sockets are left out: a collection of this format has none.

use serde_json::{Map, Value, json};

const FORMAT: &str = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json";
const METHODS: [&str; 3] = ["get", "patch", "post"];
/// What is filled in by whoever uses the collection.
const BASE_URL: &str = "http://127.0.0.1:3000";

/// The collection of a document's calls.
pub(crate) fn collection(openapi: &Value) -> Value {
    let folders = items(&openapi["tags"]).map(|tag| {
        let requests = calls(openapi)
            .filter(|call| call.operation["tags"][0] == tag["name"])
            .flat_map(|call| requests(openapi, &call));
        json!({
            "name": tag["name"],
            "description": tag["description"],
            "item": requests.collect::<Vec<_>>(),
        })
    });
    json!({
        "info": {
            "name": openapi["info"]["title"],
            "description": openapi["info"]["description"],
            "schema": FORMAT,
        },
        "auth": { "type": "bearer", "bearer": [variable("token", "{{apiKey}}")] },
        "variable": [variable("baseUrl", BASE_URL), variable("apiKey", ""), variable("adminKey", "")],
        "item": folders.collect::<Vec<_>>(),
    })
}

struct Call<'a> {
    method: &'a str,
    path: &'a str,
    operation: &'a Value,
}

/// The calls that HTTP alone can make.
fn calls(openapi: &Value) -> impl Iterator<Item = Call<'_>> {
    let paths = openapi["paths"].as_object().into_iter().flatten();
    let calls = paths.flat_map(|(path, item)| {
        METHODS.iter().filter_map(move |method| {
            let operation = item.get(method)?;
            Some(Call {
                method,
                path,
                operation,
            })
        })
    });
    calls.filter(|call| call.operation["responses"].get("101").is_none())
}

/// The call with each example of its body.
fn requests(openapi: &Value, call: &Call<'_>) -> Vec<Value> {
    let examples = example_bodies(openapi, call);
    let mut requests = vec![request(call, examples.first())];
    requests.extend(examples.iter().skip(1).map(|example| {
        let mut request = request(call, Some(example));
        let (name, kind) = (&call.operation["summary"], &example["orderType"]);
        if let (Some(name), Some(kind)) = (name.as_str(), kind.as_str()) {
            request["name"] = format!("{name}: {kind}").into();
        }
        request
    }));
    requests
}

fn request(call: &Call<'_>, example: Option<&Value>) -> Value {
    let mut request = Map::new();
    request.insert("method".to_owned(), call.method.to_uppercase().into());
    request.insert("description".to_owned(), description(call));
    request.insert("url".to_owned(), url(call));
    let mut headers: Vec<Value> = parameters(call, "header").map(optional).collect();
    if let Some(body) = example.and_then(body) {
        headers.push(json!({ "key": "Content-Type", "value": "application/json" }));
        request.insert("body".to_owned(), body);
    }
    request.insert("header".to_owned(), headers.into());
    if call.operation["tags"][0] == "admin" {
        let key = variable("token", "{{adminKey}}");
        request.insert(
            "auth".to_owned(),
            json!({ "type": "bearer", "bearer": [key] }),
        );
    }
    json!({ "name": call.operation["summary"], "request": request })
}

fn description(call: &Call<'_>) -> Value {
    let longer = call.operation["description"].as_str();
    longer.unwrap_or_default().into()
}

fn url(call: &Call<'_>) -> Value {
    let segments = call.path.split('/').skip(1);
    // A path's parameter is `{id}` in one format and `:id` in the other.
    let path: Vec<String> = segments
        .map(|segment| match segment.strip_prefix('{') {
            Some(name) => format!(":{}", name.trim_end_matches('}')),
            None => segment.to_owned(),
        })
        .collect();
    let variables = parameters(call, "path").map(|parameter| {
        json!({ "key": parameter["name"], "value": "", "description": parameter["description"] })
    });
    json!({
        "raw": format!("{{{{baseUrl}}}}/{}", path.join("/")),
        "host": ["{{baseUrl}}"],
        "path": path,
        "query": parameters(call, "query").map(optional).collect::<Vec<_>>(),
        "variable": variables.collect::<Vec<_>>(),
    })
}

/// A parameter that is sent only where its box is ticked, unless it must be there or has an example.
fn optional(parameter: &Value) -> Value {
    json!({
        "key": parameter["name"],
        "value": parameter["example"].as_str().unwrap_or_default(),
        "description": parameter["description"].as_str().unwrap_or_default(),
        "disabled": parameter["required"] != true && parameter["example"].is_null(),
    })
}

fn example_bodies<'a>(openapi: &'a Value, call: &Call<'_>) -> &'a [Value] {
    let schema = call
        .operation
        .pointer("/requestBody/content/application~1json/schema");
    let reference = schema.and_then(|schema| schema["$ref"].as_str());
    let reference = reference.and_then(|reference| reference.strip_prefix('#'));
    let schema = reference.and_then(|reference| openapi.pointer(reference));
    let examples = schema.and_then(|schema| schema["examples"].as_array());
    examples.map_or(&[], Vec::as_slice)
}

fn body(example: &Value) -> Option<Value> {
    let raw = serde_json::to_string_pretty(example).ok()?;
    Some(json!({ "mode": "raw", "raw": raw, "options": { "raw": { "language": "json" } } }))
}

fn parameters<'a>(call: &Call<'a>, place: &'static str) -> impl Iterator<Item = &'a Value> {
    items(&call.operation["parameters"]).filter(move |parameter| parameter["in"] == place)
}

fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

fn variable(key: &str, value: &str) -> Value {
    json!({ "key": key, "value": value, "type": "string" })
}
