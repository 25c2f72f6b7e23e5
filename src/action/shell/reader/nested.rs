//! Scripts inside scripts: those in arguments, and those in files.

use std::borrow::Cow;

use super::super::guard::Part;
use super::super::library::{MAX_NAMED, Script};
use super::super::script::Scope;
use super::super::vars::Folder;
use super::super::word::Arg;
use super::Reader;
use crate::action::{Condition, Lying, Opaque};

/// Names of a script's own arguments.
pub(super) const ARGUMENTS: [&str; 9] = ["1", "2", "3", "4", "5", "6", "7", "8", "9"];

/// A script in a file, as far as it is known.
pub(in crate::action::shell) enum Shelved<'t> {
    /// Its text.
    Text { text: &'t str, executable: bool },
    /// There is none.
    Missing,
    /// Nobody knows.
    Unknown,
}

impl<'t> Reader<'t> {
    /// Reads a script that is an argument, such as that of `bash -c`, in the folder of this place.
    pub(in crate::action::shell) fn nested(&mut self, script: Cow<'t, str>) {
        self.nested_with(script, &[], false);
    }

    /// The same for a script with arguments of its own; `strict` ends it at the first command that fails.
    pub(in crate::action::shell) fn nested_with(
        &mut self,
        script: Cow<'t, str>,
        args: &[Arg<'t>],
        strict: bool,
    ) {
        match script {
            Cow::Borrowed(text) => {
                let mut inner = Reader::new(self.scopes.folder().clone(), self.depth + 1, self.library);
                inner.stops_at_failure = strict;
                if !args.is_empty() {
                    inner.set_arguments(args.iter().cloned());
                }
                inner.script(text);
                self.absorb(inner.finish());
            }
            Cow::Owned(text) => {
                let folder = match self.scopes.folder() {
                    Folder::At(path) => Folder::At(Cow::Owned(path.to_string())),
                    Folder::Start => Folder::Start,
                    Folder::Unknown => Folder::Unknown,
                };
                let mut inner = Reader::new(folder, self.depth + 1, self.library);
                inner.stops_at_failure = strict;
                let own = |arg: &Arg<'t>| Arg {
                    text: Cow::Owned(arg.text.to_string()),
                    glob: arg.glob,
                    splits: arg.splits,
                };
                if !args.is_empty() {
                    inner.set_arguments(args.iter().map(own));
                }
                inner.script(&text);
                self.absorb(inner.finish().into_owned());
            }
        }
    }

    /// The arguments of the script that is read.
    pub(super) fn set_arguments(&mut self, args: impl Iterator<Item = Arg<'t>>) {
        let mut args = args.take_while(|arg| !arg.splits);
        for name in ARGUMENTS {
            self.scopes.set_args(name, args.next().into_iter().collect());
        }
    }

    /// The script at a path; one that is not known is named for another reading.
    pub(in crate::action::shell) fn shelved(&mut self, arg: &Arg<'t>) -> Shelved<'t> {
        if arg.is_unknown() || arg.glob || arg.splits {
            return Shelved::Unknown;
        }
        let Condition::Lies { path, .. } = self.lies(arg, Lying::File) else { return Shelved::Unknown };
        match self.library.and_then(|library| library.get(&path)) {
            Some(Script::File { text, executable }) => Shelved::Text { text, executable: *executable },
            Some(Script::Missing) => Shelved::Missing,
            Some(Script::Unknown) => Shelved::Unknown,
            None => {
                self.name_script(path);
                Shelved::Unknown
            }
        }
    }

    pub(super) fn name_script(&mut self, path: Cow<'t, str>) {
        let named = &mut self.out.scripts;
        if named.len() < MAX_NAMED && !named.contains(&path) {
            named.push(path);
        }
    }

    /// Reads a script in the shell that reads this one (`source`).
    pub(in crate::action::shell) fn sourced(&mut self, text: &'t str, args: &[Arg<'t>]) {
        if self.depth > super::MAX_SCRIPTS {
            return self.opaque(Opaque::TooComplex);
        }
        if !args.is_empty() {
            // The arguments are those of the outer script again afterwards.
            self.scopes.enter(Scope::Maybe);
            self.set_arguments(args.iter().cloned());
        }
        self.depth += 1;
        self.guards.enter(Part::Function);
        self.script(text);
        self.guards.leave();
        self.depth -= 1;
        if !args.is_empty() {
            self.scopes.leave();
        }
    }
}
