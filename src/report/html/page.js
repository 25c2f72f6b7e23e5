"use strict";
(() => {
  const HEIGHT = 34;
  const byId = (id) => document.getElementById(id);
  const hidden = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e0fff}]/gu;
  // Recorded text is shown, never obeyed: controls and direction marks become visible.
  const show = (text) => String(text).replace(hidden, (c) => "\\u{" + c.codePointAt(0).toString(16) + "}");
  const el = (tag, attributes, ...children) => {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (value === undefined || value === false || value === null) continue;
      if (name === "onclick") node.addEventListener("click", value);
      else node.setAttribute(name, value === true ? "" : value);
    }
    for (const child of children.flat(Infinity)) {
      if (child === undefined || child === null || child === false || child === "") continue;
      node.append(child instanceof Node ? child : show(child));
    }
    return node;
  };
  const chip = (text, kind) => el("span", { class: "chip " + (kind || text) }, text);

  // One row a recorded session; a task that broke has one row without session.
  const rows = [];
  const details = new Map();
  document.querySelectorAll("script.task").forEach((script, at) => {
    const task = JSON.parse(script.textContent);
    details.set(task.name, script.nextElementSibling);
    const runs = task.runs.length ? task.runs : [null];
    for (const run of runs) {
      const row = { at: rows.length, task: task.name, status: task.status, labels: task.labels, baseline: task.baseline, changes: task.changes, problem: task.problem, repeat: run ? run.repeat : 0, run: run || {}, order: at };
      row.words = [task.name, ...task.labels, task.status, task.baseline, row.run.outcome, row.run.decided, row.run.agreement, task.problem].join("\n").toLowerCase();
      rows.push(row);
    }
  });

  const columns = [
    ["task", "task", (r) => r.task + (r.repeat > 1 ? " #" + r.repeat : "")],
    ["status", "status", (r) => r.status],
    ["outcome", "agent", (r) => r.run.outcome || ""],
    ["decided", "person", (r) => r.run.decided || ""],
    ["agreement", "agreement", (r) => r.run.agreement || ""],
    ["calls", "calls", (r) => r.run.calls, true],
    ["deny", "denied", (r) => r.run.deny, true],
    ["ask", "asked", (r) => r.run.ask, true],
    ["violations", "violations", (r) => r.run.violations, true],
    ["unanswered", "unanswered", (r) => r.run.unanswered, true],
    ["undetermined", "unknown", (r) => r.run.undetermined, true],
    ["fidelity", "fidelity", (r) => (r.run.steps ? r.run.before / r.run.steps : undefined), true],
    ["baseline", "baseline", (r) => (r.changes ? r.changes + " changes" : r.baseline)],
  ];
  const state = { text: "", only: "", label: "", sort: "", down: false, picked: 0, shown: rows };
  const only = {
    "": () => true,
    violations: (r) => r.run.violations > 0,
    disagree: (r) => ["false-approve", "false-block", "no-outcome"].includes(r.run.agreement),
    changed: (r) => r.baseline !== "same",
    unanswered: (r) => r.run.unanswered > 0,
    undetermined: (r) => r.run.undetermined > 0,
    diverged: (r) => r.run.steps > r.run.before,
    broken: (r) => r.status === "broken",
  };

  const tableBox = byId("rows");
  const body = tableBox.querySelector("tbody");
  const count = byId("count");

  const filter = () => {
    const words = state.text.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = only[state.only] || only[""];
    let shown = rows.filter((row) => fits(row) && (!state.label || row.labels.includes(state.label)) && words.every((word) => row.words.includes(word)));
    const column = columns.find(([name]) => name === state.sort);
    if (column) {
      const key = column[2];
      const rank = (row) => { const value = key(row); return value === undefined || value === "" ? null : value; };
      const order = (a, b) => {
        const [x, y] = [rank(a), rank(b)];
        // What has no value comes last, whichever way the rest is sorted.
        if (x === null || y === null) return x === y ? a.at - b.at : x === null ? 1 : -1;
        const less = x < y ? -1 : x > y ? 1 : 0;
        return (state.down ? -less : less) || a.at - b.at;
      };
      shown = shown.slice().sort(order);
    }
    state.shown = shown;
    state.picked = 0;
    tableBox.scrollTop = 0;
    count.textContent = shown.length === rows.length ? rows.length + " recorded sessions" : shown.length + " of " + rows.length + " recorded sessions";
    paint();
  };

  const percent = (share) => (share === undefined ? "" : share === 1 ? "100%" : Math.min(99.9, share * 100).toFixed(1) + "%");
  const cell = (row, [name, , key, number]) => {
    const value = key(row);
    if (name === "task") return el("td", { title: show(value) }, el("a", { href: link(row.task, row.repeat), tabindex: -1 }, value));
    if (name === "fidelity") return el("td", { class: "number" }, percent(value));
    if (number) return el("td", { class: "number" }, value === undefined ? "" : value);
    if (name === "status") return el("td", {}, value === "ok" ? value : chip(value));
    if (name === "agreement" && value.startsWith("false-")) return el("td", {}, chip(value, "fail"));
    if (name === "baseline" && value !== "same") return el("td", {}, chip(value, "changed"));
    return el("td", { title: show(value) }, value);
  };

  // Only the rows in view are in the page, so that many thousands stay fast.
  const paint = () => {
    const total = state.shown.length;
    const first = Math.max(0, Math.floor(tableBox.scrollTop / HEIGHT) - 10);
    const last = Math.min(total, first + Math.ceil(tableBox.clientHeight / HEIGHT) + 20);
    const spacer = (size) => {
      const row = el("tr", { class: "spacer", "aria-hidden": "true" });
      row.style.height = size * HEIGHT + "px";
      return row;
    };
    const out = document.createDocumentFragment();
    out.append(spacer(first));
    for (let at = first; at < last; at++) {
      const row = state.shown[at];
      const line = el("tr", { "aria-rowindex": at + 2, "aria-selected": at === state.picked ? "true" : "false", onclick: () => open(row) }, columns.map((column) => cell(row, column)));
      line.dataset.at = at;
      out.append(line);
    }
    out.append(spacer(total - last));
    body.replaceChildren(out);
    tableBox.querySelector("table").setAttribute("aria-rowcount", total + 1);
  };

  const pick = (at) => {
    state.picked = Math.max(0, Math.min(state.shown.length - 1, at));
    const top = state.picked * HEIGHT;
    if (top < tableBox.scrollTop) tableBox.scrollTop = top;
    if (top + 3 * HEIGHT > tableBox.scrollTop + tableBox.clientHeight) tableBox.scrollTop = top + 3 * HEIGHT - tableBox.clientHeight;
    paint();
  };

  const link = (task, repeat, step) => "#/task/" + encodeURIComponent(task) + "/" + (repeat || 1) + (step ? "/" + step : "");
  const open = (row) => { location.hash = link(row.task, row.repeat); };

  const unpack = async (script) => {
    const bytes = Uint8Array.from(atob(script.textContent), (c) => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    return JSON.parse(await new Response(stream).text());
  };

  const place = (rule) => (rule && rule.file ? rule.file + (rule.line ? ":" + rule.line + (rule.column ? ":" + rule.column : "") : "") : "built in");
  const ruleNodes = (rule) => (rule && (rule.text || rule.file) ? [el("code", {}, rule.text || ""), " ", el("span", { class: "dim code" }, place(rule))] : ["–"]);
  const facts = (pairs) => {
    const list = el("dl", { class: "facts" });
    for (const [name, value] of pairs) {
      if (value === undefined || value === null || value === "") continue;
      list.append(el("dt", {}, name), el("dd", {}, value));
    }
    return list;
  };

  const changeNode = (change) => el("div", {},
    el("p", {}, chip(change.kind, "changed"), " ", change.shift && change.shift !== "same" ? chip(change.shift) : "", " ", el("span", { class: "dim" }, "cause: " + (change.causes.join(", ") || "unknown") + " · change " + change.id)),
    el("div", { class: "diff" }, change.before && el("div", { class: "old" }, change.before), change.after && el("div", { class: "new" }, change.after)));

  const stepNode = (step, number, context) => {
    const { run, changes, outlook, violations } = context;
    const marks = [chip(step.verdict), chip(step.scope === "in" ? "in scope" : step.scope === "out" ? "out of scope" : "scope unknown", step.scope)];
    const violation = violations.get(number);
    if (violation) marks.push(chip((violation.kinds || []).join(", ") || "waived: " + violation.waived.join(", "), violation.kinds && violation.kinds.length ? "fail" : "inconclusive"));
    if (step.human) marks.push(chip("person: " + step.human, step.human));
    else if (step.verdict === "ask") marks.push(chip("unanswered", "inconclusive"));
    for (const hook of step.hooks || []) if (hook.outcome !== "passed") marks.push(chip("hook " + hook.outcome, "inconclusive"));
    if (step.unsandboxed) marks.push(chip("outside the sandbox", "inconclusive"));
    if (step.after_divergence) marks.push(chip("after divergence"));
    if (changes.length) marks.push(chip("changed"));
    const effects = (step.effects || []).length ? el("table", {},
      el("tr", {}, ["effect", "target", "scope", "by"].map((name) => el("th", {}, name))),
      step.effects.map((effect) => el("tr", {}, el("td", {}, effect.access), el("td", { class: "code" }, effect.target), el("td", {}, chip(effect.scope)), el("td", {}, ruleNodes(effect.rule))))) : null;
    const hooks = (step.hooks || []).map((hook) => el("li", {}, chip(hook.outcome, hook.outcome === "passed" ? "pass" : "inconclusive"), " ", hook.event, " ", ruleNodes(hook.rule), hook.detail ? el("pre", {}, hook.detail) : null));
    const elsewhere = outlook.map(([stage, other]) => el("li", {}, "under ", el("b", {}, stage), ": ", chip(other.verdict), " ", chip(other.scope), " ", other.reason || ""));
    const inside = el("div", { class: "body" },
      facts([["ruling", [step.verdict + " in " + step.phase + (step.reason ? ": " + step.reason : "")]], ["rule", ruleNodes(step.rule)], ["recorded", step.recorded], ["not known", step.opaque], ["answered after", step.latency === undefined ? "" : step.latency + " s"], ["id", el("code", {}, step.id)]]),
      effects, hooks.length ? [el("h4", {}, "Hooks"), el("ul", { class: "plain" }, hooks)] : null,
      changes.length ? [el("h4", {}, "Since the baseline"), changes.map(changeNode)] : null,
      elsewhere.length ? [el("h4", {}, "Other stages"), el("ul", { class: "plain" }, elsewhere)] : null);
    const classes = ["step", step.verdict, step.scope, step.after_divergence ? "after" : "", step.depth ? "deeper" : ""];
    const item = el("li", { class: classes.join(" "), id: "step-" + number, tabindex: -1 },
      el("details", {}, el("summary", {}, el("span", { class: "number" }, String(number)), el("span", { class: "dim" }, step.kind), el("span", { class: "code" }, step.label), marks), inside));
    item.dataset.problem = violation || step.verdict === "deny" || step.scope === "out" || changes.length ? "1" : "";
    return item;
  };

  const share = (thousandths) => Math.floor(thousandths / 10) + "%";

  const mergeText = (merge) => {
    if (merge.state === "missing") return "the merged commit is not in the repository";
    if (merge.state === "no-patch") return "nothing was changed";
    const range = merge.least === merge.most ? share(merge.least) : share(merge.least) + " to " + share(merge.most);
    return range + " similar, " + merge.words[2] + " of " + merge.words[0] + " words kept";
  };

  const patchNodes = (patch) => {
    if (!patch) return null;
    const { merge, tests, coverage, formatted } = patch;
    const unlike = ((merge && merge.rewritten) || []).map(([path, part]) => [el("code", {}, path), " " + share(part) + " "]);
    const repairs = (patch.repairs || []).map((repair) => el("li", {}, chip(repair.how, "fail"), " ", el("code", {}, repair.commit.slice(0, 10)), " ", repair.subject || "", repair.lines ? " (" + repair.lines + " lines)" : ""));
    const names = (list) => (list || []).map((path) => [el("code", {}, path), " "]);
    return [el("h3", {}, "Patch"),
      facts([
        ["files", patch.files + " (+" + patch.added + " −" + patch.removed + " lines)"],
        ["not known", names(patch.unknown).length ? names(patch.unknown) : ""],
        ["beside the merged commit", merge ? mergeText(merge) : ""],
        ["rewritten", unlike.length ? unlike : ""],
        ["tests", tests ? "+" + tests.added + " −" + tests.removed + ", " + tests.hollow + " that check nothing, " + tests.assertions + " assertions" : ""],
        ["lines that tests run", coverage ? coverage.before.join(" of ") + " before, " + coverage.after.join(" of ") + " afterwards" : ""],
        ["formatter", formatted ? formatted.state === "unknown" ? formatted.reason : formatted.equal + " files equal" : ""],
        ["differing from it", formatted && names(formatted.differing).length ? names(formatted.differing) : ""],
        ["not the formatter's", formatted && names(formatted.foreign).length ? names(formatted.foreign) : ""]]),
      repairs.length ? el("ul", { class: "plain" }, repairs) : null];
  };

  const runNodes = (task, run) => {
    const replay = run.replay;
    const changesOf = (number) => (task.changes || []).filter((change) => change.repeat === replay.repeat && change.step && change.step.number === number && change.kind !== "step-gone");
    const whole = (task.changes || []).filter((change) => change.repeat === replay.repeat && (!change.step || change.step.number > replay.steps.length || change.kind === "step-gone"));
    const violations = new Map((run.violations || []).map((violation) => [violation.step, violation]));
    const outlookOf = (number) => (task.outlook || []).filter((other) => other.repeat === replay.repeat).flatMap((other) => other.steps.filter((step) => step.step === number).map((step) => [other.stage, step]));
    const before = replay.steps.filter((step) => !step.after_divergence).length;
    const usage = replay.usage || {};
    const head = facts([
      ["agent's outcome", replay.outcome || "none stated"], ["agreement", run.agreement], ["completed", run.completed === undefined ? "" : run.completed ? "yes" : "no"],
      ["fidelity", before + " of " + replay.steps.length + " steps before divergence"], ["tokens", (usage.input || 0) + " in, " + (usage.output || 0) + " out"],
      ["skills used", (replay.skills || []).join(", ")]]);
    const findings = (replay.findings || []).map((one) => el("li", {}, el("code", {}, one.path + (one.line ? ":" + one.line : "")), " ", one.summary || ""));
    const notes = (replay.notes || []).map((note) => el("li", {}, note.message));
    return [head, patchNodes(replay.patch),
      findings.length ? [el("h3", {}, "Reported findings"), el("ul", {}, findings)] : null,
      notes.length ? [el("h3", {}, "Notes on the recording"), el("ul", {}, notes)] : null,
      whole.length ? [el("h3", {}, "Since the baseline"), whole.map(changeNode)] : null,
      el("h3", {}, "Steps"),
      el("ol", { class: "steps" }, replay.steps.map((step, at) => stepNode(step, at + 1, { run, changes: changesOf(at + 1), outlook: outlookOf(at + 1), violations })))];
  };

  const taskView = byId("task");
  const overview = byId("overview");
  let current = null;

  const showTask = async (name, repeat, step) => {
    const script = details.get(name);
    if (!script) { taskView.replaceChildren(el("p", {}, omitted ? "This page has no task of that name; some are left out of it." : "This report has no task of that name.")); }
    else {
      const task = await unpack(script);
      const decision = task.decision || {};
      const run = (task.runs || []).find((one) => one.replay.repeat === repeat) || (task.runs || [])[0];
      const others = (task.runs || []).length > 1 ? el("p", {}, "Sessions: ", task.runs.map((one) => [el("a", { href: link(name, one.replay.repeat), "aria-current": one === run ? "true" : false }, "#" + one.replay.repeat), " "])) : null;
      const notes = (task.notes || []).map((note) => el("li", {}, (note.file ? place(note) + ": " : "") + note.message + (note.help ? " (" + note.help + ")" : "")));
      taskView.replaceChildren(el("div", {},
        el("p", {}, el("a", { href: "#tasks", id: "back" }, "← all tasks"), " ", el("span", { class: "dim" }, el("kbd", {}, "Esc"), " back, ", el("kbd", {}, "j"), " ", el("kbd", {}, "k"), " steps, ", el("kbd", {}, "n"), " next problem, ", el("kbd", {}, "o"), " open or close")),
        el("h1", { tabindex: -1 }, task.name),
        el("p", {}, chip(task.status, task.status === "ok" ? "pass" : "broken"), " ", chip(task.baseline, task.baseline === "same" ? "pass" : "changed"), " ", (task.labels || []).map((label) => [chip(label), " "])),
        facts([["person decided", decision.outcome], ["by", decision.by], ["restarted", decision.restarted ? "yes" : ""], ["merged", decision.merged]]),
        notes.length ? [el("h3", {}, "Notes"), el("ul", {}, notes)] : null,
        others, run ? runNodes(task, run) : null));
    }
    overview.hidden = true;
    taskView.hidden = false;
    current = { name, repeat };
    if (step) focusStep(step, true); else { window.scrollTo(0, 0); const title = taskView.querySelector("h1"); if (title) title.focus({ preventScroll: true }); }
    document.body.dataset.view = "task";
  };

  const stepList = () => Array.from(taskView.querySelectorAll(".step"));
  const focused = () => stepList().findIndex((item) => item.getAttribute("aria-current") === "true");
  const focusStep = (number, unfold) => {
    const list = stepList();
    const item = list[number - 1];
    if (!item) return;
    list.forEach((other) => other.removeAttribute("aria-current"));
    item.setAttribute("aria-current", "true");
    if (unfold) item.querySelector("details").open = true;
    item.scrollIntoView({ block: "center" });
    item.querySelector("summary").focus({ preventScroll: true });
  };

  const route = async () => {
    const parts = location.hash.split("/");
    if (parts[0] === "#" && parts[1] === "task") {
      let name = parts[2] || "";
      try { name = decodeURIComponent(name); } catch { /* a hand-written address: look for it as it is */ }
      await showTask(name, Number(parts[3]) || 1, Number(parts[4]) || 0);
      return;
    }
    const was = current;
    current = null;
    taskView.hidden = true;
    overview.hidden = false;
    document.body.dataset.view = "overview";
    paint();
    const target = location.hash.length > 1 && byId(location.hash.slice(1));
    if (target) target.scrollIntoView();
    if (was) tableBox.focus({ preventScroll: true });
  };

  const keys = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
    if (event.key === "Escape") { if (current) location.hash = "#tasks"; else if (typing) event.target.blur(); return; }
    if (typing) return;
    if (current) {
      const at = focused();
      const list = stepList();
      if (event.key === "j" || event.key === "k") { focusStep(Math.max(1, Math.min(list.length, at + 1 + (event.key === "j" ? 1 : -1))), false); event.preventDefault(); }
      if (event.key === "n") { const next = list.findIndex((item, index) => index > at && item.dataset.problem); if (next >= 0) focusStep(next + 1, true); event.preventDefault(); }
      if (event.key === "o" && at >= 0) { const box = list[at].querySelector("details"); box.open = !box.open; event.preventDefault(); }
      return;
    }
    if (event.key === "/") { byId("filter").focus(); event.preventDefault(); }
    const inTable = tableBox.contains(document.activeElement);
    const moves = { j: 1, k: -1, ...(inTable ? { ArrowDown: 1, ArrowUp: -1, PageDown: 14, PageUp: -14 } : {}) };
    if (event.key in moves) { pick(state.picked + moves[event.key]); event.preventDefault(); }
    if (event.key === "Enter" && inTable && state.shown[state.picked]) { open(state.shown[state.picked]); event.preventDefault(); }
  };

  // What is left out is said where the tasks are.
  const omitted = byId("omitted");
  if (omitted) tableBox.before(omitted);

  const heads = tableBox.querySelector("thead tr");
  for (const [name, title, , number] of columns) {
    const button = el("button", { type: "button" }, title);
    const head = el("th", { scope: "col", class: number ? "number" : "", "aria-sort": "none" }, button);
    button.addEventListener("click", () => {
      state.down = state.sort === name ? !state.down : Boolean(number);
      state.sort = name;
      heads.querySelectorAll("th").forEach((other) => other.setAttribute("aria-sort", "none"));
      head.setAttribute("aria-sort", state.down ? "descending" : "ascending");
      filter();
    });
    heads.append(head);
  }
  const labels = [...new Set(rows.flatMap((row) => row.labels))].sort();
  const labelBox = byId("label");
  labels.forEach((label) => labelBox.append(el("option", { value: label }, label)));
  labelBox.hidden = labels.length === 0;
  byId("filter").addEventListener("input", (event) => { state.text = event.target.value; filter(); });
  byId("only").addEventListener("change", (event) => { state.only = event.target.value; filter(); });
  labelBox.addEventListener("change", (event) => { state.label = event.target.value; filter(); });
  tableBox.addEventListener("scroll", () => requestAnimationFrame(paint), { passive: true });
  document.addEventListener("keydown", keys);
  window.addEventListener("hashchange", route);
  window.addEventListener("resize", paint);
  const themes = ["", "dark", "light"];
  const theme = byId("theme");
  const setTheme = (name) => {
    if (name) document.documentElement.dataset.theme = name; else delete document.documentElement.dataset.theme;
    theme.textContent = "theme: " + (name || "system");
    try { localStorage.setItem("plugin-eval-theme", name); } catch { /* a page from disk may not keep anything */ }
  };
  theme.addEventListener("click", () => setTheme(themes[(themes.indexOf(document.documentElement.dataset.theme || "") + 1) % themes.length]));
  let kept = "";
  try { kept = localStorage.getItem("plugin-eval-theme") || ""; } catch { /* see above */ }
  setTheme(themes.includes(kept) ? kept : "");
  document.documentElement.classList.add("live");
  filter();
  route().then(() => { document.body.dataset.ready = "true"; });
})();
