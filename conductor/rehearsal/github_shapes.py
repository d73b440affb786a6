"""What GitHub tells of a repository, its owner and a run beside what clients read: all that it promises to."""

from __future__ import annotations

from typing import Any

# Addresses of a repository's parts; what is in braces is GitHub's own.
_PARTS = {
    "archive": "/{archive_format}{/ref}",
    "assignees": "/assignees{/user}",
    "blobs": "/git/blobs{/sha}",
    "branches": "/branches{/branch}",
    "collaborators": "/collaborators{/collaborator}",
    "comments": "/comments{/number}",
    "commits": "/commits{/sha}",
    "compare": "/compare/{base}...{head}",
    "contents": "/contents/{+path}",
    "contributors": "/contributors",
    "deployments": "/deployments",
    "downloads": "/downloads",
    "events": "/events",
    "forks": "/forks",
    "git_commits": "/git/commits{/sha}",
    "git_refs": "/git/refs{/sha}",
    "git_tags": "/git/tags{/sha}",
    "hooks": "/hooks",
    "issue_comment": "/issues/comments{/number}",
    "issue_events": "/issues/events{/number}",
    "issues": "/issues{/number}",
    "keys": "/keys{/key_id}",
    "labels": "/labels{/name}",
    "languages": "/languages",
    "merges": "/merges",
    "milestones": "/milestones{/number}",
    "notifications": "/notifications{?since}",
    "pulls": "/pulls{/number}",
    "releases": "/releases{/id}",
    "stargazers": "/stargazers",
    "statuses": "/statuses/{sha}",
    "subscribers": "/subscribers",
    "subscription": "/subscription",
    "tags": "/tags",
    "teams": "/teams",
    "trees": "/git/trees{/sha}",
}
_OWNER_PARTS = ("events", "followers", "following", "gists", "organizations", "received_events", "repos", "starred",
                "subscriptions")  # fmt: skip
_COUNTS = ("forks", "forks_count", "open_issues", "open_issues_count", "size", "stargazers_count", "watchers",
           "watchers_count", "network_count", "subscribers_count")  # fmt: skip
MADE_AT = "2026-01-01T00:00:00Z"


def owner_as_json(login: str, base_url: str) -> dict[str, Any]:
    """Return an account (`simple-user`)."""
    here = f"{base_url}/users/{login}"
    return {
        "login": login, "id": 1, "node_id": "U_1", "avatar_url": f"{base_url}/u/1", "gravatar_id": "", "url": here,
        "html_url": f"{base_url}/{login}", "type": "User", "site_admin": False,
        **{f"{part}_url": f"{here}/{part}" for part in _OWNER_PARTS},
    }  # fmt: skip


def repository_as_json(slug: str, base_url: str) -> dict[str, Any]:
    """Return a repository as other answers hold it (`minimal-repository`)."""
    owner, name = slug.split("/")
    here = f"{base_url}/repos/{slug}"
    return {
        "id": 1, "node_id": "R_1", "name": name, "full_name": slug, "owner": owner_as_json(owner, base_url),
        "private": True, "html_url": f"{base_url}/{slug}", "description": None, "fork": False, "url": here,
        **{f"{part}_url": f"{here}{path}" for part, path in _PARTS.items()},
    }  # fmt: skip


def full_repository_as_json(slug: str, base_url: str, branch: str) -> dict[str, Any]:
    """Return a repository as it is asked for itself (`full-repository`)."""
    git = f"{base_url}/{slug}.git"
    return {
        **repository_as_json(slug, base_url), **dict.fromkeys(_COUNTS, 0), "default_branch": branch,
        "clone_url": git, "git_url": git, "ssh_url": git, "svn_url": git, "mirror_url": None, "homepage": None,
        "language": None, "license": None, "archived": False, "disabled": False, "has_issues": True,
        "has_projects": False, "has_wiki": False, "has_pages": False, "has_discussions": False,
        "created_at": MADE_AT, "updated_at": MADE_AT, "pushed_at": MADE_AT,
        "permissions": {"admin": False, "push": True, "pull": True},
    }  # fmt: skip


def run_surroundings(here: str, slug: str, base_url: str, revision: str, title: str, at: str) -> dict[str, Any]:
    """Return what a run (`workflow-run`) says beside itself; `here` is its own address."""
    who = {"name": "rehearsal", "email": "rehearsal@localhost"}
    return {
        "check_suite_url": f"{base_url}/repos/{slug}/check-suites/1",
        **{f"{what}_url": f"{here}/{what}" for what in ("jobs", "logs", "artifacts", "cancel", "rerun")},
        "repository": repository_as_json(slug, base_url),
        "head_repository": repository_as_json(slug, base_url),
        "head_commit": {"id": revision, "tree_id": revision, "message": title, "timestamp": at,
                        "author": who, "committer": who},
        "pull_requests": [],
    }  # fmt: skip
