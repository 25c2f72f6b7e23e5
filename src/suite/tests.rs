use super::*;
use std::fs;

use crate::decision::Lasting;

const GOOD: &str = r#"
[suite]
name = "release-reviewer"
stage = "read-only"
[role]
name = "release-reviewer"
primary = "review_yield"
guardrail = "unauthorized_writes"
outcomes = ["approve", "block"]
[role.output]
outcome = { regex = '(?m)^Decision: (\w+)' }
findings = { json_pointer = "/findings" }
[plugin]
path = "plugin"
marketplace = "internal"
config = ["codex/config.toml"]
[[stage]]
name = "read-only"
mode = "read-only"
bars = ["in_scope >= 95%", "unauthorized_writes == 0"]
[[stage]]
name = "broad"
bars = ["in_scope >= 99% @95"]
[[waiver]]
task = "one"
call = "call_1"
kind = "network"
reason = "mirror was down"
by = "kim"
expires = "2026-12-31"
"#;

const TASK: &str = r#"
repo = "app"
commit = "4F1C0000aa"
labels = ["db"]
[decision]
outcome = "Block"
by = "kim"
merged = "9ab0000"
defects = ["1234567"]
[[decision.finding]]
path = "a.sql"
line = 12
summary = "drops a column"
confirmed = true
[[decision.approval]]
call = "call_1"
verdict = "accepted"
asked_at = "2026-05-12T09:14:03Z"
decided_at = 2026-05-12T11:15:41+02:00
"#;

struct Folder(tempfile::TempDir);

impl Folder {
    /// A suite in `suites/s` with the one good task `one`.
    fn new(suite: &str) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        folder.write("suite.toml", suite);
        folder.write("codex/config.toml", "");
        folder.write("plugin/.codex-plugin/plugin.json", "{}");
        folder.write("repos/app.bundle", "");
        folder.task("one", TASK);
        folder
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("suites/s")
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn task(&self, name: &str, text: &str) {
        self.write(&format!("tasks/{name}/task.toml"), text);
        self.write(&format!("tasks/{name}/prompt.md"), "review");
        self.write(&format!("tasks/{name}/session.jsonl"), "{}");
    }

    fn load(&self) -> (Option<Suite>, Vec<String>) {
        let mut findings = Vec::new();
        let suite = Suite::load(&self.path(), &mut findings);
        (suite, findings.iter().map(ToString::to_string).collect())
    }

    fn problems_of_task(&self, name: &str) -> Vec<String> {
        let suite = self.load().0.unwrap();
        let read = suite.task(suite.find_task(name).unwrap());
        read.unwrap_err().iter().map(ToString::to_string).collect()
    }
}

#[test]
fn a_good_suite_is_read_whole() {
    let folder = Folder::new(GOOD);
    let (suite, findings) = folder.load();
    assert!(findings.is_empty(), "{findings:#?}");
    let suite = suite.unwrap();
    assert_eq!((suite.name.as_str(), suite.baselines.as_str()), ("release-reviewer", "release-reviewer"));
    assert_eq!(suite.stage().name, "read-only");
    assert_eq!(suite.stages[1].bars[0].text, "in_scope >= 99% @95");
    assert_eq!(suite.stages[1].bars[0].place_at(12).to_string(), "suite.toml:23:22");
    assert_eq!(suite.role.outcomes, ["approve", "block"]);
    assert_eq!(suite.plugin.trust_hooks, crate::plugin::HookTrust::Assumed);
    assert_eq!(suite.plugin.config, [PathBuf::from("codex/config.toml")]);
    assert_eq!(suite.waivers[0].what.call.as_deref(), Some("call_1"));
    assert_eq!(suite.home(), fs::canonicalize(folder.0.path()).unwrap());

    let task = suite.task(0).unwrap();
    assert_eq!(task.name, "one");
    assert_eq!(&*task.file, "tasks/one/task.toml");
    assert_eq!(task.snapshot.as_ref().unwrap().commit, "4f1c0000aa");
    assert_eq!(task.decision.outcome.as_deref(), Some("block"));
    assert_eq!(task.decision.approvals[0].line, 16);
    let (asked, decided) = (task.decision.approvals[0].asked_at, task.decision.approvals[0].decided_at);
    assert_eq!((decided.unwrap() - asked.unwrap()).whole_seconds(), 98);
    assert!(task.check_calls(&["call_1"]).is_empty());
    let unknown = task.check_calls(&["call_11"]);
    assert_eq!(
        unknown[0].to_string(),
        "tasks/one/task.toml:16:8: the session has no call `call_1` (did you mean `call_11`?)"
    );
}

#[test]
fn every_mistake_of_a_suite_is_found_at_once() {
    let suite = GOOD
        .replace("stage = \"read-only\"", "stage = \"read-onyl\"")
        .replace("primary =", "primry =")
        .replace("(?m)^Decision: (\\w+)", "(Decision")
        .replace("\"/findings\"", "\"findings\"")
        .replace("path = \"plugin\"", "path = \"plugins\"")
        .replace("name = \"broad\"", "name = \"Read-Only\"")
        .replace("by = \"kim\"\n", "")
        .replace("\"2026-12-31\"", "\"31.12.2026\"");
    let (suite, findings) = Folder::new(&suite).load();
    assert!(suite.is_none());
    assert_eq!(
        findings,
        [
            "suite.toml:4:9: there is no stage `read-onyl` (did you mean `read-only`?)",
            "suite.toml:7:1: unknown key `primry` in [role] (did you mean `primary`?)",
            "suite.toml:11:21: the pattern cannot be used: unclosed group",
            "suite.toml:12:29: the JSON pointer `findings` does not start with `/` (write `/findings`)",
            "suite.toml:14:8: there is no folder at `plugins` (paths start at the suite folder)",
            "suite.toml:22:8: two stages are called `Read-Only` (the first one is at suite.toml:17:1)",
            "suite.toml:24:1: [[waiver]] lacks `by`",
            "suite.toml:29:11: `expires` in [[waiver]] is not a day (write it as \"2026-12-31\")",
        ]
    );
}

#[test]
fn an_empty_suite_names_what_it_lacks() {
    let (suite, findings) = Folder::new("").load();
    assert!(suite.is_none());
    let lacking: Vec<_> = findings.iter().map(|finding| finding.split(" lacks ").nth(1).unwrap()).collect();
    assert_eq!(lacking.len(), 4, "{findings:#?}");
}

#[test]
fn a_newer_format_is_refused() {
    let (suite, findings) = Folder::new(&GOOD.replace("[suite]\n", "[suite]\nformat = 2\n")).load();
    assert!(suite.is_none());
    assert!(findings[0].starts_with("suite.toml:3:10: the file says format 2"), "{findings:#?}");
}

#[test]
fn a_folder_without_suite_is_no_suite() {
    let mut findings = Vec::new();
    assert!(Suite::load(Path::new("/nonexistent"), &mut findings).is_none());
    assert_eq!(findings.len(), 1);
}

#[test]
fn every_mistake_of_a_task_is_found_at_once() {
    let folder = Folder::new(GOOD);
    let task = TASK
        .replace("repo = \"app\"", "repo = \"ap\"")
        .replace("4F1C0000aa", "main")
        .replace("labels", "labls")
        .replace("\"Block\"", "\"blok\"")
        .replace("confirmed = true", "")
        .replace("\"accepted\"", "\"acepted\"")
        .replace("2026-05-12T11:15:41+02:00", "2026-05-12T11:14:02+02:00");
    folder.task("bad", &format!("{task}[[decision.approval]]\ncall = \"call_1\"\nverdict = \"declined\"\n"));
    assert_eq!(
        folder.problems_of_task("bad"),
        [
            "tasks/bad/task.toml:2:8: the suite has no repository `ap` (did you mean `app`?)",
            "tasks/bad/task.toml:3:10: `main` is not a commit id (write the full id that `git rev-parse` prints; \
         branches and tags move)",
            "tasks/bad/task.toml:4:1: unknown key `labls` in task.toml (did you mean `labels`?)",
            "tasks/bad/task.toml:6:11: the outcome `blok` is not in the role's vocabulary (did you mean `block`?)",
            "tasks/bad/task.toml:10:1: [[decision.finding]] lacks `confirmed`",
            "tasks/bad/task.toml:17:11: unknown verdict `acepted` (did you mean `accepted`?)",
            "tasks/bad/task.toml:19:14: the prompt was answered before it was asked (check `asked_at` and `decided_at`)",
            "tasks/bad/task.toml:21:8: two approvals for the call `call_1` (the other one is at line 15; keep what the \
         person answered)",
        ]
    );
    let suite = folder.load().0.unwrap();
    assert!(suite.task(suite.find_task("one").unwrap()).is_ok(), "the other task still loads");
}

#[test]
fn missing_files_of_a_task_are_named() {
    let folder = Folder::new(GOOD);
    folder.write("tasks/empty/notes.txt", "");
    assert_eq!(
        folder.problems_of_task("empty"),
        [
            "tasks/empty: the task has no recorded session (put the recording beside task.toml as session.jsonl or \
         session.jsonl.zst)",
            "tasks/empty: the task has no prompt.md (write what the agent was asked into it)",
            "tasks/empty: the task has no task.toml (write `repo`, `commit` and `[decision]` into it)",
        ]
    );
}

#[test]
fn sessions_are_sorted_and_never_twice() {
    let folder = Folder::new(GOOD);
    folder.write("tasks/one/session.child.jsonl", "");
    folder.write("tasks/one/session.2.jsonl.zst", "");
    let suite = folder.load().0.unwrap();
    let labels: Vec<_> =
        suite.task(0).unwrap().sessions.into_iter().map(|s| (s.label, s.compressed)).collect();
    assert_eq!(labels, [(String::new(), false), ("2".into(), true), ("child".into(), false)]);
    folder.write("tasks/one/session.jsonl.zst", "");
    let problems = folder.problems_of_task("one");
    assert_eq!(problems.len(), 1, "{problems:#?}");
    assert!(problems[0].contains("the same session is there twice"), "{problems:#?}");
}

#[cfg(unix)]
#[test]
fn links_may_not_lead_out_of_the_suite() {
    use std::os::unix::fs::symlink;
    let folder = Folder::new(GOOD);
    let outside = folder.0.path().join("secret.jsonl");
    fs::write(&outside, "{}").unwrap();
    folder.task("linked", TASK);
    fs::remove_file(folder.path().join("tasks/linked/session.jsonl")).unwrap();
    symlink(&outside, folder.path().join("tasks/linked/session.jsonl")).unwrap();
    assert_eq!(
        folder.problems_of_task("linked"),
        [
            "tasks/linked/session.jsonl: is a link that leads out of the suite (copy the file into the task folder)"
        ]
    );

    fs::create_dir(folder.0.path().join("elsewhere")).unwrap();
    symlink(folder.0.path().join("elsewhere"), folder.path().join("tasks/out")).unwrap();
    assert!(folder.problems_of_task("out")[0].starts_with("tasks/out: is a link"));

    symlink("../one/session.jsonl", folder.path().join("tasks/one/session.again.jsonl")).unwrap();
    let suite = folder.load().0.unwrap();
    assert_eq!(suite.task(suite.find_task("one").unwrap()).unwrap().sessions.len(), 2);
}

#[test]
fn odd_names_are_rows_and_clashes_are_errors() {
    let folder = Folder::new(GOOD);
    folder.task("a task", TASK);
    folder.write("tasks/.hidden/x", "");
    folder.write("tasks/README.md", "");
    folder.write("tasks/stray.jsonl", "");
    let (suite, findings) = folder.load();
    assert_eq!(findings.len(), 1, "{findings:#?}");
    assert!(findings[0].starts_with("tasks/stray.jsonl: is not a task"));
    assert_eq!(suite.unwrap().task_names().collect::<Vec<_>>(), ["a task", "one"]);
    assert!(folder.problems_of_task("a task")[0].contains("holds other characters"));

    folder.task("ONE", TASK);
    let (suite, findings) = folder.load();
    if suite.is_none() {
        assert!(
            findings.iter().any(|f| f.contains("two tasks are called `one` when case is ignored")),
            "{findings:#?}"
        );
    } else {
        // A file system that ignores case cannot hold both.
        assert_eq!(fs::read_dir(folder.path().join("tasks")).unwrap().count(), 5);
    }
}

#[test]
fn tasks_and_repos_may_be_shared() {
    let folder = Folder::new(GOOD);
    let shared = GOOD
        .replace("[suite]\n", "[suite]\ntasks = \"../s/tasks\"\nrepos = \"../s/repos/\"\nbaselines = \"s\"\n")
        .replace("\"release-reviewer\"\nstage", "\"leaky\"\nstage")
        .replace("\"plugin\"", "\"../s/plugin\"")
        .replace("codex/config.toml", "../s/codex/config.toml");
    let path = folder.0.path().join("suites/leaky");
    fs::create_dir(&path).unwrap();
    fs::write(path.join("suite.toml"), shared).unwrap();
    let mut findings = Vec::new();
    let suite = Suite::load(&path, &mut findings).unwrap();
    assert!(findings.is_empty(), "{findings:#?}");
    assert_eq!((suite.name.as_str(), suite.baselines.as_str()), ("leaky", "s"));
    let task = suite.task(0).unwrap();
    assert_eq!(&*task.file, "../s/tasks/one/task.toml");
    assert!(task.snapshot.unwrap().path.ends_with("repos/app.bundle"));
}

#[test]
fn waivers_for_no_task_are_reported() {
    let (suite, findings) = Folder::new(&GOOD.replace("task = \"one\"", "task = \"on\"")).load();
    assert!(suite.is_some());
    assert_eq!(findings, ["suite.toml:24:1: the waiver names no task: `on` (did you mean `one`?)"]);
}

#[test]
fn a_waiver_must_say_what_it_waives() {
    let narrow = GOOD.replace("call = \"call_1\"\nkind = \"network\"\n", "");
    let (suite, findings) = Folder::new(&narrow).load();
    assert!(suite.is_none());
    assert!(findings[0].contains("does not say what it waives"), "{findings:#?}");
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]
    #[test]
    fn a_mangled_suite_is_read_without_panic(at in 0..GOOD.len(), with in "(?s).{0,3}") {
        let mut text = GOOD.to_owned();
        text.replace_range(at..at, &with);
        let file = TextFile::new("suite.toml", text);
        let mut findings = Vec::new();
        read_suite(PathBuf::from("/nonexistent"), &file, &mut findings);
        proptest::prop_assert!(findings.iter().any(|finding| finding.severity == Severity::Error));
    }
}

#[test]
fn the_bundled_suites_are_read_without_a_finding() {
    for name in ["release-reviewer", "release-reviewer-leaky"] {
        let mut findings = Vec::new();
        let suite = Suite::load(&Path::new("suites").join(name), &mut findings).unwrap();
        assert!(findings.is_empty(), "{findings:#?}");
        assert!(suite.task_count() >= 12);
        for index in 0..suite.task_count() {
            suite.task(index).unwrap();
        }
    }
}
#[test]
fn syntax_errors_hide_what_follows_from_them() {
    let (suite, findings) = Folder::new(&GOOD.replace("[plugin]", "[plugin")).load();
    assert!(suite.is_none());
    assert!(findings.iter().any(|f| f.starts_with("suite.toml:13:8: not valid TOML: ")), "{findings:#?}");
    assert!(findings.iter().all(|finding| !finding.contains(" lacks ")), "{findings:#?}");
}

/// What an import proposes is kept apart from what people decided.
#[test]
fn proposals_are_no_decisions() {
    let folder = Folder::new(GOOD);
    let proposed = "[proposed]\noutcome = \"Approve\"\nmerged = \"9AB0000\"\nsimilarity = 0.9\nevidence = [\"e\"]\n\
                    [[proposed.approval]]\ncall = \"c\"\nverdict = \"declined\"\n\
                    [import]\nthread = \"t\"\ntree = \"rebuilt\"\nrebuilt = [\"a\"]\n";
    folder.task("two", &format!("repo = \"app\"\ncommit = \"4f1c0000aa\"\n{proposed}"));
    let suite = folder.load().0.unwrap();
    let task = suite.task(suite.find_task("two").unwrap()).unwrap();
    assert_eq!(task.decision, crate::decision::Decision::default());
    assert_eq!(task.proposal.outcome.as_deref(), Some("approve"));
    assert_eq!((task.proposal.merged.as_deref(), task.proposal.similarity), (Some("9ab0000"), Some(0.9)));
    assert_eq!(task.proposal.approvals[0].call, "c");
    let origin = task.origin.unwrap();
    assert_eq!((origin.thread.as_str(), origin.tree, origin.rebuilt.len()), ("t", Tree::Rebuilt, 1));
}

#[test]
fn mistakes_of_a_proposal_are_named() {
    let folder = Folder::new(GOOD);
    let text = "[proposed]\noutcome = \"aprove\"\nsimilarity = 1.5\n[import]\ntree = \"drty\"\nformat = 3\n\
                [decision]\n[[decision.approval]]\ncall = \"c\"\nverdict = \"accepted\"\nsource = \"hotel\"\n";
    folder.task("two", text);
    let problems = folder.problems_of_task("two").join("\n");
    for part in
        ["outcome `aprove`", "`similarity` in [proposed]", "lacks `thread`", "`drty`", "`format`", "`hotel`"]
    {
        assert!(problems.contains(part), "{part} is not in\n{problems}");
    }
}

/// An answer may hold for longer than its own call.
#[test]
fn answers_that_hold_for_longer() {
    let folder = Folder::new(GOOD);
    let entry = |call: &str, rest: &str| {
        format!("[[decision.approval]]\ncall = \"{call}\"\nverdict = \"accepted\"\n{rest}\n")
    };
    let good = [
        entry("a", ""),
        entry("b", "for = \"session\""),
        entry("c", "for = \"rule\""),
        entry("d", "for = \"rule\"\nprefix = [\"git\", \"push\"]"),
    ];
    folder.task("long", &format!("[decision]\n{}", good.concat()));
    folder.task(
        "wrong",
        "[decision]\n[[decision.approval]]\ncall = \"a\"\nverdict = \"accepted\"\nfor = \"sesion\"\n\
         [[decision.approval]]\ncall = \"b\"\nverdict = \"declined\"\nfor = \"session\"\n\
         [[decision.approval]]\ncall = \"c\"\nverdict = \"accepted\"\nprefix = [\"ls\"]\n",
    );
    let suite = folder.load().0.unwrap();
    let task = suite.task(suite.find_task("long").unwrap()).unwrap();
    let lasting: Vec<_> = task.decision.approvals.iter().map(|given| given.lasting.clone()).collect();
    let rule = |words: &[&str]| Lasting::Rule(words.iter().map(ToString::to_string).collect());
    assert_eq!(lasting, [Lasting::Once, Lasting::Session, rule(&[]), rule(&["git", "push"])]);
    let problems = suite.task(suite.find_task("wrong").unwrap()).unwrap_err();
    let codes: Vec<_> = problems.iter().map(|problem| &*problem.code).collect();
    assert_eq!(codes, ["unknown-for", "lasting-decline", "prefix-without-rule"]);
}

/// The reference of the file formats names every key.
#[test]
fn the_documentation_names_every_key() {
    let page = include_str!("../../docs/suite.md");
    let lists = [KEYS, SUITE_KEYS, role::KEYS, output::KEYS, output::EXTRACT_KEYS, plugin::PLUGIN_KEYS];
    let more = [plugin::HOOK_KEYS, stage::KEYS, waiver::KEYS, task::KEYS];
    let decision =
        [decision::KEYS, decision::FINDING_KEYS, decision::APPROVAL_KEYS, proposal::KEYS, origin::KEYS];
    for key in lists.into_iter().chain(more).chain(decision).flatten() {
        assert!(page.contains(&format!("`{key}`")), "docs/suite.md does not explain `{key}`");
    }
}
