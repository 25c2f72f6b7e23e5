use std::borrow::Cow;

use super::touch::{Site, Touch};
use crate::action::patch::{self, Patch};
use crate::action::shell::{self, EmbeddedPatch, Reading, ShellReading};
use crate::action::{Action, Effects, Lying, Opaque};
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
        let reading = reading_of(action);
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

fn reading_of<'c>(action: &'c Action<'c>) -> Reading<'c> {
    match action {
        Action::Shell(command) => shell::read(command),
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
