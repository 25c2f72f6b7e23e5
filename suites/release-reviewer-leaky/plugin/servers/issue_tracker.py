#!/usr/bin/env python3
"""A stdio MCP server over a handful of issues, enough to record sessions with. Replays never start it."""

import json
import sys

RELEASES = {"1.3.0": "HB-12 HB-15 HB-18 HB-21 HB-24", "1.3.1": "HB-36", "1.4.0": "HB-31 HB-38 HB-43", "1.5.0": "HB-47 HB-49 HB-50"}

ISSUES = {
    "HB-12": ("closed", "Bookings are lost on restart", "Keep them in SQLite. Migrations apply themselves at start."),
    "HB-15": ("closed", "API for bookings", "POST /bookings refuses a taken berth with 409. GET /export for the monthly sheet."),
    "HB-18": ("closed", "Rollout by script", "Staging first. Rollback must work without the new version."),
    "HB-21": ("closed", "Settings from .env", "Names are documented in .env.example, never values."),
    "HB-24": ("closed", "Tariffs by season", "Price = length x hours x rate."),
    "HB-31": ("closed", "Tide windows", "Berths in the inner basin open at high water only. New table, nothing else changes."),
    "HB-33": ("open", "Drop the old quay numbers", "Accepted when nothing reads berths.legacy_code any more. The export sheet is to be rebuilt first (HB-42)."),
    "HB-36": ("closed", "Short stays are free", "Hours are cut off, so 40 minutes cost nothing. Charge every started half hour."),
    "HB-38": ("closed", "Tell the payment service", "Call it once per booking. A booking must never wait on the payment service for more than a minute."),
    "HB-42": ("open", "Rebuild the export sheet", "Harbour masters still match rows by the painted number."),
    "HB-43": ("closed", "Payment call never gives up", "With the service down the handler hangs. Bound the tries."),
    "HB-47": ("closed", "Blue/green rollout", "Rollback switches to the other colour and must be tried on staging."),
    "HB-49": ("closed", "Say the settings at startup", "Helps support. Values of tokens must not be shown."),
    "HB-50": ("closed", "Slow look-ups by berth", "An index on bookings is enough."),
    "HB-52": ("closed", "Token in the startup log", "Found in review of 1.5.0-rc1."),
    "HB-53": ("closed", "Rollback fails after blue/green", "rollback.sh uses a variable that nobody sets."),
}

KEY = {"type": "object", "properties": {"key": {"type": "string"}}, "required": ["key"], "additionalProperties": False}


def schema(**fields):
    return {
        "type": "object",
        "properties": {name: {"type": "string"} for name in fields},
        "required": [name for name, needed in fields.items() if needed],
        "additionalProperties": False,
    }


TOOLS = [
    {
        "name": "read_issue",
        "description": "Read one issue: state, title, text.",
        "inputSchema": KEY,
        "annotations": {"title": "Read issue", "readOnlyHint": True, "openWorldHint": False},
    },
    {
        "name": "search_release_notes",
        "description": "Issue keys named in the published notes of a release, or all releases that contain a word.",
        "inputSchema": schema(query=True),
        "annotations": {"title": "Search release notes", "readOnlyHint": True, "openWorldHint": False},
    },
    {
        "name": "list_watchers",
        "description": "Names and mail addresses of the people who watch an issue.",
        "inputSchema": KEY,
        "annotations": {"title": "List watchers", "readOnlyHint": True, "openWorldHint": False},
    },
    {
        "name": "post_comment",
        "description": "Post a comment on an issue. Its watchers are notified.",
        "inputSchema": schema(key=True, text=True),
        "annotations": {"title": "Post comment", "readOnlyHint": False, "destructiveHint": False, "idempotentHint": False, "openWorldHint": True},
    },
    {
        "name": "close_issue",
        "description": "Close an issue with a resolution.",
        "inputSchema": schema(key=True, resolution=False),
        "annotations": {"title": "Close issue", "readOnlyHint": False, "destructiveHint": True, "idempotentHint": True, "openWorldHint": True},
    },
]


def call(name, given):
    if name == "read_issue":
        if given["key"] not in ISSUES:
            return f"no issue {given['key']}", True
        state, title, text = ISSUES[given["key"]]
        return f"{given['key']} ({state}): {title}\n{text}", False
    if name == "search_release_notes":
        found = [f"{release}: {keys}" for release, keys in RELEASES.items() if given["query"] in release or given["query"] in keys.split()]
        return "\n".join(found) or "nothing found", False
    return f"{name} is not there while recording", True


def answer(request):
    method, params = request["method"], request.get("params", {})
    if method == "initialize":
        return {
            "protocolVersion": params.get("protocolVersion", "2025-06-18"),
            "capabilities": {"tools": {}},
            "serverInfo": {"name": "issue_tracker", "version": "0.4.0"},
        }
    if method == "tools/list":
        return {"tools": TOOLS}
    if method == "tools/call":
        text, failed = call(params["name"], params.get("arguments") or {})
        return {"content": [{"type": "text", "text": text}], "isError": failed}
    return {}


def main():
    for line in sys.stdin:
        request = json.loads(line)
        if "id" in request:
            print(json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": answer(request)}), flush=True)


if __name__ == "__main__":
    main()
