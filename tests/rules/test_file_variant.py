from __future__ import annotations

import pytest

from conductor.rules.answer import Status
from conductor.rules.file_variant import audit, report
from conductor.rules.variants import marked_bases, similarity
from tests.rules.conftest import DOCKERFILE


def found(tree):
    return {finding.location.path: finding for finding in audit(tree.context())}


def test_a_tree_without_copies_is_clean(tree):
    assert found(tree) == {}
    assert report(tree.context()).status is Status.KEPT


@pytest.mark.parametrize(
    "name", ["run_original.sh", "run_v2.sh", "run-2.sh", "run.sh.bak", "run copy.sh", "run_fixed.sh", "run.sh~"]
)
def test_a_copy_with_a_marked_name_is_a_variant(tree, name):
    tree.write(name, (tree.root / "run.sh").read_text() + "more\n")
    finding = found(tree)[name]
    assert finding.code == "F1"
    assert "variant of run.sh" in finding.message
    assert report(tree.context()).status is Status.VIOLATED


def test_a_near_copy_of_the_dockerfile_is_a_variant_and_one_that_is_declared_is_not(tree):
    tree.write("image/Dockerfile.pytorch", DOCKERFILE.replace("2.7.1", "2.3.0"))
    assert "90%" in found(tree)["image/Dockerfile.pytorch"].message
    tree.write("CONDUCTOR.md", "---\nconductor: 1\nfiles: {allowed_variants: [Dockerfile.pytorch]}\n---\n")
    assert found(tree) == {}


def test_another_dockerfile_that_a_workflow_builds_and_that_is_no_copy_is_clean(tree):
    tree.write("docs-image/Dockerfile", "FROM nginx:1.27\nCOPY site /usr/share/nginx/html\n")
    assert "orphan" in found(tree)["docs-image/Dockerfile"].message
    tree.write(".github/workflows/docs.yml", "jobs:\n  a:\n    steps:\n      - run: docker build -t docs docs-image\n")
    assert found(tree) == {}


@pytest.mark.parametrize(
    "step",
    [
        "run: docker build -f other/Containerfile .",
        "run: |\n          docker buildx build \\\n            --file other/Containerfile \\\n            .",
        "with: {context: other, file: other/Containerfile}",
    ],
)
def test_the_ways_a_workflow_names_its_dockerfile(tree, step):
    tree.write("other/Containerfile", "FROM scratch\n")
    assert "other/Containerfile" in found(tree)
    tree.write(".github/workflows/other.yml", f"jobs:\n  a:\n    steps:\n      - {step}\n")
    assert found(tree) == {}


def test_a_dockerfile_that_only_a_comment_names_is_an_orphan(tree):
    tree.write("old/Dockerfile", "FROM scratch\n")
    tree.write(".github/workflows/build-worker.yml", "# old/Dockerfile\n" + "x: docker build -f image/Dockerfile .\n")
    assert list(found(tree)) == ["old/Dockerfile"]


def test_without_a_workflow_that_builds_nothing_is_called_an_orphan(tree):
    (tree.root / ".github/workflows/build-worker.yml").unlink()
    assert found(tree) == {}


@pytest.mark.parametrize(
    "name",
    [
        "config_v2.yml",
        "dockerfile.py",
        "dockerfile_parser.py",
        "Dockerfile.example",
        "test_run.sh",
        "run.sh.example",
        "tests/data/Dockerfile",
        "v2/run.sh",
    ],
)
def test_names_with_a_purpose_are_clean(tree, name):
    tree.write(name, (tree.root / "run.sh").read_text() if name.endswith("sh") else "FROM scratch\n")
    if name != "Dockerfile.example":
        assert found(tree) == {}


def test_a_marked_name_alone_is_no_variant_unless_there_is_nothing_else_to_go_by(tree):
    tree.write("run_new.sh", "".join(f"something else {n}\n" for n in range(12)))
    assert found(tree) == {}
    tree.write("run_new.sh", "")
    finding = found(tree)["run_new.sh"]
    assert (finding.severity, finding.confidence) == ("warning", "low")


@pytest.mark.parametrize(
    "name", ["image/Dockerfile2", "image/Dockerfile-cpu", "image/cpu.Dockerfile", "image/dockerfile.x"]
)
def test_the_ways_a_second_dockerfile_is_named(tree, name):
    tree.write(name, DOCKERFILE + "ENV MORE=1\n")
    assert "variant of Dockerfile" in found(tree)[name].message


def test_a_numbered_copy_of_code_is_found(tree):
    code = "".join(f"def step_{n}(): return {n}\n" for n in range(10))
    tree.write("handler.py", code)
    tree.write("handler2.py", code + "x = 1\n")
    assert list(found(tree)) == ["handler2.py"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            ".github/workflows/all.yml",
            "strategy:\n  matrix:\n    dir: [other]\nrun: docker build images/${{ matrix.dir }}\n",
        ),
        ("compose.yml", "services:\n  a:\n    build: ./images/other\n"),
        (".devcontainer/devcontainer.json", '{"build": {"dockerfile": "../images/other/Dockerfile"}}'),
    ],
)
def test_other_builders_than_a_plain_workflow_count(tree, name, text):
    tree.write("images/other/Dockerfile", "FROM scratch\n")
    assert list(found(tree)) == ["images/other/Dockerfile"]
    tree.write(name, text)
    assert found(tree) == {}


def test_a_script_that_a_workflow_calls_counts(tree):
    tree.write("images/other/Dockerfile", "FROM scratch\n")
    tree.write("scripts/build.sh", "docker build -f images/other/Dockerfile .\n")
    assert list(found(tree)) == ["images/other/Dockerfile"]
    tree.write(".github/workflows/all.yml", "run: ./scripts/build.sh\n")
    assert found(tree) == {}


def test_an_unmarked_near_copy_is_found_and_an_unlike_sibling_is_not(tree):
    tree.write("run_gpu.sh", (tree.root / "run.sh").read_text() + "gpu\n")
    tree.write("run_tests.sh", "".join(f"pytest part {n}\n" for n in range(12)))
    assert list(found(tree)) == ["run_gpu.sh"]


def test_what_git_ignores_is_not_in_the_tree(tree):
    tree.write(".gitignore", "*.bak\n")
    tree.write("run.sh.bak", "x")
    assert found(tree) == {}


def test_submodules_binaries_and_names_that_are_no_utf8_do_not_matter(tree):
    tree.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},vendored")
    (tree.root / b"caf\xe9_v2.sh".decode("utf-8", "surrogateescape")).write_bytes(b"\0")
    (tree.root / "run_gpu.sh").write_bytes(b"\0\1\2")
    assert found(tree) == {}


def test_bases_of_marked_names():
    assert marked_bases("run_v2.sh") == ["run.sh"]
    assert marked_bases("Dockerfile.old") == ["Dockerfile"]
    assert marked_bases("notes.md.orig") == ["notes.md"]
    assert marked_bases("run.sh") == []


def test_similarity_is_symmetric_and_whole_for_equal_texts():
    one = "".join(f"line {n}\n" for n in range(20)).encode()
    other = one.replace(b"line 1\n", b"line x\n")
    assert similarity(one, one) == 1.0
    assert similarity(one, other) == similarity(other, one) < 1
    assert similarity(b"\0", b"\0") == 1.0
    assert similarity(b"\0a", b"\0b") == 0.0
    assert similarity(b"", b" ") is None
