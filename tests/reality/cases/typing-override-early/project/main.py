import json
from pathlib import Path

from dateutil import __name__ as dateutil_name

import settings

CONFIG = json.loads(Path(__file__).with_name("config.json").read_text())


def main():
    print("ready", settings.NAME, CONFIG["size"])


if __name__ == "__main__":
    main()
