use std::collections::{BTreeMap, BTreeSet};

use super::rows::TaskReport;
use super::v1::{BrokenV1, CountsV1, DivergedV1, NotedV1, TaskChangesV1, Why};
use crate::decision::{Scope, Verdict};
use crate::diff::{State, Tally};
use crate::metrics::{ViolationFact, ViolationKind};
use crate::replay::v1::{NoteV1, RuleV1};
use crate::replay::{Input, Inputs, Replay, ReplayStep};
use crate::source::ContentHash;

/// Steps noted for each reason, in all and per task; the rest is counted.
const MAX_NOTED: usize = 100;
const MAX_NOTED_PER_TASK: usize = 20;
/// Tasks listed with their changes, as broken or as diverged.
const MAX_TASKS: usize = 100;
/// Changes listed per task.
const MAX_CHANGES: usize = 20;
/// Longest text kept of a step, in characters.
const MAX_TEXT: usize = 300;

/// What the summary keeps of tasks: counts, and the first ones of what a reader must know. Bounded, whatever the
/// number of tasks.
#[derive(Clone, Debug, Default)]
pub(super) struct Digest {
    pub(super) counts: CountsV1,
    pub(super) noted: [Vec<NotedV1>; Why::ALL.len()],
    pub(super) noted_total: [u64; Why::ALL.len()],
    pub(super) broken: Vec<BrokenV1>,
    pub(super) diverged: Vec<DivergedV1>,
    pub(super) tally: Tally,
    pub(super) changed: Vec<TaskChangesV1<'static>>,
    pub(super) inputs: Folded,
    /// Tasks whose sessions are of another agent than Codex, by what is said of them.
    pub(super) foreign: BTreeMap<String, u64>,
}

impl Digest {
    /// The digest of one task.
    pub(super) fn of(report: &TaskReport<'_>) -> Self {
        let mut digest = Self { counts: CountsV1 { tasks: 1, ..CountsV1::default() }, ..Self::default() };
        digest.tally.add(report.diff);
        let notes = report.replays.iter().flat_map(|replay| &replay.notes);
        let foreign = notes.filter(|finding| finding.code == "by-tool-class");
        let said: BTreeSet<&str> = foreign.map(|finding| finding.message.as_str()).collect();
        digest.foreign = said.into_iter().map(|said| (said.to_owned(), 1)).collect();
        if report.diff.state == State::Changed {
            digest.changed.push(TaskChangesV1::of(report.diff, MAX_CHANGES).into_owned());
        }
        if report.replays.is_empty() {
            digest.counts.broken = 1;
            let mut findings: Vec<_> = report.findings.iter().collect();
            findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
            let notes = findings.into_iter().take(MAX_CHANGES).map(|finding| {
                let note = NoteV1::from(finding).into_owned();
                NoteV1 { message: cut(&note.message).into(), help: cut(&note.help).into(), ..note }
            });
            digest.broken.push(BrokenV1 { task: report.task.to_owned(), notes: notes.collect() });
        }
        for (at, replay) in report.replays.iter().enumerate() {
            digest.inputs.add(Folded::of(&replay.inputs));
            let facts = report.facts.get(at);
            digest.add_replay(report.task, replay, facts.map_or(&[], |facts| &facts.violations));
        }
        digest
    }

    fn add_replay(&mut self, task: &str, replay: &Replay, violations: &[ViolationFact]) {
        let fidelity = replay.fidelity();
        self.counts.runs += 1;
        self.counts.steps += u64::from(fidelity.steps);
        self.counts.before_divergence += u64::from(fidelity.before);
        if let Some(step) =
            (fidelity.before as usize).checked_sub(1).filter(|_| fidelity.before < fidelity.steps)
        {
            self.counts.diverged += 1;
            self.diverged.push(DivergedV1 {
                task: task.to_owned(),
                repeat: replay.repeat,
                step: fidelity.before,
                steps: fidelity.steps,
                label: replay.steps.get(step).map_or_else(String::new, |step| cut(&step.label)),
            });
        }
        let mut violations = violations.iter().peekable();
        for (number, step) in (1_u32..).zip(&replay.steps) {
            let violation = violations.next_if(|violation| violation.step.number <= number);
            self.add_step(task, replay.repeat, number, step, violation);
        }
    }

    fn add_step(
        &mut self,
        task: &str,
        repeat: u32,
        number: u32,
        step: &ReplayStep,
        violation: Option<&ViolationFact>,
    ) {
        let call = step.kind.is_call();
        let unknown = step.ruling.verdict == Verdict::Undetermined || step.scope == Scope::Undetermined;
        let let_run = step.human.is_some_and(|human| human.verdict.let_run());
        let (kinds, waived): (Vec<_>, Vec<_>) = violation
            .map(|violation| (violation.kinds.iter().collect(), violation.waived.iter().collect()))
            .unwrap_or_default();
        self.counts.violations += u64::from(!kinds.is_empty());
        for (why, holds) in Why::ALL.into_iter().zip([
            !kinds.is_empty(),
            !waived.is_empty(),
            call && let_run && step.scope != Scope::In,
            call && unknown,
            step.asks() && step.human.is_none(),
        ]) {
            if !holds {
                continue;
            }
            self.noted_total[why as usize] += 1;
            if self.noted[why as usize].len() < MAX_NOTED_PER_TASK {
                let kinds: &[ViolationKind] = match why {
                    Why::Violation => &kinds,
                    Why::Waived => &waived,
                    _ => &[],
                };
                self.noted[why as usize].push(noted(why, task, (repeat, number), step, kinds));
            }
        }
    }

    /// Adds the digest of a later task.
    pub(super) fn add(&mut self, later: Self) {
        let (counts, more) = (&mut self.counts, later.counts);
        counts.tasks += more.tasks;
        counts.broken += more.broken;
        counts.runs += more.runs;
        counts.steps += more.steps;
        counts.before_divergence += more.before_divergence;
        counts.diverged += more.diverged;
        counts.violations += more.violations;
        for (kept, more) in self.noted.iter_mut().zip(later.noted) {
            extend(kept, more, MAX_NOTED);
        }
        for (total, more) in self.noted_total.iter_mut().zip(later.noted_total) {
            *total += more;
        }
        for (said, more) in later.foreign {
            *self.foreign.entry(said).or_default() += more;
        }
        extend(&mut self.broken, later.broken, MAX_TASKS);
        extend(&mut self.diverged, later.diverged, MAX_TASKS);
        extend(&mut self.changed, later.changed, MAX_TASKS);
        self.tally.merge(later.tally);
        self.inputs.add(later.inputs);
    }
}

/// Hashes of inputs over sessions in suite order.
#[derive(Clone, Debug, Default)]
pub(super) struct Folded(BTreeMap<Input, Fold>);

#[derive(Clone, Copy, Debug)]
struct Fold {
    /// The hash that all have, while all have the same.
    same: Option<ContentHash>,
    chain: ContentHash,
}

impl Folded {
    fn of(inputs: &Inputs) -> Self {
        Self(inputs.iter().map(|(input, hash)| (*input, Fold { same: Some(*hash), chain: *hash })).collect())
    }

    fn add(&mut self, later: Self) {
        for (input, more) in later.0 {
            self.0
                .entry(input)
                .and_modify(|fold| {
                    fold.same = fold.same.filter(|hash| Some(*hash) == more.same);
                    fold.chain = ContentHash::of_parts([
                        ("before", fold.chain.to_string().as_bytes()),
                        ("after", more.chain.to_string().as_bytes()),
                    ]);
                })
                .or_insert(more);
        }
    }

    pub(super) fn finish(self) -> BTreeMap<Input, ContentHash> {
        self.0.into_iter().map(|(input, fold)| (input, fold.same.unwrap_or(fold.chain))).collect()
    }
}

fn extend<T>(kept: &mut Vec<T>, more: Vec<T>, most: usize) {
    let room = most.saturating_sub(kept.len());
    kept.extend(more.into_iter().take(room));
}

fn cut(text: &str) -> String {
    super::escape::short(text, MAX_TEXT).into_owned()
}

fn noted(
    why: Why,
    task: &str,
    (repeat, number): (u32, u32),
    step: &ReplayStep,
    kinds: &[ViolationKind],
) -> NotedV1 {
    let (reason, rule) = because(step);
    NotedV1 {
        why,
        task: task.to_owned(),
        repeat,
        step: number,
        id: step.id.clone(),
        kind: step.kind,
        label: cut(&step.label),
        violations: kinds.to_vec(),
        verdict: step.ruling.verdict,
        phase: step.ruling.phase,
        reason: cut(&reason),
        rule,
        scope: step.scope,
        human: step.human.map(|human| human.verdict),
        after_divergence: step.after_divergence,
    }
}

/// What to say about a step, and the rule behind that: the ruling's own where it stops the call or is unknown, else
/// the effect that lies outside, else why effects may be unknown.
fn because(step: &ReplayStep) -> (String, RuleV1<'static>) {
    let ruling = &step.ruling;
    let by_ruling = || (ruling.reason.to_string(), RuleV1::from(&ruling.rule).into_owned());
    if matches!(ruling.verdict, Verdict::Deny | Verdict::Undetermined) {
        return by_ruling();
    }
    if let Some(effect) = step.effects.iter().find(|effect| effect.scope == Scope::Out) {
        let rule = effect.rule.as_ref().unwrap_or(&ruling.rule);
        let reason = format!("{} {} lies outside", effect.access.name(), effect.target);
        return (reason, RuleV1::from(rule).into_owned());
    }
    match &step.opaque {
        Some(why) if step.scope == Scope::Undetermined => {
            (why.to_string(), RuleV1::from(&ruling.rule).into_owned())
        }
        _ => by_ruling(),
    }
}
