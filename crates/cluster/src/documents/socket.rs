//! Compares real WebSocket messages with the AsyncAPI document.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::{SCHEMAS, Schemas};

/// The sockets' document, to hold messages against.
#[derive(Debug)]
pub struct SocketDocument {
    document: Value,
    schemas: Schemas,
}

impl SocketDocument {
    /// Reads a document.
    #[must_use]
    pub fn new(document: Value) -> Self {
        Self {
            schemas: Schemas::new(&document, |name| name.ends_with("Event")),
            document,
        }
    }

    /// The channel of a socket's address.
    #[must_use]
    pub fn channel_at(url: &str) -> &'static str {
        let (path, query) = url.split_once('?').unwrap_or((url, ""));
        if path.ends_with("/api/orders/execute") {
            if query.contains("orderId=") {
                "execute"
            } else {
                "submit"
            }
        } else if path.ends_with("/api/stream") {
            "feed"
        } else if path.ends_with("/stream") {
            "stream"
        } else {
            "follow"
        }
    }

    /// The names of the messages that the server sends on a channel.
    #[must_use]
    pub fn sent_on(&self, channel: &str) -> Vec<String> {
        let channel_reference = format!("#/channels/{channel}");
        let operations = self.document["operations"].as_object().into_iter();
        let sent = operations.flatten().flat_map(|(_, operation)| {
            let side = match operation["action"].as_str() {
                Some("send") => operation,
                _ => &operation["reply"],
            };
            let is_here = side["channel"]["$ref"] == channel_reference;
            side["messages"]
                .as_array()
                .filter(|_| is_here)
                .into_iter()
                .flatten()
        });
        let names = sent.filter_map(|message| message["$ref"].as_str()?.rsplit('/').next());
        let mut names: Vec<String> = names.map(str::to_owned).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Holds a message that the server sent on a channel against the document; the name of the one kind of
    /// message it is.
    pub fn check(&self, channel: &str, message: &Value) -> Result<String> {
        let mut kinds = Vec::new();
        let mut faults = Vec::new();
        for name in self.sent_on(channel) {
            match self.check_as(&name, message) {
                Ok(()) => kinds.push(name),
                Err(fault) => faults.push(format!("not `{name}`: {fault:#}")),
            }
        }
        ensure!(
            kinds.len() == 1,
            "{message} on `{channel}` is {kinds:?}: {faults:#?}"
        );
        kinds.pop().context("one kind")
    }

    fn check_as(&self, name: &str, message: &Value) -> Result<()> {
        let payload = &self.document["components"]["messages"][name]["payload"];
        let reference = payload["$ref"].as_str().context("a message has a schema")?;
        ensure!(reference.starts_with(SCHEMAS), "{reference}");
        let whole = json!({ "$ref": reference, "unevaluatedProperties": false });
        self.schemas.check(&whole, message)
    }
}
