#!/usr/bin/env python3
"""Record the suite's sessions with the real Codex CLI, driven by the scripted model turns in turns/*.toml.

    CODEX_BIN=/path/to/codex python3 record.py [task ...]

Writes ../tasks/<task>/{prompt.md,task.toml,session.jsonl} and ../codex/mcp-tools.json. See README.md.
"""

import json
import os
import re
import subprocess
import sys
import tomllib
from datetime import datetime, timezone
from pathlib import Path

import codex
from model import Model
from tidy import Clock, Ids, iso, tidy

SUITE = Path(__file__).resolve().parent.parent
BUNDLE = SUITE / "repos/harbor.bundle"


def steps_of(script):
    return [step for turn in script["turn"] for step in turn["step"]]


def calls_of(script):
    steps = steps_of(script) + [step for child in script.get("child", []) for step in child["step"]]
    return [call for step in steps for call in step.get("calls", [])]


class Person:
    """Answers approval prompts as the script says; a prompt without an answer, or an answer never asked for, is an error."""

    def __init__(self, script):
        self.script, self.left = script, dict(script.get("answers", {}))
        self.problems = []

    def __call__(self, method, params):
        call = self.call_of(method, params)
        answer = self.left.pop(call, None)
        if answer is None:
            self.problems.append(f"no answer for {call} ({method}: {params.get('command') or params.get('message')})")
            answer = {"decision": "decline"}
        if method == "mcpServer/elicitation/request":
            return {"action": answer["decision"], "content": None}
        return {"decision": answer["decision"]}

    def call_of(self, method, params):
        """The scripted call behind a prompt. MCP prompts carry no id, prompts inside code mode an id of their own."""
        if method == "mcpServer/elicitation/request":
            meta = params["_meta"]
            for call in calls_of(self.script):
                same = call.get("mcp") == meta["tool_name"] and call.get("with", {}) == meta["tool_params"]
                if call["id"] in self.left and (same or f"__{meta['tool_name']}(" in call.get("js", "")):
                    return call["id"]
        item = params.get("itemId", "?")
        if item.startswith("exec-"):
            return next((call["id"] for call in calls_of(self.script) if "js" in call and call["id"] in self.left), item)
        return item


def record(name, script, model, binary):
    """Run one script and return the raw rollouts, parent first."""
    codex.prepare(SUITE, model.port, script.get("model", "gpt-5.5"))
    commit = codex.check_out(BUNDLE, script["commit"], script["branch"], script["started"])
    children = [(child["task"], child["step"]) for child in script.get("child", [])]
    model.load(steps_of(script), children)
    if script.get("driver", "app-server") == "exec":
        done = codex.run_exec(binary, script["turn"][0]["prompt"])
        if done.returncode:
            raise SystemExit(f"{name}: codex exec ended with {done.returncode}\n{done.stderr}")
    else:
        person = Person(script)
        converse(binary, script, person)
        if person.problems or person.left:
            raise SystemExit(f"{name}: {person.problems or ''} never asked: {sorted(person.left)}")
    left = [task or "main" for task, steps in model.scripts if steps]
    if left or model.unscripted:
        raise SystemExit(f"{name}: steps were left over for {left}, {model.unscripted} requests had no step")
    return commit, [path.read_text().splitlines() for path in codex.rollouts()]


def converse(binary, script, person):
    app = codex.App(binary, person)
    start = {"cwd": str(codex.CHECKOUT)} | ({"historyMode": script["history"]} if "history" in script else {})
    thread = app.ask("thread/start", start)["thread"]["id"]
    for turn in script["turn"]:
        if turn.get("compact_before"):
            app.ask("thread/compact/start", {"threadId": thread})
            app.until(lambda message: message.get("method") == "turn/completed", "compaction")
        if turn["prompt"]:
            app.ask("turn/start", {"threadId": thread, "input": [{"type": "text", "text": turn["prompt"]}]})
            app.until(lambda message: turn_over(message, thread), "turn")
    app.close()


def turn_over(message, thread):
    return message.get("method") == "turn/completed" and message["params"]["threadId"] == thread


def keep(name, script, commit, raw):
    """Tidy the rollouts and write the task's files."""
    day = datetime.now(timezone.utc).strftime("%Y-%m-%d")
    nicknames = [json.loads(lines[0])["payload"]["agent_nickname"] for lines in raw[1:]]
    ids, files = Ids(name, nicknames), {}
    start = script["started"].timestamp()
    children = {}

    def child_runs(number, lines):
        def run(moment):
            clock = Clock(f"{name}/{number}", moment + 0.2)
            files[number] = tidy(lines, ids, clock, day)
            children[number]["end"] = clock.now
        return run

    for number, lines in enumerate(raw[1:], 1):
        children[number] = {"id": json.loads(lines[0])["payload"]["id"], "end": None, "start": child_runs(number, lines)}
    clock = Clock(name, start, script.get("answers"), [turn.get("pause", 45) for turn in script["turn"][1:]], children)
    files[0] = tidy(raw[0], ids, clock, day)

    folder = SUITE / "tasks" / name
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("session*"):
        old.unlink()
    for number, lines in sorted(files.items()):
        text = "\n".join(lines) + "\n"
        refuse_traces(name, text)
        thread = json.loads(lines[0])["payload"]["id"]
        file = folder / ("session.jsonl" if number == 0 else f"session.{thread}.jsonl")
        file.write_text(text)
        if script.get("compress"):
            subprocess.run(["zstd", "-q", "-19", "--rm", "-f", file], check=True)
    (folder / "prompt.md").write_text(script["turn"][0]["prompt"].strip() + "\n")
    (folder / "task.toml").write_text(task_toml(script, commit, clock))


def refuse_traces(name, text):
    """Nothing of the recording machine or the hour of recording may be kept."""
    now = datetime.now(timezone.utc)
    host = os.uname().nodename
    own = [f"{Path.home()}/", now.strftime("%Y-%m-%d"), str(int(now.timestamp()))[:6]] + ([host] if len(host) > 3 else [])
    for trace in own:
        for line in text.splitlines():
            if re.search(rf"(?<![0-9a-zA-Z.]){re.escape(trace)}", line):
                raise SystemExit(f"{name}: a trace of this machine is left ({trace}): {line[:400]}")


def task_toml(script, commit, clock):
    decision = script["decision"]
    lines = ['repo = "harbor"', f'commit = "{commit}"', "", "[decision]"]
    lines += [f"{key} = {toml(decision[key])}" for key in ("outcome", "by", "restarted", "merged") if key in decision]
    for finding in decision.get("finding", []):
        lines += ["", "[[decision.finding]]"] + [f"{key} = {toml(value)}" for key, value in finding.items()]
    for call, answer in script.get("answers", {}).items():
        if "verdict" in answer:
            lines += ["", "[[decision.approval]]", f"call = {toml(call)}", f"verdict = {toml(answer['verdict'])}"]
            lines += [f'{key} = "{iso(moments[call])[:19]}Z"' for key, moments in (("asked_at", clock.asked), ("decided_at", clock.decided))]
    return "\n".join(lines) + "\n"


def toml(value):
    return json.dumps(value, ensure_ascii=False)


def record_tools():
    """The server's tools with their annotations, from its answer to tools/list."""
    server = SUITE / "plugin/servers/issue_tracker.py"
    request = json.dumps({"id": 1, "method": "tools/list"}) + "\n"
    done = subprocess.run([sys.executable, server], input=request, capture_output=True, text=True, check=True)
    tools = [{key: tool[key] for key in ("name", "description", "annotations")} for tool in json.loads(done.stdout)["result"]["tools"]]
    (SUITE / "codex/mcp-tools.json").write_text(json.dumps({"issue_tracker": {"tools": tools}}, indent=2) + "\n")


def main():
    binary = os.environ.get("CODEX_BIN", "codex")
    scripts = {path.stem: tomllib.loads(path.read_text()) for path in sorted((SUITE / "record/turns").glob("*.toml"))}
    model = Model()
    record_tools()
    for name in sys.argv[1:] or scripts:
        commit, raw = record(name, scripts[name], model, binary)
        keep(name, scripts[name], commit, raw)
        print(f"{name}: {sum(map(len, raw))} lines in {len(raw)} session(s)", flush=True)
    codex.clean_up()


if __name__ == "__main__":
    main()
