import os

import humanize

NAME = os.environ.get("NAME", "demo")
