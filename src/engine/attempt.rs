use std::borrow::Cow;

use super::touch::{At, Site, Touch};
use crate::action::patch::{self, Patch};
use crate::action::shell::{self, EmbeddedPatch, Library, Reading, Script, ShellReading};
use crate::action::{Access, Action, Effects, Lying, Opaque, Shell};
use crate::boundary::sandbox::Kind;
use crate::replay::StepKind;
use crate::transcript::Call;

/// What a call attempts, read once and judged under every stage.
#[derive(Debug)]
pub(super) struct Attempt<'c> {
    pub(super) action: &'c Action<'c>,
    /// Its effects, with every target found; those that are sure to come first.
    pub(super) touches: Vec<Touch<'c>>,
    /// Of those that are touched under conditions, their numbers among those of the reading.
    pub(super) conditional: Vec<usize>,
    /// Why there may be more.
    pub(super) opaque: Option<Opaque>,
    /// The action as a shell command is read; others have effects alone, or a patch.
    pub(super) reading: Reading<'c>,
}

impl<'c> Attempt<'c> {
    /// Reads an action that starts from `site`; scripts of code mode touch nothing themselves.
    pub(super) fn of(action: &'c Action<'c>, site: Site<'_>) -> Self {
        Self::with(action, site, false)
    }

    /// `worked`: it ended well in the recording, so that what its commands needed was there, in the snapshot or beside
    /// it.
    fn with(action: &'c Action<'c>, site: Site<'_>, worked: bool) -> Self {
        let reading = reading_of(action, site, worked);
        let Effects { known, conditional, opaque, conditional_opaque } = &reading.effects;
        let mut opaque = opaque.clone();
        let mut touches: Vec<_> = known.iter().map(|effect| site.touch(effect)).collect();
        let lies =
            |path: &str, what| if worked && what == Lying::Name { None } else { site.lies(path, what) };
        let mut numbers = Vec::new();
        for (number, (condition, effect)) in conditional.iter().enumerate() {
            let holds = condition.holds(&lies);
            if holds != Some(false) {
                touches.push(Touch { perhaps: holds.is_none(), ..site.touch(effect) });
                numbers.push(number);
            }
        }
        if let Some((condition, why)) = conditional_opaque
            && condition.holds(&lies) != Some(false)
        {
            opaque.get_or_insert_with(|| why.clone());
        }
        if matches!(action, Action::Shell(_))
            && !worked
            && opaque.is_none()
            && reading.commands.iter().all(|command| MAKE_NO_FOLDERS.contains(&&*command.program))
        {
            find_orphans(&mut touches, site);
        }
        Self { action, touches, conditional: numbers, opaque, reading }
    }

    /// Reads a recorded call. A script of code mode with calls that its text does not show is opaque.
    pub(super) fn read(call: &'c Call<'_>, site: Site<'_>) -> Self {
        let mut attempt = Self::with(&call.action, site, call.exit_code() == Some(0));
        if call.opaque {
            attempt.opaque.get_or_insert(Opaque::Interpreter("code mode".to_owned()));
        }
        attempt
    }

    /// The patch, when Codex applies it itself instead of starting a shell.
    pub(super) fn direct_patch(&self) -> Option<&EmbeddedPatch<'c>> {
        self.reading.patches.iter().find(|patch| patch.intercepted)
    }
}

/// Programs that make no folder above what they write.
#[rustfmt::skip]
const MAKE_NO_FOLDERS: &[&str] = &[
    "touch", "cp", "mv", "ln", "link", "tee", "dd", "truncate", "cat", "echo", "printf", "rm", "cd", "ls", "head", "tail",
    "sort", "uniq", "grep", "sed", "awk", "cut", "tr", "wc", "seq", "date", "true", "false", ":", "test", "[", "pwd", "set",
    "export", "exit", "read", "sleep", "shuf", "split", "base64", "sha256sum", "md5sum", "gzip", "diff", "jq", "mkfifo",
    "find", "xargs", "pushd", "popd", "stat", "chmod", "rmdir", "unlink", "bash", "sh", "env", "timeout", "nohup", "nice", "time", "command", "exec", "builtin", "eval", "yes", "xxd", "iconv",
];

/// Marks what cannot be made because the folder for it is missing, unless the command makes that.
fn find_orphans(touches: &mut [Touch<'_>], site: Site<'_>) {
    for at in 0..touches.len() {
        let (Access::Write, At::Path(path), Kind::Missing) =
            (touches[at].access, &touches[at].at, touches[at].kind)
        else {
            continue;
        };
        let Some(missing) = site.first_missing(path) else { continue };
        let makes = |touch: &Touch<'_>| match &touch.at {
            At::Path(made) => missing.starts_with(made.as_str()),
            At::Tree(_) | At::Glob(_) => true,
            _ => false,
        };
        let made = touches.iter().any(|touch| touch.access == Access::Write && makes(touch));
        touches[at].orphan = Some(missing).filter(|_| !made);
    }
}

/// How often a reading is made again for scripts that run scripts.
const MAX_READINGS: usize = 4;

/// Reads a command, and the scripts of the snapshot that it runs.
fn with_scripts<'c>(command: &'c Shell<'c>, site: Site<'_>, worked: bool) -> Reading<'c> {
    let reading = shell::read(command);
    if reading.scripts.is_empty() || site.files.is_none() {
        return reading;
    }
    let mut library = Library::default();
    let mut named: Vec<String> = reading.scripts.iter().map(ToString::to_string).collect();
    let mut known = false;
    for _ in 0..MAX_READINGS {
        for path in named.drain(..) {
            let script = match site.script(&path) {
                // What ran well was there, beside the snapshot, and could be executed.
                Script::Missing if worked => Script::Unknown,
                Script::File { text, .. } if worked => Script::File { text, executable: true },
                script => script,
            };
            known |= script != Script::Unknown;
            library.add(path, script);
        }
        if !known {
            return reading;
        }
        let more = shell::effects_among(command, Some(&library));
        named = more.scripts.iter().filter(|path| !library.has(path)).map(ToString::to_string).collect();
        if named.is_empty() {
            return more.into_owned().into();
        }
    }
    shell::effects_among(command, Some(&library)).into_owned().into()
}

fn reading_of<'c>(action: &'c Action<'c>, site: Site<'_>, worked: bool) -> Reading<'c> {
    match action {
        Action::Shell(command) => with_scripts(command, site, worked),
        Action::Patch(text) => {
            let text: &'c str = text;
            Reading::from(ShellReading {
                effects: patch::parse(text).as_ref().map(Patch::effects).unwrap_or_default(),
                patches: vec![EmbeddedPatch { cwd: "".into(), text: Cow::Borrowed(text), intercepted: true }],
                ..ShellReading::default()
            })
        }
        Action::Code(_) => ShellReading::default().into(),
        other => ShellReading { effects: other.effects(), ..ShellReading::default() }.into(),
    }
}

/// The kind of step that an action is in a replay.
pub(super) fn step_kind(action: &Action<'_>) -> StepKind {
    match action {
        Action::Shell(_) => StepKind::Shell,
        Action::Patch(_) => StepKind::Patch,
        Action::Mcp(_) => StepKind::Mcp,
        Action::Stdin(_) => StepKind::Stdin,
        Action::WebSearch(_) => StepKind::Search,
        Action::Spawn(_) => StepKind::Spawn,
        Action::ViewImage(_) => StepKind::Image,
        Action::Code(_) => StepKind::Code,
        Action::Builtin(_) | Action::Unknown(_) | Action::Foreign(_) | Action::Malformed { .. } => {
            StepKind::Tool
        }
    }
}
