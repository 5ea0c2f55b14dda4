//! Writes the documents made from the code into `docs/`: the API (OpenAPI), the sockets (AsyncAPI), and a
//! Postman collection. Run it after a change of the API; a test says when it was forgotten.
//!
//!     cargo run -p api-gateway --example write_documents

mod postman;

use std::path::Path;

use anyhow::{Context, Result};
use api_gateway::{asyncapi, openapi};
use serde_json::Value;

fn main() -> Result<()> {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    let api = serde_json::to_value(openapi::document()).context("write the API's document")?;
    write(&docs.join("openapi.json"), &api)?;
    write(&docs.join("asyncapi.json"), &asyncapi::document())?;
    write(&docs.join("postman.json"), &postman::collection(&api))
}

fn write(path: &Path, document: &Value) -> Result<()> {
    let mut text = serde_json::to_string_pretty(document).context("write a document")?;
    text.push('\n');
    std::fs::write(path, text).with_context(|| format!("write {}", path.display()))
}
