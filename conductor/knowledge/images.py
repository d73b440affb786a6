"""Base images: what is in them. Looked-up tags come from images.yaml; further tags of known families are derived."""

from __future__ import annotations

from dataclasses import replace

from conductor.domain.day import Day
from conductor.domain.finding import Confidence
from conductor.knowledge.entries import Entry, entries
from conductor.knowledge.image_facts import ImageFacts
from conductor.ports.tree import Tree


def normalise(reference: str) -> str:
    """Return `name:tag` without registry defaults and digest; an untagged name gets `:latest`."""
    name = reference.strip()
    pinned = "@" in name
    name = name.partition("@")[0]
    for prefix in ("docker.io/", "index.docker.io/", "registry-1.docker.io/"):
        name = name.removeprefix(prefix)
    name = name.removeprefix("library/")
    tagged = ":" in name.rpartition("/")[2]
    return name if tagged or pinned else f"{name}:latest"


def image_facts(reference: str, *, root: Tree | None = None, day: Day | None = None) -> ImageFacts | None:
    """Return what is in the image (what its tag meant on that `day`), or None where nothing is known about it."""
    from conductor.knowledge.families import derive

    name = normalise(reference)
    if ":" not in name.rpartition("/")[2]:
        return None
    derived = derive(name, root=root, day=day)
    listed = next((entry for entry in entries("images", root=root) if entry["name"] == name), None)
    if listed is None:
        return replace(derived, reference=reference) if derived else None
    return _listed(reference, listed, derived or ImageFacts(reference, family="listed"), root)


def _listed(reference: str, entry: Entry, derived: ImageFacts, root: Tree | None) -> ImageFacts:
    from conductor.knowledge.systems import system_facts

    os = str(entry["os"]) if entry.get("os") else derived.os
    system = system_facts(os, root=root) if os else None
    torch = str(entry["torch"]) if entry.get("torch") else derived.torch
    python = str(entry["python"]) if entry.get("python") else derived.python
    return replace(
        derived,
        reference=reference,
        python=python,
        has_python=bool(python) or derived.has_python,
        torch=torch,
        has_torch=bool(torch) or derived.has_torch,
        cuda=str(entry["cuda"]) if entry.get("cuda") else derived.cuda,
        cxx11abi=entry.get("cxx11abi", derived.cxx11abi),
        os=os,
        glibc=entry.get("glibc") or (system.glibc if system else derived.glibc),
        confidence=Confidence(entry.get("confidence", "medium")),
        source=f"{entry['source']} (checked {entry['checked']})",
    )
