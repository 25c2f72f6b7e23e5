//! One program call, and what may be said about it.

use std::borrow::Cow;

use super::table::Use;
use crate::action::shell::library::{Interpreter, interpreter};
use crate::action::shell::reader::{Reader, Shelved};
use crate::action::shell::word::Arg;
use crate::action::{Access, Condition, Lying, Opaque, Target};

/// Folders whose programs are taken for the well-known ones of that name.
const PROGRAM_FOLDERS: [&str; 8] = [
    "/bin",
    "/usr/bin",
    "/usr/local/bin",
    "/sbin",
    "/usr/sbin",
    "/opt/homebrew/bin",
    "/opt/local/bin",
    "/usr/local/sbin",
];
/// Ends of folders that hold the project's copies of well-known programs.
const PROJECT_FOLDERS: [&str; 4] = ["node_modules/.bin", ".venv/bin", "venv/bin", ".cargo/bin"];

/// A call of a program.
pub(in crate::action::shell) struct Run<'r, 't> {
    /// Where effects go.
    pub(in crate::action::shell) reader: &'r mut Reader<'t>,
    /// The program, as written.
    pub(in crate::action::shell) program: &'r Arg<'t>,
    /// Its arguments.
    pub(in crate::action::shell) args: &'r [Arg<'t>],
    /// Standard input comes from a pipe or a file.
    pub(in crate::action::shell) fed: bool,
}

impl<'t> Run<'_, 't> {
    /// The name to look up; `None` for a program of the project's own.
    pub(super) fn known_name(&self) -> Option<String> {
        let text = &*self.program.text;
        let Some((folder, name)) = text.rsplit_once('/') else { return Some(text.to_owned()) };
        let known = PROGRAM_FOLDERS.contains(&folder)
            || PROJECT_FOLDERS.iter().any(|end| {
                folder.strip_suffix(end).is_some_and(|before| before.is_empty() || before.ends_with('/'))
            });
        known.then(|| name.to_owned())
    }

    /// The last part of the program's name.
    pub(super) fn name(&self) -> &str {
        let text = &*self.program.text;
        text.rsplit_once('/').map_or(text, |(_, name)| name)
    }

    /// Whether the call only prints help or a version.
    pub(super) fn asks_for_help(&self) -> bool {
        let last = self.args.last().map(|arg| &*arg.text);
        let asks = matches!(last, Some("--help" | "--version"));
        asks && !self.args.iter().any(|arg| arg.splits || arg.text == "--")
    }

    /// Whether asking for help or a version is all that the call does.
    pub(super) fn asks_only_for_help(&self) -> bool {
        matches!(self.args, [only] if matches!(&*only.text, "--help" | "--version" | "-version" | "-V"))
    }

    /// The program is not known, or runs code that is not read.
    pub(super) fn unknown_program(&mut self) {
        if self.program.text.contains('/') && self.known_name().is_none() {
            self.reader.path(Access::Read, self.program, false);
            match self.reader.shelved(self.program) {
                Shelved::Text { executable: false, .. } => return self.reader.not_executable(),
                Shelved::Missing => return,
                Shelved::Text { text, .. } => {
                    if let Interpreter::Shell { strict } = interpreter(text) {
                        return self.reader.nested_with(Cow::Borrowed(text), self.args, strict);
                    }
                }
                Shelved::Unknown => {}
            }
        }
        let name = self.name().to_owned();
        self.reader.opaque(Opaque::Program(name));
    }

    /// Code is handed to an interpreter.
    pub(super) fn interpreted(&mut self) {
        let name = self.name().to_owned();
        self.reader.opaque(Opaque::Interpreter(name));
    }

    pub(super) fn opaque(&mut self, why: Opaque) {
        self.reader.opaque(why);
    }

    pub(super) fn read(&mut self, arg: &Arg<'t>) {
        self.touch(Use::Read, arg);
    }

    pub(super) fn write(&mut self, arg: &Arg<'t>) {
        self.touch(Use::Write, arg);
    }

    /// Writes a path that the program knows by itself.
    pub(super) fn write_path(&mut self, path: &'static str) {
        self.touch(Use::Write, &Arg::plain(path));
    }

    /// Writes everything below a path that the program knows by itself.
    pub(super) fn write_tree(&mut self, path: &'static str) {
        self.touch(Use::WriteTree, &Arg::plain(path));
    }

    /// Reads everything below a path that the program knows by itself.
    pub(super) fn read_tree(&mut self, path: &'static str) {
        self.touch(Use::ReadTree, &Arg::plain(path));
    }

    /// Adds what `what` means for `arg` if that is there: the program looks first.
    pub(super) fn touch_if_there(&mut self, what: Use, arg: &Arg<'t>) {
        let there = self.reader.one_is_there(std::slice::from_ref(arg));
        self.touch_if(there, what, arg);
    }

    /// Adds what `what` means for `arg` if something holds.
    pub(super) fn touch_if(&mut self, condition: Condition<'t>, what: Use, arg: &Arg<'t>) {
        let Self { reader, args, program, fed, .. } = self;
        let (args, program, fed) = (*args, *program, *fed);
        reader.only_if(condition, |reader| Run { reader, program, args, fed }.touch(what, arg));
    }

    /// Adds what `what` means for `arg` if that is there; a program that is content without it ends well all the same.
    pub(super) fn touch_unless_gone(&mut self, what: Use, arg: &Arg<'t>) {
        let plain = !(arg.is_unknown() || arg.glob || arg.splits || arg.text.is_empty());
        let there = if plain { self.reader.lies(arg, Lying::Ever) } else { Condition::Unknown };
        self.touch_if(there.presumed(), what, arg);
    }

    /// Adds what `what` means for `arg`.
    pub(super) fn touch(&mut self, what: Use, arg: &Arg<'t>) {
        let file = arg.text != "-";
        match what {
            Use::Skip | Use::Folder => {}
            Use::Opaque => self.unknown_program(),
            Use::Url => self.url(arg, Access::Read),
            Use::Host => self.host(arg),
            _ if !file => {}
            Use::Read => self.reader.path(Access::Read, arg, false),
            Use::Write => self.reader.path(Access::Write, arg, false),
            Use::List | Use::ListTree => self.reader.list(arg, what == Use::ListTree),
            Use::ReadTree => self.reader.path(Access::Read, arg, true),
            Use::WriteTree | Use::RemoveTree => self.reader.path(Access::Write, arg, true),
            Use::Remove => self.reader.remove(arg),
            Use::Change => self.touch_unless_gone(Use::Write, arg),
            Use::Move => {
                self.reader.path(Access::Read, arg, false);
                self.reader.remove(arg);
            }
            Use::Update => {
                self.reader.path(Access::Read, arg, false);
                self.touch_if_there(Use::Write, arg);
            }
        }
    }

    /// Connects to a host that the command does not name.
    pub(super) fn connect_somewhere(&mut self, place: &str) {
        self.reader.effect(Access::Connect, Target::SomeHost(Cow::Owned(place.to_owned())));
    }

    /// Connects to the host of `user@host:port`.
    pub(super) fn host(&mut self, arg: &Arg<'t>) {
        if arg.is_unknown() {
            return self.reader.opaque(Opaque::Expansion);
        }
        let host = host_of(&arg.text);
        if !host.is_empty() {
            let host = Cow::Owned(host.to_owned());
            self.reader.effect(Access::Connect, Target::Host(host));
        }
    }

    /// Connects to the host of an address; something without scheme is a path that is touched with `access`.
    pub(super) fn url(&mut self, arg: &Arg<'t>, access: Access) {
        let Some((scheme, rest)) = arg.text.split_once("://") else {
            return self.reader.path(access, arg, false);
        };
        if scheme.ends_with("file") {
            let start = arg.text.len() - rest.len();
            return self.reader.path(access, &arg.tail(start), false);
        }
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let authority = Arg::plain(rest.get(..end).unwrap_or_default().to_owned());
        self.host(&authority);
    }

    /// Runs another program with the same standard input.
    pub(super) fn wrapped(&mut self, args: &[Arg<'t>]) {
        self.reader.call(args, self.fed);
    }
}

/// The host of `user@host:port`, without brackets around an address.
pub(in crate::action::shell) fn host_of(authority: &str) -> &str {
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    if let Some(rest) = host.strip_prefix('[') {
        return rest.split(']').next().unwrap_or_default();
    }
    host.split(':').next().unwrap_or_default()
}

/// Variables set for one command that decide what it runs.
pub(in crate::action::shell) fn environment<'t>(reader: &mut Reader<'t>, assignments: &[(&'t str, &'t str)]) {
    for (name, value) in assignments {
        let value = value.trim_matches(['"', '\'']);
        let harmless = match *name {
            "LD_PRELOAD"
            | "LD_LIBRARY_PATH"
            | "LD_AUDIT"
            | "BASH_ENV"
            | "ENV"
            | "PROMPT_COMMAND"
            | "GIT_SSH"
            | "GIT_SSH_COMMAND"
            | "GIT_EXTERNAL_DIFF"
            | "GIT_ASKPASS"
            | "NODE_OPTIONS"
            | "PYTHONSTARTUP"
            | "PERL5OPT"
            | "RUBYOPT"
            | "DYLD_INSERT_LIBRARIES" => value.is_empty(),
            "GIT_EDITOR" | "EDITOR" | "VISUAL" | "GIT_SEQUENCE_EDITOR" => {
                matches!(value, "" | "true" | ":" | "cat")
            }
            "GIT_PAGER" | "PAGER" | "MANPAGER" => matches!(value, "" | "cat" | "less" | "more"),
            "PATH" => value.split(':').all(|part| part.starts_with(['/', '$', '~'])),
            _ => true,
        };
        if !harmless {
            reader.opaque(Opaque::Program((*name).to_owned()));
        }
    }
}
