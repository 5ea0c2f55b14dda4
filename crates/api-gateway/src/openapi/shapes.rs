//! Rules for every schema: a field that can be null is always present, an absent header is absent
//! and not null, and a problem's code is one of the list.

use serde_json::Value;
use utoipa::Modify;
use utoipa::openapi::path::{Operation, ParameterIn};
use utoipa::openapi::schema::{Object, SchemaType, Type};
use utoipa::openapi::{OpenApi, RefOr, Schema};

use crate::error::Code;

/// Makes the schemas as strict as the answers are.
pub(super) struct Shapes;

impl Modify for Shapes {
    fn modify(&self, document: &mut OpenApi) {
        let components = document.components.get_or_insert_default();
        for (name, schema) in &mut components.schemas {
            if let RefOr::T(Schema::Object(object)) = schema {
                require_nulls(object);
                if name == "Problem" {
                    list_codes(object);
                }
            }
        }
        for item in document.paths.paths.values_mut() {
            for operation in [&mut item.get, &mut item.post].into_iter().flatten() {
                forbid_null_headers(operation);
            }
        }
    }
}

fn require_nulls(object: &mut Object) {
    let nullable = object
        .properties
        .iter()
        .filter(|(name, schema)| can_be_null(schema) && !object.required.contains(name));
    let nullable: Vec<String> = nullable.map(|(name, _)| name.clone()).collect();
    object.required.extend(nullable);
}

fn can_be_null(schema: &RefOr<Schema>) -> bool {
    match schema {
        RefOr::T(Schema::Object(object)) => allows_null(&object.schema_type),
        RefOr::T(Schema::Array(array)) => allows_null(&array.schema_type),
        RefOr::T(Schema::OneOf(one_of)) => one_of.items.iter().any(can_be_null),
        RefOr::T(_) | RefOr::Ref(_) => false,
    }
}

fn allows_null(schema_type: &SchemaType) -> bool {
    match schema_type {
        SchemaType::Type(one) => *one == Type::Null,
        SchemaType::Array(several) => several.contains(&Type::Null),
        SchemaType::AnyValue => false,
    }
}

fn list_codes(problem: &mut Object) {
    if let Some(RefOr::T(Schema::Object(code))) = problem.properties.get_mut("code") {
        let names = Code::ALL.iter().map(|code| Value::from(code.name()));
        code.enum_values = Some(names.collect());
    }
}

fn forbid_null_headers(operation: &mut Operation) {
    for parameter in operation.parameters.iter_mut().flatten() {
        if let RefOr::T(parameter) = parameter
            && parameter.parameter_in == ParameterIn::Header
            && let Some(RefOr::T(Schema::Object(schema))) = &mut parameter.schema
        {
            forbid_null(schema);
        }
    }
    for response in operation.responses.responses.values_mut() {
        let RefOr::T(response) = response else {
            continue;
        };
        for header in response.headers.values_mut() {
            if let RefOr::T(header) = header
                && let Some(RefOr::T(Schema::Object(schema))) = &mut header.schema
            {
                forbid_null(schema);
            }
        }
    }
}

fn forbid_null(schema: &mut Object) {
    if let SchemaType::Array(types) = &schema.schema_type {
        let mut others = types.iter().filter(|one| **one != Type::Null);
        if let (Some(only), None) = (others.next(), others.next()) {
            schema.schema_type = SchemaType::Type(only.clone());
        }
    }
}
