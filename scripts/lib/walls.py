"""Holds the dependencies to the walls, licences and sources that deny.toml names.

cargo-deny reads the same file, with advisories beside, in scripts/test --full. It takes minutes to build; this
takes a second, so every landing can have it.
"""

import json
import re
import subprocess
import sys
import tomllib

CRATES_IO = "registry+https://github.com/rust-lang/crates.io-index"


def metadata():
    command = ["cargo", "metadata", "--locked", "--all-features", "--format-version", "1"]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def wall_problems(bans, packages, parents):
    for ban in bans["deny"]:
        for package in packages:
            if package["name"] == ban["crate"]:
                for parent in sorted(parents.get(package["id"], set()) - set(ban.get("wrappers", []))):
                    yield f"{parent} must not depend on {package['name']}"


def wildcard_problems(packages):
    for package in packages:
        for dependency in package["dependencies"]:
            if package["source"] is None and dependency["req"] == "*" and "path" not in dependency:
                yield f"{package['name']} takes any version of {dependency['name']}"


def is_allowed(expression, allowed):
    """Whether an SPDX expression can be met: "/" is an older way to write OR."""
    expression = re.sub(r"\s+WITH\s+", " WITH ", expression.replace("/", " OR "))
    terms = re.findall(r"[()]|\b(?:AND|OR)\b|[\w.+-]+(?: WITH [\w.+-]+)?", expression)
    as_python = {"AND": "and", "OR": "or", "(": "(", ")": ")"}
    return eval(" ".join(as_python.get(term, str(term in allowed)) for term in terms))


def licence_problems(licences, packages):
    for package in packages:
        # What is not published is ours.
        if package["publish"] == []:
            continue
        expression = package["license"]
        if expression is None or not is_allowed(expression, licences["allow"]):
            yield f"{package['name']} {package['version']} is licensed as {expression}"


def source_problems(packages):
    for package in packages:
        if package["source"] not in (None, CRATES_IO):
            yield f"{package['name']} comes from {package['source']}"


def main():
    with open("deny.toml", "rb") as file:
        rules = tomllib.load(file)
    found = metadata()
    packages = found["packages"]
    names = {package["id"]: package["name"] for package in packages}
    parents = {}
    for node in found["resolve"]["nodes"]:
        for dependency in node["dependencies"]:
            parents.setdefault(dependency, set()).add(names[node["id"]])
    problems = [
        *wall_problems(rules["bans"], packages, parents),
        *wildcard_problems(packages),
        *licence_problems(rules["licenses"], packages),
        *source_problems(packages),
    ]
    for problem in problems:
        print(problem, file=sys.stderr)
    if problems:
        sys.exit(1)
    print(f"walls, licences and sources of {len(packages)} packages are as deny.toml says")


if __name__ == "__main__":
    main()
