import json
from pathlib import Path

import wcwidth as wcwidth_

from . import settings

CONFIG = json.loads(Path(__file__).with_name("config.json").read_text())


def main():
    print("ready", settings.NAME, CONFIG["size"])
