//! The short path gives what the grammar gives, wherever it gives anything.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::super::{forced_rm, plain, tree, words};

fn agrees(text: &str) {
    assert_eq!(words::rule_segments(text), words::tree_segments(text), "words of {text:?}");
    assert_eq!(forced_rm::script(text, 0), forced_rm::tree_script(text, 0), "forced rm in {text:?}");
    if let Some(items) = plain::read(text) {
        assert_eq!(items, tree::read(text), "{text:?}");
    }
}

#[rustfmt::skip]
const EXAMPLES: &[&str] = &[
    "ls", "cat a b", "cat 'a b' \"c d\" && ls -la | head -n 5", "a; b;", "a\nb\n", "\n a", "a # c\nb",
    "A=b c", "A=$B c", "a > f", "a >> f 2>&1", "a 2>/dev/null", "a 2> /dev/null || b", "a < f", "a &> f",
    "a >& f", "a >| f", "a $X ${Y} \"$Z/x\"", "a 'it'\\''s'", "a *.rs b?c", "a x=y --z=\"w v\"",
    "a | b | c && d || e ; f", "a ~/x ~", "a -", "a --", "a % @ + , : .", "a !b", "A=1", "A=1; b $A",
    "a \"x\ny\"", "a \"\\\"\"", "a \"b\\nc\"", "a 1>f", "a 12>f", "a 1 >f", "/bin/a", "./a", "../a b",
    "a b#c", "a é", "a | b > f", "a > f | b", "a && b > f", "echo 2", "a 2>&1 | b", "a 2>&1 >/dev/null",
    "a=b=c d", "a >f >g", "a&&b", "a|b", "a;b", "a \t b", "1a b", "-x", "a b\n\n\nc", "a &&\n b", "a |\nb",
    "a ||\n\n b", "a = b", "a == b", "a =~ b", "test a = b && c",
];

#[test]
fn on_examples() {
    let mut plain_ones = 0;
    for text in EXAMPLES {
        agrees(text);
        plain_ones += usize::from(plain::read(text).is_some());
    }
    assert!(plain_ones > 45, "only {plain_ones} took the short path");
}

proptest! {
    #![proptest_config(config(3_000))]

    #[test]
    fn on_near_plain_scripts(text in script()) {
        agrees(&text);
    }

    #[test]
    fn on_any_shell_like_text(text in "[a-z0-9 \\t\\n'\"$(){}\\[\\]|&;<>=~*?#!%@^`\\\\/.,:+-]{0,24}") {
        agrees(&text);
    }
}

fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        2 => "rm|sudo|env|-f|-rf|--force|--|trap|bash|-c|'rm -f x'",
        8 => "[a-zA-Z][a-zA-Z0-9_./-]{0,6}",
        2 => "-{1,2}[a-zA-Z]{1,4}(=[a-z0-9./]{0,3})?",
        2 => "'[a-z \"$*|&;<>(){}\\\\#]{0,6}'",
        2 => "\"[a-z '*|&;<>(){}#/.-]{0,6}\"",
        1 => "\"[a-z]{0,2}\\$[A-Z]{1,2}[a-z/]{0,2}\"",
        1 => "\\$(\\{[A-Z_]{1,3}\\}|[A-Z_]{1,3})",
        1 => "[a-z*?~/.]{1,4}",
        1 => "[0-9]{1,3}[a-z]{0,1}",
        1 => "[a-z]{1,2}(\"[a-z ]{0,2}\"|'[a-z ]{0,2}'){1,2}[a-z]{0,2}",
        1 => "[a-z0-9%@+,:!=#^._-]{1,4}",
        1 => "[A-Z]{1,2}=[a-z\"'$]{0,3}",
        1 => Just("\"a\\\"b\"".to_owned()),
        1 => "if|then|do|done|fi|for|in|case|time|export|function|\\[|\\]|\\{|\\}|!",
        1 => "é|日本|\u{a0}|\u{200b}",
    ]
}

fn redirect() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(" > f".to_owned()),
        Just(" >f".to_owned()),
        Just(" >> 'f g'".to_owned()),
        Just(" 2>/dev/null".to_owned()),
        Just(" 2>&1".to_owned()),
        Just(" < f".to_owned()),
        Just(" &> f".to_owned()),
        Just(" >&2".to_owned()),
        Just(" 1> f".to_owned()),
        Just(" 2> f".to_owned()),
        Just(" >| f".to_owned()),
        Just(" <<< f".to_owned()),
    ]
}

fn command() -> impl Strategy<Value = String> {
    let words = proptest::collection::vec(word(), 1..4);
    let redirects = proptest::collection::vec(redirect(), 0..2);
    (
        proptest::option::weighted(0.15, "[A-Z]{1,2}=[a-z]{0,2} "),
        words,
        redirects,
        proptest::option::weighted(0.1, word()),
    )
        .prop_map(|(assignment, words, redirects, more)| {
            let more = more.map(|word| format!(" {word}")).unwrap_or_default();
            format!("{}{}{}{more}", assignment.unwrap_or_default(), words.join(" "), redirects.concat())
        })
}

fn script() -> impl Strategy<Value = String> {
    let operator = prop_oneof![
        Just(" && ".to_owned()),
        Just(" || ".to_owned()),
        Just(" | ".to_owned()),
        Just("; ".to_owned()),
        Just(";".to_owned()),
        Just("\n".to_owned()),
        Just(" &&\n".to_owned()),
        Just("|".to_owned()),
        Just("&&".to_owned()),
        Just(" # x\n".to_owned()),
        Just(" ;\n".to_owned()),
        Just("\n\n".to_owned()),
        Just(" & ".to_owned()),
        Just(" |& ".to_owned()),
    ];
    let more = proptest::collection::vec((operator, command()), 0..3);
    let end = prop_oneof![4 => Just(String::new()), 1 => Just(";".to_owned()), 1 => Just("\n".to_owned()), 1 => Just(" ".to_owned()), 1 => Just(" # c".to_owned())];
    (command(), more, end).prop_map(|(first, more, end)| {
        let rest: String = more.into_iter().map(|(operator, command)| operator + &command).collect();
        first + &rest + &end
    })
}

/// The same cases on every run, and no files written.
fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        rng_seed: RngSeed::Fixed(7),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}
