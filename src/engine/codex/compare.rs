//! What the CLI ruled beside what was predicted: the CLI's rulings take the place of those that differ.

use std::borrow::Cow;
use std::collections::HashMap;

use super::agreement::{Agreement, Difference, Unclear};
use super::control::Doubt;
use super::fit::{self, TOO_SLOW, Weighed};
use super::hooks;
use super::item::is_translated;
use super::performance::Performance;
use super::place::Places;
use super::ruling::{Observed, RanIn, Seen};
use super::story::{codex_story, story};
use super::witness::HookSeen;
use crate::decision::{Phase, Rule, Ruling, Verdict};
use crate::finding::Finding;
use crate::replay::{ReplayStep, StepKind};
use crate::transcript::{self, Call, Transcript};

/// What Codex answers to a call that had not ended when the turn was interrupted.
const INTERRUPTED: &str = "aborted by user";

/// What came of a comparison.
pub(super) struct Told {
    pub(super) agreement: Agreement,
    pub(super) notes: Vec<Finding>,
}

/// What the CLI did, ready to be looked up.
struct Stage<'p> {
    performance: &'p Performance,
    /// Calls of the recording that the CLI made, by id.
    made: HashMap<&'p str, &'p Call<'p>>,
    /// Calls of the recording that was played, by id.
    recorded: HashMap<&'p str, &'p Call<'p>>,
    /// Calls of another agent's tools that Codex has none for, with the tool.
    untranslated: HashMap<&'p str, String>,
    /// Working folders of the calls that the CLI made.
    folders: HashMap<&'p str, &'p str>,
    setting: Setting<'p>,
    /// The CLI noted of every turn that its sandbox lets nothing reach the network.
    offline: bool,
}

/// Where the CLI ruled.
#[derive(Clone, Copy, Debug)]
pub(super) struct Setting<'p> {
    /// There is no sandbox to be outside of.
    pub(super) unrestricted: bool,
    pub(super) places: &'p Places,
    /// Whatever ran in the sandbox is to be run again without it.
    pub(super) thorough: bool,
}

/// Why the CLI did not tell.
enum Silence {
    /// Nothing tells, for this reason.
    Untold(String),
    /// What became of it hung on the machine's speed: all that was predicted stands.
    TooSlow,
}

impl From<&str> for Silence {
    fn from(reason: &str) -> Self {
        Self::Untold(reason.to_owned())
    }
}

/// The recordings that were played, and those that the CLI made of it.
pub(super) type Recordings<'p> = (&'p [Transcript<'p>], &'p [Transcript<'p>]);

/// Compares every step with what the CLI did, and puts the CLI's ruling in place where it differs.
pub(super) fn compare(
    steps: &mut [ReplayStep],
    performance: &Performance,
    recordings: Recordings<'_>,
    setting: Setting<'_>,
) -> Told {
    let stage = Stage::new(performance, recordings, setting);
    let mut agreement = Agreement::default();
    for step in steps.iter_mut() {
        match stage.observed(step) {
            Ok(observed) => stage.settle(step, &observed, &mut agreement),
            Err(Silence::TooSlow) => agreement.adopted.push(unclear(step, TOO_SLOW)),
            Err(Silence::Untold(reason)) => {
                agreement.unseen.push(unclear(step, &reason));
                if step.ruling.verdict != Verdict::Undetermined {
                    let reason = format!("the Codex CLI does not tell: {reason}");
                    step.ruling = Ruling {
                        verdict: Verdict::Undetermined,
                        reason: reason.into(),
                        ..step.ruling.clone()
                    };
                }
            }
        }
    }
    Told { agreement, notes: notes(performance) }
}

/// Commands of which nothing that was seen tells whether the sandbox stopped them.
pub(super) fn doubts(
    steps: &[ReplayStep],
    performance: &Performance,
    recordings: Recordings<'_>,
    setting: Setting<'_>,
) -> Vec<Doubt> {
    let stage = Stage::new(performance, recordings, setting);
    steps.iter().filter_map(|step| stage.doubt(step)).collect()
}

/// Working folders of calls.
fn folders<'c>(transcripts: &'c [Transcript<'c>]) -> HashMap<&'c str, &'c str> {
    let mut folders = HashMap::new();
    for transcript in transcripts {
        for step in &transcript.steps {
            let transcript::StepKind::Call(call) = &step.kind else { continue };
            let context = step.context.and_then(|at| transcript.contexts.get(at as usize));
            let cwd = context.map_or(&*transcript.session.cwd, |context| &context.cwd);
            folders.insert(&*call.id, cwd);
        }
    }
    folders
}

fn calls<'c>(transcripts: &'c [Transcript<'c>]) -> HashMap<&'c str, &'c Call<'c>> {
    let steps = transcripts.iter().flat_map(|transcript| &transcript.steps);
    let calls = steps.filter_map(|step| match &step.kind {
        transcript::StepKind::Call(call) => Some((&*call.id, &**call)),
        _ => None,
    });
    calls.collect()
}

fn untranslated<'c>(transcripts: &'c [Transcript<'c>]) -> HashMap<&'c str, String> {
    let foreign = transcripts.iter().filter(|transcript| transcript.format.is_foreign());
    let calls = foreign.flat_map(|transcript| &transcript.steps).filter_map(|step| match &step.kind {
        transcript::StepKind::Call(call) if !is_translated(&call.action) => Some(call),
        _ => None,
    });
    calls.map(|call| (&*call.id, call.tool.to_string())).collect()
}

impl<'p> Stage<'p> {
    fn new(performance: &'p Performance, (recorded, made): Recordings<'p>, setting: Setting<'p>) -> Self {
        let contexts = made.iter().flat_map(|transcript| &transcript.contexts);
        let offline = contexts.into_iter().all(|context| !context.network);
        Self {
            performance,
            made: calls(made),
            recorded: calls(recorded),
            untranslated: untranslated(recorded),
            folders: folders(made),
            setting,
            offline,
        }
    }

    fn observed(&self, step: &ReplayStep) -> Result<Observed, Silence> {
        match step.kind {
            StepKind::Prompt if step.id.starts_with("subagent-") => Ok(self.sub_prompt(step)),
            StepKind::Prompt => self.prompt(step),
            StepKind::Event => self.event(step),
            StepKind::Search => Err("a web search is made by the provider".into()),
            _ => self.call(step),
        }
    }

    /// A prompt is blocked by a hook or goes to the model.
    fn prompt(&self, step: &ReplayStep) -> Result<Observed, Silence> {
        let prompted = self
            .performance
            .prompts
            .get(hooks::number(&step.id) - 1)
            .ok_or("it did not get to this prompt")?;
        Ok(match &prompted.stopped {
            Some(_) if hooks::seen(step, self.performance).iter().all(|run| run.status == "completed") => {
                return Err(
                    "the turn ended before the model was asked, and not by a hook at the prompt".into()
                );
            }
            Some(reason) => Observed::new(Verdict::Deny, Some(Phase::Hook), reason.clone()),
            None => Observed::new(Verdict::Allow, None, "the model was asked".to_owned()),
        })
    }

    /// The task of a sub-agent; its hooks tell whether it was blocked.
    fn sub_prompt(&self, step: &ReplayStep) -> Observed {
        let runs = hooks::seen(step, self.performance);
        let stopped = runs.iter().find(|run| matches!(run.status.as_str(), "blocked" | "stopped"));
        by_hook(stopped.copied())
    }

    /// What hooks say at a moment of the session. A Stop hook that blocks makes the agent go on, unless another halts
    /// it.
    fn event(&self, step: &ReplayStep) -> Result<Observed, Silence> {
        let runs = hooks::occasion(step, self.performance).ok_or("it did not get to this")?;
        let with = |status: &str| runs.iter().find(|run| run.status == status).copied();
        let stops = step.id.starts_with("stop-") || step.id.starts_with("subagent-stop-");
        let denied = if stops {
            with("blocked").filter(|_| with("stopped").is_none())
        } else {
            with("stopped").or(with("blocked"))
        };
        Ok(by_hook(denied))
    }

    /// A call inside a script: the script's watch tells whether it failed and with which words, the log what it gave. Of
    /// a script that was interrupted there is no watch.
    fn look_nested<R>(
        &self,
        step: &ReplayStep,
        recorded: &Call<'_>,
        look: impl FnOnce(&Seen<'_>) -> R,
    ) -> Result<R, Silence> {
        let fate = self.performance.nested.fate(&step.id);
        let witness = &self.performance.witness;
        let own = witness.own_name(&step.id);
        let logged =
            own.and_then(|own| self.performance.log.result(own)).map(|result| result.output.as_str());
        let answer = match fate {
            Some("") => logged.unwrap_or_default(),
            Some(fate) => fate,
            None if logged.is_none() && witness.question(&step.id).is_none() && !witness.begun(&step.id) => {
                return Err("it did not get to this call".into());
            }
            None => logged.unwrap_or(INTERRUPTED),
        };
        let answer = serde_json::Value::from(answer).to_string();
        let call = recorded.answered_with(&answer);
        Ok(look(&Seen {
            call: &call,
            hooked: false,
            question: witness.question(&step.id),
            denied: own.is_some_and(|own| self.performance.log.denied(own)),
            begun: witness.begun(&step.id),
            place: self.place(step),
            worked: recorded.exit_code() == Some(0),
            took: own.and_then(|own| self.performance.log.result(own)).and_then(|result| result.duration),
        }))
    }

    fn place(&self, step: &ReplayStep) -> RanIn {
        if self.setting.unrestricted || self.performance.outside.contains(&step.id) {
            RanIn::Open
        } else if self.offline {
            RanIn::Offline
        } else {
            RanIn::Sandbox
        }
    }

    fn call(&self, step: &ReplayStep) -> Result<Observed, Silence> {
        let weighed = self.look(step, |seen| {
            let observed = seen.observed()?;
            Some(match fit::weigh(observed, step, seen, self.setting.thorough) {
                Weighed::Doubt(observed) => {
                    let control = self.performance.controls.get(&step.id);
                    fit::settle(observed, step, seen, control, self.setting.places)
                }
                weighed => weighed,
            })
        })?;
        match weighed.ok_or("the turn ended before the call did")? {
            Weighed::Told(observed) | Weighed::Doubt(observed) => Ok(observed),
            Weighed::TooSlow => Err(Silence::TooSlow),
            Weighed::Untold(reason) => Err(reason.into()),
        }
    }

    /// The doubt about a call, if there is one that running its command again may clear.
    fn doubt(&self, step: &ReplayStep) -> Option<Doubt> {
        // What a hook made of a command is not known.
        if !matches!(step.kind, StepKind::Shell | StepKind::Patch)
            || step.hooks.iter().any(|row| row.outcome == "rewrote")
        {
            return None;
        }
        let parent = self.recorded.get(step.id.as_str()).and_then(|call| call.parent.as_deref());
        let beside = |call: &&Call<'_>| call.parent.is_some() && call.parent.as_deref() == parent;
        if parent.is_some() && self.recorded.values().copied().filter(beside).count() > 1 {
            return None;
        }
        let made = parent.unwrap_or(&step.id);
        let cwd = self.folders.get(made)?;
        let doubt = |seen: &Seen<'_>| {
            let weighed = fit::weigh(seen.observed()?, step, seen, self.setting.thorough);
            matches!(weighed, Weighed::Doubt(_)).then(|| Doubt::about(&step.id, made, cwd, seen))?
        };
        self.look(step, doubt).ok().flatten()
    }

    /// Shows what was seen of a call.
    fn look<R>(&self, step: &ReplayStep, look: impl FnOnce(&Seen<'_>) -> R) -> Result<R, Silence> {
        if let Some(tool) = self.untranslated.get(step.id.as_str()) {
            return Err(Silence::Untold(format!("it has no tool for what another agent's `{tool}` did")));
        }
        if let Some(recorded) = self.recorded.get(step.id.as_str()).filter(|call| call.parent.is_some()) {
            return self.look_nested(step, recorded, look);
        }
        let Some(call) = self.made.get(step.id.as_str()) else {
            return Err(if self.performance.unplayed.contains(&step.id) {
                "it never asked the model for this call".into()
            } else {
                "it did not get to this call".into()
            });
        };
        // What a hook put in place of the answer hides what became of the call; the log has the answer itself.
        let hooks = self.performance.witness.hooks();
        let of_call = || hooks.iter().filter(|hook| hook.call.as_deref() == Some(&step.id));
        let replaced = of_call().any(|hook| hook.event == "postToolUse" && hook.status != "completed");
        let logged = self.performance.log.result(&step.id).filter(|_| replaced);
        let answer = logged.map(|result| serde_json::Value::from(result.output.as_str()).to_string());
        let original = answer.as_ref().map(|answer| call.answered_with(answer));
        Ok(look(&Seen {
            call: original.as_ref().unwrap_or(call),
            hooked: of_call().next().is_some(),
            question: self.performance.witness.question(&step.id),
            denied: self.performance.log.denied(&step.id),
            begun: self.performance.witness.begun(&step.id),
            place: self.place(step),
            worked: self.recorded.get(step.id.as_str()).is_some_and(|call| call.exit_code() == Some(0)),
            took: self.performance.log.result(&step.id).and_then(|result| result.duration),
        }))
    }

    fn settle(&self, step: &mut ReplayStep, observed: &Observed, agreement: &mut Agreement) {
        let predicted = step.clone();
        let same_phase = observed.phase.is_none_or(|phase| phase == predicted.ruling.phase)
            || observed.verdict != Verdict::Deny;
        let same_ruling = predicted.ruling.verdict == observed.verdict && same_phase;
        if !same_ruling {
            let reason = format!("answer of the Codex CLI: {}", observed.said);
            step.ruling = Ruling {
                verdict: observed.verdict,
                phase: observed.phase.unwrap_or(predicted.ruling.phase),
                reason: Cow::Owned(reason),
                rule: Rule::built_in("answer of the Codex CLI"),
            };
        }
        let confined =
            step.kind == StepKind::Shell && observed.verdict == Verdict::Allow && !self.setting.unrestricted;
        if confined {
            step.unsandboxed = self.performance.outside.contains(&step.id);
        }
        let same_hooks = hooks::take(step, self.performance);
        if predicted.ruling.verdict == Verdict::Undetermined {
            agreement.undetermined.push(unclear(&predicted, &predicted.ruling.reason));
        } else if same_ruling && same_hooks && (!confined || step.unsandboxed == predicted.unsandboxed) {
            agreement.agreed += 1;
        } else {
            agreement.differences.push(Difference {
                step: step.id.clone(),
                label: step.label.clone(),
                native: story(&predicted, confined, !same_hooks),
                codex: if same_ruling {
                    story(step, confined, !same_hooks)
                } else {
                    codex_story(step, observed, confined, !same_hooks)
                },
            });
        }
    }
}

/// A denial by this hook, or none.
fn by_hook(hook: Option<&HookSeen>) -> Observed {
    match hook {
        Some(hook) => Observed::new(Verdict::Deny, Some(Phase::Hook), hook.detail.clone()),
        None => Observed::new(Verdict::Allow, None, "no hook objected".to_owned()),
    }
}

fn unclear(step: &ReplayStep, reason: &str) -> Unclear {
    Unclear { step: step.id.clone(), label: step.label.clone(), reason: reason.to_owned() }
}

/// What was odd about the performance.
fn notes(performance: &Performance) -> Vec<Finding> {
    let mut notes = Vec::new();
    let mut note = |code: &'static str, text: String| notes.push(Finding::note(code, text));
    for call in &performance.unplayed {
        note("never-asked", format!("the Codex CLI never asked for the recorded call {call}"));
    }
    if performance.beyond > 0 {
        let text =
            format!("the Codex CLI asked the model {} times more than was recorded", performance.beyond);
        note("beyond-recording", text);
    }
    for tool in &performance.missing {
        note("no-result", format!("the recording has no result of a call of {tool}"));
    }
    for prompt in performance.witness.unanswered() {
        note("unanswered", format!("nobody's answer is recorded, so it was declined: {prompt}"));
    }
    notes
}
