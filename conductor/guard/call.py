"""A tool call as the guard judges it, whichever agent makes it. Imports nothing: every hook starts with it."""

from __future__ import annotations


class Edit:
    """One change to a file: `content` for a whole file, or `old` replaced by `new`; `path` as the agent gave it."""

    __slots__ = ("content", "new", "old", "path")

    def __init__(self, path: str, *, content: str | None = None, old: str = "", new: str = "") -> None:
        self.path = path
        self.content = content
        self.old = old
        self.new = new


class Call:
    """What an agent is about to do, or did.

    `kind` is `shell` (with `command`), `edit` (with `edits`), `mcp` (with `arguments`) or `other`; `event` is the hook
    event's own name; `ok` says how a finished call ended, where the agent says it.
    """

    __slots__ = ("agent", "arguments", "command", "cwd", "edits", "event", "kind", "ok", "session", "tool", "use_id")

    def __init__(
        self, agent: str, event: str, tool: str, kind: str, *, session: str = "", cwd: str = "", use_id: str = ""
    ) -> None:
        self.agent = agent
        self.event = event
        self.tool = tool
        self.kind = kind
        self.session = session
        self.cwd = cwd
        self.use_id = use_id
        self.command = ""
        self.edits: list[Edit] = []
        self.arguments: dict[str, object] = {}
        self.ok: bool | None = None


class Answer:
    """What the hook process prints and how it exits."""

    __slots__ = ("code", "stderr", "stdout")

    def __init__(self, stdout: str = "", stderr: str = "", code: int = 0) -> None:
        self.stdout = stdout
        self.stderr = stderr
        self.code = code


def text_of(value: object) -> str:
    """Return the value where it is text, else nothing: a field of an unexpected type is a missing field."""
    return value if isinstance(value, str) else ""


def patch_edits(patch: str) -> list[Edit]:
    """Return the edits of a patch in the `*** Begin Patch` form."""
    edits: list[Edit] = []
    path, whole = "", False
    old: list[str] = []
    new: list[str] = []

    def close() -> None:
        if path:
            content = "\n".join(new) if whole else None
            edits.append(Edit(path, content=content, old="\n".join(old), new="\n".join(new)))

    for line in patch.split("\n"):
        if line.startswith("*** "):
            word, _, rest = line[4:].partition(": ")
            if word in ("Add File", "Update File", "Delete File", "Move to"):
                close()
                path, old, new, whole = rest.strip(), [], [], word in ("Add File", "Move to")
                if word == "Delete File":
                    whole = True
            elif word.startswith("End"):
                close()
                path = ""
        elif line.startswith("-"):
            old.append(line[1:])
        elif line.startswith("+"):
            new.append(line[1:])
        elif line.startswith(" "):
            old.append(line[1:])
            new.append(line[1:])
    close()
    return edits
