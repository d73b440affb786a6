"""What a build begins from: the Dockerfile's own base images where they can be pulled, a small Debian where not.

The same Debian is the machine that the workflow's steps run on.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path

from conductor.config.places import cache_dir
from conductor.errors import OutsideRefused
from conductor.rehearsal.dockerfile import list_bases
from conductor.rehearsal.processes import plain_environment
from conductor.rehearsal.real.engine import RealEngine

RUNNER = "localhost/rehearsal-runner:1"
_SUITE, _VERSION = "bookworm", 1
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_PACKAGES = "python3-pip,python-is-python3,ca-certificates,git,jq,curl,libgomp1"
_LEFT_OUT = ("usr/share/doc", "usr/share/man", "usr/share/locale", "var/lib/apt/lists", "var/cache/apt")
_CERTIFICATES = Path("/usr/local/share/ca-certificates")
_DEBOOTSTRAP_S = 900
# GitHub's machine has a sudo that asks nothing; here the steps are root already.
_SUDO = '#!/bin/sh\nexec "$@"\n'


def provide_bases(engine: RealEngine, dockerfiles: list[str], say: Callable[[str], None]) -> dict[str, bool]:
    """Have every base image of these Dockerfiles in the engine; returns which of the names are stood in for.

    Called before the registries' names lead to the rehearsal's own registry. `say` hears what takes long.
    """
    names = sorted({name for text in dockerfiles for name in list_bases(text)})
    say(f"base images: {', '.join(names) or 'none'}")
    pulled = {name: engine.pull(name) for name in names}
    tree = find_tree(say)
    engine.import_tree(tree, RUNNER, path=_PATH)
    for name, there in pulled.items():
        engine.tag(name if there else RUNNER, name)
    return {name: not there for name, there in pulled.items()}


def find_tree(say: Callable[[str], None]) -> Path:
    """Return a tar of a Debian root file system: the one that is kept from the last time, or a new one."""
    kept = cache_dir() / "rehearsals" / f"{_SUITE}-{_VERSION}.tar"
    if kept.is_file():
        return kept
    say("making a small Debian with debootstrap (once; a minute)")
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="debian-", dir=kept.parent) as name:
        tree = Path(name) / "tree"
        _bootstrap(tree)
        finish_tree(tree)
        packed = Path(name) / "packed.tar"
        with tarfile.open(packed, "w") as archive:
            archive.add(tree, arcname=".")
        packed.replace(kept)
    return kept


def find_debootstrap() -> str | None:
    """Return the program that makes a Debian."""
    return shutil.which("debootstrap", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


def _bootstrap(tree: Path) -> None:
    words = ["debootstrap", "--variant=minbase", f"--include={_PACKAGES}", _SUITE, str(tree), *_mirror()]
    proxies = {name: os.environ[name] for name in ("http_proxy", "https_proxy", "no_proxy") if name in os.environ}
    done = subprocess.run(
        words, capture_output=True, text=True, timeout=_DEBOOTSTRAP_S, env={**_environment(), **proxies}, check=False
    )
    if done.returncode != 0:
        last = " | ".join((done.stdout + done.stderr).strip().splitlines()[-3:])
        raise OutsideRefused(f"debootstrap made no base: {last}", hint=f"debootstrap {_SUITE} FOLDER shows why")


def _environment() -> dict[str, str]:
    """Return an environment in which root's programs are found, also for who became root without its PATH."""
    return {**plain_environment(), "PATH": f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"}


def _mirror() -> list[str]:
    """Return the mirror that this machine's apt uses; none leaves it to debootstrap."""
    asked = ["apt-get", "indextargets", "--format", "$(CODENAME) $(REPO_URI)"]
    listed = subprocess.run(asked, capture_output=True, text=True, env=plain_environment(), check=False).stdout
    found = [line.split()[1] for line in listed.splitlines() if line.startswith(f"{_SUITE} ")]
    return found[:1]


def finish_tree(tree: Path) -> None:
    """Make the tree a base that apt and pip work in, with the certificates of this machine."""
    own = tree / _CERTIFICATES.relative_to("/")
    if _CERTIFICATES.is_dir():
        shutil.copytree(_CERTIFICATES, own, dirs_exist_ok=True)
    words = ["chroot", str(tree), "update-ca-certificates"]
    subprocess.run(words, check=True, capture_output=True, env=_environment())
    for marker in tree.glob("usr/lib/python3*/EXTERNALLY-MANAGED"):  # images let pip install into the system's Python
        marker.unlink()
    (tree / "etc/pip.conf").write_text("[global]\ncert = /etc/ssl/certs/ca-certificates.crt\n", encoding="utf-8")
    sudo = tree / "usr/local/bin/sudo"
    sudo.write_text(_SUDO, encoding="utf-8")
    sudo.chmod(0o755)
    for name in _LEFT_OUT:
        shutil.rmtree(tree / name, ignore_errors=True)
    (tree / "var/cache/apt/archives/partial").mkdir(parents=True)
    (tree / "var/lib/apt/lists/partial").mkdir(parents=True)
