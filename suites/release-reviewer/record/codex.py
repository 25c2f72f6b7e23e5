"""Starts the real Codex CLI on a prepared home and checkout, and answers what it asks."""

import json
import os
import queue
import shutil
import subprocess
import threading
from pathlib import Path

HOME = Path("/srv/codex-home")      # CODEX_HOME; not under /tmp, Codex refuses that
PERSON = Path("/home/reviewer")     # HOME of the commands
CHECKOUT = Path("/workspace/harbor")
ORIGIN = Path("/srv/git/harbor.git")

# The recorder's own part of config.toml, beside the deployed part that is under test.
OVERLAY = """\
model = "{model}"
model_provider = "script"
model_instructions_file = "{home}/instructions.md"
check_for_update_on_startup = false
web_search = "disabled"
{deployed}
[model_providers.script]
name = "script"
base_url = "http://127.0.0.1:{port}/v1"
wire_api = "responses"
request_max_retries = 0
stream_max_retries = 0
[analytics]
enabled = false
[feedback]
enabled = false
[features]
unbounded_connection_retries = false
[skills.bundled]
enabled = false
[shell_environment_policy]
exclude = ["*_PROXY", "*_proxy"]
"""


def mark(folder):
    """The file beside a folder that says: made by the recorder, may be deleted again."""
    return folder.with_name(f".{folder.name}-made-by-the-recorder")


def fresh(folder):
    """An empty folder, unless somebody else's things are there."""
    if folder.exists() and any(folder.iterdir()) and not mark(folder).exists():
        raise SystemExit(f"{folder} exists and was not made by the recorder; record in a container or move it away")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    mark(folder).touch()
    return folder


def git(*arguments, cwd=None):
    done = subprocess.run(["git", *map(str, arguments)], cwd=cwd, env=environment(), check=True, capture_output=True, text=True)
    return done.stdout.strip()


def environment():
    nowhere = "http://127.0.0.1:9"
    return {
        "HOME": str(PERSON), "CODEX_HOME": str(HOME), "PATH": "/usr/local/bin:/usr/bin:/bin", "SHELL": "/bin/bash",
        "LANG": "C.UTF-8", "TERM": "dumb", "TZ": "UTC", "USER": "reviewer", "PYTHONDONTWRITEBYTECODE": "1",
        "HTTP_PROXY": nowhere, "HTTPS_PROXY": nowhere, "ALL_PROXY": nowhere,
        "http_proxy": nowhere, "https_proxy": nowhere, "NO_PROXY": "127.0.0.1,localhost", "no_proxy": "127.0.0.1,localhost",
    }  # fmt: skip


def prepare(suite, port, model):
    """Lay out CODEX_HOME as deployed: the plugin in the cache, the suite's config and rules."""
    fresh(HOME)
    fresh(PERSON)
    manifest = json.loads((suite / "plugin/.codex-plugin/plugin.json").read_text())
    cache = HOME / "plugins/cache/internal" / manifest["name"] / manifest["version"]
    shutil.copytree(suite / "plugin", cache)
    shutil.copytree(suite / "codex/rules", HOME / "rules")
    shutil.copy(suite / "record/instructions.md", HOME)
    deployed = (suite / "codex/config.toml").read_text()
    (HOME / "config.toml").write_text(OVERLAY.format(model=model, home=HOME, port=port, deployed=deployed))
    (PERSON / ".gitconfig").write_text(
        '[url "/srv/git/"]\n\tinsteadOf = https://git.harbor.example/\n'
        '[safe]\n\tdirectory = *\n[user]\n\tname = Release reviewer\n\temail = reviewer@harbor.example\n'
    )


def check_out(bundle, revision, branch, at):
    """A checkout as a reviewer had it at that hour: later tags and branches are not there yet."""
    for folder in (ORIGIN, CHECKOUT):
        fresh(folder)
    git("clone", "-q", "--bare", bundle, ORIGIN)
    commit = git("rev-parse", f"{revision}^{{commit}}", cwd=ORIGIN)
    for line in git("for-each-ref", "refs/tags", "--format=%(refname:short) %(creatordate:unix)", cwd=ORIGIN).splitlines():
        name, made = line.split()
        if int(made) > at.timestamp():
            git("tag", "-d", name, cwd=ORIGIN)
    git("init", "-q", "-b", branch, CHECKOUT)
    git("remote", "add", "origin", "https://git.harbor.example/harbor.git", cwd=CHECKOUT)
    git("fetch", "-q", "--no-tags", "origin", commit, cwd=CHECKOUT)
    git("reset", "-q", "--hard", commit, cwd=CHECKOUT)
    git("fetch", "-q", "origin", "refs/tags/*:refs/tags/*", cwd=CHECKOUT)
    return commit


class App:
    """A client of `codex app-server`: JSON lines over stdio."""

    def __init__(self, codex, answer):
        self.errors = open(HOME / "app-server.log", "w", encoding="utf-8")
        self.process = subprocess.Popen(
            [codex, "app-server"], cwd=CHECKOUT, env=environment(), text=True, bufsize=1,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors,
        )  # fmt: skip
        self.answer, self.number, self.lines = answer, 0, queue.Queue()
        self.notices = []
        threading.Thread(target=self.read, daemon=True).start()
        hello = {"name": "recorder", "title": "Recorder", "version": "1.0.0"}
        self.ask("initialize", {"clientInfo": hello, "capabilities": {"experimentalApi": True}})
        self.send({"method": "initialized"})

    def read(self):
        for line in self.process.stdout:
            message = json.loads(line)
            if "method" in message and "id" in message:
                reply = self.answer(message["method"], message["params"])
                if reply is not None:
                    self.send({"id": message["id"], "result": reply})
            else:
                self.lines.put(message)

    def send(self, message):
        self.process.stdin.write(json.dumps(message) + "\n")
        self.process.stdin.flush()

    def ask(self, method, params):
        self.number += 1
        self.send({"id": self.number, "method": method, "params": params})
        reply = self.until(lambda message: message.get("id") == self.number, method)
        if "error" in reply:
            raise SystemExit(f"{method}: {reply['error']}")
        return reply["result"]

    def until(self, wanted, what):
        while True:
            try:
                message = self.lines.get(timeout=60)
            except queue.Empty:
                raise SystemExit(f"{what}: no answer in a minute, see {HOME}/app-server.log") from None
            self.notices.append(message)
            if wanted(message):
                return message

    def close(self):
        self.process.stdin.close()
        self.process.wait(20)
        self.errors.close()


def run_exec(codex, prompt):
    """One `codex exec` session; approvals are never asked there."""
    return subprocess.run(
        [codex, "exec", prompt], cwd=CHECKOUT, env=environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120
    )


def rollouts():
    """Recordings in the order in which their threads started."""
    return sorted((HOME / "sessions").rglob("rollout-*.jsonl"), key=lambda path: path.name)


def clean_up():
    for folder in (HOME, PERSON, ORIGIN, CHECKOUT):
        shutil.rmtree(folder, ignore_errors=True)
        mark(folder).unlink(missing_ok=True)
    for folder in (ORIGIN.parent, CHECKOUT.parent):
        if folder.exists() and not os.listdir(folder):
            folder.rmdir()
