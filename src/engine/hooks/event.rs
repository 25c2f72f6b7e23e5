//! The events that have a say in calls and prompts.

use serde_json::Value;

use super::payload::{ToolUse, response};
use super::{Answer, EventHooks, Replies, doubtful, reason, row, ruling};
use crate::action::{Action, Command, Dialect, Launch, McpCall, Shell};
use crate::boundary::Boundary;
use crate::boundary::hooks::{Hook, HookEvent};
use crate::decision::{Phase, Ruling, Verdict};
use crate::engine::hook::{self, FailOpen, Occasion, PreCall, Reply};
use crate::engine::moment::Moment;
use crate::replay::HookRow;

/// What PreToolUse hooks say about a call.
pub(in crate::engine) enum PreTool {
    /// It goes on.
    Pass,
    /// It does not run, or that cannot be known.
    Stop(Ruling),
    /// It goes on as another call.
    Rewrite(Action<'static>),
}

/// What PermissionRequest hooks say about a call that needs approval.
pub(in crate::engine) enum Permission {
    /// Nothing.
    Silent,
    /// It runs, and nobody is asked.
    Allow(Ruling),
    /// It does not run, or that cannot be known.
    Stop(Ruling),
}

impl EventHooks {
    /// Before a tool runs.
    pub(in crate::engine) fn pre_tool_use(
        &self,
        boundary: &Boundary,
        action: &Action<'_>,
        moment: &Moment<'_>,
    ) -> Answer<PreTool> {
        let event = HookEvent::PreToolUse;
        if !boundary.hooks.any(event) {
            return nothing(PreTool::Pass);
        }
        let arguments = moment.call.map_or("{}", |call| &call.arguments);
        let Some(used) = ToolUse::of(action, arguments) else { return nothing(PreTool::Pass) };
        let mut hooks = boundary.hooks.matching(event, &used.name).peekable();
        if hooks.peek().is_none() {
            return nothing(PreTool::Pass);
        }
        let id = moment.call.map_or("", |call| &call.id);
        let occasion =
            Occasion::PreToolUse { tool_name: &used.name, tool_input: &used.input, tool_use_id: id };
        let replies = self.run(hooks, &occasion, boundary, moment, |outcome, timeout| {
            hook::pre_tool_use(outcome, timeout).0
        });
        let rows = rows(event, &replies, |answer| match answer {
            hook::PreToolUse::Block { reason } => ("blocked", reason.clone()),
            hook::PreToolUse::Rewrite { .. } => ("rewrote", String::new()),
            hook::PreToolUse::Pass { failed } => passed(failed.as_ref()),
        });
        let verdict = match settle(replies) {
            Settled::Known(hooks, replies) => pre_call(&hooks, &replies, action),
            Settled::Unknown(hook, why, replies) => {
                // A block is certain whatever the others would say.
                let blocks = |reply: &&(&Hook, Reply<hook::PreToolUse>)| {
                    reply.1.doubt.is_none() && matches!(reply.1.answer, hook::PreToolUse::Block { .. })
                };
                match replies.iter().find(blocks) {
                    Some((hook, Reply { answer: hook::PreToolUse::Block { reason }, .. })) => {
                        PreTool::Stop(ruling(Verdict::Deny, Phase::Hook, reason.clone(), hook))
                    }
                    _ => PreTool::Stop(doubtful(Phase::Hook, &why, hook)),
                }
            }
        };
        Answer { verdict, rows }
    }

    /// When a call needs approval.
    pub(in crate::engine) fn permission_request(
        &self,
        boundary: &Boundary,
        action: &Action<'_>,
        moment: &Moment<'_>,
    ) -> Answer<Permission> {
        let event = HookEvent::PermissionRequest;
        if !boundary.hooks.any(event) {
            return nothing(Permission::Silent);
        }
        let arguments = moment.call.map_or("{}", |call| &call.arguments);
        let Some(used) = ToolUse::of(action, arguments) else { return nothing(Permission::Silent) };
        let mut hooks = boundary.hooks.matching(event, &used.name).peekable();
        if hooks.peek().is_none() {
            return nothing(Permission::Silent);
        }
        let input = used.described(action);
        let occasion = Occasion::PermissionRequest { tool_name: &used.name, tool_input: &input };
        let replies = self.run(hooks, &occasion, boundary, moment, hook::permission_request);
        let rows = rows(event, &replies, |answer| match answer {
            hook::PermissionRequest::Allow => ("allowed", String::new()),
            hook::PermissionRequest::Deny { message } => ("denied", message.clone()),
            hook::PermissionRequest::Silent { failed } => passed(failed.as_ref()),
        });
        let verdict = match settle(replies) {
            Settled::Unknown(hook, why, _) => Permission::Stop(doubtful(Phase::Approval, &why, hook)),
            Settled::Known(hooks, replies) => match hook::permission(&replies) {
                hook::Permission::Silent => Permission::Silent,
                hook::Permission::Allow { hook } => {
                    let why = "a hook approves it, and nobody is asked";
                    Permission::Allow(ruling(Verdict::Allow, Phase::Approval, why, hooks[hook]))
                }
                hook::Permission::Deny { hook, message } => {
                    Permission::Stop(ruling(Verdict::Deny, Phase::Approval, message, hooks[hook]))
                }
                hook::Permission::Doubtful { hook, doubt } => {
                    Permission::Stop(doubtful(Phase::Approval, reason(doubt), hooks[hook]))
                }
            },
        };
        Answer { verdict, rows }
    }

    /// After a tool gave a result; only rows come of it, for the call has run.
    pub(in crate::engine) fn post_tool_use(
        &self,
        boundary: &Boundary,
        action: &Action<'_>,
        moment: &Moment<'_>,
    ) -> Vec<HookRow> {
        let event = HookEvent::PostToolUse;
        if !boundary.hooks.any(event) {
            return Vec::new();
        }
        let Some(call) = moment.call else { return Vec::new() };
        let Some(used) = ToolUse::of(action, &call.arguments) else { return Vec::new() };
        let mut hooks = boundary.hooks.matching(event, &used.name).peekable();
        if hooks.peek().is_none() {
            return Vec::new();
        }
        let answer = call.output.map(|output| output.text()).unwrap_or_default();
        let Some(tool_response) = response(action, &answer) else { return Vec::new() };
        let occasion = Occasion::PostToolUse {
            tool_name: &used.name,
            tool_input: &used.input,
            tool_response: &tool_response,
            tool_use_id: &call.id,
        };
        let replies = self.run(hooks, &occasion, boundary, moment, |outcome, timeout| {
            hook::post_tool_use(outcome, timeout).0
        });
        rows(event, &replies, |answer| match answer {
            hook::PostToolUse::Replace { text } => ("replaced", text.clone()),
            hook::PostToolUse::Keep { failed } => passed(failed.as_ref()),
        })
    }

    /// When the user sends a prompt; no ruling when no hook has a say.
    pub(in crate::engine) fn user_prompt(
        &self,
        boundary: &Boundary,
        prompt: &str,
        moment: &Moment<'_>,
    ) -> Answer<Option<Ruling>> {
        let event = HookEvent::UserPromptSubmit;
        let mut hooks = boundary.hooks.matching(event, "").peekable();
        if hooks.peek().is_none() {
            return nothing(None);
        }
        let occasion = Occasion::UserPromptSubmit { prompt };
        let replies = self.run(hooks, &occasion, boundary, moment, |outcome, timeout| {
            hook::user_prompt_submit(outcome, timeout).0
        });
        let rows = rows(event, &replies, |answer| match answer {
            hook::UserPromptSubmit::Block { reason } => ("blocked", reason.clone()),
            hook::UserPromptSubmit::Pass { failed } => passed(failed.as_ref()),
        });
        let mut unknown = None;
        for (hook, reply) in &replies {
            match reply {
                Ok(Reply { answer: hook::UserPromptSubmit::Block { reason }, doubt: None }) => {
                    let reason = if reason.is_empty() {
                        "a hook blocks the prompt".to_owned()
                    } else {
                        reason.clone()
                    };
                    let stopped = ruling(Verdict::Deny, Phase::Hook, reason, hook);
                    return Answer { verdict: Some(stopped), rows };
                }
                Ok(Reply { doubt: Some(doubt), .. }) => {
                    unknown.get_or_insert_with(|| doubtful(Phase::Hook, reason(*doubt), hook));
                }
                Ok(_) => {}
                Err(why) => {
                    unknown.get_or_insert_with(|| doubtful(Phase::Hook, why, hook));
                }
            }
        }
        Answer { verdict: unknown, rows }
    }
}

fn nothing<V>(verdict: V) -> Answer<V> {
    Answer { verdict, rows: Vec::new() }
}

/// Answers that are all known to have been given, or the first that is not and why, with the others.
enum Settled<'b, A> {
    Known(Vec<&'b Hook>, Vec<Reply<A>>),
    Unknown(&'b Hook, std::borrow::Cow<'static, str>, Vec<(&'b Hook, Reply<A>)>),
}

fn settle<A>(replies: Replies<'_, A>) -> Settled<'_, A> {
    let mut known = Vec::new();
    let mut unknown = None;
    for (hook, reply) in replies {
        match reply {
            Ok(reply) => known.push((hook, reply)),
            Err(why) => {
                unknown.get_or_insert((hook, why));
            }
        }
    }
    if let Some((hook, why)) = unknown {
        return Settled::Unknown(hook, why, known);
    }
    let (hooks, replies) = known.into_iter().unzip();
    Settled::Known(hooks, replies)
}

fn pre_call(hooks: &[&Hook], replies: &[Reply<hook::PreToolUse>], action: &Action<'_>) -> PreTool {
    match hook::pre_call(replies) {
        PreCall::Pass => PreTool::Pass,
        PreCall::Block { hook, reason } => {
            PreTool::Stop(ruling(Verdict::Deny, Phase::Hook, reason, hooks[hook]))
        }
        PreCall::Doubtful { hook, doubt } => PreTool::Stop(doubtful(Phase::Hook, reason(doubt), hooks[hook])),
        PreCall::Race { hooks: racing } => {
            let why = "two hooks rewrite the call, and the one that ends last wins";
            let first = racing.first().copied().unwrap_or_default();
            PreTool::Stop(doubtful(Phase::Hook, why, hooks[first]))
        }
        PreCall::Rewrite { hook, input } => match rewritten(action, &input) {
            Ok(action) => PreTool::Rewrite(action),
            Err(problem) => PreTool::Stop(ruling(Verdict::Deny, Phase::Hook, problem, hooks[hook])),
        },
    }
}

/// The call with the input that a hook put in its place.
fn rewritten(action: &Action<'_>, input: &Value) -> Result<Action<'static>, &'static str> {
    let own = |text: &Option<std::borrow::Cow<'_, str>>| text.as_ref().map(|text| text.to_string().into());
    Ok(match action {
        Action::Shell(shell) => Action::Shell(Shell {
            command: Command::Script {
                dialect: Dialect::Posix,
                text: hook::rewritten_command(input)?.to_owned().into(),
            },
            workdir: own(&shell.workdir),
            escalated: shell.escalated,
            justification: own(&shell.justification),
            launch: Launch { shell: own(&shell.launch.shell), no_login: shell.launch.no_login },
            permissions: shell.permissions,
        }),
        Action::Patch(_) => Action::Patch(hook::rewritten_command(input)?.to_owned().into()),
        Action::Mcp(call) => Action::Mcp(McpCall {
            server: call.server.to_string().into(),
            tool: call.tool.to_string().into(),
            arguments: input.to_string().into(),
        }),
        _ => return Err("the hook rewrites a call whose input cannot be rewritten"),
    })
}

fn passed(failed: Option<&FailOpen>) -> (&'static str, String) {
    match failed {
        None => ("passed", String::new()),
        Some(FailOpen(why)) => ("failed", why.to_string()),
    }
}

fn rows<A>(
    event: HookEvent,
    replies: &Replies<'_, A>,
    tell: impl Fn(&A) -> (&'static str, String),
) -> Vec<HookRow> {
    replies
        .iter()
        .map(|(hook, reply)| match reply {
            Ok(Reply { answer, doubt: None }) => {
                let (outcome, detail) = tell(answer);
                row(event, hook, outcome, detail)
            }
            Ok(Reply { doubt: Some(doubt), .. }) => row(event, hook, "in doubt", reason(*doubt)),
            Err(why) => row(event, hook, "not run", why.to_string()),
        })
        .collect()
}
