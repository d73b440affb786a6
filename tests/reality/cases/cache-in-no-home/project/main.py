from pathlib import Path

CACHE = Path.home() / ".cache" / "models"
CACHE.mkdir(parents=True, exist_ok=True)
print(CACHE)
