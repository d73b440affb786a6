"""A makefile as far as words tell: rules with their recipes, variables with every definition, includes followed.

Source: the GNU make manual, "How make Reads a Makefile" and "Writing Recipes in Rules".
"""

from __future__ import annotations

from conductor.recipes import UNKNOWN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from conductor.recipes import Read

    Match = Callable[[str], Iterable[str]]

_PREFIXES = frozenset({"export", "override", "private", "unexport"})
_OPERATORS = (":::=", "::=", ":=", "?=", "+=", "!=", "=")
_CONDITIONS = frozenset({"ifeq", "ifneq", "ifdef", "ifndef"})
# What make sets itself, and what it takes from its environment.
_KNOWN = {
    "MAKE": "make", "CURDIR": ".", "RM": "rm -f", "SHELL": "/bin/sh", "CC": "cc", "CXX": "g++", "AR": "ar", "AS": "as",
    "INSTALL": "install", "shell pwd": ".",
}  # fmt: skip
_ENVIRONMENT = frozenset({"PATH", "HOME", "USER", "PWD", "TMPDIR", "LOGNAME", "HOSTNAME", "SHLVL", "LANG", "MAKEFLAGS"})
_MOST_FILES = 30
_DEEPEST = 20


class Condition:
    """One branch of an `ifeq … else … endif`: whether it is taken, as far as it was known where it stood.

    `text` says it in words, `holds` is None where that is not known, and `past` is whether one up to it is taken.
    """

    __slots__ = ("holds", "past", "text")

    def __init__(self, text: str, holds: bool | None, before: Condition | None = None) -> None:  # noqa: FBT001
        self.text: str = f"else {text} of {before.text}" if before else text
        earlier = before.past if before else False
        unknown = earlier is None or holds is None
        self.holds: bool | None = False if earlier or holds is False else None if unknown else True
        self.past: bool | None = True if earlier or self.holds else None if unknown and holds is not False else earlier


class Line:
    """One logical line of a recipe, a prerequisite or a value: its text, where it is, what it stands under."""

    __slots__ = ("conditions", "number", "path", "text")

    def __init__(self, text: str, path: str, number: int, conditions: tuple[Condition, ...] = ()) -> None:
        self.text = text
        self.path = path
        self.number = number
        self.conditions = conditions


class Rule:
    """The rules of one target, joined: what comes first, the lines of its recipe, and variables of its own."""

    __slots__ = ("needs", "own", "path", "recipe")

    def __init__(self, path: str = "") -> None:
        self.path = path
        self.needs: list[Line] = []
        self.recipe: list[Line] = []
        self.own: list[tuple[str, str, Line]] = []


class Makefile:
    """What the makefile and its includes define; `definitions` has each variable's operators and lines, in order.

    `unread` are the lines whose rules only running would tell: an include of an unknown name, an `$(eval …)`.
    """

    def __init__(self, given: Mapping[str, str] | None = None) -> None:
        self.rules: dict[str, Rule] = {}
        self.definitions: dict[str, list[tuple[str, Line]]] = {}
        self.exported: dict[str, bool] = {}
        self.paths: list[str] = []
        self.first: str | None = None
        self.unread: list[Line] = []
        self.given: dict[str, str] = dict(given or {})

    def find(self, target: str) -> tuple[Rule, str] | None:
        """Return the rule for a target with its stem: its own, else the pattern rule that fits."""
        rule = self.rules.get(target)
        if rule is not None and rule.recipe:
            return rule, ""
        for name, each in self.rules.items():
            before, percent, after = name.partition("%")
            fits = target.startswith(before) and target.endswith(after) and len(target) >= len(before) + len(after)
            if percent and fits and each.recipe:
                return each, target[len(before) : len(target) - len(after)]
        return (rule, "") if rule is not None else None

    @property
    def default(self) -> str | None:
        """Return the target that is made where none is named."""
        return self.expand("$(.DEFAULT_GOAL)", {}) if ".DEFAULT_GOAL" in self.definitions else self.first

    @staticmethod
    def holds(conditions: tuple[Condition, ...]) -> bool | None:
        """Tell whether all conditions hold, None where that can't be told."""
        found: bool | None = True
        for condition in conditions:
            if condition.holds is False:
                return False
            found = condition.holds and found
        return found

    def test(self, word: str, text: str) -> bool | None:
        """Tell whether `ifeq (a,b)` and its kin hold by the definitions so far."""
        if word in {"ifdef", "ifndef"}:
            value = self.expand(f"$({self.expand(text, {}).strip()})", {})
            return None if UNKNOWN in value else bool(value) is (word == "ifdef")
        sides = _sides(text)
        if sides is None:
            return None
        left, right = (self.expand(side, {}).strip() for side in sides)
        return None if UNKNOWN in left or UNKNOWN in right else (left == right) is (word == "ifeq")

    def expand(self, text: str, automatic: Mapping[str, str], rule: Rule | None = None, depth: int = 0) -> str:
        """Return the text with variables put in; what a function or the environment decides is UNKNOWN."""
        out, at = [], 0
        while at < len(text):
            following = text[at + 1 : at + 2]
            if text[at] != "$" or not following:
                out.append(text[at])
                at += 1
            elif following == "$":
                out.append("$")
                at += 2
            elif following in "({":
                end = _closing(text, at + 1)
                out.append(self._reference(text[at + 2 : end], automatic, rule, depth))
                at = end + 1
            else:
                out.append(self._reference(following, automatic, rule, depth))
                at += 2
        return "".join(out)

    def _reference(  # noqa: PLR0911 - one return a kind of reference
        self, inside: str, automatic: Mapping[str, str], rule: Rule | None, depth: int
    ) -> str:
        if inside in automatic:
            return automatic[inside]
        if depth > _DEEPEST:
            return UNKNOWN
        if "$" in inside:
            inside = self.expand(inside, automatic, rule, depth + 1)
        name, space, rest = inside.partition(" ")
        if space and name in {"call", "value", "strip", "firstword", "sort", "or"}:
            return self._function(name, rest.strip(), automatic, rule, depth)
        if inside in self.given:
            return self.given[inside]
        own = [(operator, line) for each, operator, line in (rule.own if rule else ()) if each == inside]
        if own or inside in self.definitions:
            return self._value([*self.definitions.get(inside, ()), *own], automatic, rule, depth)
        if inside in _KNOWN:
            return _KNOWN[inside]
        plain = inside.replace("_", "").replace(".", "").replace("-", "").isalnum() and inside not in _ENVIRONMENT
        return "" if plain and inside.isascii() else UNKNOWN

    def _function(self, name: str, rest: str, automatic: Mapping[str, str], rule: Rule | None, depth: int) -> str:
        if name in {"call", "value"}:
            called, *arguments = (part.strip() for part in rest.split(","))
            numbered = {str(number): value for number, value in enumerate(arguments, start=1)}
            return self._reference(called, {**automatic, **numbered}, rule, depth + 1)
        if name == "firstword":
            return (rest.split() or [""])[0]
        return next((part.strip() for part in rest.split(",") if part.strip()), "") if name == "or" else rest

    def _value(self, found: list[tuple[str, Line]], automatic: Mapping[str, str], rule: Rule | None, depth: int) -> str:
        value: str | None = None
        for operator, line in found:
            holds = self.holds(line.conditions)
            if holds is False or (operator == "?=" and value is not None):
                continue
            if operator == "!=":
                value = UNKNOWN
                continue
            text = self.expand(line.text, automatic, rule, depth + 1)
            value = f"{value or ''} {text}".strip() if operator == "+=" else text
        return "" if value is None else value


def read_makefile(
    read: Read, names: tuple[str, ...], given: Mapping[str, str] | None = None, match: Match | None = None
) -> Makefile | None:
    """Return the first of these makefiles that is there; `given` are variables, `match` finds an include's files."""
    for name in names:
        text = read(name)
        if text is not None:
            found = Makefile(given)
            _read_into(found, read, match, name, text)
            return found
    return None


def _read_into(found: Makefile, read: Read, match: Match | None, path: str, text: str) -> None:
    if path in found.paths or len(found.paths) > _MOST_FILES:
        return
    found.paths.append(path)
    reader = _Reader(found, read, match, path)
    for number, line in _logical_lines(text):
        reader.take(number, line)


class _Reader:
    """Reads one file, line by line, into what is found so far."""

    def __init__(self, found: Makefile, read: Read, match: Match | None, path: str) -> None:
        self._found, self._read, self._match, self._path = found, read, match, path
        self._targets: list[Rule] = []
        self._conditions: tuple[Condition, ...] = ()
        self._defining: tuple[str, str, list[str], int] | None = None

    def take(self, number: int, line: str) -> None:
        """Take the next logical line in."""
        word, _, rest = line.strip().partition(" ")
        if self._defining is not None:
            self._define(line)
        elif line.startswith("\t") and self._targets:
            for rule in self._targets:
                rule.recipe.append(self._line(line[1:], number))
        elif word.partition("(")[0] in _CONDITIONS | {"else", "endif"}:
            keyword = word.partition("(")[0]
            self._condition(keyword, line.strip()[len(keyword) :].strip())
        elif word == "define" or (word in _PREFIXES and rest.startswith("define ")):
            name, operator, _ = _split_assignment(line.strip().partition("define")[2] + " =") or ("", "=", "")
            self._defining = name.rstrip("=:?+ ") or "?", operator, [], number
        else:
            self._statement(number, _without_comment(line))

    def _line(self, text: str, number: int) -> Line:
        return Line(text, self._path, number, self._conditions)

    def _define(self, line: str) -> None:
        name, operator, lines, number = self._defining or ("", "=", [], 1)
        if line.strip() == "endef":
            self._assign(name, operator, "\n".join(lines), number)
            self._defining = None
        else:
            lines.append(line)

    def _condition(self, word: str, rest: str) -> None:
        if word == "endif":
            self._conditions = self._conditions[:-1]
            return
        before = self._conditions[-1] if word == "else" and self._conditions else None
        if word == "else":
            if before is None:
                return
            self._conditions = self._conditions[:-1]
            word = rest.partition(" ")[0].partition("(")[0]
            rest = rest[len(word) :] if word in _CONDITIONS else ""
        text = _without_comment(rest).strip()
        holds = self._found.test(word, text) if word in _CONDITIONS else True
        self._conditions += (Condition(f"{word} {text}".strip(), holds, before),)

    def _statement(self, number: int, line: str) -> None:
        text = line.strip()
        word, _, rest = text.partition(" ")
        if not text:
            return
        if word.lstrip("-s") == "include":
            self._include(rest, number)
            return
        prefixes = []
        while word in _PREFIXES:
            prefixes.append(word)
            text = rest.strip()
            word, _, rest = text.partition(" ")
        assignment = _split_assignment(text)
        if assignment is not None:
            self._assign(*assignment, number)
            if "export" in prefixes:
                self._found.exported[assignment[0]] = True
        elif prefixes:
            self._found.exported.update(dict.fromkeys(text.split() or ["*"], "export" in prefixes))
        elif ":" in text:
            self._rule(text, number)
        else:
            self._targets = []
            if "$(eval" in text or "${eval" in text:
                self._found.unread.append(self._line(text, number))

    def _assign(self, name: str, operator: str, value: str, number: int) -> None:
        self._targets = []
        line = self._line(value.strip(), number)
        if operator in {":=", "::=", ":::="} and f"$({name})" in value.replace("{", "(").replace("}", ")"):
            line.text = self._found.expand(value.strip(), {})  # its own value before, as `PATH := x:$(PATH)` has it
        self._found.definitions.setdefault(name, []).append((operator, line))

    def _rule(self, text: str, number: int) -> None:
        place = _colon(text)
        if place < 0:
            return
        names = self._found.expand(text[:place].rstrip("&"), {}).split()
        rest = text[place:].lstrip(":")
        rules = [self._found.rules.setdefault(name, Rule(self._path)) for name in names if UNKNOWN not in name]
        own = _split_assignment(rest.strip())
        if own is not None:
            for rule in rules:
                rule.own.append((own[0].split()[-1], own[1], self._line(own[2], number)))
            return
        needs, semicolon, first = rest.partition(";")
        pattern, colon, after = needs.partition(":")
        words = self._found.expand(after if colon else pattern, {}).replace("|", " ").split()
        for rule in rules:
            rule.path = rule.path if rule.recipe else self._path
            rule.needs += [self._line(word, number) for word in words]
            if semicolon:
                rule.recipe.append(self._line(first, number))
        self._targets = rules
        if self._found.first is None and self._found.holds(self._conditions) is not False:
            self._found.first = next((name for name in names if not name.startswith(".") and "%" not in name), None)

    def _include(self, names: str, number: int) -> None:
        plain = names.replace("$(wildcard ", "").replace(")", "") if "$(wildcard " in names else names
        for name in self._found.expand(plain, {}).split():
            if UNKNOWN in name:
                self._found.unread.append(self._line(f"include {names.strip()}", number))
                continue
            for one in self._match(name) if self._match is not None else (name,):
                text = self._read(one)
                if text is not None:
                    _read_into(self._found, self._read, self._match, one, text)


def _split_assignment(text: str) -> tuple[str, str, str] | None:
    """Return name, operator and value of an assignment, None for another statement."""
    depth = 0
    for place, character in enumerate(text):
        depth += (character in "({") - (character in ")}")
        if depth or character not in ":?+!=":
            continue
        operator = next((each for each in _OPERATORS if text.startswith(each, place)), None)
        name = text[:place].strip()
        if operator is None or not name or " " in name:
            return None
        return name, operator, text[place + len(operator) :].strip()
    return None


def _colon(text: str) -> int:
    """Return where the colon after a rule's targets stands, -1 where there is none."""
    depth = 0
    for place, character in enumerate(text):
        depth += (character in "({") - (character in ")}")
        if character == ":" and not depth:
            return place
    return -1


def _sides(text: str) -> tuple[str, str] | None:
    """Return what `ifeq (a,b)` or `ifeq "a" "b"` compares."""
    if text.startswith("(") and text.endswith(")"):
        depth = 0
        for place, character in enumerate(text[1:-1], start=1):
            depth += (character in "({") - (character in ")}")
            if character == "," and not depth:
                return text[1:place], text[place + 1 : -1]
        return None
    mark = text[:1]
    left, _, rest = text[1:].partition(mark) if mark in {"'", '"'} else ("", "", "")
    rest = rest.strip()
    return (left, rest[1:-1]) if rest[:1] in {"'", '"'} and rest[:1] == rest[-1:] else None


def _logical_lines(text: str) -> list[tuple[int, str]]:
    """Return the lines with their numbers, those with a backslash at the end joined to the next one."""
    lines: list[tuple[int, str]] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if lines and lines[-1][1].endswith("\\") and not lines[-1][1].endswith("\\\\"):
            lines[-1] = (lines[-1][0], f"{lines[-1][1][:-1].rstrip()} {line.strip()}")
        else:
            lines.append((number, line))
    return lines


def _without_comment(line: str) -> str:
    place = line.find("#")
    while place > 0 and line[place - 1] == "\\":
        place = line.find("#", place + 1)
    return line if place < 0 else line[:place]


def _closing(text: str, at: int) -> int:
    """Return where the bracket that opens at `at` closes; the text's end where it does not."""
    opens, closes = text[at], {"(": ")", "{": "}"}[text[at]]
    depth = 0
    for place in range(at, len(text)):
        depth += (text[place] == opens) - (text[place] == closes)
        if depth == 0:
            return place
    return len(text)
