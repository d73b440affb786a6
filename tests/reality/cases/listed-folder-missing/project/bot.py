import importlib
import os

for name in os.listdir("./cogs"):
    if name.endswith(".py") and not name.startswith("_"):
        importlib.import_module(f"cogs.{name[:-3]}")
print("loaded")
