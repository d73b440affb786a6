"""A justfile as far as words tell: recipes with parameters, dependencies and bodies; variables; imports followed.

Source: the just manual, "Recipes", "Recipe Parameters", "Dependencies", "Expressions and Substitutions", "Imports".
"""

from __future__ import annotations

from conductor.recipes import UNKNOWN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from conductor.recipes import Read

_DEEPEST = 20


class Parameter:
    """One parameter of a recipe: `many` takes all words that are left, `default` is an expression or None."""

    __slots__ = ("default", "many", "name")

    def __init__(self, name: str, default: str | None, *, many: bool) -> None:
        self.name = name
        self.default = default
        self.many = many


class Recipe:
    """A recipe: `needs` before it and `later` after it, each a name with expressions; `body` is (line, text) pairs.

    `header` is the line that opens it.
    """

    __slots__ = ("body", "header", "later", "name", "needs", "parameters", "path")

    def __init__(self, name: str, path: str, header: str) -> None:
        self.name = name
        self.path = path
        self.header = header
        self.parameters: list[Parameter] = []
        self.needs: list[list[str]] = []
        self.later: list[list[str]] = []
        self.body: list[tuple[int, str]] = []


class Justfile:
    """What the justfile and its imports define; `settings` are its `set` lines."""

    def __init__(self) -> None:
        self.settings: list[str] = []
        self.recipes: dict[str, Recipe] = {}
        self.variables: dict[str, str] = {}
        self.aliases: dict[str, str] = {}
        self.exported: set[str] = set()
        self.paths: list[str] = []

    def find(self, name: str) -> Recipe | None:
        """Return the recipe of a name or alias."""
        return self.recipes.get(self.aliases.get(name, name))

    @property
    def default(self) -> str:
        """Return the recipe that runs where none is named."""
        return "default" if "default" in self.recipes else next(iter(self.recipes), "")

    def expand(self, text: str, values: Mapping[str, str]) -> str:
        """Return a line of a recipe with its `{{…}}` put in."""
        out: list[str] = []
        at = 0
        while True:
            start = text.find("{{", at)
            end = text.find("}}", start)
            if start < 0 or end < 0:
                return "".join([*out, text[at:]])
            out.append(text[at:start])
            out.append("{{" if text[start : start + 4] == "{{{{" else self.value(text[start + 2 : end], values))
            at = start + 4 if text[start : start + 4] == "{{{{" else end + 2

    def value(self, expression: str, values: Mapping[str, str], depth: int = 0) -> str:
        """Return what an expression comes to: literals, names, `+` and `/`; anything else is UNKNOWN."""
        out = ""
        for joint, piece in _pieces(expression):
            one = self._atom(piece, values, depth)
            out = f"{out}/{one}" if joint == "/" else out + one
        return out

    def _atom(self, piece: str, values: Mapping[str, str], depth: int) -> str:
        if piece[:1] in {"'", '"'} and piece[-1:] == piece[:1]:
            mark = piece[:3] if piece[:3] in {"'''", '"""'} else piece[:1]
            return piece[len(mark) : -len(mark)]
        if piece in values:
            return values[piece]
        if piece in self.variables and depth < _DEEPEST:
            return self.value(self.variables[piece], {}, depth + 1)
        if piece in {"justfile_directory()", "invocation_directory()"}:
            return "."
        return UNKNOWN


def read_justfile(read: Read, names: tuple[str, ...]) -> Justfile | None:
    """Return the justfile that just reads: the first of these names that is there."""
    for name in names:
        text = read(name)
        if text is not None:
            found = Justfile()
            _read_into(found, read, name, text)
            return found
    return None


def _read_into(found: Justfile, read: Read, path: str, text: str) -> None:
    if path in found.paths or len(found.paths) > _DEEPEST:
        return
    found.paths.append(path)
    recipe: Recipe | None = None
    for number, line in enumerate(text.split("\n"), start=1):
        if line[:1] in {" ", "\t"} and recipe is not None:
            _body(recipe, number, line)
        elif line.strip():
            recipe = _statement(found, read, path, line)


def _body(recipe: Recipe, number: int, line: str) -> None:
    text = line.strip()
    before = recipe.body[-1] if recipe.body else (0, "")
    if before[1].endswith("\\") and not recipe.body[0][1].startswith("#!"):
        recipe.body[-1] = (before[0], f"{before[1][:-1]} {text}")
    elif text and (not text.startswith("#") or not recipe.body):
        recipe.body.append((number, line if recipe.body and recipe.body[0][1].startswith("#!") else text))


def _statement(found: Justfile, read: Read, path: str, line: str) -> Recipe | None:
    """Take a line that begins at the margin in; return the recipe that it opens, None for what opens none."""
    word, _, rest = line.strip().partition(" ")
    if word == "set":
        found.settings.append(line)
    if line[:1] in "#[" or word in {"set", "mod", "mod?", "unexport"}:
        return None
    if word in {"import", "import?"}:
        name = rest.strip().strip("'\"")
        folder = path.rpartition("/")[0]
        name = f"{folder}/{name}" if folder else name
        text = read(name)
        if text is not None:
            _read_into(found, read, name, text)
        return None
    name, colon, value = line.partition(":=")
    words = name.split()
    if colon and words[:1] == ["alias"]:
        found.aliases[words[-1]] = value.strip()
    elif colon and len(words) <= 2 and (len(words) == 1 or words[0] == "export"):
        found.variables[words[-1]] = value.strip()
        if words[0] == "export":
            found.exported.add(words[-1])
    else:
        return _header(found, path, line)
    return None


def _header(found: Justfile, path: str, line: str) -> Recipe | None:
    words = _split(line.split(" #", maxsplit=1)[0].rstrip() if line.count("'") + line.count('"') == 0 else line)
    place = next((place for place, word in enumerate(words) if word == ":"), -1)
    if place < 1:
        return None
    recipe = Recipe(words[0].lstrip("@"), path, line)
    at = 1
    while at < place:
        name = words[at]
        has_default = words[at + 1 : at + 2] == ["="]
        default = words[at + 2] if has_default and at + 2 < place else None
        recipe.parameters.append(Parameter(name.lstrip("+*$"), default, many=name[:1] in {"+", "*"}))
        at += 3 if has_default else 1
    into = recipe.needs
    for word in words[place + 1 :]:
        if word.startswith("#"):
            break
        if word == "&&":
            into = recipe.later
        else:
            into.append(_split(word[1:-1]) if word.startswith("(") else [word])
    found.recipes.setdefault(recipe.name, recipe)
    return recipe


def _split(text: str) -> list[str]:
    """Split a header at spaces, `:` and `=`; strings, backquotes and brackets stay whole."""
    words, word, depth, mark = [], "", 0, ""
    for character in text:
        if mark:
            word += character
            mark = "" if character == mark else mark
            continue
        mark = character if character in "'\"`" else ""
        depth += (character == "(") - (character == ")")
        if depth or (character not in " \t:=" and not (character == ")" and not depth)):
            word += character
        elif character == ")":
            words.append(word + character)
            word = ""
        else:
            words += [word] if word else []
            words += [character] if character in ":=" else []
            word = ""
    return [*words, word] if word else words


def _pieces(expression: str) -> list[tuple[str, str]]:
    """Return an expression's operands, each with the operator before it."""
    pieces, start, depth, mark, joint = [], 0, 0, "", "+"
    for place, character in enumerate(expression):
        if mark:
            mark = "" if character == mark else mark
        elif character in "'\"`":
            mark = character
        elif character in "()":
            depth += 1 if character == "(" else -1
        elif character in "+/" and not depth:
            pieces.append((joint, expression[start:place].strip()))
            start, joint = place + 1, character
    return [*pieces, (joint, expression[start:].strip())]
