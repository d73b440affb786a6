import json
from pathlib import Path

import wcwidth

from app import settings

CONFIG = json.loads(Path(__file__).with_name("config.json").read_text())


def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [settings.NAME.encode()]
