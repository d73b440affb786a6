"""Whatever lies where a Dockerfile should be: a finding or a clear error, soon."""

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conductor.config.disk import DiskTree
from conductor.config.settings import Settings
from conductor.errors import UsageProblem
from conductor.preflight.api import check_project, judge_subject
from conductor.preflight.checks import load_checks
from conductor.preflight.environment.context import load_context
from conductor.preflight.environment.follow import follow
from conductor.preflight.parse.dockerfile import parse_dockerfile
from conductor.preflight.subject import Subject
from tests.waiting import count_calls

SLIM = "FROM python:3.11-slim\n"


@pytest.mark.parametrize(
    ("dockerfile", "code"),
    [
        ("", "PF-FILE-001"),
        ("this is a letter, no Dockerfile\n", "PF-FILE-001"),
        ("FROM a AS a\nFROM b\nCOPY --from=9 / /\n", "PF-FILE-002"),
        ("ARG BASE\nFROM $BASE\nRUN x\n", "PF-FILE-002"),
        (SLIM + "RUN " + "a" * 1_200_000 + "\n", "PF-FILE-001"),
        ("# escape=`\nFROM python:3.11-slim\nCOPY c:\\a `\n d:\\b\n", "PF-COPY-001"),
    ],
)
def test_a_file_that_is_no_dockerfile_gives_a_finding(image, dockerfile, code):
    assert code in image.codes(dockerfile)


def test_a_binary_file_is_refused_with_its_name(image):
    (image.root / "Dockerfile").write_bytes(b"\x7fELF\0\0\0")
    with pytest.raises(UsageProblem, match="binary"):
        check_project(image.root, Settings())


def test_a_folder_without_a_dockerfile_says_where_to_look(tmp_path):
    with pytest.raises(UsageProblem) as problem:
        check_project(tmp_path, Settings())
    assert "conductor preflight path/to/Dockerfile" in problem.value.hint


def test_a_dockerfile_that_is_a_folder_or_a_pipe_is_refused(tmp_path):
    os.mkfifo(tmp_path / "Dockerfile")
    with pytest.raises(UsageProblem):
        check_project(tmp_path, Settings(), dockerfile=tmp_path / "Dockerfile")


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_file_is_refused(image):
    image.write(SLIM)
    (image.root / "Dockerfile").chmod(0)
    with pytest.raises(UsageProblem):
        check_project(image.root, Settings())


def test_links_that_lead_in_circles_or_out_are_not_followed(image):
    image.write(SLIM + 'COPY . /app\nCMD ["bash", "/app/out.sh"]\n')
    (image.root / "loop").symlink_to(image.root)
    (image.root / "a").symlink_to(image.root / "b")
    (image.root / "b").symlink_to(image.root / "a")
    (image.root / "out.sh").symlink_to("/etc/passwd")
    report = check_project(image.root, Settings())
    assert not [f for f in report.findings if "passwd" in f.message]


def test_a_huge_context_is_judged_with_bounded_work_a_file(image):
    image.write(SLIM + "COPY . /app\nCOPY missing /x\n")
    for folder in range(40):
        (image.root / f"d{folder}").mkdir()
        for file in range(150):
            (image.root / f"d{folder}" / f"{file}.py").touch()
    files = sum(path.is_file() for path in image.root.rglob("*"))
    reports = []
    assert count_calls(lambda: reports.append(check_project(image.root, Settings()))) < 400 * files
    assert "PF-COPY-001" in {f.code for f in reports[0].findings}


def test_scripts_that_call_each_other_for_ever_end(image):
    files = {"a.sh": "bash /b.sh\n", "b.sh": "bash /a.sh\nf() { f; f; }\nf\n"}
    image.judge(SLIM + 'COPY a.sh b.sh /\nCMD ["bash", "/a.sh"]\n', files)


def test_requirements_that_include_themselves_end(image):
    files = {"r.txt": "-r r.txt\n-c r.txt\ntorch\n"}
    image.judge(SLIM + "COPY r.txt /r.txt\nRUN pip install -r /r.txt\n", files)


def test_a_value_that_grows_with_each_line_becomes_unknown(image):
    lines = "".join(f"ENV A{i}=$A{i - 1}$A{i - 1}$A{i - 1}$A{i - 1}\n" for i in range(1, 40))
    subject = image.follow(f"{SLIM}ENV A0=aaaaaaaaaa\n{lines}")
    assert subject.timeline.final.variables["A2"] == "a" * 160
    assert subject.timeline.final.variables["A39"] is None


def test_more_instructions_than_an_image_needs_are_refused(image):
    with pytest.raises(UsageProblem, match="at most 1,000"):
        image.judge(SLIM + "RUN true\n" * 1500)


def test_more_requirements_than_an_image_needs_are_refused(image):
    with pytest.raises(UsageProblem, match="at most 5,000"):
        image.judge(
            SLIM + "COPY r.txt /r.txt\nRUN pip install -r /r.txt\n",
            {"r.txt": "".join(f"p{i}\n" for i in range(5001))},
        )


def test_noise_without_a_nul_byte_is_refused(image):
    (image.root / "Dockerfile").write_bytes(bytes(range(1, 256)) * 4)
    with pytest.raises(UsageProblem, match="binary"):
        check_project(image.root, Settings())


def test_one_mistake_made_often_is_not_reported_without_end(image):
    report = image.judge(SLIM + "FOO bar\n" * 3000)
    assert len(report.findings) <= 200


def test_nothing_of_the_project_is_executed(image):
    harm = "import pathlib\npathlib.Path('harm').touch()\n"
    files = {"handler.py": harm, "setup.py": harm, "s.sh": "touch harm\n", "sitecustomize.py": harm}
    image.judge(SLIM + 'COPY . /\nRUN bash /s.sh && python /setup.py\nCMD ["python", "/handler.py"]\n', files)
    assert not list(image.root.rglob("harm"))


WORDS = st.sampled_from(
    ["FROM python:3.11-slim", "FROM nvidia/cuda:12.6.3-runtime-ubuntu22.04 AS b", "FROM b", "FROM ${X}", "RUN pip install -r r.txt", "RUN (",
     "RUN cd $X && ls", "COPY . .", "COPY --from=b / /", "COPY a", "ADD x y z", "ENV A", "ENV A=$A PATH=/v/bin:$PATH", "WORKDIR x", "WORKDIR $Y",
     'CMD ["a"', 'CMD ["bash", "-c", "x && y"]', "ENTRYPOINT ./s.sh", "RUN <<E", "E", "ONBUILD RUN x", "USER x", "SHELL []", 'SHELL ["/bin/bash", "-c"]',
     "RUN git clone", "RUN git clone https://x/y.git z", "RUN apt-get install", "RUN python -m venv v && . v/bin/activate && pip install torch==2.6.0",
     "ARG V=1", "RUN ln -s a b", "RUN mv a", "RUN chmod +x *", "RUN conda create -n x python=3.11", "HEALTHCHECK NONE", "RUN wget -O", "RUN curl x | bash",
     "RUN pip install a>=1 'b<2' --index-url", "RUN uv venv --python 3.12", "RUN export A=$(x)", "RUN if x; then y; fi || z &", "RUN tar xf x -C"]
)  # fmt: skip


@settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(st.lists(WORDS, max_size=9))
def test_no_mix_of_instructions_makes_a_check_fail(tmp_path, lines):
    (tmp_path / "s.sh").write_text("set -e\ncd /x\npython h.py\n")
    (tmp_path / "r.txt").write_text("torch==2.7.1\nopencv-python\n")
    text = "\n".join(lines) + "\n"
    parsed = parse_dockerfile(text)
    tree = DiskTree(tmp_path)
    context = load_context(tree, "", "Dockerfile")
    subject = Subject(tree, "Dockerfile", parsed, context, Settings(), follow(parsed, "Dockerfile", context))
    for finding in judge_subject(subject, load_checks()).findings:
        assert finding.message
        assert finding.remedy
        assert finding.location is None or not finding.location.path.startswith("/")


def test_an_ignore_file_that_is_a_pipe_ignores_nothing(image):
    os.mkfifo(image.root / ".dockerignore")
    assert not image.errors(SLIM + "COPY a.txt /a.txt\n", {"a.txt": "x"})


@pytest.mark.parametrize("program", ["env ", "if true; then "])
def test_programs_nested_without_end_are_followed_as_far_as_it_goes(image, program):
    image.judge(SLIM + "RUN " + program * 2000 + "echo a\n")


def test_a_version_that_no_program_reads_installs_nothing_known(image):
    subject = image.follow(SLIM + "COPY r.txt .\nRUN pip install -r r.txt\n", {"r.txt": f"a=={'1' * 6000}\nb==1\n"})
    assert [one.name for one in subject.timeline.pip_installs[0].requirements] == ["b"]


def test_what_takes_too_much_work_is_left_out_and_said(image, monkeypatch):
    monkeypatch.setattr("conductor.preflight.api.MAX_JUDGE_S", -1.0)
    report = image.judge(SLIM + "RUN echo a\n")
    assert not report.checks_run
    assert "apt-no-update" in report.late
