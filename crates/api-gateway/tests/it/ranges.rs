//! What the API's document says of parameters holds: the server takes what is in range and refuses by name what
//! is not.

use api_gateway::GatewaySettings;
use serde_json::Value;

use crate::http_client::{ORDER, Request};
use crate::ws_server::Server;

/// A call of the document with one of its parameters, and a path that lacks nothing but this one.
struct Parameter {
    path: String,
    name: String,
    place: String,
    schema: Value,
}

/// Parameters of the calls that read, as far as a path without an order of its own can be asked.
fn parameters() -> Vec<Parameter> {
    let document = serde_json::to_value(api_gateway::openapi::document()).expect("it is JSON");
    let paths = document["paths"].as_object().expect("paths").clone();
    let mut found = Vec::new();
    for (path, calls) in paths {
        let is_socket =
            path.starts_with("/ws") || path.ends_with("/execute") || path.ends_with("stream");
        let all = calls["get"]["parameters"].as_array().cloned();
        for parameter in all.into_iter().flatten().filter(|_| !is_socket) {
            let text = |name: &str| parameter[name].as_str().unwrap_or_default().to_owned();
            found.push(Parameter {
                path: path.clone(),
                name: text("name"),
                place: text("in"),
                schema: parameter["schema"].clone(),
            });
        }
    }
    found
}

impl Parameter {
    /// Whether the server refuses this value of it.
    async fn is_refused(&self, server: &Server, order: &str, value: &str) -> bool {
        let path = self.path.replace("{id}", order);
        let beside = match path.as_str() {
            "/api/quotes" => "tokenIn=SOL&tokenOut=USDC&amount=1&",
            _ => "",
        };
        let request = match self.place.as_str() {
            "query" => Request::get(&format!("{path}?{beside}{}={value}", self.name)),
            "path" => Request::get(&path.replace(&format!("{{{}}}", self.name), value)),
            _ => Request::get(&path).header(&self.name, value),
        };
        let answer = request.send(server).await;
        let is_named = answer.status == 400 && answer.json()["errors"][0]["field"] == *self.name;
        assert!(
            is_named || answer.status != 400,
            "{} {}={value}: {}",
            self.path,
            self.name,
            answer.json()
        );
        is_named
    }
}

#[tokio::test]
async fn numbers_and_texts_may_be_what_the_document_says_and_no_more() {
    let settings = GatewaySettings {
        port: 0,
        ..GatewaySettings::default()
    };
    let server = Server::start(settings).await;
    let order = Request::order(ORDER).send(&server).await.order_id();
    let mut checked = 0;

    for parameter in parameters() {
        let number = |name: &str| parameter.schema[name].as_u64();
        let mut values = Vec::new();
        if let (Some(least), Some(most)) = (number("minimum"), number("maximum")) {
            values.extend([(least.to_string(), false), (most.to_string(), false)]);
            values.push(((most + 1).to_string(), true));
            values.extend(least.checked_sub(1).map(|below| (below.to_string(), true)));
        }
        if let Some(longest) = number("maxLength") {
            let text = |length: u64| "a".repeat(usize::try_from(length).expect("it is short"));
            values.extend([(text(longest), false), (text(longest + 1), true)]);
        }
        for (value, is_refused) in values {
            let refused = parameter.is_refused(&server, &order, &value).await;
            let (path, name) = (&parameter.path, &parameter.name);
            assert_eq!(refused, is_refused, "{path} {name}={value}");
            checked += 1;
        }
    }
    assert!(checked >= 20, "{checked} values were asked");
}
