"""Files of the project that a command runs: scripts, makefiles, justfiles, package scripts, Python programs.

Imported once a command is seen to run one whose text is known, never before.
"""
