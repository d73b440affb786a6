import os

from h11 import __name__ as h11_name

NAME = os.environ.get("NAME", "demo")
