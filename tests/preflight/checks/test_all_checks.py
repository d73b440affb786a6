"""Every check's page is run; then each check in both directions, on what real histories hold."""

import importlib.util
from pathlib import Path

import pytest

from conductor.preflight.checks import load_checks
from conductor.preflight.pages import example_files, expected_output, render_index, render_page
from conductor.records.commonmark import read_blocks

ROOT = Path(__file__).parents[3]
CHECKS = {check.meta.id: check for check in load_checks()}
SLIM = "FROM python:3.11-slim\n"
CUDA = "FROM nvidia/cuda:12.6.3-cudnn-runtime-ubuntu22.04\n"
NOBLE = "FROM nvidia/cuda:12.6.3-cudnn-runtime-ubuntu24.04\n"
START = 'import runpod\nrunpod.serverless.start({"handler": print})\n'


def script():
    specification = importlib.util.spec_from_file_location("generate", ROOT / "scripts" / "generate_check_pages.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


GENERATE = script()


@pytest.mark.parametrize("name", CHECKS)
def test_the_example_prints_what_the_page_says(name):
    shown = expected_output(CHECKS[name])
    assert shown
    assert GENERATE.run_example(CHECKS[name], "Example") == shown


@pytest.mark.parametrize("name", [name for name in CHECKS if CHECKS[name].meta.offline])
def test_what_to_use_instead_is_not_found_fault_with(name):
    assert "Dockerfile" in example_files(CHECKS[name], "Use instead")
    assert GENERATE.run_example(CHECKS[name], "Use instead") == ""


@pytest.mark.parametrize("name", CHECKS)
def test_a_page_has_every_section(name):
    headings = {block.text for block in read_blocks(CHECKS[name].page) if block.kind == "heading"}
    assert headings >= {"What it does", "Why is this bad?", "Example", "Output", "Use instead", "Source"}


def test_files_and_pages_are_the_same_set():
    files = {path.stem for path in (ROOT / "conductor/preflight/checks").glob("*.py")} - {"__init__"}
    assert files == {check.module for check in CHECKS.values()}
    pages = {path.stem for path in (ROOT / "docs/checks").glob("*.md")} - {"README"}
    assert pages == set(CHECKS)
    codes = [check.meta.code for check in load_checks()]
    assert codes == sorted(set(codes))


@pytest.mark.parametrize("name", CHECKS)
def test_the_page_in_the_documentation_is_the_docstring(name):
    assert (ROOT / f"docs/checks/{name}.md").read_text() == render_page(CHECKS[name])


def test_the_index_lists_every_check():
    assert (ROOT / "docs/checks/README.md").read_text() == render_index(load_checks())


BAD = [
    ("PF-FILE-001", "FROM python:3.11\n```dockerfile\n", {}),
    ("PF-FILE-002", SLIM + "COPY --from=later /x /x\nFROM python:3.11 AS later\n", {}),
    ("PF-APT-001", NOBLE + "RUN apt-get update && apt-get install -y python3.10\n", {}),
    ("PF-APT-001", "FROM python:3.13-slim\nRUN apt-get update && apt-get install -y libgl1-mesa-glx\n", {}),
    ("PF-APT-001", SLIM + "RUN apt-get update && apt-get install -y cuda-toolkit-12-6\n", {}),
    ("PF-APT-001", CUDA + "RUN apt update && apt install -y software-properties-common && add-apt-repository -y ppa:deadsnakes/ppa && apt install -y python3.12-distutils\n", {}),
    ("PF-APT-002", "FROM python:3.10-slim\nRUN wget https://developer.download.nvidia.com/compute/cuda/repos/ubuntu2004/x86_64/cuda-keyring_1.0-1_all.deb\n", {}),
    ("PF-APT-003", SLIM + "RUN apt-get update && rm -rf /var/lib/apt/lists/*\nRUN apt-get install -y git\n", {}),
    ("PF-APT-004", SLIM + "RUN apt-get update && apt-get install git\n", {}),
    ("PF-TOOL-001", SLIM + "RUN pip install git+https://github.com/a/b\n", {}),
    ("PF-TOOL-001", SLIM + 'COPY s.sh /s.sh\nCMD ["bash", "/s.sh"]\n', {"s.sh": "set -e\nwget -q https://example.invalid/x\n"}),
    ("PF-TOOL-001", "FROM nvidia/cuda:12.1.0-cudnn8-devel-ubi8\nRUN apt-get update\n", {}),
    ("PF-TOOL-001", "FROM python:3.11-alpine\nRUN apt-get update\n", {}),
    ("PF-TOOL-001", SLIM + "RUN apk add git\n", {}),
    ("PF-START-008", SLIM + 'RUN pip install runpod\nCMD ["python", "-m", "runpod.serverless"]\n', {}),
    ("PF-START-015", "FROM vllm/vllm-openai:v0.10.2\nCMD python3 -u /h.py\n", {}),
    ("PF-PIP-010", SLIM + "COPY r.txt /\nRUN pip install -r /r.txt\n", {"r.txt": "<<<<<<< HEAD\nrunpod\n"}),
    ("PF-PIP-010", SLIM + "COPY r.txt /\nRUN pip install -r /r.txt\n", {"r.txt": "torch 2.6.0\n"}),
    ("PF-PIP-010", SLIM + "RUN pip install torch=2.6.0\n", {}),
    ("PF-START-012", SLIM + "COPY r.txt /\nRUN pip install -r /r.txt\n", {"r.txt": "-r base.txt\nrunpod\n"}),
    ("PF-START-014", 'FROM python:3.11-alpine\nCOPY --chmod=755 s.sh /s.sh\nCMD ["/s.sh"]\n', {"s.sh": "#!/bin/bash\necho a\n"}),
    ("PF-FILE-002", SLIM + "COPY --from=builder /x /x\n", {}),
    ("PF-VAR-001", "ARG TORCH=2.6.0\n" + SLIM + "RUN pip install torch==${TORCH}\n", {}),
    ("PF-VAR-001", SLIM + "RUN pip install torch==$VERSION\n", {}),
    ("PF-SHELL-001", SLIM + "RUN [[ -d /x ]] && echo a\n", {}),
    ("PF-START-015", 'FROM ollama/ollama\nCOPY s.sh /s.sh\nCMD ["/s.sh"]\n', {"s.sh": "#!/bin/sh\n"}),
    ("PF-TOOL-002", CUDA + "RUN pip install runpod\n", {}),
    ("PF-TOOL-002", SLIM + "RUN python3.10 -m pip install x\n", {}),
    ("PF-USER-001", SLIM + "USER 1000\nRUN apt-get update\n", {}),
    ("PF-COPY-001", SLIM + "COPY ../secret.txt /\n", {}),
    ("PF-COPY-001", SLIM + "COPY Handler.py /\n", {"handler.py": ""}),
    ("PF-COPY-003", SLIM + "COPY a b 2>/dev/null || true\n", {"a": ""}),
    ("PF-START-001", SLIM + 'WORKDIR /app\nCMD ["python", "handler.py"]\n', {}),
    ("PF-START-001", SLIM + "RUN bash /setup.sh\n", {}),
    ("PF-START-002", SLIM + 'COPY s.sh /s.sh\nCMD ["bash", "/s.sh"]\n', {"s.sh": "echo a\r\n"}),
    ("PF-TOOL-003", CUDA + "RUN apt-get update && apt-get install -y python3.10 && python3.10 -m pip install x\n", {}),
    ("PF-SYNTAX-003", SLIM + "RUN apt-get update \\\n\nRUN pip install runpod\n", {}),
    ("PF-START-006", SLIM + 'RUN pip install runpod\nCOPY h.py /\nCMD ["python", "-u", "/h.py"]\n', {"h.py": "import utils\n" + START, "utils.py": ""}),
    ("PF-START-013", SLIM + 'RUN pip install gunicorn flask\nCOPY a.py /\nCMD ["gunicorn", "a:application"]\n', {"a.py": "from flask import Flask\napp = Flask('a')\n"}),
    ("PF-START-013", SLIM + 'WORKDIR /w\nCOPY src ./src\nCMD ["python", "-m", "tool"]\n', {"src/tool/__main__.py": ""}),
    ("PF-TOOL-004", SLIM + 'USER 1000\nRUN pip install uvicorn\nCMD ["uvicorn", "a:b"]\n', {}),
    ("PF-START-012", "FROM runpod/pytorch:2.4.0-py3.11-cuda12.4.1-devel-ubuntu22.04\nWORKDIR /app\nRUN pip install -r r.txt\n", {}),
    ("PF-START-012", SLIM + "RUN chmod +x /app/start.sh\n", {}),
    ("PF-START-012", SLIM + "RUN pip install -r /r.txt\nCOPY r.txt /r.txt\n", {"r.txt": ""}),
    ("PF-VOL-001", SLIM + 'RUN python -m venv /workspace/v\nENV PATH=/workspace/v/bin:$PATH\nCMD ["python", "-m", "x"]\n', {}),
    ("PF-BASE-004", "FROM nvidia/cuda:12.4.1-cudnn8-runtime-ubuntu22.04\n", {}),
    ("PF-BASE-004", "FROM nvidia/cuda\n", {}),
    ("PF-SYNTAX-003", SLIM + "RUN echo a && \\\n    EOF\n", {}),
    ("PF-START-003", SLIM + 'COPY s.sh /s.sh\nENTRYPOINT ["/s.sh"]\n', {"s.sh": "#!/bin/sh\necho a\n"}),
    ("PF-START-010", SLIM + 'CMD ["python", "a.py", "&&", "sleep", "1"]\n', {}),
    ("PF-START-010", SLIM + 'CMD ["python -u a.py"]\n', {}),
    ("PF-SYNTAX-001", SLIM + 'COPY s.sh /s.sh\nCMD ["bash", "/s.sh"]\n', {"s.sh": "if true; then\n"}),
    ("PF-SYNTAX-002", SLIM + 'COPY h.py m.py /\nCMD ["python", "/h.py"]\n', {"h.py": "import m\n", "m.py": "def f(:\n"}),
    ("PF-SYNTAX-002", SLIM + 'RUN python -c "import sys; def x"\n', {}),
    ("PF-SHELL-001", CUDA + "RUN source /x && y\n", {}),
    ("PF-SHELL-003", SLIM + "RUN timeout 60 A=1 pip install x\n", {}),
    ("PF-DIR-001", SLIM + "RUN cd /nowhere-here && ls\n", {}),
    ("PF-BUILD-001", "FROM pytorch/pytorch:2.7.1-cuda12.6-cudnn9-devel\nRUN python -c 'import torch; assert torch.cuda.is_available()'\n", {}),
    ("PF-BUILD-004", "FROM python:3.11\nCOPY a.py /w/a.py\nRUN git clone https://example.invalid/x /w\n", {"a.py": ""}),
    ("PF-SECRET-001", SLIM + "ARG AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMIK7MDENGbPxRfiCYzzQ1\n", {}),
]  # fmt: skip

GOOD = [
    ("PF-FILE-002", "FROM python:3.11 AS Build\nFROM python:3.11\nCOPY --from=build /x /x\nCOPY --from=0 /y /y\n", {}),
    ("PF-FILE-003", "FROM python:3.11 AS a\nCMD x\nFROM a\nCMD y\n", {}),
    ("PF-TOOL-003", CUDA + "RUN apt-get update && apt-get install -y python3-pip python3-venv && python3 -m venv /v && python3 -m pip install x\n", {}),
    ("PF-TOOL-003", "FROM python:3.11-slim\nRUN python -m venv /v && python -m pip install x\n", {}),
    ("PF-SYNTAX-003", SLIM + "RUN a \\\n  --ENV b && echo CMD && \\\n  ENV=1 b\n", {}),
    ("PF-START-006", SLIM + 'RUN pip install runpod\nWORKDIR /app\nCOPY src .\nCMD ["python", "-u", "h.py"]\n', {"src/h.py": "from lib.part import x\nfrom utils import y\n" + START, "src/lib/part.py": "x = 1\n", "src/utils.py": "y = 2\n"}),
    ("PF-PIP-007", 'FROM team/base:1\nRUN apt-get update && apt-get install -y python3.12 python3-pip && ln -sf /usr/bin/python3.12 /usr/local/bin/python\nRUN pip install runpod\nCOPY h.py /\nCMD ["python", "-u", "/h.py"]\n', {"h.py": START}),
    ("PF-PIP-007", 'FROM nvidia/cuda:12.4.1-runtime-ubuntu22.04\nRUN apt-get update && apt-get install -y python3.11 python3-pip && ln -sf /usr/bin/python3.11 /usr/bin/python3\nRUN pip install runpod\nCOPY h.py /\nCMD ["python3", "-u", "/h.py"]\n', {"h.py": START}),
    ("PF-SYNTAX-002", 'FROM ubuntu:20.04\nRUN apt-get update && apt-get install -y python3 curl && curl https://example.invalid/pyenv | bash\nENV PATH=/root/.pyenv/shims:$PATH\nCOPY h.py /\nCMD ["python3", "-u", "/h.py"]\n', {"h.py": "match 1:\n    case 1: pass\n"}),
    ("PF-START-013", SLIM + 'RUN pip install gunicorn flask\nWORKDIR /w\nCOPY . .\nCMD ["gunicorn", "--chdir", "web", "a:make()"]\n', {"web/a.py": "from flask import Flask\ndef make(): return Flask('a')\n"}),
    ("PF-TOOL-004", "FROM debian:12\nRUN apt-get update && apt-get install -y gunicorn python3-flask\n" + 'COPY a.py /\nCMD ["gunicorn", "a:app"]\n', {"a.py": "import flask\napp = 1\n"}),
    ("PF-START-012", SLIM + "COPY r.txt /r.txt\nRUN pip install -r /r.txt && cp /r.txt /q.txt && chmod 644 /q.txt && cat /etc/os-release\n", {"r.txt": ""}),
    ("PF-START-012", "FROM python:3.11\nRUN git clone https://example.invalid/x /x && pip install -r /x/requirements.txt\nRUN wget -O /m https://example.invalid/m && chmod +x /m\n", {}),
    ("PF-BASE-004", "FROM nvidia/cuda:12.6.3-cudnn-runtime-ubuntu22.04\nFROM nvidia/cuda:11.8.0-cudnn8-devel-ubuntu20.04\n", {}),
    ("PF-BASE-004", "FROM pytorch/pytorch:2.3.1-cuda12.1-cudnn8-runtime\n", {}),
    ("PF-VAR-002", SLIM + 'COPY s.sh /s.sh\nCMD ["bash", "/s.sh"]\n', {"s.sh": "set -eu\nA=1; echo $A ${B:-x} $HOME $RUNPOD_POD_ID\nfor f in *; do echo $f; done\nread -r line\necho $line '$none'\n"}),
    ("PF-APT-001", CUDA + "RUN apt-get update && apt-get install -y python3.10 python3.11 libgl1-mesa-glx cuda-nvcc-12-6\n", {}),
    ("PF-APT-001", NOBLE + "RUN apt-get update && apt-get install -y software-properties-common && add-apt-repository -y ppa:deadsnakes/ppa && apt-get install -y python3.10\n", {}),
    ("PF-APT-001", SLIM + "RUN curl -o /etc/apt/sources.list.d/x.list https://example.invalid && dpkg -i x.deb && apt-get update && apt-get install -y cuda-toolkit\n", {}),
    ("PF-APT-003", SLIM + "RUN apt-get update\nRUN apt-get install -y git\n", {}),
    ("PF-APT-003", CUDA + "RUN apt-get update && apt-get install -y software-properties-common && rm -rf /var/lib/apt/lists/*\nRUN add-apt-repository ppa:deadsnakes/ppa -y && apt-get install -y python3.10-dev\n", {}),
    ("PF-TOOL-001", "FROM python:3.11-alpine\nRUN apk add git && git --version\n", {}),
    ("PF-START-008", SLIM + 'RUN pip install runpod\nCMD ["python", "-m", "worker"]\n', {}),
    ("PF-PIP-010", SLIM + "RUN A=1 pip install --timeout=100 -C a=1 torch==2.6.0 'x~=1.0' 'y>1'\n", {}),
    ("PF-PIP-010", SLIM + "COPY r.txt /\nRUN pip install -r /r.txt\n", {"r.txt": "torch >= 2.0, <3  # a\nnumpy[x] ; python_version > '3'\n./local\na @ https://example.invalid/a.whl\n"}),
    ("PF-START-012", SLIM + "RUN --mount=type=secret,id=hf cat /run/secrets/hf\n", {}),
    ("PF-START-012", "FROM runpod/base:0.6.2-cuda12.1.0\nWORKDIR /app\nCOPY r.txt .\nRUN pip install -r r.txt\n", {"r.txt": "runpod\n"}),
    ("PF-START-012", "FROM runpod/base:0.6.2-cuda12.1.0\nCOPY r.txt /app\nRUN pip install -r /app/r.txt\n", {"r.txt": "runpod\n"}),
    ("PF-START-014", 'FROM python:3.11-alpine\nRUN apk add bash\nCOPY --chmod=755 s.sh /s.sh\nCMD ["/s.sh"]\n', {"s.sh": "#!/bin/bash\necho a\n"}),
    ("PF-FILE-002", SLIM + "COPY --from=golang /x /x\nCOPY --from=team/builder /x /x\n", {}),
    ("PF-VAR-001", "ARG TORCH=2.6.0\n" + SLIM + "ARG TORCH\nRUN V=1 && pip install torch==${TORCH} x==$V y==$PYTHON_VERSION\n", {}),
    ("PF-SHELL-001", SLIM + 'SHELL ["/bin/bash", "-c"]\nRUN [[ -d /x ]] && echo a\n', {}),
    ("PF-START-006", SLIM.replace("\n", " AS b\n") + "RUN pip wheel -w /w runpod\n" + SLIM + 'COPY --from=b /w /w\nRUN pip install /w/*.whl\nCOPY h.py /\nCMD ["python", "-u", "/h.py"]\n', {"h.py": START}),
    ("PF-START-015", 'FROM vllm/vllm-openai:v0.10.2\nCMD ["--model", "a/b"]\n', {}),
    ("PF-START-015", 'FROM ollama/ollama:0.5\nENTRYPOINT ["/bin/sh", "-c"]\nCMD ["/s.sh"]\n', {}),
    ("PF-APT-004", SLIM + "RUN apt-get update && apt-get -qqy install git && apt-get install -y --no-install-recommends curl && apt-get install --yes wget\n", {}),
    ("PF-TOOL-001", SLIM + "RUN if ! command -v git; then apt-get update && apt-get install -y git; fi\nRUN git --version\n", {}),
    ("PF-TOOL-001", SLIM + "RUN which nvcc || echo none\n", {}),
    ("PF-TOOL-001", "FROM python:3.11\nRUN git clone https://example.invalid/x && curl -fsSL x | sh && uv venv\n", {}),
    ("PF-TOOL-001", SLIM + "COPY --from=mwader/static-ffmpeg:7.1 /ffmpeg /usr/local/bin/\nRUN ffmpeg -version\n", {}),
    ("PF-TOOL-002", CUDA + "RUN apt-get update && apt-get install -y python3-pip && update-alternatives --install /usr/bin/python python /usr/bin/python3 1 && python -m pip install x\n", {}),
    ("PF-TOOL-002", CUDA + "RUN apt-get update && apt-get install -y curl software-properties-common && add-apt-repository ppa:deadsnakes/ppa && apt-get install -y python3.11 && curl -sS https://bootstrap.pypa.io/get-pip.py | python3.11\nRUN pip install x && python3.11 -V\n", {}),
    ("PF-LIB-001", SLIM + "RUN apt-get update && apt-get install -y ffmpeg && pip install opencv-python\n", {}),
    ("PF-LIB-001", SLIM + "RUN pip install opencv-python opencv-python-headless\n", {}),
    ("PF-COPY-001", SLIM + "COPY optional*.json /x/\nCOPY a.py* /y/\nADD https://example.invalid/z /z\n", {"a.py": ""}),
    ("PF-COPY-002", SLIM + "COPY src /src\n", {".dockerignore": "*\n!src/keep.py\n", "src/keep.py": ""}),
    ("PF-COPY-004", SLIM + "COPY a.py b.py ./\nCOPY a.py b.py .\n", {"a.py": "", "b.py": ""}),
    ("PF-START-001", 'FROM python:3.11\nRUN git clone https://example.invalid/x /app\nWORKDIR /app\nCMD ["python", "main.py"]\n', {}),
    ("PF-START-002", SLIM + 'COPY s.sh /s.sh\nRUN sed -i "s/\\r$//" /s.sh\nCMD ["bash", "/s.sh"]\n', {"s.sh": "echo a\r\n"}),
    ("PF-START-003", SLIM + 'COPY s.sh /s.sh\nRUN chmod +x /s.sh\nENTRYPOINT ["/s.sh"]\n', {"s.sh": "#!/bin/sh\necho a\n"}),
    ("PF-START-003", SLIM + 'COPY . /app\nRUN chmod 755 /app/*.sh\nENTRYPOINT ["/app/s.sh"]\n', {"s.sh": "#!/bin/sh\necho a\n"}),
    ("PF-START-005", 'FROM python:3.11\nCOPY s.sh /s.sh\nCMD ["bash", "/s.sh"]\n', {"s.sh": "set -e\nif [ ! -d /x ]; then git clone https://example.invalid/x /x; fi\nrm -rf /y\ngit clone https://example.invalid/y /y\nmkdir -p /z\n"}),
    ("PF-START-006", SLIM + 'RUN pip install runpod\nCOPY . /\nCMD ["python", "-u", "/h.py"]\n', {"h.py": "import os, requests, boto3\nimport mine\ntry:\n    import torch\nexcept ImportError:\n    torch = None\n" + START, "mine.py": "import json\n"}),
    ("PF-START-007", SLIM + 'ENV PYTHONUNBUFFERED=1\nCOPY h.py /\nCMD ["python", "/h.py"]\n', {"h.py": START}),
    ("PF-START-008", SLIM + 'RUN pip install runpod\nCOPY . /\nCMD ["python", "-u", "/h.py"]\n', {"h.py": "import runpod, inner\n", "inner.py": START}),
    ("PF-START-010", SLIM + 'CMD ["bash", "-c", "a && b"]\nENTRYPOINT exec python $FILE\n', {}),
    ("PF-SHELL-001", CUDA + 'SHELL ["/bin/bash", "-c"]\nRUN source /x\n', {}),
    ("PF-SHELL-001", CUDA + 'RUN bash -c "source /x && y"\n', {}),
    ("PF-SHELL-002", "FROM continuumio/miniconda3:25.3.1-1\nRUN . /opt/conda/etc/profile.d/conda.sh && conda activate base\n", {}),
    ("PF-SHELL-004", SLIM + "RUN pip install 'runpod>=1.10' > /dev/null\n", {}),
    ("PF-VAR-001", SLIM + "ARG A=1\nENV B=$A PYTHONPATH=/x:$PYTHONPATH\nWORKDIR $B\nCOPY ${C:-x} /\n", {"x": ""}),
    ("PF-DIR-001", SLIM + "RUN mkdir -p /a/b && cd /a && cd b && cd ../b && cd /tmp/any && cd -\n", {}),
    ("PF-BUILD-001", SLIM + "RUN nvidia-smi || true\nRUN python -c 'import torch; print(torch.cuda.is_available())'\n", {}),
    ("PF-BUILD-003", SLIM + "RUN pip install a || pip install b\n", {}),
    ("PF-SECRET-001", SLIM + 'ENV HF_TOKEN="" API_KEY=your_api_key_here TOKEN=$X PASSWORD=changeme123456 KEY_TOKEN=/run/secrets/token TOKENIZERS_PARALLELISM=false\nARG GITHUB_TOKEN\n', {}),
    ("PF-SECRET-002", SLIM + "COPY . /app\n", {".env": "API_KEY=\nPORT=80\nDEBUG=true\n", ".env.example": "HF_TOKEN=hf_abcdefghijklmnopqrstuvwxyz0123456789\n"}),
]  # fmt: skip


@pytest.mark.parametrize(("code", "dockerfile", "files"), BAD)
def test_the_fault_is_found(image, code, dockerfile, files):
    assert code in image.codes(dockerfile, files)


@pytest.mark.parametrize(("code", "dockerfile", "files"), GOOD)
def test_what_is_right_raises_no_alarm(image, code, dockerfile, files):
    assert code not in image.codes(dockerfile, files)
