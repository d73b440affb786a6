import sys
from pathlib import Path

def setup():
    sys.path[:0] = [str(p) for p in (Path(__file__).parent / "libs").iterdir()]
