"""Files that arrive from elsewhere: archives that are unpacked into a folder."""

from __future__ import annotations

from conductor.programs import known
from conductor.rules.judge.call import UNKNOWN, Call, Write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


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
    **dict.fromkeys(("tar", "gtar", "bsdtar"), _tar),
    "unzip": _unzip,
    **dict.fromkeys(("7z", "7za", "7zz"), _seven),
    "cpio": _cpio,
    "wheel": _wheel,
}
