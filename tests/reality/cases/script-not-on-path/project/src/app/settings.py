import os

import idna

NAME = os.environ.get("NAME", "demo")
