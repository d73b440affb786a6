"""Videos in and out, for jobs and backends: what a source is, its frames, and the result."""

from worker.reading import Source, iterate_frames, load_source
from worker.writing import Encoded, encode

__all__ = ["Encoded", "Source", "encode", "iterate_frames", "load_source"]
