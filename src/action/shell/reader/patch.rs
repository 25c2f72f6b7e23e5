//! Patches that a script hands to `apply_patch`.

use std::borrow::Cow;

use super::super::EmbeddedPatch;
use super::super::script::{RedirectKind, Simple};
use super::super::vars::{Folder, join};
use super::super::word::Arg;
use super::Reader;
use crate::action::patch::parse;
use crate::action::{Access, Effect, Opaque, Target};

impl<'t> Reader<'t> {
    /// `apply_patch` with its patch as an argument or a here-document.
    pub(super) fn patch(&mut self, simple: &Simple<'t>, args: &[Arg<'t>]) -> bool {
        let Some(program) = args.first() else { return false };
        if !matches!(&*program.text, "apply_patch" | "applypatch") {
            return false;
        }
        let document = simple.redirects.iter().find(|r| r.kind == RedirectKind::HereDocument);
        let text = match (args.get(1), document) {
            (Some(arg), _) if !arg.is_unknown() => arg.text.clone(),
            (None, Some(document)) => Cow::Borrowed(document.target),
            _ => {
                self.opaque(Opaque::Interpreter("apply_patch".to_owned()));
                return true;
            }
        };
        self.apply(text);
        true
    }

    fn apply(&mut self, text: Cow<'t, str>) {
        let Some(folder) = join(self.scopes.folder(), Cow::Borrowed(".")) else {
            return self.opaque(Opaque::Expansion);
        };
        let cwd = if folder == "." { Cow::Borrowed("") } else { folder };
        let patch = EmbeddedPatch { cwd, text, intercepted: false };
        patch_effects(&patch, |access, target| self.effect(access, target));
        self.out.patches.push(patch);
    }
}

/// Adds the effects of a patch; a text that is no patch is refused and changes nothing.
pub(in crate::action::shell) fn patch_effects<'t>(
    patch: &EmbeddedPatch<'t>,
    mut add: impl FnMut(Access, Target<'t>),
) {
    let folder = if patch.cwd.is_empty() { Folder::Start } else { Folder::At(patch.cwd.clone()) };
    let mut add_path = |access, path: Cow<'t, str>, entry: bool| {
        if let Some(path) = join(&folder, path) {
            add(access, if entry { Target::Entry(path) } else { Target::Path(path) });
        }
    };
    let mut add_target = |effect: Effect<'t>| match effect.target {
        Target::Path(path) => add_path(effect.access, path, false),
        Target::Entry(path) => add_path(effect.access, path, true),
        _ => {}
    };
    match &patch.text {
        Cow::Borrowed(text) => {
            let text: &'t str = text;
            parse(text)
                .map(|patch| patch.effects().known)
                .unwrap_or_default()
                .into_iter()
                .for_each(&mut add_target);
        }
        Cow::Owned(text) => {
            parse(text)
                .map(|patch| patch.effects().into_owned().known)
                .unwrap_or_default()
                .into_iter()
                .for_each(&mut add_target);
        }
    }
}
