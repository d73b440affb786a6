"""The stand-in build: packs the pushed commit's build context into a real image. It executes no RUN line."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from conductor.domain.digest import digest_of
from conductor.domain.dockerignore import parse_dockerignore
from conductor.rehearsal.dockerfile import ImageRecipe, read_recipe
from conductor.rehearsal.processes import git_bytes
from conductor.rehearsal.registry import OCI_INDEX
from conductor.rehearsal.registry_client import RegistryClient, manifest_of

LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
CONFIG = "application/vnd.oci.image.config.v1+json"

Log = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class BuildPlace:
    """What is built, from where, and as what: paths from the repository's root, `image` without tag or digest."""

    dockerfile: str
    context: str
    workflow: str
    image: str
    source: str
    handler: str | None = None


@dataclass(frozen=True, slots=True)
class BuildFault:
    """A RUN line that would fail: where `text` stands in the Dockerfile, the build ends with these log lines."""

    text: str
    log: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Oddity:
    """What is unusual about the image of one revision.

    `labelled` is the revision that its label tells instead of its own, `layer_bytes` how large its layer is said to be.
    """

    revision: str
    labelled: str | None = None
    layer_bytes: int | None = None


class StandInBuilder:
    """Builds revisions of one bare repository and pushes them to one registry."""

    def __init__(
        self, bare: Path, place: BuildPlace, client: RegistryClient, *, faults: tuple[BuildFault, ...] = (),
        attested: bool = False,
    ) -> None:  # fmt: skip
        self.oddity: Oddity | None = None
        self._bare = bare
        self._place = place
        self._client = client
        self._faults = faults
        self.attests = attested
        self.digests: dict[str, str] = {}

    def __call__(self, revision: str, branch: str, log: Log) -> bool:
        """Build the revision, tag it with the branch and the revision, and say what was done."""
        log(f"Stand-in build of {revision} ({branch}): packs the build context, executes no RUN line.")
        with tempfile.TemporaryDirectory(prefix="conductor-build-") as folder:
            tree = Path(folder)
            _check_out(self._bare, revision, tree)
            dockerfile = tree / self._place.dockerfile
            if not dockerfile.is_file():
                log(f"ERROR: failed to read dockerfile: open {self._place.dockerfile}: no such file or directory")
                return False
            text = dockerfile.read_text(encoding="utf-8", errors="replace")
            log(f"#1 [internal] load build definition from {self._place.dockerfile}")
            for fault in self._faults:
                if fault.text in text:
                    log("\n".join(fault.log))
                    return False
            self._push(revision, tree, text, log)
        return True

    def _push(self, revision: str, tree: Path, dockerfile: str, log: Log) -> None:
        context = context_hash(self._bare, revision, self._place)
        recipe = read_recipe(dockerfile, {"REVISION": revision, "CONTEXT": context})
        names, layer = pack_context(tree, self._place)
        log(f"#2 [internal] load build context: {len(names)} files, {len(layer)} bytes")
        for line in recipe.skipped:
            log(f"#3 RUN {line[:160]}\n#3 not executed by this stand-in")
        odd = self.oddity if self.oddity and self.oddity.revision == revision else Oddity(revision)
        config = image_config(recipe, odd.labelled or revision, context, layer, self._place)
        packed = gzip.compress(layer, compresslevel=1, mtime=0)
        parts = {"mediaType": LAYER, **self._client.push_blob(packed)}
        parts["size"] = odd.layer_bytes or parts["size"]
        described = {"mediaType": CONFIG, **self._client.push_blob(json.dumps(config).encode())}
        pushed = self._push_manifest(manifest_of(described, [parts]), revision)
        self.digests[revision] = str(pushed["digest"])
        log(f"#4 pushing manifest for {self._place.image}:{revision}@{pushed['digest']} done")

    def _push_manifest(self, manifest: dict[str, Any], tag: str) -> dict[str, Any]:
        if not self.attests:
            return self._client.push_manifest(manifest, tag)
        # What buildx makes of a build by default: an index with the image and an attestation beside it.
        child = self._client.push_manifest(manifest)
        statement = self._client.push_blob(b'{"_type":"https://in-toto.io/Statement/v0.1"}')
        attestation = manifest_of(
            {"mediaType": CONFIG, **self._client.push_blob(b'{"architecture":"unknown","os":"unknown"}')},
            [{"mediaType": "application/vnd.in-toto+json", **statement}],
        )
        beside = self._client.push_manifest(attestation)
        index = {
            "schemaVersion": 2,
            "mediaType": OCI_INDEX,
            "manifests": [
                {**child, "platform": {"architecture": "amd64", "os": "linux"}},
                {**beside, "platform": {"architecture": "unknown", "os": "unknown"}},
            ],
        }
        return self._client.push_manifest(index, tag)


def context_hash(repository: Path, revision: str, place: BuildPlace) -> str:
    """Return sha256 over `git ls-tree` of context, Dockerfile and workflow: what is built, whatever else changed."""
    listed = git_bytes(
        repository, "ls-tree", "-r", "--full-tree", revision, "--", place.context, place.dockerfile, place.workflow
    )
    return digest_of(listed).removeprefix("sha256:")


def pack_context(tree: Path, place: BuildPlace) -> tuple[list[str], bytes]:
    """Return the names and the tar (same bytes for the same files) of the context as `.dockerignore` leaves it."""
    root = (tree / place.context).resolve()
    own = Path(f"{tree / place.dockerfile}.dockerignore")
    listed = own if own.is_file() else root / ".dockerignore"
    ignore = parse_dockerignore(listed.read_text(encoding="utf-8", errors="replace") if listed.is_file() else "")
    found = {path.relative_to(root).as_posix(): path for path in root.rglob("*") if path.is_symlink() or path.is_file()}
    names = sorted(name for name in found if not ignore.ignores(name) and ".git" not in name.split("/"))
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name in names:
            entry = archive.gettarinfo(str(found[name]), arcname=name)
            entry.mtime, entry.uid, entry.gid, entry.uname, entry.gname = 0, 0, 0, "", ""
            entry.mode = 0o755 if entry.mode & 0o100 else 0o644
            if entry.isreg():
                archive.addfile(entry, io.BytesIO(found[name].read_bytes()))
            else:
                archive.addfile(entry)
    return names, buffer.getvalue()


def image_config(recipe: ImageRecipe, revision: str, context: str, layer: bytes, place: BuildPlace) -> dict[str, Any]:
    """Return the image's configuration with its labels and what it was built from in the environment."""
    environment = recipe.environment | {"CONDUCTOR_REVISION": revision, "CONDUCTOR_CONTEXT": context}
    command = ["python", "-u", place.handler] if place.handler else recipe.command
    return {
        "architecture": "amd64",
        "os": "linux",
        "created": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "config": {
            "Env": [f"{name}={value}" for name, value in environment.items()],
            "WorkingDir": recipe.working_dir,
            "Entrypoint": None if place.handler else recipe.entrypoint or None,
            "Cmd": command or None,
            "Labels": {
                "org.opencontainers.image.revision": revision,
                "org.opencontainers.image.source": place.source,
                "io.conductor.context": context,
                "io.conductor.stand-in": "context packed, RUN lines not executed",
            },
        },
        "rootfs": {"type": "layers", "diff_ids": [digest_of(layer)]},
        "history": [{"created_by": "stand-in build: context as .dockerignore leaves it"}],
    }


def _check_out(bare: Path, revision: str, tree: Path) -> None:
    index = {"GIT_INDEX_FILE": str(tree.parent / f"{tree.name}.index")}
    try:
        git_bytes(bare, "read-tree", revision, environment=index)
        git_bytes(bare, f"--work-tree={tree}", "checkout-index", "--all", "--force", environment=index)
    finally:
        Path(index["GIT_INDEX_FILE"]).unlink(missing_ok=True)
