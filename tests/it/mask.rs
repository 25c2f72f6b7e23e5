//! Masking: what it leaves behind, what it masks for nothing, and that rulings do not change by it.

#[allow(unreachable_pub, dead_code, missing_docs)]
#[path = "../../benches/mask/clean.rs"]
mod clean;
#[allow(unreachable_pub, dead_code, missing_docs)]
#[path = "../../benches/mask/planted.rs"]
mod planted;
#[allow(unreachable_pub, dead_code, missing_docs)]
#[path = "../../benches/mask/random.rs"]
mod random;

use plugin_eval::mask::{Key, Masker, Memory, Rules, Tally};
use random::Random;

use super::project::Project;

const SUITE: &str = "suites/release-reviewer";

fn masked(document: &str) -> (String, usize) {
    let masker = Masker::new(&Key::from_bytes([9; 32]), Rules::default());
    let mut memory = Memory::default();
    let judged = masker.judge(document.as_bytes(), &mut memory);
    let mask = masker.with(memory);
    let out = mask.document(document.as_bytes(), &mut Tally::default()).into_owned();
    // The way that an import takes gives the same.
    let (short, untouched) = mask.judged(&judged, &mut Tally::default());
    assert_eq!(short, out);
    let alarms = mask.tripwire().scan("x", &out);
    assert_eq!(mask.tripwire().scan_beside("x", &short, &untouched), alarms);
    (String::from_utf8(out).unwrap(), alarms.len())
}

#[test]
fn no_planted_secret_is_left_behind() {
    let mut random = Random::new(404);
    let mut left = Vec::new();
    for (carrier, write) in planted::CARRIERS {
        let all = planted::all(&mut random);
        assert!(all.len() >= 145, "{}", all.len());
        for one in all {
            let document = write(&one.text);
            assert!(
                one.secrets.iter().any(|secret| planted::can_be_read(&document, secret)),
                "{} in {carrier} is not planted so that it can be read",
                one.kind
            );
            let (out, alarms) = masked(&document);
            if alarms > 0 || one.secrets.iter().any(|secret| planted::can_be_read(&out, secret)) {
                left.push(format!("{} in {carrier}", one.kind));
            }
        }
    }
    assert!(left.is_empty(), "{left:#?}");
}

#[test]
fn few_look_alikes_are_masked() {
    let texts = clean::all(&mut Random::new(505), 6);
    assert!(texts.len() >= 6 * 80, "{}", texts.len());
    let mut wrong = Vec::new();
    for (kind, text) in &texts {
        let document = planted::CARRIERS[2].1(text);
        if masked(&document).0 != document {
            wrong.push(*kind);
        }
    }
    assert!(wrong.len() * 100 <= texts.len() * 3, "{} of {}: {wrong:?}", wrong.len(), texts.len());
}

/// Sessions of the bundled suite, as if somebody had worked in a home folder.
fn at_home(project: &Project) -> Vec<String> {
    let mut sessions = Vec::new();
    for (file, content) in project.files(SUITE) {
        let Ok(text) = String::from_utf8(content) else { continue };
        if std::path::Path::new(&file).extension().is_some_and(|end| end == "jsonl")
            && file.contains("tasks/")
        {
            let path = format!("{SUITE}/{}", file.trim_start_matches(&format!("{SUITE}/")));
            let text = text
                .replace("/workspace/harbor", "/home/adabyron/harbor")
                .replace("cat docs/releases/1.5.0.md", "cat /home/adabyron/harbor/docs/releases/1.5.0.md")
                .replace(
                    "cat src/harbor/startup.py src/harbor/settings.py",
                    "cat ~adabyron/a /home/adabyron/x",
                );
            project.write(&path, text);
            sessions.push(path);
        }
    }
    sessions
}

#[test]
fn rulings_of_masked_sessions_are_those_of_the_sessions() {
    let (open, hidden) = (Project::bundled(), Project::bundled());
    at_home(&open);
    let sessions = at_home(&hidden);
    assert!(sessions.len() > 10, "{sessions:?}");
    let mut arguments = vec!["mask", "--suite", SUITE, "--in-place"];
    arguments.extend(sessions.iter().map(String::as_str));
    let ran = hidden.run(&arguments).ended(0);
    assert!(ran.stderr.contains("home-path"), "{}", ran.stderr);
    let text = hidden.read(&sessions[0]);
    assert!(!sessions.iter().any(|session| hidden.read(session).contains("adabyron")));
    let mark = text.split("/home/").nth(1).and_then(|rest| rest.split('/').next()).unwrap();
    assert_eq!(mark.len(), "adabyron".len());
    let calls = |project: &Project| {
        project.run(&["run", SUITE]);
        project.read("reports/release-reviewer/calls.csv")
    };
    let (open, masked) = (calls(&open), calls(&hidden).replace(mark, "adabyron"));
    assert!(open.contains("/home/adabyron/x") && open.lines().count() > 50, "{open}");
    for (open, masked) in open.lines().zip(masked.lines()) {
        assert_eq!(open, masked);
    }
    assert_eq!(open.len(), masked.len());
}

#[test]
fn files_are_masked_once_and_checked() {
    let project = Project::empty();
    let secret = format!("ghp_{}", Random::new(3).alnum(36));
    let session =
        format!("{{\"type\":\"x\",\"output\":\"cd /home/adabyron && use {secret}\"}}\n{{\"a\":1}}\n");
    project.write("a.jsonl", &session);
    project.write("b.txt", format!("later {secret}\n"));
    let found = project.run(&["mask", "--check", "a.jsonl"]).ended(1);
    assert!(found.stdout.contains("a.jsonl:1:") && found.stdout.contains("github-token"), "{}", found.stdout);
    assert!(!found.stdout.contains(&secret) && !found.stdout.contains("adabyron"));
    let shown = project.run(&["mask", "a.jsonl"]).ended(0);
    assert!(shown.stdout.ends_with("{\"a\":1}\n") && !shown.stdout.contains(&secret), "{}", shown.stdout);
    assert!(shown.stderr.contains("github-token 1") && !shown.stderr.contains(&secret), "{}", shown.stderr);
    assert_eq!(project.read("a.jsonl"), session);
    project.run(&["mask", "--in-place", "a.jsonl", "b.txt"]).ended(0);
    let once = project.read("a.jsonl");
    assert_eq!(once, shown.stdout);
    assert!(!project.read("b.txt").contains(&secret));
    project.run(&["mask", "--in-place", "a.jsonl"]).ended(0);
    assert_eq!(project.read("a.jsonl"), once);
    project.run(&["mask", "--check", "a.jsonl", "b.txt"]).ended(0);
    project.run(&["mask", "a.jsonl", "-o", "out/none.jsonl"]).ended(2);
    project.run(&["mask", "missing.jsonl"]).ended(2);
    project.write("mask.toml", "format = 2\n");
    let wrong = project.run(&["mask", "a.jsonl", "--rules", "mask.toml"]).ended(2);
    assert!(wrong.stderr.contains("mask.toml:1:"), "{}", wrong.stderr);
    // A link is followed to the file that it names; the link stays.
    #[cfg(unix)]
    {
        project.write("real.txt", format!("x {secret}\n"));
        std::os::unix::fs::symlink("real.txt", project.path("link.txt")).unwrap();
        project.run(&["mask", "--in-place", "link.txt"]).ended(0);
        assert!(std::fs::symlink_metadata(project.path("link.txt")).unwrap().is_symlink());
        assert!(!project.read("real.txt").contains(&secret));
    }
    let packed = zstd::encode_all(format!("{{\"a\":\"{secret}\"}}\n").as_bytes(), 3).unwrap();
    project.write("c.jsonl.zst", packed);
    project.run(&["mask", "--in-place", "c.jsonl.zst"]).ended(0);
    let plain = zstd::decode_all(&std::fs::read(project.path("c.jsonl.zst")).unwrap()[..]).unwrap();
    assert!(!String::from_utf8(plain).unwrap().contains(&secret));
}
