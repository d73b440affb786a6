"""How much of a project's input is judged; beyond it the answer is a clear error or "not known"."""

from __future__ import annotations

# No image needs more; each RUN costs a shell parse, and each instruction a copy of the environment.
MAX_INSTRUCTIONS = 1_000
# A variable that refers to itself several times a line grows without end; a longer value counts as not known.
MAX_VALUE = 65_536
MAX_REQUIREMENTS = 5_000
# Entries times patterns of `.dockerignore`: the listing of a context ends there.
MAX_IGNORE_MATCHES = 4_000_000
# Findings of one check on one image; the rest repeats the same mistake.
MAX_FINDINGS_PER_CHECK = 100
# CPU seconds: no usual image needs one. After the first the rest of the file is not followed, after the second no
# further check is begun; what was found until then is told, with what was left out.
MAX_FOLLOW_S = 10.0
MAX_JUDGE_S = 20.0
