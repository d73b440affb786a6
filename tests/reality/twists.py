"""Odd things that people write and that work: what preflight must not stop. The real build says whether they do."""

from __future__ import annotations

from tests.reality.project import Change, Edit, edit

D = "Dockerfile"
# Before the container's user is set and its command: what is put here runs as root, with everything installed.
END = r"^(?=(?:USER .*\n)?(?:ENTRYPOINT|CMD) )"
FIRST_RUN = r"^(?=RUN )"
LAST_IMPORT = r"\n(?=\n*(?:CONFIG|NAME) = )"


def _in_code(name: str, code: str, file: str = "@settings", **when: str) -> Edit:
    return edit(name, "", file, LAST_IMPORT, "\n" + code.replace("\\", "\\\\") + "\n", **when)


def _at_end(name: str, lines: str, **when: str) -> Edit:
    return edit(name, "", D, END, lines.replace("\\", "\\\\") + "\n", **when)


PYTHONS = "3.10|3.11|3.12|3.13"
_ONE_STAGE = "requirements|names|venv|editable|dot|uv-system|hashes|poetry|nested|constraints|project"
_SH = r"^(?=exec )"

# A table: one edit, one line.
# fmt: off
TWISTS = (
    # Shell under a condition, or whose failure nobody minds.
    _at_end("source-if-there", "RUN [ -f .env ] && . ./.env || true"),
    _at_end("source-if-there-multi", "RUN if [ -f /etc/profile.d/extra.sh ]; then . /etc/profile.d/extra.sh; fi"),
    _at_end("test-or", "RUN test -e /opt/model/weights.bin || echo 'weights come later'"),
    _at_end("command-v-or", "RUN command -v nvidia-smi || echo 'no GPU while building'"),
    _at_end("which-or-true", "RUN which git curl || true"),
    _at_end("if-command", "RUN if command -v apk >/dev/null 2>&1; then apk add bash; else echo debian; fi"),
    _at_end("case-by-arch", 'RUN case "$(uname -m)" in x86_64) echo amd64 ;; aarch64) apt-get-arm install ;; *) exit 1 ;; esac'),
    _at_end("false-and", "RUN false && cp /nowhere/a /nowhere/b; true"),
    _at_end("negated", "RUN ! grep -q nonsense /etc/os-release"),
    _at_end("negated-missing-file", "RUN ! test -f /nowhere/file"),
    _at_end("rm-f-missing", "RUN rm -f /nowhere/file /tmp/none && rm -rf /var/cache/none"),
    _at_end("while-read", "RUN printf 'a\\nb\\n' | while read -r name; do mkdir -p /data/$name; done && ls /data/a"),
    _at_end("for-glob", 'RUN for f in *.none; do [ -e "$f" ] || continue; cat "$f"; done'),
    _at_end("subshell-cd", "RUN (cd /tmp && touch made) && test -f /tmp/made"),
    _at_end("function", 'RUN say() { echo "$1"; } && say hello && mkdir -p /cache && chmod 777 /cache'),
    _at_end("default-expansion", "RUN echo ${MIRROR:-${FALLBACK:-none}} ${DEBUG:+debug} ${HOME%/} ${PATH#*:}"),
    _at_end("arithmetic", 'RUN n=$((2 * 3)) && test "$n" -eq 6 && echo $((n + 1))'),
    _at_end("set-e-tolerant", "RUN set -e; grep nonsense /etc/os-release || echo none; ls /nowhere 2>/dev/null || :"),
    _at_end("quoted-hash", "RUN echo 'a # b' \"#c\" && echo d # a comment"),
    _at_end("comment-between-lines", "RUN echo one \\\n    # what comes next\n    && echo two \\\n\n    && echo three"),
    _at_end("pip-retry", "RUN pip install --no-cache-dir toolz || (sleep 1 && pip install --no-cache-dir toolz)", base=PYTHONS),
    _at_end("python-makes-file", "RUN python -c \"from pathlib import Path; Path('/made.txt').write_text('x')\" && cat /made.txt", base=PYTHONS),
    _at_end("sed-in-place", "RUN printf 'level=info\\n' > /etc/app.ini && sed -i 's/info/debug/' /etc/app.ini && grep -q debug /etc/app.ini"),
    _at_end("tee-here", "RUN echo hi | tee /etc/made.conf >/dev/null && test -s /etc/made.conf"),
    _at_end("exported", 'RUN export WHERE=/opt/where && mkdir -p "$WHERE" && cd "$WHERE" && touch here'),
    _at_end("link-then-use", "RUN ln -s /etc/os-release /tmp/release && cat /tmp/release"),
    _at_end("install-dir", "RUN install -d -m 1777 /scratch && mktemp -p /scratch"),
    _at_end("brace-in-quotes", "RUN echo '{\"a\": [1, 2]}' > /etc/made.json"),
    _at_end("bash-explicit", "RUN bash -c 'set -o pipefail; a=(1 2); echo ${a[1]} {x,y} | cat <(cat)'"),
    edit("bash-for-one-run", "", D, FIRST_RUN, 'SHELL ["/bin/bash", "-c"]\nRUN [[ -d /etc ]] && echo {a,b}\nSHELL ["/bin/sh", "-c"]\n', shell="default"),
    _at_end("compiled", "RUN python3 -m compileall -q . || true", base=PYTHONS),
    _at_end("xargs-apt", "RUN apt-get update && printf 'less\\ntree\\n' > /tmp/names && xargs -a /tmp/names apt-get install -y --no-install-recommends && tree --version"),
    # Instructions.
    edit("from-args", "", D, r"\AFROM python:([\d.]+)-slim", r"ARG VERSION=\1\nFROM python:${VERSION}-slim", install="requirements|names|venv|editable|dot", base=PYTHONS),
    edit("escape-directive", "", D, r"\A", "# syntax=docker/dockerfile:1\n# escape=\\\\\n"),
    edit("lower-case", "", D, r"^WORKDIR (.*)$", r"workdir \1"),
    edit("env-old-form", "", D, r"^ENV PYTHONUNBUFFERED=1$", "ENV PYTHONUNBUFFERED 1\nENV GREETING hello world"),
    edit("env-many", "", D, r"^ENV PYTHONUNBUFFERED=1$", 'ENV PYTHONUNBUFFERED=1 \\\\\n    PIP_NO_CACHE_DIR=1 \\\\\n    # a comment\n    TITLE="a \\\\"b\\\\" c"'),
    edit("workdir-by-env", "", D, r"^WORKDIR (/.*)$", r"ENV HOME_DIR=\1\nWORKDIR ${HOME_DIR}"),
    edit("workdir-in-two", "", D, r"^WORKDIR /srv/service$", "WORKDIR /srv\nWORKDIR service"),
    edit("labels", "", D, END, 'LABEL org.opencontainers.image.title="demo $5" \\\\\n      note=\'it\\\'"\'"\'s\'\nEXPOSE 8000/tcp 9000\nSTOPSIGNAL SIGTERM\nVOLUME ["/data"]\n'),
    _at_end("health-python", "HEALTHCHECK --interval=30s --retries=3 CMD python3 -c \"import urllib.request as u; u.urlopen('http://127.0.0.1:8000')\""),
    _at_end("health-none", "HEALTHCHECK NONE"),
    _at_end("arg-default", 'ARG EXTRA=\nRUN echo "extra: ${EXTRA:-none}"'),
    edit("stage-reused", "", D, r"\AFROM (\S+)\n", r"FROM \1 AS base\nENV STAGE=base\nFROM base\n", install=_ONE_STAGE),
    edit("copy-from-zero", "", D, r"--from=builder", "--from=0"),
    edit("copy-optional-glob", "", D, r"^COPY requirements\.txt \.$", "COPY requirement[s].txt ./"),
    edit("copy-trailing-dots", "", D, r"^COPY \. \.$", "COPY ./ ./"),
    edit("copy-absolute", "", D, r"^COPY \. \.$", "COPY / ./"),
    edit("copy-chmod", "", D, r"^COPY \. \.$", "COPY --chmod=0755 . .", user="root"),
    edit("bind-mount-requirements", "", D, r"^COPY requirements\.txt \.\nRUN pip install --no-cache-dir -r requirements\.txt$", "RUN --mount=type=bind,source=requirements.txt,target=/tmp/requirements.txt \\\\\n    --mount=type=cache,target=/root/.cache/pip \\\\\n    pip install -r /tmp/requirements.txt"),
    edit("bind-mount-context", "", D, r"^COPY requirements\.txt \.\nRUN pip install --no-cache-dir -r requirements\.txt$", "RUN --mount=type=bind,target=/src cd /src && pip install --no-cache-dir -r requirements.txt"),
    edit("cache-mount", "", D, r"^RUN pip install --no-cache-dir", "RUN --mount=type=cache,target=/root/.cache/pip pip install"),
    # pip, in the ways that it is called.
    edit("pip-module", "", D, r"RUN pip install", "RUN python -m pip install", base=PYTHONS),
    edit("pip3", "", D, r"RUN pip install --no-cache-dir", "RUN pip3 install --no-cache-dir --disable-pip-version-check -q"),
    edit("pip-short", "", D, r"RUN pip install --no-cache-dir -r requirements\.txt", "RUN pip install -qr requirements.txt"),
    edit("pip-long", "", D, r"RUN pip install --no-cache-dir -r requirements\.txt", "RUN pip install --requirement=requirements.txt --prefer-binary --root-user-action=ignore"),
    edit("pip-cd", "", D, r"RUN pip install --no-cache-dir -r requirements\.txt", "RUN cd . && pip install -r ./requirements.txt && cd /"),
    edit("pip-in-loop", "", D, r"RUN pip install --no-cache-dir -r requirements\.txt", 'RUN while read -r line; do pip install --no-cache-dir "$line" || exit 1; done < requirements.txt', install="requirements"),
    edit("pip-xargs", "", D, r"RUN pip install --no-cache-dir -r requirements\.txt", "RUN grep -v '^#' requirements.txt | xargs -n 1 pip install --no-cache-dir", install="requirements"),
    edit("pip-cat", "", D, r"RUN pip install --no-cache-dir -r requirements\.txt", "RUN pip install --no-cache-dir $(cat requirements.txt)", install="requirements"),
    edit("pip-stdin", "", D, r"RUN pip install --no-cache-dir -r requirements\.txt", "RUN cat requirements.txt | pip install --no-cache-dir -r /dev/stdin", install="requirements"),
    edit("pip-upgraded-first", "", D, FIRST_RUN, "RUN pip install --upgrade pip setuptools wheel\n", base=PYTHONS),
    edit("pip-retry-same", "", D, r"RUN pip install --no-cache-dir -r requirements\.txt", "RUN pip install -r requirements.txt || pip install -r requirements.txt"),
    edit("pip-env", "", D, FIRST_RUN, "ENV PIP_NO_CACHE_DIR=off PIP_DISABLE_PIP_VERSION_CHECK=on PIP_ROOT_USER_ACTION=ignore\n", base=PYTHONS),
    edit("requirements-odd", "", "@requirements", r"\A(?=[a-z-]+==)", "# what the service needs\n\n--prefer-binary\n", install="requirements|venv|venv-stage|uv-venv|uv-system|target|prefix-stage"),
    edit("requirements-marker", "", "@requirements", r"^([a-z0-9-]+==[\d.a-z]+)$", r"""\1 ; python_version >= '3.8' and sys_platform == "linux"  # always"""),
    edit("requirements-other-system", "", "@requirements", r"\Z", "pywin32==308 ; sys_platform == 'win32'\n", install="requirements|venv|uv-venv|target"),
    edit("requirements-case", "", "@requirements", r"^pyyaml(?===)", "PyYAML"),
    edit("requirements-underscore", "", "@requirements", r"^python-(?=d)", "python_"),
    edit("requirements-extra", "", "@requirements", r"^uvicorn==", "uvicorn[standard]==", install="requirements|uv-system|uv-venv"),
    edit("requirements-spaces", "", "@requirements", r"^([a-z0-9-]+)==([\d.a-z]+)$", r"\1 == \2"),
    edit("requirements-compatible", "", "@requirements", r"^([a-z0-9-]+)==(\d+)\.(\d+)\.\d+$", r"\1~=\2.\3,!=\2.\3.99", install="requirements|venv|uv-venv|target"),
    edit("requirements-crlf", "", "@requirements", r"(?<!\\)\n", "\r\n", install="requirements|venv"),
    Edit("extra-in-requirements", "", (Change("requirements.txt", r"\.$", ".[more]"), Change("pyproject.toml", r"^(?=\[tool\.)", '[project.optional-dependencies]\nmore = ["toolz==1.0.0"]\n\n'), Change("@settings", LAST_IMPORT, "\nimport toolz\n")), {"install": "dot"}),
    # What a program does that needs nobody's help.
    _in_code("optional-import", "try:\n    import orjson as fast\nexcept ImportError:\n    fast = None\n"),
    _in_code("optional-import-broad", "try:\n    import torch\n    HAS_GPU = torch.cuda.is_available()\nexcept Exception:\n    HAS_GPU = False\n"),
    _in_code("type-checking", "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    import pandas as pd\n"),
    _in_code("lazy-import", "\n\ndef load():\n    import tensorflow\n\n    return tensorflow\n"),
    _in_code("by-version", "import sys\n\nif sys.version_info >= (3, 11):\n    import tomllib\nelse:\n    tomllib = None\n"),
    _in_code("by-version-else", "import sys\n\nif sys.version_info < (3, 10):\n    import importlib_metadata as metadata\nelse:\n    from importlib import metadata\n"),
    _in_code("by-platform", "import sys\n\nif sys.platform == 'win32':\n    import winreg\n    import win32api\n"),
    _in_code("suppressed", "import contextlib\n\nwith contextlib.suppress(ImportError):\n    import uvloop\n"),
    _in_code("find-spec", "import importlib.util\n\nif importlib.util.find_spec('redis'):\n    import redis\n"),
    _in_code("stdlib-rare", "import zoneinfo, graphlib, ctypes.util, xml.etree.ElementTree, concurrent.futures, sqlite3, lzma, bz2, ssl\n"),
    _in_code("dead-branch", "if False:\n    import boto3\n"),
    _in_code("debug-only", "if os.environ.get('DEBUG') == 'never':\n    import debugpy\n"),
    _in_code("main-guard", "if __name__ == '__main__':\n    import pytest\n"),
    _in_code("open-missing-handled", "try:\n    EXTRA = open('/etc/extra.json').read()\nexcept FileNotFoundError:\n    EXTRA = ''\n"),
    _in_code("write-tmp", "import tempfile\n\nwith tempfile.NamedTemporaryFile('w') as file:\n    file.write('x')\n"),
    _in_code("environ-default", "TOKEN = os.environ.get('TOKEN') or 'none'\nPORT = int(os.getenv('PORT', '8000'))\n"),
    _in_code("dunder-import", "math = __import__('math')\nimport importlib\njson5 = importlib.import_module('json')\n"),
    _in_code("star", "from os.path import *\n"),
    _in_code("match-statement", "match os.name:\n    case 'posix':\n        KIND = 1\n    case _:\n        KIND = 2\n"),
    _in_code("type-comment", "X = []  # type: list[int]\nprint(f'{X!r:>4} {len(X)=}')\n"),
    Edit("local-like-known", "", (Change("@settings", LAST_IMPORT, "\nfrom docker_tools import NAME as TOOL\n"), Change("docker_tools.py", "", 'NAME = "x"\n')), {"layout": "flat", "copy": "all|add|chown", "ignore": "none|usual", "install": "requirements|names|venv|nested|hashes"}),
    Edit("local-named-like-package", "", (Change("@settings", LAST_IMPORT, "\nfrom requests import NAME as OTHER\n"), Change("requests.py", "", 'NAME = "ours"\n')), {"layout": "flat", "copy": "all|add|chown", "ignore": "none|usual", "install": "requirements|names|venv|nested|hashes", "program": "file"}),
    Edit("namespace-package", "", (Change("@settings", LAST_IMPORT, "\nfrom parts.one import ONE\n"), Change("parts/one.py", "", "ONE = 1\n")), {"layout": "flat", "copy": "all|add|chown", "ignore": "none|usual", "install": "requirements|names|venv|uv-venv|uv-system|hashes"}),
    Edit("bom-and-coding", "", (Change("@settings", r"\A", "# -*- coding: utf-8 -*-\n"), Change("@settings", r"\A", "\ufeff")), {}),
    # What strangers' projects taught: programs and modules that come by ways that no list of names shows.
    _at_end("program-of-a-dependency", "RUN apt-get update && apt-get install -y --no-install-recommends nginx-light && nginx -v"),
    _at_end("program-by-alternatives", "RUN apt-get update && apt-get install -y --no-install-recommends vim-tiny && vi --version"),
    _at_end("version-with-a-star", "RUN pip install --no-cache-dir tqdm==4.* && tqdm --version", base=PYTHONS, user="root", install="requirements|names|nested|hashes|constraints"),
    _at_end("errexit-by-shell", 'SHELL ["/bin/bash", "-Eeuo", "pipefail", "-c"]\nRUN apt-get update && apt-get install -y --no-install-recommends less; rm -rf /var/lib/apt/lists/*'),
    edit("target-of-its-own", "", D, r"\AFROM (\S+)\n", r'FROM \1 AS base\n\nFROM base AS dev\nRUN pip install pytest\nCMD ["pytest"]\n\nFROM base AS prod\n', install=_ONE_STAGE, base=PYTHONS),
    Edit("root-on-scratch", "", (Change(D, r"\AFROM (\S+)\n", r"FROM \1 AS root\n"), Change(D, END, "\nFROM scratch\nCOPY --from=root / /\nENV PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\nWORKDIR /app\n")), {"install": "requirements|names|hashes|nested|project", "base": PYTHONS, "workdir": "/app", "layout": "flat|package"}),
    Edit("only-compiled", "", (Change(D, END, "RUN python -m compileall -b -q . && find . -name '*.py' -delete\n"),), {"install": "requirements|names|hashes|nested", "base": PYTHONS, "layout": "flat|package", "program": "uvicorn|gunicorn|module"}),
    Edit("apt-names-in-a-file", "", (Change("apt.txt", "", "# tools\njq\n"), Change(D, END, "RUN apt-get update && grep -v '^#' apt.txt | xargs apt-get install -y --no-install-recommends && jq --version\n")), {"copy": "all|add|chown", "ignore": "none|usual"}),
    Edit("requirements-filtered", "", (Change("requirements.txt", r"\Z", "torch==2.4.0+cu121\n"), Change(D, r"RUN pip install --no-cache-dir -r requirements\.txt", "RUN bash -c \"pip install --no-cache-dir -r <(grep -viE '^(torch|nvidia)' requirements.txt)\"")), {"install": "requirements", "base": PYTHONS}),
    Edit("script-repaired", "", (Change("@script", r"\n", "\r\n", True), Change(D, END, "RUN sed -i 's/\\\\r$//' *.sh\n")), {"start": "sh-file|run-file|entry-file"}),
    Edit("module-by-pth", "", (Change("@settings", LAST_IMPORT, "\nimport sharedlib\n"), Change(D, END, "RUN mkdir -p /opt/shared && echo 'X = 1' > /opt/shared/sharedlib.py && echo /opt/shared > \"$(python3 -c 'import site; print(site.getsitepackages()[0])')/shared.pth\"\n")), {"install": "requirements|names|hashes|nested|constraints", "base": PYTHONS}),
    Edit("module-by-sitedir", "", (Change("@settings", LAST_IMPORT, "\nimport site\n\nsite.addsitedir('/opt/plugins')\nimport plugged\n"), Change(D, END, "RUN mkdir -p /opt/plugins && echo 'X = 1' > /opt/plugins/plugged.py\n"))),
    Edit("module-in-a-zip", "", (Change("@settings", LAST_IMPORT, "\nimport sys\n\nsys.path.insert(0, '/opt/deps.zip')\nimport zipped\n"), Change(D, END, "RUN echo 'Z = 1' > /tmp/zipped.py && python3 -m zipfile -c /opt/deps.zip /tmp/zipped.py\n"))),
    Edit("module-written-by-run", "", (Change("@settings", LAST_IMPORT, "\nfrom _version import VERSION\n"), Change(D, END, "RUN echo \"VERSION = '1.0'\" > _version.py\n")), {"layout": "flat"}),
    Edit("module-written-by-a-program", "", (Change("@settings", LAST_IMPORT, "\nfrom labels import LABELS\n"), Change("generate.py", "", "from pathlib import Path\n\nPath('labels.py').write_text('LABELS = [1, 2]\\n')\n"), Change(D, END, "RUN python3 generate.py\n")), {"layout": "flat", "copy": "all|add|chown", "ignore": "none|usual", "install": "requirements|names|venv|nested|hashes|uv-system"}),
    _in_code("library-of-a-library", "import jinja2\nfrom werkzeug.exceptions import NotFound\nfrom markupsafe import Markup\n", program="flask"),
    Edit("name-by-getattr", "", (Change("@settings", r"\Z", "\n\ndef __getattr__(name):\n    if name == 'LAZY':\n        return 1\n    raise AttributeError(name)\n"), Change("@main", LAST_IMPORT, "\nfrom settings import LAZY\n")), {"layout": "flat"}),
    Edit("name-by-globals", "", (Change("@settings", r"\Z", "\n\nglobals().update({'LIMIT': 5})\n"), Change("@main", LAST_IMPORT, "\nfrom app.settings import LIMIT\n")), {"layout": "package|src"}),
    # The program is found by other ways.
    edit("python-options", "", D, r'"(python3?)", (?="main\.py"|"-m", "app")', r'"\1", "-X", "faulthandler", "-O", '),
    edit("uvicorn-no-port", "", D, r', "--port", "8000"', ""),
    edit("uvicorn-workers", "", D, r'"--port", "8000"', '"--port=8000", "--no-access-log", "--log-level", "info"'),
    Edit("app-factory", "", (Change(D, r":app", ":make", True), Change("@main", r"\Z", "\n\ndef make():\n    return app\n"), Change(D, r'"--host"', '"--factory", "--host"')), {"program": "uvicorn"}),
    Edit("gunicorn-factory", "", (Change(D, r':app"', ':make()"'), Change("@main", r"\Z", "\n\ndef make():\n    return app\n")), {"program": "gunicorn", "start": "exec|entrypoint|split|entry-file"}),
    Edit(
        "gunicorn-config",
        "",
        (Change(D, r'"gunicorn", ', '"gunicorn", "-c", "gunicorn.conf.py", '), Change("gunicorn.conf.py", "", "import os\n\nworkers = int(os.environ.get('WORKERS', '1'))\n")),
        {"program": "gunicorn", "copy": "all|add|chown", "ignore": "none|usual", "install": "requirements|names|venv|uv-sync|hashes|editable"},
    ),
    Edit("app-imported-from-elsewhere", "", (Change("@settings", r"\Z", "\n\nasync def app(scope, receive, send):\n    return None\n"), Change(D, r"(?:(app\.)|\b)main:app", r"\1settings:app", True)), {"program": "uvicorn", "start": "exec|entrypoint|split|entry-file|shell|sh-c|bash-c"}),
    Edit("flask-by-env", "", (Change(D, r'"--app", "((?:app\.)?main)", ', ""), Change(D, END, "ENV FLASK_APP=main FLASK_DEBUG=0\n")), {"program": "flask", "layout": "flat", "start": "exec|entrypoint|split|entry-file"}),
    edit("shell-variable", "", D, r"^CMD (.*) main\.py$", r"ENV PROGRAM=main.py\nCMD \1 $PROGRAM"),
    edit("exec-shell-form", "", D, r"^CMD (?=[a-z])", "CMD exec "),
    edit("setpriv", "", D, r"^CMD \[", 'ENTRYPOINT ["setpriv", "--reuid=1000", "--regid=1000", "--clear-groups", "--"]\nCMD [', start="exec", user="root"),
    edit("uv-run", "", D, r'^CMD \["', 'CMD ["uv", "run", "--no-sync", "', start="exec", user="root", install="uv-sync"),
    edit("env-wrapper", "", D, r"^CMD \[", 'CMD ["env", "MODE=x", ', start="exec"),
    Edit("dumb-init", "", (Change(D, END, "RUN pip install --no-cache-dir dumb-init==1.2.5.post1\n"), Change(D, r"^CMD \[", 'ENTRYPOINT ["dumb-init", "--"]\nCMD [')), {"start": "exec", "base": PYTHONS, "install": "requirements|names|nested|constraints|project|dot|uv-system"}),
    edit("cmd-replaced", "", D, r"^(?=(?:ENTRYPOINT|CMD) )", 'CMD ["/nowhere/old"]\n', start="exec|shell|sh-c|bash-c"),
    edit("entrypoint-reset", "", D, r"^(?=CMD )", "ENTRYPOINT []\n", start="exec|sh-c|bash-c"),
    Edit("script-made-in-run", "", (Change(D, END, "RUN printf '#!/bin/sh\\\\nexec \"$@\"\\\\n' > /usr/local/bin/go && chmod +x /usr/local/bin/go\n"), Change(D, r"^CMD \[", 'ENTRYPOINT ["go"]\nCMD [')), {"start": "exec"}),
    edit("script-bash", "", "@script", r"\A#!/bin/sh\nset -e", '#!/usr/bin/env bash\nset -euo pipefail\nnames=(a b)\n[[ ${#names[@]} -eq 2 ]] && echo "${names[0]}"', start="run-file"),
    edit("script-dirname", "", "@script", r"^set -e$", 'set -e\ncd "$(dirname "$0")"\nHERE=$(pwd)'),
    edit("script-wait", "", "@script", _SH, 'if [ -n "${WAIT_FOR:-}" ]; then\n    until nc -z "$WAIT_FOR" 5432; do sleep 1; done\nfi\n'),
    edit("script-trap", "", "@script", _SH, "trap 'echo bye' EXIT TERM\nulimit -n 1024 2>/dev/null || true\n"),
    edit("script-source-optional", "", "@script", _SH, "[ ! -f ./.env ] || . ./.env\nif [ -r /run/secrets/token ]; then TOKEN=$(cat /run/secrets/token); export TOKEN; fi\n"),
    edit("script-case", "", "@script", _SH, 'case "${MODE:-serve}" in\n    serve) : ;;\n    migrate) exec alembic upgrade head ;;\n    *) echo "unknown mode" >&2; exit 64 ;;\nesac\n'),
    edit("script-mkdir-tmp", "", "@script", _SH, "mkdir -p /tmp/work && : > /tmp/work/started\n"),
    edit("script-heredoc", "", "@script", _SH, "cat > /tmp/made.ini <<EOF\n[main]\nname = ${NAME:-demo}\nEOF\ngrep -q main /tmp/made.ini\n"),
    # Users.
    edit("user-by-id-later", "", D, r"^USER app$", "USER 1000"),
    edit("user-with-group", "", D, r"^USER app$", "USER app:app", user="useradd"),
    edit("user-from-system", "", D, r"^(?=(?:ENTRYPOINT|CMD) )", "USER nobody\n", user="root", install="requirements|names|venv|hashes|nested"),
    edit("chown-after", "", D, r"^(?=USER app$)", "RUN chown -R app:app . && mkdir -p /data && chown app /data\n"),
    edit("root-again", "", D, r"^(?=USER app$)", "USER app\nRUN touch ~/mark && id -un\nUSER root\n", user="useradd|adduser"),
    # Ignore files.
    edit("ignore-then-back", "", ".dockerignore", r"\Z", "docs\n*.md\n!README.md\nmain.py\n!main.py\n", ignore="usual"),
    edit("ignore-odd", "", ".dockerignore", r"\Z", "\n# comment\n  spaced  \n/build/\n**/node_modules/**\n[a-c].tmp\n", ignore="usual"),
    Edit("own-ignore-file", "", (Change(".dockerignore", "", "*\n"), Change("Dockerfile.dockerignore", "", ".git\n")), {"ignore": "none"}),
)
# fmt: on
