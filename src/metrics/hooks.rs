//! hook_block_rate: what hooks stop.

use crate::decision::{Phase, Verdict};
use crate::replay::{ReplayStep, StepKind};

use super::metric::{Metric, Tally, note_no_data};
use super::{TaskFacts, Unit};

/// Events whose block stops a command or a prompt. A PostToolUse block only replaces an output, and a Stop block only
/// makes the agent go on.
const STOPPING: [&str; 3] = ["PreToolUse", "PermissionRequest", "UserPromptSubmit"];

/// Did a hook stop this command or prompt?
pub(super) fn blocked_by_hook(step: &ReplayStep) -> bool {
    if step.kind == StepKind::Event {
        return false;
    }
    let ruled = step.ruling.verdict == Verdict::Deny && step.ruling.phase == Phase::Hook;
    ruled
        || step.hooks.iter().any(|hook| hook.outcome == "blocked" && STOPPING.contains(&hook.event.as_ref()))
}

#[derive(Clone, Debug, Default)]
pub(super) struct Hooks {
    blocks: Tally,
}

impl Hooks {
    pub(super) fn add(&mut self, facts: &TaskFacts) {
        self.blocks.total += 1;
        self.blocks.apart += u64::from(facts.hook_blocks_after);
        self.blocks.hits_of(&facts.run, &facts.hook_blocks);
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.blocks.merge(other.blocks);
    }

    pub(super) fn metrics(&self, list: &mut Vec<Metric>) {
        let mut metric = self.blocks.metric("hook_block_rate", Unit::PerHundred, "no task was replayed");
        let rate = 100.0 * self.blocks.hits as f64 / self.blocks.total as f64;
        metric.value = (self.blocks.total > 0).then_some(rate);
        note_no_data(&mut metric, "no task was replayed");
        list.push(metric);
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::shell;
    use super::*;
    use crate::decision::{Rule, Scope};
    use crate::replay::HookRow;

    fn with_hook(event: &'static str, outcome: &'static str) -> ReplayStep {
        let row = HookRow {
            event: event.into(),
            rule: Rule::built_in("hook"),
            outcome: outcome.into(),
            detail: String::new(),
        };
        ReplayStep { hooks: vec![row], ..shell("allow", Scope::In) }
    }

    #[test]
    fn only_what_stops_something_is_a_block() {
        assert!(blocked_by_hook(&shell("deny hook", Scope::In)));
        assert!(blocked_by_hook(&with_hook("PermissionRequest", "blocked")));
        assert!(!blocked_by_hook(&shell("deny rules", Scope::In)));
        assert!(!blocked_by_hook(&with_hook("PreToolUse", "passed")));
        assert!(!blocked_by_hook(&with_hook("PostToolUse", "blocked")));
        assert!(!blocked_by_hook(&with_hook("Stop", "blocked")));
        let stop = ReplayStep { kind: StepKind::Event, ..shell("deny hook", Scope::In) };
        assert!(!blocked_by_hook(&stop));
    }
}
