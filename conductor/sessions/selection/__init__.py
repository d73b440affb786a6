"""What a named command runs, as far as its words and files tell, and how that differs from when the task began.

`compare.py` compares two trees (`trees.py`): `follow.py` walks a command's words through wrappers, make, just, scripts
of package.json and shell scripts, and collects `pieces.py`; `tests_changed.py` looks at the tests themselves. Nothing
is run.
"""
