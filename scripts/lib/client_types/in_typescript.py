"""The types in TypeScript, and the values that the client needs of them."""

import json

from .documents import description, name_of

HEAD = "// Made by scripts/client-types from docs/openapi.json, docs/asyncapi.json and docs/API.md. Not for editing.\n"


def declarations(api):
    out = [HEAD]
    for name, schema in api.schemas.items():
        out.append(comment(schema, "") + declaration(name, schema))
    out.append(
        "/** What happened to an order. Its `status` tells which fields it has. */\n"
        f"export type OrderEvent = {' | '.join(api.events)};\n"
    )
    out.append("/** Why the engine refuses a call. */\nexport type ProblemCode = Problem[\"code\"];\n")
    out.append("/** The version of the engine whose documents these types are made from. */\nexport const VERSION: string;\n")
    out.append("/** Fields of an order whose digits are taken as written: always strings here. */\nexport const DECIMAL_FIELDS: readonly string[];\n")
    out.append("/** The statuses that end an order. */\nexport const ENDS: readonly StatusName[];\n")
    out.append("/** What to do about each refusal. */\nexport const ADVICE: Readonly<Record<ProblemCode, string>>;\n")
    return "\n".join(out)


def values(api):
    def constant(name, value):
        return f"export const {name} = Object.freeze({json.dumps(value, indent=2)});\n"

    return "\n".join(
        [
            HEAD,
            f"export const VERSION = {json.dumps(api.version)};\n",
            constant("DECIMAL_FIELDS", api.decimals),
            constant("ENDS", api.ends),
            constant("ADVICE", api.advice),
        ]
    )


def declaration(name, schema):
    if name == "DecimalText":
        return "export type DecimalText = string;\n"
    if "properties" not in schema:
        return f"export type {name} = {type_of(schema)};\n"
    return f"export interface {name} {body(schema, '')}\n"


def body(schema, indent):
    required = schema.get("required", [])
    inner = indent + "  "
    lines = ["{"]
    for name, field in schema["properties"].items():
        mark = "" if name in required else "?"
        lines.append(comment(field, inner) + f"{inner}{name}{mark}: {type_of(field, inner)};")
    lines.append(indent + "}")
    return "\n".join(lines)


def type_of(schema, indent=""):
    if "$ref" in schema:
        return name_of(schema["$ref"])
    if "const" in schema:
        return json.dumps(schema["const"])
    if "enum" in schema:
        return " | ".join(json.dumps(value) for value in schema["enum"])
    if "allOf" in schema:
        return " & ".join(grouped(part, indent) for part in schema["allOf"])
    if "oneOf" in schema:
        return " | ".join(type_of(part, indent) for part in schema["oneOf"])
    kinds = schema["type"]
    kinds = kinds if isinstance(kinds, list) else [kinds]
    return " | ".join(simple(kind, schema, indent) for kind in kinds)


def grouped(schema, indent):
    text = type_of(schema, indent)
    return f"({text})" if " | " in text else text


def simple(kind, schema, indent):
    if kind == "array":
        items = grouped(schema["items"], indent)
        return f"{items}[]"
    if kind == "object":
        return body(schema, indent) if "properties" in schema else "Record<string, unknown>"
    return {"integer": "number", "number": "number", "string": "string", "boolean": "boolean", "null": "null"}[kind]


def comment(schema, indent):
    text = description(schema)
    if not text:
        return ""
    lines = text.replace("*/", "* /").split("\n")
    if len(lines) == 1:
        return f"{indent}/** {lines[0]} */\n"
    return f"{indent}/**\n" + "".join(f"{indent} * {line}".rstrip() + "\n" for line in lines) + f"{indent} */\n"
