"""The API as its documents tell it."""

import json
import re
from dataclasses import dataclass

# Answers with pages or with the documents themselves are nothing for a client.
REFUSAL = re.compile(r"^\| `(\w+)` \| (\d{3}) \| (.+) \|$", re.MULTILINE)


@dataclass(frozen=True)
class Api:
    version: str
    # By name, each a JSON schema.
    schemas: dict
    # What a socket of one order sends, each with another `status`.
    events: list
    # Of an order, and of a change: the fields whose digits are taken as written.
    decimals: list
    # By code: what the caller is to do.
    advice: dict

    @property
    def codes(self):
        return self.schemas["Problem"]["properties"]["code"]["enum"]

    @property
    def statuses(self):
        return self.schemas["StatusName"]["enum"]

    @property
    def ends(self):
        """The statuses that are ends, by the events whose description says so."""
        ends = [self.schemas[name] for name in self.events if "The end" in self.schemas[name]["description"]]
        return [event["properties"]["status"]["const"] for event in ends]


def read(root):
    openapi = json.loads((root / "docs/openapi.json").read_text())
    asyncapi = json.loads((root / "docs/asyncapi.json").read_text())
    schemas = dict(openapi["components"]["schemas"])
    for name, schema in asyncapi["components"]["schemas"].items():
        if schemas.setdefault(name, schema) != schema:
            raise SystemExit(f"docs/openapi.json and docs/asyncapi.json disagree on {name}")
    schemas = dict(sorted(schemas.items()))
    events = [name_of(event["$ref"]) for event in schemas["FeedEvent"]["allOf"][0]["oneOf"]]
    decimals = set()
    for name in ("SubmitOrder", "ChangeOrder"):
        fields = schemas[name]["properties"].items()
        decimals |= {field for field, schema in fields if schema.get("$ref", "").endswith("/DecimalText")}
    told = {code: text for code, _, text in REFUSAL.findall((root / "docs/API.md").read_text())}
    codes = schemas["Problem"]["properties"]["code"]["enum"]
    untold = sorted(set(codes) - set(told))
    if untold:
        raise SystemExit(f"docs/API.md, Errors, does not say what to do about {', '.join(untold)}")
    advice = {code: told[code].replace("`", "") for code in codes}
    return Api(openapi["info"]["version"], schemas, events, sorted(decimals), advice)


def name_of(reference):
    return reference.rsplit("/", 1)[1]


def description(schema):
    """Of a property it may stand beside the reference that one of several alternatives is."""
    if "description" in schema:
        return schema["description"]
    return next((it["description"] for it in schema.get("oneOf", []) if "description" in it), None)


def merged(api, schema):
    """One object of all parts of an `allOf`; of alternatives, what each of them has is needed."""
    if "$ref" in schema:
        return merged(api, api.schemas[name_of(schema["$ref"])])
    if "allOf" in schema:
        parts = [merged(api, part) for part in schema["allOf"]]
        properties = {name: it for part in parts for name, it in part["properties"].items()}
        return {"properties": properties, "required": [name for part in parts for name in part["required"]]}
    if "oneOf" in schema:
        parts = [merged(api, part) for part in schema["oneOf"]]
        properties = {}
        for part in parts:
            for name, it in part["properties"].items():
                if "const" in it and name in properties:
                    it = {"enum": [*properties[name].get("enum", []), it["const"]]}
                elif "const" in it:
                    it = {"enum": [it["const"]]}
                properties[name] = it
        needed = set.intersection(*(set(part["required"]) for part in parts))
        return {"properties": properties, "required": sorted(needed)}
    return {"properties": schema["properties"], "required": schema.get("required", [])}
