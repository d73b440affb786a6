"""Render records from templates: the project's own `templates/NAME.j2` where it has one, else Conductor's.

Templates are Jinja2's, in its sandbox. Importing it takes 65 ms of processor time, and `task new` is a command of 75 ms
that may take 110 (benchmarks/bench_startup.py): a template that only names values, as Conductor's own records do, is
filled in without it. `tests/records/test_templates.py` holds that both ways give the same text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from conductor.config.resources import templates_dir
from conductor.domain.text import strip_controls
from conductor.errors import RecordSyntaxError

# A `{` right before the name would be a part of what Jinja2 reads there.
_PLAIN = re.compile(r"(?<!\{)\{\{ *([a-z_]+) *\}\}")


def render_template(name: str, root: Path, /, **values: object) -> str:
    """Return the record; it ends with one newline.

    `name` is a template's file name, `task.j2`. Raises RecordSyntaxError where the project's template is not a
    template, or asks for a value that does not exist.
    """
    text, shown = _load(root, name)
    clean = {key: strip_controls(value) if isinstance(value, str) else value for key, value in values.items()}
    rendered = fill_plain(text, clean)
    if rendered is None:
        rendered = fill_with_jinja(text, clean, shown)
    return strip_controls(rendered).rstrip("\n") + "\n"


def _load(root: Path, name: str) -> tuple[str, str]:
    own = root / "templates" / name
    for path in (own, templates_dir() / name):
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            continue
        except (OSError, UnicodeDecodeError) as error:
            raise _broken(path.name, str(error)) from error
        return text, f"templates/{path.name}"
    raise _broken(f"templates/{name}", "it does not exist")


def fill_plain(text: str, values: Mapping[str, object]) -> str | None:
    """Return the template with its values, or None where it does more than name them."""
    parts = _PLAIN.split(text)  # text, name, text, name, …, text
    if any(mark in part for part in parts[::2] for mark in ("{{", "{%", "{#")):
        return None
    if not all(name in values for name in parts[1::2]):
        return None
    parts[1::2] = [str(values[name]) for name in parts[1::2]]
    return "".join(parts)


def fill_with_jinja(text: str, values: Mapping[str, object], shown: str) -> str:
    """Return the template with its values; raises RecordSyntaxError that names it as `shown`."""
    from jinja2 import StrictUndefined, TemplateError
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, keep_trailing_newline=True, trim_blocks=True, lstrip_blocks=True
    )
    try:
        return environment.from_string(text).render(values)
    except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError, RecursionError) as error:
        raise _broken(shown, str(error), getattr(error, "lineno", None)) from error


def _broken(path: str, why: str, line: int | None = None) -> RecordSyntaxError:
    return RecordSyntaxError(
        f"the template can't be used: {why}",
        hint="correct the template, or remove it to use Conductor's own",
        path=path,
        line=line,
    )
