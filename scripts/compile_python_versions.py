"""Write conductor/knowledge/python-versions.yaml: which Python each version of some packages is published for.

usage: python -m pip install pip && python scripts/compile_python_versions.py [NAME…]

Run by hand, with an index that this pip is set up for: it asks for one page a package, for the packages below (or those
named, to look at). A row holds from its version on, up to the next row.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

from packaging.utils import InvalidWheelFilename, parse_wheel_filename
from packaging.version import InvalidVersion, Version

TARGET = Path(__file__).resolve().parent.parent / "conductor/knowledge/python-versions.yaml"
# Their extensions are no option: where no wheel fits, a C compiler is needed.
COMPILED = (
    "numpy scipy pandas scikit-learn scikit-image matplotlib pillow lxml psutil cffi grpcio ujson numba llvmlite"
    " tokenizers sentencepiece psycopg2 mysqlclient pycrypto pyaudio dlib insightface uwsgi webrtcvad netifaces"
    " tensorflow onnxruntime-gpu opencv-python opencv-python-headless"
)
# Pure Python, or for one system only.
PLAIN = "networkx ipython django pywin32 pypiwin32 windows-curses"
HEAD = """\
# For which Pythons the versions of a package are published. A row is [first version, Requires-Python, first and last
# CPython with a wheel for Linux x86_64]; it holds up to the next row. `compiled`: without a fitting wheel a C compiler
# is needed. `only` names the system that all its files are for. Written by scripts/compile_python_versions.py.
subject: python-versions
title: Pythons that the versions of a package are published for
checked: '2026-11-27'
source: file names and Requires-Python on the package's page of the index, read by pip
entries:
"""


def links_of(name: str) -> list[Any]:
    """Return the files that the index lists for a package."""
    from pip._internal.configuration import Configuration
    from pip._internal.index.collector import LinkCollector, parse_links
    from pip._internal.models.index import PyPI
    from pip._internal.models.link import Link
    from pip._internal.models.search_scope import SearchScope
    from pip._internal.network.session import PipSession

    settings = Configuration(isolated=False)
    settings.load()
    known = dict(settings.items())
    session = PipSession()
    session.verify = known.get("global.cert", session.verify)
    scope = SearchScope.create([], [known.get("global.index-url") or PyPI.simple_url], no_index=False)
    collector = LinkCollector(session=session, search_scope=scope)
    address = scope.get_index_urls_locations(name)[0]
    page = collector.fetch_response(Link(address))
    return list(parse_links(page)) if page else []


def rows_of(name: str) -> tuple[list[list[Any]], str | None]:
    """Return the rows of a package, and the only system that its files are for."""
    versions: dict[Version, tuple[str | None, set[int], set[str]]] = {}
    for link in links_of(name):
        try:
            if link.filename.endswith(".whl"):
                _, version, _, tags = parse_wheel_filename(link.filename)
            else:
                version, tags = Version(re.sub(r"^.*?-(\d.*?)\.(tar\..*|zip)$", r"\1", link.filename)), frozenset()
        except (InvalidVersion, InvalidWheelFilename):
            continue
        _, pythons, systems = versions.setdefault(version, (link.requires_python, set(), set()))
        systems.update({tag.platform.partition("_")[0] for tag in tags} or {"any"})
        for tag in tags:
            fits = tag.platform == "any" or ("linux" in tag.platform and tag.platform.endswith("x86_64"))
            found = re.fullmatch(r"(?:cp|py)3(\d*)", tag.interpreter)
            if fits and found:
                pythons.update(range(int(found[1] or 0), 30) if tag.abi in {"abi3", "none"} else [int(found[1])])
    rows: list[list[Any]] = []
    for version in sorted(v for v in versions if not v.is_prerelease):
        needs, pythons, _ = versions[version]
        wheels = [f"3.{min(pythons)}", f"3.{max(pythons)}"] if pythons else []
        if not rows or rows[-1][1:] != [needs, wheels]:
            rows.append([str(version), needs, wheels])
    every = {system for _, _, systems in versions.values() for system in systems}
    return [row for row in rows if row[1] or row[2]] or rows[-1:], "Windows" if every <= {"win32", "win"} else None


def entry_of(name: str) -> str:
    """Return a package's entry as a line of YAML."""
    import json

    rows, only = rows_of(name)
    entry = {"name": name, "compiled": name in COMPILED.split(), "only": only, "rows": rows[-24:]}
    return f"- {json.dumps(entry)}\n"


if __name__ == "__main__":
    if sys.argv[1:]:
        print("".join(map(entry_of, sys.argv[1:])), end="")
    else:
        TARGET.write_text(HEAD + "".join(entry_of(name) for name in sorted([*COMPILED.split(), *PLAIN.split()])))
