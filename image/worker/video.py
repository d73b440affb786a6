"""Videos in and out, for jobs and backends: what a source is, its frames, and the result."""

from worker.reading import Source, count_frames, iterate_frames, load_source
from worker.writing import Encoded, encode

__all__ = ["Encoded", "Source", "count_frames", "encode", "iterate_frames", "load_source"]
