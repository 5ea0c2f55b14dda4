//! Compares what the engine's documents say with what it does. The schemas are made strict, so that
//! a field that nobody described is found too.

mod http;
mod socket;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Result, anyhow, ensure};
use jsonschema::Validator;
use serde_json::{Value, json};

pub use http::{ApiDocument, Exchange};
pub use socket::SocketDocument;

const SCHEMAS: &str = "#/components/schemas/";

/// The schemas of a document.
#[derive(Debug)]
struct Schemas {
    components: Value,
    /// Made when they are first needed: a document has far more schemas than a test looks at.
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

impl Schemas {
    /// Takes a document's schemas. Objects may have the properties they list and no others; where schemas
    /// are put together from several (`open`), that is judged for the whole.
    fn new(document: &Value, open: impl Fn(&str) -> bool) -> Self {
        let mut schemas = document["components"]["schemas"].clone();
        for (name, schema) in schemas.as_object_mut().into_iter().flatten() {
            let is_listed = schema.get("properties").is_some();
            if is_listed && schema.get("additionalProperties").is_none() && !open(name) {
                schema["additionalProperties"] = false.into();
            }
        }
        Self {
            components: json!({ "schemas": schemas }),
            validators: Mutex::default(),
        }
    }

    /// Holds a value against a schema of the document.
    fn check(&self, schema: &Value, value: &Value) -> Result<()> {
        let validator = self.validator(schema)?;
        let faults: Vec<String> = validator
            .iter_errors(value)
            .map(|fault| format!("{}: {fault}", fault.instance_path()))
            .collect();
        ensure!(faults.is_empty(), "{faults:?} in {value} by {schema}");
        Ok(())
    }

    fn validator(&self, schema: &Value) -> Result<Arc<Validator>> {
        let mut validators = self
            .validators
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let name = schema.to_string();
        if let Some(known) = validators.get(&name) {
            return Ok(Arc::clone(known));
        }
        let mut whole = schema.clone();
        whole["components"] = self.components.clone();
        let options = jsonschema::draft202012::options().should_validate_formats(true);
        let made = options
            .build(&whole)
            .map_err(|error| anyhow!("{name} is no schema: {error}"))?;
        let made = Arc::new(made);
        validators.insert(name, Arc::clone(&made));
        Ok(made)
    }
}
