"""The program inside a project: Python files in one of three layouts, what imports what, and pyproject.toml."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass

from tests.reality.packages import PACKAGES
from tests.reality.project import Shape

DATA = json.dumps({"name": "demo", "size": 3}) + "\n"
SERVERS = {"uvicorn": ["uvicorn"], "gunicorn": ["gunicorn"], "flask": ["flask"]}


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the program's files are: the folder, the prefix of its modules, and the paths to copy."""

    folder: str
    package: str
    copied: tuple[str, ...]

    def module(self, name: str) -> str:
        """Return the dotted name of one of the modules."""
        return f"{self.package}.{name}" if self.package else name


LAYOUTS = {
    "flat": Layout("", "", ("main.py", "settings.py", "config.json")),
    "package": Layout("app/", "app", ("app",)),
    "src": Layout("src/app/", "app", ("src",)),
}
_BODIES = {
    "uvicorn": """async def app(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": settings.NAME.encode()})
""",
    "gunicorn": """def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [settings.NAME.encode()]
""",
    "flask": """app = Flask(__name__)


@app.get("/")
def show():
    return settings.NAME
""",
    "": """def main():
    print("ready", settings.NAME, CONFIG["size"])
""",
}


def _imports(names: list[str], rng: random.Random) -> str:
    """Return import lines in one of the usual forms, sorted."""
    lines = []
    for name in names:
        module = PACKAGES[name].module
        lines.append(
            rng.choice(
                (f"import {module}", f"import {module} as {module}_", f"from {module} import __name__ as {module}_name")
            )
        )
    return "\n".join(sorted(lines)) + ("\n" if lines else "")


def write_sources(shape: Shape, libraries: list[str], rng: random.Random) -> tuple[dict[str, str], dict[str, str]]:
    """Return the program's files and the roles of some (`@main`, `@settings`, `@config`)."""
    layout = LAYOUTS[shape["layout"]]
    half = len(libraries) // 2
    here, deeper = libraries[half:], libraries[:half]
    settings = "from . import settings" if shape["imports"] == "relative" else f"from {layout.package} import settings"
    if not layout.package:
        settings = "import settings"
    flask = "from flask import Flask\n" if shape["program"] == "flask" else ""
    main = f"import json\nfrom pathlib import Path\n\n{flask}{_imports(here, rng)}\n{settings}\n\n"
    main += 'CONFIG = json.loads(Path(__file__).with_name("config.json").read_text())\n\n\n'
    main += _BODIES[shape["program"] if shape["program"] in SERVERS else ""]
    if shape["program"] == "file":
        main += '\n\nif __name__ == "__main__":\n    main()\n'
    files = {
        layout.folder + "main.py": main,
        layout.folder + "settings.py": f'import os\n\n{_imports(deeper, rng)}\nNAME = os.environ.get("NAME", "demo")\n',
        layout.folder + "config.json": DATA,
    }
    if layout.package:
        files[layout.folder + "__init__.py"] = ""
        files[layout.folder + "__main__.py"] = (
            f"from {layout.module('main')} import main\n\nmain()\n" if "def main" in main else ""
        )
        files = {name: text for name, text in files.items() if text or name.endswith("__init__.py")}
    roles = {
        "@main": layout.folder + "main.py",
        "@settings": layout.folder + "settings.py",
        "@config": layout.folder + "config.json",
    }
    return files, roles


def write_pyproject(shape: Shape, pins: list[str], rng: random.Random) -> str:
    """Return pyproject.toml for an installable project, or for one that only names what it needs (`uv sync`)."""
    text = '[project]\nname = "demo-service"\nversion = "0.1.0"\n'
    if shape["install"] == "uv-sync":
        return text + f'requires-python = ">=3.10"\ndependencies = {json.dumps(pins, indent=2)}\n'
    text += 'readme = "README.md"\n' if shape["readme"] == "yes" else ""
    text += f'requires-python = ">=3.10"\ndependencies = {json.dumps(pins, indent=2)}\n'
    if shape["program"] == "console":
        text += f'\n[project.scripts]\nserve = "{LAYOUTS[shape["layout"]].module("main")}:main"\n'
    if shape["backend"] == "hatchling" and shape["layout"] != "flat":
        where = LAYOUTS[shape["layout"]].folder.rstrip("/")
        text += f'\n[tool.hatch.build.targets.wheel]\npackages = ["{where}"]\n'
        return '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n\n' + text
    text += {
        "flat": '\n[tool.setuptools]\npy-modules = ["main", "settings"]\n',
        "package": '\n[tool.setuptools]\npackages = ["app"]\n\n[tool.setuptools.package-data]\napp = ["*.json"]\n',
        "src": '\n[tool.setuptools.packages.find]\nwhere = ["src"]\n\n[tool.setuptools.package-data]\napp = ["*.json"]\n',
    }[shape["layout"]]
    return '[build-system]\nrequires = ["setuptools>=64"]\nbuild-backend = "setuptools.build_meta"\n\n' + text
