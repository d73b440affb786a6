"""Errors of an installation that is not whole, each with the command that mends it."""

from __future__ import annotations

from conductor.config.distribution import describe_conflict, find_installation, find_namesake
from conductor.errors import MissingExtra, UsageProblem


def missing_extra(extra: str, package: str) -> MissingExtra:
    """Return the error of a command that needs a package of one of our extras."""
    hint, namesake = find_installation().add_extra(extra), find_namesake()
    if namesake:
        # Whoever followed an older hint has that one, and thinks that the extra is installed.
        hint = f"{hint}; the distribution {namesake} is not this one and brings nothing of it"
    return MissingExtra(f"this command needs the package {package}, which the core does not install", hint=hint)


def missing_part(package: str, problem: str) -> UsageProblem:
    """Return the error of an installation that lacks a package which each has."""
    return UsageProblem(problem, hint=find_installation().add_package(package))


def hidden_package(problem: ImportError) -> UsageProblem | None:
    """Return the error behind an import that fails because another distribution has a package of our name."""
    told = describe_conflict(problem)
    return UsageProblem(told[0], hint=told[1]) if told else None
