"""Holds every file that deploys the engine to its schema, and to the settings the engine reads.

Called by scripts/deploy-check, which brings what is imported here.
"""

import json
import re
import sys
import tomllib
from pathlib import Path

import jsonschema
import kubernetes_validate
import yaml

KUBERNETES = "1.31"
# Variables that are not the engine's, and whose they are.
FOREIGN = {"SITE_ADDRESS", "GATEWAY_HOST", "GATEWAY_PORT"}
# For live: with the key in the worker, and with a signer.
LIVE_COMPOSE = ["deploy/compose/live.yml", "deploy/compose/signer.yml"]
# The secret of Kubernetes that holds a signer's key.
SIGNER_SECRET = "order-engine-signer"
# Who may have the key where there is no signer, and where there is one.
WORKERS = {"order-worker", "worker"}
SIGNERS = {"signer", "key"}
# What a process needs beyond the longest that it takes to stop.
DRAIN_SECONDS = 26

problems: list[str] = []


def problem(where, what):
    problems.append(f"{where}: {what}")


def documents(path):
    return [one for one in yaml.safe_load_all(Path(path).read_text()) if one is not None]


def hold_to(path, instance, schema):
    validator = jsonschema.validators.validator_for(schema, jsonschema.Draft7Validator)(schema)
    for error in validator.iter_errors(instance):
        place = "/".join(str(part) for part in error.absolute_path)
        problem(path, f"{place}: {error.message[:300]}")


def ours(name):
    return json.loads(Path(f"deploy/schemas/{name}.json").read_text())


def settings():
    """The variables the engine reads, from the files that declare them."""
    code = "".join(path.read_text() for path in sorted(Path("crates/config/src").glob("*.rs")))
    found = set(re.findall(r'env = "([A-Z_]+)"', code)) - {"CRASH_POINT"}
    check_names(".env.live.example", env_file(".env.live.example"), found)
    example = re.findall(r"^([A-Z_]+)=", Path(".env.example").read_text(), re.M)
    if found != set(example):
        problem(".env.example", f"differs from the code: {sorted(found ^ set(example))}")
    return found


def check_names(where, names, known):
    for name in sorted(set(names) - known - FOREIGN):
        problem(where, f"the engine reads no {name}")


def env_file(path):
    return re.findall(r"^([A-Z_]+)=", Path(path).read_text(), re.M)


def kubernetes(known):
    for path in sorted(Path("deploy/k8s").glob("*.yaml")):
        for document in documents(path):
            if document["kind"] == "Kustomization":
                listed = set(document["resources"])
                there = {one.name for one in path.parent.glob("*.yaml")} - {path.name}
                if listed != there:
                    problem(path, f"lists other files than there are: {sorted(listed ^ there)}")
                continue
            try:
                kubernetes_validate.validate(document, KUBERNETES, strict=True)
            except kubernetes_validate.ValidationError as error:
                problem(path, f"{document['kind']}: {error.message[:300]}")
            if document["kind"] == "ConfigMap":
                check_names(path, document["data"], known)
            pod = document.get("spec", {}).get("template", {}).get("spec")
            if pod:
                check_pod(path, pod, known)
    for path in [*Path("deploy/k8s/live").glob("*.yaml"), *Path("deploy/k8s/signer").glob("*.yaml")]:
        for document in documents(path):
            if document["kind"] == "Kustomization":
                continue
            kubernetes_validate.validate(document, KUBERNETES, strict=True)
            pod = document["spec"].get("template", {}).get("spec")
            if pod:
                check_pod(path, pod, known)
    for path in Path("deploy/k8s/keda").glob("*.yaml"):
        for document in documents(path):
            hold_to(path, document, ours("keda"))


def check_pod(path, pod, known):
    if pod.get("enableServiceLinks") is not False:
        problem(path, "lets Kubernetes set the engine's variables: enableServiceLinks must be false")
    if not pod["securityContext"].get("runAsNonRoot"):
        problem(path, "may run as root")
    for container in pod["containers"]:
        check_names(path, [one["name"] for one in container.get("env", [])], known)
        if not container["securityContext"].get("readOnlyRootFilesystem"):
            problem(path, f"{container['name']} may write to its root file system")
        if "resources" not in container:
            problem(path, f"{container['name']} has no limits")
    if "livenessProbe" in pod["containers"][0] and pod["terminationGracePeriodSeconds"] < DRAIN_SECONDS:
        problem(path, "is killed before it has stopped")


def with_later_forms(schema):
    """The packaged schema, and two forms of the specification that came after it."""
    # Its own draft is one that the validator does not know by this address.
    schema.pop("$schema", None)
    schema["properties"]["name"] = {"type": "string"}
    longer = {
        "type": "object",
        "additionalProperties": False,
        "required": ["path"],
        "properties": {"path": {"type": "string"}, "required": {"type": "boolean"}},
    }
    forms = {"oneOf": [{"type": "string"}, longer]}
    schema["definitions"]["service"]["properties"]["env_file"] = {"type": "array", "items": forms}
    return schema


def compose(schema, known):
    schema = with_later_forms(schema)
    for path in ["docker-compose.yml", "deploy/compose/tls.yml", *LIVE_COMPOSE]:
        (document,) = documents(path)
        hold_to(path, document, schema)
        if path in LIVE_COMPOSE:
            for name, service in document["services"].items():
                check_names(f"{path}: {name}", service["environment"], known)
    (document,) = documents("docker-compose.yml")
    for name, service in document["services"].items():
        if str(service["image"]).startswith("order-engine"):
            check_names(f"docker-compose.yml: {name}", service["environment"], known)
            if int(service["stop_grace_period"].rstrip("s")) < DRAIN_SECONDS:
                problem("docker-compose.yml", f"{name} is killed before it has stopped")
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("./") and not Path(source).exists():
                problem("docker-compose.yml", f"{name} mounts {source}, which is not there")
        limits = service.get("deploy", {}).get("resources", {}).get("limits")
        if name != "migrate" and not limits:
            problem("docker-compose.yml", f"{name} has no limits")
    check_names("deploy/env/engine.env", env_file("deploy/env/engine.env"), known)


def render(known):
    (document,) = documents("render.yaml")
    hold_to("render.yaml", document, ours("render"))
    named = {one["name"] for one in document["services"] + document["databases"]}
    groups = {one["name"]: one["envVars"] for one in document["envVarGroups"]}
    for service in document["services"] + document["envVarGroups"]:
        for variable in service.get("envVars", []):
            source = variable.get("fromService") or variable.get("fromDatabase")
            if source and source["name"] not in named:
                problem("render.yaml", f"there is no {source['name']}")
            if variable.get("fromGroup", next(iter(groups))) not in groups:
                problem("render.yaml", f"there is no group {variable['fromGroup']}")
            check_names("render.yaml", [variable["key"]] if "key" in variable else [], known)


def railway(known):
    for path in sorted(Path("deploy/railway").glob("*.json")):
        hold_to(path, json.loads(path.read_text()), ours("railway"))
    for path in Path("deploy/railway").glob("*.env"):
        check_names(path, env_file(path), known)


def fly(known):
    for path in ["deploy/fly/worker.toml", "deploy/fly/fly.toml"]:
        document = tomllib.loads(Path(path).read_text())
        check_names(path, document["env"], known)
        if document["kill_timeout"] < DRAIN_SECONDS:
            problem(path, "is killed before it has stopped")
    groups = set(document["processes"])
    used = set(document["http_service"]["processes"]) | set(document["mounts"]["processes"])
    if not used <= groups:
        problem(path, f"there is no process {sorted(used - groups)}")


def holders():
    """Whoever is given a key, by any of the files: the file, who it is, and what names the key there."""
    names = {"WALLET", "WALLETS", "WALLET_KEY"}

    def is_key(value):
        places = [part.rpartition("=")[2] for part in str(value or "").split(",")]
        return any(place and not place.startswith("unix:") for place in places)

    for path in sorted(Path("deploy/k8s").rglob("*.yaml")):
        for document in documents(path):
            if document["kind"] == "ConfigMap" and names & set(document["data"]):
                yield path, "everybody", "a ConfigMap"
            pod = document.get("spec", {}).get("template", {}).get("spec")
            if not pod:
                continue
            secret = {one["name"] for one in pod.get("volumes", []) if holds_key(one, pod)}
            for container in [*pod["containers"], *pod.get("initContainers", [])]:
                env = container.get("env", [])
                if names & {one["name"] for one in env if is_key(one.get("value", "a secret"))}:
                    yield path, container["name"], "its variables"
                if secret & {one["name"] for one in container.get("volumeMounts", [])}:
                    yield path, container["name"], "a volume"
    for path in ["docker-compose.yml", *LIVE_COMPOSE]:
        (document,) = documents(path)
        for name, service in document["services"].items():
            given = service.get("environment", {})
            if service.get("secrets") or any(is_key(given.get(one)) for one in names):
                yield path, name, "its secrets or variables"
    (document,) = documents("render.yaml")
    for service in document["services"] + document["envVarGroups"]:
        if names & {one.get("key") for one in service.get("envVars", [])}:
            yield "render.yaml", service["name"], "its variables"
    for path in Path("deploy/railway").glob("*.env"):
        if names & set(env_file(path)):
            yield path, path.stem, "its variables"
    if names & set(env_file("deploy/env/engine.env")):
        yield "deploy/env/engine.env", "everybody", "the settings of all"
    for path in ["deploy/fly/fly.toml", "deploy/fly/worker.toml"]:
        if names & set(tomllib.loads(Path(path).read_text())["env"]):
            yield path, "everybody", "variables that are no secret"


def holds_key(volume, pod):
    """Whether a volume is the secret with the key, or the one that the key is copied to."""
    copied = {
        mount["name"]
        for container in pod.get("initContainers", [])
        for mount in container.get("volumeMounts", [])
    }
    return volume.get("secret", {}).get("secretName") == SIGNER_SECRET or volume["name"] in copied


def key_of_workers_alone():
    """The key is a secret, and nobody but workers gets it, or signers in their place. Each way to deploy the engine has
    a place for it."""
    found = list(holders())
    for path, who, how in found:
        allowed = SIGNERS if "signer" in str(path) else WORKERS
        if who not in allowed:
            problem(path, f"{who} is given the key, by {how}")
    if not any("signer" in str(path) and who == "signer" for path, who, _ in found):
        problem("deploy", "no signer is given a key")
    places = {str(path).split("/")[1] if "/" in str(path) else str(path) for path, _, _ in found}
    if places != {"k8s", "compose", "render.yaml", "railway"}:
        problem("deploy", f"the key has a place in {sorted(places)} alone")


def documents_agree():
    """What docs tell operators to count with and to look up, against the files."""
    alerts = set(re.findall(r"- alert: (\w+)", Path("deploy/prometheus/alerts.yml").read_text()))
    operations = Path("docs/OPERATIONS.md").read_text()
    runbook = set(re.findall(r"^### (\w+)$", operations.split("## Alerts")[1], re.M))
    if alerts != runbook:
        problem("docs/OPERATIONS.md", f"differs from the alerts: {sorted(alerts ^ runbook)}")
    each = int(re.search(r"`api-gateway` \| up to (\d+) \|", operations)[1])
    gateways = re.search(r"maxReplicas: (\d+)", Path("deploy/k8s/gateway.yaml").read_text())
    workers = re.search(r"maxReplicaCount: (\d+)", Path("deploy/k8s/keda/worker.yaml").read_text())
    most = each * (int(gateways[1]) + int(workers[1]))
    deploy = Path("docs/DEPLOY.md").read_text()
    if f"connections each: {most}." not in " ".join(deploy.split()):
        problem("docs/DEPLOY.md", f"Kubernetes takes up to {most} connections")
    allowed = re.search(r"max_connections=(\d+)", Path("docker-compose.yml").read_text())
    if f"of {allowed[1]}." not in deploy:
        problem("docs/DEPLOY.md", f"compose allows {allowed[1]} connections")


def main():
    schema = json.loads(Path(sys.argv[1]).read_text())
    known = settings()
    kubernetes(known)
    compose(schema, known)
    render(known)
    railway(known)
    fly(known)
    key_of_workers_alone()
    documents_agree()
    for line in problems:
        print(line, file=sys.stderr)
    sys.exit(1 if problems else 0)


main()
