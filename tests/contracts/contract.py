"""One exchange judged by a published description: is there such a request, and may it be answered so?"""

from __future__ import annotations

import functools
import json
import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import jsonschema

FOLDER = Path(__file__).parent


class Contract:
    """One interface's description."""

    def __init__(self, name):
        self._told = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
        self._paths = [(re.compile(_pattern(path)), path) for path in sorted(self._told["paths"], key=_by_literals)]

    def find_faults(self, exchange):
        """Return what is wrong with an exchange as the recorder keeps it, in words."""
        url = urlsplit(exchange["path"])
        path = next((path for pattern, path in self._paths if pattern.fullmatch(url.path)), None)
        operation = self._told["paths"].get(path, {}).get(exchange["method"].lower())
        if operation is None:
            return [f"{exchange['method']} {url.path}: there is no such operation"]
        found = [
            *self._query(operation, url.query),
            *self._body(operation, exchange),
            *self._answer(operation, exchange),
        ]
        return [f"{exchange['method']} {url.path}: {fault}" for fault in found]

    def _query(self, operation, query):
        known = {one["name"]: one for one in operation["parameters"] if one["in"] == "query"}
        for name, values in parse_qs(query, keep_blank_values=True).items():
            if name not in known:
                yield f"no query parameter {name!r}"
                continue
            kind = known[name]["schema"].get("type")
            yield from self._check(int(values[-1]) if kind == "integer" else values[-1], known[name]["schema"], name)

    def _body(self, operation, exchange):
        if not exchange["request_body"]:
            return
        sent = json.loads(exchange["request_body"])
        if operation["body"]:
            yield from self._check(sent, next(iter(operation["body"].values())), "request")
        elif sent != {}:
            yield "a body is sent that nobody wants"

    def _answer(self, operation, exchange):
        status, answers = str(exchange["status"]), operation["answers"]
        # What any operation may answer, though it is not said of each: no credential, limits, faults, nothing new.
        if status not in answers and status in {"304", "401", "403", "404", "409", "422", "429", "500", "502", "503"}:
            return
        if status not in answers:
            yield f"it may not answer {status}, only {', '.join(answers)}"
            return
        kind = exchange["headers"].get("Content-Type", "").split(";")[0]
        content = answers[status]
        if exchange["body"] in {"", "<stream>"} or not content or status == "304":
            return
        if kind not in content:
            yield f"{status} is not {kind or 'without a type'}, but {', '.join(content)}"
        elif kind.endswith("json"):
            yield from self._check(json.loads(exchange["body"]), content[kind], f"answer {status}")

    def _check(self, value, schema, what):
        for error in self._validator(json.dumps(schema)).iter_errors(value):
            place = "/".join(map(str, error.absolute_path))
            yield f"{what}{f' at {place}' if place else ''}: {error.message[:200]}"

    @functools.cache  # noqa: B019 - two contracts a run
    def _validator(self, schema):
        return jsonschema.Draft202012Validator({**json.loads(schema), "schemas": self._told["schemas"]})


def _pattern(path):
    return re.sub(r"\\\{\w+\\\}", r"[^/]+", re.escape(path))


def _by_literals(path):
    return path.count("{"), -len(path)
