"""Was a wheel of this name ever published, and does this address serve it? Judged from the facts, never online."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from packaging.version import Version

from conductor.domain.day import Day
from conductor.knowledge import (
    companions,
    entries,
    is_published,
    published,
    published_on,
    published_wheels,
    torch_build,
)
from conductor.preflight.wheels.contents import companion_of
from conductor.preflight.wheels.faults import Fault, Reason
from conductor.preflight.wheels.name import WheelName, file_of

RELEASE_NAME = re.compile(
    r"flash_attn-(?P<version>[^+-]+)\+cu\d+torch\d+\.\d+cxx11abi(TRUE|FALSE)-cp\d+-cp\d+-(linux|win|macosx)\w+\.whl"
)
RELEASE_PAGE = re.compile(r"/releases/download/([^/]+)/([^/]+)")
# The hosts of the default Python index and of its files.
DEFAULT_INDEX = re.compile(r"(?:[\w-]+\.)?py(?:pi|thonh\w+)\.org")
PYTORCH_INDEX = {"download.pytorch.org", "download-r2.pytorch.org"}
# Patch releases after this minor may not all be in the facts.
LAST_COMPLETE_MINOR = (2, 13)


def publication_fault(wheel: WheelName, url: str | None, day: Day | None = None) -> Fault | None:
    """Return `not_published`, `url_404`, or None where the wheel may well be where it is said to be on that `day`.

    What a project never released may still be at another owner's address: what he keeps there is his. A file on disk
    has an address without a host. A name that pip cannot read is nowhere a wheel's.
    """
    judged = url is None or not wheel.is_wheel or _is_own_place(wheel, url)
    unpublished = _unpublished(wheel, url) if judged else None
    if unpublished:
        return Fault(Reason.NOT_PUBLISHED, unpublished)
    if judged and not is_published(wheel.distribution or "", wheel.version, day):
        since = published_on(wheel.distribution or "", str(wheel.version))
        return Fault(Reason.NOT_PUBLISHED, f"{wheel.distribution} {wheel.version} came out on {since}")
    wrong = _wrong_address(wheel, url) if url else None
    return Fault(Reason.URL_404, wrong) if wrong else None


def _is_own_place(wheel: WheelName, url: str) -> bool:
    if wheel.distribution == "flash_attn":
        return _is_below(url, "owners")
    known = [item.address.partition("{")[0] for item in companions(wheel.distribution) if item.address]
    if known:
        return url.startswith(tuple(known))
    host = (urlsplit(url).hostname or "").lower()
    return host in PYTORCH_INDEX or bool(DEFAULT_INDEX.fullmatch(host))


def _unpublished(wheel: WheelName, url: str | None) -> str | None:
    if not wheel.is_wheel:
        misnamed = wheel.file.endswith(".whl") and wheel.distribution in {"flash_attn", "torch"}
        return f"{wheel.file} is not the name of a wheel" if misnamed else None
    if wheel.distribution == "flash_attn":
        return _unpublished_flash_attn(wheel, url)
    if wheel.distribution == "torch":
        return _unpublished_torch(wheel)
    if wheel.distribution == "apex" and wheel.version == "0.1" and not wheel.local:
        known = {item.wheel(item.python[0]) for item in companions("apex")}
        return None if wheel.file in known else "no such apex wheel was ever published"
    return _unpublished_companion(wheel)


def _unpublished_flash_attn(wheel: WheelName, url: str | None) -> str | None:
    if published(wheel.file) or _is_unsure(wheel) or _is_newer_than_the_facts(wheel):
        return None
    if url or RELEASE_NAME.fullmatch(wheel.file):
        return "no release of flash-attn ever had this wheel"
    return None


def _is_newer_than_the_facts(wheel: WheelName) -> bool:
    releases = {one.version for one in published_wheels().values()}
    return wheel.version is not None and Version(wheel.version) > max(map(Version, releases))


def _is_unsure(wheel: WheelName) -> bool:
    for entry in entries("flash-attn"):
        for part in entry.get("wheels", ()):
            if wheel.file.startswith((f"flash_attn-{part}+", f"flash_attn-{part}-")):
                return True
    return False


def _unpublished_torch(wheel: WheelName) -> str | None:
    version = Version(str(wheel.version))
    if version.is_prerelease or version.release < (2, 0):
        return None
    build = torch_build(str(wheel.version))
    known_minor = version.release[:2] <= LAST_COMPLETE_MINOR
    if build is None:
        return f"there is no torch {version}" if known_minor else None
    if wheel.local and known_minor and torch_build(f"{version}+{wheel.local}") is None and wheel.local.startswith("cu"):
        return f"torch {version} was never built for {wheel.local}; there are {', '.join(build.cuda_builds)}"
    missing = _without_python(wheel, str(version))
    if missing:
        return missing
    platform = f"{build.platform}_x86_64"
    linux = [tag for tag in wheel.platforms if "linux" in tag and tag.endswith("_x86_64")]
    if linux and platform not in linux and (not wheel.local or build.platform == "manylinux_2_28"):
        return f"the wheels of torch {version} are tagged {platform}"
    return None


def _without_python(wheel: WheelName, torch: str) -> str | None:
    build, minors = torch_build(torch), _minors(wheel)
    if build is None or len(minors) < len(wheel.pythons) or any(build.supports(f"3.{minor}") for minor in minors):
        return None
    first, last = build.python
    return f"{wheel.distribution} {wheel.version} was published for Python {first} to {last} only"


def _unpublished_companion(wheel: WheelName) -> str | None:
    item = companion_of(wheel)
    if wheel.local or not wheel.is_linux_x86_64:
        # A build of the PyTorch index, or for another system: it is there for the Pythons that its torch is there for.
        return _without_python(wheel, item.exact_torch or "") if item and item.tags == "each" else None
    if item is None:
        return _never_released(wheel)
    if item.tags == "each" and not any(item.supports(f"3.{minor}") for minor in _minors(wheel)):
        first, last = item.python
        return f"{wheel.distribution} {wheel.version} was published for Python {first} to {last} only"
    platform = f"{item.platform}_x86_64"
    if platform not in wheel.platforms:
        return f"the wheels of {wheel.distribution} {wheel.version} are tagged {platform}"
    return None


def _never_released(wheel: WheelName) -> str | None:
    """Find a version between those that the facts list: after the last one they may be out of date."""
    known = [Version(item.version) for item in companions(wheel.distribution)]
    asked = Version(str(wheel.version))
    if known and not asked.is_prerelease and known[0] < asked < known[-1]:
        return f"there is no {wheel.distribution} {asked}"
    return None


def _minors(wheel: WheelName) -> tuple[int, ...]:
    """Return the minors of the CPythons that the tags name."""
    return tuple(int(tag[3:]) for tag in wheel.pythons if re.fullmatch(r"cp3\d+", tag))


def _is_below(url: str, kind: str) -> bool:
    """Tell whether the address is below one of the places that the facts list as `serves`, `owners`, `serves_not`."""
    parts = urlsplit(url.lower())
    address = f"{(parts.hostname or '').removeprefix('www.')}{parts.path}"
    places = [place.lower() for entry in entries("flash-attn") for place in entry.get(kind, ())]
    return any(address.startswith(f"{place}/") for place in places)


def _wrong_address(wheel: WheelName, url: str) -> str | None:
    file = file_of(url)
    if file.endswith(".whl") and wheel.is_wheel and file != wheel.file:
        return f"the address ends in {file}, which is another file"
    host = (urlsplit(url).hostname or "").lower()
    if wheel.distribution == "flash_attn" and wheel.is_wheel:
        return _wrong_flash_attn_address(wheel, url, host)
    if wheel.distribution == "torch" and host in PYTORCH_INDEX:
        return _wrong_index_folder(wheel, url)
    return None


def _wrong_flash_attn_address(wheel: WheelName, url: str, host: str) -> str | None:
    never = _unpublished(wheel, None) is not None
    instead = "and no release of flash-attn ever had this one" if never else "its GitHub releases do"
    if host in PYTORCH_INDEX or DEFAULT_INDEX.fullmatch(host):
        return f"{host} does not serve wheels of flash-attn, {instead}"
    if _is_below(url, "serves_not"):
        return f"{host} is not known to serve wheels of flash-attn, {instead}"
    if not _is_below(url, "owners") or not published(wheel.file):
        return None
    page = RELEASE_PAGE.search(urlsplit(url).path)
    tag = f"v{wheel.version}"
    if page and page[1] == tag and _is_below(url, "serves"):
        return None
    return f"that file belongs to release {tag}" + (
        f", not {page[1]}" if page and page[1] != tag else " of flash-attention"
    )


def _wrong_index_folder(wheel: WheelName, url: str) -> str | None:
    folder = re.search(r"/whl/(?:test/|nightly/)?(cu\d+|cpu|rocm[\d.]+)/", urlsplit(url).path)
    if folder and wheel.local and folder[1] != wheel.local:
        return f"a +{wheel.local} build is not in the folder {folder[1]}"
    return None
