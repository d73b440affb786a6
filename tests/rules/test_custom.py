from __future__ import annotations

from conductor.rules.custom import audit_custom

RULES = """---
conductor: 1
custom_rules:
  no_checkpoints: {file: "*.ckpt", message: Keep weights on the volume., level: block}
  reviewed: {record: "Reviewed by", in: JOURNAL.md, message: Ask for a review.}
  no_terraform: {command: "terraform apply*", message: Ask the user.}
  quiet: {file: "*", message: Nothing., level: off}
---
"""


def test_files_and_records_are_checked_as_declared(tree):
    tree.write("CONDUCTOR.md", RULES)
    tree.write("weights/model.ckpt", "x")
    findings = {finding.code: finding for finding in audit_custom(tree.context())}
    assert set(findings) == {"CUSTOM-no_checkpoints", "CUSTOM-reviewed"}
    assert findings["CUSTOM-no_checkpoints"].location.path == "weights/model.ckpt"
    assert findings["CUSTOM-no_checkpoints"].remedy == "Keep weights on the volume."
    assert str(findings["CUSTOM-reviewed"].severity) == "warning"


def test_a_project_that_keeps_them_is_clean(tree):
    tree.write("CONDUCTOR.md", RULES)
    tree.write("JOURNAL.md", "# Journal\n\nReviewed by Ada\n")
    assert list(audit_custom(tree.context())) == []
