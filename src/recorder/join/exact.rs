//! Answers of logs that hold them: OTLP logs and app-server transcripts.

use std::collections::HashSet;

use super::super::log::{Answer, McpTool, Verdict};
use super::super::note::Kind;
use super::super::timeline::{Millis, Timeline};
use super::names::{Names, Nested};
use super::{Found, Untold, Why};
use crate::action::Action;
use crate::decision::{HumanVerdict, Lasting, Witness};
use crate::transcript::{Call, StepKind, Transcript};

/// By how much the times of a command for which nobody was asked may seem not to fit together.
const SLACK: Millis = 60;
/// A person needs longer to answer; an answer that was remembered does not.
const AT_ONCE: Millis = 100;

/// What exact logs tell.
pub(super) struct Exact<'c> {
    pub(super) found: Vec<Found<'c>>,
    pub(super) untold: Vec<Untold>,
    /// Calls that somebody else decided about.
    pub(super) others: HashSet<&'c str>,
}

pub(super) fn join<'c>(
    answers: &'c [Answer],
    names: &mut Names<'c, '_>,
    transcript: &'c Transcript<'_>,
    timeline: &Timeline,
) -> Exact<'c> {
    let mut exact = Exact { found: Vec::new(), untold: Vec::new(), others: HashSet::new() };
    let nested: Vec<_> = answers.iter().filter_map(nested).collect();
    names.place(&nested);
    let mut taken = HashSet::new();
    for answer in answers {
        let untold = |why| Untold { call: answer.call.clone(), why };
        let call = match &answer.call {
            Some(id) => names.get(id).ok_or(Why::NotRecorded),
            None => by_tool(answer, transcript, timeline, &mut taken).ok_or(Why::NoCall),
        };
        let call = match call {
            Ok(call) => call,
            // Of what nobody was asked for, nothing is missing.
            Err(_) if answer.verdict == Verdict::NotByPerson => continue,
            Err(why) => {
                exact.untold.push(untold(why));
                continue;
            }
        };
        if answer.verdict == Verdict::NotByPerson {
            exact.others.insert(&call.id);
            continue;
        }
        if let Some(found) = told(answer, call, timeline) {
            exact.found.push(found);
        } else {
            exact.others.insert(&call.id);
            exact.untold.push(untold(Why::NotAsked));
        }
    }
    // The app-server's transcript holds prompt and answer themselves, so it comes first.
    exact.found.sort_by_key(|found| found.source != Witness::AppServer);
    let prompted: HashSet<&str> = exact.found.iter().map(|found| found.call).collect();
    exact.others.retain(|call| !prompted.contains(call));
    exact
}

/// A call of a script; its kind shows in the recording alone, so only those that are the single one of a kind are found.
fn nested(answer: &Answer) -> Option<Nested<'_>> {
    let id = answer.call.as_deref().filter(|id| id.starts_with("exec-"))?;
    Some(Nested { id, kind: answer.kind, at: answer.decided.or(answer.asked)?, note: None })
}

/// A prompt and its answer, with the times that log and recording give; `None` when nobody was asked.
fn told<'c>(answer: &Answer, call: &'c Call<'_>, timeline: &Timeline) -> Option<Found<'c>> {
    let id = answer.call.as_deref().unwrap_or(&call.id);
    let times = timeline.of(id);
    let mut asked = answer.asked;
    if answer.source == Witness::Otel {
        // The item of a command is dated from the prompt, that of others from shortly before.
        let item = times.item.filter(|item| answer.decided.is_none_or(|decided| item.started <= decided));
        asked = item.map(|item| item.started).or(asked).or(times.called);
        if answer.verdict == Verdict::AcceptedForSession && is_remembered(answer, asked, times.item) {
            return None;
        }
    }
    let jumped = asked.zip(answer.decided).is_some_and(|(asked, decided)| decided < asked);
    Some(Found {
        call: &call.id,
        verdict: match answer.verdict {
            Verdict::Declined | Verdict::NotByPerson => HumanVerdict::Declined,
            Verdict::Accepted | Verdict::AcceptedForSession | Verdict::AcceptedWithRule(_) => {
                HumanVerdict::Accepted
            }
        },
        lasting: match &answer.verdict {
            Verdict::AcceptedForSession => Lasting::Session,
            Verdict::AcceptedWithRule(prefix) => Lasting::Rule(prefix.clone()),
            Verdict::Accepted | Verdict::Declined | Verdict::NotByPerson => Lasting::Once,
        },
        asked: asked.filter(|_| !jumped),
        decided: answer.decided.filter(|_| !jumped),
        jumped,
        source: answer.source,
    })
}

/// Codex 0.169 logs an answer that holds for the session again for each later command or patch that it lets run; nothing
/// for later calls of an MCP tool.
fn is_remembered(
    answer: &Answer,
    asked: Option<Millis>,
    item: Option<super::super::timeline::ItemTimes>,
) -> bool {
    if answer.kind == Kind::Mcp {
        return false;
    }
    match item.filter(|item| item.command) {
        Some(item) => item.decided_by() - item.started < SLACK,
        None => asked
            .zip(answer.decided)
            .is_some_and(|(asked, decided)| (0..AT_ONCE).contains(&(decided - asked))),
    }
}

/// The call of a prompt that names only the tool: the first of these arguments that was open at the time.
fn by_tool<'c, 't>(
    answer: &Answer,
    transcript: &'c Transcript<'t>,
    timeline: &Timeline,
    taken: &mut HashSet<&'c str>,
) -> Option<&'c Call<'t>> {
    let tool = answer.tool.as_ref()?;
    let calls = transcript.steps.iter().filter_map(|step| match &step.kind {
        StepKind::Call(call) => Some(&**call),
        _ => None,
    });
    let open = |call: &&Call<'_>| {
        let id = call.item.as_ref().map(|item| item.id.as_ref()).filter(|id| !id.is_empty());
        let times = timeline.of(id.unwrap_or(&call.id));
        let from = times.called.or(times.item.map(|item| item.started));
        let begun = from.zip(answer.decided).is_none_or(|(from, decided)| from <= decided);
        let over = times.answered.zip(answer.asked).is_some_and(|(answered, asked)| answered < asked);
        begun && !over
    };
    let mut fitting =
        calls.filter(|call| is_call_of(call, tool) && !taken.contains(call.id.as_ref())).filter(open);
    let call = fitting.next()?;
    taken.insert(&call.id);
    Some(call)
}

fn is_call_of(call: &Call<'_>, tool: &McpTool) -> bool {
    let Action::Mcp(mcp) = &call.action else { return false };
    mcp.server == tool.server
        && mcp.tool == tool.name
        && serde_json::from_str::<serde_json::Value>(&mcp.arguments)
            .is_ok_and(|arguments| arguments == tool.arguments)
}

impl Answer {
    /// Kind of the call, for those that scripts make.
    pub(in super::super) fn kind_of_tool(namespace: &str, name: &str) -> Kind {
        match name {
            _ if namespace.starts_with("mcp__") => Kind::Mcp,
            "exec_command" => Kind::Shell,
            other => Kind::of_tool(other),
        }
    }
}
