from __future__ import annotations

import pytest

from conductor.config.settings import BuildSettings
from conductor.errors import UsageProblem
from conductor.rehearsal.drills import DRILLS, SEED_WHEEL, find_drill

BUILD = BuildSettings(".github/workflows/build.yml", "Dockerfile", ".", "owner/worker")


def test_every_drill_stands_under_its_own_name_and_stops_the_release():
    for name, drill in DRILLS.items():
        assert drill.name == name
        assert drill.declared.endswith("exit 6")


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(UsageProblem) as caught:
        find_drill("fire")
    assert all(name in caught.value.hint for name in DRILLS)


@pytest.mark.parametrize("base", ["pytorch/pytorch:2.7.1-cuda12.6-cudnn9-runtime", "python:3.10"])
def test_the_seed_s_wheel_is_put_on_an_image_with_another_python(tmp_path, base):
    (tmp_path / "Dockerfile").write_text(f'FROM {base}\nCMD ["python", "handler.py"]\n')
    DRILLS["build-fails"].change(tmp_path, BUILD, None)
    lines = (tmp_path / "Dockerfile").read_text().splitlines()
    assert [line for line in lines if line.startswith("FROM")][
        -1
    ] == "FROM pytorch/pytorch:2.7.1-cuda12.6-cudnn9-runtime"
    assert lines[-1].endswith(SEED_WHEEL)


@pytest.mark.parametrize(
    "source",
    [
        '"""Import nothing."""\nfrom __future__ import annotations\n\nfrom os import path\n',
        "import os\n",
        "from __future__ import annotations\nx = 1\n",
        "print('no import')\n",
        "",
    ],
)
def test_a_broken_handler_crashes_on_the_missing_module_wherever_it_imports(tmp_path, source):
    (tmp_path / "handler.py").write_text(source)
    DRILLS["worker-unhealthy"].change(tmp_path, BUILD, "handler.py")
    with pytest.raises(ModuleNotFoundError, match="seedvr2_kernels"):
        exec(compile((tmp_path / "handler.py").read_text(), "handler.py", "exec"), {})


def test_a_project_without_a_handler_cannot_have_that_drill(tmp_path):
    with pytest.raises(UsageProblem, match="none was found"):
        DRILLS["worker-unhealthy"].change(tmp_path, BUILD, None)
