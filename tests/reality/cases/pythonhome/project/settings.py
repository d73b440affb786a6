import os


NAME = os.environ.get("NAME", "demo")
