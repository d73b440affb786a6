"""What the checks of workflows find, and what they leave alone: one fault a file, and files that only look strange."""

import json
import shutil
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings

from conductor.config.settings import BuildSettings, Settings
from conductor.domain.day import CalendarDay
from conductor.preflight.api import choose, judge_subject
from conductor.preflight.checks import load_checks
from conductor.preflight.load import load_subject
from tests.workflows.test_any_workflow import VALUES, WORKFLOWS

SOUND = """\
name: build
on:
  push:
    branches: [main]
    paths-ignore: [docs/**]
permissions: {contents: read, packages: write}
jobs:
  build:
    runs-on: ubuntu-24.04
    outputs:
      digest: ${{ steps.build.outputs.digest }}
    steps:
      - uses: actions/checkout@v6
      - id: source
        run: echo "revision=$(git rev-parse HEAD)" >> "$GITHUB_OUTPUT"
      - uses: docker/login-action@v4
        with: {registry: ghcr.io, username: "${{ github.actor }}", password: "${{ secrets.GITHUB_TOKEN }}"}
      - uses: docker/setup-buildx-action@v4
      - id: build
        uses: docker/build-push-action@v7
        with:
          push: true
          tags: |
            ghcr.io/acme/worker:${{ steps.source.outputs.revision }}
            ghcr.io/acme/worker:latest
          labels: org.opencontainers.image.revision=${{ steps.source.outputs.revision }}
  test:
    needs: build
    runs-on: ubuntu-latest
    steps:
      - if: github.ref == 'refs/heads/main' && !cancelled()
        run: echo "${{ needs.build.outputs.digest }}"
"""
FLOW = [check for check in load_checks() if check.meta.code.startswith("PF-FLOW")]


def at(subject, day):
    return subject if day is None else replace(subject, day=CalendarDay(day))


def judge(root, workflows, *, day=None, config=None, files=None):
    for name, text in {"Dockerfile": "FROM python:3.11-slim\n", **(files or {})}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    for name, text in workflows.items():
        target = root / ".github/workflows" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    return judge_subject(at(load_subject(root, config or Settings()), day), FLOW).findings


def told(findings):
    return {(str(one.severity), one.code, one.location.line) for one in findings}


def test_a_sound_workflow_is_not_found_fault_with(tmp_path):
    assert judge(tmp_path, {"build.yml": SOUND}) == ()


PLANTED = [
    ("unknown event", "  push:\n", "  pushes:\n", "PF-FLOW-002", "error"),
    ("unknown type", "  push:\n", "  release: {types: [publishd]}\n  push:\n", "PF-FLOW-002", "error"),
    ("unknown key of a step", "        run: echo", "        runs: echo", "PF-FLOW-001", "error"),
    ("unknown key of a job", "    needs: build", "    timeout-minute: 5\n    needs: build", "PF-FLOW-001", "error"),
    ("no runner", "    runs-on: ubuntu-24.04\n", "", "PF-FLOW-001", "error"),
    ("same id twice", "      - uses: docker/setup-buildx", "      - id: build\n        uses: docker/setup-buildx", "PF-FLOW-001", "error"),
    ("no YAML", "name: build", "name: build: worker", "PF-FLOW-001", "error"),
    ("tab", "    branches: [main]", "\tbranches: [main]", "PF-FLOW-001", "error"),
    ("two filters", "    branches: [main]", "    branches: [main]\n    branches-ignore: [x]", "PF-FLOW-001", "error"),
    ("unknown job", "needs: build", "needs: biuld", "PF-FLOW-003", "error"),
    ("needs itself", "    runs-on: ubuntu-24.04", "    needs: test\n    runs-on: ubuntu-24.04", "PF-FLOW-003", "error"),
    ("double quotes", "== 'refs/heads/main'", '== "refs/heads/main"', "PF-FLOW-004", "error"),
    ("one equals sign", "github.ref == ", "github.ref = ", "PF-FLOW-004", "error"),
    ("unknown context", "github.actor", "gihub.actor", "PF-FLOW-004", "error"),
    ("unknown function", "!cancelled()", "!canceled()", "PF-FLOW-004", "error"),
    ("secret in a condition", "&& !cancelled()", "&& secrets.API_KEY", "PF-FLOW-004", "error"),
    ("values of a function", "&& !cancelled()", "&& contains(github.ref)", "PF-FLOW-004", "error"),
    ("unknown step", "steps.build.outputs", "steps.biuld.outputs", "PF-FLOW-005", "warning"),
    ("unknown output of an action", "steps.build.outputs.digest", "steps.build.outputs.digset", "PF-FLOW-005", "warning"),
    ("unknown output of a job", "needs.build.outputs.digest", "needs.build.outputs.image", "PF-FLOW-005", "warning"),
    ("job that is not needed", "needs.build.outputs", "needs.image.outputs", "PF-FLOW-005", "warning"),
    ("value that GitHub lacks", "github.actor", "github.acter", "PF-FLOW-005", "warning"),
    ("switched off", "actions/checkout@v6", "actions/cache@v2", "PF-FLOW-006", "error"),
    ("Node that is gone", "actions/checkout@v6", "actions/checkout@v3", "PF-FLOW-006", "warning"),
    ("pinned old action", "actions/checkout@v6", f"actions/cache@{'a' * 40} # v2.1.7", "PF-FLOW-006", "error"),
    ("runner that is gone", "ubuntu-24.04", "ubuntu-20.04", "PF-FLOW-007", "error"),
    ("misspelt runner", "ubuntu-latest", "ubuntu-lates", "PF-FLOW-007", "warning"),
    ("token's name", "secrets.GITHUB_TOKEN", "secrets.GITHUB_TOKENS", "PF-FLOW-008", "warning"),
    ("misspelt secret", "secrets.GITHUB_TOKEN", "secrets.GHCR_PASWORD", "PF-FLOW-008", "warning"),
    ("package permission", "packages: write", "packages: read", "PF-FLOW-009", "error"),
    ("no package permission", ", packages: write", "", "PF-FLOW-009", "error"),
    ("no permission at all", "{contents: read, packages: write}", "{}", "PF-FLOW-009", "error"),
    ("only a moving tag", "            ghcr.io/acme/worker:${{ steps.source.outputs.revision }}\n", "", "PF-FLOW-011", "warning"),
    ("label of the event", "actions/checkout@v6", "actions/checkout@v6\n        with: {ref: stable}", "PF-FLOW-013", "warning"),
    ("other Dockerfile", "          push: true", "          file: worker/Dockerfile\n          push: true", "PF-FLOW-016", "error"),
    ("no digest", "needs.build.outputs.digest }}", "needs.build.result }}", "PF-FLOW-014", "advice"),
    ("records rebuild", "    paths-ignore: [docs/**]\n", "", "PF-FLOW-015", "advice"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "old", "new", "code", "severity"), PLANTED, ids=[one[0] for one in PLANTED])
def test_a_planted_fault_is_found_and_nothing_else(tmp_path, name, old, new, code, severity):
    assert old in SOUND
    text = SOUND.replace(old, new, 1)
    if name == "label of the event":
        text = text.replace("revision=${{ steps.source.outputs.revision }}", "revision=${{ github.sha }}")
    if name == "no digest":
        text = text.replace("    outputs:\n      digest: ${{ steps.build.outputs.digest }}\n", "")
    found = judge(tmp_path, {"build.yml": text})
    assert {(str(one.severity), one.code) for one in found if one.severity != "advice" or severity == "advice"} == {
        (severity, code)
    }


def test_an_empty_end_of_a_pushed_images_name_is_an_error(tmp_path):
    text = SOUND.replace("            ghcr.io/acme/worker:latest\n", "").replace(
        "worker:${{ steps.source.outputs", "worker:${{ steps.sources.outputs"
    )
    assert ("error", "PF-FLOW-005") in {(str(one.severity), one.code) for one in judge(tmp_path, {"build.yml": text})}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("ubuntu-24.04", "[self-hosted, linux, gpu]"),
        ("ubuntu-24.04", "ubuntu-latest-16-cores"),
        ("ubuntu-24.04", "blacksmith-4vcpu-ubuntu-2204"),
        ("ubuntu-24.04", "depot-ubuntu-24.04-8"),
        ("ubuntu-24.04", "{group: large, labels: ubuntu-24.04-16core}"),
        ("ubuntu-24.04", "${{ vars.RUNNER || 'ubuntu-latest' }}"),
        ("ubuntu-24.04", "${{ fromJSON('[\"self-hosted\"]') }}"),
        ("  push:\n", "  repository_dispatch: {types: [anything at all]}\n  push:\n"),
        ("needs: build", "needs: [BUILD]"),
        ("name: build", "name: build\nrun-name: ${{ github.actor }} builds"),
        ("&& !cancelled()", "&& (success() || failure() || always())"),
        ("&& !cancelled()", "&& hashFiles('**/x') != '' && env.A.b['c'].*.d == 1e3"),
        ("&& !cancelled()", "&& contains(fromJSON('[\"a\", \"b\"]'), github.ref) && 'it''s }}' != ''"),
        ('echo "${{ needs.build.outputs.digest }}"', 'echo "${{ needs.build.result }} ${{ toJSON(needs) }} $${HOME} {{ x }}"'),
        ("secrets.GITHUB_TOKEN", "github.token"),
        ("secrets.GITHUB_TOKEN", "secrets.GHCR_PAT"),
        ("secrets.GITHUB_TOKEN", "secrets['GHCR_TOKEN']"),
        ("permissions: {contents: read, packages: write}\n", ""),
        ("permissions: {contents: read, packages: write}", "permissions: write-all"),
        ("actions/checkout@v6", "actions/checkout@main"),
        ("actions/checkout@v6", f"actions/checkout@{'a' * 40}"),
        ("actions/checkout@v6", "./.github/actions/prepare"),
        ("actions/checkout@v6", "docker://alpine:3.8"),
        ("    needs: build\n    runs-on: ubuntu-latest", "    &a\n    needs: build\n    runs-on: ubuntu-latest"),
        ("          push: true", "          context: https://github.com/acme/other.git\n          push: true"),
        ("          push: true", "          file: ${{ github.workspace }}/Dockerfile\n          push: true"),
        ("            ghcr.io/acme/worker:latest", "            ghcr.io/acme/worker:v${{ github.run_number }}"),
    ],
)  # fmt: skip
def test_what_only_looks_strange_is_left_alone(tmp_path, old, new):
    assert old in SOUND
    found = judge(tmp_path, {"build.yml": SOUND.replace(old, new, 1)})
    assert [one for one in found if one.severity != "advice"] == []


def test_a_fact_holds_from_its_day_on(tmp_path):
    text = SOUND.replace("actions/checkout@v6", "actions/upload-artifact@v3").replace("ubuntu-24.04", "ubuntu-20.04")
    assert judge(tmp_path, {"build.yml": text}, day=date(2024, 1, 1)) == ()
    codes = {one.code for one in judge(tmp_path, {"build.yml": text}, day=date(2025, 6, 1)) if one.severity == "error"}
    assert codes == {"PF-FLOW-006", "PF-FLOW-007"}


def test_a_login_behind_the_push_is_an_error(tmp_path):
    lines = SOUND.splitlines(keepends=True)
    login = [one for one in lines if "login-action" in one or "registry: ghcr.io" in one]
    rest = [one for one in lines if one not in login]
    place = next(number for number, one in enumerate(rest) if one.startswith("  test:"))
    text = "".join([*rest[:place], *login, *rest[place:]])
    assert {(str(one.severity), one.code) for one in judge(tmp_path, {"build.yml": text})} == {("error", "PF-FLOW-010")}


def test_two_workflows_that_push_one_tag_on_one_event(tmp_path):
    text = SOUND.replace("    paths-ignore: [docs/**]\n", "")
    found = judge(tmp_path, {"a.yml": text, "b.yml": text.replace("name: build", "name: other")})
    assert ("warning", "PF-FLOW-012") in {(str(one.severity), one.code) for one in found}
    other = text.replace("worker:latest", "worker:cpu").replace("name: build", "name: other")
    found = judge(tmp_path, {"a.yml": text, "b.yml": other})
    assert "PF-FLOW-012" not in {one.code for one in found}


def test_the_documentation_contradicts_a_name(tmp_path):
    text = SOUND.replace("secrets.GITHUB_TOKEN", "secrets.GHCR_TOCKEN")
    readme = {"README.md": "Set the secret `GHCR_TOKEN`."}
    found = [one for one in judge(tmp_path, {"a.yml": text}, files=readme) if one.code == "PF-FLOW-008"]
    assert "the documentation calls it GHCR_TOKEN" in found[0].message
    readme = {"README.md": "Set the secret `GHCR_TOCKEN`."}
    assert judge(tmp_path, {"a.yml": text}, files=readme) == ()


@pytest.mark.parametrize(
    ("used", "readme", "said"),
    [
        (("HUB_USER", "HUB_TOKEM"), "", "looks like TOKEN"),
        (("HUB_USER", "HUB_PASSWORD"), "`HUB_USER`, `HUB_TOKEN`", "the documentation calls it HUB_TOKEN"),
        (("DOCKERHUB_USER", "DOCKERHUB_TOKEN", "DOCKER_HUB_TOKEN"), "", "calls it DOCKERHUB_TOKEN"),
        (("GITHUB_PAT",), "", "no secret's name can begin with GITHUB_"),
        (("NOPE",), "", "nothing else in the repository names it"),
        (("HUB_USER", "HUB_TOKEN"), "`HUB_USER`, `HUB_TOKEN`", ""),
        (("HUB_USER", "HUB_TOKEN"), "", ""),
        (("HUB_TOKEN", "HUB_PASSWORD"), "`HUB_TOKEN`", ""),
        (("DB_HOST_1", "DB_HOST_2"), "", ""),
        (("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "", ""),
        (("STAGING_API_KEY", "STAGING_API_KEYS"), "`STAGING_API_KEY` `STAGING_API_KEYS`", ""),
        (("codecov_token",), "", ""),
        (("PYPI",), "", ""),
        (("RUNPOD_ENDPOINT_ID", "RUNPOD_API_KEY"), "", ""),
    ],
)
def test_a_secrets_name_is_doubted_only_where_something_speaks_against_it(tmp_path, used, readme, said):
    steps = "".join(f'      - run: echo "${{{{ secrets.{name} }}}}"\n' for name in used)
    text = f"on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n{steps}"
    found = judge(tmp_path, {"a.yml": text}, files={"README.md": readme})
    assert [said in one.message for one in found] == ([True] if said else [])


def test_the_configured_workflow_builds_another_dockerfile(tmp_path):
    config = Settings(build=BuildSettings(".github/workflows/a.yml", "Dockerfile", ".", "ghcr.io/acme/worker"))
    text = SOUND.replace("          push: true", "          file: other.Dockerfile\n          push: true")
    found = judge(tmp_path, {"a.yml": text}, config=config, files={"other.Dockerfile": "FROM python:3.11-slim\n"})
    assert {(str(one.severity), one.code) for one in found} == {("warning", "PF-FLOW-016")}


def test_a_dockerfile_that_no_workflow_builds_is_advice(tmp_path):
    text = SOUND.replace("          push: true", "          file: other.Dockerfile\n          push: true")
    found = judge(tmp_path, {"a.yml": text}, files={"other.Dockerfile": "FROM python:3.11-slim\n"})
    assert {(str(one.severity), one.code) for one in found} == {("advice", "PF-FLOW-016")}


def test_places_in_blocks_and_quotes_are_those_of_the_file(tmp_path):
    text = SOUND.replace(
        'run: echo "${{ needs.build.outputs.digest }}"', "run: |\n          true\n          echo ${{ gitub.sha }}"
    )
    found = judge(tmp_path, {"a.yml": text})
    where = found[0].location
    assert text.splitlines()[where.line - 1][where.column - 1 :].startswith("gitub.sha")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(WORKFLOWS | VALUES, VALUES)
def test_checks_of_any_workflow_end_with_an_answer(tmp_path, workflow, other):
    shutil.rmtree(tmp_path / ".github", ignore_errors=True)
    judge(tmp_path, {"a.yml": json.dumps(workflow), "b.yml": json.dumps({"on": other, "jobs": {"x": other}})})


def test_the_checks_of_workflows_can_be_chosen_by_name():
    assert [check.meta.id for check in choose(only=["tag-moves"])] == ["tag-moves"]
