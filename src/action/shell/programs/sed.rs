//! `sed` and what its scripts touch.

use super::options::{Part, split};
use super::run::Run;
use super::table::Use;
use crate::action::Opaque;
use crate::action::shell::word::Arg;

use Use::{Read, Skip, Write};

/// `sed`: a script unless given by `-e` or `-f`, then files; `-i` writes them, `w` writes others, `e` runs programs.
pub(super) fn sed(run: &mut Run<'_, '_>) {
    #[rustfmt::skip]
    let options: &'static [(&'static str, Use)] = &[
        ("-e", Skip), ("--expression", Skip), ("-f", Read), ("--file", Read), ("-i?", Write),
        ("--in-place?", Write), ("-l", Skip), ("--line-length", Skip),
    ];
    let (mut in_place, mut scripts, mut files, mut operands) = (false, Vec::new(), Vec::new(), Vec::new());
    let certain = split(run.args, options, false, |part| match part {
        Part::Flag(flag) => in_place |= matches!(flag, "-i" | "--in-place"),
        Part::Value(_, Write, _) => in_place = true,
        Part::Value(_, Read, value) => files.push(value),
        Part::Value("-e" | "--expression", _, value) => scripts.push(value),
        Part::Value(..) => {}
        Part::Operand(operand) => operands.push(operand.clone()),
    });
    if !certain {
        run.opaque(Opaque::Expansion);
    }
    // On BSD systems `-i` takes the suffix, often an empty one, from the next argument.
    let mut operands = operands.into_iter().skip_while(|operand| in_place && operand.text.is_empty());
    if scripts.is_empty() && files.is_empty() {
        scripts.extend(operands.next());
    }
    // A script in a file is not read: it may write files or run programs.
    if !files.is_empty() {
        run.interpreted();
    }
    for file in files {
        run.read(&file);
    }
    for script in scripts {
        sed_script(run, &script);
    }
    for operand in operands {
        run.touch(Read, &operand);
        if in_place {
            run.touch_if_there(Write, &operand);
        }
    }
}

/// Looks for the commands of a sed script that touch files: `r`, `R`, `w`, `W`, `e` and the flags of `s`.
fn sed_script<'t>(run: &mut Run<'_, 't>, script: &Arg<'t>) {
    let bytes = script.text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        at = skip_address(bytes, at);
        let Some(&command) = bytes.get(at) else { return };
        at += 1;
        match command {
            b's' | b'y' => {
                let Some(end) = skip_substitution(bytes, at) else { return run.interpreted() };
                let flags = bytes.get(end..).unwrap_or_default();
                let length = flags.iter().take_while(|b| b.is_ascii_alphanumeric()).count();
                let flags = flags.get(..length).unwrap_or_default();
                at = end + length;
                if command == b's' && flags.contains(&b'e') {
                    return run.interpreted();
                }
                if command == b's' && flags.contains(&b'w') {
                    at = end + flags.iter().position(|b| *b == b'w').unwrap_or(0) + 1;
                    at = sed_file(run, script, at, Write);
                }
            }
            b'w' | b'W' => at = sed_file(run, script, at, Write),
            b'r' | b'R' => at = sed_file(run, script, at, Read),
            b'e' => return run.interpreted(),
            b'a' | b'i' | b'c' | b'#' => at += line_length(bytes, at),
            b'b' | b't' | b'T' | b':' | b'v' | b'q' | b'Q' | b'l' | b'L' => {
                at += bytes
                    .get(at..)
                    .unwrap_or_default()
                    .iter()
                    .take_while(|b| !matches!(b, b';' | b'\n' | b'}'))
                    .count();
            }
            0 => return run.opaque(Opaque::Expansion),
            _ => {}
        }
    }
}

fn line_length(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    let mut escaped = false;
    rest.iter()
        .take_while(|b| {
            let goes_on = **b != b'\n' || escaped;
            escaped = **b == b'\\';
            goes_on
        })
        .count()
}

/// The file name that ends the line, from `at` on.
fn sed_file<'t>(run: &mut Run<'_, 't>, script: &Arg<'t>, at: usize, what: Use) -> usize {
    let bytes = script.text.as_bytes();
    let blanks = bytes.get(at..).unwrap_or_default().iter().take_while(|b| b.is_ascii_whitespace()).count();
    let (start, length) = (at + blanks, line_length(bytes, at + blanks));
    let name = script.text.get(start..start + length).unwrap_or_default().to_owned();
    run.touch(what, &Arg::plain(name));
    start + length
}

/// Passes addresses, blanks and separators before a command.
fn skip_address(bytes: &[u8], mut at: usize) -> usize {
    while let Some(&b) = bytes.get(at) {
        match b {
            b'/' => at = skip_delimited(bytes, at + 1, b'/').unwrap_or(bytes.len()),
            b'\\' => {
                let Some(&delimiter) = bytes.get(at + 1) else { return bytes.len() };
                at = skip_delimited(bytes, at + 2, delimiter).unwrap_or(bytes.len());
            }
            b'I' | b'M' if bytes.get(at.wrapping_sub(1)).is_some_and(|b| matches!(b, b'/' | b'I' | b'M')) => {
                at += 1;
            }
            b'0'..=b'9' | b'$' | b',' | b'~' | b'+' | b'!' | b'{' | b'}' | b';' => at += 1,
            _ if b.is_ascii_whitespace() => at += 1,
            _ => return at,
        }
    }
    at
}

/// The place after the next unescaped `delimiter`.
fn skip_delimited(bytes: &[u8], mut at: usize, delimiter: u8) -> Option<usize> {
    let mut class = false;
    loop {
        match *bytes.get(at)? {
            b'\\' => at += 1,
            b'[' if delimiter != b'[' => class = true,
            b']' => class = false,
            b if b == delimiter && !class => return Some(at + 1),
            b'\n' => class = false,
            _ => {}
        }
        at += 1;
    }
}

fn skip_substitution(bytes: &[u8], at: usize) -> Option<usize> {
    let delimiter = *bytes.get(at)?;
    let middle = skip_delimited(bytes, at + 1, delimiter)?;
    let mut end = middle;
    loop {
        match *bytes.get(end)? {
            b'\\' => end += 1,
            b if b == delimiter => return Some(end + 1),
            _ => {}
        }
        end += 1;
    }
}
