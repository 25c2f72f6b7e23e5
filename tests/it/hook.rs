//! Hooks that are really run: what they are told, what they see, and when their answer is in doubt.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use plugin_eval::engine::cell::{Cell, CellKind, Doubt, Ended, Kept};
use plugin_eval::engine::hook::{
    HookCommand, HookRun, HookRunner, Moment, Occasion, PermissionMode, PluginSeat, PreToolUse, Scene,
    pre_tool_use,
};
use plugin_eval::source::{Content, ContentHash, Entry, Files as _, Overlay, Repository};
use serde_json::json;
use serde_json::value::to_raw_value;

const GUARD: &str = r#"#!/bin/sh
input=$(cat)
case "$input" in
  *'.env'*) echo "secrets are not read" >&2; exit 2 ;;
esac
[ -f POLICY ] && grep -q closed POLICY && { echo "closed by POLICY" >&2; exit 2; }
exit 0
"#;

struct Lab {
    _folder: tempfile::TempDir,
    runner: HookRunner,
    files: Overlay,
    changed: Kept,
    layers: bool,
    kind: CellKind,
}

impl Lab {
    fn all() -> Vec<Self> {
        [CellKind::Namespaces, CellKind::Confined].into_iter().filter_map(Self::of).collect()
    }

    fn of(kind: CellKind) -> Option<Self> {
        let cell = Cell::probe_kind(Path::new(env!("CARGO_BIN_EXE_plugin-eval")), kind).ok()?;
        let layers = cell.layers();
        let folder = tempfile::tempdir().unwrap();
        let repo = folder.path().join("repo");
        let plugin = folder.path().join("plugin");
        std::fs::create_dir_all(repo.join("src")).unwrap();
        std::fs::create_dir_all(&plugin).unwrap();
        std::fs::write(repo.join("POLICY"), "open\n").unwrap();
        std::fs::write(repo.join("src/lib.rs"), "// code\n").unwrap();
        std::fs::write(plugin.join("guard.sh"), GUARD).unwrap();
        let git = |arguments: &[&str]| {
            let out = Command::new("git").arg("-C").arg(&repo).args(arguments).output().unwrap();
            assert!(out.status.success(), "{out:?}");
            String::from_utf8(out.stdout).unwrap().trim().to_owned()
        };
        git(&["init", "-q"]);
        git(&["add", "-A"]);
        git(&["-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-qm", "first"]);
        let bundle = folder.path().join("app.bundle");
        git(&["bundle", "create", "-q", &bundle.display().to_string(), "--all"]);
        let commit = git(&["rev-parse", "HEAD"]);
        let files = Overlay::new(Repository::open(&bundle).unwrap().snapshot(&commit).unwrap());
        let seat = PluginSeat {
            source: plugin,
            name: "guard".into(),
            marketplace: "internal".into(),
            version: "1.0.0".into(),
        };
        let runner = HookRunner::new(cell, seat, ContentHash::of(GUARD.as_bytes())).unwrap();
        Some(Self { _folder: folder, runner, files, changed: Kept::default(), layers, kind })
    }

    fn run(&self, hook: &str, tool_command: &str) -> HookRun {
        self.run_as(hook, tool_command, "session-1")
    }

    fn run_as(&self, hook: &str, tool_command: &str, session: &str) -> HookRun {
        let input = to_raw_value(&json!({ "command": tool_command })).unwrap();
        let moment = Moment {
            session_id: session,
            turn_id: "turn-1",
            agent: None,
            transcript_path: None,
            cwd: "/home/somebody/repo/src",
            call_cwd: None,
            model: "gpt-5.5",
            permission_mode: PermissionMode::Default,
        };
        let occasion = Occasion::PreToolUse { tool_name: "Bash", tool_input: &input, tool_use_id: "call-1" };
        let hook = HookCommand { command: hook, timeout: Duration::from_mins(10), of_plugin: true };
        let scene = Scene {
            files: &self.files,
            root: "/home/somebody/repo",
            branch: "main",
            data: &Kept::default(),
            changed: &self.changed,
            record: None,
        };
        self.runner.run(&hook, &moment, &occasion, &scene).unwrap()
    }

    /// The output of a hook whose changes the next one finds.
    fn after_others(&mut self, hook: &str) -> String {
        let run = self.run(hook, "ls");
        assert_eq!((run.outcome.ended, run.doubt), (Ended::Exit(0), None), "{run:?}");
        self.changed = run.outcome.changed.clone();
        out(&run)
    }

    /// What lies at a path of the files with what hooks changed.
    fn lies(&self, path: &str) -> (Entry, Content) {
        let mut files = self.files.clone();
        self.changed.lay_over(&mut files);
        (files.lookup_link(path).entry, files.read(path))
    }
}

fn out(run: &HookRun) -> String {
    String::from_utf8_lossy(&run.outcome.stdout).into_owned()
}

fn reason(run: &HookRun) -> Option<String> {
    match pre_tool_use(&run.outcome, Duration::from_mins(10)).0 {
        PreToolUse::Block { reason } => Some(reason),
        _ => None,
    }
}

#[test]
fn a_guard_blocks_and_lets_pass() {
    for lab in Lab::all() {
        let hook = "cd .. && sh \"${PLUGIN_ROOT}/guard.sh\"";
        let blocked = lab.run(hook, "cat .env");
        assert_eq!((reason(&blocked).as_deref(), blocked.doubt), (Some("secrets are not read"), None));
        let passed = lab.run(hook, "cat README.md");
        assert_eq!((passed.outcome.ended, passed.doubt), (Ended::Exit(0), None), "{passed:?}");
    }
}

#[test]
fn hooks_see_the_edits_of_the_session() {
    for mut lab in Lab::all() {
        let hook = "cd .. && sh $PLUGIN_ROOT/guard.sh";
        assert_eq!(reason(&lab.run(hook, "ls")), None);
        lab.files.write("POLICY", *b"closed\n").unwrap();
        assert_eq!(reason(&lab.run(hook, "ls")).as_deref(), Some("closed by POLICY"));
        lab.files.doubt("POLICY");
        assert_eq!(lab.run(hook, "ls").doubt, Some(Doubt::Files));
        assert_eq!(lab.run("exit 0", "ls").doubt, None);
    }
}

#[test]
fn hooks_change_the_files_for_those_after_them() {
    for mut lab in Lab::all() {
        if !lab.layers {
            assert_ne!(lab.run("cd .. && echo x > marker", "ls").outcome.ended, Ended::Exit(0));
            assert_eq!(lab.lies("marker").0, Entry::Missing);
            continue;
        }
        lab.after_others("cd .. && echo 1 > marker && rm POLICY && mkdir -p deep/er && cp marker deep/er/x && git status -s");
        assert_eq!(lab.after_others("cd .. && cat marker deep/er/x && ls"), "1\n1\ndeep\nmarker\nsrc\n");
        assert_eq!(lab.lies("marker").1, Content::Known(b"1\n"[..].into()));
        assert_eq!((lab.lies("POLICY").0, lab.lies("deep/er").0), (Entry::Missing, Entry::Folder));
        // Writing the same changes nothing; a file that is replaced by a folder, and one that becomes a program.
        let again = "cd .. && rm -r marker deep && mkdir marker && echo open > POLICY && echo '// code' > src/lib.rs && echo '#!/bin/sh' > go && chmod +x go && ln -s /etc/passwd link";
        lab.after_others(again);
        assert_eq!(
            lab.after_others("cd .. && ls && ./go && readlink link"),
            "POLICY\ngo\nlink\nmarker\nsrc\n/etc/passwd\n"
        );
        assert!(!lab.changed.changes("POLICY") && !lab.changed.changes("src/lib.rs"), "{:?}", lab.changed);
        assert_eq!((lab.lies("marker").0, lab.lies("deep").0), (Entry::Folder, Entry::Missing));
        let lies = lab.lies("link").0;
        assert_eq!(lies, Entry::Link { target: b"/etc/passwd".to_vec() });
        // A folder that is emptied and made again, and one that goes.
        lab.after_others("cd .. && rm -r src && mkdir src && cd src && echo new > new.rs");
        assert_eq!(
            lab.after_others("cd ../src && ls && cd .. && rm -r src && mkdir src && ls"),
            "new.rs\nPOLICY\ngo\nlink\nmarker\nsrc\n"
        );
        // The snapshot itself stays as it is.
        assert_eq!(lab.files.read("src/lib.rs"), Content::Known(b"// code\n"[..].into()));
        lab.changed = Kept::default();
        assert_eq!(lab.after_others("cd .. && ls && cat POLICY"), "POLICY\nsrc\nopen\n");
    }
}

#[test]
fn too_many_changes_put_later_hooks_in_doubt() {
    for mut lab in Lab::all().into_iter().filter(|lab| lab.layers) {
        lab.changed = lab.run("cd .. && seq 300 | xargs touch", "ls").outcome.changed;
        assert_eq!(lab.run("exit 0", "ls").doubt, Some(Doubt::Data));
    }
}

#[test]
fn files_in_doubt_are_seen_through_a_layer() {
    for mut lab in Lab::all().into_iter().filter(|lab| lab.layers) {
        lab.after_others("cd .. && echo 1 > marker");
        let known = lab.files.clone();
        lab.files.doubt("marker");
        assert_eq!(lab.run("cat ../marker; true", "ls").doubt, Some(Doubt::Files));
        lab.files = known;
        lab.files.doubt("");
        // No command of the session knew of the marker.
        assert_eq!(lab.run("cat ../marker", "ls").doubt, None);
        assert_eq!(lab.run("cat ../POLICY", "ls").doubt, Some(Doubt::Files));
    }
}

#[test]
fn hooks_find_what_codex_gives_them() {
    for lab in Lab::all() {
        let run = lab.run("echo '${PLUGIN_ROOT}' \"$CLAUDE_PLUGIN_ROOT\"; echo $PLUGIN_DATA; pwd; ls; git rev-parse --show-toplevel", "ls");
        let text = out(&run);
        let lines: Vec<&str> = text.lines().collect();
        let (root, env) = lines[0].split_once(' ').unwrap();
        assert_eq!(root, env, "replaced in the text, so also between single quotes");
        assert!(lines[1].ends_with("/.codex/plugins/data/guard-internal"), "{lines:?}");
        assert_eq!(lines.get(3), Some(&"lib.rs"), "{run:?}");
        assert_eq!(lines.len(), 5, "{}", String::from_utf8_lossy(&run.outcome.stderr));
        if lab.kind == CellKind::Namespaces {
            assert_eq!(root, "/codex-home/.codex/plugins/cache/internal/guard/1.0.0");
            assert_eq!((lines[2], lines[4]), ("/home/somebody/repo/src", "/home/somebody/repo"));
        }
        let data = lab.run("mkdir -p $PLUGIN_DATA && echo x > $PLUGIN_DATA/x && cat $PLUGIN_DATA/x", "ls");
        assert_eq!(out(&data), "x\n", "{data:?}");
        let home = lab.run("echo x > ~/.log && cat ~/.log; echo x > $PLUGIN_ROOT/x || echo no", "ls");
        assert_eq!(out(&home), "x\nno\n", "{home:?}");
    }
}

#[test]
fn what_only_the_cell_lacks_is_doubted() {
    for lab in Lab::all() {
        assert_eq!(lab.run("no-such-linter", "ls").doubt, Some(Doubt::Program));
        let moved = (lab.kind == CellKind::Confined).then_some(Doubt::Place);
        assert_eq!(lab.run("exit 0", "cat /home/somebody/repo/x").doubt, moved);
        if lab.kind == CellKind::Namespaces {
            assert_eq!(lab.run("exec 3<>/dev/tcp/192.0.2.1/443", "ls").doubt, Some(Doubt::Network));
        }
    }
    let Some(lab) = Lab::of(CellKind::Namespaces) else { return };
    let lab = Lab { runner: lab.runner.with_patience(Duration::from_millis(300)), ..lab };
    let slow = lab.run("sleep 71006", "ls");
    assert_eq!((slow.outcome.ended, slow.doubt), (Ended::Timeout, Some(Doubt::Limit)));
}

#[test]
fn equal_runs_are_done_once_unless_they_tell_ids() {
    for lab in Lab::all() {
        let noisy = "head -c 8 /dev/urandom | od -An -tx1";
        assert_eq!(lab.run_as(noisy, "ls", "session-1"), lab.run_as(noisy, "ls", "session-2"));
        assert_ne!(lab.run_as(noisy, "ls", "session-1"), lab.run_as(noisy, "ls -l", "session-1"));
        let telling = "grep -o 'session-[0-9]'";
        assert_eq!(out(&lab.run_as(telling, "ls", "session-1")), "session-1\n");
        assert_eq!(out(&lab.run_as(telling, "ls", "session-2")), "session-2\n");
    }
}
