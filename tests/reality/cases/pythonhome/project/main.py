import json
from pathlib import Path

from six import __name__ as six_name

import settings

CONFIG = json.loads(Path(__file__).with_name("config.json").read_text())


async def app(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": settings.NAME.encode()})
