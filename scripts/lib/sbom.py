"""Writes a list of all that is linked into the programs, in CycloneDX's JSON, to standard output.

Called by scripts/release with the platform, the commit and its time. Everything in it follows from the
lock file and these three, so that the same commit gives the same bytes.
"""

import json
import subprocess
import sys
import uuid
from datetime import datetime, timezone

PROGRAMS = ("order-engine", "api-gateway", "order-worker")


def metadata(platform: str) -> dict:
    command = ["cargo", "metadata", "--locked", "--format-version=1", f"--filter-platform={platform}"]
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)


def linked(nodes: dict, roots: list[str]) -> dict[str, list[str]]:
    """What is reached without development's dependencies, each with what it needs."""
    reached: dict[str, list[str]] = {}
    waiting = list(roots)
    while waiting:
        package = waiting.pop()
        if package in reached:
            continue
        needs = [
            dep["pkg"]
            for dep in nodes[package]["deps"]
            if any(kind["kind"] != "dev" for kind in dep["dep_kinds"])
        ]
        reached[package] = sorted(needs)
        waiting.extend(needs)
    return reached


def component(package: dict) -> dict:
    purl = f"pkg:cargo/{package['name']}@{package['version']}"
    found = {
        "type": "application" if package["name"] in PROGRAMS else "library",
        "bom-ref": purl,
        "name": package["name"],
        "version": package["version"],
        "purl": purl,
    }
    if package["license"]:
        # Older manifests separate alternatives by a slash.
        found["licenses"] = [{"expression": package["license"].replace("/", " OR ")}]
    return found


def main() -> None:
    platform, commit, epoch = sys.argv[1:]
    known = metadata(platform)
    packages = {package["id"]: package for package in known["packages"]}
    nodes = {node["id"]: node for node in known["resolve"]["nodes"]}
    members = set(known["workspace_members"])
    roots = [id for id in members if packages[id]["name"] in PROGRAMS]
    reached = linked(nodes, roots)

    components = {id: component(packages[id]) for id in reached}
    engine = next(components[id] for id in roots if packages[id]["name"] == "order-engine")
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": uuid.uuid5(uuid.NAMESPACE_URL, f"{commit} {platform}").urn,
        "version": 1,
        "metadata": {
            "timestamp": datetime.fromtimestamp(int(epoch), timezone.utc).isoformat(),
            "component": engine,
            "properties": [{"name": "commit", "value": commit}, {"name": "platform", "value": platform}],
        },
        "components": sorted(
            (one for one in components.values() if one is not engine), key=lambda one: one["bom-ref"]
        ),
        "dependencies": sorted(
            (
                {"ref": components[id]["bom-ref"], "dependsOn": [components[need]["bom-ref"] for need in needs]}
                for id, needs in reached.items()
            ),
            key=lambda one: one["ref"],
        ),
    }
    json.dump(document, sys.stdout, indent=1)
    print()


main()
