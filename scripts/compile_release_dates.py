"""Write `conductor/knowledge/release-dates.yaml`: the day on which each version of some packages was published.

usage: python -m pip install 'pip>=26' packaging && python scripts/compile_release_dates.py 2026-11-28

Run by hand, with an index that this pip is set up for, and that tells when a file was uploaded (PEP 700): it asks for
one page a package. The date is the day of asking. `python scripts/compile_knowledge.py` compiles it for the program.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from compile_python_versions import links_of
from packaging.utils import InvalidWheelFilename, parse_wheel_filename
from packaging.version import InvalidVersion, Version

TARGET = Path(__file__).resolve().parent.parent / "conductor/knowledge/release-dates.yaml"
# What a GPU worker's image rests on: torch with what goes with it, and what is compiled or much pinned.
PACKAGES = (
    "torch torchvision torchaudio triton xformers flash-attn vllm bitsandbytes"
    " numpy scipy pandas pillow opencv-python opencv-python-headless onnxruntime-gpu tensorflow"
    " transformers diffusers accelerate tokenizers safetensors huggingface-hub runpod"
)
SINCE = "2022-01-01"
HEAD = """\
# When the versions of a package were published: each version with its day. `since` is where the list begins: a version
# that it does not have may be older. Written by scripts/compile_release_dates.py, compiled to release-dates.json.
subject: release-dates
title: Days on which versions of packages were published
checked: '{checked}'
source: upload times on the package's page of the index, read by pip
since: '{since}'
entries:
"""


def days_of(name: str) -> dict[str, str]:
    """Return the day of each version's first file, oldest version first; pre-releases are left out."""
    days: dict[Version, str] = {}
    for link in links_of(name):
        version = _version(link)
        if version is not None and link.upload_time is not None and not version.is_prerelease:
            day = link.upload_time.date().isoformat()
            days[version] = min(days.get(version, day), day)
    return {str(version): days[version] for version in sorted(days) if days[version] >= SINCE}


def _version(link: Any) -> Version | None:
    try:
        if link.filename.endswith(".whl"):
            return parse_wheel_filename(link.filename)[1]
        return Version(re.sub(r"^.*?-(\d.*?)\.(tar\..*|zip)$", r"\1", link.filename))
    except (InvalidVersion, InvalidWheelFilename):
        return None


if __name__ == "__main__":
    lines = [f"- {json.dumps({'name': name, 'days': days_of(name)})}\n" for name in sorted(PACKAGES.split())]
    TARGET.write_text(HEAD.format(checked=sys.argv[1], since=SINCE) + "".join(lines))
