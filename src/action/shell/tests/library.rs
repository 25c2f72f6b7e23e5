//! Scripts in files, with and without their texts.

use super::{line, shell};
use crate::action::shell::{Library, Script, effects, effects_among};

fn library() -> Library {
    let file = |text: &str, executable| Script::File { text: text.to_owned(), executable };
    let mut library = Library::default();
    for (path, script) in [
        ("plain.sh", file("touch made\n", false)),
        ("./run", file("#!/bin/sh\ncat \"$1\"\n", true)),
        ("./plain.sh", file("touch made\n", false)),
        ("./tool", file("#!/usr/bin/env python3\n", true)),
        ("env.sh", file("NAME=x\ncd sub\n", false)),
        ("early.sh", file("return 0\ntouch never\n", false)),
        ("ends.sh", file("exit 0\n", false)),
        ("outer.sh", file("sh plain.sh\nsh deeper.sh\n", false)),
        ("loop.sh", file(". loop.sh\n", false)),
        ("gone.sh", Script::Missing),
        ("dark.sh", Script::Unknown),
    ] {
        library.add(path.to_owned(), script);
    }
    library
}

#[test]
fn scripts_whose_texts_are_known_are_read() {
    let library = library();
    for (command, expected) in [
        ("sh plain.sh", "r plain.sh | w made"),
        ("cd a; sh ../plain.sh", "r a/../plain.sh | ?code sh"),
        ("./run f", "r ./run | r f"),
        ("./plain.sh", "r ./plain.sh"),
        ("./tool", "r ./tool | ?program tool"),
        ("source env.sh; cat $NAME", "r env.sh | r sub/x"),
        ("(. env.sh); cat y", "r env.sh | r y"),
        ("source early.sh; cat y", "r early.sh | r y"),
        ("source ends.sh; cat y", "r ends.sh"),
        ("sh ends.sh; cat y", "r ends.sh | r y"),
        ("sh gone.sh; source gone.sh", "r gone.sh"),
        ("sh dark.sh", "r dark.sh | ?code sh"),
        ("sh outer.sh", "r outer.sh | r plain.sh | w made | r deeper.sh | ?code sh"),
        ("echo x > plain.sh; sh plain.sh", "w plain.sh | r plain.sh | ?code sh"),
    ] {
        let shell = shell(command);
        assert_eq!(line(&effects_among(&shell, Some(&library)).effects), expected, "{command}");
    }
}

#[test]
fn a_script_that_runs_itself_is_read_to_an_end() {
    let (library, shell) = (library(), shell(". loop.sh"));
    assert_eq!(line(&effects_among(&shell, Some(&library)).effects), "r loop.sh | ?complex");
}

#[test]
fn a_script_that_may_not_be_executed_fails_with_words_of_a_refusal() {
    let library = library();
    for (command, expected) in
        [("./plain.sh", true), ("./plain.sh; ls", false), ("./plain.sh || true", false), ("./run f", false)]
    {
        let shell = shell(command);
        assert_eq!(effects_among(&shell, Some(&library)).failure.speaks, expected, "{command}");
    }
}

#[test]
fn scripts_that_are_not_known_are_named() {
    for (command, expected) in [
        ("sh a.sh && ./b", &["a.sh"][..]),
        ("./b", &["./b"]),
        ("source c/d", &["c/d"]),
        ("cd x && bash y.sh", &["x/y.sh"]),
        ("false && sh a.sh", &[]),
        ("sh \"$X\"", &[]),
        ("bash -c 'sh a.sh'", &["a.sh"]),
        ("xargs -a words rm", &["words"]),
        ("cat a", &[]),
    ] {
        assert_eq!(effects(&shell(command)).scripts, expected, "{command}");
    }
}
