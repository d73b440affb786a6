"""What CONDUCTOR.md's front matter (or conductor.yaml) says, as frozen values."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from conductor.config.disk import DiskTree
from conductor.config.schema import Validation, load_schema
from conductor.domain.rule import BY_NAME, RULES
from conductor.errors import ConductorError, ConfigurationProblem, UsageProblem
from conductor.ports.tree import Tree

_MAX_BYTES = 4_000_000

FORMAT = 1
MOST_WARM_JOBS = 20


# Key -> (line, column) of its value.
Places = dict[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class BuildSettings:
    """What is built; paths are relative to the project. `vram_gib` is what the largest job takes of a GPU's memory."""

    workflow: str
    dockerfile: str
    context: str
    image: str
    platform: str = "linux/amd64"
    handler: str | None = None
    vram_gib: float | None = None


@dataclass(frozen=True, slots=True)
class TargetSettings:
    """One thing that runs the image; `id` may be `env:VARIABLE`. `registry_auth` is RunPod's id of a registry login.

    `run_digest` is `required` where it takes no image whose digest its run's log does not name.
    """

    name: str
    kind: str
    id: str
    after: str | None = None
    gpu: tuple[str, ...] = ()
    volume: str | None = None
    container_disk_gb: int | None = None
    registry_auth: str | None = None
    run_digest: str = "wanted"


@dataclass(frozen=True, slots=True)
class PerformanceSettings:
    """By how many percent warm and cold jobs may be slower than the last release's; how many warm jobs are sent."""

    warm_percent: float | None = None
    cold_percent: float | None = None
    warm_jobs: int = 3


@dataclass(frozen=True, slots=True)
class QualitySettings:
    """How good the smoke job's video is at least: so far above `at_least` (below 0: below it), against `reference`."""

    reference: str
    at_least: str
    psnr_margin_db: float = 0
    ssim_margin: float = 0


@dataclass(frozen=True, slots=True)
class SmokeSettings:
    """The job that proves a deployment; `max_warm_s` in seconds."""

    input: str | None = None
    example: str | None = None
    status: str = "COMPLETED"
    max_warm_s: float | None = None
    performance: PerformanceSettings | None = None
    quality: QualitySettings | None = None


@dataclass(frozen=True, slots=True)
class RuleSettings:
    """How strictly one rule is kept."""

    level: str
    exceptions: tuple[str, ...] = ()
    threshold: float | None = None


@dataclass(frozen=True, slots=True)
class CustomRule:
    """A rule of the project's own: a command pattern, a file pattern, or a text a record must have."""

    name: str
    message: str
    level: str = "warn"
    command: str | None = None
    file: str | None = None
    record: str | None = None
    in_file: str | None = None


@dataclass(frozen=True, slots=True)
class ToolSettings:
    """Patterns of tool names."""

    edit: tuple[str, ...] = ("mcp__serena__*", "mcp_serena_*")
    lookup: tuple[str, ...] = ("mcp__context7__*", "mcp_context7_*")
    agents: tuple[str, ...] = ("mcp__claude-flow__*", "mcp_claude-flow_*")


@dataclass(frozen=True, slots=True)
class RecordSettings:
    """Sizes of the records, in lines."""

    max_lines: int = 500


@dataclass(frozen=True, slots=True)
class FileSettings:
    """What the file rules let through."""

    allowed_variants: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PollSettings:
    """How often and how long a release waits, in seconds."""

    run_s: float = 12
    run_appears_s: float = 120
    run_timeout_s: float = 7200
    image_timeout_s: float = 120
    rollout_s: float = 10
    rollout_timeout_s: float = 1800
    job_s: float = 3
    job_timeout_s: float = 1200


DEFAULT_RULES: dict[str, RuleSettings] = {rule.name: RuleSettings(rule.level) for rule in RULES}


@dataclass(frozen=True, slots=True)
class Settings:
    """The whole configuration; `source` is the file it stands in, None where the defaults apply."""

    timezone: str = "UTC"
    build: BuildSettings | None = None
    remote: str = "origin"
    branch: str = "main"
    targets: tuple[TargetSettings, ...] = ()
    smoke: SmokeSettings = SmokeSettings()
    rules: dict[str, RuleSettings] = field(default_factory=lambda: dict(DEFAULT_RULES), hash=False)
    commands: dict[str, str] = field(default_factory=dict, hash=False)
    tools: ToolSettings = ToolSettings()
    memories: tuple[str, ...] = (".serena/memories",)
    records: RecordSettings = RecordSettings()
    files: FileSettings = FileSettings()
    custom_rules: tuple[CustomRule, ...] = ()
    poll: PollSettings = PollSettings()
    source: str | None = None
    # Names of keys whose value nobody filled in; and of every key, its value's line and column in the source.
    unfilled: tuple[str, ...] = ()
    places: Places = field(default_factory=dict, hash=False, compare=False, repr=False)


def load_settings(root: Path) -> Settings:
    """Read the configuration of the project in a folder, as `read_settings` does."""
    return read_settings(DiskTree(root))


def read_settings(tree: Tree) -> Settings:
    """Read the project's configuration; the defaults where it has none.

    Raises ConfigurationProblem with every problem at once (path, line, what it should be, nearest key).
    """
    found = _find_text(tree)
    if found is None:
        return Settings()
    source, text, first_line = found
    values, check = _validate(text, source, first_line, "project", tuple(BY_NAME))
    settings = _build_settings(values, source, check.places)
    return replace(settings, unfilled=tuple(check.unfilled), places=check.places)


def read_mapping(text: str, source: str, first_line: int, schema: str, rule_names: tuple[str, ...]) -> dict[str, Any]:
    """Return the validated values of a YAML text whose first line is line `first_line` of its file."""
    return _validate(text, source, first_line, schema, rule_names)[0]


def _validate(
    text: str, source: str, first_line: int, schema: str, rule_names: tuple[str, ...]
) -> tuple[dict[str, Any], Validation]:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        node = yaml.compose(text, Loader=loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise ConfigurationProblem(
            [
                ConductorError(
                    f"not YAML: {getattr(error, 'problem', None) or 'it cannot be read'}",
                    hint="correct the line; values with ': ' or a leading '*', '&', '@' need quotes",
                    path=source,
                    line=mark.line + first_line if mark else None,
                    column=mark.column + 1 if mark else None,
                )
            ]
        ) from None
    check = Validation(source, first_line, rule_names)
    if node is None:
        missing = ConductorError(
            "the configuration is empty", hint="conductor init --yes writes one", path=source, line=first_line
        )
        raise ConfigurationProblem([missing])
    values = check.read(node, load_schema(schema), "the configuration")
    if isinstance(values, dict) and isinstance(version := values.get("conductor"), int) and version != FORMAT:
        check.problem(
            node,
            f"conductor: {version} is a format this version does not know (it knows {FORMAT})",
            f"install a Conductor that reads format {version}" if version > FORMAT else f"write conductor: {FORMAT}",
        )
    if check.problems:
        raise ConfigurationProblem(sorted(check.problems, key=lambda problem: (problem.line or 0, problem.column or 0)))
    return dict(values or {}), check


def split_front_matter(text: str, source: str) -> tuple[str, int] | None:
    """Return the front matter's YAML and its first line's number, or None where the text does not start with one."""
    lines = text.removeprefix("\ufeff").splitlines(keepends=True)
    if not lines or lines[0].rstrip() != "---":
        return None
    for number, line in enumerate(lines[1:], start=1):
        if line.rstrip() in {"---", "..."}:
            return "".join(lines[1:number]), 2
    raise ConfigurationProblem(
        [ConductorError("the front matter is not closed", hint="end it with a line ---", path=source, line=1)]
    )


def _find_text(tree: Tree) -> tuple[str, str, int] | None:
    front = None
    prose = _read_text(tree, "CONDUCTOR.md")
    if prose is not None:
        front = split_front_matter(prose, "CONDUCTOR.md")
    yaml_text = _read_text(tree, "conductor.yaml")
    if front and yaml_text is not None:
        raise UsageProblem(
            "the configuration stands twice, in CONDUCTOR.md and in conductor.yaml",
            hint="move everything into CONDUCTOR.md's front matter and remove conductor.yaml",
            path="conductor.yaml",
        )
    if front:
        return "CONDUCTOR.md", *front
    return ("conductor.yaml", yaml_text, 1) if yaml_text is not None else None


def _read_text(tree: Tree, name: str) -> str | None:
    content = tree.read(name, _MAX_BYTES + 1)
    if content is None:
        if tree.node(name) is None:
            return None
        raise UsageProblem(f"{name} is no file that can be read", hint=f"ls -l {name}", path=name)
    if len(content) > _MAX_BYTES:
        raise UsageProblem(f"{name} is larger than {_MAX_BYTES:,} bytes", hint="keep it short", path=name)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise UsageProblem(f"{name} is not UTF-8", hint="save it as UTF-8", path=name, line=line) from error


def _build_settings(values: dict[str, Any], source: str, places: Places) -> Settings:
    targets = tuple(_build_target(name, target) for name, target in values.get("targets", {}).items())
    _check_targets(targets, source, places)
    _check_timezone(values.get("timezone", "UTC"), source, places)
    custom = values.get("custom_rules", {})
    given: dict[str, Any] = {
        "build": BuildSettings(**values["build"]) if "build" in values else None,
        "targets": targets,
        "smoke": _build_smoke(values.get("smoke", {}), source, places),
        "rules": _build_rules(values.get("rules", {}), source),
        "tools": ToolSettings(**{name: tuple(patterns) for name, patterns in values.get("tools", {}).items()}),
        "records": RecordSettings(**values.get("records", {})),
        "files": FileSettings(tuple(values.get("files", {}).get("allowed_variants", ()))),
        "custom_rules": tuple(
            CustomRule(name=name, in_file=rule.pop("in", None), **rule) for name, rule in custom.items()
        ),
        "poll": PollSettings(**values.get("poll", {})),
        "source": source,
    }
    for name in ("timezone", "remote", "branch", "commands"):
        if name in values:
            given[name] = values[name]
    if "memories" in values:
        given["memories"] = tuple(values["memories"])
    return Settings(**given)


def _build_target(name: str, values: dict[str, Any]) -> TargetSettings:
    kept = {**values, "gpu": tuple(values.get("gpu", ()))}
    return TargetSettings(name=name, **{"kind": "serverless", **kept})


def _build_smoke(values: dict[str, Any], source: str, places: Places) -> SmokeSettings:
    expected = dict(values.get("expect", {}))
    if "performance" in expected:
        expected["performance"] = performance = PerformanceSettings(**expected["performance"])
        key = "smoke.expect.performance"
        if performance.warm_percent is None and performance.cold_percent is None:
            hint = "write warm_percent: 25 (how much slower than the last release a warm job may be), or cold_percent:"
            raise _refuse(key, f"{key} names no limit", hint, source, places)
        if not 1 <= performance.warm_jobs <= MOST_WARM_JOBS:
            message = f"{key}.warm_jobs must be from 1 to {MOST_WARM_JOBS}, not {performance.warm_jobs}"
            raise _refuse(f"{key}.warm_jobs", message, "write warm_jobs: 3", source, places)
    if "quality" in expected:
        expected["quality"] = QualitySettings(**expected["quality"])
    return SmokeSettings(values.get("input"), values.get("example"), **expected)


def _build_rules(values: dict[str, Any], source: str) -> dict[str, RuleSettings]:
    rules = dict(DEFAULT_RULES)
    for name, value in values.items():
        default = BY_NAME[name].level
        if isinstance(value, dict):
            exceptions = tuple(value.get("except", ()))
            rules[name] = RuleSettings(value.get("level", default), exceptions, value.get("threshold"))
        else:
            rules[name] = RuleSettings(value)
        if BY_NAME[name].fixed and rules[name] != DEFAULT_RULES[name]:
            raise ConfigurationProblem(
                [
                    ConductorError(
                        f"rules.{name} can't be lowered or given exceptions", hint="remove the line", path=source
                    )
                ]
            )
    return rules


def _refuse(key: str, message: str, hint: str, source: str, places: Places) -> ConfigurationProblem:
    line, column = places.get(key, (None, None))
    return ConfigurationProblem([ConductorError(message, hint=hint, path=source, line=line, column=column)])


def _check_targets(targets: tuple[TargetSettings, ...], source: str, places: Places) -> None:
    known: set[str] = set()
    for target in targets:
        if target.after is not None and target.after not in known:
            key = f"targets.{target.name}.after"
            message = f"{key} names {target.after!r}, which is not a target above it"
            raise _refuse(key, message, "write the target it is promoted from first", source, places)
        known.add(target.name)


def _check_timezone(name: str, source: str, places: Places) -> None:
    if name == "UTC":
        return
    import zoneinfo

    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        message, hint = f"timezone {name!r} is not known", "write an IANA name such as UTC or Europe/Berlin"
        raise _refuse("timezone", message, hint, source, places) from None


def resolve_target_id(target: TargetSettings) -> str:
    """Return the target's id, taken from the environment where it is `env:VARIABLE`; raises UsageProblem if unset."""
    if not target.id.startswith("env:"):
        return target.id
    variable = target.id[4:]
    value = os.environ.get(variable, "")
    if not value:
        raise UsageProblem(
            f"target {target.name}: the environment variable {variable} is not set",
            hint=f"export {variable}=<the endpoint's id>, or write the id into CONDUCTOR.md",
        )
    return value
