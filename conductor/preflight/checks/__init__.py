"""The registry of checks: one module each, in the order they run and are listed."""

from __future__ import annotations

import functools
import importlib

from conductor.preflight.check import Check, load_check

SYSTEM: tuple[str, ...] = (
    "dockerfile_syntax",
    "stage_unknown",
    "two_dockerfiles",
    "base_moves",
    "base_not_found",
    "base_never_existed",
    "base_platform",
    "cuda_driver",
    "apt_package_missing",
    "apt_foreign_repository",
    "apt_no_update",
    "apt_archived",
    "apt_interactive",
    "tool_missing",
    "python_missing",
    "python_module_missing",
    "library_missing",
    "user_not_root",
)
CONTEXT: tuple[str, ...] = (
    "copy_missing",
    "copy_ignored",
    "copy_shell",
    "copy_destination",
    "script_not_copied",
    "file_missing",
    "script_crlf",
    "script_not_executable",
    "script_no_shebang",
    "shell_syntax",
    "python_syntax",
    "stray_token",
    "shell_not_bash",
    "conda_not_initialised",
    "wrapped_assignment",
    "version_redirect",
    "variable_undefined",
    "unset_variable",
    "folder_missing",
    "cd_is_lost",
    "volume_hides",
    "clone_again",
    "clone_into_used",
    "import_missing",
    "output_buffered",
    "no_handler",
    "no_start",
    "start_form",
    "entrypoint_inherited",
    "start_installs",
    "gpu_at_build",
    "model_at_build",
    "failure_masked",
)
SECRETS: tuple[str, ...] = (
    "secret_in_variable",
    "secret_copied",
)
# Wheels and Python packages.
WHEELS: tuple[str, ...] = (
    "wheel_python_tag",
    "wheel_platform",
    "wheel_torch",
    "wheel_abi",
    "wheel_cuda",
    "wheel_gpu_arch",
    "wheel_not_published",
    "wheel_url",
    "wheel_unhashed",
    "wheel_unreachable",
    "torch_missing",
    "torch_replaced",
    "torch_cpu_only",
    "contradicting_pins",
    "no_such_version",
    "requirements_syntax",
    "source_build",
    "known_bad_pair",
    "externally_managed",
    "pip_option_unknown",
    "other_python",
    "distro_package_upgraded",
    "upstream_unpinned",
)

NAMES: tuple[str, ...] = (*SYSTEM, *CONTEXT, *SECRETS, *WHEELS)


@functools.cache
def load_checks() -> tuple[Check, ...]:
    """Import every check; the order is that of the registry."""
    return tuple(load_check(importlib.import_module(f"{__name__}.{name}")) for name in NAMES)
