//! Which happenings of a run's recordings are shown: those at which a hook runs.

use std::collections::HashMap;

use super::judge::Judge;
use super::lifecycle::{EVENTS, Happening, happenings};
use super::thread::StepRef;
use crate::boundary::hooks::{HookEvent, Hooks};
use crate::transcript::Transcript;

/// The happenings of a run, found recording by recording as the walk comes to it.
pub(super) struct Life<'w> {
    /// Some boundary has hooks that run at happenings.
    wanted: bool,
    /// Some boundary has hooks that run at prompts, which those of sub-agents are too.
    prompts: bool,
    known: HashMap<usize, Vec<(usize, Happening<'w>)>>,
}

impl<'w> Life<'w> {
    /// The life of a run as these judges need it.
    pub(super) fn new(judges: &[Judge<'_>]) -> Self {
        let hooks: Vec<&Hooks> = judges.iter().map(|judge| &judge.boundary.hooks).collect();
        let any = |event: HookEvent| hooks.iter().any(|hooks| hooks.any(event));
        Self {
            wanted: EVENTS.into_iter().any(any),
            prompts: any(HookEvent::UserPromptSubmit),
            known: HashMap::new(),
        }
    }

    /// What happened right before a step.
    pub(super) fn before(&mut self, at: StepRef, transcript: &'w Transcript<'_>) -> Vec<Happening<'w>> {
        if !self.wanted {
            return Vec::new();
        }
        let known = self.known.entry(at.recording).or_insert_with(|| happenings(transcript, at.depth > 0));
        let first = known.partition_point(|(step, _)| *step < at.step);
        known[first..].iter().take_while(|(step, _)| *step == at.step).map(|(_, what)| *what).collect()
    }

    /// Does a hook run at prompts of a sub-agent under any of its boundaries?
    pub(super) fn sees_prompts(&self, judges: &[Judge<'_>]) -> bool {
        self.prompts && judges.iter().any(|judge| judge.boundary.hooks.any(HookEvent::UserPromptSubmit))
    }
}

/// Does a hook run at a happening under any of these boundaries?
pub(super) fn matters(
    what: &Happening<'_>,
    at: StepRef,
    transcript: &Transcript<'_>,
    judges: &[Judge<'_>],
) -> bool {
    let event = what.event(at.depth > 0);
    let role = transcript.session.agent_role.as_deref().unwrap_or("default");
    let subject = subject(what, role, at.depth > 0);
    judges.iter().any(|judge| judge.boundary.hooks.matching(event, subject).next().is_some())
}

/// What matchers of the event go by.
pub(super) fn subject<'s>(what: &Happening<'_>, role: &'s str, sub_agent: bool) -> &'s str {
    match what {
        Happening::SessionStart { source } => source,
        Happening::PreCompact { trigger } | Happening::PostCompact { trigger } => trigger,
        Happening::SubagentStart => role,
        Happening::Stop { .. } if sub_agent => role,
        Happening::SessionEnd => "other",
        Happening::Stop { .. } | Happening::Interrupt => "",
    }
}

/// Beginning of the ids of these steps.
pub(super) fn name(event: HookEvent) -> &'static str {
    match event {
        HookEvent::SessionStart => "session-start",
        HookEvent::SessionEnd => "session-end",
        HookEvent::SubagentStart => "subagent-start",
        HookEvent::SubagentStop => "subagent-stop",
        HookEvent::Stop => "stop",
        HookEvent::Interrupt => "interrupt",
        HookEvent::PreCompact => "pre-compact",
        HookEvent::PostCompact => "post-compact",
        _ => "event",
    }
}

/// The step in short.
pub(super) fn label(what: &Happening<'_>, role: &str, sub_agent: bool) -> String {
    match what {
        Happening::SessionStart { source } => format!("session starts ({source})"),
        Happening::SessionEnd => "session ends".to_owned(),
        Happening::SubagentStart => format!("sub-agent starts ({role})"),
        Happening::Stop { active, .. } => {
            let who = if sub_agent { format!("sub-agent stops ({role})") } else { "turn ends".to_owned() };
            if *active { format!("{who}, after a hook made it go on") } else { who }
        }
        Happening::Interrupt => "user interrupts the turn".to_owned(),
        Happening::PreCompact { trigger } => format!("history is to be compacted ({trigger})"),
        Happening::PostCompact { trigger } => format!("history was compacted ({trigger})"),
    }
}
