//! What recorded calls did to the files of the snapshot.

mod literal;
pub(crate) mod output;
mod sed;
pub(crate) mod shown;
pub(crate) mod unified;

use std::borrow::Cow;
use std::sync::Arc;

use super::attempt::Attempt;
use super::touch::{At, Locale};
use super::workspace::Workspace;
use crate::action::patch::{self, ChangeKind, FileChange};
use crate::action::shell::SimpleCommand;
use crate::action::{Access, Action, Shell};
use crate::source::Overlay;
use crate::source::snapshot::{Content, Entry, Files};
use crate::transcript::Call;

pub(crate) use shown::Shown;

/// Lays what a recorded call did to the files over the tree, so that later calls see it.
///
/// For calls that ran. Patches are applied; files that a command writes are marked as not certain, and so
/// is the whole tree when a command's effects are not known and the recorded sandbox let it write.
///
/// `may_write` tells whether the recorded sandbox let commands write in the workspace, or is not known.
pub(super) fn lay_over(
    files: &mut Overlay,
    call: &Call<'_>,
    attempt: &Attempt<'_>,
    locale: Locale<'_>,
    may_write: bool,
) {
    if fails(call) {
        return;
    }
    for embedded in &attempt.reading.patches {
        if let Ok(patch) = patch::parse(&embedded.text) {
            for change in &patch.files {
                apply(files, change, &|path| locale.absolute_in(&embedded.cwd, path));
            }
        }
    }
    if attempt.direct_patch().is_some() {
        return;
    }
    let ended_well = call.exit_code() == Some(0);
    let literal = match &call.action {
        Action::Shell(command) if ended_well && writes(attempt) => {
            literal::results(files, command, &attempt.reading.commands, locale)
        }
        _ => Vec::new(),
    };
    for touch in attempt.touches.iter().filter(|touch| touch.access == Access::Write) {
        match &touch.at {
            At::Path(path) if only_makes(attempt) && files.lookup(path).entry == Entry::Folder => {}
            At::Path(path) => rewritten(files, path, locale.top),
            At::Tree(path) | At::Named { folder: path, .. } => doubt(files, path, locale.top),
            At::Glob(pattern) => {
                let fixed = pattern.find(['*', '?', '[']).map_or(pattern.as_str(), |at| &pattern[..at]);
                doubt(files, fixed.rsplit_once('/').map_or("/", |(folder, _)| folder), locale.top);
            }
            _ => {}
        }
    }
    let command = matches!(attempt.action, Action::Shell(_) | Action::Stdin(_));
    if command && attempt.opaque.is_some() && may_write {
        files.doubt("");
    }
    for (path, content) in literal {
        let _ = match content {
            Some(bytes) => files.write(&path, bytes),
            None => files.remove(&path),
        };
    }
    if command && ended_well {
        lay_shown(files, call, &attempt.reading.commands, locale);
    }
}

/// Does the recording show a patch that did not fit?
fn fails(call: &Call<'_>) -> bool {
    const FAILED: &str = "apply_patch verification failed: ";
    matches!(call.action, Action::Patch(_))
        && call.output.is_some_and(|output| output.text().starts_with(FAILED))
}

/// Does the command make folders, and nothing else that takes any away?
fn only_makes(attempt: &Attempt<'_>) -> bool {
    const OTHERS: [&str; 8] = ["cat", "cd", "chmod", "echo", "ls", "printf", "test", "touch"];
    let commands = &attempt.reading.commands;
    commands.iter().any(|command| command.program == "mkdir")
        && commands.iter().all(|command| command.program == "mkdir" || OTHERS.contains(&&*command.program))
}

/// The files, by absolute path, that a command which ended well writes or takes away in a plain way, with what they hold
/// afterwards. `files` is how it found them, mounted at `top`.
pub(crate) fn plain(
    files: &Overlay,
    command: &Shell<'_>,
    commands: &[SimpleCommand<'_>],
    workspace: &Workspace,
    top: &str,
) -> Vec<(String, Option<Arc<[u8]>>)> {
    let workdir = command.workdir.as_deref();
    literal::results(files, command, commands, Locale { workspace, top, workdir })
}

/// Does it write a file by name? Most commands do not, and need not be read again.
fn writes(attempt: &Attempt<'_>) -> bool {
    attempt.touches.iter().any(|touch| touch.access == Access::Write && matches!(touch.at, At::Path(_)))
}

/// Lays what a command showed of files that are in doubt over the tree: their whole text, or how they differ from the
/// last commit.
fn lay_shown(files: &mut Overlay, call: &Call<'_>, commands: &[SimpleCommand<'_>], locale: Locale<'_>) {
    if !files.has_edits_in_doubt() {
        return;
    }
    let Some(last) = commands.last() else { return };
    let at_end = Shown::of(std::slice::from_ref(last)).filter(|shown| *shown == Shown::Diff);
    let Some(shown) = Shown::of(commands).or(at_end) else { return };
    let Some(body) = output::whole(call) else { return };
    match shown {
        Shown::Diff => {
            for file in unified::files(&body) {
                lay_diff(files, &file);
            }
        }
        Shown::File { folder, path, from: 1, to, numbered } => {
            let path = locale.absolute_in(&folder, &path);
            let Some(lines) = shown::lines(&body, numbered) else { return };
            if matches!(files.read(&path), Content::Unknown) && to.is_none_or(|to| lines.len() < to) {
                let _ = files.write(&path, lines.concat().into_bytes());
            }
        }
        Shown::File { .. } | Shown::Status { .. } => {}
    }
}

/// A file as `git diff` shows it: against the commit that the session started from, or one that it made.
fn lay_diff(files: &mut Overlay, file: &unified::FileDiff<'_>) {
    let path = file.path.as_bytes();
    let text = |content: Content| content.known().map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let new = [text(files.base().read(path)), text(files.last_known(path))]
        .into_iter()
        .find_map(|old| file.apply(old.as_deref()).ok());
    match new {
        Some(Some(text)) => drop(files.write(path, text.into_bytes())),
        Some(None) => drop(files.remove(path)),
        None => {}
    }
}

fn rewritten(files: &mut Overlay, path: &str, top: &str) {
    match path.strip_prefix(top) {
        Some(below) => files.rewritten(below.trim_start_matches('/')),
        None => doubt(files, path, top),
    }
}

fn doubt(files: &mut Overlay, path: &str, top: &str) {
    if let Some(below) = path.strip_prefix(top) {
        files.doubt(below.trim_start_matches('/'));
    } else if top.starts_with(path) {
        files.doubt("");
    }
}

/// Applies one change; where that fails (the snapshot is not what the agent saw), the file is marked as written with
/// content that is not known.
fn apply(files: &mut Overlay, change: &FileChange<'_>, absolute: &dyn Fn(&str) -> String) {
    let path = absolute(&change.path);
    let done = match &change.kind {
        ChangeKind::Add { content } => files.write(&path, content.as_bytes()),
        ChangeKind::Delete => files.remove(&path),
        ChangeKind::Update { moved_to, .. } => {
            let applied = |old: Content| {
                let old = old.known()?;
                let old: Cow<'_, str> = String::from_utf8_lossy(&old);
                change.apply(&old).ok()
            };
            let written = match applied(files.read(&path)) {
                Some(text) => files.write(&path, text.as_bytes()),
                // A command may have changed it before, but the patch did fit what was there.
                None => match applied(files.last_told(&path)) {
                    Some(text) => files.write(&path, text.as_bytes()).map(|()| files.doubt(&path)),
                    None => files.write_unknown(&path).map(|()| files.rewritten(&path)),
                },
            };
            match moved_to {
                Some(place) => written.and_then(|()| files.rename(&path, absolute(place))),
                None => written,
            }
        }
    };
    // An edit outside of the tree, or one that the tree refuses, is no edit of the tree.
    drop(done);
}
