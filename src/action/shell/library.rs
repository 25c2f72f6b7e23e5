//! Scripts that commands run by their paths: a reading names them, and is made again where their texts are known.

use std::collections::HashMap;

/// Most scripts that one reading names.
pub(super) const MAX_NAMED: usize = 16;

/// What lies where a command looks for a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Script {
    /// A file.
    File {
        /// Its text.
        text: String,
        /// It may be executed.
        executable: bool,
    },
    /// No file, so that nothing runs.
    Missing,
    /// Not known.
    Unknown,
}

/// Scripts by the paths under which a reading names them.
#[derive(Clone, Debug, Default)]
pub struct Library {
    scripts: HashMap<String, Script>,
}

impl Library {
    /// Whether a path was asked for.
    pub fn has(&self, path: &str) -> bool {
        self.scripts.contains_key(path)
    }

    /// Adds what lies at a path.
    pub fn add(&mut self, path: String, script: Script) {
        self.scripts.insert(path, script);
    }

    pub(super) fn get(&self, path: &str) -> Option<&Script> {
        self.scripts.get(path)
    }
}

/// Who runs a script that is called by its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Interpreter {
    /// A shell of the family that is read; `strict` ends the script at the first command that fails (`-e`).
    Shell {
        /// `-e`
        strict: bool,
    },
    /// Another program.
    Other,
}

/// What the first line of a script says of who runs it. A shell runs texts without such a line itself.
pub(super) fn interpreter(text: &str) -> Interpreter {
    let Some(line) = text.lines().next().and_then(|line| line.strip_prefix("#!")) else {
        return if text.contains('\0') { Interpreter::Other } else { Interpreter::Shell { strict: false } };
    };
    let mut words = line.split_ascii_whitespace().map(|word| word.rsplit('/').next().unwrap_or(word));
    let program = match words.next() {
        Some("env") => words.find(|word| *word != "-S"),
        other => other,
    };
    let flags: Vec<&str> = words.collect();
    let plain = |flag: &&str| flag.starts_with('-') && flag[1..].chars().all(|c| "eux".contains(c));
    match program {
        Some("sh" | "bash" | "dash" | "zsh" | "ksh") if flags.iter().all(plain) => {
            Interpreter::Shell { strict: flags.iter().any(|flag| flag.contains('e')) }
        }
        _ => Interpreter::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_lines_name_who_runs_a_script() {
        let shell = |strict| Interpreter::Shell { strict };
        for (text, expected) in [
            ("touch x\n", shell(false)),
            ("", shell(false)),
            ("#!/bin/sh\ntouch x", shell(false)),
            ("#!/bin/sh -e\ntouch x", shell(true)),
            ("#! /usr/bin/env bash\n", shell(false)),
            ("#!/usr/bin/env -S bash -eu\n", shell(true)),
            ("#!/bin/bash -o pipefail\n", Interpreter::Other),
            ("#!/usr/bin/env python3\nprint(1)", Interpreter::Other),
            ("#!\n", Interpreter::Other),
            ("\u{7f}ELF\0", Interpreter::Other),
        ] {
            assert_eq!(interpreter(text), expected, "{text:?}");
        }
    }
}
