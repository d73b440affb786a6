"""Render records from templates: the project's own `templates/NAME.j2` where it has one, else Conductor's.

A template that only names values (`{{ title }}`) is filled in directly; one that uses anything else of Jinja2 (an
override may) goes through its sandbox. Both give the same text; importing Jinja2 takes as long as a whole command.
"""

from __future__ import annotations

import re
from pathlib import Path

from conductor.config.resources import templates_dir
from conductor.domain.text import strip_controls
from conductor.errors import RecordSyntaxError

_PLAIN = re.compile(r"\{\{ *([a-z_]+) *\}\}")


def render_template(name: str, root: Path, /, **values: object) -> str:
    """Return the record; it ends with one newline.

    `name` is a template's file name, `task.j2`. Raises RecordSyntaxError where the project's template is not a
    template, or asks for a value that does not exist.
    """
    text, shown = _load(root, name)
    clean = {key: strip_controls(value) if isinstance(value, str) else value for key, value in values.items()}
    if _is_plain(text) and all(key in clean for key in _PLAIN.findall(text)):
        rendered = _PLAIN.sub(lambda match: str(clean[match[1]]), text)
    else:
        rendered = _render_with_jinja(text, shown, clean)
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


def _is_plain(text: str) -> bool:
    rest = _PLAIN.sub("", text)
    return "{{" not in rest and "{%" not in rest and "{#" not in rest


def _render_with_jinja(text: str, shown: str, values: dict[str, object]) -> str:
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
