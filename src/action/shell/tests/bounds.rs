//! Hostile texts: no panic, no overflow of the stack, no endless work.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::super::{effects, has_forced_rm, rule_segments};
use super::shell;

fn read_all(text: &str) {
    let shell = shell(text);
    let reading = effects(&shell);
    for command in &reading.commands {
        assert!(!command.program.contains('\0'));
    }
    let _ = has_forced_rm(&shell.command);
    let _ = rule_segments(text);
}

#[test]
fn deep_and_long_texts_are_read_quickly() {
    let texts = [
        "(".repeat(10_000),
        format!("{}ls{}", "(".repeat(10_000), ")".repeat(10_000)),
        format!("{}ls{}", "$(".repeat(5_000), ")".repeat(5_000)),
        "{".repeat(20_000),
        format!("echo {}", "{a,b}".repeat(5_000)),
        format!("echo {}", "${A:-".repeat(5_000)),
        "a && ".repeat(50_000) + "b",
        "a | ".repeat(50_000) + "b",
        "if a; then ".repeat(2_000),
        "bash -c '".repeat(1_000),
        "x ".repeat(500_000),
        format!("cat {}", "f ".repeat(400_000)),
        "'".repeat(100_001),
        "cat <<EOF\n".to_owned() + &"line $x\n".repeat(50_000) + "EOF\n",
        "for i in a; do ".repeat(1_000) + &"done; ".repeat(1_000),
        "cd a; ".repeat(50_000),
        "cat <<A ".repeat(2_000),
        "echo \"".to_owned() + &"`".repeat(20_000),
        "[[ ".repeat(5_000),
        "$((".repeat(5_000),
        "A=$A$A;".repeat(5_000) + "cat $A",
        "a=b ".repeat(50_000),
        "find . ".to_owned() + &"-exec find . ".repeat(5_000),
        "sudo ".repeat(100_000) + "rm -f x",
        "env ".repeat(100_000) + "cat x",
        "rm -f ".repeat(100_000),
        "\u{0}\u{1}".repeat(1_000),
    ];
    for text in &texts {
        let start = Instant::now();
        read_all(text);
        let took = start.elapsed();
        let head: String = text.chars().take(20).collect();
        assert!(took < Duration::from_secs(20), "{head:?} took {took:?}");
        if took > Duration::from_millis(500) {
            println!("{head:?} took {took:?}");
        }
    }
}

proptest! {
    #![proptest_config(config(1_500))]

    #[test]
    fn any_text_is_read(text in "\\PC{0,60}") {
        read_all(&text);
    }

    #[test]
    fn any_shell_like_text_is_read(text in "([a-z]{1,3}|[ \\n'\"$(){}|&;<>=~*?#!`\\\\/.-]|<<|\\$\\(|\\$\\{|&&|sed |find |git |curl |if |for |do |done|EOF|cat |xargs |bash -c ){0,25}") {
        read_all(&text);
    }
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
