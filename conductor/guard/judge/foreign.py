"""Code in languages without a parser here: the strings near what starts a process, writes a file or sends a request."""

from __future__ import annotations

from conductor.rules.judge.http import WRITING, is_release_url
from conductor.shell.expand import UNKNOWN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from conductor.guard.python.actions import Action

_STARTERS = (
    "system", "exec", "spawn", "popen", "qx", "%x", "child_process", "passthru", "proc_open", "Process.", "Open3",
    "Deno.run", "Deno.Command", "Bun.$", "subprocess", "pty.",
)  # fmt: skip
_ALSO = {
    "perl": ("open(", "open "), "julia": ("run(",), "vim": ("!",), "python": ("pip", "!"), "ruby": ("open(",),
    "groovy": (".execute",), "emacs": ("shell-command", "call-process"), "elixir": ("cmd(",), "R": ("shell(",),
}  # fmt: skip
_BACKTICKS = frozenset({"perl", "ruby", "php", "julia", "bun"})
_DELETES = ("unlink", "remove", "rmSync", "rm(", "rm_", "delete", "File.delete")
_MOVES = ("rename", "move", "mv(", "mv ")
_OVERWRITES = ("write", "truncate", "copy", "cp(", "cp_", "cpSync", "createWriteStream", "file_put_contents", "Create")
# Functions of a language's files, in whose arguments a string is a path for certain.
_REMOVERS = ("unlink", "rmSync", "rmdir", "fs.rm", "promises.rm", "rm_r", "rm_f", "rmtree", "File.delete", "os.remove")
_COPIERS = ("copyFile", "cpSync", "fs.cp", "FileUtils.c", "FileUtils.mv", "rename", "File::Copy", "copy_file")
_WRITERS = ("writeFile", "WriteStream", "File.write", "IO.write", "file_put_contents", "truncate", "outputFile")
_MODES = frozenset({">", "+>", "w", "w+", "wb", "wt", "w:utf-8"})
_APPENDS = ("append", "'a'", '"a"', ">>", "'a+'", "FILE_APPEND")
_OPENS = ('"w"', "'w'", '">', "'>", "'w+'", '"w+"', "'>'", '">"', "'+<'", '"+<"', "'r+'", '"r+"')


def strings(code: str, *, backticks: bool) -> tuple[list[tuple[str, bool]], str]:
    """Return the code's string literals with whether each stands in backquotes, and the code without them."""
    found: list[tuple[str, bool]] = []
    bare: list[str] = []
    place = 0
    while place < len(code):
        character = code[place]
        if character in "'\"" or character == "`":
            end, text = _string(code, place)
            found.append((text, character == "`" and backticks))
            bare.append(character * 2)
            place = end
        else:
            bare.append(character)
            place += 1
    return found, "".join(bare)


def _string(code: str, start: int) -> tuple[int, str]:
    mark, place, out = code[start], start + 1, []
    while place < len(code) and code[place] != mark:
        if code[place] == "\\" and place + 1 < len(code):
            place += 1
            out.append({"n": "\n", "t": "\t"}.get(code[place], code[place]))
        else:
            out.append(code[place])
        place += 1
    return place + 1, "".join(out)


def foreign_actions(code: str, language: str) -> list[Action]:
    """Return what the code may do, judged by its words and strings."""
    found, bare = strings(code, backticks=language in _BACKTICKS)
    actions: list[Action] = [("shell", (text,)) for text, runs in found if runs]
    texts = [text for text, runs in found if not runs]
    if _starts(language, bare):
        actions += _commands(texts, bare)
        actions += [("shell", (text,)) for text in _delimited(code)]
    if language in {"expect", "gdb", "nu", "tclsh", "pwsh", "powershell"}:
        actions += _plain_lines(code)
    if language == "python":
        lines = [line.strip() for line in code.split("\n")]
        actions += [("shell", (line.lstrip("!%"),)) for line in lines if line[:1] in {"!", "%"}]
    actions += _writes(texts, bare, code)
    if any(method in code.upper() for method in WRITING):
        method = next((text for text in texts if text.upper() in WRITING), "POST")
        actions += [("request", (method, text)) for text in texts if is_release_url(text)]
    return actions


def _starts(language: str, bare: str) -> bool:
    """Tell whether the code holds a word that can start a process."""
    if language == "awk":
        return any(word in bare for word in ("system", "|", "getline"))
    if language in {"expect", "gdb", "pwsh", "osascript"}:
        return True
    return any(starter in bare for starter in (*_STARTERS, *_ALSO.get(language, ())))


def _may_be_command(text: str) -> bool:
    return any(character in " \t\n$`;|&" for character in text.strip())


def _commands(texts: list[str], bare: str) -> list[Action]:
    """Return each string as a command, and neighbouring strings as one call's words."""
    actions: list[Action] = [("shell", (text,)) for text in texts if _may_be_command(text)]
    for start in range(len(texts)):
        words = texts[start : start + 12]
        if len(words) > 1 and words[0] and not any(character.isspace() for character in words[0]):
            actions.append(("call", tuple(words)))
    joined = "".join(texts)
    if ("+" in bare or "." in bare) and len(texts) > 1 and " " in joined:
        actions.append(("shell", (joined,)))
    return actions


def _delimited(code: str) -> list[str]:
    """Return the text of Perl's `qx{…}` and Ruby's `%x(…)`."""
    closing = {"{": "}", "(": ")", "[": "]", "<": ">", "/": "/", "|": "|", "!": "!"}
    out = []
    for mark in ("qx", "%x"):
        place = code.find(mark)
        while place >= 0:
            opener = code[place + 2 : place + 3]
            end = code.find(closing[opener], place + 3) if opener in closing else -1
            if end > 0:
                out.append(code[place + 3 : end])
            place = code.find(mark, place + 2)
    return out


def _plain_lines(code: str) -> list[Action]:
    actions: list[Action] = []
    for line in code.replace(";", "\n").split("\n"):
        text = line.strip()
        for prefix in ("spawn ", "exec ", "shell ", "!", "^"):
            text = text.removeprefix(prefix)
        actions.append(("shell", (text,)))
    return actions


def _writes(texts: list[str], bare: str, code: str) -> list[Action]:
    kinds = []
    bare = bare.replace("stdout.write", "").replace("stderr.write", "").replace("STDOUT.write", "")
    if any(word in bare for word in _DELETES):
        kinds.append("delete")
    if any(word in bare for word in _MOVES):
        kinds.append("move")
    appends = any(word in code for word in _APPENDS)
    if (any(word in bare for word in _OVERWRITES) or any(word in code for word in _OPENS)) and not appends:
        kinds.append("overwrite")
    printed = [text for text in texts if f'> "{text}"' in code or f'>"{text}"' in code]
    if printed and ">>" not in code:
        return [("overwrite", (path,)) for path in printed]
    sure = _named(code) if kinds else {}
    paths = [text.lstrip("<>+ ") for text in texts if text.strip() and "\n" not in text and len(text) < 400]
    return [
        (sure.get((kind, path), f"{kind} guess"), (path, *paths))
        for kind in kinds
        for path in paths
        if UNKNOWN not in path
    ]


def _named(code: str) -> dict[tuple[str, str], str]:
    """Return the changes whose path is an argument of the very word that makes them, and how they are made.

    Of a copy only the last path is written; what a language removes may be a folder with everything in it.
    """
    found: dict[tuple[str, str], str] = {}
    copied, before = "", ("", "")
    for callee, text in _arguments(code):
        if callee.endswith("open") and before[0] == callee and {text, before[1]} & _MODES:
            found["overwrite", before[1] if text in _MODES else text] = "overwrite"
        before = (callee, text)
        if any(word in callee for word in _REMOVERS):
            found["delete", text] = "delete tree"
        elif any(word in callee for word in _COPIERS):
            found.pop(("overwrite", copied), None)
            found["overwrite", text] = "overwrite"
            copied = text
        elif any(word in callee for word in _WRITERS):
            found["overwrite", text] = "overwrite"
    return found


def _arguments(code: str) -> list[tuple[str, str]]:
    """Return each string with the word it is an argument of: before its parenthesis, or before the string itself."""
    found: list[tuple[str, str]] = []
    outer: list[str] = []
    word, ended, place = "", False, 0
    while place < len(code):
        character = code[place]
        if character in "'\"`":
            place, text = _string(code, place)
            found.append((outer[-1] if outer and outer[-1] else word, text))
            continue
        place += 1
        if character.isalnum() or character in "_.:":
            word = character if ended else word + character
            ended = False
        elif character.isspace():
            ended = True
        else:
            if character == "(":
                outer.append(word)
            elif character == ")":
                outer = outer[:-1]
            word, ended = "", False
    return found
