import os

from attr import __name__ as attr_name
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd
from typing import override


NAME = os.environ.get("NAME", "demo")
