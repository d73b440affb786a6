"""An MCP server on standard input and output whose one tool leaves a line in the file that it is given."""

import json
import sys
from pathlib import Path

SCHEMA = {"type": "object", "properties": {"command": {"type": "string"}}, "required": ["command"]}
TOOLS = [{"name": "run_command", "description": "Run a command.", "inputSchema": SCHEMA}]


def answer(message):
    if message["method"] == "initialize":
        info = {"serverInfo": {"name": "tools", "version": "1"}, "capabilities": {"tools": {}}}
        return {"protocolVersion": message["params"]["protocolVersion"], **info}
    if message["method"] == "tools/list":
        return {"tools": TOOLS}
    if message["method"] == "tools/call":
        with Path(sys.argv[1]).open("a") as file:
            file.write("ran\n")
        return {"content": [{"type": "text", "text": "MCP ran it"}]}
    return {}


for line in sys.stdin:
    asked = json.loads(line)
    if "id" in asked:
        print(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": answer(asked)}), flush=True)
