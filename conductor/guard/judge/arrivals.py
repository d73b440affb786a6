"""Files that arrive from elsewhere: downloads, and archives unpacked into a folder."""

from __future__ import annotations

from conductor.programs import known
from conductor.rules.judge.call import UNKNOWN, Call, Write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def leaf_of(url: str) -> str:
    """Return the file name that a download of an address gets."""
    return url.partition("?")[0].partition("#")[0].rstrip("/").rpartition("/")[2]


def downloaded(call: Call) -> list[str]:
    """Return the files that curl, wget or aria2c would write, as words; none for what goes to the output."""
    read = _DOWNLOADERS.get(call.name)
    return [name for name in (read(call) if read else []) if name and name not in {"-", "/dev/stdout"}]


def _curl(call: Call) -> list[str]:
    parsed = known("curl").parse(call.args)
    names = parsed.values("-o", "--output")
    if parsed.has("-O", "--remote-name", "--remote-name-all"):
        names += [leaf_of(url) for url in (*parsed.words, *parsed.values("--url"))]
    return _in_folder(parsed.value("--output-dir"), names)


def _wget(call: Call) -> list[str]:
    parsed = known("wget").parse(call.args)
    if parsed.has("--spider", "--help", "--version"):
        return []
    names = parsed.values("-O", "--output-document")
    if not names:
        names = _in_folder(parsed.value("-P", "--directory-prefix"), [leaf_of(url) for url in parsed.words])
    return names


def _aria(call: Call) -> list[str]:
    parsed = known("aria2c").parse(call.args)
    names = parsed.values("-o", "--out") or [leaf_of(url) for url in parsed.words]
    return _in_folder(parsed.value("-d", "--dir"), names)


def _in_folder(folder: str | None, names: list[str]) -> list[str]:
    return [f"{folder}/{name}" if folder and name[:1] != "/" else name for name in names]


_DOWNLOADERS: dict[str, Callable[[Call], list[str]]] = {
    "curl": _curl,
    "curlie": _curl,
    "wget": _wget,
    "wget2": _wget,
    "aria2c": _aria,
}


def _downloads(call: Call) -> list[Write]:
    by = call.text()
    paths = [call.place.path(name) for name in downloaded(call) if not name.startswith(UNKNOWN)]
    return [Write("overwrite", path, by, creates=True) for path in paths]


def _unpack(call: Call, folder: str | None) -> list[Write]:
    """Return the arrival of files that only the archive knows in a folder, else where the call runs."""
    if folder is not None and folder.startswith(UNKNOWN):
        return []
    return [Write("unpack", call.place.path(folder or "."), call.text())]


def _tar(call: Call) -> list[Write]:
    # The first word may be options without their dash: `tar xzf x.tgz`.
    old = call.args[:1] and call.args[0][:1] != "-" and call.args[0].isalpha()
    parsed = known("tar").parse([f"-{call.args[0]}", *call.args[1:]] if old else call.args)
    extracts = parsed.has("-x") or parsed.abbreviates("--extract", 5) or parsed.has("--get")
    return _unpack(call, parsed.value("-C", "--directory")) if extracts and not parsed.has("-O", "--to-stdout") else []


def _unzip(call: Call) -> list[Write]:
    parsed = known("unzip").parse(call.args)
    reads = parsed.has("-l", "-t", "-p", "-v", "-z", "-Z", "-h", "--help", "-c")
    return _unpack(call, parsed.value("-d")) if parsed.words and not reads else []


def _seven(call: Call) -> list[Write]:
    """`7z x FILE -oFOLDER`."""
    if call.args[:1] not in (["x"], ["e"]):
        return []
    folders = [argument[2:] for argument in call.args if argument.startswith("-o") and len(argument) > 2]
    return _unpack(call, folders[-1] if folders else None)


def _cpio(call: Call) -> list[Write]:
    parsed = known("cpio").parse(call.args)
    extracts = parsed.has("-i", "--extract", "-p", "--pass-through")
    folder = parsed.value("-D", "--directory") or (parsed.words[-1] if parsed.has("-p") and parsed.words else None)
    return _unpack(call, folder) if extracts else []


def _wheel(call: Call) -> list[Write]:
    parsed = known("wheel").parse(call.args)
    return _unpack(call, parsed.value("-d", "--dest")) if parsed.words[:1] == ["unpack"] else []


ARRIVALS: dict[str, Callable[[Call], list[Write]]] = {
    **dict.fromkeys(_DOWNLOADERS, _downloads),
    **dict.fromkeys(("tar", "gtar", "bsdtar"), _tar),
    "unzip": _unzip,
    **dict.fromkeys(("7z", "7za", "7zz"), _seven),
    "cpio": _cpio,
    "wheel": _wheel,
}
