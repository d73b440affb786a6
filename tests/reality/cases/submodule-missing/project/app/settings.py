import os

import attr
import email.sender

NAME = os.environ.get("NAME", "demo")
