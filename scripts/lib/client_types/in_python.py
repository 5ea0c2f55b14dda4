"""The types in Python: a `TypedDict` for each object, and an exception for each refusal."""

import json
import keyword
import textwrap

from .documents import merged, name_of, description

WIDTH = 108


def types(api):
    out = [
        '"""The API\'s types. Made by scripts/client-types from docs/openapi.json, docs/asyncapi.json and\n'
        'docs/API.md. Not for editing."""\n',
        "from __future__ import annotations\n",
        "from typing import Any, Dict, List, Literal, Optional, Tuple, TypedDict, Union\n",
        "# The version of the engine whose documents these types are made from.\n"
        f"VERSION = {json.dumps(api.version)}\n",
        "# Fields of an order whose digits are taken as written: never floats.\n"
        f"DECIMAL_FIELDS: Tuple[str, ...] = {listed(api.decimals)}\n",
        f"# The statuses that end an order.\nENDS: Tuple[str, ...] = {listed(api.ends)}\n",
    ]
    names = [name for name, schema in api.schemas.items() if is_object(schema)]
    aliases = [name for name in api.schemas if name not in names]
    for name in in_order(api, aliases):
        out.append(alias(name, api.schemas[name]))
    for name in names:
        out.append("\n" + typed_dict(api, name))
    events = "".join(f"    {name},\n" for name in api.events)
    out.append("\n# What happened to an order. Its `status` tells which fields it has.\n" + f"OrderEvent = Union[\n{events}]\n")
    return "\n".join(out)


def refusals(api):
    out = [
        '"""An exception for each refusal of the API. Made by scripts/client-types from docs/openapi.json and\n'
        'docs/API.md. Not for editing."""\n',
        "from typing import Dict, Type\n",
        "from .errors import Refused\n",
    ]
    for code in api.codes:
        advice = json.dumps(api.advice[code], ensure_ascii=False)
        out.append(f"\nclass {class_of(code)}(Refused):\n    code = {json.dumps(code)}\n    advice = {advice}\n")
    entries = "".join(f"    {json.dumps(code)}: {class_of(code)},\n" for code in api.codes)
    out.append(f"\nBY_CODE: Dict[str, Type[Refused]] = {{\n{entries}}}\n")
    return "\n".join(out)


def class_of(code):
    return "".join(part.capitalize() for part in code.split("_"))


def listed(values):
    return "(\n" + "".join(f"    {json.dumps(value)},\n" for value in values) + ")"


def is_object(schema):
    return "properties" in schema or "allOf" in schema


def in_order(api, aliases):
    """An alias may be named only behind those that it is made of."""
    done = []
    waiting = list(aliases)
    while waiting:
        ready = [name for name in waiting if not (references(api.schemas[name]) & set(waiting))]
        if not ready:
            raise SystemExit(f"the aliases {waiting} are made of one another")
        done += ready
        waiting = [name for name in waiting if name not in ready]
    return done


def references(schema):
    if isinstance(schema, dict):
        found = {name_of(value) for key, value in schema.items() if key == "$ref"}
        return found.union(*(references(value) for value in schema.values()))
    if isinstance(schema, list):
        return set().union(*(references(value) for value in schema))
    return set()


def alias(name, schema):
    if name == "DecimalText":
        return "# A decimal amount as text, such as \"1.5\".\nDecimalText = str\n"
    told = comment(schema, "")
    return f"{told}{name} = {type_of(schema)}\n"


def typed_dict(api, name):
    schema = api.schemas[name]
    fields = merged(api, schema)
    needed = {it: field for it, field in fields["properties"].items() if it in fields["required"]}
    optional = {it: field for it, field in fields["properties"].items() if it not in fields["required"]}
    doc = textwrap.wrap(schema.get("description") or name, WIDTH - 8)
    doc = "\n    ".join(doc)
    if any(keyword.iskeyword(it) for it in needed):
        head = functional(f"_{name}", needed) + "\n\n"
        return head + class_with(name, f"_{name}, total=False", optional, doc)
    if not optional:
        return class_with(name, "TypedDict", needed, doc)
    if not needed:
        return class_with(name, "TypedDict, total=False", optional, doc)
    base = class_with(f"_{name}", "TypedDict", needed, f"What is always there of `{name}`.")
    return base + "\n\n" + class_with(name, f"_{name}, total=False", optional, doc)


def class_with(name, bases, fields, doc):
    lines = [f"class {name}({bases}):", f'    """{doc}"""', ""]
    for it, field in fields.items():
        lines.append(comment(field, "    ") + f"    {it}: {type_of(field)}")
    return "\n".join(lines).rstrip() + "\n"


def functional(name, fields):
    entries = "".join(f"        {json.dumps(it)}: {json.dumps(type_of(field))},\n" for it, field in fields.items())
    return f"{name} = TypedDict(\n    {json.dumps(name)},\n    {{\n{entries}    }},\n)\n"


def type_of(schema):
    if "$ref" in schema:
        return name_of(schema["$ref"])
    if "const" in schema:
        return f"Literal[{json.dumps(schema['const'])}]"
    if "enum" in schema:
        return f"Literal[{', '.join(json.dumps(value) for value in schema['enum'])}]"
    if "oneOf" in schema:
        parts = [part for part in schema["oneOf"] if part.get("type") != "null"]
        return optional_of([type_of(part) for part in parts], len(parts) < len(schema["oneOf"]))
    kinds = schema["type"]
    kinds = kinds if isinstance(kinds, list) else [kinds]
    return optional_of([simple(kind, schema) for kind in kinds if kind != "null"], "null" in kinds)


def optional_of(parts, may_be_null):
    text = parts[0] if len(parts) == 1 else f"Union[{', '.join(parts)}]"
    return f"Optional[{text}]" if may_be_null else text


def simple(kind, schema):
    if kind == "array":
        return f"List[{type_of(schema['items'])}]"
    if kind == "object":
        return "Dict[str, Any]"
    return {"integer": "int", "number": "float", "string": "str", "boolean": "bool"}[kind]


def comment(schema, indent):
    text = description(schema)
    if not text:
        return ""
    lines = textwrap.wrap(text, WIDTH - len(indent) - 2)
    return "".join(f"{indent}# {line}\n" for line in lines)
