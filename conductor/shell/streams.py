"""Text that flows between commands."""

from __future__ import annotations


class Stream:
    """Text that flows into or out of a command.

    `origin` says where unknown text comes from: download, file, maybe (a branch that may not run) or ''.
    `path` is the file that it is the whole of, where that file is none that the same command wrote. `home` is where
    the text stands, for a here-document: what a visitor of the walk calls the place of a text.
    """

    __slots__ = ("home", "origin", "path", "place", "text")

    def __init__(self, text: str, origin: str = "", *, path: str = "", home: object = None) -> None:
        self.text = text
        self.origin = origin
        self.path = path
        self.place = 0
        self.home = home

    def line(self) -> str | None:
        """Take the next line, None at the end."""
        if self.place >= len(self.text):
            return None
        end = self.text.find("\n", self.place)
        end = len(self.text) if end < 0 else end
        line = self.text[self.place : end]
        self.place = end + 1
        return line

    def rest(self) -> str:
        """Take what is left."""
        text = self.text[self.place :]
        self.place = len(self.text)
        return text


NOTHING = Stream("")
