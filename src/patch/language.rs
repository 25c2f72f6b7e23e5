//! How tests and assertions look in each language.
//!
//! Files are parsed with the grammars of tree-sitter, so that a test in a comment or a string is none.

use tree_sitter::{Language as Grammar, Node};

/// A language whose tests are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    Rust,
    Python,
    JavaScript,
    TypeScript,
    Tsx,
    Go,
    Java,
}

/// A test as it is declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Declared<'t> {
    pub(super) name: &'t str,
    /// It is not run.
    pub(super) skipped: bool,
    /// Its declaration checks something, as `#[should_panic]` does.
    pub(super) checks: bool,
}

impl Language {
    /// The language of a file, by its name.
    pub(super) fn of(path: &str) -> Option<Self> {
        let (_, extension) = path.rsplit_once('.')?;
        Some(match extension {
            "rs" => Self::Rust,
            "py" => Self::Python,
            "js" | "jsx" | "mjs" | "cjs" => Self::JavaScript,
            "ts" | "mts" | "cts" => Self::TypeScript,
            "tsx" => Self::Tsx,
            "go" => Self::Go,
            "java" => Self::Java,
            _ => return None,
        })
    }

    pub(super) fn grammar(self) -> Grammar {
        match self {
            Self::Rust => tree_sitter_rust::LANGUAGE.into(),
            Self::Python => tree_sitter_python::LANGUAGE.into(),
            Self::JavaScript => tree_sitter_javascript::LANGUAGE.into(),
            Self::TypeScript => tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(),
            Self::Tsx => tree_sitter_typescript::LANGUAGE_TSX.into(),
            Self::Go => tree_sitter_go::LANGUAGE.into(),
            Self::Java => tree_sitter_java::LANGUAGE.into(),
        }
    }

    /// Does the language's test runner look into this file at all?
    pub(super) fn runs_tests_of(self, path: &str) -> bool {
        let name = path.rsplit('/').next().unwrap_or(path);
        let folders = || path.split('/').rev().skip(1);
        match self {
            Self::Python => {
                name.starts_with("test")
                    || name.ends_with("_test.py")
                    || folders().any(|f| f == "tests" || f == "test")
            }
            Self::Go => name.ends_with("_test.go"),
            _ => true,
        }
    }

    /// Words without which a file holds no test; most files need not be parsed.
    pub(super) fn marks(self) -> &'static [&'static str] {
        match self {
            Self::Rust => &["test]", "test(", "test_", "rstest", "#[case", "proptest", "quickcheck"],
            Self::Python => &["def test"],
            Self::JavaScript | Self::TypeScript | Self::Tsx => &["it(", "it.", "test(", "test.", "specify"],
            Self::Go => &["func Test", "func Fuzz", "func Example"],
            Self::Java => &["Test", "Property", "void test"],
        }
    }

    /// The test that this node declares.
    pub(super) fn test<'t>(self, node: Node<'_>, text: &'t str) -> Option<Declared<'t>> {
        match self {
            Self::Rust => rust(node, text),
            Self::Python => python(node, text),
            Self::JavaScript | Self::TypeScript | Self::Tsx => javascript(node, text),
            Self::Go => go(node, text),
            Self::Java => java(node, text),
        }
    }

    /// The name of the function that this node declares, test or not.
    pub(super) fn function<'t>(node: Node<'_>, text: &'t str) -> Option<&'t str> {
        let declares = matches!(
            node.kind(),
            "function_item"
                | "function_definition"
                | "function_declaration"
                | "method_declaration"
                | "method_definition"
        );
        if declares { field(node, "name", text) } else { None }
    }

    /// Does this node check something?
    pub(super) fn is_assertion(self, node: Node<'_>, text: &str) -> bool {
        let Some(called) = called(node, text) else {
            return self == Self::Python && node.kind() == "assert_statement";
        };
        let (object, name) = called.rsplit_once(['.', ':']).unwrap_or(("", called));
        let object = object.trim_end_matches(':').rsplit(['.', ':']).next().unwrap_or_default();
        let starts = |words: &[&str]| words.iter().any(|word| name.starts_with(word));
        match self {
            Self::Rust => {
                node.kind() == "macro_invocation"
                    && (starts(&["assert", "debug_assert", "prop_assert", "panic", "unreachable"]))
                    || node.kind() == "call_expression" && starts(&["assert_", "expect_"])
            }
            Self::Python => {
                starts(&["assert", "fail"])
                    || matches!(name, "raises" | "warns" | "approx" if object == "pytest")
            }
            Self::JavaScript | Self::TypeScript | Self::Tsx => {
                starts(&["expect", "assert", "should"])
                    || matches!(object, "assert" | "expect" | "chai")
                    || matches!(name, "toMatchSnapshot" | "toThrow" | "rejects")
                    || matches!(object, "t")
                        && matches!(
                            name,
                            "is" | "not"
                                | "deepEqual"
                                | "equal"
                                | "true"
                                | "false"
                                | "throws"
                                | "ok"
                                | "same"
                        )
            }
            Self::Go => {
                matches!(object, "assert" | "require" | "is" | "qt")
                    || matches!(name, "Error" | "Errorf" | "Fatal" | "Fatalf" | "Fail" | "FailNow")
                        && object.len() <= 2
            }
            Self::Java => {
                starts(&["assert", "verify", "fail", "expect", "andExpect", "should"])
                    || (name == "then" && object != "Promise")
            }
        }
    }

    /// Does this node say inside of a test that it is not run?
    pub(super) fn skips(self, node: Node<'_>, text: &str) -> bool {
        let Some(called) = called(node, text) else { return false };
        match self {
            Self::Go => matches!(called, "t.Skip" | "t.Skipf" | "t.SkipNow"),
            Self::Python => matches!(called, "pytest.skip" | "self.skipTest"),
            _ => false,
        }
    }
}

/// What a call or a macro names.
fn called<'t>(node: Node<'_>, text: &'t str) -> Option<&'t str> {
    let name = match node.kind() {
        "call" | "call_expression" => field(node, "function", text),
        "macro_invocation" => field(node, "macro", text),
        "method_invocation" => field(node, "name", text),
        _ => None,
    }?;
    // A call on a long chain is told by its end.
    Some(name.lines().last().unwrap_or(name).trim())
}

fn field<'t>(node: Node<'_>, name: &str, text: &'t str) -> Option<&'t str> {
    text.get(node.child_by_field_name(name)?.byte_range())
}

fn of<'t>(node: Node<'_>, text: &'t str) -> &'t str {
    text.get(node.byte_range()).unwrap_or_default()
}

/// `#[test]`, `#[tokio::test]`, `#[rstest]`, `#[test_case(…)]` and the like before a function.
fn rust<'t>(node: Node<'_>, text: &'t str) -> Option<Declared<'t>> {
    if node.kind() != "function_item" {
        return None;
    }
    let (mut test, mut skipped, mut checks) = (false, false, false);
    let mut before = node.prev_sibling();
    while let Some(sibling) =
        before.filter(|s| matches!(s.kind(), "attribute_item" | "line_comment" | "block_comment"))
    {
        if sibling.kind() == "attribute_item" {
            let attribute = of(sibling, text).trim_start_matches("#[").trim_start();
            let end = attribute
                .find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | ':')))
                .unwrap_or(attribute.len());
            let name = attribute[..end].rsplit(':').next().unwrap_or_default();
            test |= matches!(
                name,
                "test"
                    | "rstest"
                    | "test_case"
                    | "case"
                    | "quickcheck"
                    | "wasm_bindgen_test"
                    | "test_log"
                    | "proptest"
            );
            skipped |= name == "ignore";
            checks |= name == "should_panic";
        }
        before = sibling.prev_sibling();
    }
    test.then_some(Declared { name: field(node, "name", text)?, skipped, checks })
}

/// `def test…`, at the top or in a class of tests.
fn python<'t>(node: Node<'_>, text: &'t str) -> Option<Declared<'t>> {
    if node.kind() != "function_definition" {
        return None;
    }
    let name = field(node, "name", text).filter(|name| name.starts_with("test"))?;
    let mut skipped = false;
    let mut above = node.parent();
    while let Some(parent) = above {
        match parent.kind() {
            // A function in a function is no test.
            "function_definition" => return None,
            "decorated_definition" => {
                let mut cursor = parent.walk();
                skipped |= parent.children(&mut cursor).filter(|child| child.kind() == "decorator").any(
                    |decorator| {
                        let name = of(decorator, text).trim_start_matches('@');
                        let name = name.split('(').next().unwrap_or_default().trim();
                        name.rsplit('.').next() == Some("skip")
                    },
                );
            }
            _ => {}
        }
        above = parent.parent();
    }
    Some(Declared { name, skipped, checks: false })
}

/// `it("…", …)`, `test("…", …)` with their `.only`, `.each(…)` and `.skip`.
fn javascript<'t>(node: Node<'_>, text: &'t str) -> Option<Declared<'t>> {
    if node.kind() != "call_expression" {
        return None;
    }
    let function = node.child_by_field_name("function")?;
    let callee = match function.kind() {
        // `it.each([…])("…", …)`
        "call_expression" => field(function, "function", text)?,
        _ => of(function, text),
    };
    let mut parts = callee.split('.');
    let first = parts.next()?;
    let rest: Vec<&str> = parts.collect();
    let known = matches!(first, "it" | "test" | "specify" | "fit" | "xit" | "xtest" | "xspecify")
        || matches!((first, rest.as_slice()), ("Deno" | "t", ["test"]));
    let modified = rest.iter().all(|part| {
        matches!(
            *part,
            "only" | "skip" | "todo" | "each" | "concurrent" | "failing" | "fails" | "serial" | "test"
        )
    });
    let arguments = node.child_by_field_name("arguments")?;
    let name =
        arguments.named_child(0).filter(|first| matches!(first.kind(), "string" | "template_string"))?;
    if !known || !modified || function.kind() == "call_expression" && !rest.contains(&"each") {
        return None;
    }
    let skipped = first.starts_with('x')
        || rest.iter().any(|part| matches!(*part, "skip" | "todo"))
        || in_skipped_suite(node, text);
    Some(Declared { name: of(name, text).trim_matches(['"', '\'', '`']), skipped, checks: false })
}

/// Does a `describe.skip` or `xdescribe` lie around it?
fn in_skipped_suite(node: Node<'_>, text: &str) -> bool {
    std::iter::successors(node.parent(), Node::parent).any(|above| {
        above.kind() == "call_expression"
            && field(above, "function", text)
                .is_some_and(|name| matches!(name, "describe.skip" | "xdescribe" | "suite.skip"))
    })
}

/// `func TestX(t *testing.T)`, `FuzzX` and `ExampleX`.
fn go<'t>(node: Node<'_>, text: &'t str) -> Option<Declared<'t>> {
    if node.kind() != "function_declaration" {
        return None;
    }
    let name = field(node, "name", text)?;
    let named = |word: &str| {
        let rest = name.strip_prefix(word);
        rest.is_some_and(|rest| !rest.starts_with(char::is_lowercase))
    };
    let example = named("Example");
    let checks = example && of(node, text).contains("// Output:");
    (named("Test") && name != "TestMain" || named("Fuzz") || example).then_some(Declared {
        name,
        skipped: false,
        checks,
    })
}

/// `@Test` and its kin before a method, or `testX` in a `TestCase`.
fn java<'t>(node: Node<'_>, text: &'t str) -> Option<Declared<'t>> {
    if node.kind() != "method_declaration" {
        return None;
    }
    let mut cursor = node.walk();
    let modifiers =
        node.children(&mut cursor).find(|child| child.kind() == "modifiers").map_or("", |m| of(m, text));
    let annotation = |name: &str| {
        modifiers.match_indices('@').any(|(at, _)| {
            let rest = &modifiers[at + 1..];
            let end =
                rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '.' | '_'))).unwrap_or(rest.len());
            rest[..end].rsplit('.').next() == Some(name)
        })
    };
    let test = ["Test", "ParameterizedTest", "RepeatedTest", "TestFactory", "TestTemplate", "Property"]
        .iter()
        .any(|name| annotation(name));
    let name = field(node, "name", text)?;
    let class =
        std::iter::successors(node.parent(), Node::parent).find(|above| above.kind() == "class_declaration");
    let old = name.starts_with("test")
        && class
            .is_some_and(|class| field(class, "superclass", text).is_some_and(|s| s.contains("TestCase")));
    let skipped = annotation("Disabled") || annotation("Ignore");
    (test || old).then_some(Declared { name, skipped, checks: modifiers.contains("expected") })
}
