use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ChangeKind;
use crate::decision::{Phase, Rule};
use crate::replay::{Input, Inputs, ReplayStep};

/// An input that changed and can have caused a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// Manifest, skills or MCP declarations.
    Plugin,
    /// A `config.toml` layer.
    Config,
    /// A `.rules` file.
    Rules,
    /// A hook or its declaration.
    Hook,
    /// `requirements.toml`.
    Requirements,
    /// The stage's mode or the role's output contract.
    Stage,
    /// The recorded session.
    Recording,
    /// The task's `task.toml`.
    Decision,
    /// The snapshot.
    Snapshot,
    /// The engine's rules.
    Engine,
    /// No input changed: another version of the tool, or another machine.
    Tool,
}

impl Cause {
    /// Kebab-case name, as in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plugin => "plugin",
            Self::Config => "config",
            Self::Rules => "rules",
            Self::Hook => "hook",
            Self::Requirements => "requirements",
            Self::Stage => "stage",
            Self::Recording => "recording",
            Self::Decision => "decision",
            Self::Snapshot => "snapshot",
            Self::Engine => "engine",
            Self::Tool => "tool",
        }
    }
}

impl From<Input> for Cause {
    fn from(input: Input) -> Self {
        match input {
            Input::Plugin => Self::Plugin,
            Input::Config => Self::Config,
            Input::Rules => Self::Rules,
            Input::Hook => Self::Hook,
            Input::Requirements => Self::Requirements,
            Input::Stage => Self::Stage,
            Input::Recording => Self::Recording,
            Input::Decision => Self::Decision,
            Input::Snapshot => Self::Snapshot,
            Input::Engine => Self::Engine,
        }
    }
}

/// Inputs whose hashes differ between two replays, in order.
pub(super) fn changed_inputs(before: &Inputs, now: &Inputs) -> Vec<Input> {
    let mut changed: Vec<Input> = before
        .iter()
        .filter(|(input, hash)| now.get(input) != Some(hash))
        .map(|(input, _)| *input)
        .chain(now.keys().filter(|input| !before.contains_key(input)).copied())
        .collect();
    changed.sort_unstable();
    changed
}

/// Of the changed inputs, those that can have caused a change of this kind.
///
/// The files of the rules that decided before and now speak first, then the inputs that the phases read, then
/// every changed input. A changed engine always stays in question.
pub(super) fn causes(changed: &[Input], kind: ChangeKind, steps: [Option<&ReplayStep>; 2]) -> Vec<Cause> {
    if changed.is_empty() {
        return vec![Cause::Tool];
    }
    let tiers = [by_rule(kind, steps), by_kind(kind, steps)];
    let narrowed = tiers.iter().find(|tier| changed.iter().any(|input| tier.contains(input)));
    let fits = |input: &&Input| match narrowed {
        Some(tier) => tier.contains(input) || **input == Input::Engine,
        None => true,
    };
    changed.iter().filter(fits).map(|input| Cause::from(*input)).collect()
}

/// Inputs that hold the rules by which the steps were judged.
fn by_rule(kind: ChangeKind, steps: [Option<&ReplayStep>; 2]) -> Vec<Input> {
    let steps = steps.into_iter().flatten();
    match kind {
        ChangeKind::Ruling | ChangeKind::RuledElsewhere => {
            steps.filter_map(|step| input_of(&step.ruling.rule, step.ruling.phase)).collect()
        }
        _ => Vec::new(),
    }
}

/// The input that a rule's file belongs to, told by its name.
fn input_of(rule: &Rule, phase: Phase) -> Option<Input> {
    let file = &rule.place.as_ref()?.file;
    let name = file.rsplit('/').next().unwrap_or(file);
    let extension = name.rsplit('.').next().unwrap_or_default();
    match extension {
        "rules" => Some(Input::Rules),
        "toml" if name == "suite.toml" => Some(Input::Stage),
        "toml" if name == "task.toml" => Some(Input::Decision),
        "toml" if name.contains("requirements") => Some(Input::Requirements),
        _ if phase == Phase::Hook => Some(Input::Hook),
        "toml" => Some(Input::Config),
        _ => Some(Input::Plugin),
    }
}

/// Inputs that bear on a kind of change.
fn by_kind(kind: ChangeKind, steps: [Option<&ReplayStep>; 2]) -> Vec<Input> {
    use Input::{Config, Decision, Hook, Plugin, Recording, Requirements, Rules, Snapshot, Stage};
    match kind {
        ChangeKind::Ruling | ChangeKind::RuledElsewhere => {
            let phases = steps.into_iter().flatten().map(|step| step.ruling.phase);
            phases.flat_map(|phase| by_phase(phase).iter().copied()).collect()
        }
        ChangeKind::Sandbox => vec![Config, Rules, Requirements, Stage, Hook, Plugin],
        ChangeKind::Scope => vec![Config, Requirements, Stage, Plugin, Snapshot, Recording],
        ChangeKind::Hooks => vec![Hook, Plugin, Config, Requirements, Snapshot, Recording],
        ChangeKind::Effects => vec![Snapshot, Recording],
        ChangeKind::Human => vec![Decision, Recording],
        ChangeKind::Outcome | ChangeKind::Findings => vec![Recording, Stage],
        ChangeKind::Finished
        | ChangeKind::StepAdded
        | ChangeKind::StepGone
        | ChangeKind::StepChanged
        | ChangeKind::StepMoved
        | ChangeKind::Recorded
        | ChangeKind::RepeatAdded
        | ChangeKind::RepeatGone
        | ChangeKind::Tokens => vec![Recording],
        ChangeKind::Fidelity => {
            vec![Config, Rules, Hook, Plugin, Requirements, Stage, Snapshot, Decision, Recording]
        }
    }
}

fn by_phase(phase: Phase) -> &'static [Input] {
    use Input::{Config, Hook, Plugin, Recording, Requirements, Rules, Snapshot, Stage};
    match phase {
        Phase::Routing => &[Config, Plugin, Requirements, Stage],
        Phase::Hook => &[Hook, Plugin, Config, Requirements, Snapshot],
        Phase::Rules => &[Rules, Requirements, Config, Recording],
        Phase::Approval => &[Config, Requirements, Stage, Rules, Plugin, Hook],
        Phase::Sandbox => &[Config, Requirements, Stage, Snapshot, Recording],
    }
}
