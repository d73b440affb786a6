"""What argparse makes of the words a program was typed with, as far as its calls are literal."""

from __future__ import annotations

import _ast

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from conductor.guard.python.code import Reader

_NAMES = frozenset({"args", "opts", "options", "arguments", "ns", "namespace", "parsed", "cli", "flags", "known", "a"})


class Arguments:
    """A program's options and words: `note` takes in each call, `value` and `given` answer for `args.NAME`."""

    def __init__(self, typed: list[str]) -> None:
        self.typed = typed
        self.positional: list[str] = []
        self.flags: dict[str, tuple[str, ...]] = {}
        self.valued: dict[str, tuple[tuple[str, ...], str]] = {}
        self.parsers: dict[int, str] = {}
        self.owners: dict[str, str] = {}
        self.tables: dict[str, dict[str, str]] = {}

    def first(self) -> str:
        """Return the first typed word that is no option, '' where there is none."""
        return (*self._words(), "")[0]

    def _words(self) -> list[str]:
        valued = {option for options, _ in self.valued.values() for option in options}
        words, skip = [], False
        for word in self.typed:
            if not skip and word[:1] != "-":
                words.append(word)
            skip = word in valued
        return words

    def note(self, node: Any, reader: Reader) -> None:
        """Take in a call of a parser's method."""
        if not isinstance(node.func, _ast.Attribute):
            return
        texts = [value for each in node.args if isinstance(value := reader.text_of(each), str)]
        keywords = {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
        if node.func.attr == "add_subparsers" and "dest" in keywords:
            self.positional.append(reader.text_of(keywords["dest"]) or "")
        elif node.func.attr == "add_parser" and texts:
            self.parsers[id(node)] = texts[0]
        elif node.func.attr == "add_argument" and texts:
            self._add(texts, keywords, reader)

    def _add(self, texts: list[str], keywords: dict[str, Any], reader: Reader) -> None:
        options = [text for text in texts if text[:1] == "-"]
        if not options:
            self.positional.append(texts[0])
            return
        name = reader.text_of(keywords["dest"]) if "dest" in keywords else None
        longest = next((text for text in options if text.startswith("--")), options[0])
        name = name or longest.lstrip("-").replace("-", "_")
        action = reader.text_of(keywords["action"]) if "action" in keywords else None
        if action == "store_true":
            self.flags[name] = tuple(options)
        elif action is None:
            default = reader.text_of(keywords["default"]) if "default" in keywords else None
            self.valued[name] = (tuple(options), default or "")

    def name_parser(self, name: str, node: Any) -> None:
        """Note that a name stands for what a call of `add_parser` gave."""
        if id(node) in self.parsers:
            self.owners[name] = self.parsers[id(node)]

    def parser_of(self, node: Any) -> str | None:
        """Return the word that chooses a parser, None for one that is not known."""
        return self.parsers.get(id(node)) or (self.owners.get(node.id) if isinstance(node, _ast.Name) else None)

    def value(self, owner: str, name: str) -> str | None:
        """Return `owner.name` as text, None where it is not an argument that is known."""
        if owner not in _NAMES:
            return None
        if name in self.positional:
            return (*self._words(), *[""] * len(self.positional))[self.positional.index(name)]
        if name not in self.valued:
            return None
        options, default = self.valued[name]
        for place, word in enumerate(self.typed):
            given, equals, value = word.partition("=")
            if given in options:
                return value if equals else (*self.typed[place + 1 :], "")[0]
        return default

    def given(self, owner: str, name: str) -> bool | None:
        """Tell whether a switch was typed, None where it is none that is known."""
        if owner not in _NAMES or name not in self.flags:
            return None
        return any(option in self.typed for option in self.flags[name])
