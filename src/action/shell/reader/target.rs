//! Paths and hosts that commands and redirections name.

use std::borrow::Cow;

use super::super::programs;
use super::super::script::{Redirect, RedirectKind};
use super::super::vars::join;
use super::super::word::{Arg, expand};
use super::Reader;
use crate::action::{Access, Condition, Effect, Lying, Opaque, Target};

impl<'t> Reader<'t> {
    /// Whether something lies at a path, which is not known if the script may have written there.
    pub(in crate::action::shell) fn lies(&self, arg: &Arg<'t>, what: Lying) -> Condition<'t> {
        let effects = &self.out.effects;
        let Some(path) = join(self.scopes.folder(), without_slash(arg.text.clone())) else {
            return Condition::Unknown;
        };
        let mut all = effects.known.iter().chain(effects.conditional.iter().map(|(_, effect)| effect));
        let unknown = effects.opaque.is_some() || effects.conditional_opaque.is_some();
        if unknown || path.is_empty() || all.any(|effect| may_change(effect, &path)) {
            return Condition::Unknown;
        }
        Condition::Lies { path, what }
    }

    pub(super) fn redirect(&mut self, redirect: &Redirect<'t>) {
        let access = match redirect.kind {
            RedirectKind::Read => Access::Read,
            RedirectKind::WriteOrDuplicate
                if redirect.target.bytes().all(|b| b.is_ascii_digit() || b == b'-') =>
            {
                return;
            }
            RedirectKind::Write | RedirectKind::WriteOrDuplicate => Access::Write,
            RedirectKind::Duplicate | RedirectKind::HereDocument | RedirectKind::HereString => return,
        };
        let mut args = Vec::new();
        expand(redirect.target, &self.scopes, &mut args);
        for arg in args {
            if let Some(rest) =
                arg.text.strip_prefix("/dev/tcp/").or_else(|| arg.text.strip_prefix("/dev/udp/"))
            {
                if arg.is_unknown() {
                    self.opaque(Opaque::Expansion);
                } else {
                    let host = rest.split('/').next().unwrap_or_default().to_owned();
                    self.effect(Access::Connect, Target::Host(Cow::Owned(host)));
                }
                continue;
            }
            self.path(access, &arg, false);
        }
    }

    /// Adds the effect of making a folder that may be there.
    pub(in crate::action::shell) fn unless_there(&mut self, arg: &Arg<'t>) {
        let plain = !(arg.is_unknown() || arg.glob || arg.splits);
        let there = if plain { self.lies(arg, Lying::Folder) } else { Condition::Unknown };
        self.guards.only_if(there.negated().presumed());
        self.path(Access::Write, arg, false);
        self.guards.leave();
    }

    /// Whether one of these paths is there, as far as anything tells.
    pub(in crate::action::shell) fn one_is_there(&self, args: &[Arg<'t>]) -> Condition<'t> {
        let there = |arg: &Arg<'t>| {
            let plain = !(arg.is_unknown() || arg.glob || arg.splits || arg.text.is_empty());
            if plain { self.lies(arg, Lying::Name) } else { Condition::Unknown }
        };
        args.iter().map(there).fold(Condition::Known(false), Condition::or).presumed()
    }

    /// Adds effects that happen only if something holds.
    pub(in crate::action::shell) fn only_if(
        &mut self,
        condition: Condition<'t>,
        effects: impl FnOnce(&mut Self),
    ) {
        self.guards.only_if(condition);
        effects(self);
        self.guards.leave();
    }

    /// Adds the effect of looking at names and the like, of a path or of everything below it.
    pub(in crate::action::shell) fn list(&mut self, arg: &Arg<'t>, tree: bool) {
        if arg.glob || arg.is_unknown() || arg.splits || arg.text.is_empty() {
            return self.path(Access::Read, arg, tree);
        }
        match join(self.scopes.folder(), without_slash(arg.text.clone())) {
            Some(path) => self.effect(Access::Read, Target::Listing { path, tree }),
            None => self.opaque(Opaque::Expansion),
        }
    }

    /// Adds the effect of removing what a path argument names.
    pub(in crate::action::shell) fn remove(&mut self, arg: &Arg<'t>) {
        self.place(Access::Write, arg, false, true);
    }

    /// Adds an effect on a path argument, or on everything below it.
    pub(in crate::action::shell) fn path(&mut self, access: Access, arg: &Arg<'t>, tree: bool) {
        self.place(access, arg, tree, false);
    }

    fn place(&mut self, access: Access, arg: &Arg<'t>, tree: bool, entry: bool) {
        if arg.is_unknown() || arg.splits {
            return self.opaque(Opaque::Expansion);
        }
        if arg.text.is_empty() || is_device(&arg.text) {
            return;
        }
        let Some(text) = seen_by_itself(arg.text.clone()) else { return };
        let Some(path) = join(self.scopes.folder(), without_slash(text)) else {
            return self.opaque(Opaque::Expansion);
        };
        if let Some(found) = arg.glob.then(|| programs::found(&path)).flatten() {
            self.effect(access, found);
        } else if let Some(folder) = whole_tree(arg, &path) {
            self.effect(access, Target::Tree(folder));
        } else if arg.glob {
            let below = tree.then(|| Target::Glob(Cow::Owned(format!("{path}/**"))));
            self.effect(access, Target::Glob(path));
            if let Some(below) = below {
                self.effect(access, below);
            }
        } else if tree {
            self.effect(access, Target::Tree(path));
        } else if entry && !arg.text.ends_with('/') {
            self.effect(access, Target::Entry(path));
        } else {
            self.effect(access, Target::Path(path));
        }
    }
}

/// May an effect change what lies at a path?
fn may_change(effect: &Effect<'_>, path: &str) -> bool {
    if effect.access != Access::Write {
        return false;
    }
    let inside = |path: &str, folder: &str| {
        folder == "."
            || path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    match &effect.target {
        Target::Path(written) | Target::Entry(written) | Target::Tree(written) => {
            inside(path, written) || inside(written, path)
        }
        Target::Glob(_) => true,
        _ => false,
    }
}

/// The path without slashes at its end.
fn without_slash(path: Cow<'_, str>) -> Cow<'_, str> {
    let length = path.trim_end_matches('/').len().max(1);
    if length == path.len() {
        return path;
    }
    match path {
        Cow::Borrowed(path) => Cow::Borrowed(path.get(..length).unwrap_or(path)),
        Cow::Owned(mut path) => {
            path.truncate(length);
            Cow::Owned(path)
        }
    }
}

/// The folder of a pattern that stands for everything below it (`folder/**`).
fn whole_tree<'t>(arg: &Arg<'t>, path: &str) -> Option<Cow<'t, str>> {
    if !arg.glob {
        return None;
    }
    let folder = if path == "**" { "." } else { path.strip_suffix("/**")? };
    (!folder.contains(['*', '?', '['])).then(|| Cow::Owned(folder.to_owned()))
}

/// A path through `/proc/self` as it is without that; `None` for what the process sees of itself, which every sandbox of
/// Codex 0.169 lets it read and change.
fn seen_by_itself(path: Cow<'_, str>) -> Option<Cow<'_, str>> {
    let Some(rest) = path.strip_prefix("/proc/self/").or_else(|| path.strip_prefix("/proc/thread-self/"))
    else {
        return (path != "/proc/self").then_some(path);
    };
    let (first, below) = rest.split_once('/').unwrap_or((rest, ""));
    match first {
        "cwd" if below.is_empty() => Some(Cow::Borrowed(".")),
        "cwd" => Some(Cow::Owned(below.to_owned())),
        "root" => Some(Cow::Owned(format!("/{below}"))),
        _ => None,
    }
}

/// Devices whose use touches nothing.
fn is_device(path: &str) -> bool {
    matches!(
        path,
        "/dev/null"
            | "/dev/zero"
            | "/dev/full"
            | "/dev/random"
            | "/dev/urandom"
            | "/dev/tty"
            | "/dev/stdin"
            | "/dev/stdout"
            | "/dev/stderr"
    ) || path.strip_prefix("/dev/fd/").is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit()))
}
