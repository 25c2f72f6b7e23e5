//! Masking changes no ruling and no number: what is masked in recordings is masked in files and commits alike.

use std::fs;

use git2::Oid;
use serde_json::Value;

use super::import::{
    Clone, ID, LIB, PATCH, SUITE, Session, bundle, import, merged, project, same, secret, task, texts, toml,
};
use super::project::Project;

/// An address that no manual holds, and the same name elsewhere.
fn mail() -> String {
    ["margarethe.k", "@", "git-works.io"].concat()
}

fn other_mail() -> String {
    ["thorvald", "@", "wood-works.io"].concat()
}

/// What a session does to one file, and what people merged of it.
struct Case {
    path: &'static str,
    before: String,
    merged: String,
    work: Box<dyn Fn(Session) -> Session>,
}

fn case(path: &'static str, before: &str, merged: &str, work: impl Fn(Session) -> Session + 'static) -> Case {
    Case { path, before: before.to_owned(), merged: merged.to_owned(), work: Box::new(work) }
}

fn update(path: &str, hunk: &str) -> String {
    format!("*** Begin Patch\n*** Update File: {path}\n@@\n{hunk}*** End Patch")
}

fn cases() -> Vec<Case> {
    let (mail, other) = (mail(), other_mail());
    let owners = format!("# who\n{mail}\nMargarethe decides.\nlast\n");
    let patch = update("OWNERS", &format!(" {mail}\n Margarethe decides.\n-last\n+the end of it\n"));
    let list = format!("*.rs {mail}\n*.md {mail}\n*.toml nobody\n");
    let sed = format!("sed -i 's/{mail}/{other}/' CODEOWNERS");
    let authors = format!("{mail}\n{other}\nand all others\n");
    let heredoc = format!("cat > AUTHORS <<'END'\n{authors}END");
    let then = update("AUTHORS", &format!(" {other}\n-and all others\n+and everybody else who helped\n"));
    let package = format!(
        "{{\n  \"name\": \"app\",\n  \"author\": \"Margarethe <{mail}>\",\n  \"license\": \"MIT\"\n}}\n"
    );
    let author = update(
        "package.json",
        &format!(
            "   \"name\": \"app\",\n-  \"author\": \"Margarethe <{mail}>\",\n+  \"author\": \"Thorvald <{other}>\",\n   \"license\": \"MIT\"\n"
        ),
    );
    let notes = format!("Ask margarethe, or {mail}.\none\ntwo\nthree\n");
    let shown = format!(
        "diff --git a/notes.txt b/notes.txt\nindex 1111111..2222222 100644\n--- a/notes.txt\n+++ b/notes.txt\n@@ -1,4 +1,4 @@\n Ask margarethe, or {mail}.\n-one\n+one and a half\n two\n three\n"
    );
    let page = format!("# Page\nWritten by Margarethe <{mail}>\nold words stand here\n");
    let moved = format!(
        "*** Begin Patch\n*** Update File: docs/a.md\n*** Move to: docs/b.md\n@@\n Written by Margarethe <{mail}>\n-old words stand here\n+new words stand here\n*** End Patch"
    );
    let (people, person) = (format!("people/margarethe/{mail}.txt"), "one\ntwo words\n");
    let rename = format!("sed -i 's/two words/three words/' people/margarethe/{mail}.txt");
    let people: &'static str = people.leak();
    let team = update("team/Margarethe.md", " # Team\n-old words stand here\n+new words stand here\n");
    let token = secret();
    let fixture = format!("token = \"{token}\"\ncount = 1\n");
    let count = update("tests/token.toml", &format!(" token = \"{token}\"\n-count = 1\n+count = 2\n"));
    vec![
        case("OWNERS", &owners, &owners.replace("last", "the end of it"), move |s| s.patch(&patch)),
        case("CODEOWNERS", &list, &list.replace(&mail, &other), move |s| s.shell(&sed, "")),
        case("AUTHORS", "none yet\n", &authors.replace("all others", "everybody else who came"), move |s| {
            s.shell(&heredoc, "").patch(&then)
        }),
        case(
            "package.json",
            &package,
            &package.replace("Margarethe", "Thorvald").replace(&mail, &other),
            move |s| s.patch(&author),
        ),
        case("notes.txt", &notes, &notes.replace("one\n", "one and a half\n"), move |s| {
            s.shell("sed -i '2s/.*/one and a half/' notes.txt; make notes", "").shell("git diff", &shown)
        }),
        case("docs/a.md", &page, &page.replace("old", "new"), move |s| s.patch(&moved)),
        case(people, person, "one\nthree words\n", move |s| {
            s.shell("cat people/margarethe/*", "one\ntwo words\n").shell(&rename, "")
        }),
        case(
            "team/Margarethe.md",
            "# Team\nold words stand here\n",
            "# Team\nnew words stand here\n",
            move |s| s.shell("ls team/margarethe.md team/Margarethe.md", "team/Margarethe.md\n").patch(&team),
        ),
        case("tests/token.toml", &fixture, &fixture.replace("= 1", "= 2"), move |s| s.patch(&count)),
    ]
}

/// A suite of all cases, imported with these options, each merged as people did.
fn imported(options: &[&str]) -> Project {
    let project = project();
    project.replace("suites/small/suite.toml", "mode = \"read-only\"", "mode = \"workspace-write\"");
    let mut clone = Clone::of(&project, "app");
    let cases = cases();
    let files: Vec<_> = cases.iter().map(|case| (case.path, Some(case.before.as_str()))).collect();
    let first = clone.commit("first", &files);
    clone.after_the_session();
    let commits: Vec<Oid> = cases
        .iter()
        .map(|case| match case.path {
            "docs/a.md" => clone.commit("move", &[("docs/a.md", None), ("docs/b.md", Some(&case.merged))]),
            path => clone.commit("work", &[(path, Some(case.merged.as_str()))]),
        })
        .collect();
    for (at, case) in cases.iter().enumerate() {
        let mut session =
            Session::at(&project.path("app"), first).shell("ls /home/margarethe/app", "Cargo.toml\n");
        session.id = ID.replace("aa", &format!("{at:02x}"));
        (case.work)(session).write(&project);
    }
    let options = [&["--allow-blob", "tests/token.toml"], options].concat();
    let ran = import(&project, &options).ended(0);
    assert!(!ran.stdout.contains("do not fit"), "{}", ran.stdout);
    for (at, name) in names(&project).iter().enumerate() {
        let file = format!("suites/small/tasks/{name}/task.toml");
        let text = project.read(&file);
        assert!(text.contains(&format!("merged = \"{}\"", commits[at])), "{at}: {text}");
        let by_command = ["CODEOWNERS", "AUTHORS", "notes.txt"].contains(&cases[at].path)
            || cases[at].path.starts_with("people/");
        assert_eq!(text.contains("with what its commands wrote"), by_command, "{at}: {text}");
        project.write(
            &file,
            format!(
                "{text}\n[decision]\noutcome = \"approve\"\nby = \"kim\"\nmerged = \"{}\"\n",
                commits[at]
            ),
        );
    }
    import(&project, &options).ended(0);
    project
}

/// Tasks by the ids of their sessions.
fn names(project: &Project) -> Vec<String> {
    let mut names: Vec<(String, String)> = fs::read_dir(project.path("suites/small/tasks"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .map(|name| {
            let text = project.read(&format!("suites/small/tasks/{name}/task.toml"));
            let thread = text.lines().find(|line| line.starts_with("thread = ")).unwrap().to_owned();
            (thread, name)
        })
        .collect();
    names.sort();
    names.into_iter().map(|(_, name)| name).collect()
}

/// What a run says: of each task its rulings and its patch, and all metrics.
fn said(project: &Project) -> (Vec<Value>, Value) {
    project.run(&["run", SUITE, "-q"]);
    let report: Value = serde_json::from_str(&project.read("reports/small/report.json")).unwrap();
    let told =
        ["id", "kind", "ruling", "verdict", "phase", "scope", "unsandboxed", "opaque", "after_divergence"];
    let mut tasks = Vec::new();
    for task in report["tasks"].as_array().unwrap() {
        assert_eq!(task["status"], "ok", "{task}");
        let replay = &task["runs"][0]["replay"];
        let steps = replay["steps"].as_array().unwrap().iter();
        let steps: Vec<Value> = steps
            .map(|step| told.iter().map(|key| step.get(key).cloned().unwrap_or_default()).collect())
            .collect();
        tasks.push(serde_json::json!({"steps": steps, "patch": replay["patch"]}));
    }
    let mut metrics = report["summary"]["stages"][0]["metrics"].clone();
    // Notes repeat what was asked for, which is masked.
    for metric in metrics.as_array_mut().unwrap() {
        for evidence in metric["evidence"].as_array_mut().unwrap() {
            evidence.as_object_mut().unwrap().remove("note");
        }
    }
    (tasks, metrics)
}

#[test]
fn masked_sessions_are_judged_like_unmasked_ones() {
    let (plain, masked) = (imported(&["--no-mask"]), imported(&[]));
    let everything: Vec<u8> = masked
        .files("suites/small/tasks")
        .into_values()
        .flat_map(|bytes| zstd::stream::decode_all(&bytes[..]).unwrap_or(bytes))
        .collect();
    let everything = String::from_utf8_lossy(&everything).to_lowercase();
    for hidden in ["margarethe", "thorvald", &secret().to_lowercase()] {
        let at = everything.find(hidden);
        assert!(at.is_none(), "{hidden}: {:?}", at.and_then(|at| everything.get(at - 80..at + 80)));
    }
    let (want, metrics) = said(&plain);
    let (found, found_metrics) = said(&masked);
    assert_eq!(want.len(), cases().len());
    for ((want, found), case) in want.iter().zip(&found).zip(cases()) {
        assert_eq!(found, want, "{}", case.path);
        let merge = &want["patch"]["merge"];
        assert!(merge["least"].as_u64().is_some_and(|least| least >= 600), "{}: {want}", case.path);
    }
    let acceptance = metrics.as_array().unwrap().iter().find(|metric| metric["name"] == "patch_acceptance");
    // What `make` left of one file is not known.
    assert_eq!(acceptance.unwrap()["samples"], cases().len() - 1, "{acceptance:?}");
    assert!(found_metrics == metrics);
}

#[test]
fn commits_tell_of_nobody() {
    let project = project();
    let mut clone = Clone::of(&project, "app");
    clone.who = ("Margarethe Kowalski".to_owned(), mail());
    let first = clone
        .commit(&format!("Start\n\nSigned-off-by: Margarethe <{}>\n", mail()), &[("src/lib.rs", Some(LIB))]);
    clone.after_the_session();
    let merge = clone.commit(
        &format!("Raise for Margarethe with {}\n", secret()),
        &[(
            "src/lib.rs",
            Some("pub fn price(n: u32) -> u32 {\n    let base = n * 2;\n    base + base / 5\n}\n"),
        )],
    );
    let undo =
        clone.commit(&format!("Revert\n\nThis reverts commit {merge}.\n"), &[("src/lib.rs", Some(LIB))]);
    Session::at(&project.path("app"), first).shell("cat src/lib.rs", LIB).patch(PATCH).write(&project);
    import(&project, &[]).ended(0);
    let repository = bundle(&project);
    let git = git2::Repository::from_odb({
        let odb = git2::Odb::new().unwrap();
        odb.add_disk_alternate(repository.objects().to_str().unwrap()).unwrap();
        odb
    })
    .unwrap();
    let mut seen = 0;
    for (name, id) in repository.names() {
        let commit = git.find_commit(id).unwrap();
        let text = format!("{name}{}{}", commit.raw_header().unwrap(), commit.message_raw().unwrap());
        for hidden in ["argarethe", "Kowalski", "git-works", "Signed", &secret()] {
            assert!(!text.contains(hidden), "{hidden}: {text}");
        }
        seen += 1;
    }
    assert!(seen >= 6, "{seen}");
    for id in [first, merge, undo] {
        assert!(repository.has_commit(id));
        assert_eq!(repository.resolve(&id.to_string()[..9]).unwrap(), id);
        let (snapshot, real) = (repository.snapshot(&id.to_string()).unwrap(), clone.tree_of(id));
        assert_eq!(snapshot.tree(), real);
    }
    // What people say by the ids that they know still holds.
    let file = format!("{}/task.toml", task(&project));
    let text = project.read(&file);
    assert_eq!(texts(&toml(&project)["proposed"]["defects"]), [undo.to_string()]);
    project.write(&file, format!("{text}\n[decision]\nmerged = \"{merge}\"\n"));
    project.run(&["run", SUITE, "-q"]);
    let report: Value = serde_json::from_str(&project.read("reports/small/report.json")).unwrap();
    let patch = &report["tasks"][0]["runs"][0]["replay"]["patch"];
    assert_eq!(patch["repairs"][0]["commit"], undo.to_string(), "{patch}");
    assert_eq!(patch["repairs"][0]["how"], "reverts", "{patch}");
    // The clone goes: what the bundle holds is enough.
    import(&project, &[]).ended(0);
    let before = project.files(SUITE);
    fs::remove_dir_all(project.path("app")).unwrap();
    import(&project, &[]).ended(0);
    same(&project, &before);
}

/// Bundles that older versions wrote hold commits as they were; a later import writes them anew.
#[test]
fn older_bundles_stay_readable_and_are_written_anew() {
    let (project, _clone, [first, merge, _]) = merged();
    import(&project, &["--no-mask"]).ended(0);
    let old = bundle(&project);
    assert!(old.originals().next().is_none() && old.has_commit(first));
    project.run(&["check", SUITE]).ended(0);
    drop(old);
    import(&project, &[]).ended(0);
    let new = bundle(&project);
    assert!(new.originals().count() > 1);
    assert!(new.has_commit(first) && new.has_commit(merge));
    project.run(&["check", SUITE]).ended(0);
    let before = project.files(SUITE);
    import(&project, &[]).ended(0);
    same(&project, &before);
}

/// The next best commit comes in the place of one that a person denied, and the import says so.
#[test]
fn after_a_denied_merge_the_next_best_is_proposed() {
    let (project, mut clone, [first, merge, _]) = merged();
    import(&project, &[]).ended(0);
    let proposed =
        |project: &Project| toml(project)["proposed"].get("merged").map(|id| id.as_str().unwrap().to_owned());
    assert_eq!(proposed(&project), Some(merge.to_string()));
    let file = format!("{}/task.toml", task(&project));
    let text = project.read(&file);
    project
        .write(&file, format!("{text}\n[decision]\nnot_merged = [\"{}\"] # no\n", &merge.to_string()[..10]));
    let again = clone.commit(
        "again",
        &[(
            "src/lib.rs",
            Some("pub fn price(n: u32) -> u32 {\n    let base = n * 2;\n    base + base / 5\n}\n"),
        )],
    );
    let ran = import(&project, &[]).ended(0);
    assert_eq!(proposed(&project), Some(again.to_string()));
    let note = format!(
        "a person said that {} did not merge it; {} is proposed",
        &merge.to_string()[..12],
        &again.to_string()[..12]
    );
    assert!(ran.stdout.contains(&note), "{}", ran.stdout);
    assert!(project.read(&file).contains(&format!("not_merged = [\"{}\"] # no", &merge.to_string()[..10])));
    let before = project.files(SUITE);
    import(&project, &[]).ended(0);
    same(&project, &before);
    // Both are wrong.
    let text = project.read(&file);
    project.write(&file, text.replace("\"] # no", &format!("\", \"{again}\"] # no")));
    let ran = import(&project, &[]).ended(0);
    assert!(ran.stdout.contains("and 1 more did not merge it; no other commit"), "{}", ran.stdout);
    assert_eq!(proposed(&project), None);
    assert!(bundle(&project).has_commit(first));
}
