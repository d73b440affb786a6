"""The base images that the projects stand on: pulled, or made of this machine's parts.

A stand-in has the layout of the image that it stands for: Debian as debootstrap makes it, a CPython in /usr/local, pip
beside it, setuptools and wheel up to 3.11. What else the publisher's image holds is not there.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

from tests.reality.engine import Missing, Store

DEBIAN = "docker.io/library/debian:bookworm-slim"
PYTHONS = ("3.10", "3.11", "3.12", "3.13")
UV = "ghcr.io/astral-sh/uv:latest"
_PULL_S, _MAKE_S = 120, 1200
# What CPython's modules load, which its own image gets from Debian as well.
_LIBRARIES = "ca-certificates netbase tzdata libsqlite3-0 libreadline8 libssl3 libffi8 libbz2-1.0 liblzma5 libncursesw6 libuuid1 libgdbm6 libexpat1"
_PATH = "PATH=/usr/local/bin:/usr/local/sbin:/usr/bin:/usr/sbin:/sbin:/bin"


def python_image(version: str) -> str:
    """`3.11` is docker.io/library/python:3.11-slim."""
    return f"docker.io/library/python:{version}-slim"


def require_bases(store: Store, pythons: Path) -> None:
    """See that each base is in the store; raises Missing for one that can be neither pulled nor made."""
    for reference in (DEBIAN, UV, *map(python_image, PYTHONS)):
        if store.has(reference):
            continue
        print(f"base {reference}", flush=True)
        if store.run(["pull", reference], _PULL_S)[0] == 0:
            continue
        with tempfile.TemporaryDirectory(dir=store.folder) as scratch:
            context = Path(scratch)
            if reference == DEBIAN:
                _make_debian(store, context)
            elif reference == UV:
                _make_uv(store, context)
            else:
                _make_python(store, context, reference, pythons)


def _build(store: Store, context: Path, tag: str, *lines: str) -> None:
    dockerfile = context.with_name(context.name + ".Dockerfile")
    try:
        dockerfile.write_text("\n".join(lines) + "\n")
        built, text = store.build(context, tag, dockerfile)
    finally:
        dockerfile.unlink(missing_ok=True)
    if not built:
        raise Missing(f"{tag} can be neither pulled nor made:\n{text[-1500:]}")


def _do(words: Sequence[str], what: str) -> None:
    done = subprocess.run(words, capture_output=True, text=True, timeout=_MAKE_S, check=False)
    if done.returncode:
        raise Missing(
            f"{what} can't be made: {' '.join(words[:2])} ended with {done.returncode}:\n{(done.stdout + done.stderr)[-1500:]}"
        )


def _make_debian(store: Store, context: Path) -> None:
    if not shutil.which("debootstrap"):
        raise Missing(f"{DEBIAN} can't be pulled, and debootstrap is not installed to make a stand-in")
    mirror = _mirror()
    _do(["debootstrap", "--variant=minbase", "bookworm", str(context), mirror], DEBIAN)
    ours = Path("/usr/local/share/ca-certificates")
    if ours.is_dir():
        shutil.copytree(ours, context / ours.relative_to("/"), dirs_exist_ok=True)
    # pip of the stand-in trusts what the system trusts: a company's or a test machine's proxy has its own authority.
    (context / "etc/pip.conf").write_text("[global]\ncert = /etc/ssl/certs/ca-certificates.crt\n")
    (context / "etc/apt/sources.list").unlink(missing_ok=True)
    (context / "etc/apt/sources.list.d/debian.sources").write_text(
        f"Types: deb\nURIs: {mirror}\nSuites: bookworm bookworm-updates\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n"
    )
    for folder in ("var/lib/apt/lists", "var/cache/apt/archives"):
        for path in (context / folder).glob("*_*"):
            path.unlink()
    _build(store, context, DEBIAN, "FROM scratch", "COPY . /", f"ENV {_PATH}", 'CMD ["bash"]')


def _mirror() -> str:
    """Return the Debian mirror that this machine's own apt uses."""
    places = [Path("/etc/apt/sources.list"), *sorted(Path("/etc/apt/sources.list.d").glob("*"))]
    for place in places:
        found = re.search(r"https?://\S+/debian/?(?=\s)", place.read_text()) if place.is_file() else None
        if found:
            return found[0]
    raise Missing(f"{DEBIAN} can't be pulled, and this machine's apt names no Debian mirror to make a stand-in from")


def _make_uv(store: Store, context: Path) -> None:
    _do([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(context), "uv"], UV)
    wheel = next(context.glob("*.whl"))
    with zipfile.ZipFile(wheel) as file:
        for name in file.namelist():
            if name.endswith(("/scripts/uv", "/scripts/uvx")):
                program = context / Path(name).name
                program.write_bytes(file.read(name))
                program.chmod(0o755)
    _build(store, context, UV, "FROM scratch", "COPY uv uvx /")


def _make_python(store: Store, context: Path, reference: str, pythons: Path) -> None:
    version = reference.partition(":")[2].removesuffix("-slim")
    found = sorted(path for path in pythons.glob(f"{version}.*") if (path / "bin" / f"python{version}").exists())
    if not found:
        raise Missing(
            f"{reference} can't be pulled, and there is no CPython {version} below {pythons} to make a stand-in from (--pythons FOLDER)"
        )
    source, binary = found[-1], f"python{version}"
    (context / "bin").mkdir()
    shutil.copy2(source / "bin" / binary, context / "bin" / binary)
    (context / "bin/python3").symlink_to(binary)
    (context / "bin/python").symlink_to("python3")
    shutil.copytree(source / "include" / binary, context / "include" / binary)
    unwanted = shutil.ignore_patterns("site-packages", "test", "__pycache__", "config-*")
    shutil.copytree(source / "lib" / binary, context / "lib" / binary, symlinks=True, ignore=unwanted)
    (context / "lib" / binary / "site-packages").mkdir()
    for library in (source / "lib").glob(f"libpython{version}*"):
        shutil.copy2(library, context / "lib" / library.name)
    extra = " && pip3 install -q --no-cache-dir setuptools==65.5.1 wheel" if version in {"3.10", "3.11"} else ""
    _build(
        store,
        context,
        reference,
        f"FROM {DEBIAN}",
        f"ENV {_PATH} LANG=C.UTF-8 PYTHON_VERSION={source.name}",
        f"RUN apt-get update && apt-get install -y --no-install-recommends {_LIBRARIES} && rm -rf /var/lib/apt/lists/*",
        "COPY . /usr/local/",
        f"RUN ldconfig && python3 -m ensurepip --upgrade >/dev/null && ln -sf pip3 /usr/local/bin/pip{extra}",
        'CMD ["python3"]',
    )
