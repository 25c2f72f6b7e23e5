use std::fmt::Write as _;

use super::align::{Pair, align};
use super::cause::{causes, changed_inputs};
use super::change::{Change, ChangeId, ChangeKind, StepRef};
use super::{State, TaskDiff};
use crate::baseline::Baseline;
use crate::decision::{Rule, Shift};
use crate::replay::{AgentFinding, EffectRow, Input, Replay, ReplayStep};

/// Compares the replays of a task with its baseline.
pub fn task(before: &Baseline, now: &[Replay]) -> TaskDiff {
    let mut changes = Vec::new();
    for replay in now {
        match before.replay(replay.repeat) {
            Some(old) => changes.extend(Comparison::of(old, replay).into_changes()),
            None => changes.push(repeat(replay, ChangeKind::RepeatAdded)),
        }
    }
    for old in &before.replays {
        if !now.iter().any(|replay| replay.repeat == old.repeat) {
            changes.push(repeat(old, ChangeKind::RepeatGone));
        }
    }
    let state = if changes.is_empty() { State::Same } else { State::Changed };
    TaskDiff { task: before.task.clone(), state, changes }
}

fn repeat(replay: &Replay, kind: ChangeKind) -> Change {
    let steps = format!("{} steps", replay.steps.len());
    let text = if kind == ChangeKind::RepeatAdded { [String::new(), steps] } else { [steps, String::new()] };
    Maker { task: &replay.task, repeat: replay.repeat, changed: &[Input::Recording] }.make(kind, text)
}

/// Two replays, aligned, with what changed at each step.
pub(super) struct Comparison {
    /// Changes of the replay as a whole.
    pub(super) whole: Vec<Change>,
    /// Aligned steps, each with its changes.
    pub(super) steps: Vec<(Pair, Vec<Change>)>,
}

impl Comparison {
    pub(super) fn of(before: &Replay, now: &Replay) -> Self {
        let changed = changed_inputs(&before.inputs, &now.inputs);
        if changed.is_empty() && before.steps == now.steps && same_whole(before, now) {
            return Self { whole: Vec::new(), steps: Vec::new() };
        }
        let pairs = align(&before.steps, &now.steps, !changed.contains(&Input::Recording));
        let maker = Maker { task: &now.task, repeat: now.repeat, changed: &changed };
        let whole = whole(&maker, before, now, &pairs);
        let steps = pairs.into_iter().map(|pair| (pair, maker.pair(pair, before, now))).collect();
        Self { whole, steps }
    }

    fn into_changes(self) -> impl Iterator<Item = Change> {
        self.whole.into_iter().chain(self.steps.into_iter().flat_map(|(_, changes)| changes))
    }
}

fn same_whole(before: &Replay, now: &Replay) -> bool {
    before.outcome == now.outcome
        && before.findings == now.findings
        && before.finished == now.finished
        && before.usage == now.usage
}

fn whole(maker: &Maker<'_>, before: &Replay, now: &Replay, pairs: &[Pair]) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut differ = |kind, old: String, new: String| {
        if old != new {
            changes.push(maker.make(kind, [old, new]));
        }
    };
    let outcome = |replay: &Replay| replay.outcome.clone().unwrap_or_else(|| "none".to_owned());
    differ(ChangeKind::Outcome, outcome(before), outcome(now));
    let finished = |replay: &Replay| if replay.finished { "finished" } else { "cut off" }.to_owned();
    differ(ChangeKind::Finished, finished(before), finished(now));
    let (gone, added) = only(&before.findings, &now.findings, finding_text);
    differ(ChangeKind::Findings, gone, added);
    if !same_divergence(before, now, pairs) {
        differ(ChangeKind::Fidelity, divergence_text(before), divergence_text(now));
    }
    let tokens = |replay: &Replay| replay.usage.input.saturating_add(replay.usage.output);
    let (old, new) = (tokens(before), tokens(now));
    if old.abs_diff(new) > old.max(new) / 20 {
        differ(ChangeKind::Tokens, old.to_string(), new.to_string());
    }
    changes
}

fn finding_text(finding: &AgentFinding) -> String {
    let line = finding.line.map_or_else(String::new, |line| format!(":{line}"));
    format!("{}{line} {}", finding.path, finding.summary)
}

/// The step at which a replay diverges from its recording.
fn divergence(replay: &Replay) -> Option<usize> {
    let after = replay.steps.iter().position(|step| step.after_divergence)?;
    after.checked_sub(1)
}

fn same_divergence(before: &Replay, now: &Replay, pairs: &[Pair]) -> bool {
    match (divergence(before), divergence(now)) {
        (Some(old), Some(new)) => pairs.contains(&Pair::Both(old, new)),
        (old, new) => old == new,
    }
}

fn divergence_text(replay: &Replay) -> String {
    match divergence(replay).and_then(|at| Some((at, replay.steps.get(at)?))) {
        Some((at, step)) => {
            format!("diverges at step {} of {}: {}", at + 1, replay.steps.len(), step.label)
        }
        None => "does not diverge".to_owned(),
    }
}

/// What is in one list only, joined; lists are small or cut where they are shown.
fn only<T: PartialEq>(before: &[T], now: &[T], text: impl Fn(&T) -> String) -> (String, String) {
    let join = |these: &[T], others: &[T]| {
        let mut texts: Vec<_> = these.iter().filter(|one| !others.contains(one)).map(&text).collect();
        texts.dedup();
        texts.join("; ")
    };
    (join(before, now), join(now, before))
}

struct Maker<'m> {
    task: &'m str,
    repeat: u32,
    changed: &'m [Input],
}

impl Maker<'_> {
    /// A change of the replay as a whole.
    fn make(&self, kind: ChangeKind, text: [String; 2]) -> Change {
        self.build(kind, None, text, [None, None])
    }

    fn build(
        &self,
        kind: ChangeKind,
        step: Option<StepRef>,
        text: [String; 2],
        steps: [Option<&ReplayStep>; 2],
    ) -> Change {
        let id = ChangeId::of(self.task, self.repeat, step.as_ref(), kind, [&text[0], &text[1]]);
        let [before, after] = text;
        let rules = matches!(kind, ChangeKind::Ruling | ChangeKind::RuledElsewhere);
        let rule = |step: Option<&ReplayStep>| step.filter(|_| rules).map(|step| step.ruling.rule.clone());
        Change {
            id,
            repeat: self.repeat,
            step,
            kind,
            before,
            after,
            shift: Shift::Same,
            rule_before: rule(steps[0]),
            rule_after: rule(steps[1]),
            causes: causes(self.changed, kind, steps),
        }
    }

    fn pair(&self, pair: Pair, before: &Replay, now: &Replay) -> Vec<Change> {
        match pair {
            Pair::Both(i, j) => self.both((i, &before.steps[i]), (j, &now.steps[j])),
            Pair::Gone(i) => {
                let step = &before.steps[i];
                let text = [ruled(step), String::new()];
                vec![self.build(ChangeKind::StepGone, Some(StepRef::of(i, step)), text, [Some(step), None])]
            }
            Pair::Added(j) => {
                let step = &now.steps[j];
                let text = [String::new(), ruled(step)];
                vec![self.build(ChangeKind::StepAdded, Some(StepRef::of(j, step)), text, [None, Some(step)])]
            }
            Pair::MovedFrom(..) => Vec::new(),
            Pair::MovedTo(i, j) => {
                let (old, new) = (&before.steps[i], &now.steps[j]);
                let text = [format!("step {}", i + 1), format!("step {}", j + 1)];
                let step = Some(StepRef::of(j, new));
                let moved = self.build(ChangeKind::StepMoved, step, text, [Some(old), Some(new)]);
                std::iter::once(moved).chain(self.both((i, old), (j, new))).collect()
            }
        }
    }

    fn both(&self, (_, old): (usize, &ReplayStep), (j, new): (usize, &ReplayStep)) -> Vec<Change> {
        let mut changes = Vec::new();
        let mut differ = |kind, text: [String; 2], shift| {
            let step = Some(StepRef::of(j, new));
            changes.push(Change { shift, ..self.build(kind, step, text, [Some(old), Some(new)]) });
        };
        if old.label != new.label || old.kind != new.kind {
            differ(ChangeKind::StepChanged, [old.label.clone(), new.label.clone()], Shift::Same);
        }
        let shift = old.ruling.verdict.shift(new.ruling.verdict);
        if shift != Shift::Same {
            differ(ChangeKind::Ruling, [ruled(old), ruled(new)], shift);
        } else if !same_origin(old, new) {
            differ(ChangeKind::RuledElsewhere, [origin(old), origin(new)], Shift::Same);
        }
        if old.unsandboxed != new.unsandboxed {
            let text =
                |step: &ReplayStep| if step.unsandboxed { "unsandboxed" } else { "sandboxed" }.to_owned();
            let shift = if new.unsandboxed { Shift::Widened } else { Shift::Narrowed };
            differ(ChangeKind::Sandbox, [text(old), text(new)], shift);
        }
        if old.scope != new.scope {
            differ(ChangeKind::Scope, [old.scope.to_string(), new.scope.to_string()], Shift::Same);
        }
        let [gone, added] = effects(old, new);
        if gone != added {
            differ(ChangeKind::Effects, [gone, added], Shift::Same);
        }
        let [before, now] = hooks(old, new);
        if before != now {
            differ(ChangeKind::Hooks, [before, now], Shift::Same);
        }
        if old.recorded != new.recorded {
            differ(ChangeKind::Recorded, [recorded(old), recorded(new)], Shift::Same);
        }
        let human = |step: &ReplayStep| step.human.map_or("none", |human| human.verdict.name()).to_owned();
        if human(old) != human(new) {
            differ(ChangeKind::Human, [human(old), human(new)], Shift::Same);
        }
        changes
    }
}

fn ruled(step: &ReplayStep) -> String {
    format!("{} ({})", step.ruling.verdict, step.ruling.phase)
}

/// Lines and columns do not count: they move with every edit above them.
fn same_origin(old: &ReplayStep, new: &ReplayStep) -> bool {
    let file = |rule: &Rule| rule.place.as_ref().map(|place| place.file.clone());
    let (old, new) = (&old.ruling, &new.ruling);
    old.phase == new.phase && old.rule.text == new.rule.text && file(&old.rule) == file(&new.rule)
}

fn origin(step: &ReplayStep) -> String {
    format!("{} ({}: {})", step.ruling.verdict, step.ruling.phase, step.ruling.rule.text)
}

fn recorded(step: &ReplayStep) -> String {
    step.recorded.name().to_owned()
}

/// Effects that stand on one side only, and whether there may be others.
fn effects(old: &ReplayStep, new: &ReplayStep) -> [String; 2] {
    let same =
        |a: &EffectRow, b: &EffectRow| a.access == b.access && a.target == b.target && a.scope == b.scope;
    let equal = old.effects.len() == new.effects.len()
        && old.effects.iter().zip(&new.effects).all(|(a, b)| same(a, b))
        && old.opaque == new.opaque;
    if equal {
        return [String::new(), String::new()];
    }
    let text = |row: &EffectRow| format!("{} {} ({})", row.access.name(), row.target, row.scope);
    let join = |these: &ReplayStep, others: &ReplayStep| {
        let known: std::collections::HashSet<String> = others.effects.iter().map(text).collect();
        let mut joined = String::new();
        for one in these.effects.iter().map(text).filter(|one| !known.contains(one)) {
            let _ = write!(joined, "{}{one}", if joined.is_empty() { "" } else { "; " });
        }
        if these.opaque != others.opaque {
            let why = these
                .opaque
                .as_deref()
                .map_or_else(|| "all known".to_owned(), |why| format!("opaque: {why}"));
            let _ = write!(joined, "{}{why}", if joined.is_empty() { "" } else { "; " });
        }
        joined
    };
    [join(old, new), join(new, old)]
}

/// Hooks that had something to say, where they differ in more than their output. One that let a call pass and is now
/// gone shows in the calls that it would have stopped.
fn hooks(old: &ReplayStep, new: &ReplayStep) -> [String; 2] {
    let text = |step: &ReplayStep| {
        let spoke = step.hooks.iter().filter(|hook| hook.outcome != "passed");
        let hooks = spoke.map(|hook| format!("{} {} {}", hook.event, hook.rule.text, hook.outcome));
        hooks.collect::<Vec<_>>().join("; ")
    };
    if old.hooks.is_empty() && new.hooks.is_empty() {
        return [String::new(), String::new()];
    }
    [text(old), text(new)]
}
