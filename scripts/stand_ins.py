"""What stands in for the parts of the image that can't be fetched here: the base, the flash-attn wheel, the program."""

from __future__ import annotations

import argparse
import contextlib
import difflib
import hashlib
import http.server
import re
import shutil
import subprocess
import tempfile
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docker_engine import Engine, Failed

IMAGE = Path(__file__).resolve().parent.parent / "image"
BASE_PACKAGES = "python3-pip,python-is-python3,ca-certificates,libgomp1"
WHEEL = re.compile(r'"(https://\S+?/(flash_attn-\S+?\.whl)#sha256=[0-9a-f]{64})"')
PROGRAM = re.compile(r"^ADD (https://\S+\.git#\S+) (\S+)$", re.MULTILINE)
FLASH_ATTN = ("flash_attn_func", "flash_attn_varlen_func")  # what the program and diffusers import
# What the base image's torch answers on a machine without a GPU; nothing of it works.
TORCH = """
import types
__version__ = "2.7.1+cu126"
version = types.SimpleNamespace(cuda="12.6")
cuda = types.SimpleNamespace(is_available=lambda: False, get_arch_list=lambda: [])
_C = types.SimpleNamespace(_cuda_getArchFlags=lambda: "sm_50 sm_60 sm_70 sm_75 sm_80 sm_86 sm_90")
compiled_with_cxx11_abi = lambda: True
"""


def prepare_stand_ins(engine: Engine, stack: contextlib.ExitStack, options: argparse.Namespace, context: Path) -> None:
    """Write the context with the stand-ins' Dockerfile, and load the stand-in of the base."""
    shutil.copytree(IMAGE, context, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    written = (IMAGE / "Dockerfile").read_text(encoding="utf-8")
    wheel, fetched = WHEEL.search(written), PROGRAM.search(written)
    if wheel is None or fetched is None:
        raise Failed("the Dockerfile has no flash-attn wheel by URL, or adds no repository by commit")
    url = stack.enter_context(serve_wheel(wheel[2].replace("%2B", "+")))
    built = written.replace(wheel[1], url).replace(fetched[0], f"COPY stand-in-program {fetched[2]}")
    shutil.copytree(options.program, context / "stand-in-program", ignore=shutil.ignore_patterns(".git"))
    (context / "Dockerfile").write_text(built, encoding="utf-8")
    with (context / ".dockerignore").open("a", encoding="utf-8") as ignored:
        ignored.write("!stand-in-program\n")
    print(
        "".join(difflib.unified_diff(written.splitlines(True), built.splitlines(True), "as written", "as built", n=0))
    )
    name = re.findall(r"^FROM (\S+)", written, re.MULTILINE)[0]
    if not engine.run("image", "inspect", name, check=False).returncode:
        raise Failed(f"this engine has an image {name}: a stand-in would take its name; use --own-engine")
    stack.callback(engine.run, "image", "rm", "--force", name, check=False)
    print(f"base         {import_base(engine, options.base, name)} MB as {name}", flush=True)


def import_base(engine: Engine, folder: Path, name: str) -> int:
    """Load the root file system under the base image's name; return its MB."""
    if not (folder / "usr").is_dir():
        make_base(folder)
    (folder / "usr/lib/python3/dist-packages/torch.py").write_text(TORCH, encoding="utf-8")
    archive = subprocess.Popen(["tar", "-C", str(folder), "-c", "."], stdout=subprocess.PIPE)
    changes = ["ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "CMD bash"]
    words = ["docker", "import", *(word for change in changes for word in ("--change", change)), "-", name]
    done = subprocess.run(
        words, stdin=archive.stdout, env=engine.environment, capture_output=True, text=True, check=False
    )
    if archive.wait() or done.returncode:
        raise Failed(f"the base can't be imported: {done.stderr[-300:]}")
    return int(engine.read("image", "inspect", "--format", "{{.Size}}", name)) // 1_000_000


def make_base(folder: Path) -> None:
    """Make a Debian with Python 3.11, from the mirror and with the certificates that this machine uses."""
    listed = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI) $(CODENAME)"], capture_output=True, text=True, check=True
    ).stdout.split("\n")
    mirror = next((line.split()[0] for line in listed if line.endswith(" bookworm")), None)
    if mirror is None:
        raise Failed("apt knows no mirror of Debian bookworm; give --base a root file system with Python 3.11")
    command = ["debootstrap", "--variant=minbase", f"--include={BASE_PACKAGES}", "bookworm", str(folder), mirror]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    certificates = Path("usr/local/share/ca-certificates")
    shutil.copytree(Path("/") / certificates, folder / certificates, dirs_exist_ok=True)
    subprocess.run(["chroot", str(folder), "update-ca-certificates"], check=True, capture_output=True)
    (folder / "etc/pip.conf").write_text("[global]\ncert = /etc/ssl/certs/ca-certificates.crt\n", encoding="utf-8")
    for marker in folder.glob("usr/lib/python3*/EXTERNALLY-MANAGED"):  # the base image's Python has none
        marker.unlink()


@contextlib.contextmanager
def serve_wheel(name: str) -> Iterator[str]:
    """Serve a wheel of this name on loopback; yield its address with its sha256."""
    with tempfile.TemporaryDirectory(prefix="wheel-") as folder:
        path = Path(folder) / name
        write_wheel(path)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()

        class Files(http.server.SimpleHTTPRequestHandler):
            def __init__(self, *arguments: Any) -> None:
                super().__init__(*arguments, directory=folder)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the library's name)
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Files)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/{name.replace('+', '%2B')}#sha256={digest}"
        finally:
            server.shutdown()
            server.server_close()


def write_wheel(path: Path) -> None:
    """Write a wheel that can be installed and imported, and has no kernel."""
    distribution, version, *_, platform = path.stem.split("-")
    info = f"{distribution}-{version}.dist-info"
    functions = "".join(f"def {name}(*_): raise NotImplementedError\n" for name in FLASH_ATTN)
    code = f'__version__ = "{version}"\n{functions}'
    files = {
        f"{distribution}/__init__.py": code,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n",
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: cp311-cp311-{platform}\n",
    }
    record = "".join(f"{name},,\n" for name in (*files, f"{info}/RECORD"))
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in {**files, f"{info}/RECORD": record}.items():
            archive.writestr(name, content)
