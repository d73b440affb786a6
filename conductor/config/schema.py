"""The commented example is the schema: each key's type stands in the comment on its line.

`# TYPE[, required]` with TYPE one of text, path, integer, number, signed number, mapping, rules, rule, `list of text`,
`one of a | b`. A key written NAME stands for any name. Comment lines above a key are for people.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any

from conductor.errors import ConductorError

ANY_NAME = "NAME"
LEVELS = ("block", "ask", "warn", "off")
_KEY = re.compile(r"^( *)([A-Za-z_]+):[^#]*?(?:#\s*([a-z][^#]*))?$")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
FILL_IN = "FILL_IN"
# Keys whose text is the project's own; elsewhere (a pattern, a command) such a text may be meant.
_TO_BE_FILLED = ("build.", "targets.", "smoke.", "remote", "branch")
_PLACEHOLDER = re.compile(
    r"(?:.*[/:])?(?:FILL_IN|FILL-IN|OWNER(?:/NAME)?|TODO|TBD|FIXME|CHANGE_?ME|REPLACE_?ME)(?:[/:].*)?"
    r"|.*<[^<>]*>.*|.*\$\{\{.*|\?+|\.\.\."
    # A shell's variable, which nothing fills in here, and what pages of instructions write: your-username/worker.
    r"|\$\{?[A-Za-z_]\w*\}?"
    r"|(?:.*[/:])?(?i:your[-_]?(?:docker(?:hub)?[-_]?|github[-_]?|runpod[-_]?)?(?:user(?:[-_]?name)?|name|org|owner|account"
    r"|namespace|repo(?:sitory)?|image|registry|project|endpoint|id)(?:[-_](?:id|name|here))?)(?:[/:].*)?"
)


@dataclass(slots=True)
class Key:
    """One key of the configuration: what its value must be, and the keys below it."""

    type: str
    required: bool = False
    choices: tuple[str, ...] = ()
    keys: dict[str, Key] = field(default_factory=dict)


@lru_cache
def load_schema(name: str) -> Key:
    """Return the schema in `<name>.example.yaml` beside this module."""
    top = Key("mapping")
    path: list[Key] = [top]
    for line in Path(__file__).with_name(f"{name}.example.yaml").read_text(encoding="utf-8").splitlines():
        match = _KEY.match(line)
        if not match or line.lstrip().startswith("#"):
            continue
        indent, key_name, comment = match.groups()
        kind, _, rest = (comment or "mapping").strip().partition(",")
        choices = tuple(word.strip() for word in kind[7:].split("|")) if kind.startswith("one of ") else ()
        key = Key("choice" if choices else kind.strip(), "required" in rest, choices)
        del path[len(indent) // 2 + 1 :]
        path[-1].keys[key_name] = key
        path.append(key)
    return top


@dataclass(slots=True)
class Validation:
    """One reading of a configuration text: its problems, each with its line."""

    path: str
    first_line: int
    rule_names: tuple[str, ...] = ()
    problems: list[ConductorError] = field(default_factory=list)
    seen: set[int] = field(default_factory=set)
    # Name of a key -> its value's line and column; and the names whose text only holds a place for a value.
    places: dict[str, tuple[int, int]] = field(default_factory=dict)
    unfilled: list[str] = field(default_factory=list)

    def problem(self, node: Any, message: str, hint: str) -> None:
        """Remember what is wrong at that YAML node."""
        mark = node.start_mark
        self.problems.append(
            ConductorError(message, hint=hint, path=self.path, line=mark.line + self.first_line, column=mark.column + 1)
        )

    def read(self, node: Any, key: Key, name: str) -> Any:
        """Return the plain value of the node; None where it is wrong, with the problem remembered."""
        if id(node) in self.seen and not hasattr(node.value, "isascii"):
            self.problem(node, f"{name} uses a YAML alias", "write the value out where it is used")
            return None
        self.seen.add(id(node))
        self.places[name] = (node.start_mark.line + self.first_line, node.start_mark.column + 1)
        reader = getattr(self, f"_read_{key.type.replace(' ', '_')}")
        return reader(node, key, name)

    def _read_mapping(self, node: Any, key: Key, name: str) -> dict[str, Any] | None:
        if node.id != "mapping":
            self.problem(node, f"{name} must be a mapping of keys, not {describe(node)}", f"see {name} in the example")
            return None
        values: dict[str, Any] = {}
        for key_node, value_node in node.value:
            child_name = str(key_node.value) if key_node.id == "scalar" else "?"
            full = f"{name}.{child_name}" if name != "the configuration" else child_name
            if child_name in values:
                self.problem(key_node, f"{full} is given twice", "keep one of the two")
                continue
            child = key.keys.get(child_name) or key.keys.get(ANY_NAME)
            if child is None:
                self._unknown(key_node, full, child_name, list(key.keys))
            elif ANY_NAME in key.keys and not _NAME.fullmatch(child_name):
                self.problem(key_node, f"{full!r} is not a name", "use letters, digits, '.', '_' and '-'")
            else:
                values[child_name] = self.read(value_node, child, full)
        for child_name, child in key.keys.items():
            if child.required and child_name not in values:
                where = f"{name}." if name != "the configuration" else ""
                self.problem(node, f"{where}{child_name} is missing", f"add {child_name}: with {expected(child)}")
        return values

    def _unknown(self, node: Any, full: str, name: str, known: list[str]) -> None:
        import difflib

        near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]}?" if near else f"known keys here: {', '.join(known)}"
        self.problem(node, f"unknown key {full}", hint)

    def _read_rules(self, node: Any, key: Key, name: str) -> dict[str, Any] | None:
        open_key = Key("mapping", keys={rule: Key("rule") for rule in self.rule_names} or key.keys)
        return self._read_mapping(node, open_key, name)

    def _read_rule(self, node: Any, key: Key, name: str) -> Any:
        if node.id == "mapping":
            keys = {
                "level": Key("choice", choices=LEVELS),
                "except": Key("list of text"),
                "threshold": Key("number"),
            }
            return self._read_mapping(node, Key("mapping", keys=keys), name)
        return self._read_choice(node, Key("choice", choices=LEVELS), name)

    def _read_choice(self, node: Any, key: Key, name: str) -> str | None:
        text = str(node.value) if node.id == "scalar" else ""
        # YAML 1.1 reads an unquoted off as False; both spellings mean the level.
        if text.lower() in {"off", "false"} and "off" in key.choices:
            return "off"
        if text not in key.choices:
            import difflib

            near = difflib.get_close_matches(text, key.choices, n=1)
            self.problem(
                node,
                f"{name} must be one of {', '.join(key.choices)}, not {describe(node)}",
                f"did you mean {near[0]}?" if near else f"write one of {', '.join(key.choices)}",
            )
            return None
        return text

    def _read_text(self, node: Any, key: Key, name: str) -> str | None:
        if node.id != "scalar" or node.tag.endswith((":null", ":bool")) or not str(node.value).strip():
            self.problem(
                node,
                f"{name} must be text, not {describe(node)}",
                f"write {name.rsplit('.', maxsplit=1)[-1]}: some text",
            )
            return None
        if name.startswith(_TO_BE_FILLED) and is_unfilled(str(node.value)):
            self.unfilled.append(name)
        return str(node.value)

    def _read_path(self, node: Any, key: Key, name: str) -> str | None:
        text = self._read_text(node, key, name)
        if text is None:
            return None
        path = PurePosixPath(text)
        if path.is_absolute() or ".." in path.parts or "\\" in text or "\0" in text:
            self.problem(
                node, f"{name} must be a path inside the project, not {text!r}", "write it relative to the root"
            )
            return None
        return str(path)

    def _read_integer(self, node: Any, key: Key, name: str) -> int | None:
        if node.id != "scalar" or not node.tag.endswith(":int"):
            self.problem(node, f"{name} must be a whole number, not {describe(node)}", "write digits only")
            return None
        return int(str(node.value).replace("_", ""), 0)

    def _read_number(self, node: Any, key: Key, name: str) -> float | None:
        return self._read_float(node, f"{name} must be a number of at least 0", least=0)

    def _read_signed_number(self, node: Any, key: Key, name: str) -> float | None:
        return self._read_float(node, f"{name} must be a number", least=-sys.float_info.max)

    def _read_float(self, node: Any, wanted: str, *, least: float) -> float | None:
        try:
            value = float(node.value) if node.id == "scalar" and node.tag.endswith((":int", ":float")) else None
        except ValueError:
            value = None
        if value is None or not least <= value < float("inf"):
            self.problem(node, f"{wanted}, not {describe(node)}", "write digits only")
            return None
        return value

    def _read_list_of_text(self, node: Any, key: Key, name: str) -> list[str] | None:
        if node.id != "sequence":
            self.problem(node, f"{name} must be a list, not {describe(node)}", f"write [{describe(node)}]")
            return None
        items = [self.read(item, Key("text"), f"{name}[{number}]") for number, item in enumerate(node.value)]
        return [item for item in items if item is not None]


def is_unfilled(text: str) -> bool:
    """Tell whether a text only holds a place for a value: FILL_IN, docker.io/OWNER/NAME, <your endpoint>, ${{ … }}."""
    return _PLACEHOLDER.fullmatch(text.strip()) is not None


def describe(node: Any) -> str:
    """Return what stands there, for a message."""
    if node.id == "mapping":
        return "a mapping"
    if node.id == "sequence":
        return "a list"
    text = str(node.value)
    return f"{text[:60]!r}" if text else "nothing"


def expected(key: Key) -> str:
    """Return what a key's value must be, in words."""
    return f"one of {', '.join(key.choices)}" if key.choices else f"its value ({key.type})"
