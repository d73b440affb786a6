"""Read a wheel's file name, and the words that GPU projects put into its local version."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from packaging.tags import Tag
from packaging.utils import InvalidWheelFilename, parse_wheel_filename
from packaging.version import InvalidVersion, Version

CUDA = re.compile(r"(?:^|[^a-z])?cu(?:da)?(\d{2,3})(?!\d)")
TORCH_DOTTED = re.compile(r"(?:torch|pt)[-_.]?v?(\d+)\.(\d+)(?:\.\d+)?")
TORCH_PACKED = re.compile(r"(?:torch|pt)(\d)(\d{1,2}?)0?(?![\d.])")
LABEL = re.compile(r"cxx11abi(true|false)", re.IGNORECASE)
# `(built for 2.3.0+cu121)`, or as xformers says it itself: `built for: PyTorch 2.3.0+cu121 with CUDA 1201`.
BUILT_FOR = re.compile(
    r"\bbuilt for:?\s+(?:(?:py)?torch\W*)?v?(?P<torch>\d+\.\d+[\w.]*)(?:[+ ](?P<build>(?:cu|cpu|rocm)[\w.]*))?",
    re.IGNORECASE,
)
REQUIREMENT = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*?)(?:(?:==|-|\s)v?(\d[\w.+!]*))?(?:\s|\(|$|;)")


@dataclass(frozen=True, slots=True)
class WheelName:
    """What a name says. `tags` is empty for what is not a wheel; `source` is True for a source package.

    `cuda` is `12` or `12.4` as the local version says, `torch` the torch minor it names, `label` the ABI label.
    `built_for` is the torch that a build is said to be for, `2.3.0+cu121`: it says both, and which patch.
    """

    file: str
    distribution: str
    version: str | None
    local: str | None
    tags: frozenset[Tag]
    source: bool
    cuda: str | None
    torch: str | None
    label: bool | None
    built_for: Version | None = None

    @property
    def is_wheel(self) -> bool:
        """Tell whether this is a wheel's file name."""
        return bool(self.tags)

    @property
    def is_linux_x86_64(self) -> bool:
        """Tell whether it is a wheel for Linux on x86_64, the only ones whose files are all in the facts."""
        return any("linux" in platform and platform.endswith("_x86_64") for platform in self.platforms)

    @property
    def pythons(self) -> tuple[str, ...]:
        """Return the interpreter tags, `cp310`."""
        return tuple(sorted({tag.interpreter for tag in self.tags}))

    @property
    def platforms(self) -> tuple[str, ...]:
        """Return the platform tags."""
        return tuple(sorted({tag.platform for tag in self.tags}))


def file_of(address: str) -> str:
    """Return the file name at the end of an address, with `%2B` and its like decoded."""
    return unquote(urlsplit(address.strip()).path.rpartition("/")[2] or address.strip())


def parse_wheel(text: str) -> WheelName:
    """Read a wheel's file name, an address that ends in one, or a requirement such as `torchvision==0.20.1+cu124`."""
    if re.match(r"[a-z+]+://", text.strip()):
        file = file_of(text)
    else:
        file = text.strip().replace("%2B", "+").replace("%2b", "+")
        file = file.rpartition("/")[2] if file.endswith(".whl") else file
    try:
        name, version, _, tags = parse_wheel_filename(file)
    except (InvalidWheelFilename, InvalidVersion, ValueError):
        return _requirement(file)
    return _named(file, name.replace("-", "_"), version, tags, source=False)


def _requirement(text: str) -> WheelName:
    if text.endswith(".whl"):
        return _named(text, text.partition("-")[0].lower(), None, frozenset(), source=False)
    found = REQUIREMENT.match(text.removesuffix(".tar.gz").removesuffix(".zip"))
    distribution = found[1].lower().replace("-", "_").replace(".", "_") if found else text.lower()
    source = text.endswith((".tar.gz", ".zip")) or bool(re.search(r"\bsdist\b|--no-binary|\bsource\b", text))
    version = None
    if found and found[2]:
        try:
            version = Version(found[2])
        except InvalidVersion:
            version = None
    return _named(text, distribution, version, frozenset(), source=source)


def _named(file: str, distribution: str, version: Version | None, tags: frozenset[Tag], *, source: bool) -> WheelName:
    local = version.local if version else None
    built_for = _built_for(file)
    words = ((built_for.local if built_for else local) or "").lower()
    cuda = CUDA.search(words)
    label = LABEL.search(words)
    return WheelName(
        file=file,
        distribution=distribution,
        version=version.public if version else None,
        local=local,
        tags=frozenset(tags),
        source=source,
        cuda=_cuda(cuda[1]) if cuda else None,
        torch=f"{built_for.major}.{built_for.minor}" if built_for else _torch(words),
        label=label[1].lower() == "true" if label else None,
        built_for=built_for,
    )


def _built_for(text: str) -> Version | None:
    found = BUILT_FOR.search(text)
    try:
        return Version(found["torch"] + (f"+{found['build']}" if found["build"] else "")) if found else None
    except InvalidVersion:
        return None


def _cuda(digits: str) -> str:
    return digits if len(digits) == 2 else f"{digits[:2]}.{digits[2:]}"


def _torch(words: str) -> str | None:
    found = TORCH_DOTTED.search(words) or TORCH_PACKED.search(words)
    return f"{found[1]}.{found[2]}" if found else None
