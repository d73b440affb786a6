"""The project's rules, one file each: audit a tree or host, answer for the report; judging commands is in judge/."""
