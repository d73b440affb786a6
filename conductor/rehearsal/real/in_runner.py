"""What stands in for marketplace actions and for buildx, run by the steps of a workflow on the rehearsal's runner.

Run as a file with the runner's own Python: `in_runner.py ACTION` with the inputs as JSON in $GIVEN, or, under the name
`docker-buildx`, as the plugin of Docker's command line. It needs nothing but the standard library.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

_PUSHED = re.compile(r"digest: (sha256:[0-9a-f]{64})")
# What buildx knows and an older engine's builder does not; the stand-in has no use for it.
_DROPPED = frozenset(
    {"--platform", "--provenance", "--sbom", "--attest", "--cache-from", "--cache-to", "--builder", "--progress"}
)
_SWITCHES = frozenset({"--push", "--load", "--no-cache", "--pull", "-q", "--quiet", "--rm", "--squash"})
_SHORT = {"-f": "--file", "-t": "--tag", "-o": "--output"}
_RUNNER_FACTS = ("GITHUB_SHA", "GITHUB_REF", "GITHUB_REF_NAME", "GITHUB_SERVER_URL", "GITHUB_REPOSITORY")


def given(name: str, default: str = "") -> str:
    """Return an input of the action."""
    return str(json.loads(os.environ["GIVEN"]).get(name) or default)


def lines_of(name: str) -> list[str]:
    """Return the lines of an input."""
    return [line.strip() for line in given(name).splitlines() if line.strip()]


def output(name: str, value: str) -> None:
    """Set an output of the action."""
    with Path(os.environ["GITHUB_OUTPUT"]).open("a", encoding="utf-8") as file:
        file.write(f"{name}<<_END_\n{value}\n_END_\n")


def docker(*words: str, stdin: str | None = None) -> str:
    """Run the engine's command line, its words shown as they come, and return them; exit as it does."""
    print("+ docker", *words, flush=True)
    environment = {"DOCKER_BUILDKIT": "1", "BUILDKIT_PROGRESS": "plain", **os.environ}
    process = subprocess.Popen(
        ["docker", *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        errors="replace", env=environment,
    )  # fmt: skip
    assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018 - both are pipes
    process.stdin.write(stdin or "")
    process.stdin.close()
    said = []
    for line in process.stdout:
        print(line, end="", flush=True)
        said.append(line)
    if process.wait():
        sys.exit(process.returncode)
    return "".join(said)


def build(words: list[str]) -> None:
    """Do what `docker buildx build WORDS` does, as far as the engine can: one platform, no attestation."""
    options, places = _parse(words)
    platforms = ",".join(options.get("--platform", []))
    if platforms not in {"", "linux/amd64"}:
        sys.exit(f"ERROR: the rehearsal's engine builds for linux/amd64 alone, not for {platforms}")
    tags = options.get("--tag", [])
    outputs = ",".join(options.get("--output", []))
    pushes = "--push" in options or "push=true" in outputs or "type=registry" in outputs
    if pushes and not tags:
        sys.exit("ERROR: tag is needed when pushing to registry")  # buildx's own words
    with tempfile.NamedTemporaryFile() as built:
        kept = [word for name, values in options.items() for word in _kept(name, values)]
        docker("build", "--network", "host", "--iidfile", built.name, *kept, *places)
        image = Path(built.name).read_text(encoding="utf-8")
    pushed = [docker("push", tag) for tag in tags] if pushes else []
    digest = (_PUSHED.search(pushed[0]) if pushed else None) or None
    facts = {"containerimage.config.digest": image, "containerimage.digest": digest[1] if digest else image,
             "image.name": ",".join(tags)}  # fmt: skip
    for name in options.get("--metadata-file", []):
        Path(name).write_text(json.dumps(facts), encoding="utf-8")
    for name in options.get("--iidfile", []):
        Path(name).write_text(facts["containerimage.digest"], encoding="utf-8")


def _parse(words: list[str]) -> tuple[dict[str, list[str]], list[str]]:
    """Return the options with their values, and the words that are none."""
    options: dict[str, list[str]] = {}
    places: list[str] = []
    left = list(words)
    while left:
        word = left.pop(0)
        if not word.startswith("-") or word == "-":
            places.append(word)
            continue
        name, equals, value = word.partition("=")
        name = _SHORT.get(name, name)
        if not equals and name not in _SWITCHES:
            value = left.pop(0) if left else ""
        if not (name in _SWITCHES and value == "false"):
            options.setdefault(name, []).append(value)
    return options, places


def _kept(name: str, values: list[str]) -> list[str]:
    if name in _DROPPED or name in {"--push", "--load", "--output", "--metadata-file", "--iidfile", "--network"}:
        return []
    return [name] if name in _SWITCHES else [word for value in values for word in (name, value)]


def build_push() -> None:
    """Be docker/build-push-action."""
    context = given("context", ".")
    if context.startswith(("https://", "{{")):
        context = "."  # the action's default is the pushed commit, from GitHub
    tags = [tag for tag in re.split(r"[,\s]+", given("tags")) if tag]
    words = ["--file", given("file", str(Path(context) / "Dockerfile"))]
    words += [f"--platform={given('platforms')}"] if given("platforms") else []
    words += ["--target", given("target")] if given("target") else []
    for option, values in (("--tag", tags), ("--label", lines_of("labels")), ("--build-arg", lines_of("build-args"))):
        words += [word for value in values for word in (option, value)]
    with tempfile.TemporaryDirectory() as folder:
        for number, secret in enumerate(lines_of("secrets")):
            name, _, value = secret.partition("=")
            file = Path(folder) / f"secret-{number}"
            file.touch(mode=0o600)
            file.write_text(value, encoding="utf-8")
            words += ["--secret", f"id={name},src={file}"]
        words += [f"--{name}" for name in ("push", "load", "pull", "no-cache") if given(name) == "true"]
        words += ["--output", given("outputs")] if given("outputs") else []
        facts = Path(folder) / "metadata.json"
        build([*words, "--metadata-file", str(facts), context])
        built = json.loads(facts.read_text(encoding="utf-8"))
    output("digest", built["containerimage.digest"])
    output("imageid", built["containerimage.config.digest"])
    output("metadata", json.dumps(built))


def login() -> None:
    """Be docker/login-action."""
    registry = given("registry")
    where = [] if registry in {"", "docker.io", "index.docker.io"} else [registry]
    docker("login", *where, "--username", given("username"), "--password-stdin", stdin=given("password"))


def metadata() -> None:
    """Be the common part of docker/metadata-action: images, tags of type sha, raw and ref, labels."""
    facts = {name: os.environ.get(name, "") for name in _RUNNER_FACTS}
    branch = facts["GITHUB_REF"].removeprefix("refs/heads/").replace("/", "-")
    tags = []
    for line in lines_of("tags") or ["type=ref,event=branch"]:
        rule = dict(part.split("=", 1) for part in line.split(",") if "=" in part)
        kind = rule.get("type", "raw")
        if rule.get("enable") == "false" or (kind == "ref" and rule.get("event") != "branch"):
            continue
        if kind == "sha":
            long = rule.get("format") == "long"
            tags.append(rule.get("prefix", "sha-") + (facts["GITHUB_SHA"] if long else facts["GITHUB_SHA"][:7]))
        elif kind in {"raw", "ref"}:
            tags.append(rule.get("value", branch if kind == "ref" else line))
        else:
            print(f"::warning::the rehearsal makes no tag of {line}")
    if "latest=false" not in given("flavor") and any("type=ref" in line for line in lines_of("tags")):
        tags.append("latest")
    labels = [
        f"org.opencontainers.image.revision={facts['GITHUB_SHA']}",
        f"org.opencontainers.image.source={facts['GITHUB_SERVER_URL']}/{facts['GITHUB_REPOSITORY']}",
        *lines_of("labels"),
    ]
    named = [f"{image}:{tag}" for image in lines_of("images") for tag in tags]
    output("tags", "\n".join(named))
    output("labels", "\n".join(labels))
    output("version", tags[0] if tags else "")
    output("json", json.dumps({"tags": named, "labels": dict(label.split("=", 1) for label in labels)}))


def setup_buildx() -> None:
    """Be docker/setup-buildx-action: the engine is there already."""
    docker("version", "--format", "engine {{.Server.Version}}")
    output("driver", "docker")


def not_here() -> None:
    """Stand in for an action that this machine does not have."""
    print(f"::warning::the rehearsal does nothing for {given('uses', 'this action')}")


def plugin(words: list[str]) -> None:
    """Be Docker's plugin buildx."""
    if words[:1] == ["docker-cli-plugin-metadata"]:
        described = {"SchemaVersion": "0.1.0", "Vendor": "a rehearsal", "Version": "v0", "ShortDescription": "Build"}
        print(json.dumps(described))
        return
    words = words[1:] if words[:1] == ["buildx"] else words
    if words[:1] in (["build"], ["b"]):
        build(words[1:])
    elif words[:1] == ["version"]:
        print("buildx of a rehearsal: the engine's own builder")
    elif words[:1] not in (["create"], ["use"], ["inspect"], ["ls"], ["rm"]):
        sys.exit(f"ERROR: the rehearsal's buildx knows no {' '.join(words[:2])}")


ACTIONS = {
    "build-push": build_push,
    "login": login,
    "metadata": metadata,
    "setup-buildx": setup_buildx,
    "not-here": not_here,
}

if __name__ == "__main__":
    if Path(sys.argv[0]).name == "docker-buildx":
        plugin(sys.argv[1:])
    else:
        ACTIONS[sys.argv[1]]()
