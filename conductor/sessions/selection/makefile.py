"""A makefile as far as words tell: rules with their recipes, variables with every definition, includes followed.

Source: the GNU make manual, "How make Reads a Makefile" and "Writing Recipes in Rules".
"""

from __future__ import annotations

import fnmatch
import posixpath
import re
from dataclasses import dataclass, field

from conductor.sessions.selection.trees import Tree, join, text_of

DEFAULT_NAMES = ("GNUmakefile", "makefile", "Makefile")
UNKNOWN = "\ue000"  # as conductor.shell.expand has it: part of a word that only running would tell
# What changes how every recipe is run.
_SPECIAL = (".ONESHELL", ".IGNORE", ".POSIX", ".SECONDEXPANSION", ".RECIPEPREFIX", ".DEFAULT")
_ALWAYS = ("SHELL", ".SHELLFLAGS", "MAKEFLAGS", ".RECIPEPREFIX")
# Exported, these reach into what a recipe starts, whether it names them or not.
_REACHING = re.compile(r"PATH|PYTHONPATH|PYTEST_\w+|NODE_OPTIONS|\w*FLAGS|BASH_ENV|ENV")
_ASSIGNMENT = re.compile(
    r"\s*(?P<how>(?:(?:export|override|private|unexport)\s+)*)(?P<name>[^\s:#=+?!]+)\s*"
    r"(?P<operator>(?:\+|\?|!|:{1,3})?=)[ \t]*(?P<value>.*)"
)
_DEFINE = re.compile(
    r"\s*(?:(?:export|override)\s+)*define\s+(?P<name>[^\s:#=+?!]+)\s*(?P<operator>(?:\+|\?|:{1,2})?=)?\s*"
)
_RULE = re.compile(r"(?P<targets>[^\t#=][^=]*?)\s*(?P<colons>::?|&::?)(?![=:])(?P<rest>.*)", re.DOTALL)
_CONDITION = re.compile(r"\s*(ifeq|ifneq|ifdef|ifndef|else|endif)\b(.*)")
_INCLUDE = re.compile(r"\s*-?s?include\s+(.+)")
_REFERENCE = re.compile(r"\$[({](?:call\s+|value\s+|origin\s+)?([A-Za-z0-9_.%-]+)")
_WILDCARD = re.compile(r"\$\(wildcard\s+([^$()]*)\)")
# What make sets itself, as it is below the folder it reads its makefile in.
_KNOWN = {"MAKE": "make", "CURDIR": ".", "PWD": ".", "shell pwd": ".", "RM": "rm -f"}
_LIMIT = 200


@dataclass
class Rule:
    """The rules of one target, joined: what comes first, and the lines of its recipe, each as written."""

    path: str
    needs: list[str] = field(default_factory=list)
    recipe: list[str] = field(default_factory=list)
    own: list[tuple[str, str]] = field(default_factory=list)
    conditions: list[str] = field(default_factory=list)


@dataclass
class Makefile:
    """What the makefile and its includes define; `definitions` has each variable's lines, in order."""

    rules: dict[str, Rule] = field(default_factory=dict)
    definitions: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    exported: set[str] = field(default_factory=set)
    paths: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    first: str | None = None

    def find(self, target: str) -> Rule | None:
        """Return the rule for a target: its own, else the pattern rule that fits."""
        if target in self.rules:
            return self.rules[target]
        for name, rule in self.rules.items():
            if "%" in name and fnmatch.fnmatchcase(target, name.replace("[", "[[]").replace("%", "*")):
                return rule
        return None

    @property
    def default(self) -> str | None:
        """Return the target that is made where none is named."""
        named = self.value(".DEFAULT_GOAL")
        return named or self.first

    def value(self, name: str) -> str:
        """Return a variable's value as its last definition has it, unexpanded; empty where it has none."""
        found = ""
        for operator, value in self.definitions.get(name, []):
            if operator == "+=":
                found = f"{found} {value}".strip()
            elif operator != "?=" or not found:
                found = value
        return found

    def expand(self, text: str, given: dict[str, str], target: str, depth: int = 0) -> str:
        """Return the text with variables put in; what a function or the environment decides is UNKNOWN."""
        out, at = [], 0
        while at < len(text):
            if text[at] != "$" or at + 1 >= len(text):
                out.append(text[at])
                at += 1
                continue
            following = text[at + 1]
            if following == "$":
                out.append("$")
                at += 2
            elif following in "({":
                end = _closing(text, at + 1)
                out.append(self._reference(text[at + 2 : end], given, target, depth))
                at = end + 1
            else:
                out.append(self._reference(following, given, target, depth))
                at += 2
        return "".join(out)

    def _reference(self, inside: str, given: dict[str, str], target: str, depth: int) -> str:
        if inside == "@":
            return target
        if inside in given:
            return given[inside]
        if inside in _KNOWN:
            return _KNOWN[inside]
        rule = self.find(target)
        own = [value for name, value in rule.own if name == inside] if rule else []
        if depth < 20 and (own or inside in self.definitions):
            return self.expand(own[-1] if own else self.value(inside), given, target, depth + 1)
        return UNKNOWN

    def text_of(self, target: str, rule: Rule) -> str:
        """Return everything that says what making the target does: needs, recipe, and the variables in them."""
        lines = [f"needs {' '.join(rule.needs)}", *(normal_line(line) for line in rule.recipe)]
        lines += [*rule.conditions, *(f"own {name} {value}" for name, value in rule.own)]
        waiting = [*lines, *(f"$({name})" for name in _ALWAYS)]
        waiting += [f"$({name})" for name in self.exported if _REACHING.fullmatch(name)]
        seen: set[str] = set()
        while waiting:
            for name in _REFERENCE.findall(waiting.pop()):
                if name not in seen and name in self.definitions:
                    seen.add(name)
                    found = [f"{name} {operator} {value}" for operator, value in self.definitions[name]]
                    lines += found
                    waiting += found
        specials = [
            name
            for name in _SPECIAL
            if name in self.rules and (not self.rules[name].needs or target in self.rules[name].needs)
        ]
        return "\n".join([*lines, *(f"special {name}" for name in specials)])


def read_makefile(tree: Tree, folder: str, name: str | None = None) -> Makefile | None:
    """Return the makefile that make reads in that folder (the named one, or the first of its default names)."""
    found = Makefile()
    for candidate in (name,) if name else DEFAULT_NAMES:
        path = join(folder, candidate)
        content = tree.read(path) if path is not None else None
        if path is not None and content is not None:
            _read_into(found, tree, folder, path, text_of(content))
            return found
    return None


def normal_line(line: str) -> str:
    """Return a recipe line without what only changes how it is shown."""
    stripped = line.strip()
    prefix = re.match(r"[@+-]*", stripped)
    marks = prefix[0] if prefix else ""
    return ("-" if "-" in marks else "") + " ".join(stripped[len(marks) :].split())


def _read_into(found: Makefile, tree: Tree, folder: str, path: str, text: str) -> None:
    if path in found.paths or len(found.paths) > _LIMIT:
        return
    found.paths.append(path)
    reader = _Reader(found, tree, folder, path)
    for line in _logical_lines(text):
        reader.take(line)


class _Reader:
    """Reads one file, line by line, into what is found so far."""

    def __init__(self, found: Makefile, tree: Tree, folder: str, path: str) -> None:
        self._found, self._tree, self._folder, self._path = found, tree, folder, path
        self._targets: list[Rule] = []
        self._conditions: list[str] = []
        self._defining: tuple[str, str, list[str]] | None = None

    def take(self, line: str) -> None:
        """Take the next logical line in."""
        if self._defining is not None:
            self._define(line)
        elif line.startswith("\t") and self._targets:
            for rule in self._targets:
                rule.recipe.append(self._conditional(line))
        elif match := _CONDITION.fullmatch(line):
            self._condition(match[1], match[2].strip())
        elif match := _DEFINE.fullmatch(line):
            self._defining = match["name"], match["operator"] or "=", []
        else:
            self._statement(_without_comment(line))

    def _define(self, line: str) -> None:
        name, operator, lines = self._defining or ("", "=", [])
        if line.strip() == "endef":
            self._assign(name, operator, "\n".join(lines))
            self._defining = None
        else:
            lines.append(line)

    def _condition(self, word: str, rest: str) -> None:
        if word == "endif":
            self._conditions = self._conditions[:-1]
        elif word == "else":
            self._conditions = [*self._conditions[:-1], f"else {rest} of {(self._conditions or [''])[-1]}"]
        else:
            self._conditions.append(f"{word} {rest}")

    def _conditional(self, text: str) -> str:
        """Return the text with the conditions it stands under, so that a new one is a change."""
        return f"{text} # {' & '.join(self._conditions)}" if self._conditions else text

    def _statement(self, line: str) -> None:
        if not line.strip():
            return
        if match := _INCLUDE.fullmatch(line):
            self._include(match[1])
        elif match := _ASSIGNMENT.fullmatch(line):
            if "export" in match["how"].split():
                self._found.exported.add(match["name"])
            self._assign(match["name"], match["operator"], match["value"])
        elif line.strip().startswith("export"):
            self._found.exported |= set(line.split()[1:])
        elif match := _RULE.fullmatch(line):
            self._rule(match["targets"], match["rest"])
        else:
            self._targets = []
            if "$(eval" in line or "${eval" in line:
                self._found.unread.append(f"rules that $(eval …) makes in {self._path}")

    def _assign(self, name: str, operator: str, value: str) -> None:
        self._targets = []
        self._found.definitions.setdefault(name, []).append((operator, self._conditional(value.strip())))

    def _rule(self, targets: str, rest: str) -> None:
        names = self._found.expand(targets, {}, "").split()
        own = _ASSIGNMENT.fullmatch(rest)
        rules = [self._found.rules.setdefault(name, Rule(self._path)) for name in names if UNKNOWN not in name]
        if own:
            for rule in rules:
                rule.own.append((own["name"], f"{own['value']}"))
            return
        needs, semicolon, first = rest.partition(";")
        pattern, colon, after = needs.partition(":")
        words = self._found.expand(after if colon else pattern, {}, "").replace("|", " ").split()
        for rule in rules:
            rule.needs += words
            rule.conditions += [self._conditional(" ".join(words))] if self._conditions else []
            if semicolon:
                rule.recipe.append(self._conditional(first))
            if not rule.recipe:
                rule.path = self._path
        self._targets = rules
        if self._found.first is None:
            self._found.first = next((name for name in names if not name.startswith(".") and "%" not in name), None)

    def _include(self, names: str) -> None:
        for name in self._found.expand(_WILDCARD.sub(r"\1", names), {}, "").split():
            path = join(self._folder, name)
            if UNKNOWN in name or path is None:
                self._found.unread.append(f"what {self._path} includes as {names.strip()}")
                continue
            for one in _matching(self._tree, path):
                content = self._tree.read(one)
                if content is not None:
                    _read_into(self._found, self._tree, self._folder, one, text_of(content))


def _matching(tree: Tree, path: str) -> list[str]:
    folder, name = posixpath.split(path)
    if not any(letter in name for letter in "*?["):
        return [path]
    return [posixpath.join(folder, one) for one in tree.names(folder) if fnmatch.fnmatchcase(one, name)]


def _logical_lines(text: str) -> list[str]:
    """Return the lines with a backslash at the end joined to the next one."""
    lines: list[str] = []
    for line in text.split("\n"):
        if lines and lines[-1].endswith("\\") and not lines[-1].endswith("\\\\"):
            lines[-1] = f"{lines[-1][:-1].rstrip()} {line.strip()}"
        else:
            lines.append(line)
    return lines


def _without_comment(line: str) -> str:
    return re.sub(r"(?<!\\)#.*", "", line)


def _closing(text: str, at: int) -> int:
    """Return where the bracket that opens at `at` closes; the text's end where it does not."""
    opens, closes = text[at], {"(": ")", "{": "}"}[text[at]]
    depth = 0
    for place in range(at, len(text)):
        depth += (text[place] == opens) - (text[place] == closes)
        if depth == 0:
            return place
    return len(text)
