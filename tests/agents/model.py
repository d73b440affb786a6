"""A model that follows a script: each turn asks for the next tool call, and the turn after the last one ends the work.

Speaks Anthropic's Messages, OpenAI's Responses and Chat Completions, and Gemini's generateContent. Which step is next is
the number of tool results that the agent sends back, so it keeps no state and any number of agents may talk to it.
"""

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SUBTASK = "SUBTASK"
_USAGE = {"input_tokens": 10, "output_tokens": 5}


class ScriptedModel:
    """Serves `steps` (name, tool, input; `custom`, `namespace`, `sub`) on loopback; `told` is what came of each."""

    def __init__(self, steps):
        self.steps = steps
        self.told = {}
        outer = self

        class Handler(_Handler):
            model = outer

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def next_step(self, body):
        """Return how far the script is, and the next step or None at its end."""
        results = list(tool_results(body))
        steps = next((one["sub"] for one in self.steps if "sub" in one), []) if is_subagent(body) else self.steps
        number = len(results)
        if 0 < number <= len(steps):
            self.told[steps[number - 1]["name"]] = results[-1]
        step = steps[number] if number < len(steps) and has_tools(body) else None
        session = re.findall(r"session ID (\d+)", " ".join(results))
        if step and session:  # what Codex's write_stdin names the running shell by
            step = json.loads(json.dumps(step).replace('"$SESSION"', session[-1]))
        return number, step


def turns(body):
    items = body.get("messages") or body.get("contents") or body.get("input") or []
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def has_tools(body):
    return bool(body.get("tools")) or any(item.get("type") == "additional_tools" for item in turns(body))


def is_subagent(body):
    """Tell whether the conversation began with the prompt of a subagent."""
    first = [item for item in turns(body) if item.get("role") == "user"][:3]
    later = [item for item in turns(body) if item not in first]
    return SUBTASK in json.dumps(first) and SUBTASK not in json.dumps(later)


def tool_results(body):
    """Yield the text of each tool result in the conversation."""
    for item in turns(body):
        if item.get("role") == "tool" or str(item.get("type", "")).endswith("_call_output"):
            yield plain(item.get("content", item.get("output")))
        for part in item.get("content") if isinstance(item.get("content"), list) else []:
            if isinstance(part, dict) and part.get("type") == "tool_result":
                yield plain(part.get("content"))
        for part in item.get("parts", []):
            if "functionResponse" in part:
                yield plain(part["functionResponse"].get("response"))


def plain(value):
    if isinstance(value, list):
        return "\n".join(map(plain, value))
    if isinstance(value, dict):
        found = [value[name] for name in ("text", "output", "content", "error") if name in value]
        return plain(found[0]) if found else json.dumps(value)
    return str(value)


def anthropic(step, number, model):
    block, delta = {"type": "text", "text": ""}, {"type": "text_delta", "text": "Done."}
    if step:
        block = {"type": "tool_use", "id": f"toolu_{number}", "name": step["tool"], "input": {}}
        delta = {"type": "input_json_delta", "partial_json": json.dumps(step["input"])}
    message = {"id": f"msg_{number}", "type": "message", "role": "assistant", "model": model, "content": []}
    yield "message_start", {"message": {**message, "stop_reason": None, "stop_sequence": None, "usage": _USAGE}}
    yield "content_block_start", {"index": 0, "content_block": block}
    yield "content_block_delta", {"index": 0, "delta": delta}
    yield "content_block_stop", {"index": 0}
    ended = {"stop_reason": "tool_use" if step else "end_turn", "stop_sequence": None}
    yield "message_delta", {"delta": ended, "usage": _USAGE}
    yield "message_stop", {}


def responses(step, number, model):
    text = {"type": "output_text", "text": "Done.", "annotations": []}
    item = {"type": "message", "id": f"m{number}", "role": "assistant", "content": [text]}
    if step:
        custom = bool(step.get("custom"))
        item = {"id": f"c_{number}", "call_id": f"call_{number}", "name": step["tool"]}
        item |= {"type": "custom_tool_call", "input": step["input"]} if custom else {"type": "function_call"}
        item |= {} if custom else {"arguments": json.dumps(step["input"])}
        item |= {"namespace": step["namespace"]} if "namespace" in step else {}
    item["status"] = "completed"
    answer = {"id": f"resp_{number}", "object": "response", "model": model, "output": []}
    details = {"input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 0}}
    yield "response.created", {"response": {**answer, "status": "in_progress"}}
    yield "response.output_item.added", {"output_index": 0, "item": item}
    yield "response.output_item.done", {"output_index": 0, "item": item}
    ended = {**answer, "status": "completed", "output": [item], "usage": {**_USAGE, **details, "total_tokens": 15}}
    yield "response.completed", {"response": ended}


def chat(step, number, model):
    delta = {"role": "assistant", "content": None if step else "Done."}
    if step:
        function = {"name": step["tool"], "arguments": json.dumps(step["input"])}
        delta["tool_calls"] = [{"index": 0, "id": f"call_{number}", "type": "function", "function": function}]
    usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
    for part, reason in ((delta, None), ({}, "tool_calls" if step else "stop")):
        choice = {"index": 0, "delta": part, "finish_reason": reason}
        chunk = {"id": f"c{number}", "object": "chat.completion.chunk", "created": 1, "model": model}
        yield "", {**chunk, "choices": [choice], "usage": usage}
    yield "", "[DONE]"


def gemini(step, number, model):
    part = {"text": "Done."}
    if step:
        part = {"functionCall": {"name": step["tool"], "args": step["input"], "id": f"call_{number}"}}
    candidate = {"content": {"role": "model", "parts": [part]}, "finishReason": "STOP", "index": 0}
    usage = {"promptTokenCount": 10, "candidatesTokenCount": 5, "totalTokenCount": 15}
    yield "", {"candidates": [candidate], "usageMetadata": usage, "modelVersion": model}


APIS = {"/messages": anthropic, "/responses": responses, "/chat/completions": chat, "enerateContent": gemini}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        """Say nothing."""

    def do_GET(self):
        models = [{"id": "fake-model", "object": "model", "owned_by": "fake"}]
        self._send(json.dumps({"object": "list", "data": models, "models": []}))

    def do_POST(self):
        raw = self._read()
        path = self.path.partition("?")[0]
        api = next((one for mark, one in APIS.items() if mark in path), None)
        if api is None or "count" in path:
            return self._send('{"totalTokens": 10, "input_tokens": 10}')
        body = json.loads(raw or b"{}")
        number, step = self.model.next_step(body)
        events = list(api(step, number, body.get("model", "fake-model")))
        if api is gemini and "stream" not in path:
            return self._send(json.dumps(events[0][1]))
        return self._send("".join(sse(name, data) for name, data in events), "text/event-stream")

    def _read(self):
        if length := self.headers.get("Content-Length"):
            return self.rfile.read(int(length))
        found = b""
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            while size := int(self.rfile.readline().split(b";")[0] or b"0", 16):
                found += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        return found

    def _send(self, text, kind="application/json"):
        content = text.encode()
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def sse(name, data):
    if name:
        data = {"type": name, **data}
    text = data if isinstance(data, str) else json.dumps(data)
    return (f"event: {name}\n" if name else "") + f"data: {text}\n\n"
