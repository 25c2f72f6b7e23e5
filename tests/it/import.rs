//! `import` makes tasks of recorded sessions, and loses nothing that people wrote.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use git2::build::TreeUpdateBuilder;
use git2::{FileMode, Oid, Repository, Signature, Time};
use plugin_eval::source::Content;
use plugin_eval::source::snapshot::Files as _;
use serde_json::{Value, json};

use super::program::Ran;
use super::project::{Project, line};

pub(super) const ID: &str = "019f0000-0000-7000-8000-0000000000aa";
pub(super) const SUITE: &str = "suites/small";
pub(super) const LIB: &str = "pub fn price(n: u32) -> u32 {\n    n * 2\n}\n";
const NEW_LIB: &str = "pub fn price(n: u32) -> u32 {\n    let base = n * 2;\n    base + base / 5\n}\n";
pub(super) const PATCH: &str = "*** Begin Patch\n*** Update File: src/lib.rs\n@@\n pub fn price(n: u32) -> u32 {\n-    n * 2\n\
                     +    let base = n * 2;\n+    base + base / 5\n }\n*** End Patch";

/// A recording that is being written.
pub(super) struct Session {
    pub(super) id: String,
    commit: Option<String>,
    cwd: String,
    calls: Vec<String>,
    prompt: String,
}

impl Session {
    pub(super) fn at(cwd: &Path, commit: Oid) -> Self {
        Self {
            id: ID.to_owned(),
            commit: Some(commit.to_string()),
            cwd: cwd.to_str().unwrap().to_owned(),
            calls: Vec::new(),
            prompt: "Please raise the price by a fifth".to_owned(),
        }
    }

    fn call(mut self, name: &str, arguments: &Value, output: &str) -> Self {
        let id = format!("call_{}", self.calls.len() + 1);
        let custom = name == "apply_patch";
        let (kind, key, text) = if custom {
            ("custom_tool_call", "input", arguments.as_str().unwrap().to_owned())
        } else {
            ("function_call", "arguments", arguments.to_string())
        };
        let call = json!({"type": kind, "name": name, key: text, "call_id": id, "status": "completed"});
        let output = json!({"type": format!("{kind}_output"), "call_id": id, "output": output});
        self.calls.push(line("response_item", &call) + &line("response_item", &output));
        self
    }

    pub(super) fn shell(self, command: &str, output: &str) -> Self {
        let output =
            format!("Chunk ID: ab\nWall time: 0.1 seconds\nProcess exited with code 0\nOutput:\n{output}");
        self.call("exec_command", &json!({"cmd": command}), &output)
    }

    pub(super) fn patch(self, text: &str) -> Self {
        self.call("apply_patch", &json!(text), "Exit code: 0\nWall time: 0 seconds\nOutput:\nSuccess.\n")
    }

    pub(super) fn text(&self) -> String {
        let mut meta = json!({"id": self.id, "timestamp": "2026-05-12T09:00:00.000Z", "cwd": self.cwd,
            "originator": "codex_cli", "cli_version": "0.169.0", "source": "cli"});
        if let Some(commit) = &self.commit {
            meta["git"] = json!({"commit_hash": commit, "branch": "main",
                "repository_url": "git@git.invalid:acme/app.git"});
        }
        let say = |role: &str, kind: &str, text: &str| {
            let message = json!({"type": "message", "role": role, "content": [{"type": kind, "text": text}]});
            line("response_item", &message)
        };
        let mut text = line("session_meta", &meta);
        text +=
            &say("user", "input_text", "<environment_context>\n<shell>bash</shell>\n</environment_context>");
        text += &say("user", "input_text", &self.prompt);
        text += &self.calls.concat();
        text + &say("assistant", "output_text", "Done.\nDecision: approve")
    }

    pub(super) fn write(&self, project: &Project) {
        project.write(&format!("sessions/rollout-2026-05-12T09-00-00-{}.jsonl", self.id), self.text());
    }
}

/// When sessions begin: 2026-05-12T09:00:00Z.
const BEGAN: i64 = 1_778_576_400;

/// A clone whose commits are made one by one, an hour apart, the first a day before the session.
pub(super) struct Clone {
    git: Repository,
    tip: Option<Oid>,
    time: i64,
    /// Name and address of who commits.
    pub(super) who: (String, String),
}

impl Clone {
    pub(super) fn of(project: &Project, folder: &str) -> Self {
        let git = Repository::init(project.path(folder)).unwrap();
        git.remote("origin", "https://git.invalid/acme/app.git").unwrap();
        let who = ("A".to_owned(), "a@git.invalid".to_owned());
        Self { git, tip: None, time: BEGAN - 86_400, who }
    }

    /// Commits these files on top of what there is; `None` removes one.
    pub(super) fn commit(&mut self, message: &str, files: &[(&str, Option<&str>)]) -> Oid {
        let parent = self.tip.map(|id| self.git.find_commit(id).unwrap());
        let base = match &parent {
            Some(parent) => parent.tree().unwrap(),
            None => self.git.find_tree(self.git.treebuilder(None).unwrap().write().unwrap()).unwrap(),
        };
        let mut update = TreeUpdateBuilder::new();
        for (path, text) in files {
            match text {
                Some(text) => update.upsert(*path, self.git.blob(text.as_bytes()).unwrap(), FileMode::Blob),
                None => update.remove(*path),
            };
        }
        let tree = self.git.find_tree(update.create_updated(&self.git, &base).unwrap()).unwrap();
        let who = Signature::new(&self.who.0, &self.who.1, &Time::new(self.time, 0)).unwrap();
        self.time += 3600;
        let parents: Vec<_> = parent.iter().collect();
        let id = self.git.commit(None, &who, &who, message, &tree, &parents).unwrap();
        self.git.reference("refs/heads/main", id, true, "test").unwrap();
        self.tip = Some(id);
        id
    }

    pub(super) fn tree_of(&self, commit: Oid) -> Oid {
        self.git.find_commit(commit).unwrap().tree_id()
    }

    pub(super) fn after_the_session(&mut self) {
        self.time = BEGAN + 3600;
    }
}

pub(super) fn project() -> Project {
    let project = Project::small();
    let marks = "[role.output]\noutcome = { regex = '(?m)^Decision: (\\w+)' }\n[plugin]";
    project.replace("suites/small/suite.toml", "[plugin]", marks);
    fs::remove_dir_all(project.path("suites/small/tasks/alpha")).unwrap();
    project
}

pub(super) fn import(project: &Project, more: &[&str]) -> Ran {
    project.run(&[&["import", "sessions", "--suite", SUITE], more].concat())
}

/// The one task of the suite, by name.
pub(super) fn task(project: &Project) -> String {
    let mut names: Vec<String> = fs::read_dir(project.path("suites/small/tasks"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names.len(), 1, "{names:?}");
    format!("suites/small/tasks/{}", names[0])
}

pub(super) fn toml(project: &Project) -> toml::Table {
    project.read(&format!("{}/task.toml", task(project))).parse().unwrap()
}

/// No file of the suite has changed, come or gone.
#[track_caller]
pub(super) fn same(project: &Project, before: &BTreeMap<String, Vec<u8>>) {
    let now = project.files(SUITE);
    let names = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&now), names(before));
    for (name, bytes) in &now {
        let text = String::from_utf8_lossy;
        assert!(before[name] == *bytes, "{name}:\n{}\n--- before\n{}", text(bytes), text(&before[name]));
    }
}

pub(super) fn texts(value: &toml::Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect()
}

pub(super) fn bundle(project: &Project) -> plugin_eval::source::Repository {
    plugin_eval::source::Repository::open(&project.path("suites/small/repos/app.bundle")).unwrap()
}

/// A clone with a session that was merged, then reverted.
pub(super) fn merged() -> (Project, Clone, [Oid; 3]) {
    let project = project();
    let mut clone = Clone::of(&project, "app");
    let first = clone.commit("first", &[("src/lib.rs", Some(LIB)), ("README.md", Some("An app.\n"))]);
    clone.after_the_session();
    clone.commit("other", &[("README.md", Some("An app that sells.\n"))]);
    let merge = clone.commit("raise", &[("src/lib.rs", Some(NEW_LIB)), ("CHANGES", Some("raised\n"))]);
    let undo = clone.commit(&format!("Revert\n\nThis reverts commit {merge}."), &[("src/lib.rs", Some(LIB))]);
    Session::at(&project.path("app"), first).shell("cat src/lib.rs", LIB).patch(PATCH).write(&project);
    (project, clone, [first, merge, undo])
}

#[test]
fn a_session_becomes_a_task_with_what_was_merged() {
    let (project, _clone, [first, merge, undo]) = merged();
    let ran = import(&project, &[]).ended(0);
    assert!(ran.stdout.contains("1 imported, 0 updated, 0 unchanged, 0 refused"), "{}", ran.stdout);
    assert!(ran.stdout.contains("next: plugin-eval check suites/small\n"), "{}", ran.stdout);
    assert_eq!(task(&project), "suites/small/tasks/2026-05-12-raise-price-by-fifth");
    assert_eq!(project.read(&format!("{}/prompt.md", task(&project))), "Please raise the price by a fifth\n");
    let written = toml(&project);
    assert_eq!(written["repo"].as_str(), Some("app"));
    assert_eq!(written["commit"].as_str(), Some(first.to_string().as_str()));
    assert!(!written.contains_key("decision"));
    let proposed = &written["proposed"];
    assert_eq!(proposed["outcome"].as_str(), Some("approve"));
    assert_eq!(proposed["merged"].as_str(), Some(merge.to_string().as_str()));
    assert_eq!(proposed["similarity"].as_float(), Some(1.0));
    assert_eq!(texts(&proposed["defects"]), [undo.to_string()]);
    assert_eq!(texts(&proposed["evidence"]).len(), 3);
    assert_eq!(written["import"]["thread"].as_str(), Some(ID));

    // Nothing of it is a decision.
    project.run(&["check", SUITE]).ended(0);
    project.run(&["run", SUITE]);
    let report: Value = serde_json::from_str(&project.read("reports/small/report.json")).unwrap();
    let agreement = metric(&report, "decision_agreement").unwrap();
    assert_eq!(agreement["samples"], 0, "{agreement}");
}

/// A later commit that calls itself a fix and changes lines of the merged one is proposed as its repair; one that changes
/// other lines is not.
#[test]
fn fixes_are_told_by_blame() {
    let project = project();
    let mut clone = Clone::of(&project, "app");
    let first = clone.commit("first", &[("src/lib.rs", Some(LIB)), ("README.md", Some("An app.\n"))]);
    clone.after_the_session();
    clone.commit("raise", &[("src/lib.rs", Some(NEW_LIB))]);
    clone.commit("Fix a word", &[("src/lib.rs", Some(&NEW_LIB.replace("(n: u32)", "(n: u64)")))]);
    let fixed = NEW_LIB.replace("(n: u32)", "(n: u64)").replace("base / 5", "base.div_ceil(5)");
    let fix = clone.commit("Fix: round up", &[("src/lib.rs", Some(&fixed))]);
    Session::at(&project.path("app"), first).shell("cat src/lib.rs", LIB).patch(PATCH).write(&project);
    import(&project, &[]).ended(0);
    let proposed = &toml(&project)["proposed"];
    assert_eq!(texts(&proposed["defects"]), [fix.to_string()]);
    assert!(texts(&proposed["evidence"]).iter().any(|line| line.contains("calls itself a fix")));
}

/// A metric of the report, wherever it stands.
pub(super) fn metric<'r>(report: &'r Value, name: &str) -> Option<&'r Value> {
    match report {
        Value::Object(fields) if fields.get("name").is_some_and(|found| found == name) => Some(report),
        Value::Object(fields) => fields.values().find_map(|value| metric(value, name)),
        Value::Array(list) => list.iter().find_map(|value| metric(value, name)),
        _ => None,
    }
}

#[test]
fn importing_twice_changes_nothing() {
    let (project, _clone, _) = merged();
    import(&project, &[]).ended(0);
    let before = project.files(SUITE);
    let time = |path: &str| fs::metadata(project.path(path)).unwrap().modified().unwrap();
    let session = format!("{}/session.jsonl", task(&project));
    let paths =
        [session.as_str(), "suites/small/repos/app.bundle", "suites/small/tasks", "suites/small/repos"];
    let times = paths.map(time);
    let ran = import(&project, &[]).ended(0);
    assert!(ran.stdout.contains("0 imported, 0 updated, 1 unchanged"), "{}", ran.stdout);
    same(&project, &before);
    assert_eq!(paths.map(time), times);
    // Without the clone, the bundle of the suite serves, and what was proposed stays.
    fs::rename(project.path("app"), project.path("gone")).unwrap();
    import(&project, &[]).ended(0);
    same(&project, &before);
}

#[test]
fn trying_writes_nothing() {
    let (project, _clone, _) = merged();
    let before = project.files(SUITE);
    let ran = import(&project, &["--dry-run"]).ended(0);
    assert!(ran.stdout.contains("would be: 1 imported"), "{}", ran.stdout);
    same(&project, &before);
}

#[test]
fn what_people_wrote_stays_and_a_moved_task_is_found() {
    let (project, clone, [first, ..]) = merged();
    import(&project, &[]).ended(0);
    let old = task(&project);
    let new = "suites/small/tasks/the-price";
    fs::rename(project.path(&old), project.path(new)).unwrap();
    let text = project.read(&format!("{new}/task.toml"));
    let text = format!("# looked at twice\n{text}\n[decision]\noutcome = \"block\" # no\nby = \"kim\"\n");
    project.write(&format!("{new}/task.toml"), text);
    project.write(&format!("{new}/prompt.md"), "Raise it.\n");
    project.write(&format!("{new}/notes.md"), "mine\n");
    let session = Session::at(&project.path("app"), first).shell("cat src/lib.rs", LIB).patch(PATCH);
    session.shell("cat README.md", "An app.\n").write(&project);
    let ran = import(&project, &[]).ended(0);
    assert!(ran.stdout.contains("updated the-price"), "{}", ran.stdout);
    assert!(ran.stdout.contains("prompt.md was changed by hand"), "{}", ran.stdout);
    assert_eq!(task(&project), new);
    assert_eq!(project.read(&format!("{new}/prompt.md")), "Raise it.\n");
    assert_eq!(project.read(&format!("{new}/notes.md")), "mine\n");
    let text = project.read(&format!("{new}/task.toml"));
    assert!(text.starts_with("# looked at twice\n") && text.contains("outcome = \"block\" # no\n"), "{text}");
    // The person has decided the outcome; what was merged is still open.
    let written = toml(&project);
    assert!(written["proposed"].get("outcome").is_none() && written["proposed"].get("merged").is_some());
    assert!(project.read(&format!("{new}/session.jsonl")).contains("cat README.md"));
    // A recording that somebody changed is theirs.
    let session = project.read(&format!("{new}/session.jsonl")).replace("An app.", "---");
    project.write(&format!("{new}/session.jsonl"), &session);
    import(&project, &[]).ended(0);
    assert_eq!(project.read(&format!("{new}/session.jsonl")), session);
    drop(clone);
}

#[test]
fn a_commit_that_is_not_at_hand_is_named() {
    let (project, mut clone, _) = merged();
    let missing = Oid::from_str("4f1c2d3e4f1c2d3e4f1c2d3e4f1c2d3e4f1c2d3e").unwrap();
    Session::at(&project.path("app"), missing).write(&project);
    let ran = import(&project, &[]).ended(3);
    let want = "fetch origin 4f1c2d3e4f1c2d3e4f1c2d3e4f1c2d3e4f1c2d3e`";
    assert!(ran.stderr.contains("no repository at hand has the commit 4f1c2d3e"), "{}", ran.stderr);
    assert!(ran.stderr.contains(want) && ran.stderr.contains("--without-snapshot"), "{}", ran.stderr);
    assert!(project.files("suites/small/tasks").is_empty());
    import(&project, &["--without-snapshot"]).ended(0);
    assert!(!toml(&project).contains_key("repo"));
    // Later the commit is there, in a clone elsewhere.
    let there = clone.commit("found", &[("new", Some("x\n"))]);
    Session::at(Path::new("/home/kim/src/app/deep"), there).write(&project);
    import(&project, &[]).ended(3);
    import(&project, &["--repo", "app"]).ended(0);
    assert_eq!(toml(&project)["commit"].as_str(), Some(there.to_string().as_str()));
    let ran = import(&project, &["--repo", "./nowhere"]).ended(2);
    assert!(ran.stderr.contains("no such clone"), "{}", ran.stderr);
}

#[test]
fn the_folder_of_the_repository_is_found_above_the_session() {
    let project = project();
    let mut clone = Clone::of(&project, "app");
    let first = clone.commit("first", &[("src/lib.rs", Some(LIB))]);
    Session::at(Path::new("/srv/kim9/app/src"), first).patch(PATCH).write(&project);
    import(&project, &["--repo", "app", "--no-mask"]).ended(0);
    assert_eq!(toml(&project)["cwd"].as_str(), Some("/srv/kim9/app"));
}

#[test]
fn a_tree_that_was_not_clean_is_rebuilt_as_far_as_it_was_shown() {
    let project = project();
    let mut clone = Clone::of(&project, "app");
    let files = [("a.txt", "one\ntwo\nthree\n"), ("b.txt", "b\n"), ("c.txt", "c\n"), ("d.txt", "1\n2\n3\n")];
    let files = files.map(|(path, text)| (path, Some(text)));
    let first = clone.commit("first", &files);
    let diff = "diff --git a/a.txt b/a.txt\nindex 1..2 100644\n--- a/a.txt\n+++ b/a.txt\n@@ -1,3 +1,3 @@\n one\n-two\n\
                +TWO\n three\n";
    Session::at(&project.path("app"), first)
        .shell("git status --short", " M a.txt\n D c.txt\n M d.txt\n?? new.txt\n")
        .shell("git diff", diff)
        .shell("cat new.txt", "fresh\n")
        .shell("sed -n '1,2p' d.txt", "1\n20\n")
        .shell("cat b.txt", "b\n")
        .patch("*** Begin Patch\n*** Update File: b.txt\n@@\n-b\n+B\n*** End Patch")
        .shell("cat b.txt", "B\n")
        .write(&project);
    let ran = import(&project, &[]).ended(0);
    assert!(ran.stdout.contains("its tree was not clean"), "{}", ran.stdout);
    let written = toml(&project);
    let origin = &written["import"];
    assert_eq!(origin["tree"].as_str(), Some("rebuilt"));
    assert_eq!(texts(&origin["rebuilt"]), ["a.txt", "c.txt", "new.txt"]);
    assert_eq!(texts(&origin["missing"]), ["d.txt"]);
    assert_eq!(origin["commit"].as_str(), Some(first.to_string().as_str()));
    let tree = bundle(&project).snapshot(written["commit"].as_str().unwrap()).unwrap();
    let read = |path: &str| tree.read(path).known().map(|bytes| String::from_utf8(bytes.to_vec()).unwrap());
    assert_eq!(read("a.txt").as_deref(), Some("one\nTWO\nthree\n"));
    assert_eq!(read("new.txt").as_deref(), Some("fresh\n"));
    assert_eq!(read("b.txt").as_deref(), Some("b\n"));
    assert_eq!(read("d.txt").as_deref(), Some("1\n2\n3\n"));
    assert_eq!(tree.read("c.txt"), Content::NoFile);
    // The same again gives the same commit.
    let before = project.files(SUITE);
    import(&project, &[]).ended(0);
    same(&project, &before);
}

#[test]
fn a_session_that_shows_the_tree_as_committed_is_clean() {
    let project = project();
    let mut clone = Clone::of(&project, "app");
    let first = clone.commit(
        "first",
        &[("a.txt", Some("one\ntwo")), ("b.txt", Some("")), (".gitignore", Some("*.log\n"))],
    );
    Session::at(&project.path("app"), first)
        .shell("git status", "On branch main\nnothing to commit, working tree clean\n")
        .shell("cat a.txt", "one\ntwo")
        .shell("sed -n '1,200p' a.txt", "one\ntwo\n")
        .shell("nl -ba a.txt | sed -n '2,2p'", "     2\ttwo\n")
        .shell("cat b.txt", "")
        .shell("cat out.log", "built\n")
        .shell("cargo build", "made\n")
        .shell("cat a.txt", "another\n")
        .write(&project);
    import(&project, &[]).ended(0);
    let written = toml(&project);
    assert!(written["import"].get("tree").is_none(), "{written}");
    assert_eq!(written["commit"].as_str(), Some(first.to_string().as_str()));
}

#[test]
fn declined_prompts_are_proposed() {
    let project = project();
    let mut clone = Clone::of(&project, "app");
    let first = clone.commit("first", &[("a", Some("a\n"))]);
    let rejected = "exec_command failed: CreateProcess { message: \"Rejected(\\\"rejected by user\\\")\" }";
    Session::at(&project.path("app"), first)
        .call("exec_command", &json!({"cmd": "make deploy"}), rejected)
        .shell("cat a", "a\n")
        .write(&project);
    let ran = import(&project, &[]).ended(0);
    assert!(ran.stdout.contains("1 declined prompts"), "{}", ran.stdout);
    assert!(ran.stdout.contains("plugin-eval decisions export suites/small"), "{}", ran.stdout);
    let written = toml(&project);
    let approvals = written["proposed"]["approval"].as_array().unwrap();
    assert_eq!(approvals.len(), 1);
    assert_eq!(approvals[0]["call"].as_str(), Some("call_1"));
    assert_eq!(approvals[0]["verdict"].as_str(), Some("declined"));
}

#[test]
fn a_commit_that_a_person_denied_is_not_proposed_again() {
    let (project, _clone, [_, merge, _]) = merged();
    import(&project, &[]).ended(0);
    let sheet = project.run(&["decisions", "export", SUITE]).ended(0).stdout;
    let mut rows = csv::ReaderBuilder::new().has_headers(false).from_reader(sheet.as_bytes()).into_records();
    let titles = rows.next().unwrap().unwrap();
    let at = |title: &str| titles.iter().position(|one| one == title).unwrap();
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(&titles).unwrap();
    for row in rows.map(Result::unwrap).filter(|row| &row[at("kind")] == "merged") {
        writer
            .write_record(
                row.iter()
                    .enumerate()
                    .map(|(column, cell)| if column == at("verdict") { "no" } else { cell }),
            )
            .unwrap();
    }
    project.write("sheet.csv", writer.into_inner().unwrap());
    project.run(&["decisions", "import", SUITE, "sheet.csv", "--by", "kim"]).ended(0);
    assert_eq!(texts(&toml(&project)["decision"]["not_merged"]), [merge.to_string()]);
    project.run(&["check", SUITE]).ended(0);
    import(&project, &[]).ended(0);
    let proposed = toml(&project)["proposed"].clone();
    assert!(proposed.get("merged").is_none() && proposed.get("defects").is_none(), "{proposed}");
    assert_eq!(texts(&proposed["evidence"]).len(), 1, "{proposed}");
    let before = project.files(SUITE);
    import(&project, &[]).ended(0);
    same(&project, &before);
}

/// A log beside the recording tells who answered, and masking does not come between: the call names a home folder.
#[test]
fn answers_of_logs_become_decisions() {
    let project = project();
    let command = "cat /home/margarethe/notes.txt";
    Session::at(Path::new("/home/margarethe/app"), Oid::ZERO_SHA1).shell(command, "x").write(&project);
    let at = BEGAN * 1000;
    let log = [
        json!({"method": "item/commandExecution/requestApproval", "id": 0,
            "params": {"threadId": ID, "itemId": "call_1", "startedAtMs": at + 2_000}}),
        json!({"id": 0, "result": {"decision": "accept"}}),
        json!({"method": "serverRequest/resolved", "params": {"requestId": 0}, "emittedAtMs": at + 9_500}),
    ];
    project.write("approvals.jsonl", log.map(|line| line.to_string()).join("\n"));
    let ran = import(&project, &["--without-snapshot", "--approvals", "approvals.jsonl"]).ended(0);
    assert!(ran.stdout.contains("1 answers to approval prompts in the logs"), "{}", ran.stdout);
    let read = toml(&project);
    let entry = &read["decision"]["approval"][0];
    let of = |key: &str| entry[key].as_str().unwrap();
    assert_eq!((of("call"), of("verdict"), of("source")), ("call_1", "accepted", "app-server"));
    assert_eq!((of("asked_at"), of("decided_at")), ("2026-05-12T09:00:02.000Z", "2026-05-12T09:00:09.500Z"));
    let before = project.files(SUITE);
    import(&project, &["--without-snapshot", "--approvals", "approvals.jsonl"]).ended(0);
    same(&project, &before);
    let file = format!("{}/task.toml", task(&project));
    project.replace(&file, "accepted", "declined");
    let before = project.files(SUITE);
    import(&project, &["--without-snapshot", "--approvals", "approvals.jsonl"]).ended(0);
    same(&project, &before);
}

pub(super) fn secret() -> String {
    let letters = b"abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    let body: String = (0..36usize).map(|at| char::from(letters[(at * 37 + 11) % letters.len()])).collect();
    format!("gh{}_{body}", 'p')
}

#[test]
fn a_secret_in_the_snapshot_is_refused_unless_it_is_allowed_by_name() {
    let project = project();
    let mut clone = Clone::of(&project, "app");
    let text = format!("first line\nsecond {}\n", secret());
    clone.commit("before", &[("a", Some("a\n"))]);
    let bad = clone.commit("bad", &[("conf/token.txt", Some(&text))]);
    Session::at(&project.path("app"), bad).shell("cat a", "a\n").write(&project);
    let ran = import(&project, &[]).ended(3);
    let place = format!("conf/token.txt@{}:2", &bad.to_string()[..12]);
    assert!(ran.stderr.contains(&place), "{}", ran.stderr);
    assert!(!ran.stderr.contains(&secret()) && !ran.stdout.contains(&secret()));
    assert!(project.files("suites/small/tasks").is_empty() && project.files("suites/small/repos").is_empty());
    import(&project, &["--allow-blob", "conf/other.txt"]).ended(3);
    import(&project, &["--allow-blob", "conf/token.txt"]).ended(0);
    assert_eq!(toml(&project)["commit"].as_str(), Some(bad.to_string().as_str()));
}

/// What a later commit or an older one holds keeps nobody from importing: it is left out.
#[test]
fn secrets_of_other_commits_are_left_out() {
    let project = project();
    let mut clone = Clone::of(&project, "app");
    clone.commit("old", &[("token", Some(&secret())), ("src/lib.rs", Some(LIB))]);
    clone.commit("gone", &[("token", None)]);
    clone.commit("more", &[("m", Some("m\n"))]);
    let start = clone.commit("start", &[("n", Some("n\n"))]);
    clone.after_the_session();
    let merge = clone.commit("raise", &[("src/lib.rs", Some(NEW_LIB)), ("token", Some(&secret()))]);
    Session::at(&project.path("app"), start).patch(PATCH).write(&project);
    import(&project, &[]).ended(0);
    assert_eq!(toml(&project)["proposed"]["merged"].as_str(), Some(merge.to_string().as_str()));
    let bundle = bundle(&project);
    assert!(bundle.has_commit(start) && !bundle.has_commit(merge));
}

#[test]
fn everything_that_is_written_is_masked() {
    let project = project();
    let mut clone = Clone::of(&project, "app");
    let first = clone.commit("first", &[("src/lib.rs", Some(LIB))]);
    let mut session = Session::at(Path::new("/home/kimberley/src/app/src"), first)
        .shell("cat /home/kimberley/.netrc", &format!("token = {}\n", secret()))
        .shell("cat extra.rs", &format!("// {}\n", secret()));
    session.prompt = format!("Use {} of kimberley@acme.invalid", secret());
    session.write(&project);
    let ran = import(&project, &["--repo", "app"]).ended(0);
    assert!(ran.stdout.contains("masked "), "{}", ran.stdout);
    for (name, bytes) in project.files("suites/small/tasks") {
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains(&secret()) && !text.contains("kimberley"), "{name}: {text}");
    }
    let written = toml(&project);
    let top = written["cwd"].as_str().unwrap().to_owned();
    assert!(top.starts_with("/home/") && top.ends_with("/src/app"), "{top}");
    let session = project.read(&format!("{}/session.jsonl", task(&project)));
    assert!(session.contains(&format!("\"cwd\":\"{top}/src\"")), "{session}");
    project.run(&["check", SUITE]).ended(0);
    let before = project.files(SUITE);
    import(&project, &["--repo", "app"]).ended(0);
    same(&project, &before);
}

#[expect(clippy::print_stderr, reason = "a skipped test says so")]
pub(super) fn git(folder: &Path, arguments: &[&str]) -> Option<bool> {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args(arguments).env("GIT_CONFIG_GLOBAL", "/dev/null");
    if let Ok(output) = command.output() {
        return Some(output.status.success());
    }
    eprintln!("skipped: git is not installed");
    None
}

fn repository_of(path: &str) -> plugin_eval::source::Repository {
    plugin_eval::source::Repository::open(Path::new(path)).unwrap()
}

#[test]
fn a_short_history_can_be_cloned() {
    let (project, _clone, [first, merge, undo]) = merged();
    import(&project, &[]).ended(0);
    let bundle = project.path("suites/small/repos/app.bundle");
    let bundle = bundle.to_str().unwrap();
    let Some(cloned) = git(&project.path("."), &["clone", "-q", bundle, "cloned"]) else { return };
    assert!(cloned);
    let folder = project.path("cloned");
    assert_eq!(git(&folder, &["bundle", "verify", "-q", bundle]), Some(true));
    for id in [first, merge, undo] {
        let packed = repository_of(bundle).resolve(&format!("refs/commits/{id}")).unwrap();
        assert_eq!(packed, id, "people know it by its own id");
        let fetched = git(&folder, &["fetch", "-q", bundle, &format!("refs/commits/{id}:refs/tmp/{id}")]);
        assert_eq!(fetched, Some(true));
        assert_eq!(git(&folder, &["cat-file", "-e", &format!("refs/tmp/{id}^{{tree}}")]), Some(true));
    }
    assert_eq!(git(&folder, &["fsck", "--strict"]), Some(true));
    assert!(!project.path("suites/small/repos/app.shallow").exists());
}

#[test]
fn a_long_history_is_cut_off_and_grows_by_what_later_sessions_need() {
    let project = project();
    let mut clone = Clone::of(&project, "app");
    clone.time = BEGAN - 300 * 3600;
    let ids: Vec<Oid> = (0..200)
        .map(|n| clone.commit("c", &[("n", Some(&format!("{n}\n"))), ("src/lib.rs", Some(LIB))]))
        .collect();
    clone.after_the_session();
    let merge = clone.commit("raise", &[("src/lib.rs", Some(NEW_LIB))]);
    Session::at(&project.path("app"), ids[150]).patch(PATCH).write(&project);
    import(&project, &[]).ended(0);
    let first = bundle(&project);
    for (id, there) in
        [(ids[150], true), (ids[149], true), (ids[148], false), (ids[199], true), (merge, true)]
    {
        assert_eq!(first.has_commit(id), there, "{id}");
    }
    assert!(!project.path("suites/small/repos/app.shallow").exists());
    // What real git makes of it: history ends where the bundle does.
    let bundle_path = project.path("suites/small/repos/app.bundle");
    if git(&project.path("."), &["clone", "-q", bundle_path.to_str().unwrap(), "real"]).is_some() {
        assert_eq!(git(&project.path("real"), &["fsck", "--strict"]), Some(true));
    }
    let mut other = Session::at(&project.path("app"), ids[20]);
    other.id = ID.replace("aa", "bb");
    other.write(&project);
    import(&project, &[]).ended(0);
    let grown = bundle(&project);
    for id in [ids[20], ids[19], ids[150], ids[149], merge] {
        assert!(grown.has_commit(id), "{id}");
        grown.snapshot(&id.to_string()).unwrap();
    }
    assert!(!grown.has_commit(ids[60]));
    import(&project, &["--full-history"]).ended(0);
    assert!(bundle(&project).has_commit(ids[0]));
    assert!(!project.path("suites/small/repos/app.shallow").exists());
    project.run(&["check", SUITE]).ended(0);
}

#[test]
fn large_files_are_named() {
    let project = project();
    let mut clone = Clone::of(&project, "app");
    let big = "x".repeat(5000);
    let first = clone.commit("first", &[("data/big.bin", Some(&big))]);
    Session::at(&project.path("app"), first).write(&project);
    let ran = import(&project, &["--max-blob", "4K"]).ended(3);
    assert!(ran.stderr.contains("a file of 5000 bytes: data/big.bin@"), "{}", ran.stderr);
    import(&project, &["--max-blob", "5K"]).ended(0);
}

#[cfg(unix)]
#[test]
fn one_import_at_a_time() {
    let (project, _clone, _) = merged();
    let held = fs::File::open(project.path("suites/small/tasks")).unwrap();
    held.lock().unwrap();
    let ran = import(&project, &[]).ended(2);
    assert!(ran.stderr.contains("another import is at work"), "{}", ran.stderr);
    drop(held);
    import(&project, &[]).ended(0);
}

/// Killed at any moment, it leaves whole tasks, and the next one makes up for what is missing.
#[cfg(unix)]
#[test]
fn a_killed_import_leaves_whole_tasks() {
    let (project, _clone, [first, ..]) = merged();
    let version = |n: usize| {
        for at in 0..20 {
            let mut session = Session::at(&project.path("app"), first).patch(PATCH);
            session.id = format!("019f0000-0000-7000-8000-0000000001{at:02}");
            session.prompt = format!("Task number {at}");
            session.shell(&format!("echo {n}"), &format!("{n}\n")).write(&project);
        }
    };
    version(0);
    import(&project, &[]).ended(0);
    for round in 1..=8u64 {
        version(usize::try_from(round).unwrap());
        let mut child = Command::new(env!("CARGO_BIN_EXE_plugin-eval"))
            .current_dir(project.path("."))
            .args(["import", "sessions", "--suite", SUITE, "-j", "2"])
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(std::time::Duration::from_millis(round * 25));
        let _ = child.kill();
        child.wait().unwrap();
        let folder = project.path("suites/small/tasks");
        for entry in fs::read_dir(&folder).unwrap().flatten() {
            let name = entry.file_name().into_string().unwrap();
            if name.starts_with('.') {
                continue;
            }
            let written: toml::Table =
                fs::read_to_string(entry.path().join("task.toml")).unwrap().parse().unwrap();
            let session = fs::read(entry.path().join("session.jsonl")).unwrap();
            let hash = plugin_eval::source::ContentHash::of(&session).to_string();
            assert_eq!(written["import"]["sessions"].as_str(), Some(hash.as_str()), "{name}");
        }
    }
    import(&project, &[]).ended(0);
    let files = project.files("suites/small/tasks");
    assert!(files.keys().all(|name| !name.starts_with('.')), "{:?}", files.keys());
    assert_eq!(files.keys().filter(|name| name.ends_with("task.toml")).count(), 21);
}
