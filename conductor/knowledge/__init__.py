"""Facts about the outside world, each with its source and the date it was checked.

What a room that judges images uses (all of it offline, nothing is loaded before it is asked for):

- `image_facts(reference, day=…) -> ImageFacts | None`: what is in a base image, on that day where its tag moves; None
  for an image nobody looked up. Accepts `docker.io/`, `library/`, `index.docker.io/`, a tag with a digest behind it; a
  digest alone is unknown. Fields that are not known are None; `confidence` says how sure the rest is and `source`
  where it comes from.
- `system_facts("ubuntu22.04") -> SystemFacts | None`: glibc, Python, pip and PEP 668 of an operating system release.
- `gpu("L40") -> Gpu | None`, `runs_on(sm_list, capability) -> bool`: compute capability, memory, binary compatibility.
- `driver_rule("12.6") -> DriverRule | None`: the least driver that a CUDA version needs.
- `torch_build("2.7.1+cu126") -> TorchBuild | None`: CUDA, C++ ABI, Pythons and platform of a published torch.
- `companion("torchvision", "2.7.1") -> Companion | None`, `companions(name)`: what fits which torch.
- `published("flash_attn-2.8.3+…whl") -> PublishedWheel | None`, `published_wheels()`: every flash-attn wheel there is.
- `publication("numpy", "2.3.1") -> Publication | None`: the Pythons that a version of a package is published for.
- `published_on("torch", "2.7.1") -> "2025-06-04"`, `is_published(name, version, day)`, `python_image_since("3.11.4")`.
- `package_facts(system, package) -> PackageFacts | None`: is an apt package in that release, and what to use instead.
- `library_for("cv2")`: shared libraries a Python module opens, and the apt package that holds each.
- `entries(subject)`: the raw entries of one subject; `subjects()`: all of them.

A project adds facts in `.conductor/knowledge/<subject>.yaml`, in the same shape; its entries come before the built-in
ones and win. Pass `root=` (the project's folder) to any of these functions to have them read.
"""

from __future__ import annotations

from conductor.knowledge.dates import is_published, newest_on, published_on, python_image_since, was_there
from conductor.knowledge.entries import Entry, KnowledgeProblem, entries, subjects
from conductor.knowledge.gpus import DriverRule, Gpu, driver_rule, gpu, runs_on
from conductor.knowledge.image_facts import ImageFacts
from conductor.knowledge.images import image_facts
from conductor.knowledge.published import PublishedWheel, published, published_wheels
from conductor.knowledge.python_versions import Publication, publication
from conductor.knowledge.systems import (
    PackageFacts,
    SharedLibrary,
    SystemFacts,
    library_for,
    package_facts,
    system_facts,
)
from conductor.knowledge.torch import (
    Companion,
    TorchBuild,
    companion,
    companions,
    torch_build,
    torch_builds,
    torch_cxx11abi,
)

__all__ = [
    "Companion",
    "DriverRule",
    "Entry",
    "Gpu",
    "ImageFacts",
    "KnowledgeProblem",
    "PackageFacts",
    "Publication",
    "PublishedWheel",
    "SharedLibrary",
    "SystemFacts",
    "TorchBuild",
    "companion",
    "companions",
    "driver_rule",
    "entries",
    "gpu",
    "image_facts",
    "is_published",
    "library_for",
    "newest_on",
    "package_facts",
    "publication",
    "published",
    "published_on",
    "published_wheels",
    "python_image_since",
    "runs_on",
    "subjects",
    "system_facts",
    "torch_build",
    "torch_builds",
    "torch_cxx11abi",
    "was_there",
]
