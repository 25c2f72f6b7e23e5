//! Takes a command line apart into flags, option values and operands.

use super::run::Run;
use super::table::{Also, Default, Spec, Use};
use crate::action::Opaque;
use crate::action::shell::word::Arg;

/// A part of a command line.
pub(super) enum Part<'a, 't> {
    /// A flag without value, with its dashes; letters of a cluster come one by one.
    Flag(&'a str),
    /// The value of an option that the table lists.
    Value(&'static str, Use, Arg<'t>),
    /// An operand.
    Operand(&'a Arg<'t>),
}

/// Options that take a value.
type Options = [(&'static str, Use)];

/// Calls `on` for every part of `args`. Returns false if a word may stand for any number of arguments.
pub(super) fn split<'a, 't>(
    args: &'a [Arg<'t>],
    options: &'static Options,
    single_dash: bool,
    mut on: impl FnMut(Part<'a, 't>),
) -> bool {
    let mut index = 0;
    let mut certain = true;
    while let Some(arg) = args.get(index) {
        index += 1;
        certain &= !arg.splits;
        let text: &'a str = &arg.text;
        if text == "--" {
            for operand in args.get(index..).unwrap_or_default() {
                certain &= !operand.splits;
                on(Part::Operand(operand));
            }
            break;
        }
        if !text.starts_with('-') || text == "-" {
            on(Part::Operand(arg));
            continue;
        }
        let long = text.starts_with("--") || (single_dash && text.len() > 2);
        let takes_next =
            if long { long_option(arg, options, &mut on) } else { cluster(arg, options, &mut on) };
        if let Some((name, what)) = takes_next
            && let Some(value) = args.get(index)
        {
            index += 1;
            certain &= !value.splits;
            on(Part::Value(name, what, value.clone()));
        }
    }
    certain
}

/// `--name`, `--name=value` or `--name value`; returns the option whose value is the next argument.
fn long_option<'a, 't>(
    arg: &'a Arg<'t>,
    options: &'static Options,
    on: &mut impl FnMut(Part<'a, 't>),
) -> Option<(&'static str, Use)> {
    let (name, value) = match arg.text.find('=') {
        Some(at) => (arg.text.get(..at).unwrap_or_default(), Some(at + 1)),
        None => (&*arg.text, None),
    };
    let listed = options.iter().find(|(known, _)| known.trim_end_matches('?') == name);
    match (listed, value) {
        (Some((known, what)), Some(at)) => on(Part::Value(known, *what, arg.tail(at))),
        (Some((known, what)), None) if !known.ends_with('?') => return Some((known, *what)),
        _ => on(Part::Flag(name)),
    }
    None
}

/// `-abc`, `-n5` or `-n 5`; returns the option whose value is the next argument.
fn cluster<'a, 't>(
    arg: &'a Arg<'t>,
    options: &'static Options,
    on: &mut impl FnMut(Part<'a, 't>),
) -> Option<(&'static str, Use)> {
    for (at, letter) in arg.text.char_indices().skip(1) {
        let end = at + letter.len_utf8();
        let is_letter = |known: &str| {
            known.strip_prefix('-').is_some_and(|k| k.trim_end_matches('?').strip_prefix(letter) == Some(""))
        };
        let Some((known, what)) = options.iter().find(|(known, _)| is_letter(known)) else {
            on(Part::Flag(flag_name(arg, at, end)));
            continue;
        };
        if end < arg.text.len() {
            on(Part::Value(known, *what, arg.tail(end)));
            return None;
        }
        if known.ends_with('?') {
            on(Part::Flag(known.trim_end_matches('?')));
            return None;
        }
        return Some((known, *what));
    }
    None
}

/// All letters that may be flags, each behind a dash.
const LETTERS: &str = "-a-b-c-d-e-f-g-h-i-j-k-l-m-n-o-p-q-r-s-t-u-v-w-x-y-z-A-B-C-D-E-F-G-H-I-J-K-L-M-\
N-O-P-Q-R-S-T-U-V-W-X-Y-Z-0-1-2-3-4-5-6-7-8-9";

/// The flag's letter with its dash: the dash is real for the first letter and borrowed from a list for the rest.
fn flag_name<'a>(arg: &'a Arg<'_>, at: usize, end: usize) -> &'a str {
    if at == 1 {
        return arg.text.get(..end).unwrap_or_default();
    }
    let letter = arg.text.get(at..end).unwrap_or_default();
    match LETTERS.find(letter) {
        Some(place) if letter != "-" => LETTERS.get(place - 1..=place).unwrap_or_default(),
        _ => letter,
    }
}

/// Adds the effects of a usual program.
pub(super) fn apply(run: &mut Run<'_, '_>, spec: &Spec) {
    let mut flags = <Flags as std::default::Default>::default();
    let mut operands: Vec<Arg<'_>> = Vec::new();
    let mut values = Vec::new();
    let certain = split(run.args, spec.options, spec.single_dash, |part| match part {
        Part::Flag(flag) => flags.note(spec, flag),
        Part::Value(name, what, value) => {
            flags.note(spec, name.trim_end_matches('?'));
            values.push((what, value));
        }
        Part::Operand(operand) => operands.push(operand.clone()),
    });
    if !certain {
        run.opaque(Opaque::Expansion);
    }
    for (what, value) in values {
        run.touch(what, &value);
    }
    let first = if flags.replaces_first { &[] } else { spec.first };
    let here = match spec.default {
        Default::None => false,
        Default::Here => true,
        Default::HereUnlessFed => !run.fed,
        Default::HereIfRecursive => flags.recursive,
    };
    if here && operands.len() <= first.len() {
        operands.push(Arg::plain("."));
    }
    let count = operands.len();
    for (index, operand) in operands.iter().enumerate() {
        let what = match (first.get(index), spec.last) {
            (None, Some(last)) if index + 1 == count && count > first.len() + 1 => last,
            (Some(what), _) => *what,
            (None, _) => spec.rest,
        };
        let what = flags.adjust(what);
        if flags.writes && matches!(what, Use::Remove | Use::RemoveTree) {
            run.touch_unless_gone(what, operand);
        } else if spec.looks_first {
            run.touch_if_there(what, operand);
        } else {
            run.touch(what, operand);
        }
    }
    run.also(spec.also);
}

/// What the flags of a call say about its operands.
#[expect(clippy::struct_excessive_bools, reason = "each is a question of its own")]
#[derive(std::default::Default)]
struct Flags {
    recursive: bool,
    writes: bool,
    dry: bool,
    replaces_first: bool,
}

impl Flags {
    fn note(&mut self, spec: &Spec, flag: &str) {
        self.recursive |= spec.recursive.contains(&flag);
        self.writes |= spec.writes.contains(&flag);
        self.dry |= spec.dry.contains(&flag);
        self.replaces_first |= spec.replaces_first.contains(&flag);
    }

    fn adjust(&self, what: Use) -> Use {
        let what = match what {
            Use::Write | Use::Update | Use::Change | Use::Remove if self.dry => Use::Read,
            Use::WriteTree | Use::RemoveTree if self.dry => Use::ReadTree,
            what => what,
        };
        match (what, self.recursive, self.writes) {
            (Use::Read, false, true) => Use::Update,
            (Use::Read, true, false) => Use::ReadTree,
            (Use::List, true, _) => Use::ListTree,
            (Use::Remove, true, _) => Use::RemoveTree,
            (Use::Write, _, true) => Use::Change,
            (Use::Read | Use::Write, true, _) | (Use::ReadTree, _, true) => Use::WriteTree,
            (what, ..) => what,
        }
    }
}

/// Runs `also` of a table row.
impl Run<'_, '_> {
    pub(super) fn also(&mut self, also: Also) {
        if let Also::Connect(place) | Also::ConnectOpaque(place) = also {
            self.connect_somewhere(place);
        }
        if matches!(also, Also::Opaque | Also::ConnectOpaque(_)) {
            self.unknown_program();
        }
    }
}
