"""The table of a comparison, and a line for each disagreement."""

from __future__ import annotations

from collections import Counter

from tests.reality.compare import WRONG, Row

DISAGREES = (*WRONG, "accident", "outside")


def render_rows(rows: list[Row]) -> str:
    """Return a line for each project about which preflight and reality disagree."""
    lines = []
    for verdict in DISAGREES:
        for row in rows:
            if row.verdict == verdict:
                said = row.answer.of("error") | row.answer.of("warning")
                codes = (
                    "; ".join(f"{code} {message[:90]}" for code, message in sorted(said))
                    or row.answer.trouble
                    or "nothing"
                )
                why = f"{row.truth.stage}: {row.truth.error[-160:]}" if row.truth.stage else "works"
                lines.append(f"{verdict:8} {row.case.name} {'+'.join(row.case.twists)}\n    said {codes}\n    {why}")
    return "\n".join(lines)


def _share(part: int, whole: int) -> str:
    return f"{part} of {whole}" + (f" ({100 * part / whole:.1f} %)" if whole else "")


def render_table(rows: list[Row]) -> str:
    """Return the figures, all together and by what the projects are."""
    lines = [
        "| projects | tried | broken and found | working and called broken | working and warned about |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    lines.append(_line("all", rows))
    for choice in ("base", "install", "program", "start", "user"):
        for value in sorted({row.case.project.shape[choice] for row in rows}):
            chosen = [row for row in rows if row.case.project.shape[choice] == value]
            lines += [_line(f"{choice}: {value}", chosen)]
    count = Counter(row.verdict for row in rows)
    seconds = sorted(row.answer.seconds for row in rows)
    middle = (
        f"{seconds[len(seconds) // 2]:.2f} s of CPU at the median, {seconds[-1]:.2f} s at most" if seconds else "none"
    )
    lines += [
        "",
        f"Not counted as broken: {count['outside']} whose fault no file shows, {count['accident']} that broke by accident. Preflight took {middle}.",
    ]
    return "\n".join(lines)


def _line(title: str, rows: list[Row]) -> str:
    count = Counter(row.verdict for row in rows)
    broken, working = count["found"] + count["missed"], count["false"] + count["noise"] + count["quiet"]
    return f"| {title} | {len(rows)} | {_share(count['found'], broken)} | {_share(count['false'], working)} | {_share(count['noise'], working)} |"
