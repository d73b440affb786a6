"""Plain projects that should work: one choice for each question that a Dockerfile answers, put together."""

from __future__ import annotations

import json
import random
import shlex
from dataclasses import dataclass, field

from tests.reality.packages import LIBRARIES, PACKAGES, Package, with_needs
from tests.reality.project import Project, Shape
from tests.reality.sources import LAYOUTS, SERVERS, write_pyproject, write_sources

UV = "COPY --from=ghcr.io/astral-sh/uv:latest /uv /uvx /bin/"
# How often each value is chosen, by the times it stands here.
CHOICES = {
    "base": "3.10 3.10 3.11 3.11 3.11 3.12 3.12 3.12 3.13 3.13 debian",
    "layout": "flat flat package package src",
    "imports": "absolute relative",
    "install": "names requirements requirements nested constraints hashes poetry project editable dot uv-system uv-venv uv-sync"
    " uv-sync venv venv-stage venv-stage prefix-stage wheels-stage user-stage target",
    "program": "file module uvicorn uvicorn gunicorn gunicorn flask console",
    "user": "root root useradd adduser numeric",
    "copy": "all all named named json add chown",
    "start": "exec exec shell entrypoint split sh-c bash-c entry-bash-c sh-file run-file entry-file entry-file",
    "ignore": "none usual whitelist",
    "shell": "default default default bash",
    "workdir": "/app /app /srv/service",
    "readme": "no yes",
    "backend": "setuptools hatchling",
}
INSTALLS_ITSELF = {"project", "editable", "dot"}
COPIES_FIRST = {"editable", "dot"}
_PIP = "pip install --no-cache-dir"
# The system's Python keeps pip out of its folders; the older forms of installing there are not what anybody writes.
_ON_DEBIAN = {"apt", "venv", "requirements", "names", "venv-stage"}


@dataclass(slots=True)
class Recipe:
    """The Dockerfile's lines as they come together."""

    builder: list[str] = field(default_factory=list)
    before: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    path: str = ""


def choose(rng: random.Random) -> Shape:
    """Return one value for each question, made to fit each other."""
    shape = {name: rng.choice(values.split()) for name, values in CHOICES.items()}
    if shape["base"] == "debian" and shape["install"] not in _ON_DEBIAN:
        shape["install"] = rng.choice(sorted(_ON_DEBIAN))
    if shape["program"] == "console" and (shape["install"] not in INSTALLS_ITSELF or shape["layout"] == "flat"):
        shape["program"] = "module"
    if shape["program"] == "module" and shape["layout"] == "flat":
        shape["program"] = "file"
    if shape["program"] == "file" and shape["layout"] != "flat":
        shape["program"] = "module"
    if shape["program"] == "flask" and shape["install"] in {"hashes", "poetry"}:
        shape["program"] = "uvicorn"
    if shape["install"] == "apt" and shape["program"] in SERVERS:
        shape["program"] = "file" if shape["layout"] == "flat" else "module"
    if shape["user"] == "root" and shape["copy"] == "chown":
        shape["copy"] = "all"
    if shape["user"] == "numeric" and shape["copy"] == "chown":
        shape["copy"] = "named"
    if shape["user"] != "root" and shape["install"] == "user-stage":
        shape["user"] = "root"
    return shape


def make_project(rng: random.Random) -> Project:
    """Return a project that should work; the same random numbers make the same one."""
    shape = choose(rng)
    offered = [name for name in LIBRARIES if shape["install"] not in {"hashes", "poetry"} or PACKAGES[name].sha256]
    offered = [name for name in offered if shape["install"] != "apt" or PACKAGES[name].debian]
    libraries = sorted(rng.sample(offered, rng.choice((1, 2, 2, 3))))
    wanted = sorted({*libraries, *SERVERS.get(shape["program"], [])})
    sources, roles = write_sources(shape, libraries, rng)
    recipe = Recipe(files=sources)
    write_install(recipe, shape, wanted, rng)
    words = start_words(shape, rng)
    ending = write_start(recipe, roles, shape, words, rng)
    write_ignore(recipe, shape)
    recipe.files["Dockerfile"] = "\n".join([*write_dockerfile(recipe, shape), *ending]) + "\n"
    roles["@requirements"] = next(
        (name for name in ("requirements.txt", "requirements/base.txt", "pyproject.toml") if name in recipe.files), ""
    )
    files = {name: text.encode() for name, text in recipe.files.items()}
    return Project(
        files, shape, frozenset(name for name in files if name.endswith(".sh")), {k: v for k, v in roles.items() if v}
    )


def base_of(shape: Shape) -> str:
    """Return the image's reference."""
    return "debian:bookworm-slim" if shape["base"] == "debian" else f"python:{shape['base']}-slim"


def write_dockerfile(recipe: Recipe, shape: Shape) -> list[str]:
    """Return the Dockerfile's lines up to the start command."""
    lines = []
    shell = ['SHELL ["/bin/bash", "-o", "pipefail", "-c"]'] if shape["shell"] == "bash" else []
    system = []
    if shape["base"] == "debian":
        names = {"apt": "", "venv": " python3-venv", "venv-stage": " python3-venv"}.get(
            shape["install"], " python3-pip"
        )
        system = [_apt("python3" + names)]
    if recipe.builder:
        lines += [
            f"FROM {base_of(shape)} AS builder",
            *shell,
            *system,
            f"WORKDIR {shape['workdir']}",
            *recipe.builder,
            "",
        ]
        system = [_apt("python3")] if system else []
    lines += [f"FROM {base_of(shape)}", "ENV PYTHONUNBUFFERED=1", *shell, *system, f"WORKDIR {shape['workdir']}"]
    if shape["user"] == "useradd":
        lines += ["RUN groupadd --gid 1000 app && useradd --uid 1000 --gid app --create-home app"]
    if shape["user"] == "adduser":
        lines += ["RUN useradd -m app"]
    copied = write_copy(recipe, shape)
    lines += [*copied, *recipe.before] if shape["install"] in COPIES_FIRST else [*recipe.before, *copied]
    lines += recipe.after
    if shape["layout"] == "src" and shape["install"] not in INSTALLS_ITSELF:
        lines += [f"ENV PYTHONPATH={shape['workdir']}/src" + (":/deps" if shape["install"] == "target" else "")]
    elif shape["install"] == "target":
        lines += ["ENV PYTHONPATH=/deps"]
    if shape["user"] in {"useradd", "adduser"}:
        lines += ["USER app"]
    if shape["user"] == "numeric":
        lines += ["USER 10001:10001"]
    return lines


def write_copy(recipe: Recipe, shape: Shape) -> list[str]:
    """Return the instructions that copy the program's files."""
    paths = list(LAYOUTS[shape["layout"]].copied) + [name for name in sorted(recipe.files) if name.endswith(".sh")]
    if shape["install"] in COPIES_FIRST and shape["copy"] in {"named", "json"}:
        return ["COPY . ."]
    if shape["copy"] == "named" or shape["copy"] == "json":
        folders = [name for name in paths if "." not in name]
        files = [name for name in paths if "." in name]
        lines = [f"COPY {name} {name}/" for name in folders]
        if files:
            lines += [f"COPY {json.dumps([*files, './'])}" if shape["copy"] == "json" else f"COPY {' '.join(files)} ./"]
        return lines
    return {"add": [f"ADD . {shape['workdir']}/"], "chown": ["COPY --chown=app:app . ."]}.get(
        shape["copy"], ["COPY . ."]
    )


def _apt(names: str) -> str:
    return f"RUN apt-get update \\\n    && apt-get install -y --no-install-recommends {names} \\\n    && rm -rf /var/lib/apt/lists/*"


def _hashed(rows: list[Package], marker: str) -> str:
    return "".join(f"{row.pin}{marker} \\\n    --hash=sha256:{row.sha256}\n" for row in rows)


def write_requirements(recipe: Recipe, shape: Shape, wanted: list[str]) -> str:
    """Write the requirements in their form; returns the path that pip is given."""
    pins = [PACKAGES[name].pin for name in wanted]
    form = shape["install"]
    if form == "hashes":
        recipe.files["requirements.txt"] = _hashed(with_needs(wanted), "")
    elif form == "poetry":
        recipe.files["requirements.txt"] = _hashed(
            with_needs(wanted), ' ; python_version >= "3.10" and python_version < "4.0"'
        )
    elif form == "nested":
        recipe.files["requirements/base.txt"] = "\n".join(pins[1:]) + "\n"
        recipe.files["requirements/prod.txt"] = f"-r base.txt\n{pins[0]}  # what production adds\n"
        return "requirements/prod.txt"
    elif form == "constraints":
        recipe.files["requirements.txt"] = "\n".join(wanted) + "\n"
        recipe.files["constraints.txt"] = (
            "\n".join(row.pin for row in with_needs([n for n in wanted if n != "flask"])) + "\n"
        )
    else:
        recipe.files["requirements.txt"] = "\n".join(pins) + "\n"
    return "requirements.txt"


def write_install(recipe: Recipe, shape: Shape, wanted: list[str], rng: random.Random) -> None:
    """Write how what is wanted gets into the image."""
    form, pins = shape["install"], [PACKAGES[name].pin for name in wanted]
    pip = "pip3 install --no-cache-dir --break-system-packages" if shape["base"] == "debian" else _PIP
    python = "python3" if shape["base"] == "debian" else "python"
    if form == "apt":
        recipe.before = [_apt(" ".join(PACKAGES[name].debian for name in wanted))]
    elif form == "names":
        recipe.before = [f"RUN {pip} " + " ".join(rng.choice((pin, f'"{pin}"')) for pin in pins)]
    elif form in INSTALLS_ITSELF:
        _install_project(recipe, shape, pins, rng)
    elif form == "uv-sync":
        recipe.files["pyproject.toml"] = write_pyproject(shape, pins, rng)
        sync = rng.choice(("uv sync --no-dev", "uv sync --no-install-project", "uv sync"))
        recipe.before = [UV, "COPY pyproject.toml ./", f"RUN {sync}"]
        recipe.path = f"{shape['workdir']}/.venv/bin"
    else:
        path = write_requirements(recipe, shape, wanted)
        copy = (
            ["COPY requirements requirements"]
            if "/" in path
            else ["COPY requirements.txt constraints.txt ./"]
            if form == "constraints"
            else ["COPY requirements.txt ."]
        )
        _install_requirements(recipe, form, copy, path, python, pip)
    if recipe.path:
        recipe.after = [rng.choice((f'ENV PATH="{recipe.path}:$PATH"', f"ENV PATH={recipe.path}:${{PATH}}"))]


def _install_project(recipe: Recipe, shape: Shape, pins: list[str], rng: random.Random) -> None:
    recipe.files["pyproject.toml"] = write_pyproject(shape, pins, rng)
    readme = ["README.md"] if shape["readme"] == "yes" else []
    recipe.files.update({"README.md": "# demo\n"} if readme else {})
    if shape["install"] == "dot":
        recipe.files["requirements.txt"] = rng.choice((".\n", "-e .\n"))
        recipe.before = [f"RUN {_PIP} -r requirements.txt"]
    elif shape["install"] == "editable":
        recipe.before = [f"RUN {_PIP} -e ."]
    else:
        folders = [name for name in LAYOUTS[shape["layout"]].copied if "." not in name]
        modules = [name for name in LAYOUTS[shape["layout"]].copied if name.endswith(".py")]
        recipe.before = [
            f"COPY {' '.join(['pyproject.toml', *readme, *modules])} ./",
            *(f"COPY {name} {name}" for name in folders),
            f"RUN {_PIP} .",
        ]


def _install_requirements(recipe: Recipe, form: str, copy: list[str], path: str, python: str, pip: str) -> None:
    if form in {"venv", "venv-stage"}:
        lines = [*copy, f"RUN {python} -m venv /opt/venv", f"RUN /opt/venv/bin/{_PIP} -r {path}"]
        recipe.path = "/opt/venv/bin"
        recipe.before = lines if form == "venv" else ["COPY --from=builder /opt/venv /opt/venv"]
        recipe.builder = [] if form == "venv" else lines
    elif form == "prefix-stage":
        recipe.builder = [*copy, f"RUN {_PIP} --prefix=/install -r {path}"]
        recipe.before = ["COPY --from=builder /install /usr/local"]
    elif form == "wheels-stage":
        recipe.builder = [*copy, f"RUN pip wheel --no-cache-dir --wheel-dir /wheels -r {path}"]
        recipe.before = [
            *copy,
            "COPY --from=builder /wheels /wheels",
            f"RUN {_PIP} --no-index --find-links=/wheels -r {path}",
        ]
    elif form == "user-stage":
        recipe.builder = [*copy, f"RUN {_PIP} --user -r {path}"]
        recipe.before = ["COPY --from=builder /root/.local /root/.local"]
        recipe.path = "/root/.local/bin"
    elif form == "target":
        recipe.before = [*copy, f"RUN {_PIP} --target=/deps -r {path}"]
    elif form == "uv-system":
        recipe.before = [
            "RUN pip install --no-cache-dir uv",
            *copy,
            f"RUN uv pip install --system --no-cache -r {path}",
        ]
    elif form == "uv-venv":
        recipe.before = [
            UV,
            *copy,
            f"RUN uv venv /opt/venv && uv pip install --python /opt/venv/bin/python --no-cache -r {path}",
        ]
        recipe.path = "/opt/venv/bin"
    else:
        recipe.before = [*copy, f"RUN {pip} -r {path}" + (" -c constraints.txt" if form == "constraints" else "")]


def start_words(shape: Shape, rng: random.Random) -> list[str]:
    """Return the words of the command that starts the program."""
    layout, program = LAYOUTS[shape["layout"]], shape["program"]
    python = "python3" if shape["base"] == "debian" else "python"
    target = layout.module("main") + ":app"
    as_module = [python, "-m"] if shape["install"] == "target" or rng.random() < 0.2 else []
    if program == "uvicorn":
        return [*as_module, "uvicorn", target, "--host", "0.0.0.0", "--port", "8000"]
    if program == "gunicorn":
        return [
            *as_module,
            "gunicorn",
            *rng.choice(([], ["--workers", "1"], ["-w1"])),
            "--bind",
            "0.0.0.0:8000",
            target,
        ]
    if program == "flask":
        return [*as_module, "flask", "--app", layout.module("main"), "run", "--host", "0.0.0.0"]
    if program == "console":
        return ["serve"]
    unbuffered = rng.choice(([], ["-u"]))
    return [python, *unbuffered, "main.py"] if program == "file" else [python, *unbuffered, "-m", "app"]


def write_start(recipe: Recipe, roles: dict[str, str], shape: Shape, words: list[str], rng: random.Random) -> list[str]:
    """Return the instructions that start the program; a script that they need is written beside."""
    form, line = shape["start"], shlex.join(words)
    if form in {"sh-file", "run-file"}:
        name = roles["@script"] = rng.choice(("run.sh", "start.sh"))
        recipe.files[name] = f'#!/bin/sh\nset -e\necho "starting"\nexec {line}\n'
        return [f'CMD ["sh", "{name}"]' if form == "sh-file" else f'CMD ["./{name}"]']
    if form == "entry-file":
        roles["@script"] = "entrypoint.sh"
        recipe.files["entrypoint.sh"] = (
            '#!/bin/sh\nset -e\nif [ -n "$SETUP" ]; then\n    echo "setting up"\nfi\nexec "$@"\n'
        )
        return [f'ENTRYPOINT ["{shape["workdir"]}/entrypoint.sh"]', f"CMD {json.dumps(words)}"]
    return {
        "exec": [f"CMD {json.dumps(words)}"],
        "shell": [f"CMD {line}"],
        "entrypoint": [f"ENTRYPOINT {json.dumps(words)}"],
        "split": [f"ENTRYPOINT {json.dumps(words[:1])}", f"CMD {json.dumps(words[1:])}"][: 1 + bool(words[1:])],
        "sh-c": [f"CMD {json.dumps(['sh', '-c', 'exec ' + line])}"],
        "bash-c": [f"CMD {json.dumps(['bash', '-c', line])}"],
        "entry-bash-c": ['ENTRYPOINT ["bash", "-c"]', f"CMD {json.dumps([line])}"],
    }[form]


def write_ignore(recipe: Recipe, shape: Shape) -> None:
    """Write .dockerignore in its form."""
    if shape["ignore"] == "usual":
        recipe.files[".dockerignore"] = ".git\n**/__pycache__\n*.pyc\n.venv\nDockerfile\n.dockerignore\n"
    if shape["ignore"] == "whitelist":
        tops = sorted({name.partition("/")[0] for name in recipe.files})
        recipe.files[".dockerignore"] = "# only what the image needs\n*\n" + "".join(f"!{name}\n" for name in tops)
