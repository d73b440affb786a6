"""What pure calls of Python give where their arguments are literal: text put together, split, decoded, paths joined."""

from __future__ import annotations

from conductor.guard.python.literals import decode_literal
from conductor.shell.expand import UNKNOWN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from conductor.guard.python.actions import Value


class PureCall:
    """A call as far as it is literal.

    `name` is dotted, `leaf` its last word, `owner` what it is a method of; `first` is the first argument's value,
    `texts` are all arguments as texts, `plain` those that are not starred.
    """

    __slots__ = ("first", "leaf", "name", "owner", "plain", "texts")

    def __init__(self, name: str, leaf: str, owner: Value, first: Value, *, texts: list[str], plain: list[str]) -> None:
        self.name = name
        self.leaf = leaf
        self.owner = owner
        self.first = first
        self.texts = texts
        self.plain = plain


def value_of(call: PureCall) -> Value:
    """Return what the call gives; None for one that is not known here."""
    if isinstance(call.owner, str) and call.leaf in _OF_TEXT:
        return _OF_TEXT[call.leaf](call.owner, call)
    if call.name in _NAMED:
        return _NAMED[call.name](call)
    if isinstance(call.first, str) and call.leaf in _OF_FIRST:
        return _OF_FIRST[call.leaf](call.first, call)
    return None


def _join(owner: str, call: PureCall) -> Value:
    return owner.join(call.first) if isinstance(call.first, list) else None


def _split(owner: str, call: PureCall) -> Value:
    return owner.split(call.texts[0] if call.texts and call.texts[0] not in {"", UNKNOWN} else None)


def _format(owner: str, call: PureCall) -> Value:
    for text in call.texts:
        owner = owner.replace("{}", text, 1)
    return owner


def _replace(owner: str, call: PureCall) -> Value:
    return owner.replace(call.texts[0], call.texts[1]) if len(call.texts) == 2 else owner


def _character(call: PureCall) -> Value:
    first = call.first
    return chr(int(first)) if isinstance(first, str) and first.isdigit() and int(first) < 0xD800 else None


def _path(_: str, call: PureCall) -> Value:
    return "/".join(call.plain)


def _matches(pattern: str, call: PureCall) -> Value:
    return [f"{call.owner}/{pattern}" if isinstance(call.owner, str) else pattern]


_OF_TEXT: dict[str, Callable[[str, PureCall], Value]] = {
    "join": _join,
    "split": _split,
    "format": _format,
    "replace": _replace,
    "strip": lambda owner, _: owner.strip(),
    "lower": lambda owner, _: owner.lower(),
    "decode": lambda owner, _: owner,
    "encode": lambda owner, _: owner,
    "joinpath": lambda owner, call: "/".join([owner, *call.texts]),
}
_NAMED: dict[str, Callable[[PureCall], Value]] = {
    "chr": _character,
    "os.path.join": lambda call: "/".join(call.texts),
    "shlex.split": lambda call: call.first.split() if isinstance(call.first, str) else None,
    "list": lambda call: call.first if isinstance(call.first, list) else None,
    **dict.fromkeys(("pathlib.Path.cwd", "Path.cwd", "os.getcwd"), lambda _: "."),
    **dict.fromkeys(("pathlib.Path.home", "Path.home"), lambda _: "~"),
}
_OF_FIRST: dict[str, Callable[[str, PureCall], Value]] = {
    **dict.fromkeys(("Path", "PurePath", "PosixPath", "str", "bytes", "fspath", "expanduser"), _path),
    **dict.fromkeys(("glob", "rglob", "iglob"), _matches),
    **dict.fromkeys(("b64decode", "decodebytes", "a2b_base64"), lambda first, _: decode_literal(first)),
}
