import json
from pathlib import Path

import packaging as packaging_

from . import settings

CONFIG = json.loads(Path(__file__).with_name("config.json").read_text())


async def app(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": settings.NAME.encode()})
