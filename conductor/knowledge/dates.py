"""When a version was published, and which Debian a tag of the python image meant on a day.

A day of None is today. What is not dated counts as there: nobody's build is called broken for a date that nobody knows.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING

from packaging.version import InvalidVersion, Version

from conductor.knowledge.entries import entries

if TYPE_CHECKING:
    from conductor.domain.day import Day

# The days are those of the index and of git histories; a project's own release page, the PyTorch index or a registry
# has a version some days earlier.
_EARLIER = timedelta(days=7)


def published_on(name: str, version: str) -> str | None:
    """Return the day (`2025-06-04`) before which this version of a package was not published; None where unknown.

    Of a version that the list leaves out, it is the day of the one before it. A local part (`+cu126`) does not matter.
    """
    listed = _dated("release-dates").get(name.lower().replace("_", "-"), {})
    return listed.get(version.partition("+")[0]) or _day_before(listed, version.partition("+")[0])


def _day_before(listed: Mapping[str, str], version: str) -> str | None:
    try:
        asked = Version(version)
        older = [one for one in map(Version, listed) if one <= asked and not asked.is_prerelease]
    except InvalidVersion:
        return None
    return listed[str(max(older))] if older else None


def is_published(name: str, version: str | None, day: Day | None) -> bool:
    """Tell whether this version of a package was there on that day, or may have been."""
    since = published_on(name, version) if day is not None and version is not None else None
    return was_there(since, day)


def newest_on(name: str, day: Day) -> str | None:
    """Return the newest version of a package that was published by that day; None where unknown."""
    listed = _dated("release-dates").get(name.lower().replace("_", "-"), {})
    return max((one for one, since in listed.items() if day.reached(since)), key=Version, default=None)


def was_there(since: str | None, day: Day | None) -> bool:
    """Tell whether what is said to be there `since` that day may have been there on `day`."""
    return since is None or day is None or day.reached((date.fromisoformat(since) - _EARLIER).isoformat())


def python_image_since(version: str) -> str | None:
    """Return the day since which the python image has tags of this version (`3.11`, `3.11.4`); None where unknown."""
    days = _dated("python-images").get(minor_of(version), {})
    if version in days:
        return days[version]
    first = next(iter(days), "")
    return days[first] if version == minor_of(version) and first == f"{version}.0" else None


def python_image_system(version: str, day: Day | None = None) -> str | None:
    """Return the Debian (`bookworm`) under a tag of the python image that names none; None where the lists don't say.

    A tag of a full version is built anew until the next version comes, and stays on the Debian of that day.
    """
    minor = minor_of(version)
    days, ended = _dated("python-images").get(minor, {}), _ended().get(minor)
    if days and version != minor and version not in days and Version(version) < Version(next(iter(days))):
        return None
    order = list(days)
    later = order[order.index(version) + 1 :] if version in days else []
    until = days[later[0]] if later else ended
    suites = _dated("python-images")["suites"].items()
    there = [suite for suite, since in suites if (until is None or since <= until) and _reached(day, since)]
    return there[-1] if there else None


def minor_of(version: str) -> str:
    """Return `3.11` of `3.11.4`."""
    return ".".join(version.split(".")[:2])


def _reached(day: Day | None, since: str) -> bool:
    return day is None or day.reached(since)


@functools.cache
def _dated(subject: str) -> dict[str, Mapping[str, str]]:
    return {str(entry["name"]): entry["days"] for entry in entries(subject)}


@functools.cache
def _ended() -> dict[str, str]:
    return {str(entry["name"]): str(entry["ended"]) for entry in entries("python-images") if "ended" in entry}
