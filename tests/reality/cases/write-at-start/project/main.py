import json
from pathlib import Path

from flask import Flask
from packaging import __name__ as packaging_name
import tabulate as tabulate_

import settings

CONFIG = json.loads(Path(__file__).with_name("config.json").read_text())


app = Flask(__name__)


@app.get("/")
def show():
    return settings.NAME
