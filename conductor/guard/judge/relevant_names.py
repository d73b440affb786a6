"""The names that can reach a rule: programs, and the words that make a text worth a second look."""

from __future__ import annotations

from conductor.programs.index import SHELLS

PROGRAMS = (
    "pip", "pip3", "pip3.11", "python", "python3", "pipx", "uv", "conda", "mamba", "micromamba", "poetry",
    "easy_install",
    "apt", "apt-get", "aptitude", "dpkg", "dnf", "yum", "rpm", "apk", "pacman", "zypper", "brew", "port", "snap",
    "flatpak",
    "nix-env", "npm", "pnpm", "yarn", "gem", "cargo", "go", "pyenv", "docker", "podman", "nerdctl", "docker-compose",
    "buildah", "git", "gh", "hub", "jj", "runpodctl", "flash", "curl", "wget", "skopeo", "crane", "oras",
    "conductor", "rm",
    "mv", "cp", "tee", "sed", "truncate", "chmod", "dd", "perl", "ruby", "node", "sudo", "env", *SHELLS.split(),
)  # fmt: skip

# A text that could not be read as a command, and that holds none of these, can reach no rule.
TRIGGERS = (
    "pip", "python", "setup.py", "conda", "mamba", "poetry", "uv", "apt", "dpkg", "dnf", "yum", "rpm", "apk", "pacman",
    "zypper", "brew", "port", "snap", "flatpak", "nix", "npm", "yarn", "gem", "cargo", "go", "pyenv", "docker",
    "podman",
    "nerdctl", "buildah", "img", "kaniko", "git", "gh", "hub", "jj", "push", "commit", "TASKS", "JOURNAL", "runpod",
    "flash",
    "curl", "wget", "http", "skopeo", "crane", "oras", "conductor", "claude", "codex", "gemini", "cursor", "hooks",
    "install",
    "eval", "exec", "base64", "cp", "mv", "rm", "tee", "touch", ">", "$(", "`",
)  # fmt: skip

# Set where a machine of its own runs the project, and not where an agent's command does.
ELSEWHERE = (
    "CI", "GITHUB_ACTIONS", "GITLAB_CI", "CIRCLECI", "TRAVIS", "JENKINS_URL", "BUILDKITE", "TF_BUILD", "APPVEYOR",
    "CODESPACES", "REMOTE_CONTAINERS", "DEVCONTAINER", "GITPOD_WORKSPACE_ID", "COLAB_GPU", "COLAB_RELEASE_TAG",
    "KAGGLE_KERNEL_RUN_TYPE", "RUNPOD_POD_ID", "KUBERNETES_SERVICE_HOST", "READTHEDOCS", "VERCEL", "NETLIFY",
    "container", "IN_DOCKER", "IN_CONTAINER", "DOCKER", "INSIDE_DOCKER", "DOCKER_BUILD", "RUNNING_IN_DOCKER",
)  # fmt: skip
