"""Resolve words against what the same command assigned before; what can't be known becomes UNKNOWN."""

from __future__ import annotations

from conductor.shell.braces import LONGEST, expand_braces
from conductor.shell.nodes import Arithmetic, ExtendedGlob, Parameter, ProcessFile, Substitution, Text
from conductor.shell.patterns import ESCAPE, has_pattern, matches

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from conductor.shell.nodes import Part, Statement, Word

UNKNOWN = "\ue000"  # a private-use character: part of a word that only running the command would tell
SPACE = " \t\n"
LONGEST_VALUE = 1 << 17


class Scope:
    """Where words are resolved: variables (text or list), and what other commands would print.

    The base class knows no command's output and no file. A subclass may run a substitution's commands through its own
    judgement (`substitute`, `process_file`), name the files a pattern matches (`glob`) and the words of `$@`.
    `knows_all` says that a variable without a value here has none, so that it expands to nothing.
    """

    knows_all = False

    def __init__(self, variables: dict[str, str | list[str]] | None = None) -> None:
        self.variables: dict[str, str | list[str]] = dict(variables or {})
        self.arguments: list[str] | None = None

    def get(self, name: str) -> str | list[str] | None:
        """Return a variable's value, None where it is not set here (the environment may still set it)."""
        if name in {"@", "*"}:
            return self.arguments or []
        if name == "#":
            return str(len(self.arguments or []))
        if name.isdigit() and name != "0":
            arguments = self.arguments or []
            return arguments[int(name) - 1] if len(name) < 4 and int(name) <= len(arguments) else ""
        return self.variables.get(name)

    def is_unset(self, name: str) -> bool:
        """Tell whether a variable without a known value here counts as unset; false where it may have one."""
        return bool(name)

    def is_open(self, text: str) -> bool:
        """Tell whether nothing of a text is known, so that it may be empty."""
        return bool(text) and not text.strip(UNKNOWN)

    def through(self, text: str, change: Callable[[str], str]) -> str:
        """Return what a text becomes by a change of its letters, of which some are not known here: UNKNOWN.

        A subclass whose unknown parts have names may know better.
        """
        return change(text) if UNKNOWN not in text else UNKNOWN

    def miss(self, name: str) -> None:
        """See that a variable without a value is asked for, and nothing stands for it."""

    @property
    def has_braces(self) -> bool:
        """Tell whether the shell makes several words of `{a,b}`; dash does not."""
        return True

    def set(self, name: str, value: str | list[str]) -> None:
        """Assign a variable."""
        self.variables[name] = value

    def substitute(self, statements: tuple[Statement, ...]) -> str:
        """Return what `$(…)` stands for, without its last newlines."""
        return UNKNOWN if statements else ""

    def process_file(self, operator: str, statements: tuple[Statement, ...]) -> str:
        """Return the path that `<(…)` stands for."""
        return UNKNOWN if operator and statements else ""

    def glob(self, pattern: str) -> list[str]:
        """Return the existing names that match, none where nothing is known (quoted characters follow ESCAPE)."""
        del pattern
        return []


class Expander:
    """Turns words into the words a program would get."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    def fields(self, word: Word) -> list[str]:
        """Return the words that one word becomes: braces, tilde, variables, substitutions, splitting, globs."""
        out: list[str] = []
        for each in expand_braces(word) if self.scope.has_braces else (word,):
            out += self._split(each)
        return out[: LONGEST * 4]

    def text(self, word: Word | None) -> str:
        """Return the word as one text, unsplit: an assignment's value, a redirection's target, a heredoc."""
        if word is None:
            return ""
        pieces = []
        for number, part in enumerate(word.parts):
            value = self._value(part)
            piece = " ".join(value) if isinstance(value, list) else value
            if number == 0 and isinstance(part, Text) and not part.quoted:
                piece = self._tilde(piece)
            pieces.append(piece)
        return "".join(pieces)[:LONGEST_VALUE]

    def _tilde(self, text: str) -> str:
        if text == "~" or text.startswith("~/"):
            home = self.scope.get("HOME")
            return (home if isinstance(home, str) else UNKNOWN) + text[1:]
        return text

    def _split(self, word: Word) -> list[str]:
        """Return the fields of a word without braces."""
        fields: list[list[str]] = []
        open_field = False
        for number, part in enumerate(word.parts):
            pieces, quoted = self._pieces(part, first=number == 0)
            for place, (piece, starts_new, ends_open) in enumerate(pieces):
                if not open_field or (starts_new and (place > 0 or piece == "")):
                    fields.append([])
                if piece or quoted:
                    fields[-1].append(piece)
                open_field = ends_open
        texts = ["".join(field) for field in fields if field]
        return [name for text in texts for name in self._names(text)]

    def _pieces(self, part: Part, *, first: bool) -> tuple[list[tuple[str, bool, bool]], bool]:
        """Return a part's pieces as (pattern, starts a new field, field stays open), and whether it is quoted."""
        value = self._value(part)
        quoted = not isinstance(part, Text) and getattr(part, "quoted", False)
        if isinstance(part, Text):
            text = self._tilde(part.value) if first and not part.quoted else part.value
            return [(_escape(text) if part.quoted else text, False, True)], part.quoted
        if isinstance(value, list):
            words = value if quoted else [piece for text in value for piece in text.split()]
            return [(_escape(text) if quoted else text, place > 0, True) for place, text in enumerate(words)], quoted
        if quoted or isinstance(part, (ProcessFile, Arithmetic, ExtendedGlob)):
            return [(_escape(value) if quoted else value, False, True)], quoted
        return _split_value(self._separated(value)), False

    def _separated(self, value: str) -> str:
        """Return an unquoted value with the characters of IFS turned into spaces."""
        separators = self.scope.get("IFS")
        if not isinstance(separators, str) or separators == SPACE:
            return value
        return "".join(" " if character in separators else character for character in value)

    def _names(self, pattern: str) -> list[str]:
        if has_pattern(pattern):
            names = self.scope.glob(pattern)
            if names:
                return names[: LONGEST * 4]
        return [unescape_pattern(pattern)]

    def _value(self, part: Part) -> str | list[str]:
        if isinstance(part, Text):
            return part.value
        if isinstance(part, Parameter):
            return self._parameter(part)
        if isinstance(part, Substitution):
            return self.scope.substitute(part.statements)
        if isinstance(part, ProcessFile):
            return self.scope.process_file(part.operator, part.statements)
        if isinstance(part, Arithmetic):
            from conductor.shell.arithmetic import evaluate  # rare, and the guard pays for each module

            return evaluate(part.expression, self)
        return "*" if part.operator in "*+@?!" else UNKNOWN

    def _is_beyond(self, name: str) -> bool:
        """Tell whether a name is that of an argument of which there are not so many."""
        arguments = self.scope.arguments
        return name.isdigit() and name != "0" and arguments is not None and int(name) > len(arguments)

    def _parameter(self, part: Parameter) -> str | list[str]:
        value = self._stored(part)
        if part.length:
            return _length(value)
        if part.operator in {":-", "-", ":=", "=", ":?", "?", ":+", "+"}:
            return self._default(part, value)
        if value is None or (value == "" and self._is_beyond(part.name)):
            self.scope.miss(part.name)
            value = "" if part.name.isdigit() or self.scope.knows_all else UNKNOWN
        if part.operator is None:
            return value
        if isinstance(value, list):
            if part.operator == "slice":
                return self._slice_list(value, part)
            return [self._operate(part, text) for text in value]
        return self._operate(part, value)

    def _stored(self, part: Parameter) -> str | list[str] | None:
        value = self.scope.get(part.name)
        if part.indirect:
            named = self.scope.get(value) if isinstance(value, str) and value and UNKNOWN not in value else None
            return UNKNOWN if named is None else named
        if part.index is None:
            return value[0] if isinstance(value, list) and value and part.name not in {"@", "*"} else value
        return self._element(part, value, self.text(part.index))

    def _element(self, part: Parameter, value: str | list[str] | None, index: str) -> str | list[str] | None:
        """Return what `${name[index]}` gives: all elements, or one of an array or of an associative array."""
        if index in {"@", "*"}:
            items = [value] if isinstance(value, str) else value
            return items if index == "@" or items is None or not part.quoted else " ".join(items)
        if isinstance(value, list):
            number = int(index) if index.lstrip("-").isdigit() and len(index) < 9 else None
            return UNKNOWN if number is None else "".join(value[number : number + 1 or None])
        element = self.scope.get(f"{part.name}[{index}]")
        return element if element is not None else (value if index == "0" else UNKNOWN)

    def _default(self, part: Parameter, value: str | list[str] | None) -> str | list[str]:
        """Return what the `:-` family gives; the argument is expanded where it may be used."""
        operator = part.operator or ""
        if (value is None or value == UNKNOWN) and not self.scope.is_unset(part.name):
            self._argument(part)
            if operator.endswith("="):
                self.scope.set(part.name, UNKNOWN)
            return UNKNOWN
        missing = value is None or (operator.startswith(":") and not value)
        if operator.endswith("+"):
            return "" if missing else self._argument(part)
        if not missing and value is not None:
            return value
        default = self._argument(part)
        if operator.endswith("="):
            self.scope.set(part.name, default if isinstance(default, str) else " ".join(default))
        return UNKNOWN if operator.endswith("?") else default

    def _argument(self, part: Parameter) -> str | list[str]:
        if part.argument is None:
            return ""
        inner = part.argument.parts
        if len(inner) == 1 and isinstance(inner[0], Parameter):
            return self._parameter(inner[0])  # ${x:-"$@"} keeps its words
        return self.text(part.argument)

    def _operate(self, part: Parameter, value: str) -> str:
        operator = part.operator or ""
        if operator == "slice":
            return self._slice(value, part)
        argument = self.pattern(part.argument)
        if UNKNOWN in argument:
            return UNKNOWN
        if operator in {"#", "##", "%", "%%"}:
            return self.scope.through(value, lambda text: _trim(text, argument, operator))
        if operator in {"/", "//"}:
            new = self.text(part.replacement)
            return self.scope.through(value, lambda text: _replace(text, argument, new, every=operator == "//"))
        if operator in {"^", "^^", ",", ",,"}:
            return self.scope.through(value, lambda text: _change_case(text, operator))
        return self.scope.through(value, lambda text: _at(text, argument))

    def pattern(self, word: Word | None) -> str:
        """Return a pattern argument with its quoted characters escaped."""
        if word is None:
            return ""
        out = []
        for part in word.parts:
            value = self._value(part)
            text = " ".join(value) if isinstance(value, list) else value
            out.append(_escape(text) if getattr(part, "quoted", False) else text)
        return "".join(out)

    def _slice(self, value: str, part: Parameter) -> str:
        start, length = self._bounds(part)
        if start is None:
            return UNKNOWN

        def cut(text: str) -> str:
            rest = text[start:] if start >= 0 or -start <= len(text) else ""
            return rest if length is None else rest[:length]

        return self.scope.through(value, cut)

    def _slice_list(self, value: list[str], part: Parameter) -> list[str]:
        start, length = self._bounds(part)
        if start is None:
            return [UNKNOWN]
        first = max(start - 1, 0) if part.name in {"@", "*"} else start
        return value[first:] if length is None else value[first:][:length]

    def _bounds(self, part: Parameter) -> tuple[int | None, int | None]:
        numbers: list[int | None] = []
        for word in (part.argument, part.replacement):
            text = self.text(word).strip()
            numbers.append(int(text) if text.lstrip("-").isdigit() and len(text) < 9 else None)
        if part.argument is None:
            numbers[0] = 0
        return numbers[0], numbers[1]


def _length(value: str | list[str] | None) -> str:
    return UNKNOWN if value is None or UNKNOWN in value else str(len(value))


def _at(value: str, argument: str) -> str:
    changed = {"U": value.upper(), "L": value.lower(), "u": value[:1].upper() + value[1:]}
    return changed.get(argument, value if argument in {"Q", "P", "E"} else UNKNOWN)


def _change_case(value: str, operator: str) -> str:
    change = str.upper if operator[0] == "^" else str.lower
    return change(value) if len(operator) == 2 else change(value[:1]) + value[1:]


def _trim(value: str, pattern: str, operator: str) -> str:
    """Return `${value#pattern}` and its kin: the shortest or longest match removed from one end."""
    from_start = operator[0] == "#"
    lengths = range(len(value) + 1) if len(operator) == 1 else range(len(value), -1, -1)
    for length in lengths:
        piece = value[:length] if from_start else value[len(value) - length :]
        if matches(pattern, piece):
            return value[length:] if from_start else value[: len(value) - length]
    return value


def _replace(value: str, pattern: str, new: str, *, every: bool) -> str:
    if len(value) > 4096 or not pattern:
        return UNKNOWN if pattern else value
    anchored = pattern[:1] if pattern[:1] in {"#", "%"} and not every else ""
    pattern = pattern[1:] if anchored else pattern
    if not has_pattern(pattern) and not anchored:
        return value.replace(unescape_pattern(pattern), new, -1 if every else 1)
    out, place = [], 0
    while place < len(value):
        end = _longest_match(value, place, pattern, to_end=anchored == "%")
        if end > place:
            out.append(new)
            place = end
            if not every:
                break
        elif anchored == "#":
            break
        else:
            out.append(value[place])
            place += 1
    return "".join(out) + value[place:]


def _longest_match(value: str, place: int, pattern: str, *, to_end: bool) -> int:
    ends = [len(value)] if to_end else range(min(len(value), place + 512), place, -1)
    return next((end for end in ends if matches(pattern, value[place:end])), place)


def _split_value(value: str) -> list[tuple[str, bool, bool]]:
    """Return an unquoted value's pieces, split at white space, with what that does to the fields around it."""
    if not value:
        return []
    if value[0] not in SPACE and value[-1] not in SPACE and len(value.split()) == 1:
        return [(value, False, True)]
    words = value.split()
    if not words:
        return [("", True, False)]
    closes = value[-1] in SPACE
    pieces = [(word, place > 0, True) for place, word in enumerate(words)]
    if value[0] in SPACE:
        pieces.insert(0, ("", True, True))
    if closes:
        pieces[-1] = (*pieces[-1][:2], False)
    return pieces


def _escape(text: str) -> str:
    if not any(character in "*?[" for character in text):
        return text
    return "".join(ESCAPE + character if character in "*?[" else character for character in text)


def unescape_pattern(pattern: str) -> str:
    """Return a pattern's text without the marks of quoting."""
    return pattern.replace(ESCAPE, "")
