import pytest
from pages import findings_of

from conductor.domain.finding import Severity
from conductor.preflight.checks import load_checks

CHECKS = {check.meta.id: check for check in load_checks()}
RELEASES = "https://github.com/Dao-AILab/flash-attention/releases/download"
FITTING = f"{RELEASES}/v2.8.3/flash_attn-2.8.3+cu12torch2.7cxx11abiTRUE-cp311-cp311-linux_x86_64.whl"
FOR_26 = f"{RELEASES}/v2.8.3/flash_attn-2.8.3+cu12torch2.6cxx11abiTRUE-cp311-cp311-linux_x86_64.whl"
BASE = "FROM pytorch/pytorch:2.7.1-cuda12.6-cudnn9-runtime\n"
APT = "RUN apt-get update && apt-get install -y python3 python3-pip\n"
JAMMY = "FROM nvidia/cuda:12.6.3-runtime-ubuntu22.04\n" + APT
NOBLE = "FROM nvidia/cuda:12.6.3-runtime-ubuntu24.04\n" + APT
SEED_BEFORE = BASE + (
    "RUN pip install --no-cache-dir \\\n"
    f"    {RELEASES}/v2.8.3/flash_attn-2.8.3+cu12torch2.7cxx11abiFALSE-cp310-cp310-linux_x86_64.whl\n"
)
SEED_AFTER = BASE + (
    "RUN pip install --no-cache-dir --force-reinstall --no-deps \\\n"
    "    https://huggingface.co/ByteDance-Seed/SeedVR2-3B/resolve/main/"
    "flash_attn-2.5.8+cu121torch2.3cxx11abiFALSE-cp310-cp310-linux_x86_64.whl\n"
)


def found(name, tmp_path, dockerfile, **files):
    shown = {"Dockerfile": dockerfile, **{key.replace("_", "."): text for key, text in files.items()}}
    return findings_of(CHECKS[name], shown, tmp_path)


def test_the_wheel_of_the_seed_is_for_another_python_and_the_repair_is_exact(tmp_path):
    [finding] = found("wheel-python-tag", tmp_path, SEED_BEFORE)
    assert (finding.severity, finding.location.line, finding.location.column) == (Severity.ERROR, 3, 5)
    assert finding.data["remedy_wheel"] == "flash_attn-2.8.3+cu12torch2.7cxx11abiTRUE-cp311-cp311-linux_x86_64.whl"
    fix = finding.data["fix"]
    line = SEED_BEFORE.splitlines()[fix["line"] - 1]
    assert line.count(fix["old"]) == 1
    repaired = SEED_BEFORE.replace(fix["old"], fix["new"])
    assert found("wheel-python-tag", tmp_path, repaired) == []
    assert found("wheel-unhashed", tmp_path, repaired) == []


def test_the_replacement_of_the_seed_has_both_faults(tmp_path):
    assert len(found("wheel-python-tag", tmp_path, SEED_AFTER)) == 1
    [finding] = found("wheel-url", tmp_path, SEED_AFTER)
    assert "no release of flash-attn ever had this one" in finding.message


@pytest.mark.parametrize(
    ("name", "dockerfile"),
    [
        ("torch-missing", f"FROM acme/base:1\nRUN pip install {FITTING}\n"),
        ("torch-missing", f"FROM python:3.11-slim-bookworm\nRUN pip install --no-deps {FITTING}\nRUN pip install torch==2.7.1\n"),
        ("torch-missing", f"FROM python:3.11-slim-bookworm\nRUN pip install torch==2.7.1 {FITTING}\n"),
        ("torch-missing", f"FROM python:3.11-slim-bookworm\nRUN pip install acme-models\nRUN pip install {FITTING}\n"),
        ("torch-missing", f"FROM python:3.11-slim-bookworm\nRUN pip install accelerate {FITTING}\n"),
        ("wheel-torch", f"FROM acme/base:1\nRUN pip install {FOR_26}\n"),
        ("wheel-torch", BASE + f"RUN pip install --no-deps {FOR_26}\nRUN pip install torch==2.6.0\n"),
        ("wheel-python-tag", f"FROM acme/base:1\nRUN pip install {FITTING}\n"),
        ("wheel-not-published", BASE + "COPY flash_attn-2.8.3+cu12torch2.10cxx11abiTRUE-cp311-cp311-linux_x86_64.whl /\nRUN pip install /flash_attn-2.8.3+cu12torch2.10cxx11abiTRUE-cp311-cp311-linux_x86_64.whl\n"),
        ("wheel-not-published", BASE + "RUN pip install https://example.com/flash_attn-2.8.3+cu12torch2.10cxx11abiTRUE-cp311-cp311-linux_x86_64.whl\n"),
        ("wheel-not-published", BASE + "RUN pip install https://example.com/acme-1.0-cp311-cp311-linux_x86_64.whl\n"),
        ("torch-replaced", BASE + "RUN pip install torch==2.7.1 torchvision==0.22.1\n"),
        ("torch-replaced", "FROM acme/base:1\nRUN pip install torch==2.6.0\n"),
        ("torch-replaced", BASE + "RUN pip install torchvision torchaudio\n"),
        ("torch-replaced", BASE + "RUN pip install --no-deps xformers\n"),
        ("torch-cpu-only", "FROM python:3.11-slim\nRUN pip install torch --index-url https://download.pytorch.org/whl/cpu\n"),
        ("contradicting-pins", "FROM python:3.11-slim\nRUN pip install 'numpy<2' numpy==1.26.4\n"),
        ("contradicting-pins", "FROM python:3.11-slim\nRUN pip install torch==2.7.1 torch==2.7.1+cu126\n"),
        ("contradicting-pins", "FROM python:3.11-slim\nRUN pip install --no-deps torch==2.7.1 torchvision==0.20.1\n"),
        ("contradicting-pins", "FROM python:3.11-slim\nRUN pip install 'a==1; python_version < \"3\"' a==2\n"),
        ("no-such-version", "FROM python:3.11-slim\nRUN pip install torch==2.7.1 --extra-index-url https://download.pytorch.org/whl/cu126\n"),
        ("no-such-version", "FROM python:3.11-slim\nRUN pip config set global.extra-index-url https://x.example/simple\nRUN pip install torch==2.7.1+cu126\n"),
        ("no-such-version", "FROM acme/base:1\nRUN pip install torch==2.15.7\n"),
        ("source-build", BASE.replace("runtime", "devel") + "RUN pip install --no-build-isolation flash-attn==2.8.3\n"),
        ("source-build", BASE + "ENV FLASH_ATTENTION_SKIP_CUDA_BUILD=TRUE\nRUN pip install --no-build-isolation flash-attn==2.8.3\n"),
        ("source-build", BASE + "RUN pip install diffusers\n"),
        ("known-bad-pair", "FROM python:3.11-slim\nRUN pip install torch numpy\n"),
        ("wheel-unhashed", BASE + "RUN pip install numpy==2.1.0\n"),
        ("externally-managed", NOBLE + "RUN pip3 install --break-system-packages runpod\n"),
        ("externally-managed", NOBLE + "ENV PIP_BREAK_SYSTEM_PACKAGES=1\nRUN pip3 install runpod\n"),
        ("externally-managed", NOBLE + "RUN rm /usr/lib/python3.12/EXTERNALLY-MANAGED && pip3 install runpod\n"),
        ("externally-managed", NOBLE + "RUN pip3 config set global.break-system-packages true && pip3 install runpod\n"),
        ("externally-managed", JAMMY + "RUN pip3 install runpod\n"),
        ("externally-managed", "FROM python:3.11-slim-bookworm\nRUN pip install runpod\n"),
        ("externally-managed", "FROM acme/base:1\nRUN pip install runpod\n"),
        ("pip-option-unknown", JAMMY + "RUN pip3 install --upgrade pip\nRUN pip3 install --break-system-packages runpod\n"),
        ("pip-option-unknown", NOBLE + "RUN pip3 install --break-system-packages runpod\n"),
        ("pip-option-unknown", "FROM python:3.11-slim\nRUN pip install --break-system-packages runpod\n"),
        ("upstream-unpinned", "FROM python:3.11\nRUN git clone --branch v1.2 https://github.com/a/b\n"),
        ("upstream-unpinned", "FROM python:3.11\nRUN pip install git+https://github.com/a/b@v1.2\n"),
        ("upstream-unpinned", "FROM python:3.11\nRUN pip install git+ssh://git@github.com/a/b@0a1b2c3\n"),
        ("wheel-unreachable", BASE + f"RUN pip install {FITTING}\n"),
    ],
)  # fmt: skip
def test_what_may_well_work_is_left_alone(name, dockerfile, tmp_path):
    assert found(name, tmp_path, dockerfile) == []


@pytest.mark.parametrize(
    ("name", "dockerfile", "said"),
    [
        ("torch-replaced", BASE + "RUN pip install torch==2.6.0\n", "replaces torch 2.7.1 by 2.6.0"),
        ("torch-replaced", BASE + "RUN pip install xformers==0.0.29.post3\n", "replaces torch 2.7.1 by 2.6.0"),
        ("torch-replaced", BASE + "RUN pip install xformers\n", "in place of 2.7.1"),
        ("torch-replaced", "FROM python:3.11-slim\nRUN pip install torch==2.7.1\nRUN pip install torchvision\n", "in place of 2.7.1"),
        ("no-such-version", "FROM python:3.9-slim-bookworm\nRUN pip install torch==2.9.1\n", "published for Python 3.10 to 3.14"),
        ("no-such-version", "FROM python:3.11-slim\nRUN pip install torch==2.7.9\n", "there is no torch 2.7.9"),
        ("no-such-version", "FROM python:3.11-slim\nRUN pip install torch==2.7.1 --index-url https://download.pytorch.org/whl/cu124\n", "index folder cu124"),
        ("no-such-version", "FROM python:3.11-slim\nRUN pip install torch==2.7.1+cu124 --index-url https://download.pytorch.org/whl/cu124\n", "never built for cu124"),
        ("source-build", BASE + "RUN pip install --no-build-isolation git+https://github.com/NVIDIA/apex.git\n", "nvcc is not in the image"),
        ("source-build", BASE + "RUN pip install --no-build-isolation flash-attn==2.8.3\n", "nvcc is not in the image"),
        ("source-build", BASE + "RUN apt-get update && apt-get install -y git\nRUN git clone https://github.com/NVIDIA/apex /a && cd /a && pip install --no-build-isolation .\n", "nvcc is not in the image"),
        ("source-build", BASE + "RUN apt-get update && apt-get install -y git\nRUN git clone https://github.com/x/mamba && cd mamba && python setup.py install\n", "mamba-ssm is compiled"),
        ("contradicting-pins", "FROM python:3.11-slim\nRUN pip install numpy==1.26.4 numpy==2.1.0\n", "numpy is asked for as ==1.26.4 and as ==2.1.0"),
        ("torch-missing", f"FROM python:3.11-slim-bookworm\nRUN pip install {FITTING}\n", "needs torch"),
        ("externally-managed", NOBLE + "RUN python3 -m pip install runpod\n", "externally managed"),
        ("pip-option-unknown", JAMMY + "RUN pip install --break-system-packages runpod\n", "pip 22.0.2"),
        ("upstream-unpinned", "FROM python:3.11\nRUN git clone --branch main https://github.com/a/b\n", "git clone"),
        ("upstream-unpinned", "FROM python:3.11\nRUN pip install git+ssh://git@github.com/a/b\n", "upstream"),
    ],
)  # fmt: skip
def test_what_cannot_work_is_found(name, dockerfile, said, tmp_path):
    findings = found(name, tmp_path, dockerfile)
    assert len(findings) == 1
    assert said in findings[0].message


def test_pins_of_a_file_and_its_constraints_are_compared(tmp_path):
    findings = found(
        "contradicting-pins",
        tmp_path,
        "FROM python:3.11-slim\nWORKDIR /app\nCOPY requirements.txt constraints.txt ./\nRUN pip install -r requirements.txt -c constraints.txt\n",
        requirements_txt="numpy==2.1.0\n",
        constraints_txt="numpy<2\n",
    )
    assert [str(finding.location) for finding in findings] == ["constraints.txt:1:1"]


NIGHTLY = f"{RELEASES}/v2.5.9.post1/flash_attn-2.5.9.post1+cu122torch2.4cxx11abiFALSE-cp311-cp311-linux_x86_64.whl"


@pytest.mark.parametrize(
    "dockerfile",
    [
        BASE + f"RUN pip install {FOR_26} || true\n",
        f"FROM runpod/pytorch:2.4.0-py3.11-cuda12.4.1-devel-ubuntu22.04\nRUN pip install {NIGHTLY}\n",
    ],
)
def test_a_fault_that_may_not_happen_is_only_a_warning(dockerfile, tmp_path):
    [finding] = found("wheel-torch", tmp_path, dockerfile)
    assert finding.severity is Severity.WARNING


class Server:
    def serves(self, address):
        return "v2.8.3" in address

    def has_image(self, reference):
        return None

    def is_public(self, name):
        return None


def test_online_an_address_that_does_not_answer_is_an_error(tmp_path):
    from conductor.config.settings import load_settings
    from conductor.preflight.load import load_subject

    (tmp_path / "Dockerfile").write_text(SEED_AFTER)
    subject = load_subject(tmp_path, load_settings(tmp_path), lookup=Server())
    [finding] = CHECKS["wheel-unreachable"].judge(subject)
    assert finding.severity is Severity.ERROR
    (tmp_path / "Dockerfile").write_text(SEED_BEFORE)
    subject = load_subject(tmp_path, load_settings(tmp_path), lookup=Server())
    assert list(CHECKS["wheel-unreachable"].judge(subject)) == []


@pytest.mark.parametrize("asked", ["torch", "'torch>=2.0'", "torch==2.7.1"])
def test_a_torch_that_already_satisfies_the_request_stays(tmp_path, asked):
    dockerfile = BASE + f"RUN pip install {asked} einops\nRUN pip install {FOR_26}\n"
    [finding] = found("wheel-torch", tmp_path, dockerfile)
    assert "2.7.1" in finding.message
    assert found("torch-replaced", tmp_path, dockerfile) == []


def test_what_a_project_says_of_its_own_base_counts(tmp_path):
    facts = tmp_path / ".conductor" / "knowledge" / "images.yaml"
    facts.parent.mkdir(parents=True)
    dockerfile = f"FROM acme/base:3\nRUN pip install {FOR_26}\n"
    assert found("wheel-torch", tmp_path, dockerfile) == []
    facts.write_text(
        "entries:\n- {name: 'acme/base:3', python: '3.11', torch: 2.7.1, cuda: '12.6', os: ubuntu22.04, confidence: high,"
        " source: its Dockerfile, checked: '2026-11-01'}\n"
    )
    other = tmp_path / "other"
    (other / ".conductor" / "knowledge").mkdir(parents=True)
    (other / ".conductor" / "knowledge" / "images.yaml").write_text(facts.read_text())
    [finding] = found("wheel-torch", other, dockerfile)
    assert finding.severity is Severity.ERROR


def test_a_requirement_for_another_python_or_system_is_not_installed(tmp_path):
    elsewhere = [
        f"{FITTING.replace('cp311', 'cp310')} ; python_version == '3.10'",
        "torch==2.4.0; sys_platform == 'darwin'",
    ]
    here = f"{FOR_26} ; python_version == '3.11'"
    dockerfile = BASE + "WORKDIR /app\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\n"
    requirements = "\n".join([*elsewhere, here, ""])
    assert found("wheel-python-tag", tmp_path, dockerfile, requirements_txt=requirements) == []
    assert found("torch-replaced", tmp_path, dockerfile, requirements_txt=requirements) == []
    [finding] = found("wheel-torch", tmp_path, dockerfile, requirements_txt=requirements)
    assert (finding.location.path, finding.location.line) == ("requirements.txt", 3)


def test_everything_that_a_compilation_lacks_is_told(tmp_path):
    image = "FROM python:3.11-slim-bookworm\nRUN pip install torch==2.7.1 flash-attn==2.8.3\n"
    said = [finding.message for finding in found("source-build", tmp_path, image)]
    assert said == [
        "flash-attn is compiled against torch, and none is installed before",
        "flash-attn is compiled, and the CUDA compiler nvcc is not in the image",
    ]
