"""Run the smoke job through the worker and decode what it answers: the same check in the Actions job and in the tests.

    python smoke/check.py [--input smoke/input.json]

Prints the answer without its video as one line of JSON. Exits 1, with the reason on stderr, where the handler answers
an error, where the video that came back has another size or number of frames than the answer or the target says, or
where revision and context are not those of CONDUCTOR_REVISION and CONDUCTOR_CONTEXT.
"""

from __future__ import annotations

import argparse
import base64
import io
import json
import sys
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent))


def measure(video: bytes) -> tuple[int, int, int]:
    """Decode a video; return its frames, width and height."""
    import av

    with av.open(io.BytesIO(video), "r") as container:
        sizes = [(frame.width, frame.height) for frame in container.decode(video=0)]
    return len(sizes), *(sizes[0] if sizes else (0, 0))


def find_differences(job: dict[str, Any], answer: dict[str, Any]) -> list[str]:
    """Return how the answer differs from what the job asked and from the video that came back."""
    from worker.contract import load_identity

    if "error" in answer:
        return [answer["error"]]
    target, identity = job["input"]["target"], load_identity()
    frames, _, _ = measure(base64.b64decode(job["input"]["video"]))
    came_back = measure(base64.b64decode(answer["video"]))
    checks = {
        "the video's frames, width and height": (came_back, (frames, target["width"], target["height"])),
        "the answer's": ((answer["frames"], answer["width"], answer["height"]), came_back),
        "the backend": (answer["backend"], job["input"]["backend"]),
        "the revision and context": ((answer["revision"], answer["context"]), (identity.revision, identity.context)),
    }
    return [f"{name}: {got}, not {wanted}" for name, (got, wanted) in checks.items() if got != wanted]


def main() -> int:
    """Run the job, print the answer, return the exit code."""
    parser = argparse.ArgumentParser(description="Run the smoke job through the worker and check its answer.")
    parser.add_argument("--input", type=Path, default=FOLDER / "input.json", help="the job, as RunPod takes it")
    options = parser.parse_args()
    from worker.job import answer_job

    job = json.loads(options.input.read_text(encoding="utf-8"))
    answer = answer_job(job["input"])
    differences = find_differences(job, answer)
    print(json.dumps({name: value for name, value in answer.items() if name != "video"}))
    for difference in differences:
        print(f"smoke: {difference}", file=sys.stderr)
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
