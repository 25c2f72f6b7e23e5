//! The shape of the table.

use super::run::Run;

/// A row of the table.
pub(super) struct Program {
    /// Names that it goes by.
    pub(super) names: &'static [&'static str],
    /// What it does.
    pub(super) rule: Rule,
}

/// What a program does.
pub(super) enum Rule {
    /// It touches nothing, whatever its arguments are.
    Pure,
    /// Its arguments tell, in the usual way.
    Spec(Spec),
    /// It runs code that is not read.
    Opaque,
    /// It interprets code that it is given.
    Interpreter,
    /// It takes code to tell.
    Code(fn(&mut Run<'_, '_>)),
}

/// What is done with an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// It is no path.
    Skip,
    /// The file or folder is read.
    Read,
    /// The file or folder is written.
    Write,
    /// Everything below is read.
    ReadTree,
    /// Its name and the like are read, or those of what is in the folder.
    List,
    /// The same of everything below.
    ListTree,
    /// Everything below is written.
    WriteTree,
    /// It is read and written.
    Update,
    /// It is written if it is there, and not made.
    Change,
    /// It is removed.
    Remove,
    /// It is removed with everything below.
    RemoveTree,
    /// It is read and removed.
    Move,
    /// It is an address, or a path if it has no scheme.
    Url,
    /// It is a host name, perhaps with user and port.
    Host,
    /// It decides what else is run, in a way that is not followed.
    Opaque,
    /// The program works in this folder.
    Folder,
}

/// How a usual program uses its arguments.
#[derive(Clone, Copy)]
pub(super) struct Spec {
    /// Options with a value. `-x` and `--long`; with a trailing `?` the value counts only when attached.
    pub(super) options: &'static [(&'static str, Use)],
    /// Uses of the first operands.
    pub(super) first: &'static [Use],
    /// Use of the operands after these.
    pub(super) rest: Use,
    /// An operand that is not there is left alone: the program fails before it does anything about it.
    pub(super) looks_first: bool,
    /// Use of the last operand, if there are at least two.
    pub(super) last: Option<Use>,
    /// Flags that make it work on everything below its operands.
    pub(super) recursive: &'static [&'static str],
    /// Flags that make it write what it would only read.
    pub(super) writes: &'static [&'static str],
    /// Flags that make it read what it would otherwise write.
    pub(super) dry: &'static [&'static str],
    /// The operand that is meant when there is none.
    pub(super) default: Default,
    /// Long options may have one dash (`find`, `java`, `go`).
    pub(super) single_dash: bool,
    /// Flags that stand for the leading operands of [`Spec::first`] (`grep -e`).
    pub(super) replaces_first: &'static [&'static str],
    /// What it does besides.
    pub(super) also: Also,
}

/// What a program does besides using its arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Also {
    /// Nothing.
    Nothing,
    /// It runs code that is not read.
    Opaque,
    /// It talks to a host that its arguments do not name.
    Connect(&'static str),
    /// Both.
    ConnectOpaque(&'static str),
}

/// The operand that is meant when a program is given none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Default {
    /// None: it reads standard input, or does nothing.
    None,
    /// The working folder.
    Here,
    /// The working folder, unless something is piped in.
    HereUnlessFed,
    /// The working folder, if it works on everything below its operands.
    HereIfRecursive,
}

impl Spec {
    /// A program whose operands are all used alike.
    pub(super) const fn each(rest: Use) -> Self {
        Self {
            options: &[],
            first: &[],
            rest,
            looks_first: false,
            last: None,
            recursive: &[],
            writes: &[],
            dry: &[],
            default: Default::None,
            single_dash: false,
            replaces_first: &[],
            also: Also::Nothing,
        }
    }

    pub(super) const fn options(self, options: &'static [(&'static str, Use)]) -> Self {
        Self { options, ..self }
    }

    pub(super) const fn first(self, first: &'static [Use]) -> Self {
        Self { first, ..self }
    }

    pub(super) const fn looks_first(self) -> Self {
        Self { looks_first: true, ..self }
    }

    pub(super) const fn last(self, last: Use) -> Self {
        Self { last: Some(last), ..self }
    }

    pub(super) const fn recursive(self, recursive: &'static [&'static str]) -> Self {
        Self { recursive, ..self }
    }

    pub(super) const fn writes(self, writes: &'static [&'static str]) -> Self {
        Self { writes, ..self }
    }

    pub(super) const fn dry(self, dry: &'static [&'static str]) -> Self {
        Self { dry, ..self }
    }

    pub(super) const fn default(self, default: Default) -> Self {
        Self { default, ..self }
    }

    pub(super) const fn single_dash(self) -> Self {
        Self { single_dash: true, ..self }
    }

    pub(super) const fn replaces_first(self, replaces_first: &'static [&'static str]) -> Self {
        Self { replaces_first, ..self }
    }

    pub(super) const fn also(self, also: Also) -> Self {
        Self { also, ..self }
    }
}

/// A row for programs that touch nothing.
pub(super) const fn pure(names: &'static [&'static str]) -> Program {
    Program { names, rule: Rule::Pure }
}

/// A row for programs whose arguments tell in the usual way.
pub(super) const fn spec(names: &'static [&'static str], spec: Spec) -> Program {
    Program { names, rule: Rule::Spec(spec) }
}

/// A row for programs that take code to tell.
pub(super) const fn code(names: &'static [&'static str], code: fn(&mut Run<'_, '_>)) -> Program {
    Program { names, rule: Rule::Code(code) }
}

/// A row for programs that run code that is not read.
pub(super) const fn opaque(names: &'static [&'static str]) -> Program {
    Program { names, rule: Rule::Opaque }
}

/// A row for programs that interpret code that they are given.
pub(super) const fn interpreter(names: &'static [&'static str]) -> Program {
    Program { names, rule: Rule::Interpreter }
}
