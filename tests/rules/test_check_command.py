"""`conductor check` as it is typed."""

from __future__ import annotations

import json

import pytest

from tests.rules.conftest import DOCKERFILE


def run(conductor, tree, *arguments, **options):
    return conductor("check", *arguments, cwd=tree.root, **options)


def findings(done):
    return json.loads(done.stdout)["findings"]


def test_a_clean_project_is_clean_and_says_what_was_checked(tree, conductor):
    done = run(conductor, tree, "records", "rules")
    assert (done.returncode, done.stdout) == (0, ""), done.stdout
    assert done.stderr == "checked records, rules: 0 errors, 0 warnings, 0 advice\n"


def test_planted_violations_are_found_each_and_nothing_on_the_clean_twin(tree, conductor):
    tree.write("image/Dockerfile.pytorch", DOCKERFILE.replace("2.7.1", "2.3.0"))
    tree.write("run_original.sh", (tree.root / "run.sh").read_text())
    tree.write("JOURNAL.md", "# Journal\n")
    tree.git("remote", "add", "origin", "https://github.com/owner/worker.git")
    done = run(conductor, tree, "rules", "--json")
    assert done.returncode == 1
    found = {(row["code"], row["path"]) for row in findings(done)}
    assert found == {
        ("F1", "image/Dockerfile.pytorch"),
        ("F1", "run_original.sh"),
        ("R10", "JOURNAL.md"),
        ("R8a", None),
    }
    (tree.root / "image/Dockerfile.pytorch").unlink()
    (tree.root / "run_original.sh").unlink()
    tree.git("checkout", "-q", "JOURNAL.md")
    tree.git("remote", "set-url", "origin", "git@github.com:owner/worker.git")
    assert findings(run(conductor, tree, "rules", "--json")) == []


def test_advice_alone_does_not_fail(tree, conductor):
    tree.write("run.sh", (tree.root / "run.sh").read_text() + "# proven on an L40\n")
    done = run(conductor, tree, "rules")
    assert done.returncode == 0
    assert "run.sh:15: advice[CLAIM-001]" in done.stdout


def test_accepted_findings_are_not_new_and_moving_lines_keeps_them_accepted(tree, conductor):
    tree.write("run_original.sh", (tree.root / "run.sh").read_text())
    assert run(conductor, tree, "rules", "--accept").returncode == 2
    refused = run(conductor, tree, "rules", "--accept", "--why", "x", env={"CLAUDECODE": "1"})
    assert refused.returncode == 2
    assert not (tree.root / ".conductor/accepted.yaml").exists()
    done = run(conductor, tree, "rules", "--accept", "--why", "known on day one")
    assert done.returncode == 0, done.stderr
    assert "accepted: 1" in done.stdout
    assert "known on day one" in (tree.root / ".conductor/accepted.yaml").read_text()
    assert run(conductor, tree, "rules", "--new").returncode == 0
    assert run(conductor, tree, "rules").returncode == 1
    tree.write("run_v2.sh", (tree.root / "run.sh").read_text())
    new = run(conductor, tree, "rules", "--new", "--json")
    assert new.returncode == 1
    assert [row["path"] for row in findings(new)] == ["run_v2.sh"]
    assert json.loads(new.stdout)["accepted"] == 1


def test_fix_writes_the_table_that_init_wrote_first(tree, conductor):
    tree.git("remote", "add", "origin", "git@github.com:owner/worker.git")
    assert conductor("init", "--yes", cwd=tree.root).returncode == 0
    assert run(conductor, tree, "rules").returncode == 0
    path = tree.root / "CONDUCTOR.md"
    path.write_text(path.read_text().replace("remote: origin", "remote: origin\nrules: {sub_agents: warn}"))
    assert "RULE-TABLE-001" in run(conductor, tree, "rules").stdout
    assert run(conductor, tree, "rules", "--fix").returncode == 0
    assert path.read_text().count("| R7 `sub_agents` |") == 1


def test_loosening_that_waits_for_trust_is_said(tree, conductor):
    tree.write("CONDUCTOR.md", "---\nconductor: 1\nrules: {file_variant: off}\n---\n")
    tree.write("run_original.sh", (tree.root / "run.sh").read_text())
    done = run(conductor, tree, "rules", "--json")
    assert [row["code"] for row in findings(done)].count("CF-TRUST-001") == 1
    assert "F1" in [row["code"] for row in findings(done)]
    trusted = run(conductor, tree, "rules", "--trust", "--json")
    assert [row["code"] for row in findings(trusted)] == ["RULE-TABLE-002"]


@pytest.mark.parametrize("form", ["sarif", "github"])
def test_other_programs_can_read_the_findings(tree, conductor, form):
    tree.write("run_original.sh", (tree.root / "run.sh").read_text())
    done = run(conductor, tree, "rules", "--format", form)
    assert done.returncode == 1
    if form == "sarif":
        (result,) = json.loads(done.stdout)["runs"][0]["results"]
        assert result["ruleId"] == "F1"
        uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert uri == "run_original.sh"
    else:
        assert done.stdout.startswith("::error file=run_original.sh,title=F1::run_original.sh is a variant")


def test_an_area_that_does_not_exist_names_the_nearest(tree, conductor):
    done = run(conductor, tree, "record")
    assert done.returncode == 2
    assert "did you mean records?" in done.stderr


def test_outside_a_repository_the_host_can_be_checked_and_rules_say_what_is_missing(tmp_path, conductor):
    assert conductor("check", "host", cwd=tmp_path).returncode in (0, 1)
    done = conductor("check", "rules", cwd=tmp_path)
    assert done.returncode == 2
    assert "git init" in done.stderr


def test_a_damaged_baseline_of_accepted_findings_is_a_malformed_record(tree, conductor):
    tree.write(".conductor/accepted.yaml", "[")
    assert run(conductor, tree, "rules", "--new").returncode == 4
    assert run(conductor, tree, "rules").returncode == 0


def test_the_image_is_judged_and_without_one_that_area_is_skipped(tree, conductor):
    done = run(conductor, tree, "preflight", "--json")
    assert done.returncode in (0, 1)
    assert json.loads(done.stdout)["areas"] == ["preflight"]
    (tree.root / "image/Dockerfile").unlink()
    done = run(conductor, tree, "preflight", "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["skipped"] == [{"area": "preflight", "reason": "there is no Dockerfile"}]
    build = "{workflow: a.yml, dockerfile: image/Dockerfile, context: image, image: docker.io/owner/worker}"
    tree.write("CONDUCTOR.md", f"---\nconductor: 1\nbuild: {build}\n---\n")
    assert "PF-LOAD-001" in run(conductor, tree, "preflight").stdout
