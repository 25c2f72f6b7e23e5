//! Where things stand inside the jail: where they stood in the recording, as far as that is known and free.

use crate::action::Action;
use crate::engine::Workspace;
use crate::engine::cell::CellKind;
use crate::engine::hook::{Seat, is_free};
use crate::engine::native::Draft;
use crate::transcript::{StepKind, Transcript};

/// The user's home folder where the recording tells none.
const HOME: &str = "/codex-home";
/// What stands below CODEX_HOME on the way to a plugin's files.
const CACHE: &str = "/plugins/cache/";

/// Where a run's things stand. Servers are shared by runs with the same places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Places {
    /// The top of the checkout.
    pub(super) top: String,
    /// The user's home folder.
    pub(super) home: String,
    /// CODEX_HOME.
    pub(super) codex_home: String,
}

/// Where one run stands in its places.
#[derive(Clone, Debug)]
pub(super) struct Stand {
    pub(super) places: Places,
    /// The working folder.
    pub(super) cwd: String,
    /// The top of the checkout in the recording, and where it is now, where these differ.
    pub(super) moved: Option<(String, String)>,
}

impl Stand {
    /// Where a run is to stand.
    pub(super) fn of(draft: &Draft<'_, '_>) -> Self {
        let main = &draft.transcripts[draft.run.main];
        let recorded = Workspace::new(draft.task.cwd.as_deref().unwrap_or(&main.session.cwd));
        let root = recorded.root().to_owned();
        let cwd = Workspace::new(&main.session.cwd);
        let seat = Seat::new(CellKind::Namespaces, &root, cwd.root(), "");
        let moved = (seat.moved && root != "/" && !root.is_empty()).then(|| (root, seat.root.clone()));
        let home = home(recorded.home(), &seat.root);
        let codex_home = codex_home(draft.transcripts).unwrap_or_else(|| format!("{home}/.codex"));
        Self { places: Places { top: seat.root, home, codex_home }, cwd: seat.cwd, moved }
    }
}

/// The recorded home, unless the checkout stands there.
fn home(recorded: &str, top: &str) -> String {
    let apart = recorded != top && !recorded.starts_with(&format!("{top}/"));
    if apart && !recorded.contains('~') && is_free(recorded) { recorded.to_owned() } else { HOME.to_owned() }
}

/// CODEX_HOME of the recording, by the first command that names a file in its plugin cache.
fn codex_home(transcripts: &[Transcript<'_>]) -> Option<String> {
    let steps = transcripts.iter().flat_map(|transcript| &transcript.steps);
    let arguments = steps.filter_map(|step| match &step.kind {
        StepKind::Call(call) if matches!(call.action, Action::Shell(_) | Action::Code(_)) => {
            Some(&*call.arguments)
        }
        _ => None,
    });
    arguments.filter_map(before_cache).find(|path| is_free(path)).map(str::to_owned)
}

/// The absolute path in front of the plugin cache.
fn before_cache(text: &str) -> Option<&str> {
    let before = &text[..text.find(CACHE)?];
    let start = before.rfind(|c: char| c.is_whitespace() || "\"'=(:,\\<>".contains(c)).map_or(0, |at| at + 1);
    let path = &before[start..];
    (path.starts_with('/') && path.len() > 1).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codex_home_stands_before_the_plugin_cache() {
        for (text, want) in [
            (
                r#"{"cmd":"cat /srv/codex-home/plugins/cache/m/p/1/skills/x/SKILL.md"}"#,
                Some("/srv/codex-home"),
            ),
            (r#"{"cmd":"sed -n 1,9p '/home/u/.codex/plugins/cache/m/p/1/a'"}"#, Some("/home/u/.codex")),
            (r#"{"cmd":"cat ~/.codex/plugins/cache/m/p"}"#, None),
            (r#"{"cmd":"cat plugins/cache/m/p"}"#, None),
            ("nothing", None),
        ] {
            assert_eq!(before_cache(text), want, "{text}");
        }
    }

    #[test]
    fn a_home_in_the_way_is_not_used() {
        assert_eq!(home("/home/u", "/home/u/app"), "/home/u");
        assert_eq!(home("/root", "/root"), HOME);
        assert_eq!(home("/~", "/srv/app"), HOME);
        assert_eq!(home("/home/u", "/home"), HOME);
    }
}
