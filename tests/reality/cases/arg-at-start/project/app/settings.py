import os

import h11

NAME = os.environ.get("NAME", "demo")
