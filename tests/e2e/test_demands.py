"""What a project demands of its worker's speed and quality, through whole releases on the stage."""

from __future__ import annotations

import json

SPEED = "    performance: {warm_percent: 25, cold_percent: 100}\n"
ON_A_GPU = '''
_answer, _done = answer_job, []


def answer_job(*given):
    """Answer as a worker on a GPU does that takes this long."""
    import time

    answer = {**_answer(*given), "gpu": "NVIDIA L40", "warm": bool(_done)}
    _done.append(given)
    time.sleep(SECONDS)
    return answer


'''
MAIN = 'if __name__ == "__main__":'


def with_speed(text):
    return text.replace("    quality:", f"{SPEED}    quality:")


def take(root, seconds):
    """Have the worker take so many seconds more for a job."""
    path = root / "image/handler.py"
    text = path.read_text()
    start, _, _ = text.partition("\n_answer, _done")
    body = start if start != text else text.partition(MAIN)[0]
    path.write_text(body.rstrip() + "\n" + ON_A_GPU.replace("SECONDS", str(seconds)) + MAIN + "\n    main()\n")


def performance(show):
    texts = [path.read_text() for path in (show.root / ".conductor/evidence").rglob("r-*.jsonl")]
    lines = [json.loads(line) for text in texts for line in text.splitlines()]
    return sorted((line for line in lines if line["kind"] == "performance"), key=lambda line: line["observed_at"])


def test_a_release_is_compared_with_the_one_before_and_rolled_back_where_it_is_slower(open_show):
    show = open_show(configure=with_speed, prepare=lambda root: take(root, 0))
    show.allow_pushes()
    code, first = show.release()
    assert (code, first["release"]["outcome"]) == (0, "verified"), first
    assert [line["outcome"] for line in performance(show)] == ["observed"]
    take(show.root, 1)
    show.git("add", "image")
    show.git("commit", "-q", "-m", "Take longer")
    code, second = show.release()
    assert (code, second["release"]["outcome"], second["release"]["cause"]) == (6, "rolled_back", "PERFORMANCE_SLOWER")
    assert "slower than before: warm " in second["release"]["message"]
    last = performance(show)[-1]
    assert last["outcome"] == "failed"
    assert last["detail"]["warm_s"] > last["detail"]["warm_s_limit"] > last["detail"]["warm_s_before"]
    assert last["detail"]["warm_s_jobs"] == 3
    assert last["detail"]["gpu"] == "NVIDIA L40"


def test_what_keeps_a_quality_from_being_measured_is_told_before_anything_is_done(open_show):
    show = open_show(configure=lambda text: text.replace("smoke/reference.mp4", "smoke/original.mp4"))
    show.allow_pushes()
    code, output, _ = show.run("release", "--dry-run", "--json")
    (problem,) = json.loads(output)["errors"]
    assert code == 2
    assert problem["message"].startswith("smoke.expect.quality.reference: image/smoke/original.mp4 is not in ")
    (show.root / "image/smoke/original.mp4").write_bytes(b"no video")
    show.git("add", "image")
    show.git("commit", "-q", "-m", "Add it")
    (problem,) = json.loads(show.run("release", "--dry-run", "--json")[1])["errors"]
    assert "the video of image/smoke/original.mp4 is no video that can be read here" in problem["message"]
    assert show.counts()["pushes"] == 0
    assert "its video as good as bicubic's" in show.run("release", "--dry-run")[1]
