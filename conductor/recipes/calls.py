"""What the words of a call of make or just say.

Source: the GNU make manual, "Summary of Options" and "Overriding Variables"; the just manual, "Command-line Options".
"""

from __future__ import annotations

from conductor.programs import known
from conductor.programs.wrapping import is_assignment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


class MakeCall:
    """A call of make: the `folders` it goes to, one from another; the named `files`; makefiles as `texts`.

    `variables` hold over the makefile's own, `targets` are what is made, in order. `idle`: nothing is run.
    """

    __slots__ = ("files", "folders", "idle", "targets", "texts", "variables")

    def __init__(self, args: Sequence[str]) -> None:
        make = known("make")
        given = make.parse(args)
        self.folders = given.values(*make.chdir)
        self.files = given.values("-f", "--file", "--makefile")
        self.texts = given.values("--eval")
        self.idle = given.has(*make.idle)
        self.variables: dict[str, str] = {}
        self.targets: list[str] = []
        for word in given.words:
            name, equals, value = word.partition("=")
            if equals:
                self.variables[name.rstrip(":?+")] = value
            else:
                self.targets.append(word)


class JustCall:
    """A call of just: the named `file`, the `folder` it runs in, `variables`, then recipes with their `words`."""

    __slots__ = ("file", "folder", "idle", "variables", "words")

    def __init__(self, args: Sequence[str]) -> None:
        just = known("just")
        given = just.parse(args, stop=True)
        self.file = given.value("-f", "--justfile")
        self.folder = given.value(*just.chdir)
        self.idle = given.has(*just.idle)
        self.variables: dict[str, str] = {}
        self.words = given.after()
        while self.words and is_assignment(self.words[0]):
            name, _, value = self.words.pop(0).partition("=")
            self.variables[name] = value
