"""Which files a resolved call would change, and how."""

from __future__ import annotations

from conductor.guard.judge.git_writes import git_writes
from conductor.programs import find, known
from conductor.programs.options import Parsed
from conductor.rules.judge.call import UNKNOWN, Call, Write
from conductor.rules.judge.places import is_temporary
from conductor.rules.judge.work import FILES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_KEPT: tuple[str, ...] = ()  # the content is somewhere afterwards
_EMPTY = frozenset({"/dev/null", "/dev/zero"})
_ARRIVING = frozenset({"tar", "gtar", "bsdtar", "unzip", "7z", "7za", "7zz", "cpio", "wheel"})


def writes(call: Call) -> list[Write]:
    """Return the file changes a call makes by its arguments (redirections are the walker's)."""
    if call.name in _TABLE:
        return _TABLE[call.name](call)
    if call.name in _ARRIVING:
        from conductor.guard.judge.arrivals import ARRIVALS

        return ARRIVALS[call.name](call)
    return [*git_writes(call), *_fetched(call), *_told(call)]


def read(call: Call) -> Parsed:
    """Return a call's options and words as its program reads them."""
    return known(call.name).parse(call.args)


def _each(
    call: Call, kind: str, words: list[str], *, loses: tuple[str, ...] = FILES, deep: bool = False
) -> list[Write]:
    by = call.text()
    return [
        Write(kind, call.place.path(word), by, loses=loses, deep=deep) for word in words if word and word != UNKNOWN
    ]


def _remove(call: Call) -> list[Write]:
    parsed = read(call)
    if parsed.has("--help", "--version"):
        return []
    deep = parsed.has("-r", "-R") or parsed.abbreviates("--recursive", 3)
    return _each(call, "delete", parsed.words, deep=deep)


def _set_aside(call: Call) -> list[Write]:
    """`trash` keeps what it takes."""
    return _each(call, "delete", read(call).words, loses=_KEPT, deep=True)


def _truncate(call: Call) -> list[Write]:
    return _each(call, "overwrite", read(call).words)


def _touch(call: Call) -> list[Write]:
    return _each(call, "create", read(call).words)


def is_folder(call: Call, word: str) -> bool:
    """Tell whether a destination is known to be a folder."""
    path = call.place.path(word)
    if word.endswith("/") or word.rpartition("/")[2] in {".", ".."}:
        return True
    inside = call.place.inside(path)
    if inside is None:
        return call.place.facts.project.startswith(path.rstrip("/") + "/") or path == "/tmp"  # noqa: S108
    return inside == "" or any(name.startswith(inside + "/") for name in call.place.facts.files)


def destinations(call: Call, sources: list[str], target: str, *, folder: bool = False) -> list[Write]:
    """Return what writing these sources to that target overwrites."""
    by = call.text()
    names = [source.rstrip("/").rpartition("/")[2] for source in sources]
    if folder or len(sources) > 1 or is_folder(call, target):
        paths = [(call.place.path(f"{target}/{name}"), (name,)) for name in names if name]
        return [Write("overwrite", path, by, source, creates=True) for path, source in paths]
    # A folder that is moved or a file that is emptied is no copy beside what was there.
    creates = call.name not in {"mv", "gmv"} and not _EMPTY & set(sources)
    return [Write("overwrite", call.place.path(target), by, tuple(names), creates=creates)]


def _copy(call: Call) -> list[Write]:
    parsed = read(call)
    if parsed.has("--help", "--version") or (call.name == "install" and parsed.has("-d", "--directory")):
        return []
    folder = parsed.value("-t", "--target-directory")
    if folder is not None:
        return [*_linked(call, parsed.words), *destinations(call, parsed.words, folder, folder=True)]
    if len(parsed.words) == 1 and call.name == "ln":
        return [*_linked(call, parsed.words), *destinations(call, parsed.words, ".", folder=True)]
    if len(parsed.words) < 2:
        return []
    same_target = call.name in {"cp", "mv", "install"} and parsed.has("-T", "--no-target-directory")
    if same_target:
        return [Write("overwrite", call.place.path(parsed.words[-1]), call.text(), ())]
    return [*_linked(call, parsed.words[:-1]), *destinations(call, parsed.words[:-1], parsed.words[-1])]


def _linked(call: Call, sources: list[str]) -> list[Write]:
    """Return what gets another name through which it can be written."""
    return _each(call, "link", sources, loses=_KEPT) if call.name in {"ln", "link"} else []


def _move(call: Call) -> list[Write]:
    """What is moved is kept, but in /dev/null, or for a while where everything is temporary."""
    parsed = read(call)
    target = parsed.value("-t", "--target-directory")
    sources = parsed.words if target is not None else parsed.words[:-1]
    target = call.place.path(target if target is not None else (parsed.words or ["."])[-1])
    if target in _EMPTY:
        return _each(call, "delete", sources, deep=True)
    place = call.place
    passing = place.inside(target) is None and is_temporary(target, place.facts.home)
    return [*_each(call, "move", sources, loses=FILES if passing else _KEPT, deep=True), *_copy(call)]


def _rsync(call: Call) -> list[Write]:
    options = read(call)
    words = options.words
    if len(words) < 2 or options.has("-n", "--dry-run", "--list-only") or ":" in words[-1]:
        return []
    out = destinations(call, [word.rpartition(":")[2] for word in words[:-1]], words[-1])
    if any(name.startswith(("--delete", "--remove-source-files")) for name, _ in options.options):
        out += _each(call, "sweep", [words[-1]], deep=True)
    if options.has("--remove-source-files"):
        out += _each(call, "move", words[:-1], loses=_KEPT)
    return out


def _dd(call: Call) -> list[Write]:
    targets = [argument[3:] for argument in call.args if argument.startswith("of=")]
    appends = any("append" in argument for argument in call.args if argument.startswith("oflag="))
    return _each(call, "append" if appends and "conv=notrunc" in call.args else "overwrite", targets)


def _tee(call: Call) -> list[Write]:
    parsed = read(call)
    return _each(call, "append" if parsed.has("-a", "--append") else "overwrite", parsed.words)


def _sed(call: Call) -> list[Write]:
    suffix, has_script, words = None, False, []
    place = 0
    while place < len(call.args):
        argument = call.args[place]
        place += 1
        if argument.startswith("--"):
            name, _, value = argument.partition("=")
            suffix = value if name.startswith("--i") else suffix
            has_script = has_script or name in {"--expression", "--file"}
            place += name in {"--expression", "--file"} and "=" not in argument
        elif argument[:1] == "-" and len(argument) > 1:
            suffix, script, takes = _sed_cluster(argument, suffix)
            has_script = has_script or script
            place += takes
        else:
            words.append(argument)
    if suffix is None:
        return []
    files = words if has_script else words[1:]
    backups = [_backup_name(file, suffix) for file in files] if suffix else []
    return [*_each(call, "edit", files), *_each(call, "create", backups)]


def _sed_cluster(argument: str, suffix: str | None) -> tuple[str | None, bool, int]:
    """Read `-ni.bak` or `-Ee`: the in-place suffix, whether a script is given, and whether the next argument is it."""
    for number, letter in enumerate(argument[1:], start=1):
        if letter in {"i", "I"}:
            return argument[number + 1 :], False, 0
        if letter in {"e", "f"}:
            return suffix, True, int(number == len(argument) - 1)
        if letter == "l":
            break
    return suffix, False, 0


def _backup_name(file: str, suffix: str) -> str:
    if "*" in suffix:
        folder, slash, leaf = file.rpartition("/")
        return folder + slash + suffix.replace("*", leaf)
    return file + suffix


def _perl(call: Call) -> list[Write]:
    """Judge `perl -pi -e … FILE` (and ruby): files are edited in place where -i stands in a cluster."""
    suffix, words, has_code = None, [], False
    place = 0
    while place < len(call.args):
        argument = call.args[place]
        place += 1
        if argument[:1] != "-" or argument == "-":
            words.append(argument)
            continue
        for number, letter in enumerate(argument[1:], start=1):
            if letter in {"e", "E"}:
                has_code = True
                place += number == len(argument) - 1
                break
            if letter == "i":
                suffix = argument[number + 1 :]
                if suffix[:1] != "." and not suffix.startswith("*"):
                    has_code = has_code or "e" in suffix
                    place += suffix.endswith("e")
                    suffix = ""
                break
            if letter in {"M", "m", "I", "F", "C", "x", "0"} and letter != "0":
                break
    if suffix is None:
        return []
    files = words if has_code else words[1:]
    backups = [_backup_name(file, suffix) for file in files] if suffix else []
    return [*_each(call, "edit", files), *_each(call, "create", backups)]


def _awk(call: Call) -> list[Write]:
    parsed = read(call)
    if "inplace" not in parsed.values("-i", "--include"):
        return []
    return _each(call, "edit", parsed.words if parsed.has("-f", "--file") else parsed.words[1:])


def _editor(call: Call) -> list[Write]:
    words = [word for word in read(call).words if word[:1] != "+"]
    return _each(call, "edit", words) if not {"-R", "--version", "--help"} & set(call.args) else []


def _output(call: Call) -> list[Write]:
    """Judge a program that is told its output's name: sort, pandoc."""
    return _each(
        call, "overwrite", [value for value in read(call).values(*known(call.name).column("writes")) if value != "-"]
    )


def _fetched(call: Call) -> list[Write]:
    """Return the arrival of what a program downloads into files."""
    words = find(call.name)
    if words is None or not words.fetches:
        return []
    from conductor.programs.fetching import fetched  # rare, and a hook pays for what it imports

    fetch, by = fetched(call.name, call.args), call.text()
    return [Write("overwrite", call.place.path(name), by, creates=True) for name in (fetch.files if fetch else ())]


def _told(call: Call) -> list[Write]:
    """Return what a program writes beside its work because an option says so: a report, a log, an image's id."""
    words = find(call.name)
    if words is None:
        return []
    parsed = words.parse(call.args, stop=True) if words.runs() else words.read(call.args)
    command = words.command(parsed.words)
    files = parsed.values(*words.column("writes"), *command.column("writes"))
    return _each(call, "overwrite", [file for file in files if file != "-"], loses=_KEPT)


def _in_place(*flags: str) -> Callable[[Call], list[Write]]:
    def judge(call: Call) -> list[Write]:
        parsed = read(call)
        if (flags and not parsed.has(*flags)) or parsed.has("--check", "--help"):
            return []
        return _each(call, "edit", parsed.words)

    return judge


def _compress(call: Call) -> list[Write]:
    parsed = read(call)
    keeps = parsed.has("-k", "--keep", "-c", "--stdout", "-l", "--list", "-t", "--test", "--help")
    return [] if keeps else _each(call, "delete", parsed.words, loses=_KEPT)


def _chmod(call: Call) -> list[Write]:
    words = [word for word in call.args if word[:1] != "-" or word[1:2] in {"x", "r", "w"}]
    if len(words) < 2 or any(word.startswith("--reference") for word in call.args):
        return []
    mode = words[0]
    executable = (
        mode[-3:-2] in {"1", "3", "5", "7"} if mode.isdigit() else ("+" in mode or ("=" in mode and "x" in mode))
    )
    return _each(call, "rights" if executable and "-x" not in mode else "mode", words[1:], loses=_KEPT)


def _own(call: Call) -> list[Write]:
    words = read(call).words
    return _each(call, "rights", words if call.name == "setfacl" else words[1:], loses=_KEPT)


def _rename(call: Call) -> list[Write]:
    parsed = read(call)
    return [] if parsed.has("-n", "--no-act") else _each(call, "move", parsed.words, loses=_KEPT)


def _mkdir(call: Call) -> list[Write]:
    return _each(call, "folder", read(call).words, loses=_KEPT)


_TABLE: dict[str, Callable[[Call], list[Write]]] = {
    **dict.fromkeys(("rm", "unlink", "shred", "srm", "grm"), _remove),
    **dict.fromkeys(("trash", "trash-put", "rmtrash"), _set_aside),
    "mkdir": _mkdir,
    "truncate": _truncate,
    "touch": _touch,
    "cp": _copy,
    "gcp": _copy,
    "install": _copy,
    "ln": _copy,
    "link": _copy,
    "mv": _move,
    "gmv": _move,
    "rsync": _rsync,
    "scp": _rsync,
    "dd": _dd,
    "tee": _tee,
    "sponge": _tee,
    "sed": _sed,
    "gsed": _sed,
    "perl": _perl,
    "ruby": _perl,
    **dict.fromkeys(("awk", "gawk", "mawk", "nawk"), _awk),
    **dict.fromkeys(("ed", "red", "ex", "vi", "vim", "nvim", "nano", "pico", "emacs", "micro", "joe"), _editor),
    "sort": _output,
    "pandoc": _output,
    "jq": lambda _: [],
    "yq": _in_place("-i", "--inplace", "--in-place"),
    "prettier": _in_place("-w", "--write"),
    "mdformat": _in_place(),
    "dos2unix": _in_place(),
    "unix2dos": _in_place(),
    "codespell": _in_place("-w", "--write-changes"),
    "markdownlint": _in_place("-f", "--fix"),
    "markdownlint-cli2": _in_place("--fix"),
    "sd": lambda call: _each(call, "edit", read(call).words[2:]),
    "patch": lambda call: [] if "--dry-run" in call.args else _each(call, "edit", read(call).words[:1]),
    **dict.fromkeys(("gzip", "bzip2", "xz", "lzma"), _compress),
    "chmod": _chmod,
    "chown": _own,
    "chgrp": _own,
    "setfacl": _own,
    "rename": _rename,
    "prename": _rename,
}
