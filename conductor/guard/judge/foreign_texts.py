"""Which text code in other languages puts into which file, where the function and both its literals are plain."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from conductor.guard.python.actions import Action

_WRITERS = (
    "writeFileSync(", "writeFile(", "Bun.write(", "writeTextFileSync(", "writeTextFile(", "outputFileSync(",
    "File.write(", "IO.write(", "file_put_contents(",
)  # fmt: skip


def text_actions(code: str) -> list[Action]:
    """Return what the code writes, as ("text", (path, text))."""
    found: list[Action] = []
    for writer in _WRITERS:
        place = code.find(writer)
        while place >= 0:
            path, place = literal(code, place + len(writer))
            text, _ = literal(code, place)
            if path and text is not None:
                found.append(("text", (path, text)))
            place = code.find(writer, place)
    return found


def literal(code: str, place: int) -> tuple[str | None, int]:
    """Return the string literal that comes next, behind commas and spaces, and where it ends; None where none does."""
    while code[place : place + 1] in {" ", ",", "\n", "\t"}:
        place += 1
    mark = code[place : place + 1]
    if mark not in {"'", '"', "`"}:
        return None, place
    out, place = [], place + 1
    while place < len(code) and code[place] != mark:
        if code[place] == "\\" and place + 1 < len(code):
            place += 1
            out.append({"n": "\n", "t": "\t"}.get(code[place], code[place]))
        else:
            out.append(code[place])
        place += 1
    found = "".join(out)
    return (None if mark == "`" and "${" in found else found), place + 1
