//! `awk` and what its programs touch.

use super::options::{Part, split};
use super::run::Run;
use super::table::Use;
use crate::action::Opaque;
use crate::action::shell::word::UNKNOWN;

use Use::{Read, Skip, Write};

/// `awk`: a program unless given by `-f`, then files. A program that can write or run something is opaque.
pub(super) fn awk(run: &mut Run<'_, '_>) {
    #[rustfmt::skip]
    let options: &'static [(&'static str, Use)] = &[
        ("-f", Read), ("--file", Read), ("-v", Skip), ("--assign", Skip), ("-F", Skip),
        ("--field-separator", Skip), ("-i", Use::Opaque), ("--include", Use::Opaque), ("-l", Use::Opaque),
        ("--load", Use::Opaque), ("-e", Skip), ("--source", Skip), ("-E", Read), ("-o?", Write),
        ("-p?", Write), ("-d?", Write),
    ];
    let (mut programs, mut files, mut operands, mut opaque) = (Vec::new(), Vec::new(), Vec::new(), false);
    let certain = split(run.args, options, false, |part| match part {
        Part::Flag(_) => {}
        Part::Value("-e" | "--source", _, value) => programs.push(value),
        Part::Value(_, Read, value) => files.push(value),
        Part::Value(_, what, _) => opaque |= what != Skip,
        Part::Operand(operand) => operands.push(operand.clone()),
    });
    if !certain {
        run.opaque(Opaque::Expansion);
    }
    let mut operands = operands.into_iter();
    if programs.is_empty() && files.is_empty() {
        programs.extend(operands.next());
    }
    opaque |= !files.is_empty();
    for file in files {
        run.read(&file);
    }
    for operand in operands {
        // `name=value` sets a variable.
        let sets = operand.text.split_once('=').is_some_and(|(name, _)| !name.contains(['/', '.']));
        if !sets {
            run.read(&operand);
        }
    }
    if opaque || programs.iter().any(|program| awk_does_more(&program.text)) {
        run.interpreted();
    }
}

/// Whether an awk program may write files, run programs or read others.
fn awk_does_more(program: &str) -> bool {
    const REACHES_OUT: [&str; 4] = ["system", "getline", "@load", "@include"];
    program.contains(UNKNOWN) || REACHES_OUT.iter().any(|word| program.contains(word)) || redirects(program)
}

/// Whether an awk program has a pipe, or a `>` in a print statement, outside strings and patterns.
fn redirects(program: &str) -> bool {
    let (mut quote, mut printing, mut word, mut before) = (None, false, String::new(), ' ');
    let mut chars = program.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\\' {
            chars.next();
            continue;
        }
        if quote.is_some() {
            quote = quote.filter(|quote| *quote != c);
            before = ')';
            continue;
        }
        match c {
            '"' => quote = Some('"'),
            // A slash after a value divides; elsewhere it begins a pattern.
            '/' if !(before.is_alphanumeric() || matches!(before, ')' | ']' | '_' | '$')) => {
                quote = Some('/');
            }
            '|' if chars.peek() == Some(&'|') => {
                chars.next();
            }
            '|' => return true,
            '>' if printing => return true,
            '}' | ';' | '\n' => printing = false,
            _ => {}
        }
        if c.is_alphanumeric() || c == '_' {
            word.push(c);
        } else {
            printing |= matches!(word.as_str(), "print" | "printf");
            word.clear();
        }
        if !c.is_whitespace() {
            before = c;
        }
    }
    false
}
