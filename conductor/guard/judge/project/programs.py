"""What a Python file of the project would start: the calls in functions that are called, decided by the typed words."""

from __future__ import annotations

import _ast

from conductor.guard.judge.interpreters import run_code
from conductor.guard.judge.project.arguments import Arguments
from conductor.guard.judge.relevant_names import ELSEWHERE
from conductor.guard.python.code import Reader, tree_of
from conductor.guard.python.literals import number_literal
from conductor.shell.conditions import both, either, negate
from conductor.shell.expand import UNKNOWN
from conductor.shell.flow import Leave

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from conductor.guard.judge.state import State
    from conductor.guard.judge.walker import Walker
    from conductor.guard.python.actions import Value

DEEPEST_CALL = 8
_EXITS = frozenset({"sys.exit", "exit", "quit", "os._exit"})
_HOST = {"sys.platform": "linux", "os.name": "posix", "os.sep": "/", "__name__": "__main__"}
_COMMANDS = frozenset({"command", "callback", "task", "main", "script", "subcommand"})  # decorators of what is typed


def run_python(runner: Walker, state: State, text: str, arguments: list[str], program: str) -> None:
    """Judge what the file's text does when it is run with these arguments."""
    tree = tree_of(text)
    if tree is None:
        return
    reader = ProgramReader(program, arguments, state)
    try:
        reader.visit(tree)
    except Leave:
        pass
    except RecursionError:
        return
    for number, action in enumerate(reader.actions):
        line, doubt = reader.marks[number]
        runner.stand_at(line)
        with runner.in_doubt(doubt):
            run_code(runner, state, [action], "the file")


class ProgramReader(Reader):
    """Walks a program: a function's body where it is called, a branch where its condition may hold."""

    def __init__(self, program: str, arguments: list[str], state: State) -> None:
        super().__init__(program, 0)
        self.names["sys.argv"] = ["", *arguments]
        self.arguments = Arguments(arguments)
        self.state = state
        self.functions: dict[str, Any] = {}
        self.methods: dict[str, Any] = {}
        self.running: list[str] = []
        self.marks: list[tuple[int, bool]] = []
        self.line = 1
        self.doubt = 0

    def visit(self, node: Any) -> None:
        """Visit a node; what it adds stands on its line."""
        if not isinstance(node, _ast.AST):
            super().visit(node)
            return
        self.line = getattr(node, "lineno", self.line)
        line = self.line
        special = _SPECIAL.get(type(node).__name__)
        if special is not None:
            special(self, node)
        else:
            super().visit(node)
        self._mark(line)

    def _mark(self, line: int = 0) -> None:
        self.marks += [(line or self.line, self.doubt > 0)] * (len(self.actions) - len(self.marks))

    def _watch(self, node: Any, kind: str) -> None:
        """Take no notice of texts: a program's are mostly no commands."""

    def _in_doubt(self, node: Any) -> None:
        self.doubt += 1
        try:
            self.visit(node)
        except Leave:
            pass
        finally:
            self.doubt -= 1

    def _return(self, node: Any) -> None:
        super().visit(node)
        self._mark()
        raise Leave("return")

    def _assign(self, node: Any) -> None:
        super()._assign(node)
        for target in node.targets:
            if isinstance(target, _ast.Name) and isinstance(node.value, _ast.Dict):
                pairs = zip(node.value.keys, node.value.values, strict=True)
                named = ((self._value(key), value) for key, value in pairs if key is not None)
                self.arguments.tables[target.id] = {
                    key: value.id for key, value in named if isinstance(key, str) and isinstance(value, _ast.Name)
                }

    def _statement(self, node: Any) -> None:
        super().visit(node)
        for target in node.targets:
            if isinstance(target, _ast.Name):
                self.arguments.name_parser(target.id, node.value)

    # What is not run where it stands

    def _function(self, node: Any) -> None:
        self.functions[node.name] = node
        for decorator in node.decorator_list:
            called = decorator.func if isinstance(decorator, _ast.Call) else decorator
            if not (isinstance(called, _ast.Attribute) and called.attr in _COMMANDS):
                continue
            first = self._value(decorator.args[0]) if isinstance(decorator, _ast.Call) and decorator.args else None
            name = first if isinstance(first, str) else node.name.replace("_", "-")
            if self.arguments.first() in {name, node.name}:
                self._invoke(node, [], {})

    def _class(self, node: Any) -> None:
        for each in node.body:
            if isinstance(each, (_ast.FunctionDef, _ast.AsyncFunctionDef)):
                self.methods[each.name] = each
                if each.name == "__init__":
                    self.functions[node.name] = each
            else:
                self.visit(each)

    def _skip(self, node: Any) -> None:
        """Leave out what is never called by itself."""

    def _branch(self, node: Any) -> None:
        self.visit(node.test)
        holds = self._decide(node.test)
        if holds is not False:
            self._in_doubt(node.body) if holds is None else self.visit(node.body)
        if holds is not True:
            self._in_doubt(node.orelse) if holds is None else self.visit(node.orelse)

    def _while(self, node: Any) -> None:
        self.visit(node.test)
        holds = self._decide(node.test)
        if holds is not False:
            self._in_doubt(node.body) if holds is None else self.visit(node.body)

    def _try(self, node: Any) -> None:
        self.visit(node.body)
        for handler in node.handlers:
            self._in_doubt(handler.body)
        self.visit(node.orelse)
        self.visit(node.finalbody)

    def _match(self, node: Any) -> None:
        subject = self._value(node.subject)
        for case in node.cases:
            pattern = getattr(case.pattern, "value", None)
            wanted = self._value(pattern) if isinstance(pattern, _ast.AST) else None
            if isinstance(subject, str) and isinstance(wanted, str) and UNKNOWN not in subject:
                if subject == wanted:
                    self.visit(case.body)
                    return
            else:
                self._in_doubt(case.body)

    # Calls

    def _call(self, node: Any) -> None:
        if self._dotted(node.func) in _EXITS:
            self._mark()
            raise Leave("exit")
        self.arguments.note(node, self)
        before = len(self.actions)
        super()._call(node)
        if len(self.actions) == before:
            self._call_own(node)

    def _call_own(self, node: Any) -> None:
        """Follow a call of a function of the file, and functions that are handed on."""
        function = None
        if isinstance(node.func, _ast.Name):
            function = self.functions.get(node.func.id)
        elif isinstance(node.func, _ast.Attribute) and self._dotted(node.func).partition(".")[0] not in self.modules:
            function = self.methods.get(node.func.attr)
        if function is not None:
            self._invoke(function, node.args, {each.arg: each.value for each in node.keywords if each.arg})
        if isinstance(node.func, _ast.Attribute) and node.func.attr == "set_defaults":
            chosen = self.arguments.parser_of(node.func.value)
            for keyword in node.keywords:
                self._handed_on(keyword.value, chosen=chosen is None or chosen == self.arguments.first())
            return
        if isinstance(node.func, _ast.Subscript) and isinstance(node.func.value, _ast.Name):
            self._look_up(node.func)
        for each in (*node.args, *(keyword.value for keyword in node.keywords)):
            self._handed_on(each, chosen=None)

    def _handed_on(self, node: Any, *, chosen: bool | None) -> None:
        """Follow a function that another one gets: that it is called is not certain unless the typed word chose it."""
        function = self.functions.get(node.id) if isinstance(node, _ast.Name) else None
        if function is None or chosen is False:
            return
        self.doubt += chosen is None
        self._invoke(function, [], {})
        self.doubt -= chosen is None

    def _look_up(self, node: Any) -> None:
        """`TABLE[word]()`: the function that a literal table has for the word."""
        table, word = self.arguments.tables.get(node.value.id), self._value(node.slice)
        for key, name in (table or {}).items():
            if key == word and name in self.functions:
                self._invoke(self.functions[name], [], {})

    def _invoke(self, function: Any, arguments: list[Any], keywords: dict[str, Any]) -> None:
        if len(self.running) >= DEEPEST_CALL or function.name in self.running:
            return
        values = [self._value(each) for each in arguments]
        named = {name: self._value(value) for name, value in keywords.items()}
        parameters = [each.arg for each in (*function.args.posonlyargs, *function.args.args)]
        if parameters[:1] == ["self"]:
            parameters = parameters[1:]
        before, line = dict(self.names), self.line
        defaults = function.args.defaults
        for name, default in zip(parameters[len(parameters) - len(defaults) :], defaults, strict=False):
            self.names[name] = self._value(default)
        self.names.update(dict(zip(parameters, values, strict=False)))
        if function.args.vararg:
            rest = values[len(parameters) :]
            self.names[function.args.vararg.arg] = [each if isinstance(each, str) else UNKNOWN for each in rest]
        self.names.update(named)
        self.running.append(function.name)
        try:
            self.visit(function.body)
        except Leave as leave:
            if leave.kind != "return":
                raise
        finally:
            self.running.pop()
            self.names, self.line = before, line

    # Values and conditions

    def _value(self, node: Any) -> Value:  # noqa: PLR0911 - one return a kind of value
        if isinstance(node, _ast.Attribute):
            dotted = self._dotted(node)
            if dotted == "sys.argv":
                return self.names.get("sys.argv")
            if dotted in _HOST:
                return _HOST[dotted]
            if (
                isinstance(node.value, _ast.Name)
                and (known := self.arguments.value(node.value.id, node.attr)) is not None
            ):
                return known
        if isinstance(node, _ast.Name) and node.id == "__name__":
            return "__main__"
        if isinstance(node, _ast.Subscript) and self._dotted(node.value) == "sys.argv":
            index, words = number_literal(node.slice), self.names.get("sys.argv")
            if index is not None and isinstance(words, list) and index >= len(words):
                return ""
        if isinstance(node, _ast.Call):
            environment = self._environment(node)
            if environment is not None:
                return environment
        return super()._value(node)

    def _environment(self, node: Any) -> str | None:
        """Return `os.environ.get(NAME)` where it was typed, or is known not to be set."""
        if self._dotted(node.func) not in {"os.environ.get", "os.getenv"} or not node.args:
            return None
        name = self._value(node.args[0])
        value = self.state.variables.get(name) if isinstance(name, str) else None
        if isinstance(value, str) and (value or len(node.args) == 1):
            return value
        if isinstance(name, str) and name in ELSEWHERE:
            default = self._value(node.args[1]) if len(node.args) > 1 else ""
            return default if isinstance(default, str) else ""
        return None

    def _decide(self, node: Any) -> bool | None:  # noqa: PLR0911 - one return a kind of condition
        if isinstance(node, _ast.BoolOp):
            join = both if isinstance(node.op, _ast.And) else either
            found = self._decide(node.values[0])
            for each in node.values[1:]:
                found = join(found, self._decide(each))
            return found
        if isinstance(node, _ast.UnaryOp) and isinstance(node.op, _ast.Not):
            return negate(self._decide(node.operand))
        if isinstance(node, _ast.Compare):
            return self._compare(node)
        if isinstance(node, _ast.Constant):
            return bool(node.value)
        if isinstance(node, _ast.Attribute) and isinstance(node.value, _ast.Name):
            given = self.arguments.given(node.value.id, node.attr)
            if given is not None:
                return given
        found = self._finds(node)
        if found is not None:
            return found
        value = self._value(node)
        if value is None or UNKNOWN in value:
            return None
        return value not in ("", "False", "None", "0", []) if isinstance(value, str) else bool(value)

    def _finds(self, node: Any) -> bool | None:
        """Decide `shutil.which(NAME)` as a truth value; None for anything else, and where it is not known."""
        if not (isinstance(node, _ast.Call) and node.args) or self._dotted(node.func) not in {"shutil.which", "which"}:
            return None
        name = self.text_of(node.args[0])
        return None if name is None or UNKNOWN in name else self.state.facts.finds(name)

    def _compare(self, node: Any) -> bool | None:
        """Decide a comparison of two literals; None where it is not known."""
        kind, other = type(node.ops[0]).__name__, node.comparators[0]
        if kind in {"Is", "IsNot"} and getattr(other, "value", 0) is None:
            found = self._finds(node.left)
            return found if kind == "IsNot" else negate(found)
        left, right = self._measured(node.left), self._value(other)
        if len(node.ops) != 1 or left is None or right is None or UNKNOWN in left:
            return None
        if kind in {"In", "NotIn"}:
            found = None if isinstance(right, str) and UNKNOWN in right else left in right
            return negate(found) if kind == "NotIn" else found
        if UNKNOWN in right:
            return None
        return (left == right) is (kind == "Eq") if kind in {"Eq", "NotEq"} else _in_order(kind, left, right)

    def _measured(self, node: Any) -> Value:
        """Return a literal's value, that of `len(…)` as its digits."""
        if isinstance(node, _ast.Call) and node.args and self._dotted(node.func) == "len":
            items = self._value(node.args[0])
            if isinstance(items, list):
                return str(len(items))
        return self._value(node)


def _in_order(kind: str, left: Value, right: Value) -> bool | None:
    """Compare two whole numbers; None for what are none."""
    if not (isinstance(left, str) and isinstance(right, str) and left.isdigit() and right.isdigit()):
        return None
    first, second = int(left), int(right)
    return {"Lt": first < second, "LtE": first <= second, "Gt": first > second, "GtE": first >= second}.get(kind)


_SPECIAL = {
    "Return": ProgramReader._return,  # noqa: SLF001
    "Assign": ProgramReader._statement,  # noqa: SLF001
    "FunctionDef": ProgramReader._function,  # noqa: SLF001 - the class's own table
    "AsyncFunctionDef": ProgramReader._function,  # noqa: SLF001
    "ClassDef": ProgramReader._class,  # noqa: SLF001
    "Lambda": ProgramReader._skip,  # noqa: SLF001
    "If": ProgramReader._branch,  # noqa: SLF001
    "While": ProgramReader._while,  # noqa: SLF001
    "Try": ProgramReader._try,  # noqa: SLF001
    "Match": ProgramReader._match,  # noqa: SLF001
}
