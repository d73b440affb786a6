"""Write conductor/knowledge/apt-brings.yaml: which programs come along when apt installs a package.

usage: python scripts/compile_apt.py FOLDER

Run by hand: FOLDER is an apt state of Debian 12 whose lists are fresh. It follows Depends and Recommends, the first of
alternatives, for the packages below and those of apt-contents.yaml.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from compile_apt_patterns import ask  # noqa: E402

from conductor.knowledge import entries  # noqa: E402

TARGET = ROOT / "conductor/knowledge/apt-brings.yaml"
# A program, and the package that it comes in.
PROGRAMS = {
    "curl": "curl", "wget": "wget", "git": "git", "gcc": "gcc", "g++": "g++", "make": "make", "perl": "perl",
    "xz": "xz-utils", "python3": "python3", "update-ca-certificates": "ca-certificates", "gpg": "gpg", "ps": "procps",
    "ssh": "openssh-client", "unzip": "unzip", "file": "file", "node": "nodejs", "cmake": "cmake", "sudo": "sudo",
    "ffmpeg": "ffmpeg", "nginx": "nginx", "jq": "jq", "zip": "zip", "vim": "vim", "nano": "nano", "npm": "npm",
    "ninja": "ninja-build", "aria2c": "aria2", "tini": "tini", "supervisord": "supervisor", "tmux": "tmux",
    "sshd": "openssh-server", "dumb-init": "dumb-init", "gosu": "gosu", "git-lfs": "git-lfs",
    "add-apt-repository": "software-properties-common",
}  # fmt: skip
# What images of workers install besides.
USUAL = """
python3.11 python3.11-dev python3.11-venv python3-pip python3-dev python3-venv python3-distutils python3-setuptools
python3-wheel python3-full python3-minimal python3-tk python3-opencv python3-yaml python3-requests python3-numpy
python3-scipy python3-pil python3-venv pipx libgl1 libglx-mesa0 libegl1 libglib2.0-0 libsm6 libxext6 libxrender1
libgomp1
libsndfile1 libsndfile1-dev libmagic1 libpq-dev libpq5 libssl-dev libffi-dev zlib1g-dev libbz2-dev libreadline-dev
libsqlite3-dev liblzma-dev libncurses5-dev libncursesw5-dev tk-dev libxml2-dev libxslt1-dev libjpeg-dev libpng-dev
libtiff-dev libavcodec-dev libavformat-dev libavutil-dev libswscale-dev libavdevice-dev libopencv-dev libopenblas-dev
libomp-dev libaio-dev libcurl4-openssl-dev libgoogle-perftools-dev libtcmalloc-minimal4 google-perftools
default-libmysqlclient-dev libmariadb-dev gnupg gnupg2 dirmngr lsb-release apt-transport-https openssh-server
openssh-client nginx nginx-light nginx-full nginx-extras nginx-core apache2 supervisor cron locales tzdata dumb-init
tini procps psmisc lsof net-tools
iproute2 iputils-ping dnsutils telnet rsync sox libsox-dev espeak-ng espeak tesseract-ocr imagemagick ghostscript
graphviz poppler-utils sqlite3 postgresql-client default-mysql-client redis-server redis-tools nodejs npm default-jre
default-jre-headless yt-dlp openjdk-17-jre-headless openjdk-17-jdk-headless chromium xvfb fonts-liberation fonts-dejavu
fontconfig gfortran swig patch diffutils gettext-base file less man-db vim-tiny gdb strace pciutils kmod numactl
ocl-icd-libopencl1 clinfo mesa-utils libvulkan1 vulkan-tools pandoc texlive-latex-base parallel pv expect inotify-tools
unixodbc-dev unixodbc portaudio19-dev libportaudio2 libasound2 libasound2-dev libsentencepiece-dev protobuf-compiler
""".split()  # noqa: SIM905 - a list of 150 lines reads worse
HEAD = """\
# Which of some programs come along when apt installs a package: `needs` by Depends, `recommends` besides, unless
# --no-install-recommends is given. Written by scripts/compile_apt.py. A package that is not listed may bring any.
subject: apt-brings
title: Programs that come along with apt packages
checked: '2026-11-27'
source: Depends and Recommends in the package index of Debian 12
entries:
"""


def read_index(folder: str) -> dict[str, dict[str, str]]:
    """Return the fields of each package of that folder's lists."""
    told = ask(folder, ["dumpavail"])
    blocks = (dict(re.findall(r"(?m)^([A-Z][\w-]*): (.*)$", block)) for block in told.split("\n\n"))
    return {fields["Package"]: fields for fields in blocks if "Package" in fields}


def brings(index: dict[str, dict[str, str]], name: str, *, recommends: bool) -> set[str]:
    """Return a package with everything that comes along."""
    provided = {
        one.strip().split()[0]: package
        for package, fields in index.items()
        for one in fields.get("Provides", "").split(",")
        if one.strip()
    }
    found: set[str] = set()
    waiting = [name]
    while waiting:
        each = waiting.pop()
        if each not in found:
            found.add(each)
            waiting += [one if one in index else provided.get(one, one) for one in _needs(index, each, recommends)]
    return found


def _needs(index: dict[str, dict[str, str]], name: str, recommends: bool) -> Iterator[str]:  # noqa: FBT001 - local
    fields = ["Depends", "Pre-Depends", *(["Recommends"] if recommends else [])]
    for group in ",".join(index.get(name, {}).get(field, "") for field in fields).split(","):
        first = group.partition("|")[0].strip()
        if first:
            yield first.split()[0].partition(":")[0]


if __name__ == "__main__":
    packages = read_index(sys.argv[1])
    listed = sorted({*USUAL, *(str(entry["name"]) for entry in entries("apt-contents"))} & packages.keys())
    lines = []
    for package in listed:
        always = brings(packages, package, recommends=False)
        often = brings(packages, package, recommends=True)
        tools = [tool for tool, owner in PROGRAMS.items() if owner in always]
        more = [tool for tool, owner in PROGRAMS.items() if owner in often - always]
        lines.append(f"- {{name: {package}, needs: [{', '.join(tools)}], recommends: [{', '.join(more)}]}}\n")
    TARGET.write_text(HEAD + "".join(lines))
