import os

import bs4

NAME = os.environ.get("NAME", "demo")
