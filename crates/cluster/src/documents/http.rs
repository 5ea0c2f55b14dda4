//! Compares real answers with the OpenAPI document: status, content type, headers and body.

use std::collections::HashMap;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::{SCHEMAS, Schemas};

/// Headers that mean something to a client: where one is sent, the document must know it.
const TELLING: [&str; 8] = [
    "idempotent-replayed",
    "location",
    "ratelimit-limit",
    "ratelimit-remaining",
    "ratelimit-reset",
    "retry-after",
    "upgrade",
    "www-authenticate",
];

/// The API's document, to hold exchanges against.
#[derive(Debug)]
pub struct ApiDocument {
    document: Value,
    schemas: Schemas,
}

/// A request as far as it matters, and its answer.
#[derive(Debug, Clone, Copy)]
pub struct Exchange<'a> {
    pub method: &'a str,
    /// With or without its query.
    pub path: &'a str,
    pub status: u16,
    /// By their names in lower case.
    pub headers: &'a HashMap<String, String>,
    pub body: &'a [u8],
}

impl Exchange<'_> {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    fn content_type(&self) -> Option<&str> {
        let value = self.header("content-type")?;
        value.split(';').next().map(str::trim)
    }
}

impl ApiDocument {
    /// Reads a document.
    #[must_use]
    pub fn new(document: Value) -> Self {
        Self {
            schemas: Schemas::new(&document, |_| false),
            document,
        }
    }

    /// Every call the document knows and every status it may be answered with.
    #[must_use]
    pub fn answers(&self) -> Vec<(String, u16)> {
        let paths = self.document["paths"].as_object().into_iter().flatten();
        let operations = paths.flat_map(|(_, item)| item.as_object().into_iter().flatten());
        let answers = operations.flat_map(|(_, operation)| {
            let responses = operation["responses"].as_object().into_iter().flatten();
            responses.filter_map(|(status, _)| Some((name(operation), status.parse().ok()?)))
        });
        answers.collect()
    }

    /// Holds an answer against the document; the call it was an answer to, where the document knows it.
    /// What is not a call of the document must be refused, and with a problem.
    pub fn check(&self, exchange: &Exchange<'_>) -> Result<Option<String>> {
        self.held(exchange)
            .with_context(|| format!("{} {}", exchange.method, exchange.path))
    }

    fn held(&self, exchange: &Exchange<'_>) -> Result<Option<String>> {
        let Some(operation) = self.operation(exchange) else {
            self.check_refusal(exchange)?;
            return Ok(None);
        };
        let response = operation["responses"].get(exchange.status.to_string());
        let response =
            response.with_context(|| format!("{} is not documented", exchange.status))?;
        self.check_headers(exchange, &response["headers"])?;
        if exchange.method != "HEAD" {
            self.check_body(exchange, &response["content"])?;
        }
        Ok(Some(name(operation)))
    }

    /// The operation that a request is meant for.
    fn operation(&self, exchange: &Exchange<'_>) -> Option<&Value> {
        let path = exchange.path.split('?').next()?;
        let method = match exchange.method {
            "HEAD" => "get".to_owned(),
            method => method.to_ascii_lowercase(),
        };
        let templates = self.document["paths"].as_object()?.iter();
        let mut fitting: Vec<(usize, &Value)> = templates
            .filter(|(template, _)| fits(template, path))
            .map(|(template, item)| (template.matches('{').count(), item))
            .collect();
        // The most literal one is meant.
        fitting.sort_by_key(|(parameters, _)| *parameters);
        fitting.first()?.1.get(&method)
    }

    fn check_refusal(&self, exchange: &Exchange<'_>) -> Result<()> {
        let status = exchange.status;
        ensure!(
            (400..500).contains(&status),
            "{status} to what is not documented"
        );
        if exchange.method != "HEAD" {
            let problem = json!({ "schema": { "$ref": format!("{SCHEMAS}Problem") } });
            self.check_body(exchange, &json!({ "application/problem+json": problem }))?;
        }
        Ok(())
    }

    fn check_headers(&self, exchange: &Exchange<'_>, known: &Value) -> Result<()> {
        let known: Vec<(String, &Value)> = known
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, header)| (name.to_ascii_lowercase(), &header["schema"]))
            .collect();
        for name in TELLING {
            let Some(value) = exchange.header(name) else {
                continue;
            };
            let schema = known.iter().find(|(known, _)| known == name);
            let (_, schema) = schema.with_context(|| format!("header {name} is not documented"))?;
            let value = match schema["type"].as_str() {
                Some("integer") => json!(value.parse::<i64>().context("a header's number")?),
                _ => json!(value),
            };
            self.schemas.check(schema, &value)?;
        }
        Ok(())
    }

    fn check_body(&self, exchange: &Exchange<'_>, content: &Value) -> Result<()> {
        let Some(content) = content.as_object() else {
            ensure!(exchange.body.is_empty(), "a body where none is documented");
            return Ok(());
        };
        let content_type = exchange.content_type().unwrap_or_default();
        let known = content.get(content_type);
        let known = known.with_context(|| format!("`{content_type}` is not documented"))?;
        if content_type.ends_with("json") {
            let body = serde_json::from_slice(exchange.body).context("the body is not JSON")?;
            self.schemas.check(&known["schema"], &body)?;
        }
        Ok(())
    }
}

fn name(operation: &Value) -> String {
    let id = operation["operationId"].as_str();
    id.unwrap_or_default().to_owned()
}

/// Whether a path is one of a template's. Its last parameter may hold slashes.
fn fits(template: &str, path: &str) -> bool {
    let mut segments = path.split('/');
    let mut parts = template.split('/').peekable();
    while let Some(part) = parts.next() {
        let Some(segment) = segments.next() else {
            return false;
        };
        let is_parameter = part.starts_with('{');
        if is_parameter && parts.peek().is_none() && part == "{clientOrderId}" {
            return true;
        }
        if !is_parameter && part != segment {
            return false;
        }
    }
    segments.next().is_none()
}
