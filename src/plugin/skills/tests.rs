use proptest::prelude::*;

use super::*;
use crate::plugin::tests::{Fixture, texts};
use crate::source::TextFile;

fn skills(fixture: &Fixture) -> (Vec<(String, String)>, Vec<String>) {
    let (plugin, findings) = fixture.plugin();
    let skills = plugin.skills.into_iter().map(|skill| (skill.name, skill.description)).collect();
    (skills, texts(&findings))
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

/// What `skills/list` of Codex 0.169.0 listed for these blocks; `None` for those among its errors.
const BLOCKS: &[(&str, Option<(&str, &str)>)] = &[
    ("name: x", None),
    ("description: \"\"", None),
    ("description: \"   \"", None),
    ("description: 3", Some(("f", "3"))),
    ("description: true", Some(("f", "true"))),
    ("description: [a]", None),
    ("description:", None),
    ("description: ~", None),
    ("description: null", None),
    ("description: a: b", Some(("f", "a: b"))),
    ("name: x\ndescription: Use when: foo: bar\nother: {x", Some(("x", "Use when: foo: bar"))),
    ("name: 5\ndescription: d", Some(("5", "d"))),
    ("name: \"\"\ndescription: d", Some(("f", "d"))),
    ("name: null\ndescription: d", Some(("f", "d"))),
    ("name: \"x\ndescription: d", None),
    ("\tname: x\ndescription: d", None),
    ("name: a\nname: b\ndescription: d", None),
    ("description: >\n  folded\n  text\nname: m", Some(("m", "folded text"))),
    ("name: [a]\ndescription: d", None),
    ("description: it's \"ok\" #c", Some(("f", "it's \"ok\""))),
    ("description: @foo", Some(("f", "@foo"))),
    ("description: `foo`", Some(("f", "`foo`"))),
    ("description: *foo", None),
    ("description: %foo", None),
    ("description: {foo}", None),
    ("description: {foo: bar", Some(("f", "{foo: bar"))),
    ("description: [foo", Some(("f", "[foo"))),
    ("description: &a foo", Some(("f", "foo"))),
    ("description: !!str 3", Some(("f", "3"))),
    ("description: \"a: b", None),
    ("description: a: \"b", Some(("f", "a: \"b"))),
    ("description: @a: b", Some(("f", "@a: b"))),
    ("description: %foo: x", Some(("f", "%foo: x"))),
    ("description: \"a\" b", None),
    ("description: |x", None),
    ("description: - a", None),
    ("description: a #b", Some(("f", "a"))),
    ("name: a: b\ndescription: d", Some(("a: b", "d"))),
    ("description: d\nversion: @x", Some(("f", "d"))),
    ("allowed-tools: *\ndescription: d", None),
    ("description: d\nallowed-tools: [a", Some(("f", "d"))),
    ("description: d\nmetadata: 3", None),
    ("description: d\nmetadata:\n  short-description: s", Some(("f", "d"))),
    ("metadata:\n  short-description: a: b\ndescription: d", Some(("f", "d"))),
    ("description: [a]\nversion: a: b", None),
    ("description: {a: b}\nversion: a: b", Some(("f", "{a: b}"))),
    ("description: {a}\nversion: a: b", None),
    ("description: [a: b]\nversion: a: b", Some(("f", "[a: b]"))),
    ("description: {a\nversion: a: b", Some(("f", "{a"))),
    ("description: 'a' b\nversion: a: b", None),
    ("description: !t x\nversion: a: b", Some(("f", "x"))),
    ("description: *x\nversion: a: b", None),
    ("description: > x\nversion: a: b", None),
    ("description: # c\nversion: a: b", None),
    ("description: a #b: c\nversion: a: b", Some(("f", "a"))),
    ("description: - x\nversion: a: b", None),
    ("description: a:\nversion: a: b", None),
    ("description: @x #c\nversion: a: b", Some(("f", "@x"))),
    ("description: ?x\nversion: a: b", Some(("f", "?x"))),
    ("description: ,x\nversion: a: b", None),
    ("description: it's: x\nversion: a: b", Some(("f", "it's: x"))),
    ("description: a\t: b\nversion: a: b", Some(("f", "a : b"))),
    ("description: \"a\": b\nversion: a: b", None),
    ("description: > x: y\nversion: a: b", None),
    ("description: | x: y\nversion: a: b", None),
    ("description: *x: y\nversion: a: b", Some(("f", "*x: y"))),
    ("description: &a x: y\nversion: a: b", Some(("f", "&a x: y"))),
    ("description: - x: y\nversion: a: b", Some(("f", "- x: y"))),
    ("description: ~: x\nversion: a: b", Some(("f", "~: x"))),
    ("description: : x\nversion: a: b", Some(("f", ": x"))),
    ("  description: a: b", Some(("f", "a: b"))),
    ("description:   a: b   ", Some(("f", "a: b"))),
    ("description:\ta: b", Some(("f", "a: b"))),
    ("description: >\n  a: b: c\n  [x\nv: a: b", Some(("f", "a: b: c [x"))),
    ("description: d\nl:\n  - a: b: c", Some(("f", "d"))),
    ("\"description\": a: b", Some(("f", "a: b"))),
    ("description: d\na b: c: d", Some(("f", "d"))),
    ("description:a: b\nv: w: z", None),
    ("description: d\n- x: y: z", None),
    ("description: d\nl:\n  k: [x", Some(("f", "d"))),
    ("description: d # c: e\nv: a: b", Some(("f", "d"))),
    ("# description: x: y\ndescription: d\nv: a: b", Some(("f", "d"))),
    ("description: \"x\n  y: z\"\nv: a: b", Some(("f", "x y: z"))),
    ("description: x: y # c", Some(("f", "x: y"))),
    ("description: {a: b}", Some(("f", "{a: b}"))),
    ("description: {a: b}\nmetadata:\n  short-description: s", Some(("f", "{a: b}"))),
    ("- a", None),
    ("foo", None),
    ("name: a/b\ndescription: d", Some(("a/b", "d"))),
    ("name: \"a\\nb\"\ndescription: \"x\\ny\"", Some(("a b", "x y"))),
];

#[test]
fn frontmatter_is_read_as_codex_reads_it() {
    for (block, expected) in BLOCKS {
        let fixture = Fixture::new(&[("skills/f/SKILL.md", &format!("---\n{block}\n---\nbody\n"))]);
        let (found, findings) = skills(&fixture);
        let expected: Vec<_> =
            expected.map(|(name, text)| (format!("p:{name}"), text.to_owned())).into_iter().collect();
        assert_eq!(found, expected, "{block}: {findings:?}");
        assert_eq!(findings.is_empty(), !expected.is_empty(), "{block}: {findings:?}");
    }
}

#[test]
fn the_block_needs_its_lines() {
    for (text, listed) in [
        ("hello", false),
        ("---\r\ndescription: d\r\n---\r\nx", true),
        ("\u{feff}---\ndescription: d\n---\nx", false),
        ("---\ndescription: d\n", false),
        ("---\ndescription: d\n---", true),
        ("\n---\ndescription: d\n---\n", false),
        ("--- \ndescription: d\n--- \n", true),
        ("---\n---\n", false),
        ("---\ndescription: d\n...\n", false),
    ] {
        let (found, findings) = skills(&Fixture::new(&[("skills/f/SKILL.md", text)]));
        assert_eq!(found.len(), usize::from(listed), "{text:?}");
        assert_eq!(findings.is_empty(), listed, "{text:?}");
    }
}

#[test]
fn names_end_at_64_characters() {
    for (length, listed) in [(64, true), (65, false)] {
        let text = format!("---\nname: {}\ndescription: d\n---\n", "ä".repeat(length));
        let (found, findings) = skills(&Fixture::new(&[("skills/f/SKILL.md", &text)]));
        assert_eq!(found.len(), usize::from(listed));
        if !listed {
            assert_eq!(
                findings,
                [
                    "Warning plugin/skills/f/SKILL.md:2:1: Codex drops this skill: its name is longer than 64 characters"
                ]
            );
        }
    }
}

#[test]
fn skills_are_found_six_folders_deep_outside_hidden_ones() {
    let text = |name: &str| format!("---\ndescription: {name}\n---\n");
    let deep = "skills/n1/n2/n3/n4/n5/n6";
    let fixture = Fixture::new(&[
        ("skills/a/SKILL.md", &text("a")),
        ("skills/a/inner/SKILL.md", &text("inner")),
        ("skills/.hid/SKILL.md", &text("hidden")),
        ("skills/b/skill.md", &text("lower case")),
        ("skills/SKILL.md", &text("root")),
        (&format!("{deep}/SKILL.md"), &text("six")),
        (&format!("{deep}/n7/SKILL.md"), &text("seven")),
    ]);
    let expected = [("p:skills", "root"), ("p:a", "a"), ("p:inner", "inner"), ("p:n6", "six")];
    assert_eq!(skills(&fixture), (pairs(&expected), vec![]));
}

#[test]
fn manifest_paths_replace_the_default() {
    for (field, expected) in [
        (r#""./sk2/""#, &["p:a"][..]),
        (r#"["./sk2", "./sk3"]"#, &["p:a", "p:b"]),
        (r#""sk2""#, &["p:d"]),
        (r#""./sk2/a""#, &["p:a"]),
        (r#""./nope""#, &[]),
        ("[]", &["p:d"]),
        ("3", &["p:d"]),
        (r#""./sk2/a/SKILL.md""#, &[]),
        (r#"["./skills", "./sk2"]"#, &["p:a", "p:d"]),
        (r#"["./sk2", 3]"#, &["p:d"]),
        (r#"["./sk2", "../x"]"#, &["p:a"]),
        (r#""./""#, &["p:d"]),
        (r#""./a/../sk2""#, &["p:d"]),
        (r#"["./sk2", "./sk2/a"]"#, &["p:a"]),
    ] {
        let text = |name: &str| format!("---\ndescription: {name}\n---\n");
        let fixture = Fixture::new(&[
            (".codex-plugin/plugin.json", &format!(r#"{{"name": "p", "skills": {field}}}"#)),
            ("skills/d/SKILL.md", &text("d")),
            ("sk2/a/SKILL.md", &text("a")),
            ("sk3/b/SKILL.md", &text("b")),
        ]);
        let (found, findings) = skills(&fixture);
        let found: Vec<_> = found.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(found, expected, "{field}: {findings:?}");
    }
}

#[test]
fn implicit_use_and_switching_off() {
    let text = "---\ndescription: d\n---\n";
    let fixture = Fixture::new(&[
        ("skills/a/SKILL.md", text),
        ("skills/a/agents/openai.yaml", "policy:\n  allow_implicit_invocation: false\n"),
        ("skills/b/SKILL.md", text),
        ("skills/b/agents/openai.yaml", "policy: [\n"),
        ("skills/c/SKILL.md", text),
        ("skills/c/agents/openai.yaml", "policy:\n  allow_implicit_invocation: \"no\"\n"),
    ])
    .config(
        "[[skills.config]]\npath = \"/h/plugins/cache/m/p/1/skills/a/SKILL.md\"\nenabled = false\n\
         [[skills.config]]\nname = \"p:b\"\nenabled = false\n\
         [[skills.config]]\npath = \"/h/plugins/cache/m/p/1/skills/c\"\nenabled = false\n",
    );
    let (plugin, findings) = fixture.plugin();
    let flags: Vec<_> = plugin.skills.iter().map(|s| (s.name.as_str(), s.implicit, s.enabled)).collect();
    assert_eq!(flags, [("p:a", false, false), ("p:b", true, false), ("p:c", true, true)]);
    assert_eq!(findings.iter().filter(|finding| finding.code == "skill-metadata").count(), 2);
}

#[test]
fn commands_become_skills() {
    let fixture = Fixture::new(&[
        ("commands/fix.md", "---\ndescription: Fix it\n---\nDo so.\n"),
        ("commands/sub/Two Words.md", "---\ndescription: two\n---\n"),
        ("commands/args.md", "---\ndescription: d\n---\nuse $ARGUMENTS\n"),
        ("commands/one.md", "---\ndescription: d\n---\nuse $1\n"),
        ("commands/at.md", "---\ndescription: d\n---\nread @file\n"),
        ("commands/none.md", "no frontmatter\n"),
        ("commands/README.md", "about\n"),
        ("commands/x y.md", "---\ndescription: d\n---\n"),
        ("commands/x-y.md", "---\ndescription: d\n---\n"),
    ]);
    let (found, findings) = skills(&fixture);
    assert_eq!(
        found,
        pairs(&[("p:source-command-fix", "Fix it"), ("p:source-command-sub-two-words", "two")])
    );
    assert_eq!(findings.len(), 6, "{findings:#?}");
}

proptest! {
    #[test]
    fn any_skill_file_is_read_without_panic(block in "[-a-c:{}\\[\\]&*!|>'\" \\n#~]{0,60}") {
        let file = TextFile::new("SKILL.md", format!("---\n{block}\n---\n"));
        frontmatter::read(&file, "f", &mut Vec::new());
    }

    #[test]
    fn aliases_cannot_grow_without_bound(depth in 1_usize..40) {
        let lines = (1..=depth).map(|level| {
            let below = level - 1;
            format!("a{level}: &a{level} [*a{below}, *a{below}]\n")
        });
        let text: String = std::iter::once("a0: &a0 [x, x]\n".to_owned()).chain(lines).collect();
        let file = TextFile::new("x.yaml", text.as_str());
        let node = read_yaml(&file, &text, 1, &mut Vec::new());
        prop_assert!(depth > 8 || node.is_some());
        prop_assert!(depth < 16 || node.is_none());
    }
}
