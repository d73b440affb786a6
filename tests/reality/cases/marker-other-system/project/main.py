import json
from pathlib import Path

import six as six_

import settings

CONFIG = json.loads(Path(__file__).with_name("config.json").read_text())


def main():
    print("ready", settings.NAME, CONFIG["size"])


if __name__ == "__main__":
    main()
