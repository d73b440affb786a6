"""Write the structure of the interfaces that a release speaks: `extract_contracts.py GITHUB.json RUNPOD.json`.

Only what can be checked is taken from the published OpenAPI documents (GitHub's api.github.com.json of the npm package
@octokit/openapi, RunPod's /v2/openapi.json): paths, parameters, schemas, statuses. No description, example or other
prose. Writes tests/contracts/github.json and runpod.json.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[1] / "tests" / "contracts"
METHODS = ("get", "post", "patch", "put", "delete")
_REPO = "/repos/{owner}/{repo}"
OPERATIONS: dict[str, tuple[str, ...]] = {
    "github": (
        "/rate_limit",
        _REPO,
        f"{_REPO}/actions/permissions",
        f"{_REPO}/actions/workflows",
        f"{_REPO}/actions/workflows/{{workflow_id}}",
        f"{_REPO}/actions/workflows/{{workflow_id}}/runs",
        f"{_REPO}/actions/runs",
        f"{_REPO}/actions/runs/{{run_id}}",
        f"{_REPO}/actions/runs/{{run_id}}/attempts/{{attempt_number}}",
        f"{_REPO}/actions/runs/{{run_id}}/attempts/{{attempt_number}}/jobs",
        f"{_REPO}/actions/runs/{{run_id}}/jobs",
        f"{_REPO}/actions/runs/{{run_id}}/rerun",
        f"{_REPO}/actions/runs/{{run_id}}/rerun-failed-jobs",
        f"{_REPO}/actions/runs/{{run_id}}/cancel",
        f"{_REPO}/actions/runs/{{run_id}}/force-cancel",
        f"{_REPO}/actions/jobs/{{job_id}}",
        f"{_REPO}/actions/jobs/{{job_id}}/logs",
        f"{_REPO}/check-runs/{{check_run_id}}/annotations",
    ),
    "runpod": (
        "/v2/serverless",
        "/v2/serverless/{id}",
        "/v2/serverless/{id}/workers",
        "/v2/serverless/{id}/releases",
        "/v2/serverless/{id}/workers/{workerId}/logs",
        "/v2/templates",
        "/v2/templates/{id}",
        "/v2/catalog/gpus",
        "/v2/pods",
        "/v2/pods/{id}",
        "/v2/pods/{id}/action",
        "/v2/pods/{id}/logs",
    ),
}
# Words of a schema that say what is valid; everything else is prose or a hint.
_KEPT = frozenset(
    {
        *("type", "properties", "required", "items", "enum", "const", "allOf", "anyOf", "oneOf", "not", "pattern"),
        *("additionalProperties", "unevaluatedProperties", "patternProperties", "propertyNames", "prefixItems"),
        *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength", "minItems"),
        *("maxItems", "uniqueItems", "minProperties", "maxProperties", "$ref", "if", "then", "else"),
    }
)
_MAPS = frozenset({"properties", "patternProperties"})
_LISTS = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})


class Extract:
    """What is taken of one document: operations, and the schemas that they reach."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document
        self.schemas: dict[str, Any] = {}

    def paths(self, wanted: tuple[str, ...]) -> dict[str, Any]:
        """Return the operations of these paths."""
        known = self._document["paths"]
        return {
            path: {
                method: self._operation(known[path], known[path][method]) for method in METHODS if method in known[path]
            }
            for path in wanted
            if path in known
        }

    def _operation(self, item: dict[str, Any], operation: dict[str, Any]) -> dict[str, Any]:
        body = self._resolve(operation.get("requestBody", {}))
        return {
            "parameters": [
                {"name": one["name"], "in": one["in"], "required": one.get("required", False),
                 "schema": self.schema(one.get("schema", {}))}
                for one in map(self._resolve, [*item.get("parameters", []), *operation.get("parameters", [])])
            ],
            "body": self._content(body),
            "answers": {
                str(status): self._content(self._resolve(answer)) for status, answer in operation["responses"].items()
            },
        }  # fmt: skip

    def _content(self, holder: dict[str, Any]) -> dict[str, Any]:
        return {kind: self.schema(told.get("schema", {})) for kind, told in holder.get("content", {}).items()}

    def _resolve(self, value: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in value:
            found: Any = self._document
            for part in value["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            value = found
        return value

    def schema(self, value: Any) -> Any:
        """Return a schema's structure; what it refers to is kept beside, by name."""
        if not isinstance(value, dict):
            return value
        if "$ref" in value:
            name = value["$ref"].rpartition("/")[2]
            if name not in self.schemas:
                self.schemas[name] = {}
                self.schemas[name] = self.schema(self._resolve(value))
            return {"$ref": f"#/schemas/{name}"}
        kept = {word: self._part(word, told) for word, told in value.items() if word in _KEPT}
        if value.get("nullable"):  # OpenAPI 3.0
            return {"anyOf": [kept, {"type": "null"}]}
        return kept

    def _part(self, word: str, told: Any) -> Any:
        if word in _MAPS:
            return {name: self.schema(one) for name, one in told.items()}
        if word in _LISTS:
            return [self.schema(one) for one in told]
        return self.schema(told) if isinstance(told, dict) else told


def extract(document: dict[str, Any], wanted: tuple[str, ...]) -> dict[str, Any]:
    """Return paths and schemas, and which version of the document they are from."""
    taken = Extract(document)
    paths = taken.paths(wanted)
    return {"version": document["info"]["version"], "paths": paths, "schemas": dict(sorted(taken.schemas.items()))}


def main(files: list[str]) -> None:
    """Write an extract of each document."""
    FOLDER.mkdir(exist_ok=True)
    for (name, wanted), file in zip(OPERATIONS.items(), files, strict=True):
        document = json.loads(Path(file).read_text(encoding="utf-8"))
        text = json.dumps(extract(document, wanted), separators=(",", ":"), sort_keys=True)
        (FOLDER / f"{name}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
