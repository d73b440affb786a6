import os

from dateutil import __name__ as dateutil_name

NAME = os.environ.get("NAME", "demo")
