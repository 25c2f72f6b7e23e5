use proptest::prelude::*;

use super::*;
use crate::source::TextFile;

const HOME: &str = "/home/ada";
const TMPDIR: &str = "/work/tmp";

fn config(layers: &[&str]) -> Config {
    let mut findings = Vec::new();
    let names = ["config.toml", "over.toml"];
    let files: Vec<TextFile> =
        layers.iter().zip(names).map(|(text, name)| TextFile::new(name, (*text).to_owned())).collect();
    let config = Config::from_layers(&files, &mut findings);
    assert!(findings.is_empty(), "{layers:?}: {findings:?}");
    config
}

pub(super) fn compile(text: &str, requirements: &str, mode: Option<&str>) -> (Sandbox, Vec<Finding>) {
    let mut findings = Vec::new();
    let sandbox = Sandbox::compile(&config(&[text]), &config(&[requirements]), mode, &mut findings);
    (sandbox, findings)
}

pub(super) fn workspace<'w>(roots: &'w [&'w str]) -> Workspace<'w> {
    Workspace { roots, home: Some(HOME), tmpdir: Some(TMPDIR), codex_home: Some("/home/ada/.codex") }
}

/// One sandbox that Codex was asked about.
#[derive(Default)]
struct Asked<'t> {
    title: &'t str,
    mode: Option<&'t str>,
    root: &'t str,
    config: String,
    over: String,
    requirements: String,
    answers: Vec<(&'t str, &'t str, &'t str)>,
}

/// Reads `asked.txt`: what real commands could read (`r`) and write (`w`) in Codex 0.169, `-` what they could not,
/// `?` what was not looked at; then the kind of the path (f file, d folder, m missing, n network).
fn asked() -> Vec<Asked<'static>> {
    let mut all: Vec<Asked<'static>> = Vec::new();
    for line in include_str!("asked.txt").lines() {
        if let Some(title) = line.strip_prefix("## ") {
            let mut asked = Asked { title, root: "/work/app", ..Asked::default() };
            for part in title.split(" | ").skip(1) {
                match part.split_once(' ').unwrap() {
                    ("mode", mode) => asked.mode = Some(mode),
                    ("root", root) => asked.root = root,
                    other => panic!("{other:?}"),
                }
            }
            all.push(asked);
            continue;
        }
        let asked = all.last_mut().unwrap();
        if let Some((tag @ ("config" | "over" | "requirements"), text)) = line.split_once(": ") {
            let file = match tag {
                "config" => &mut asked.config,
                "over" => &mut asked.over,
                _ => &mut asked.requirements,
            };
            file.push_str(text);
            file.push('\n');
        } else {
            let mut parts = line.splitn(3, ' ');
            let mut next = || parts.next().unwrap();
            asked.answers.push((next(), next(), next()));
        }
    }
    all
}

#[test]
fn commands_reach_what_they_reached_in_codex() {
    let (mut wrong, mut checked) = (Vec::new(), 0);
    for asked in asked() {
        let mut findings = Vec::new();
        let config = config(&[&asked.config, &asked.over]);
        let requirements = self::config(&[&asked.requirements]);
        let sandbox = Sandbox::compile(&config, &requirements, asked.mode, &mut findings);
        let roots = [asked.root];
        let bounds = sandbox.bounds(&workspace(&roots));
        for (answer, kind, path) in &asked.answers {
            let kind = match *kind {
                "f" => Kind::File,
                "d" => Kind::Folder,
                _ => Kind::Missing,
            };
            let mut check = |expected: &str, what: &str, answer: Answer<'_>| {
                if expected != "?" {
                    checked += 1;
                    if answer.allowed() != (expected != "-") {
                        wrong.push(format!("{}: {what} {path}: {answer:?}", asked.title));
                    }
                }
            };
            if *path == "NET" {
                let host = Some("127.0.0.1");
                check(&answer[1..], "connect", bounds.connect(host, Confinement::Sandboxed));
                continue;
            }
            check(&answer[..1], "read", bounds.read(path, kind, Confinement::Sandboxed));
            check(&answer[1..], "write", bounds.write(path, kind, Confinement::Sandboxed));
        }
    }
    assert!(wrong.is_empty(), "{} of {checked}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(checked > 1_000, "only {checked} answers checked");
}

// Asked of Codex 0.169 with approved `require_escalated` commands.
#[test]
fn what_may_not_be_read_survives_an_escalation() {
    let open = compile("sandbox_mode = \"read-only\"", "", None).0;
    let denying = compile(
        "default_permissions = \"x\"\n[permissions.x.filesystem]\n\":root\" = \"read\"\n\
         \":workspace_roots\" = { \".env\" = \"deny\", \"**/.env\" = \"deny\", secret = \"deny\" }",
        "",
        None,
    )
    .0;
    assert!(!open.has_denials() && denying.has_denials());
    for (sandbox, path, kind, expected) in [
        (&open, "/root/x", Kind::Missing, true),
        (&open, "/work/app/.git/config", Kind::File, true),
        (&denying, "/root/x", Kind::Missing, true),
        (&denying, "/work/app/.git/config", Kind::File, true),
        (&denying, "/work/app/.env", Kind::File, false),
        (&denying, "/work/app/src/.env", Kind::File, false),
        (&denying, "/work/app/secret/s", Kind::File, false),
    ] {
        let bounds = sandbox.bounds(&workspace(&["/work/app"]));
        assert_eq!(bounds.read(path, kind, Confinement::Escalated).allowed(), expected, "{path}");
        assert_eq!(bounds.write(path, kind, Confinement::Escalated).allowed(), expected, "{path}");
    }
    let connects = |sandbox: &Sandbox| {
        sandbox.bounds(&workspace(&["/work/app"])).connect(None, Confinement::Escalated).allowed()
    };
    assert!(connects(&open) && !connects(&denying), "the network stays off where something may not be read");
}

#[test]
fn trees_are_read_in_part() {
    let text = "default_permissions = \"x\"\n[permissions.x]\nextends = \":workspace\"\n[permissions.x.filesystem]\n\
                \":workspace_roots\" = { \"**/.env\" = \"deny\", secret = \"deny\" }";
    let sandbox = compile(text, "", None).0;
    let bounds = sandbox.bounds(&workspace(&["/work/app"]));
    let files = ["/work/app/a", "/work/app/src/b", "/work/app/src/.env"];
    let below = |folder: &'static str| files.into_iter().filter(move |file| file.starts_with(folder));
    for (folder, read, write) in [
        ("/work/app", Extent::Some, Extent::Some),
        ("/work/app/src", Extent::Some, Extent::Some),
        ("/work/app/docs", Extent::All, Extent::All),
        ("/work/app/secret", Extent::None, Extent::None),
        ("/work/app/.git", Extent::All, Extent::None),
        ("/work", Extent::Some, Extent::Some),
        ("/usr", Extent::All, Extent::None),
        ("/tmp/x", Extent::All, Extent::All),
    ] {
        let answer = bounds.read_tree(folder, below(folder), Confinement::Sandboxed);
        assert_eq!(answer.extent, read, "read {folder}: {answer:?}");
        let answer = bounds.write_tree(folder, below(folder), Confinement::Sandboxed);
        assert_eq!(answer.extent, write, "write {folder}: {answer:?}");
    }
    let answer = bounds.read_tree("/work/app", below("/work/app"), Confinement::Sandboxed);
    assert_eq!(answer.rule.text, "x: \":workspace_roots/**/.env\" = deny");
    let plain = compile("sandbox_mode = \"workspace-write\"", "", None).0;
    let bounds = plain.bounds(&workspace(&["/work/app"]));
    assert_eq!(
        bounds.write_tree("/work/app", files, Confinement::Sandboxed).extent,
        Extent::Some,
        ".git stays"
    );
    assert_eq!(bounds.read_tree("/work/app", files, Confinement::Sandboxed).extent, Extent::All);
}

// Asked of Codex 0.169 with patches under `never`.
#[test]
fn patches_are_judged_by_path_as_text() {
    let ww = compile("sandbox_mode = \"workspace-write\"", "", None).0;
    let bounds = ww.bounds(&workspace(&["/work/app"]));
    for (path, inside) in [
        ("/work/app/.git/new", false),
        ("/tmp/new", true),
        ("/work/app/.codex/zz", false),
        ("/work/app/.aws/new", false),
        ("/work/app/lnkd/new", true),
        ("/work/app/a", true),
        ("/root/zz", false),
    ] {
        assert_eq!(
            matches!(bounds.patch(path, Kind::Missing, false), PatchTarget::Inside(_)),
            inside,
            "{path}"
        );
    }
    assert!(patch_refusal(&ww).starts_with("patch rejected: writing outside of the project"));
    let ro = compile("sandbox_mode = \"read-only\"", "", None).0;
    assert!(patch_refusal(&ro).starts_with("patch rejected: writing is blocked by read-only sandbox"));
    let text = "default_permissions = \"x\"\n[permissions.x.filesystem]\n\":root\" = \"read\"\n\
                \":workspace_roots\" = { \".env\" = \"deny\" }";
    let denying = compile(text, "", None).0;
    let bounds = denying.bounds(&workspace(&["/work/app"]));
    assert!(matches!(bounds.patch("/work/app/.env", Kind::File, true), PatchTarget::Unreadable(_)));
    assert!(matches!(bounds.patch("/work/app/.env", Kind::File, false), PatchTarget::Outside(_)));
}

#[test]
fn the_rule_that_decides_has_its_line() {
    let text =
        "sandbox_mode = \"workspace-write\"\n[sandbox_workspace_write]\nwritable_roots = [\"/srv/out\"]\n";
    let sandbox = compile(text, "", None).0;
    let bounds = sandbox.bounds(&workspace(&["/work/app"]));
    for (path, line, rule) in [
        ("/work/app/a", 1, "sandbox_mode = \"workspace-write\""),
        ("/srv/out/a", 3, "writable_roots: /srv/out"),
        ("/srv/out/.git/a", 3, "protected folder .git of the writable root: writable_roots: /srv/out"),
        ("/etc/a", 1, "sandbox_mode = \"workspace-write\""),
    ] {
        let answer = bounds.write(path, Kind::Missing, Confinement::Sandboxed);
        assert_eq!(answer.rule.place.as_ref().unwrap().line, line, "{path}");
        assert_eq!(answer.rule.text, rule, "{path}");
    }
}

// Asked of Codex 0.169: each of these is refused or ignored with a warning.
#[test]
fn mistakes_are_told_with_their_line() {
    let x =
        |filesystem: &str| format!("default_permissions = \"x\"\n[permissions.x.filesystem]\n{filesystem}\n");
    for (text, requirements, mode, line, message) in [
        (x("\"rel\" = \"write\""), "", None, 3, "relative"),
        (x("\"$HOME/d\" = \"write\""), "", None, 3, "relative"),
        (x("\"~root/d\" = \"write\""), "", None, 3, "relative"),
        (x("\":tmpdir\" = { x = \"write\" }"), "", None, 3, "takes no paths below"),
        (x("\":workspace_roots\" = { \"../out\" = \"write\" }"), "", None, 3, "no path below"),
        (x("\":workspace_roots\" = { \"./src\" = \"write\" }"), "", None, 3, "no path below"),
        (x("\":workspace_roots\" = { \"/abs\" = \"write\" }"), "", None, 3, "no path below"),
        (x("\":workspace_roots\" = { \"\" = \"write\" }"), "", None, 3, "no path below"),
        (x("\":workspace_roots\" = { \"**\" = \"write\" }"), "", None, 3, "can only be denied"),
        (x("\":workspace_roots\" = { \"src/*\" = \"read\" }"), "", None, 3, "can only be denied"),
        (x("\":workspace_roots\" = { \".\" = \"allow\" }"), "", None, 3, "no valid grant"),
        (x("\":root\" = \"read\"\n\":rot\" = \"read\""), "", None, 4, "unknown special path"),
        (x("\":root\" = \"read\"\nglob_scan_max_depth = 0"), "", None, 4, "glob_scan_max_depth"),
        (x(""), "", None, 2, "grants no path"),
        ("default_permissions = \"nope\"".to_owned(), "", None, 1, "not defined"),
        ("default_permissions = \":nope\"".to_owned(), "", None, 1, "not defined"),
        ("[permissions.x.filesystem]\n\":root\" = \"write\"".to_owned(), "", None, 1, "none is in force"),
        ("sandbox_mode = \"nope\"".to_owned(), "", None, 1, "unknown sandbox mode"),
        (
            "sandbox_mode = \"read-only\"\ndefault_permissions = \":workspace\"".to_owned(),
            "",
            None,
            1,
            "no effect",
        ),
        ("[permissions.\":x\"]\nextends = \":workspace\"".to_owned(), "", Some("read-only"), 1, "reserved"),
        (
            "default_permissions = \"x\"\n[permissions.x]\nextends = \"x\"".to_owned(),
            "",
            None,
            2,
            "extend each other",
        ),
        (
            "default_permissions = \"x\"\n[permissions.x]\nextends = \"nope\"".to_owned(),
            "",
            None,
            3,
            "not defined",
        ),
        (
            "default_permissions = \"x\"\n[permissions.x]\nextends = \":danger-full-access\"".to_owned(),
            "",
            None,
            3,
            "cannot be extended",
        ),
        (
            "sandbox_mode = \"danger-full-access\"".to_owned(),
            "allowed_sandbox_modes = [\"read-only\"]",
            None,
            1,
            "falls back",
        ),
        (
            "sandbox_mode = \"read-only\"".to_owned(),
            "allowed_sandbox_modes = [\"workspace-write\"]",
            None,
            1,
            "lacks",
        ),
        (
            "default_permissions = \":workspace\"".to_owned(),
            "[allowed_permission_profiles]\n\":read-only\" = true",
            None,
            1,
            "`default_permissions` is missing",
        ),
        (
            x("\"/srv\" = \"write\""),
            "[permissions.filesystem]\ndeny_read = [\"/srv\"]",
            None,
            3,
            "grants what the requirements deny",
        ),
        (
            "sandbox_mode = \"read-only\"".to_owned(),
            "[permissions.filesystem]\ndeny_read = [\"rel\"]",
            None,
            2,
            "relative",
        ),
        (
            "sandbox_mode = \"workspace-write\"\n[sandbox_workspace_write]\nwritable_roots = [\"src\"]"
                .to_owned(),
            "",
            None,
            3,
            "not from the workspace",
        ),
    ] {
        let (_, findings) = compile(&text, requirements, mode);
        let found = findings.iter().find(|finding| finding.message.contains(message));
        let found = found.unwrap_or_else(|| panic!("{text} {requirements}: {findings:?}"));
        assert_eq!(found.place.as_ref().unwrap().line, line, "{text}: {found}");
        assert!(!found.help.is_empty());
    }
    assert!(compile("", "", Some("workspace-wite")).1[0].help.contains("`workspace-write`"));
}

fn path() -> impl Strategy<Value = String> {
    prop::collection::vec("[abc]|\\.git|\\.env", 0..4)
        .prop_map(|parts| format!("/work/app/{}", parts.join("/")))
}

fn key() -> impl Strategy<Value = String> {
    prop::collection::vec("[abc]|\\.git|\\.env|\\*|\\*\\*|[ab]\\*", 1..4).prop_map(|parts| parts.join("/"))
}

proptest! {
    #[test]
    fn one_more_denial_never_opens_anything(
        entries in prop::collection::btree_map("[abc](/[abc]){0,2}", "read|write|deny", 0..4),
        denied in key(),
        path in path(),
        file in any::<bool>(),
    ) {
        let table = |more: &str| {
            let mut keys = entries.clone();
            keys.insert(more.to_owned(), "deny".to_owned());
            if more.is_empty() {
                keys.remove("");
            }
            let keys: Vec<String> = keys.iter().map(|(key, grant)| format!("\"{key}\" = \"{grant}\"")).collect();
            format!(
                "default_permissions = \"x\"\n[permissions.x.filesystem]\n\":root\" = \"read\"\n\
                 \"/work/app\" = \"write\"\n\":workspace_roots\" = {{ {} }}\n",
                keys.join(", ")
            )
        };
        let kind = if file { Kind::File } else { Kind::Missing };
        let (before, after) = (compile(&table(""), "", None).0, compile(&table(&denied), "", None).0);
        let workspace = workspace(&["/work/app"]);
        let (before, after) = (before.bounds(&workspace), after.bounds(&workspace));
        for confinement in [Confinement::Sandboxed, Confinement::Escalated] {
            prop_assert!(after.read(&path, kind, confinement).extent <= before.read(&path, kind, confinement).extent);
            prop_assert!(after.write(&path, kind, confinement).extent <= before.write(&path, kind, confinement).extent);
        }
    }

    #[test]
    fn no_profile_panics(
        keys in prop::collection::btree_map("[:/~.*?{}\\[\\]a-z]{0,8}", "read|write|deny|none|x", 0..4),
        path in "/[a-z./]{0,12}",
    ) {
        let keys: Vec<String> = keys.iter().map(|(key, grant)| format!("\"{key}\" = \"{grant}\"")).collect();
        let text = format!(
            "default_permissions = \"x\"\n[permissions.x.filesystem]\n{}\n\":workspace_roots\" = {{ {} }}\n",
            keys.join("\n"), keys.join(", ")
        );
        let (sandbox, _) = compile(&text, "", None);
        let bounds = sandbox.bounds(&workspace(&["/work/app"]));
        let write = bounds.write(&path, Kind::File, Confinement::Sandboxed).allowed();
        prop_assert!(!write || bounds.read(&path, Kind::File, Confinement::Sandboxed).allowed());
    }
}
