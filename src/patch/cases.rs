//! Tests that a patch adds and takes away.
//!
//! A test counts when it is run and checks something: it holds an assertion, or calls a function of its file that holds
//! one. One that is a copy of another under a new name does not count. A test that moves to another file is neither
//! added nor removed.

use std::collections::{BTreeMap, HashMap, HashSet};

use tree_sitter::{Node, Parser};

use super::change::{FileChange, Side};
use super::language::Language;
use crate::replay::TestsChange;
use crate::source::ContentHash;

/// Longest file that is parsed, in bytes.
const MAX_FILE: usize = 1 << 20;

/// One test.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Case {
    name: String,
    /// It is run and checks something.
    counts: bool,
    assertions: u32,
    /// Identity of what stands in it.
    body: ContentHash,
}

/// The tests of the changed files, afterwards against before; `None` when none is of a known language.
pub(super) fn change(changes: &[FileChange]) -> Option<TestsChange> {
    let known: Vec<&FileChange> =
        changes.iter().filter(|change| Language::of(&change.path).is_some()).collect();
    if known.is_empty() || known.iter().any(|change| change.is_unknown()) && known.len() == 1 {
        return None;
    }
    let readable = known.iter().filter(|change| !change.is_unknown());
    let (mut before, mut after) = (Vec::new(), Vec::new());
    for change in readable {
        let old = change.renamed_from.as_deref().unwrap_or(&change.path);
        before.extend(cases(old, &change.before));
        after.extend(cases(&change.path, &change.after));
    }
    drop_copies(&mut after, &before);
    let (old, new) = (names(&before, true), names(&after, true));
    let hollow = lacking(&names(&after, false), &names(&before, false));
    let sum = |cases: &[Case]| cases.iter().map(|case| i64::from(case.assertions)).sum::<i64>();
    Some(TestsChange {
        added: lacking(&new, &old),
        removed: lacking(&old, &new),
        hollow,
        assertions: i32::try_from(sum(&after) - sum(&before)).unwrap_or_default(),
    })
}

/// How often each name occurs among the tests that count, or among those that do not.
fn names(cases: &[Case], counts: bool) -> BTreeMap<&str, u32> {
    let mut names = BTreeMap::new();
    for case in cases.iter().filter(|case| case.counts == counts) {
        *names.entry(case.name.as_str()).or_default() += 1;
    }
    names
}

/// How many of `these` are more than in `those`.
fn lacking(these: &BTreeMap<&str, u32>, those: &BTreeMap<&str, u32>) -> u32 {
    these.iter().map(|(name, count)| count.saturating_sub(*those.get(name).unwrap_or(&0))).sum()
}

/// A new test with the body of another one checks nothing new.
fn drop_copies(after: &mut [Case], before: &[Case]) {
    let old: HashSet<String> = before.iter().map(|case| case.name.clone()).collect();
    let mut seen: HashSet<ContentHash> =
        after.iter().filter(|case| old.contains(&case.name)).map(|case| case.body).collect();
    for case in after.iter_mut().filter(|case| case.counts && !old.contains(&case.name)) {
        case.counts = seen.insert(case.body);
    }
}

/// The tests in one file.
fn cases(path: &str, side: &Side) -> Vec<Case> {
    let (Some(language), Some(text)) = (Language::of(path), side.text()) else { return Vec::new() };
    if text.len() > MAX_FILE || !language.runs_tests_of(path) {
        return Vec::new();
    }
    let marked = |mark: &&str| memchr::memmem::find(text.as_bytes(), mark.as_bytes()).is_some();
    if !language.marks().iter().any(marked) {
        return Vec::new();
    }
    let mut parser = Parser::new();
    if parser.set_language(&language.grammar()).is_err() {
        return Vec::new();
    }
    let Some(tree) = parser.parse(text, None) else { return Vec::new() };
    let checkers = checkers(language, tree.root_node(), text);
    let mut cases = Vec::new();
    for_each(tree.root_node(), &mut |node| {
        if let Some(declared) = language.test(node, text) {
            let found = inside(language, node, text, &checkers);
            let checks = found.assertions > 0 || found.calls_checker || declared.checks;
            cases.push(Case {
                name: declared.name.to_owned(),
                counts: checks && !declared.skipped && !found.skips,
                assertions: found.assertions,
                body: body(node, text, declared.name),
            });
        }
        if language == Language::Rust && node.kind() == "macro_invocation" {
            cases.extend(in_macro(text.get(node.byte_range()).unwrap_or_default()));
        }
    });
    cases
}

/// Tests in a macro such as `proptest! { … }`, whose inside is no syntax tree.
fn in_macro(text: &str) -> Vec<Case> {
    let mut cases = Vec::new();
    if !text.starts_with("proptest!") && !text.starts_with("quickcheck!") {
        return cases;
    }
    let starts: Vec<usize> = text.match_indices("fn ").map(|(at, _)| at).collect();
    for (number, at) in starts.iter().enumerate() {
        let end = starts.get(number + 1).copied().unwrap_or(text.len());
        let part = &text[*at..end];
        let name: String = part[3..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        let assertions = part.matches("assert").count() as u32;
        let body = ContentHash::of(&part.as_bytes()[3 + name.len()..]);
        cases.push(Case { counts: assertions > 0, name, assertions, body });
    }
    cases
}

/// What stands in a test but for its name.
fn body(node: Node<'_>, text: &str, name: &str) -> ContentHash {
    let inside = text.get(node.byte_range()).unwrap_or_default().replacen(name, "", 1);
    ContentHash::of(inside.split_whitespace().collect::<String>().as_bytes())
}

#[derive(Debug, Default)]
struct Inside {
    assertions: u32,
    skips: bool,
    calls_checker: bool,
}

fn inside(language: Language, node: Node<'_>, text: &str, checkers: &HashSet<&str>) -> Inside {
    let mut found = Inside::default();
    for_each(node, &mut |node| {
        found.assertions += u32::from(language.is_assertion(node, text));
        found.skips |= language.skips(node, text);
        if matches!(node.kind(), "call" | "call_expression" | "method_invocation") {
            let name = node.child_by_field_name("function").or_else(|| node.child_by_field_name("name"));
            let name = name.and_then(|name| text.get(name.byte_range())).unwrap_or_default();
            let last = name.rsplit(['.', ':']).next().unwrap_or_default();
            found.calls_checker |= checkers.contains(last);
        }
    });
    found
}

/// Names of the file's functions that hold assertions and are no tests themselves.
fn checkers<'t>(language: Language, root: Node<'_>, text: &'t str) -> HashSet<&'t str> {
    let mut checks: HashMap<&str, bool> = HashMap::new();
    let none = HashSet::new();
    for_each(root, &mut |node| {
        if let Some(name) = Language::function(node, text).filter(|_| language.test(node, text).is_none()) {
            let known = checks.entry(name).or_default();
            *known = *known || inside(language, node, text, &none).assertions > 0;
        }
    });
    checks.into_iter().filter(|(_, checks)| *checks).map(|(name, _)| name).collect()
}

/// Visits a node and all below it without recursion.
fn for_each(node: Node<'_>, each: &mut dyn FnMut(Node<'_>)) {
    let mut cursor = node.walk();
    loop {
        each(cursor.node());
        if cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(path: &str, before: &str, after: &str) -> TestsChange {
        let side = |text: &str| if text.is_empty() { Side::None } else { Side::Text(text.to_owned()) };
        let change =
            FileChange { path: path.into(), renamed_from: None, before: side(before), after: side(after) };
        change_of(&[change])
    }

    fn change_of(changes: &[FileChange]) -> TestsChange {
        change(changes).unwrap()
    }

    fn counted(path: &str, text: &str) -> (u32, u32) {
        let found = of(path, "", text);
        (found.added, found.hollow)
    }

    /// Files, with the tests in them that count and those that check nothing.
    #[rustfmt::skip]
    const FILES: &[(&str, &str, (u32, u32))] = &[
            (
                "src/a.rs",
                "#[test]\nfn a() { assert!(x); }\n#[tokio::test]\nasync fn b() { assert_eq!(1, y) }\nfn c() { assert!(z) }\n",
                (2, 0),
            ),
            (
                "src/a.rs",
                "#[test]\nfn a() {}\n#[test]\n#[ignore]\nfn b() { assert!(x) }\n#[test]\n#[should_panic]\nfn c() { go() }\n",
                (1, 2),
            ),
            (
                "src/a.rs",
                "// #[test] fn a() { assert!(x) }\nconst T: &str = \"#[test] fn b() { assert!(x) }\";\n",
                (0, 0),
            ),
            ("src/a.rs", "fn check(x: u8) { assert!(x > 1) }\n#[test]\nfn a() { check(2) }\n", (1, 0)),
            (
                "src/a.rs",
                "proptest! { #[test] fn a(x: u8) { prop_assert!(x < 3) }\n #[test] fn b(x: u8) { let _ = x; } }",
                (1, 1),
            ),
            (
                "tests/test_a.py",
                "def test_a():\n    assert f() == 1\n\ndef helper():\n    assert 1\n",
                (1, 0),
            ),
            (
                "tests/test_a.py",
                "class TestA(unittest.TestCase):\n    def test_a(self):\n        self.assertEqual(1, f())\n    def test_b(self):\n        pass\n",
                (1, 1),
            ),
            (
                "tests/test_a.py",
                "@pytest.mark.skip(reason='x')\ndef test_a():\n    assert 1\n\ndef test_b():\n    with pytest.raises(E):\n        f()\n",
                (1, 1),
            ),
            ("src/test_data/a.py", "def test_a():\n    assert 1\n", (0, 0)),
            (
                "a.test.js",
                "describe('x', () => { it('does', () => { expect(f()).toBe(1) }); it.skip('not', () => { expect(1) }) })",
                (1, 1),
            ),
            (
                "a.test.ts",
                "test.each([1, 2])('n %s', (n: number) => { expect(f(n)).toBe(n) });\nit('b', async () => { await f() })",
                (1, 1),
            ),
            ("a.test.tsx", "xdescribe('x', () => { it('a', () => { expect(<A/>).toBe(1) }) })", (0, 1)),
            (
                "a.test.mjs",
                "test('a', (t) => { assert.equal(f(), 1) })\nconst x = \"test('b', () => expect(1))\"",
                (1, 0),
            ),
            (
                "a_test.go",
                "func TestA(t *testing.T) {\n\tif f() != 1 {\n\t\tt.Errorf(\"no\")\n\t}\n}\nfunc Testing() { t.Error() }\nfunc TestB(t *testing.T) { t.Skip(); require.NoError(t, f()) }\n",
                (1, 1),
            ),
            ("a.go", "func TestA(t *testing.T) { t.Error() }\n", (0, 0)),
            (
                "ATest.java",
                "class ATest { @Test void a() { assertEquals(1, f()); } @Test @Disabled void b() { assertTrue(x); } void c() { assertTrue(y); } }",
                (1, 1),
            ),
            ("ATest.java", "class ATest extends TestCase { public void testA() { assertTrue(x); } }", (1, 0)),
        ];

    #[test]
    fn tests_of_every_language() {
        for (path, text, want) in FILES {
            assert_eq!(counted(path, text), *want, "{path}: {text}");
        }
    }

    /// Two tests before, three afterwards: one is gone, two are new; four assertions against two.
    #[test]
    fn what_is_added_and_what_is_taken_away() {
        let before = "#[test]\nfn a() { assert!(x) }\n#[test]\nfn b() { assert!(x) }\n";
        let after = "#[test]\nfn a() { assert!(x); assert!(y) }\n#[test]\nfn c() { assert!(z) }\n#[test]\nfn d() { assert!(w) }\n";
        let found = of("t.rs", before, after);
        assert_eq!((found.added, found.removed, found.hollow, found.assertions), (2, 1, 0, 2));
        assert_eq!(of("t.rs", before, before), TestsChange::default());
        assert_eq!(of("t.rs", before, "").removed, 2);
    }

    #[test]
    fn a_test_that_moves_is_neither_and_a_copy_is_hollow() {
        let test = "#[test]\nfn a() { assert!(x) }\n";
        let file = |path: &str, before: Side, after: Side| FileChange {
            path: path.into(),
            renamed_from: None,
            before,
            after,
        };
        let text = |text: &str| Side::Text(text.to_owned());
        let moved = [file("a.rs", text(test), text("fn f() {}\n")), file("b.rs", Side::None, text(test))];
        assert_eq!(change_of(&moved), TestsChange::default());
        let copied = of("a.rs", test, &format!("{test}#[test]\nfn b() {{ assert!(x) }}\n"));
        assert_eq!((copied.added, copied.hollow), (0, 1));
    }

    #[test]
    fn files_of_other_languages_tell_nothing() {
        let file = FileChange {
            path: "a.md".into(),
            renamed_from: None,
            before: Side::None,
            after: Side::Text("x".into()),
        };
        assert_eq!(change(&[file]), None);
        let unknown =
            FileChange { path: "a.rs".into(), renamed_from: None, before: Side::None, after: Side::Unknown };
        assert_eq!(change(&[unknown]), None);
    }

    proptest::proptest! {
        #[test]
        fn any_text_can_be_read(text: String, path in "[a-z_]{1,8}\\.(rs|py|js|ts|tsx|go|java)") {
            let _ = cases(&path, &Side::Text(text));
        }
    }
}
