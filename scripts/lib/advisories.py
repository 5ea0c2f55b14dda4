"""Holds the libraries of Cargo.lock against known advisories, without a network.

advisories.toml holds what the RustSec database said of these libraries on a certain day: every advisory with the
versions that it spares, and the names that were looked up. A library that was not looked up is a problem too, so
that none comes in unseen. What deny.toml ignores is ignored here.
"""

import json
import re
import subprocess
import sys
import tomllib

LIST = "advisories.toml"
HEAD = """\
# What the RustSec advisory database said of the libraries in Cargo.lock. Written by `scripts/audit --update`, held
# against Cargo.lock by `scripts/audit` in every run of scripts/test.
"""
PART = re.compile(r"(>=|<=|>|<|=|\^|~)?\s*([0-9][^,\s]*)")


def load(path):
    with open(path, "rb") as file:
        return tomllib.load(file)


def libraries(lock="Cargo.lock"):
    """What does not come from this repository."""
    packages = load(lock)["package"]
    return [(it["name"], it["version"]) for it in packages if "source" in it]


def order(version):
    """A key by which versions sort; one before a release sorts before it."""
    version = version.split("+")[0]
    numbers, _, before = version.partition("-")
    numbers = [int(number) for number in numbers.split(".")]
    words = [(0, int(word), "") if word.isdigit() else (1, 0, word) for word in before.split(".") if word]
    return (numbers + [0, 0])[:3], not before, words


def next_after(version, sign):
    """The first version that a caret or a tilde leaves out."""
    numbers = [int(number) for number in version.split("-")[0].split("+")[0].split(".")]
    if sign == "~":
        kept = min(len(numbers), 2)
    else:
        kept = next((place + 1 for place, number in enumerate(numbers) if number), len(numbers))
    head = numbers[:kept]
    head[-1] += 1
    return ".".join(str(number) for number in (head + [0, 0])[:3])


def is_met(requirement, version):
    """Whether a version meets every part of a requirement such as ">= 1.2.3, < 2"."""
    parts = PART.findall(requirement)
    if not parts:
        raise ValueError(f"{requirement!r} is no requirement")
    of = order(version)
    for sign, bound in parts:
        at = order(bound)
        met = {
            ">=": of >= at,
            "<=": of <= at,
            ">": of > at,
            "<": of < at,
            "=": of == at,
        }.get(sign)
        if met is None:
            met = at <= of < order(next_after(bound, sign or "^"))
        if not met:
            return False
    return True


def is_affected(advisory, version):
    spared = advisory["patched"] + advisory["unaffected"]
    return not any(is_met(requirement, version) for requirement in spared)


def problems(libraries, known, ignored):
    asked = set(known["asked"])
    by_name = {}
    for advisory in known.get("advisory", []):
        by_name.setdefault(advisory["package"], []).append(advisory)
    met = set()
    for name, version in libraries:
        if name not in asked:
            yield f"{name} was never looked up: run scripts/audit --update"
        for advisory in by_name.get(name, []):
            if is_affected(advisory, version):
                met.add(advisory["id"])
                if advisory["id"] not in ignored:
                    yield f"{name} {version}: {advisory['id']} ({advisory['kind']})"
    for unmet in sorted(ignored - met):
        yield f"deny.toml ignores {unmet}, which concerns no library any more"


def check():
    known = load(LIST)
    ignored = {it["id"] for it in load("deny.toml")["advisories"]["ignore"]}
    found = libraries()
    wrong = list(problems(found, known, ignored))
    for problem in wrong:
        print(problem, file=sys.stderr)
    if wrong:
        sys.exit(1)
    print(f"{len(found)} libraries have no advisory of {known['taken']} but the {len(ignored)} that deny.toml accepts")


def git(folder, *arguments):
    return subprocess.run(["git", "-C", folder, *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout


def update(folder):
    commit, day = git(folder, "log", "-1", "--format=%H %cs").split()
    names = sorted({name for name, _ in libraries()})
    written = [HEAD, f"taken = {json.dumps(day)}\ncommit = {json.dumps(commit)}\n"]
    written.append("asked = [\n" + "".join(f"    {json.dumps(name)},\n" for name in names) + "]\n")
    for path in git(folder, "ls-tree", "-r", "--name-only", "HEAD", "crates").splitlines():
        if path.split("/")[1] not in names:
            continue
        text = git(folder, "show", f"HEAD:{path}")
        said = tomllib.loads(text.split("```toml", 1)[1].split("```", 1)[0])
        advisory, versions = said["advisory"], said.get("versions", {})
        if "withdrawn" in advisory:
            continue
        written.append(
            f"\n[[advisory]]\nid = {json.dumps(advisory['id'])}\npackage = {json.dumps(advisory['package'])}\n"
            f"kind = {json.dumps(advisory.get('informational', 'vulnerability'))}\n"
            f"patched = {json.dumps(versions.get('patched', []))}\n"
            f"unaffected = {json.dumps(versions.get('unaffected', []))}\n"
        )
    with open(LIST, "w", encoding="utf-8") as file:
        file.write("\n".join(part.rstrip("\n") for part in written) + "\n")


def prove():
    """The check itself: each of these would be missed if it could not fail."""
    advisory = {"id": "A", "package": "x", "kind": "vulnerability", "patched": [">= 1.2.3, < 2", "^2.0.5"], "unaffected": ["< 0.5"]}
    for version, expected in {
        "1.2.2": True, "1.2.3": False, "1.9.0": False, "2.0.4": True, "2.0.5": False, "3.0.0": True,
        "0.4.9": False, "0.5.0": True, "1.2.3-rc.1": True, "1.10.0": False,
    }.items():
        assert is_affected(advisory, version) == expected, version
    for requirement, met, missed in [("~1.2", "1.2.9", "1.3.0"), ("0.3", "0.3.7", "0.4.0"), ("=1.0.0", "1.0.0+a", "1.0.1")]:
        assert is_met(requirement, met) and not is_met(requirement, missed), requirement
    known = {"asked": ["x"], "advisory": [advisory]}
    assert list(problems([("x", "1.0.0")], known, set())) == ["x 1.0.0: A (vulnerability)"]
    assert list(problems([("x", "1.0.0")], known, {"A"})) == []
    assert list(problems([("x", "1.2.3")], known, {"A"})) == ["deny.toml ignores A, which concerns no library any more"]
    assert list(problems([("y", "1.0.0")], known, set())) == ["y was never looked up: run scripts/audit --update"]


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["check"]:
            prove()
            check()
        case ["update", folder]:
            update(folder)
        case _:
            sys.exit("usage: advisories.py check | update CLONE")
