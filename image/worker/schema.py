"""The input's schema, `input.schema.json`, and what is said where an input does not hold to it.

The file is JSON Schema 2020-12 and the only statement of fields, types, limits and defaults. What the draft has no
word for stands in its `x-` keywords: `x-codes` gives the answer's code by the keyword that failed (`*`: any below),
`x-expects` and `x-hint` words that the keywords don't say, `x-messages` a whole message, `x-nearest` what people
write for what is meant, `x-limits` the limits that only a look at the video can check. `writeOnly` marks what no
message may repeat: a video, and addresses, whose query is a secret.
"""

from __future__ import annotations

import difflib
import functools
import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import ValidationError

SCHEMA: dict[str, Any] = json.loads(Path(__file__).with_name("input.schema.json").read_text(encoding="utf-8"))
LIMITS: dict[str, int] = SCHEMA["x-limits"]
ORDER = ("additionalProperties", "required", "anyOf", "not")  # a misspelt name explains what is missing
SHOWN = 40  # characters of a value that a message repeats


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with an input: the answer's code, and a sentence without a full stop."""

    code: str
    text: str


def find_problems(data: Any) -> list[Problem]:
    """Return what is wrong with the input, the first to mend first; empty where it holds to the schema."""
    by_place: dict[tuple[Any, ...], list[ValidationError]] = {}
    try:
        for error in _validator().iter_errors(data):
            keyword = error.validator if error.validator in ORDER else None
            by_place.setdefault((keyword, *error.absolute_path), []).append(error)
    except (RecursionError, ValueError):  # jsonschema puts every value's repr into its own messages
        return [Problem("bad_input", "the input holds something nested too deeply or a number too long")]
    if not isinstance(data, dict):
        by_place = {place: errors for place, errors in by_place.items() if place == (None,)}
    groups = sorted(by_place.values(), key=lambda errors: _rank(errors[0]))
    return [problem for errors in groups for problem in _explain(errors)]


def describe(field: dict[str, Any]) -> str:
    """Return what a field's schema expects, in words: `a whole number from 0 to 51`."""
    if "x-expects" in field:
        return str(field["x-expects"])
    if "enum" in field:
        return _enumerate(f"`{value}`" for value in field["enum"])
    if field["type"] == "string":
        return f"a text of 1 to {field['maxLength']:,} characters"
    noun = {"number": "a number", "integer": "a whole number"}[field["type"]]
    if field.get("multipleOf") == 2:
        noun = "an even number"
    return f"{noun} from {field['minimum']:,} to {field['maximum']:,}"


def default_of(field: str) -> Any:
    """Return what a field is where it is not given; None where it has no default."""
    return SCHEMA["properties"][field].get("default")


@functools.cache
def _validator() -> Draft202012Validator:
    from jsonschema import Draft202012Validator
    from jsonschema.validators import extend

    def is_number(_: Any, value: Any) -> bool:
        finite = isinstance(value, int) or (isinstance(value, float) and math.isfinite(value))
        return finite and not isinstance(value, bool)

    # Python reads NaN and Infinity, which JSON doesn't have, and no limit holds a NaN.
    checker = Draft202012Validator.TYPE_CHECKER.redefine("number", is_number)
    validator: type[Draft202012Validator] = extend(Draft202012Validator, type_checker=checker)
    return validator(SCHEMA)


def _rank(error: ValidationError) -> tuple[int, int]:
    keyword, path = str(error.validator), list(error.absolute_path)
    names = list(SCHEMA["properties"])
    return (
        ORDER.index(keyword) if keyword in ORDER and not path else len(ORDER),
        names.index(path[0]) if path and path[0] in names else -1,
    )


def _explain(errors: list[ValidationError]) -> Iterator[Problem]:
    """Yield what is wrong at one place; where its type is, nothing else is said."""
    error = next((error for error in errors if error.validator == "type"), errors[0])
    code, path = _code(error), [str(part) for part in error.absolute_path]
    field = _field(path)
    if error.validator == "additionalProperties":
        for name in error.instance:
            if name not in field["properties"]:
                yield Problem(code, _unknown(path, str(name), field))
    elif error.validator == "required":
        for name in error.validator_value:
            if name not in error.instance:
                yield Problem(code, f"`{name}` is missing; expected {describe(field['properties'][name])}")
    elif error.validator in field.get("x-messages", {}):
        yield Problem(code, field["x-messages"][error.validator])
    else:
        narrowed = functools.reduce(lambda wide, error: {**wide, **_limits(error)}, errors, field)
        yield Problem(code, _wrong_value(path, error.instance, narrowed))


def _code(error: ValidationError) -> str:
    """Return the code that the innermost schema around the failed keyword gives for it."""
    code, node = "bad_input", SCHEMA
    for part in error.absolute_schema_path:
        codes = node.get("x-codes", {}) if isinstance(node, dict) else {}
        code = codes.get(error.validator, codes.get("*", code))
        node = node[part]
    return str(code)


def _field(path: Iterable[str]) -> dict[str, Any]:
    field = SCHEMA
    for name in path:
        field = field["properties"][name]
    return field


def _limits(error: ValidationError) -> dict[str, Any]:
    limits = ("minimum", "maximum")
    return {key: value for key, value in error.schema.items() if key in limits} if error.validator in limits else {}


def _unknown(path: list[str], name: str, field: dict[str, Any]) -> str:
    names = list(field["properties"])
    near = _nearest(name, names, field)
    known = _enumerate(f"`{known}`" for known in names)
    more = f" (did you mean `{'.'.join([*path, near])}`?)" if near else f"; expected {known}"
    shown = _show(".".join([*path, name]))
    return f"unknown field {shown}{more}" if shown[0] == '"' else f"a field's name is {shown}{more}"


def _wrong_value(path: list[str], value: Any, field: dict[str, Any]) -> str:
    name = f"`{'.'.join(path)}`" if path else "the input"
    shown = _kind(value) if field.get("writeOnly") else _show(value)
    near = _nearest(value, field["enum"], field) if isinstance(value, str) and "enum" in field else None
    hint = f" (did you mean `{near}`?)" if near else f"; {field['x-hint']}" if "x-hint" in field else ""
    return f"{name} is {shown}; expected {describe(field)}{hint}"


def _nearest(word: str, known: list[str], field: dict[str, Any]) -> str | None:
    plain = word.strip().lower().replace("-", "_")
    meant = field.get("x-nearest", {}).get(plain)
    return meant or next(iter(difflib.get_close_matches(plain[:100], known, 1)), None)


def _show(value: Any) -> str:
    """Return a value as a message may repeat it: short, and no address, because that may hold a secret."""
    parts = [*value, *value.values()] if isinstance(value, dict) else [value]
    if not all(part is None or isinstance(part, str | bool | int | float) for part in parts):
        return _kind(value)
    if any(isinstance(part, str) and ("://" in part or "?" in part or not part.isprintable()) for part in parts):
        return _kind(value)
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"


def _kind(value: Any) -> str:
    if isinstance(value, str):
        return f"a text of {len(value):,} characters" if value.strip() else "an empty text"
    names: dict[type, str] = {type(None): "null", bool: "a boolean", list: "a list", dict: "an object"}
    return names.get(type(value), "a number")


def _enumerate(words: Iterable[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last
