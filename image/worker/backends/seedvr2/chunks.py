"""Cut a video of any length into chunks that share frames, and join what comes back without a seam.

Each chunk but the first begins with frames that the one before had too: context for the model, and the place where the
two results fade into each other, as the program does between its own batches.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar

if TYPE_CHECKING:
    from numpy import uint8, uint16
    from numpy.typing import NDArray

    Pictures: TypeAlias = NDArray[uint8] | NDArray[uint16]  # RGB: height, width, 3, and a number of them before that

Frame = TypeVar("Frame")


@dataclass(frozen=True, slots=True)
class Chunk(Generic[Frame]):
    """Frames to work on together: the first `context` are known already, the last `overlap` of those are faded in."""

    frames: list[Frame]
    context: int
    overlap: int


def cut(frames: Iterable[Frame], chunk: int, batch: int, overlap: int) -> Iterator[Chunk[Frame]]:
    """Yield chunks of at most `chunk` frames, each but the first with `overlap` frames of the one before.

    The last chunk takes up to a whole batch with it: the model does worse on a few frames than on many. Needs
    chunk >= batch > overlap.
    """
    rest = iter(frames)
    new = list(islice(rest, chunk))
    tail: deque[Frame] = deque(maxlen=batch)
    first = True
    while new:
        context = 0 if first else min(len(tail), max(overlap, batch - len(new)))
        yield Chunk([*islice(tail, len(tail) - context, None), *new], context, 0 if first else min(overlap, context))
        tail.extend(new)
        new = list(islice(rest, chunk - overlap))
        first = False


class Seam:
    """Joins the enlarged chunks of one video: holds back the end of each until the next is there to fade into."""

    def __init__(self, overlap: int) -> None:
        self._overlap = overlap
        self._held: Pictures | None = None

    def add(self, pictures: Pictures, context: int, overlap: int) -> Iterator[Pictures]:
        """Yield finished pictures, arrays of height, width and RGB, in order."""
        new = pictures[context:]
        if self._held is not None:
            yield from self._fade(self._held, pictures[context - overlap : context])
        keep = min(self._overlap, len(new))
        yield from new[: len(new) - keep]
        self._held = new[len(new) - keep :].copy() if keep else None

    def finish(self) -> Iterator[Pictures]:
        """Yield what was held back: after the last chunk."""
        if self._held is not None:
            yield from self._held
        self._held = None

    def _fade(self, before: Pictures, after: Pictures) -> Iterator[Pictures]:
        shared = min(len(before), len(after))
        yield from before[: len(before) - shared]
        weights = fade_weights(shared)
        for weight, old, new in zip(weights, before[len(before) - shared :], after[len(after) - shared :], strict=True):
            yield (old * weight + new * (1 - weight) + 0.5).astype(before.dtype)


def fade_weights(count: int) -> list[float]:
    """Return the weight of the earlier picture at each of the shared ones: as the program's own between batches.

    A raised cosine over the middle third, linear below three pictures.
    """
    if count < 3:
        return [1.0, 0.0][:count]
    places = (min(1.0, max(0.0, 3 * index / (count - 1) - 1)) for index in range(count))
    return [0.5 + 0.5 * math.cos(math.pi * place) for place in places]
