"""What Python code given on a command line does: the processes, files and requests its tree shows.

The tree comes from the builtin compiler (`PyCF_ONLY_AST`): nothing is executed, and `ast` need not be imported.
"""

from __future__ import annotations

import _ast

from conductor.guard.python.files import file_actions, note_handles, text_actions
from conductor.guard.python.literals import number_literal, plain_literal
from conductor.guard.python.names import (
    CODE_CALLS,
    METHODS,
    PIP_CALLS,
    PROCESS_CALLS,
    REQUESTERS,
    SHELL_CALLS,
    STARTING,
)
from conductor.guard.python.pure_calls import PureCall, value_of
from conductor.programs.index import SHELLS
from conductor.shell.expand import UNKNOWN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from conductor.guard.python.actions import Action, Value

_ONLY_TREE = _ast.PyCF_ONLY_AST


def python_actions(code: str, program: str = "python3", depth: int = 0) -> list[Action] | None:
    """Return the code's actions in order, None where it is not Python 3; `program` is the interpreter that runs it."""
    tree = tree_of(code.strip("\n").expandtabs(8) + "\n")
    if tree is None:
        return None
    reader = Reader(program, depth)
    try:
        reader.visit(tree)
    except RecursionError:
        return [("ask", ("deeply nested code",))]
    return reader.finish()


def tree_of(code: str) -> Any:
    """Return the code's syntax tree, None where it is not Python 3."""
    try:
        return compile(code, "<code>", "exec", flags=_ONLY_TREE, dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


class Reader:
    """Walks a tree once, in order, following literal names."""

    def __init__(self, program: str, depth: int) -> None:
        self.program = program
        self.actions: list[Action] = []
        self.names: dict[str, Value] = {}
        self.modules: dict[str, str] = {}
        self.depth = depth
        self.called: set[int] = set()
        self.handles: dict[str, str] = {}
        self.loose = False
        self.texts: list[str] = []
        self.lists: list[tuple[str, ...]] = []

    def finish(self) -> list[Action]:
        """Return the actions; where a function that starts processes was passed on, every text may be a command."""
        if self.loose:
            self.actions += [("shell", (text,)) for text in self.texts if " " in text]
            self.actions += [("call", words) for words in self.lists]
        return self.actions

    def text_of(self, node: Any) -> str | None:
        """Return a literal text, None for what is none."""
        value = self._value(node)
        return value if isinstance(value, str) else None

    def value_of(self, node: Any) -> Value:
        """Return a literal text or list of texts, None for what is neither."""
        return self._value(node)

    def dotted(self, node: Any) -> str:
        """Return the name that an expression stands for, '' where that is not clear."""
        return self._dotted(node)

    def visit(self, node: Any) -> None:
        """Take in a node with everything below it."""
        if isinstance(node, list):
            for each in node:
                self.visit(each)
            return
        if not isinstance(node, _ast.AST):
            return
        kind = type(node).__name__
        self._enter(node, kind)
        self._watch(node, kind)
        for field in node._fields:
            self.visit(getattr(node, field, None))
        if kind == "For":
            self._for(node)
        if kind == "Call":
            self._call(node)

    def _enter(self, node: Any, kind: str) -> None:
        """Take in what a node means for the nodes below it."""
        note_handles(self, node, kind)
        if kind in {"Import", "ImportFrom"}:
            self._import(node, kind)
        elif kind == "Assign":
            self._assign(node)
        elif kind == "Call":
            self.called.add(id(node.func))
        elif kind in {"ListComp", "SetComp", "GeneratorExp"}:
            self._bind(node.generators[0])

    def _watch(self, node: Any, kind: str) -> None:
        """Notice a function that starts processes where it is not called by its name, and what it might be given."""
        if kind == "List" and node.elts and isinstance(node.elts[0], _ast.Constant):
            self.lists.append(tuple(self._list(node)))
        if kind in {"Attribute", "Name"} and id(node) not in self.called:
            self.loose = self.loose or self._dotted(node) in SHELL_CALLS | PROCESS_CALLS
        elif kind == "Constant" and isinstance(node.value, str):
            self.texts.append(node.value)
            self.loose = self.loose or (node.value in STARTING and bool({"os", "subprocess"} & set(self.modules)))

    def _bind(self, comprehension: Any) -> None:
        items = self._value(comprehension.iter)
        if isinstance(comprehension.target, _ast.Name) and isinstance(items, list) and items:
            self.names[comprehension.target.id] = items[0]
            for item in items[1:20]:
                self.texts.append(item)
                self.loose = True

    def _import(self, node: Any, kind: str) -> None:
        module = "" if kind == "Import" else f"{node.module or ''}."
        for alias in node.names:
            if alias.name == "*":
                self.modules.update(
                    {leaf: f"{module}{leaf}" for leaf in STARTING | {"remove", "unlink", "rmtree", "main"}}
                )
            elif kind == "Import" and alias.asname is None:
                self.modules[alias.name.partition(".")[0]] = alias.name.partition(".")[0]
            else:
                self.modules[alias.asname or alias.name] = f"{module}{alias.name}"

    def _assign(self, node: Any) -> None:
        value = self._value(node.value)
        for target in node.targets:
            if isinstance(target, _ast.Name):
                self.names[target.id] = value
                dotted = self._dotted(node.value)
                if dotted and value is None:
                    self.modules[target.id] = dotted
            elif self._dotted(target) == "sys.argv" and isinstance(value, list):
                self.names["sys.argv"] = value
            elif isinstance(target, _ast.Subscript) and self._dotted(target.value) == "sys.argv":
                self.names["sys.argv"] = ["", *(value if isinstance(value, list) else [UNKNOWN])]

    def _for(self, node: Any) -> None:
        """Run a loop's body once for every literal item."""
        items = self._value(node.iter)
        if not isinstance(node.target, _ast.Name) or not isinstance(items, list):
            return
        for item in items[:20]:
            self.names[node.target.id] = item
            self.visit(node.body)

    # Names and values

    def _dotted(self, node: Any) -> str:
        """Return `os.system` for the expression that names it, with import aliases resolved; '' where unclear."""
        if isinstance(node, _ast.Name):
            return self.modules.get(node.id, node.id)
        if isinstance(node, _ast.Attribute):
            inner = self._dotted(node.value)
            return f"{inner}.{node.attr}" if inner else ""
        if isinstance(node, _ast.Call):
            name = self._dotted(node.func)
            first = self._value(node.args[0]) if node.args else None
            if name in {"__import__", "importlib.import_module", "import_module"} and isinstance(first, str):
                return first
            if name == "getattr" and len(node.args) > 1:
                attribute = self._value(node.args[1])
                return f"{self._dotted(node.args[0])}.{attribute}" if isinstance(attribute, str) else ""
        return ""

    def _value(self, node: Any) -> Value:  # noqa: PLR0911 - one return a kind of node
        """Return a literal text or list of texts; unknown parts are UNKNOWN; None where it is neither."""
        if isinstance(node, _ast.Constant):
            return node.value if isinstance(node.value, str) else plain_literal(node.value)
        if isinstance(node, (_ast.List, _ast.Tuple)):
            return self._list(node)
        if isinstance(node, _ast.Name):
            return self.names.get(node.id)
        if isinstance(node, _ast.BinOp):
            return self._sum(node)
        if isinstance(node, _ast.JoinedStr):
            return "".join(self._text(part) for part in node.values)
        if isinstance(node, _ast.FormattedValue):
            return self._text(node.value)
        if isinstance(node, _ast.Attribute):
            return {"sys.executable": self.program, "os.devnull": "/dev/null"}.get(self._dotted(node))
        if isinstance(node, _ast.Subscript):
            return self._slice(node)
        return self._computed(node) if isinstance(node, _ast.Call) else None

    def _slice(self, node: Any) -> Value:
        """Return `text[::-1]`, `text[2:]`, `words[0]` for literal bounds."""
        value = self._value(node.value)
        if value is None:
            return None
        if isinstance(node.slice, _ast.Slice):
            bounds = (node.slice.lower, node.slice.upper, node.slice.step)
            return value[slice(*(number_literal(bound) for bound in bounds))]
        index = number_literal(node.slice)
        return value[index] if index is not None and -len(value) <= index < len(value) else UNKNOWN

    def _list(self, node: Any) -> list[str]:
        out: list[str] = []
        for element in node.elts:
            if isinstance(element, _ast.Starred):
                value = self._value(element.value)
                out += value if isinstance(value, list) else [UNKNOWN]
            else:
                out.append(self._text(element))
        return out

    def _sum(self, node: Any) -> Value:
        left, right = self._value(node.left), self._value(node.right)
        if isinstance(left, list) and isinstance(right, list):
            return left + right
        if isinstance(node.op, _ast.Mod) and isinstance(left, str):
            values = right if isinstance(right, list) else [right if isinstance(right, str) else UNKNOWN]
            for value in values:
                left = left.replace("%s", value, 1)
            return left
        if isinstance(node.op, _ast.Div):
            return f"{self._text(node.left)}/{self._text(node.right)}"
        if isinstance(left, str) or isinstance(right, str):
            return self._text(node.left) + self._text(node.right)
        return None

    def _text(self, node: Any) -> str:
        value = self._value(node)
        return value if isinstance(value, str) else UNKNOWN

    def _computed(self, node: Any) -> Value:
        """Return what a pure call gives."""
        method = isinstance(node.func, _ast.Attribute)
        name = self._dotted(node.func)
        leaf = node.func.attr if method else name.rpartition(".")[2]
        owner = self._value(node.func.value) if method else None
        first = self._value(node.args[0]) if node.args else None
        plain = [self._text(argument) for argument in node.args if not isinstance(argument, _ast.Starred)]
        texts = [self._text(argument) for argument in node.args]
        return value_of(PureCall(name, leaf, owner, first, texts=texts, plain=plain))

    # Calls

    def _call(self, node: Any) -> None:
        name = self._dotted(node.func)
        leaf = node.func.attr if isinstance(node.func, _ast.Attribute) else name.rpartition(".")[2]
        keywords = {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
        arguments = [*node.args, *(keywords[key] for key in ("args", "cmd", "command") if key in keywords)]
        if name in SHELL_CALLS:
            self._start(arguments[0] if arguments else None, shell=True)  # noqa: S604 - nothing is started
        elif name in PROCESS_CALLS or (leaf in STARTING and name.partition(".")[0] in {"subprocess", "os"}):
            self._process(name, arguments, keywords)
        elif name in CODE_CALLS and arguments:
            self._inner(arguments[0])
        elif command := self._command(name, leaf, arguments):
            self._add("call", command)
        else:
            self._files(node, name, leaf, arguments, keywords)
            self.actions += text_actions(self, node, name, keywords)
            self._request(node, name, leaf, arguments, keywords)

    def _command(self, name: str, leaf: str, arguments: list[Any]) -> list[str]:
        """Return the command that a call of a package stands for: pip's main, runpy, ensurepip, `sh.git(…)`."""
        given = self.names.get("sys.argv")
        argv = given[1:] if isinstance(given, list) else [UNKNOWN]
        if name in PIP_CALLS or (name.startswith("pip.") and leaf == "main"):
            words = self._value(arguments[0]) if arguments else argv
            return [self.program, "-m", "pip", *(words if isinstance(words, list) else [UNKNOWN])]
        if name in {"runpy.run_module", "runpy.run_path"} and arguments:
            return [self.program, "-m", self._text(arguments[0]), *argv]
        if name.startswith("sh.") and self.modules.get("sh") == "sh":
            return [leaf, *(self._text(argument) for argument in arguments)]
        return [self.program, "-m", "ensurepip"] if name == "ensurepip.bootstrap" else []

    def _add(self, kind: str, values: list[str]) -> None:
        self.actions.append((kind, tuple(values)))

    def _process(self, name: str, arguments: list[Any], keywords: dict[str, Any]) -> None:
        leaf = name.rpartition(".")[2]
        shell = "shell" in keywords and getattr(keywords["shell"], "value", None) is True
        if leaf.startswith(("execl", "spawnl")):
            words = [self._text(argument) for argument in arguments[1 + leaf.startswith("spawn") :]]
            self._add("call", [self._text(arguments[leaf.startswith("spawn")]), *words[1:]])
        elif leaf.startswith(("execv", "spawnv", "posix_spawn")):
            place = 1 + leaf.startswith("spawnv")
            value = self._value(arguments[place]) if len(arguments) > place else None
            program = self._text(arguments[place - 1]) if len(arguments) >= place else UNKNOWN
            self._add("call", [program, *(value[1:] if isinstance(value, list) else [UNKNOWN])])
        elif leaf == "create_subprocess_exec":
            self._add("call", [self._text(argument) for argument in arguments])
        else:
            self._start(arguments[0] if arguments else None, shell=shell)
        if "input" in keywords and self.actions:
            self._input(self._value(keywords["input"]))

    def _input(self, text: Value) -> None:
        words = self.actions[-1][1]
        if isinstance(text, str) and words and words[0].rpartition("/")[2] in SHELLS.split():
            self._add("shell", [text])

    def _start(self, node: Any, *, shell: bool) -> None:
        value = self._value(node) if node is not None else None
        if isinstance(value, list):
            if shell and value:
                self._add("shell", [value[0]])
            self._add("call", value)
        elif isinstance(value, str):
            self._add("shell", [value])
        else:
            self.loose = True
            self._add("ask", ["a command"])

    def _inner(self, node: Any) -> None:
        value = self._value(node)
        if isinstance(value, str) and UNKNOWN not in value and self.depth < 4:
            self.actions += python_actions(value, self.program, self.depth + 1) or []
        elif (not isinstance(node, _ast.Constant) and not isinstance(node, _ast.Name)) or (
            isinstance(node, _ast.Name) and not isinstance(value, str)
        ):
            self._add("ask", ["code"])

    def _files(self, node: Any, name: str, leaf: str, arguments: list[Any], keywords: dict[str, Any]) -> None:
        owner = self._value(node.func.value) if isinstance(node.func, _ast.Attribute) else None
        texts = [self._text(argument) for argument in arguments]
        named = {key: self._text(value) for key, value in keywords.items()}
        self.actions += file_actions(name, leaf, owner if isinstance(owner, str) else None, texts, named)

    def _request(self, node: Any, name: str, leaf: str, arguments: list[Any], keywords: dict[str, Any]) -> None:
        texts = [self._text(argument) for argument in arguments]
        url = self._text(keywords["url"]) if "url" in keywords else (texts[0] if texts else "")
        owner = name.partition(".")[0].lower()
        if leaf in METHODS and (owner in REQUESTERS or isinstance(node.func, _ast.Attribute)):
            self._add("request", [leaf, url])
        elif leaf in {"request", "stream"} and len(texts) > 1:
            self._add("request", [texts[0], texts[1]])
        elif leaf == "Request" or name.endswith("urlopen"):
            method = self._text(keywords["method"]) if "method" in keywords else "GET"
            body = "data" in keywords or len(arguments) > 1
            self._add("request", ["POST" if body and method == "GET" else method, url])
