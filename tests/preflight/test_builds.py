"""Small projects that were really built and started, and what preflight says of each.

A file of `builds/` holds projects of one kind: `=== works: NAME` must get neither error nor warning, `=== breaks CODE:
NAME` an error with that code, `=== warns CODE: NAME` that code as a warning and no error; `--- PATH` begins a file.
"""

import re
from pathlib import Path

import pytest

from conductor.domain.finding import Severity

FOLDER = Path(__file__).parent / "builds"


def read_cases():
    for file in sorted(FOLDER.glob("*.txt")):
        for block in re.split(r"(?m)^=== ", file.read_text())[1:]:
            title, _, body = block.partition("\n")
            what, _, name = title.partition(": ")
            files = {}
            for part in re.split(r"(?m)^--- ", body)[1:]:
                path, _, content = part.partition("\n")
                files[path.strip()] = content
            yield pytest.param(what, files, id=f"{file.stem}: {name.strip()}")


@pytest.mark.parametrize(("what", "files"), read_cases())
def test_preflight_says_what_a_real_build_said(image, what, files):
    scripts = tuple(name for name, content in files.items() if content.startswith("#!"))
    dockerfile = files.pop("Dockerfile")
    found = image.judge(dockerfile, files, executable=scripts).findings
    errors = {finding.code for finding in found if finding.severity is Severity.ERROR}
    warnings = {finding.code for finding in found if finding.severity is Severity.WARNING}
    told = "\n".join(f"{finding.location}: {finding.severity} {finding.code} {finding.message}" for finding in found)
    if what == "works":
        assert not errors | warnings, told
    elif what.startswith("warns "):
        assert what.removeprefix("warns ") in warnings, told
        assert not errors, told
    else:
        assert what.removeprefix("breaks ") in errors, told
