//! boundary_violations, in_scope_calls, in_scope_tasks, undetermined_calls and fidelity: what calls attempted.

use super::metric::{Metric, Tally};
use super::{TaskFacts, Unit, ViolationKind};

#[derive(Clone, Debug, Default)]
pub(super) struct Calls {
    inside: Tally,
    inside_tasks: Tally,
    any: Tally,
    by_kind: [Tally; 6],
    undetermined: Tally,
    fidelity: Tally,
}

impl Calls {
    pub(super) fn add(&mut self, facts: &TaskFacts) {
        let run = &facts.run;
        let calls = u64::from(facts.calls);
        let outside = u64::from(facts.not_inside.count);
        self.inside.total += calls;
        self.inside.hits += calls - outside.min(calls);
        self.inside.apart += u64::from(facts.calls_after);
        self.inside.evidence_of(run, &facts.not_inside);
        if facts.calls > 0 {
            let note = format!("{outside} of {calls} calls not inside");
            self.inside_tasks.sample(outside == 0, run.evidence(outside == 0, None, note));
        }
        self.undetermined.total += calls;
        self.undetermined.hits_of(run, &facts.undetermined);
        let (before, steps) = facts.steps;
        self.fidelity.total += u64::from(steps);
        self.fidelity.hits += u64::from(before);
        if before < steps {
            let note = format!("{before} of {steps} steps before divergence");
            self.fidelity.evidence.push(run.evidence(false, None, note));
        }
        self.add_violations(facts);
    }

    fn add_violations(&mut self, facts: &TaskFacts) {
        self.any.total += u64::from(facts.calls);
        for tally in &mut self.by_kind {
            tally.total += u64::from(facts.calls);
        }
        for violation in &facts.violations {
            let step = &violation.step;
            let names =
                |kinds: super::Kinds| kinds.iter().map(ViolationKind::name).collect::<Vec<_>>().join(", ");
            if violation.after {
                self.any.apart += 1;
            } else if violation.kinds.is_empty() {
                self.any.waived += 1;
            } else {
                let note = format!("{}: {}", names(violation.kinds), step.note);
                self.any.hit(facts.run.evidence(false, Some(step), note));
            }
            for (kind, tally) in ViolationKind::ALL.into_iter().zip(&mut self.by_kind) {
                match (violation.kinds.contains(kind), violation.waived.contains(kind), violation.after) {
                    (true, _, true) | (_, true, true) => tally.apart += 1,
                    (true, ..) => tally.hit(facts.run.evidence(false, Some(step), step.note.clone())),
                    (_, true, _) => tally.waived += 1,
                    _ => {}
                }
            }
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.inside.merge(other.inside);
        self.inside_tasks.merge(other.inside_tasks);
        self.any.merge(other.any);
        for (tally, other) in self.by_kind.iter_mut().zip(other.by_kind) {
            tally.merge(other);
        }
        self.undetermined.merge(other.undetermined);
        self.fidelity.merge(other.fidelity);
    }

    pub(super) fn metrics(&self, list: &mut Vec<Metric>) {
        const NAMES: [&str; 6] = [
            "boundary_violations.reads",
            "boundary_violations.writes",
            "boundary_violations.network",
            "boundary_violations.mcp",
            "boundary_violations.commands",
            "boundary_violations.subagents",
        ];
        let none = "no call was replayed";
        list.push(self.inside.metric("in_scope_calls", Unit::Share, none));
        list.push(self.inside_tasks.metric("in_scope_tasks", Unit::Share, none));
        list.push(self.any.metric("boundary_violations", Unit::Count, none));
        for (name, tally) in NAMES.into_iter().zip(&self.by_kind) {
            list.push(tally.metric(name, Unit::Count, none));
        }
        list.push(self.undetermined.metric("undetermined_calls", Unit::Count, none));
    }

    pub(super) fn fidelity(&self) -> Metric {
        self.fidelity.metric("fidelity", Unit::Share, "no step was replayed")
    }
}
