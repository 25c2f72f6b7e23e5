//! What a script has set so far: variables, the working folder, functions; and the parts that limit how long.

use std::borrow::Cow;

use super::script::Scope;
use super::word::{Arg, UNKNOWN};

/// Most variables that are followed.
const MAX_VARIABLES: usize = 64;
/// Most values that a variable is followed through.
const MAX_VALUES: usize = 32;

/// What is known of a variable.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value<'t> {
    /// One of these texts; those with `true` are patterns for file names.
    OneOf(Vec<(Cow<'t, str>, bool)>),
    /// Some number.
    Number,
    /// Anything.
    Unknown,
}

/// The working folder, as seen from where the script starts.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Folder<'t> {
    /// Where the script starts.
    Start,
    /// This path, relative to the start unless it is absolute or in the home folder.
    At(Cow<'t, str>),
    /// Not known.
    Unknown,
}

#[derive(Clone, Debug)]
struct Frame<'t> {
    variables: Vec<(Cow<'t, str>, Value<'t>)>,
    folder: Folder<'t>,
    /// The folder before the last `cd`.
    before: Folder<'t>,
    stack: Vec<Folder<'t>>,
}

/// State of the script at one place.
#[derive(Debug)]
pub(super) struct Scopes<'t> {
    now: Frame<'t>,
    outer: Vec<(Scope, Frame<'t>)>,
}

impl<'t> Scopes<'t> {
    pub(super) fn new(folder: Folder<'t>) -> Self {
        let now = Frame { variables: Vec::new(), folder, before: Folder::Unknown, stack: Vec::new() };
        Self { now, outer: Vec::new() }
    }

    pub(super) fn enter(&mut self, scope: Scope) {
        self.outer.push((scope, self.now.clone()));
    }

    pub(super) fn leave(&mut self) {
        let Some((scope, before)) = self.outer.pop() else { return };
        let after = std::mem::replace(&mut self.now, before);
        if scope == Scope::Isolated {
            return;
        }
        if after.folder != self.now.folder {
            self.now.folder = Folder::Unknown;
        }
        if after.before != self.now.before {
            self.now.before = Folder::Unknown;
        }
        for (name, value) in after.variables {
            if self.stored(&name) != Some(&value) {
                self.set(name, Value::Unknown);
            }
        }
    }

    fn stored(&self, name: &str) -> Option<&Value<'t>> {
        self.now.variables.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// The value of a variable; `None` if the script has not set it and it is no well-known one.
    pub(super) fn value(&self, name: &str) -> Option<Value<'t>> {
        if let Some(value) = self.stored(name) {
            return Some(value.clone());
        }
        match name {
            "HOME" => Some(Value::OneOf(vec![(Cow::Borrowed("~"), false)])),
            // The folder for temporary files, wherever that is; Codex treats `$TMPDIR` and `/tmp` alike.
            "TMPDIR" => Some(Value::OneOf(vec![(Cow::Borrowed("/tmp"), false)])),
            "PWD" => match &self.now.folder {
                Folder::Start => Some(Value::OneOf(vec![(Cow::Borrowed("."), false)])),
                Folder::At(path) => Some(Value::OneOf(vec![(path.clone(), false)])),
                Folder::Unknown => None,
            },
            "RANDOM" | "SECONDS" | "UID" | "EUID" | "PPID" | "LINENO" | "BASHPID" => Some(Value::Number),
            _ => None,
        }
    }

    pub(super) fn set(&mut self, name: impl Into<Cow<'t, str>>, value: Value<'t>) {
        let name = name.into();
        if let Some(known) = self.now.variables.iter_mut().find(|(known, _)| *known == name) {
            known.1 = value;
        } else if self.now.variables.len() < MAX_VARIABLES || matches!(&*name, "HOME" | "PWD" | "RANDOM") {
            self.now.variables.push((name, value));
        }
    }

    /// Sets a variable to what a word became.
    pub(super) fn set_args(&mut self, name: &'t str, args: Vec<Arg<'t>>) {
        let known = !args.is_empty()
            && args.len() <= MAX_VALUES
            && args.iter().all(|arg| !arg.text.contains(UNKNOWN) && arg.text.len() < 4096);
        let value = if known {
            Value::OneOf(args.into_iter().map(|arg| (arg.text, arg.glob)).collect())
        } else {
            Value::Unknown
        };
        self.set(name, value);
    }

    pub(super) fn folder(&self) -> &Folder<'t> {
        &self.now.folder
    }

    pub(super) fn set_folder(&mut self, folder: Folder<'t>) {
        self.now.folder = folder;
    }

    /// `cd`: goes to a folder, from which `cd -` leads back.
    pub(super) fn go_to(&mut self, folder: Folder<'t>) {
        self.now.before = std::mem::replace(&mut self.now.folder, folder);
    }

    /// Where `cd -` leads.
    pub(super) fn folder_before(&self) -> &Folder<'t> {
        &self.now.before
    }

    /// `pushd`: goes to a folder and remembers this one.
    pub(super) fn push_folder(&mut self, folder: Folder<'t>) {
        let before = std::mem::replace(&mut self.now.folder, folder);
        if self.now.stack.len() < MAX_VARIABLES {
            self.now.stack.push(before);
        }
    }

    /// `popd`: goes back.
    pub(super) fn pop_folder(&mut self) {
        self.now.folder = self.now.stack.pop().unwrap_or(Folder::Unknown);
    }
}

/// `path` as seen from the start, when the working folder is `folder`; `None` when that cannot be known.
pub(super) fn join<'t>(folder: &Folder<'t>, path: Cow<'t, str>) -> Option<Cow<'t, str>> {
    if path.starts_with('/') || is_home(&path) {
        return Some(path);
    }
    match folder {
        Folder::Start => Some(path),
        Folder::At(folder) if path == "." => Some(folder.clone()),
        Folder::At(folder) => Some(Cow::Owned(format!("{}/{path}", folder.trim_end_matches('/')))),
        Folder::Unknown => None,
    }
}

fn is_home(path: &str) -> bool {
    path == "~" || path.starts_with("~/")
}
