from pathlib import Path

import pytest

from conductor.config import schema
from conductor.config.settings import PerformanceSettings, QualitySettings, Settings, load_settings, resolve_target_id
from conductor.errors import ConfigurationProblem, UsageProblem

MINIMAL = """conductor: 1
build: {workflow: .github/workflows/w.yml, dockerfile: image/Dockerfile, context: image, image: docker.io/o/n}
targets:
  production: {kind: serverless, id: env:RUNPOD_ENDPOINT}
"""


def write(root: Path, front: str, prose: str = "# Rules\n") -> Path:
    (root / "CONDUCTOR.md").write_text(f"---\n{front}---\n{prose}", encoding="utf-8")
    return root


def problems(root: Path) -> list[tuple[int | None, str, str]]:
    with pytest.raises(ConfigurationProblem) as caught:
        load_settings(root)
    return [(problem.line, problem.message, problem.hint) for problem in caught.value.problems]


def test_no_configuration_means_the_defaults(tmp_path):
    assert load_settings(tmp_path) == Settings()


def test_a_conductor_file_with_prose_only_means_the_defaults(tmp_path):
    (tmp_path / "CONDUCTOR.md").write_text("# Conductor\n\nProse.\n")
    assert load_settings(tmp_path).source is None


def test_build_and_targets_are_enough(tmp_path):
    settings = load_settings(write(tmp_path, MINIMAL))
    assert settings.build is not None
    assert settings.build.platform == "linux/amd64"
    assert [target.name for target in settings.targets] == ["production"]
    assert settings.rules["host_pip"].level == "block"


def test_the_same_keys_are_read_from_conductor_yaml(tmp_path):
    (tmp_path / "conductor.yaml").write_text(MINIMAL)
    assert load_settings(tmp_path).source == "conductor.yaml"


def test_both_files_at_once_are_refused(tmp_path):
    write(tmp_path, MINIMAL)
    (tmp_path / "conductor.yaml").write_text(MINIMAL)
    with pytest.raises(UsageProblem, match="twice"):
        load_settings(tmp_path)


def test_every_problem_is_reported_at_once_with_its_line_and_the_nearest_key(tmp_path):
    found = problems(
        write(tmp_path, "conductor: 1\ntimzone: UTC\nbranch: [x]\nrules: {comit_push: ask, history: bloc}\n")
    )
    assert found == [
        (3, "unknown key timzone", "did you mean timezone?"),
        (4, "branch must be text, not a list", "write branch: some text"),
        (5, "unknown key rules.comit_push", "did you mean commit_push?"),
        (5, "rules.history must be one of block, ask, warn, off, not 'bloc'", "did you mean block?"),
    ]


def test_a_missing_value_is_named(tmp_path):
    found = problems(write(tmp_path, "conductor: 1\nbuild: {workflow: w, context: c, image: i}\n"))
    assert found == [(3, "build.dockerfile is missing", "add dockerfile: with its value (path)")]


@pytest.mark.parametrize("path", ["/etc/passwd", "../x", "a/../../x", "a\\b"])
def test_a_path_outside_the_project_is_refused(tmp_path, path):
    ((_, message, _),) = problems(write(tmp_path, f"conductor: 1\nsmoke: {{input: '{path}'}}\n"))
    assert "inside the project" in message


@pytest.mark.parametrize("spelling", ["off", "Off", "'off'", "false"])
def test_off_is_a_level_however_yaml_reads_it(tmp_path, spelling):
    settings = load_settings(write(tmp_path, f"conductor: 1\nrules: {{edit_tool: {spelling}}}\n"))
    assert settings.rules["edit_tool"].level == "off"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("{}", (3, "smoke.expect.performance names no limit", "write warm_percent: 25")),
        ("{warm_jobs: 3}", (3, "smoke.expect.performance names no limit", "write warm_percent: 25")),
        ("{warm_percent: 25, warm_jobs: 0}", (3, "performance.warm_jobs must be from 1 to 20, not 0", "warm_jobs: 3")),
        (
            "{warm_percent: 25, warm_jobs: 21}",
            (3, "performance.warm_jobs must be from 1 to 20, not 21", "warm_jobs: 3"),
        ),
        ("{warm_percent: -1}", (3, "warm_percent must be a number of at least 0, not '-1'", "write digits only")),
        ("{warm_percent: 25%}", (3, "warm_percent must be a number of at least 0, not '25%'", "write digits only")),
        ("{slower_percent: 25}", (3, "unknown key smoke.expect.performance.slower_percent", "warm_percent")),
        ("25", (3, "smoke.expect.performance must be a mapping of keys, not '25'", "see smoke.expect.performance")),
    ],
)
def test_a_wrong_demand_on_speed_says_where_it_stands_and_what_to_write(tmp_path, given, said):
    (found,) = problems(write(tmp_path, f"conductor: 1\nsmoke: {{expect: {{performance: {given}}}}}\n"))
    line, message, hint = said
    assert found[0] == line
    assert message in found[1]
    assert hint in found[2]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            "{at_least: bicubic}",
            (3, "smoke.expect.quality.reference is missing", "add reference: with its value (path)"),
        ),
        ("{reference: r.mp4}", (3, "smoke.expect.quality.at_least is missing", "one of bicubic")),
        ("{reference: r.mp4, at_least: lanczos}", (3, "at_least must be one of bicubic, not 'lanczos'", "bicubic")),
        ("{reference: ../r.mp4, at_least: bicubic}", (3, "must be a path inside the project", "relative to the root")),
        (
            "{reference: r, at_least: bicubic, psnr_margin_db: 1 dB}",
            (3, "must be a number, not '1 dB'", "write digits only"),
        ),
        (
            "{reference: r, at_least: bicubic, ssim_margin: .inf}",
            (3, "ssim_margin must be a number, not '.inf'", "digits"),
        ),
        (
            "{reference: r, at_least: bicubic, ssim_margin: -.inf}",
            (3, "ssim_margin must be a number, not '-.inf'", "digits"),
        ),
        (
            "{reference: r, at_least: bicubic, ssim_margin: .nan}",
            (3, "ssim_margin must be a number, not '.nan'", "digits"),
        ),
        (
            "{reference: r, at_least: bicubic, psnr_margin: 0}",
            (3, "unknown key smoke.expect.quality.psnr_margin", "psnr_margin_db"),
        ),
    ],
)
def test_a_wrong_demand_on_quality_says_where_it_stands_and_what_to_write(tmp_path, given, said):
    (found,) = problems(write(tmp_path, f"conductor: 1\nsmoke: {{expect: {{quality: {given}}}}}\n"))
    line, message, hint = said
    assert found[0] == line
    assert message in found[1]
    assert hint in found[2]


def test_a_margin_may_be_below_nothing(tmp_path):
    text = "conductor: 1\nsmoke: {expect: {quality: {reference: r.mp4, at_least: bicubic, psnr_margin_db: -3}}}\n"
    assert load_settings(write(tmp_path, text)).smoke.quality == QualitySettings("r.mp4", "bicubic", -3.0, 0)


def test_a_demand_on_speed_sends_three_warm_jobs_unless_it_says_otherwise(tmp_path):
    text = "conductor: 1\nsmoke: {expect: {max_warm_s: 60, performance: {warm_percent: 25}}}\n"
    smoke = load_settings(write(tmp_path, text)).smoke
    assert (smoke.max_warm_s, smoke.performance) == (60, PerformanceSettings(25, None, 3))


def test_a_rule_may_have_exceptions_and_a_threshold(tmp_path):
    text = "conductor: 1\nrules: {file_variant: {level: warn, except: [a.old], threshold: 0.9}}\n"
    rule = load_settings(write(tmp_path, text)).rules["file_variant"]
    assert (rule.level, rule.exceptions, rule.threshold) == ("warn", ("a.old",), 0.9)


def test_the_guard_rule_cannot_be_lowered(tmp_path):
    ((_, message, _),) = problems(write(tmp_path, "conductor: 1\nrules: {guard_tamper: warn}\n"))
    assert "can't be lowered" in message


def test_a_newer_format_names_the_version_it_needs(tmp_path):
    ((_, message, hint),) = problems(write(tmp_path, "conductor: 2\n"))
    assert "2 is a format" in message
    assert "format 2" in hint


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"---\nconductor: 1\n", "not closed"),
        (b"---\n---\n", "empty"),
        (b"---\n- a\n---\n", "must be a mapping"),
        (b"---\nconductor: 1\na: [\n---\n", "not YAML"),
        (b"---\nconductor: 1\nconductor: 1\n---\n", "given twice"),
        (b"---\nconductor: &a 1\nsmoke: &b {expect: *b}\n---\n", "alias"),
        (b"---\nconductor: 1\ntimezone: Mars/Olympus\n---\n", "not known"),
        (b"---\nconductor: 1\ntargets: {b: {id: x, after: a}}\n---\n", "not a target above it"),
        (b"---\nconductor: 1\npoll: {run_s: -1}\n---\n", "at least 0"),
        (b"---\nconductor: 1\npoll: {run_s: .nan}\n---\n", "at least 0"),
        (b"---\n\xff\xfe\n---\n", "not UTF-8"),
    ],
)
def test_bad_content_gets_a_clear_error(tmp_path, content, words):
    (tmp_path / "CONDUCTOR.md").write_bytes(content)
    with pytest.raises((ConfigurationProblem, UsageProblem), match=words) as caught:
        load_settings(tmp_path)
    assert caught.value.path == "CONDUCTOR.md"
    assert caught.value.hint


def test_a_byte_order_mark_before_the_front_matter_is_not_in_the_way(tmp_path):
    (tmp_path / "CONDUCTOR.md").write_bytes(b"\xef\xbb\xbf---\r\nconductor: 1\r\nbranch: dev\r\n---\r\n")
    assert load_settings(tmp_path).branch == "dev"


def test_the_commented_example_is_itself_a_valid_configuration(tmp_path):
    example = (Path(schema.__file__).parent / "project.example.yaml").read_text()
    example = example.replace("  NAME: ask  ", "  commit_push: ask  ").replace("    after: staging  ", "    # after  ")
    (tmp_path / "conductor.yaml").write_text(example)
    settings = load_settings(tmp_path)
    assert settings.targets[0].volume == "/runpod-volume"
    assert settings.custom_rules[0].in_file == "JOURNAL.md"


def test_an_id_from_the_environment_is_looked_up_when_it_is_needed(tmp_path, monkeypatch):
    target = load_settings(write(tmp_path, MINIMAL)).targets[0]
    with pytest.raises(UsageProblem, match="RUNPOD_ENDPOINT is not set"):
        resolve_target_id(target)
    monkeypatch.setenv("RUNPOD_ENDPOINT", "abc")
    assert resolve_target_id(target) == "abc"
