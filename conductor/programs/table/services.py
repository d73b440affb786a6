"""Clients of GitHub and RunPod.

Source: the manual of gh 2.x; `runpodctl --help`, RunPod's documentation of flash, November 2026.
"""

from __future__ import annotations

from conductor.programs.words import DEPLOYS, PUSHES, Words

PROGRAMS = {
    "gh": Words(
        valued="-R/--repo",
        inherits=True,
        commands={
            "api": Words(
                valued="-X/--method -f/--raw-field -F/--field -H/--header -q/--jq -t/--template --hostname -p/--preview"
                " --cache"
                " --input",
            ),
            "auth": Words(valued="-p/--git-protocol -h/--hostname -s/--scopes"),
            "config": Words(valued="-h/--host"),
            "pr issue release repo": Words(
                valued="-t/--title -b/--body -B/--base -H/--head -a/--assignee -l/--label -m/--milestone -r/--reviewer"
                " -A/--author-email --match-head-commit -n/--notes --target --branch"
                " -s/--source -d/--description"
                " -F/--body-file/--notes-file",
            ),
            "workflow run": Words(valued="-r/--ref -f/--raw-field -F/--field -w/--workflow -j/--job"),
            "secret variable": Words(
                valued="-b/--body -e/--env -o/--org -v/--visibility -r/--repos -a/--app -u/--user -f/--env-file",
            ),
        },
        effects={
            DEPLOYS: "workflow/run workflow/enable workflow/disable run/rerun run/cancel run/delete secret/set"
            " secret/delete secret/remove variable/set variable/delete variable/remove release/create release/delete"
            " release/edit release/upload release/new release/delete-asset cache/delete",
            PUSHES: "pr/create pr/new pr/merge pr/update-branch pr/revert repo/sync repo/create?--push",
        },
    ),
    "runpodctl runpod": Words(
        clusters=False,
        effects={
            DEPLOYS: "create update remove delete stop start deploy push restart reset terminate resume scale rm build"
        },
    ),
    "flash": Words(effects={DEPLOYS: "deploy undeploy"}),
}
