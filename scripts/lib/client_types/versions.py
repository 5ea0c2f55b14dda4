"""The clients have the engine's version."""

import json
import re

PLACES = {
    "Cargo.toml": r'(?m)^\[workspace\.package\]\nversion = "([^"]+)"',
    "clients/python/pyproject.toml": r'(?m)^version = "([^"]+)"',
}


def problems(root, version):
    found = {path: re.search(pattern, (root / path).read_text()).group(1) for path, pattern in PLACES.items()}
    package = json.loads((root / "clients/typescript/package.json").read_text())
    found["clients/typescript/package.json"] = package["version"]
    for path, its in found.items():
        if its != version:
            yield f"{path} says version {its} and docs/openapi.json {version}; they are one version"
