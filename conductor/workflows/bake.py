"""Bake files, `docker buildx bake`: the targets that are built, with their Dockerfile, context and tags.

Read are HCL (`hcl`), JSON with the same keys, and compose files. Rules: docs.docker.com/build/bake/reference, read
2026-11: files in the order that bake looks for them, `inherits` and `matrix`, variables from the environment first.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Mapping
from typing import Any

from conductor.workflows import partial
from conductor.workflows.builds import Build
from conductor.workflows.commands import note_output
from conductor.workflows.documents import Files, as_list, as_mapping, join_path, load_yaml
from conductor.workflows.hcl import Block, HclError, parse_hcl
from conductor.workflows.hcl_values import UNSEEN, show

# Where bake looks for files that nobody names, and how later ones add to earlier ones.
DEFAULT_FILES = (
    "compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml",
    "docker-bake.json", "docker-bake.hcl", "docker-bake.override.json", "docker-bake.override.hcl",
)  # fmt: skip
# What docker/metadata-action's generated bake file defines; targets inherit it.
METADATA_TARGET = "docker-metadata-action"
_MAX_TARGETS = 200
Target = dict[str, Any]


class BakeFile:
    """The targets and groups of the given files, later ones adding to earlier ones."""

    def __init__(self, files: Files, paths: list[str], environment: Mapping[str, str]) -> None:
        self.targets: dict[str, Target] = {}
        self.groups: dict[str, list[str]] = {}
        self._environment = environment
        blocks = Block("", ())
        for path in paths:
            text = files.read(path) or ""
            if path.endswith(".hcl"):
                try:
                    parsed = parse_hcl(text)
                except HclError:
                    continue
                blocks.attributes |= parsed.attributes
                blocks.blocks += parsed.blocks
            elif path.endswith(".json"):
                self._add_json(text, blocks)
            else:
                self._add_compose(text)
        self._evaluate(blocks)

    def chosen(self, names: list[str]) -> list[str]:
        """Return the targets that these names (default: `default`) mean, groups resolved, in order, once each."""
        found: dict[str, None] = {}
        waiting, seen = list(names or ["default"]), set()
        while waiting:
            name = waiting.pop(0)
            if name in seen:
                continue
            seen.add(name)
            if name in self.groups:
                waiting = [*self.groups[name], *waiting]
            elif name in self.targets:
                found[name] = None
        if not found and not names:
            found = dict.fromkeys(name for name in self.targets if name != METADATA_TARGET)
        return list(found)

    def resolve(self, name: str, depth: int = 0) -> Target:
        """Return a target with what it inherits."""
        target = self.targets.get(name, {})
        resolved: Target = {}
        for parent in as_list(target.get("inherits")):
            if depth < 10 and isinstance(parent, str):
                resolved |= self.resolve(parent, depth + 1)
        return {**resolved, **{key: value for key, value in target.items() if key != "inherits"}}

    def _evaluate(self, blocks: Block) -> None:
        scope = self._variables(blocks)
        for block in blocks.blocks:
            name = block.labels[0] if block.labels else ""
            if block.type == "group" and "targets" in block.attributes:
                listed = block.attributes["targets"](scope)
                self.groups[name] = [show(one) for one in listed] if isinstance(listed, list) else []
            elif block.type == "target":
                for made, target in _targets_of(block, scope):
                    if len(self.targets) < _MAX_TARGETS:
                        self.targets.setdefault(made, {}).update(target)

    def _variables(self, blocks: Block) -> dict[str, Any]:
        scope: dict[str, Any] = {"BAKE_CMD_CONTEXT": ".", "BAKE_LOCAL_PLATFORM": "linux/amd64"}
        for block in blocks.blocks:
            if block.type == "function" and block.labels:
                scope[f"{block.labels[0]}()"] = _own_function(block)
        for _ in range(3):  # variables may use others that stand further down
            for name, expression in blocks.attributes.items():
                scope[name] = expression(scope)
            for block in blocks.blocks:
                if block.type == "variable" and block.labels:
                    default = block.attributes.get("default")
                    scope[block.labels[0]] = self._variable(block.labels[0], default(scope) if default else "")
        return scope

    def _variable(self, name: str, default: Any) -> Any:
        given = self._environment.get(name)
        if given is None:
            return default
        alone = partial.single(given)
        if alone is not None and alone[1] is None and isinstance(default, str) and default:
            return partial.mark(alone[0], default)
        return given if isinstance(default, str) or default is None or default is UNSEEN else _typed(given, default)

    def _add_json(self, text: str, blocks: Block) -> None:
        try:
            data = json.loads(text)
        except (ValueError, RecursionError):
            return
        for kind in ("variable", "group", "target"):
            for name, value in as_mapping(as_mapping(data).get(kind)).items():
                attributes = {key: _json_value(one) for key, one in as_mapping(value).items()}
                blocks.blocks.append(Block(kind, (name,), attributes))

    def _add_compose(self, text: str) -> None:
        for name, service in as_mapping(as_mapping(load_yaml(text)).get("services")).items():
            target = read_service(as_mapping(service), self._environment)
            if target is not None:
                self.targets[name] = target
                self.groups.setdefault("default", []).append(name)


def build_of(target: Target, folder: str | None) -> Build:
    """Return the build of a resolved target whose bake was started in `folder`."""
    context = show(target.get("context") or ".")
    build = Build(None, join_path(folder, context) if "://" not in context and partial.is_known(context) else None)
    file = show(target.get("dockerfile") or "Dockerfile")
    if build.context is not None and partial.is_known(file):
        build.dockerfile = join_path(build.context, file)
    build.references = [show(one) for one in as_list(target.get("tags")) if one is not UNSEEN]
    build.platforms = tuple(show(one) for one in as_list(target.get("platforms")))
    build.stage = show(target.get("target") or "")
    for output in as_list(target.get("output")):
        parts = output.items() if isinstance(output, dict) else ()
        note_output(build, ",".join(f"{key}={show(value)}" for key, value in parts) or show(output))
    return build


def override(target: Target, settings: list[str], name: str) -> None:
    """Apply bake's `--set TARGET.KEY=VALUE` to a resolved target; a pattern with `*` names several."""
    from fnmatch import fnmatchcase

    for setting in settings:
        left, _, value = setting.partition("=")
        wanted, _, key = left.partition(".")
        adding = key.endswith("+")
        key = {"platform": "platforms"}.get(key.rstrip("+"), key.rstrip("+"))
        if not fnmatchcase(name, wanted):
            continue
        if key in {"tags", "platforms", "output"}:
            values = value.split(",") if key == "tags" else [value]
            target[key] = [*as_list(target.get(key)), *values] if adding else values
        elif key in {"context", "dockerfile", "target"}:
            target[key] = value


def read_service(service: dict[str, Any], environment: Mapping[str, str]) -> Target | None:
    """Return a compose service as a target; None for one that builds nothing."""
    build = service.get("build")
    if build in (None, "", {}):
        return None
    given = as_mapping(build) if isinstance(build, dict) else {"context": build}

    def fill(value: Any) -> str:
        return _substitute(str(value), environment)

    target: Target = {key: fill(given[key]) for key in ("context", "dockerfile", "target") if given.get(key)}
    tags = [service.get("image"), *as_list(given.get("tags"))]
    target["tags"] = [fill(tag) for tag in tags if tag]
    target["platforms"] = [fill(one) for one in as_list(given.get("platforms"))]
    return target


def _substitute(text: str, environment: Mapping[str, str]) -> str:
    """Fill `$NAME`, `${NAME}` and `${NAME:-default}` as compose does."""

    def fill(match: re.Match[str]) -> str:
        name, operator, default = match[1] or match[2], match[3], match[4]
        value = environment.get(name)
        if value is None:
            return default if operator else partial.mark(name)
        alone = partial.single(value)
        return partial.mark(alone[0], default) if alone is not None and alone[1] is None and operator else value

    return re.sub(r"\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?:(:?-)([^}]*))?\})", fill, text)


def _targets_of(block: Block, scope: Mapping[str, Any]) -> list[tuple[str, Target]]:
    """Return (name, attributes) of a target block: one for each combination of its matrix."""
    matrix = block.attributes.get("matrix")
    axes = matrix(scope) if matrix else {}
    rows: list[dict[str, Any]] = [{}]
    if isinstance(axes, dict) and all(isinstance(values, list) for values in axes.values()):
        rows = [
            dict(zip(axes, values, strict=True)) for values in itertools.islice(itertools.product(*axes.values()), 64)
        ]
    elif matrix:
        rows = [dict.fromkeys(axes, UNSEEN)] if isinstance(axes, dict) else [{}]
    found: list[tuple[str, Target]] = []
    for row in rows:
        inner = {**scope, **row}
        values = {key: value(inner) for key, value in block.attributes.items() if key not in {"matrix", "name", "args"}}
        named = show(block.attributes["name"](inner)) if "name" in block.attributes else block.labels[0]
        if axes and block.labels[:1] != (named,):
            found.append((block.labels[0], {}))
        found.append((named, {key: value for key, value in values.items() if value is not UNSEEN}))
    return found


def _own_function(block: Block) -> Any:
    parameters = block.attributes["params"]({}) if "params" in block.attributes else []
    result = block.attributes.get("result")
    names = block.attributes.get("params")

    def run(given: list[Any], scope: Mapping[str, Any]) -> Any:
        # `params = [tag, version]` are bare names: read as variables, they are their own names.
        bare = names(_Names()) if names else parameters
        inner = {**scope, **dict(zip([str(name) for name in bare], given, strict=False))}
        return result(inner) if result else UNSEEN

    return run


class _Names(dict[str, Any]):
    """A scope in which every name stands for itself."""

    def get(self, key: str, default: Any = None) -> Any:
        return key


def _typed(text: str, default: Any) -> Any:
    if isinstance(default, bool):
        return text == "true" if partial.is_known(text) else UNSEEN
    return text if isinstance(default, str | int | float) else UNSEEN


def _json_value(value: Any) -> Any:
    """Return a JSON value as an expression; its texts are templates as HCL's are."""
    if isinstance(value, str) and "${" in value:
        quoted = json.dumps(value, ensure_ascii=False)
        try:
            return parse_hcl(f"value = {quoted}\n").attributes["value"]
        except HclError:
            return lambda _scope: UNSEEN
    if isinstance(value, list):
        items = [_json_value(one) for one in value]
        return lambda scope: [item(scope) for item in items]
    if isinstance(value, dict):
        pairs = {key: _json_value(one) for key, one in value.items()}
        return lambda scope: {key: item(scope) for key, item in pairs.items()}
    return lambda _scope: value
