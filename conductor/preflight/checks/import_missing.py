"""Started program imports what nothing installs.

## What it does
Reads the Python file that the container starts, and the local modules it imports, and compares imports that run at
once with what pip, apt and the base image bring.

## Why is this bad?
The worker dies with `ModuleNotFoundError` before its handler is registered. Imports inside `try` and functions are
left alone.

## Example
```dockerfile
FROM python:3.11-slim
RUN pip install requests
COPY handler.py /handler.py
CMD ["python", "-u", "/handler.py"]
```
```python handler.py
import runpod

runpod.serverless.start({"handler": print})
```

## Output
```text
handler.py:1: error[PF-START-006] runpod is imported and nothing installs runpod
    1 | import runpod
      |     python:3.11-slim (Dockerfile:1)
  remedy: pip install runpod
  docs: docs/checks/import-missing.md
```

## Use instead
```dockerfile
FROM python:3.11-slim
RUN pip install requests runpod
COPY handler.py /handler.py
CMD ["python", "-u", "/handler.py"]
```
```python handler.py
import runpod

runpod.serverless.start({"handler": print})
```

## Source
docs.python.org, the import system
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from conductor.domain.finding import Confidence, Finding, Location, Severity
from conductor.preflight.check import Meta
from conductor.preflight.imports import imports_of, is_standard, local_imports
from conductor.preflight.questions import runs, severity_of

if TYPE_CHECKING:
    from conductor.preflight.environment.timeline import PythonRun
    from conductor.preflight.subject import Subject

META = Meta(
    id="import-missing",
    code="PF-START-006",
    title="Started program imports what nothing installs",
    severity=Severity.WARNING,
    remedy="add the package to what the image installs",
)


# Import names whose distribution has another name.
_NAMES = {
    "cv2": "opencv-python",
    "PIL": "pillow",
    "yaml": "pyyaml",
    "sklearn": "scikit-learn",
    "skimage": "scikit-image",
    "dotenv": "python-dotenv",
    "bs4": "beautifulsoup4",
    "dateutil": "python-dateutil",
    "google": "google",
    "magic": "python-magic",
    "ffmpeg": "ffmpeg-python",
    "jwt": "pyjwt",
    "Crypto": "pycryptodome",
    "serial": "pyserial",
    "fitz": "pymupdf",
    "huggingface_hub": "huggingface-hub",
    "faster_whisper": "faster-whisper",
    "whisper": "openai-whisper",
    "git": "gitpython",
}
# Nothing that people install for other reasons brings these.
_ALONE = frozenset({"runpod", "insightface", "gfpgan", "decord", "mediapy", "faster-whisper", "openai-whisper"})
_FAMILIES = {"opencv-python": "opencv", "google": "google"}


def judge(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each module that nothing brings."""
    for run in subject.timeline.python_runs:
        if run.command.phase != "start" or run.found.source is None:
            continue
        if "PYTHONPATH" not in run.command.before.variables:
            yield from _left_behind(subject, run)
        if _judgeable(subject, run):
            yield from _missing(subject, run, run.found.source)


def _missing(subject: Subject, run: PythonRun, source: str) -> Iterator[Finding]:
    """Yield a finding for each module that the program imports and no package of its interpreter brings."""
    before = run.command.before
    interpreter = before.python(run.command.words[0].text or "python")
    if interpreter is None:
        return
    installed = {name for path, name in before.packages if path == interpreter.path}
    seen: set[str] = set()
    for module, (path, line) in imports_of(subject, source):
        name = _NAMES.get(module, re.sub(r"[-_.]+", "-", module).lower())
        if is_standard(module) or module in seen or _brought(name, installed) or module.startswith("."):
            continue
        seen.add(module)
        certain = _is_certain(name, installed)
        message = f"{module} is imported and nothing installs {name}"
        yield META.finding(
            subject,
            message if certain else f"{message} (unless another package brings it)",
            Location(subject.context.display(path), line),
            interpreter.origin,
            severity=Severity.ERROR if certain and runs(run.command) else Severity.WARNING,
            confidence=Confidence.HIGH if certain else Confidence.LOW,
            remedy=f"pip install {name}",
        )


def _is_certain(name: str, installed: set[str]) -> bool:
    """Tell whether none of the installed packages may bring this one."""
    return name in _ALONE or not installed or (installed <= _LISTED and name in _BRINGS)


def _left_behind(subject: Subject, run: PythonRun) -> Iterator[Finding]:
    """Yield a finding for each local module that lies in the context and not beside the program in the image."""
    files = run.command.before.files
    folder = posixpath.dirname(run.image_path)
    source = subject.context.read_text(run.found.source or "") or ""
    if "sys.path" in source or _installs_itself(subject):
        return
    installed = {name for _, name in run.command.before.packages}
    for module, line, local in local_imports(subject, run.found.source or ""):
        name = module.partition(".")[0]
        places = [posixpath.join(folder, name), posixpath.join(folder, f"{name}.py")]
        if _NAMES.get(name, name.replace("_", "-")) in installed:
            continue
        if files is None or any(files.find(place).state != "absent" for place in places) or is_standard(name):
            continue
        where = Location(subject.context.display(run.found.source or ""), line)
        said = f"{name} is imported, and {subject.context.display(local)} is not copied beside {run.image_path}"
        remedy = f"COPY it into {folder}/ too"
        yield META.finding(subject, said, where, run.found.origin, severity=severity_of(run.command), remedy=remedy)


def _installs_itself(subject: Subject) -> bool:
    """Tell whether the project's own modules may be installed as a package."""
    local = any(
        (requirement.address or "").startswith((".", "/", "file:"))
        for install in subject.pip_installs
        for requirement in install.requirements
    )
    return local or any(c.name in {"uv", "poetry", "pdm"} or "setup.py" in c.arguments for c in subject.commands)


def _judgeable(subject: Subject, run: PythonRun) -> bool:
    """Tell whether everything that is installed is known."""
    before = run.command.before
    complete = all(install.complete and install.interpreter for install in subject.pip_installs)
    base = (before.base or "").removeprefix("docker.io/")
    known = base.startswith(("python:", "nvidia/cuda:", "ubuntu:", "debian:"))
    changed = "PYTHONPATH" in before.variables or any(
        c.name in {"conda", "mamba", "poetry", "pipenv"} for c in subject.commands
    )
    path = any(c.name == "python" and "setup.py" in c.arguments for c in subject.commands)
    return known and complete and not before.opaque and not changed and not path


def _brought(name: str, installed: set[str]) -> bool:
    """Tell whether an installed package is or may bring this one."""
    if name in installed or any(have.startswith(f"{_FAMILIES.get(name, name)}-") for have in installed):
        return True
    return bool(_BRINGS.get(name, frozenset()) & installed)


_TORCH = frozenset(
    {
        "torchvision",
        "torchaudio",
        "accelerate",
        "xformers",
        "timm",
        "flash-attn",
        "bitsandbytes",
        "ultralytics",
        "sentence-transformers",
        "peft",
        "pytorch-lightning",
        "lightning",
        "openai-whisper",
        "vllm",
        "deepspeed",
    }
)
_HUB = frozenset(
    {
        "transformers",
        "diffusers",
        "accelerate",
        "gradio",
        "datasets",
        "timm",
        "peft",
        "tokenizers",
        "vllm",
        "sentence-transformers",
        "faster-whisper",
    }
)
_WEB = frozenset({"runpod", "gradio", "huggingface-hub", "boto3", "requests", "vllm"}) | _HUB
_NUMERIC = (
    _TORCH
    | _HUB
    | frozenset(
        {
            "torch",
            "opencv-python",
            "opencv-python-headless",
            "scipy",
            "pandas",
            "soundfile",
            "librosa",
            "matplotlib",
            "imageio",
            "scikit-image",
            "scikit-learn",
            "moviepy",
            "einops-exts",
            "numba",
        }
    )
)
_BRINGS: dict[str, frozenset[str]] = {
    "torch": _TORCH,
    "numpy": _NUMERIC,
    "pillow": _NUMERIC | {"gradio", "torchvision"},
    "requests": _WEB,
    "huggingface-hub": _HUB,
    "safetensors": _HUB,
    "tokenizers": frozenset({"transformers"}),
    "tqdm": _WEB | {"openai"},
    "pyyaml": _HUB | {"gradio", "omegaconf"},
    "packaging": _HUB | _WEB,
    "boto3": frozenset({"runpod"}),
    "botocore": frozenset({"runpod", "boto3"}),
    "aiohttp": frozenset({"runpod", "datasets", "vllm"}),
    "fastapi": frozenset({"runpod", "gradio", "vllm"}),
    "pydantic": frozenset({"runpod", "gradio", "fastapi", "openai", "vllm"}),
    "uvicorn": frozenset({"runpod", "gradio", "vllm"}),
    "starlette": frozenset({"runpod", "gradio", "fastapi", "vllm"}),
    "urllib3": _WEB,
    "psutil": frozenset({"runpod", "accelerate", "vllm", "ultralytics"}),
    "opencv-python": frozenset(
        {"ultralytics", "albumentations", "mediapipe", "insightface", "supervision", "facexlib", "gfpgan", "realesrgan"}
    ),
    "scipy": frozenset({"librosa", "scikit-image", "scikit-learn", "ultralytics", "insightface"}),
    "soundfile": frozenset({"librosa"}),
    "regex": frozenset({"transformers"}),
    "filelock": _TORCH | _HUB | {"torch"},
    "imageio": frozenset({"moviepy", "scikit-image"}),
    "pandas": frozenset({"gradio", "datasets", "ultralytics"}),
    "matplotlib": frozenset({"ultralytics", "insightface", "mediapipe"}),
    "httpx": frozenset({"gradio", "openai", "huggingface-hub"}),
    "click": frozenset({"runpod", "uvicorn", "gradio"}),
    "google": frozenset({"protobuf", "mediapipe", "tensorboard", "tensorflow", "onnx", "onnxruntime"}),
    "einops": frozenset({"einops-exts", "flash-attn", "vllm"}),
    "onnxruntime": frozenset({"onnxruntime-gpu", "insightface", "rembg"}),
    "jinja2": _TORCH | {"torch", "gradio"},
    "setuptools": frozenset({"torch"}) | _TORCH,
    "pkg-resources": frozenset(),
}
_BRINGS["diffusers"] = _BRINGS["gradio"] = _BRINGS["xformers"] = frozenset()
_BRINGS["transformers"] = frozenset({"sentence-transformers", "peft", "vllm", "openai-whisper"})
# Packages whose dependencies are known well enough to say what they do not bring.
_LISTED = frozenset(_BRINGS) | _TORCH | _HUB | _WEB | _NUMERIC
