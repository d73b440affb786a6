"""Turn shfmt's JSON tree into our nodes, with quotes removed."""

from __future__ import annotations

from conductor.shell.nodes import (
    Arithmetic,
    ArithmeticCommand,
    Assignment,
    Case,
    ExtendedGlob,
    Function,
    Group,
    If,
    Loop,
    Parameter,
    Pipeline,
    Position,
    ProcessFile,
    Redirection,
    Script,
    Sequence,
    Simple,
    Statement,
    Substitution,
    Test,
    Text,
    Word,
    Wrapped,
)
from conductor.shell.quoting import split_unquoted, unescape_ansi, unescape_double

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from conductor.shell.nodes import Command, Expression, Part

    Tree = dict[str, Any]

_NOWHERE = {"Offset": 0, "Line": 1, "Col": 1}


def build_script(tree: Tree) -> Script:
    """Return the Script of shfmt's `File` node."""
    return Script(_statements(tree.get("Stmts")))


def _position(tree: Tree) -> Position:
    place = tree.get("Pos", _NOWHERE)
    return Position(place["Offset"], place["Line"], place["Col"])


def _statements(trees: list[Tree] | None) -> tuple[Statement, ...]:
    return tuple(_statement(tree) for tree in trees or ())


def _statement(tree: Tree) -> Statement:
    command = tree.get("Cmd")
    return Statement(
        _command(command) if command else None,
        tuple(_redirection(redirection) for redirection in tree.get("Redirs") or ()),
        _position(tree),
        negated=bool(tree.get("Negated")),
        background=bool(tree.get("Background") or tree.get("Coprocess")),
    )


def _command(tree: Tree) -> Command:
    return _COMMANDS[tree["Type"]](tree)


def _call(tree: Tree) -> Command:
    assignments = tuple(_assignment(assign) for assign in tree.get("Assigns") or ())
    return Simple(assignments, tuple(_word(word) for word in tree.get("Args") or ()), _position(tree))


def _declaration(tree: Tree) -> Command:
    options, assignments = [], []
    for argument in tree.get("Args") or ():
        if "Name" in argument:
            assignments.append(_assignment(argument))
        elif "Value" in argument:
            options.append(_word(argument["Value"]))
    keyword = tree["Variant"]["Value"]
    place = _position(tree)
    name = Word((Text(keyword, quoted=False),), place)
    return Simple(tuple(assignments), (name, *options), place, keyword=keyword)


def _assignment(tree: Tree) -> Assignment:
    value = tree.get("Value")
    array = tree.get("Array")
    elements = None
    if array is not None:
        elements = tuple(_word(element["Value"]) for element in array.get("Elems") or () if "Value" in element)
    return Assignment(
        tree["Name"]["Value"],
        _word(value) if value else (None if tree.get("Naked") or array is not None else _empty(tree)),
        append=bool(tree.get("Append")),
        index=_index(tree),
        elements=elements,
    )


def _empty(tree: Tree) -> Word:
    return Word((), _position(tree))


def _index(tree: Tree) -> Word | None:
    index = tree.get("Index")
    return _word(index) if index and index.get("Type") == "Word" else None


def _binary(tree: Tree) -> Command:
    left, right = _statement(tree["X"]), _statement(tree["Y"])
    if tree["Op"] in {"&&", "||"}:
        return Sequence(left, tree["Op"], right)
    before = (
        left.command.statements
        if isinstance(left.command, Pipeline) and not left.redirections and not left.negated
        else (left,)
    )
    return Pipeline((*before, right))


def _if(tree: Tree) -> Command:
    branches = []
    following: Tree | None = tree
    while following:
        branches.append((_statements(following.get("Cond")), _statements(following.get("Then"))))
        following = following.get("Else")
    return If(tuple(branches))


def _for(tree: Tree) -> Command:
    head, body = tree["Loop"], _statements(tree.get("Do"))
    if head["Type"] == "CStyleLoop":
        expressions = tuple(_expression(head[name]) for name in ("Init", "Cond", "Post") if head.get(name))
        return Loop(body=body, expressions=expressions)
    items = head.get("Items")
    has_list = items is not None or "InPos" in head
    words = tuple(_word(word) for word in items or ()) if has_list else None
    return Loop(body=body, variable=head["Name"]["Value"], items=words)


def _while(tree: Tree) -> Command:
    return Loop(
        body=_statements(tree.get("Do")), condition=_statements(tree.get("Cond")), until=bool(tree.get("Until"))
    )


def _case(tree: Tree) -> Command:
    items = tuple(
        (tuple(_word(pattern) for pattern in item.get("Patterns") or ()), _statements(item.get("Stmts")))
        for item in tree.get("Items") or ()
    )
    return Case(_word(tree["Word"]), items)


def _function(tree: Tree) -> Command:
    name = tree.get("Name") or (tree.get("Names") or [{"Value": ""}])[0]
    return Function(name["Value"], _statement(tree["Body"]))


def _test(tree: Tree) -> Command:
    return Test(_condition(tree.get("X")))


def _condition(tree: Tree | None) -> Expression:
    """Return what stands in `[[ … ]]`, brackets left out."""
    if tree is None:
        return ("?",)
    kind = tree.get("Type")
    if kind == "Word":
        return _word(tree)
    if kind == "BinaryTest":
        return (tree["Op"], _condition(tree["X"]), _condition(tree["Y"]))
    if kind == "UnaryTest":
        return (tree["Op"], _condition(tree["X"]))
    return _condition(tree["X"]) if kind == "ParenTest" else ("?",)


def _wrapped(tree: Tree) -> Command:
    inner = tree.get("Stmt")
    return Wrapped("time" if tree["Type"] == "TimeClause" else "coproc", _statement(inner) if inner else None)


_COMMANDS = {
    "CallExpr": _call,
    "DeclClause": _declaration,
    "BinaryCmd": _binary,
    "Block": lambda tree: Group(_statements(tree.get("Stmts")), subshell=False),
    "Subshell": lambda tree: Group(_statements(tree.get("Stmts")), subshell=True),
    "IfClause": _if,
    "ForClause": _for,
    "WhileClause": _while,
    "CaseClause": _case,
    "FuncDecl": _function,
    "TestClause": _test,
    "TestDecl": lambda tree: Group(_statements([tree["Body"]]), subshell=False),
    "ArithmCmd": lambda tree: ArithmeticCommand((_expression(tree["X"]),)),
    "LetClause": lambda tree: ArithmeticCommand(tuple(_expression(each) for each in tree.get("Exprs") or ())),
    "TimeClause": _wrapped,
    "CoprocClause": _wrapped,
}


def _redirection(tree: Tree) -> Redirection:
    number = tree.get("N")
    body = tree.get("Hdoc")
    target = _word(tree["Word"]) if "Word" in tree else _empty(tree)
    return Redirection(
        tree["Op"],
        target,
        number=number["Value"] if number else None,
        body=_heredoc(body, expands=not target.quoted()) if tree["Op"] in {"<<", "<<-"} else None,
        position=_position(tree),
    )


def _heredoc(tree: Tree | None, *, expands: bool) -> Word:
    if tree is None:
        return Word((), Position(0, 1, 1))
    parts: list[Part] = []
    for part in tree.get("Parts") or ():
        if part["Type"] == "Lit":
            raw = part.get("Value", "")
            parts.append(Text(unescape_double(raw, "$`\\") if expands else raw, quoted=True))
        else:
            parts += _part(part, quoted=True)
    return Word(tuple(parts), _position(tree))


def _word(tree: Tree) -> Word:
    parts: list[Part] = []
    for part in tree.get("Parts") or ():
        parts += _part(part, quoted=False)
    return Word(tuple(parts), _position(tree))


def _part(tree: Tree, *, quoted: bool) -> list[Part]:
    """Return a part's nodes. shfmt has no other kinds unless it is asked to split braces, which it isn't."""
    build = _PARTS.get(tree["Type"])
    return build(tree, quoted) if build else [Text("", quoted=True)]


def _literal(tree: Tree, quoted: bool) -> list[Part]:  # noqa: FBT001 - one signature for all parts
    raw = tree.get("Value", "")
    if quoted:
        return [Text(unescape_double(raw), quoted=True)]
    return [Text(text, quoted=is_quoted) for text, is_quoted in split_unquoted(raw)]


def _single_quoted(tree: Tree, _: bool) -> list[Part]:  # noqa: FBT001
    raw = tree.get("Value", "")
    return [Text(unescape_ansi(raw) if tree.get("Dollar") else raw, quoted=True)]


def _double_quoted(tree: Tree, _: bool) -> list[Part]:  # noqa: FBT001
    inside: list[Part] = []
    for part in tree.get("Parts") or ():
        inside += _part(part, quoted=True)
    return inside or [Text("", quoted=True)]


_PARTS: dict[str, Callable[[Tree, bool], list[Part]]] = {
    "Lit": _literal,
    "SglQuoted": _single_quoted,
    "DblQuoted": _double_quoted,
    "ParamExp": lambda tree, quoted: [_parameter(tree, quoted=quoted)],
    "CmdSubst": lambda tree, quoted: [Substitution(_statements(tree.get("Stmts")), quoted=quoted)],
    "ProcSubst": lambda tree, _: [ProcessFile(tree["Op"], _statements(tree.get("Stmts")))],
    "ArithmExp": lambda tree, _: [Arithmetic(_expression(tree.get("X")))],
    "ExtGlob": lambda tree, _: [ExtendedGlob(tree["Op"][0], tree.get("Pattern", {}).get("Value", ""))],
}


def _optional_word(tree: Tree | None) -> Word | None:
    if tree is None:
        return None
    return _word(tree) if "Parts" in tree else Word((), Position(0, 1, 1))


def _parameter(tree: Tree, *, quoted: bool) -> Parameter:
    name = (tree.get("Param") or {}).get("Value", "")
    flags: dict[str, Any] = {
        "quoted": quoted,
        "index": _index(tree),
        "length": bool(tree.get("Length")),
        "indirect": bool(tree.get("Excl")),
    }
    if "Exp" in tree:
        expansion = tree["Exp"]
        return Parameter(name, operator=expansion["Op"], argument=_optional_word(expansion.get("Word")), **flags)
    if "Repl" in tree:
        replace = tree["Repl"]
        operator = "//" if replace.get("All") else "/"
        original, new = _optional_word(replace.get("Orig")), _optional_word(replace.get("With"))
        return Parameter(name, operator=operator, argument=original, replacement=new, **flags)
    if "Slice" in tree:
        part = tree["Slice"]
        start, length = _slice_word(part.get("Offset")), _slice_word(part.get("Length"))
        return Parameter(name, operator="slice", argument=start, replacement=length, **flags)
    return Parameter(name, **flags)


def _slice_word(tree: Tree | None) -> Word | None:
    """Return `${x:OFFSET:LENGTH}`'s number as a word, an expression as an arithmetic one."""
    if tree is None:
        return None
    if tree.get("Type") == "Word":
        return _word(tree)
    return Word((Arithmetic(_expression(tree)),), _position(tree))


def _expression(tree: Tree | None) -> Expression:
    if tree is None:
        return ("?",)
    kind = tree.get("Type")
    if kind == "Word":
        return _word(tree)
    if kind == "BinaryArithm":
        return (tree["Op"], _expression(tree["X"]), _expression(tree["Y"]))
    if kind == "UnaryArithm":
        operator = ("post" if tree.get("Post") else "") + tree["Op"]
        return (operator, _expression(tree["X"]))
    if kind == "ParenArithm":
        return _expression(tree["X"])
    return ("?",)
