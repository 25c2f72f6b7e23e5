//! The events that are part of a call.

use std::borrow::Cow;

use serde_json::Value;

use super::payload::{ToolUse, response, typed};
use super::{Answer, EventHooks, Replies, doubtful, reason, row, ruling};
use crate::action::{Action, Command, Dialect, Launch, McpCall, Shell, Spawn, ToolName};
use crate::boundary::Boundary;
use crate::boundary::hooks::{Hook, HookEvent, HookSource};
use crate::decision::{Phase, Ruling, Verdict};
use crate::engine::hook::{self, FailOpen, Occasion, PreCall, Reply};
use crate::engine::moment::Moment;
use crate::engine::touch::Site;
use crate::transcript::Call;

/// What PreToolUse hooks say about a call.
pub(in crate::engine) enum PreTool {
    /// It goes on.
    Pass,
    /// It does not run, or that cannot be known.
    Stop(Ruling),
    /// It goes on as another call, with these arguments.
    Rewrite {
        /// The call.
        action: Action<'static>,
        /// Its arguments as JSON.
        arguments: String,
    },
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

/// What PostToolUse hooks make of a result.
pub(in crate::engine) enum PostTool {
    /// The model reads the result.
    Keep,
    /// The model reads this in its place.
    Replace(String),
}

/// A call as hooks are told of it.
#[derive(Clone, Copy)]
pub(in crate::engine) struct Asked<'a> {
    /// What it attempts.
    pub(in crate::engine) action: &'a Action<'a>,
    /// Its arguments as JSON.
    pub(in crate::engine) arguments: &'a str,
    /// Its id.
    pub(in crate::engine) id: &'a str,
}

impl EventHooks {
    /// Before a tool runs.
    pub(in crate::engine) fn pre_tool_use(
        &self,
        boundary: &Boundary,
        asked: Asked<'_>,
        moment: &Moment<'_>,
    ) -> Answer<PreTool> {
        let event = HookEvent::PreToolUse;
        if !boundary.hooks.any(event) {
            return nothing(PreTool::Pass);
        }
        let Some(used) = ToolUse::of(asked.action, asked.arguments) else { return nothing(PreTool::Pass) };
        let mut hooks = boundary.hooks.matching(event, &used.name).peekable();
        if hooks.peek().is_none() {
            return nothing(PreTool::Pass);
        }
        let occasion =
            Occasion::PreToolUse { tool_name: &used.name, tool_input: &used.input, tool_use_id: asked.id };
        let round = self.run(event, hooks, &occasion, boundary, moment, |outcome, timeout| {
            hook::pre_tool_use(outcome, timeout).0
        });
        let rows = round.rows(|answer| match answer {
            hook::PreToolUse::Block { reason } => ("blocked", reason.clone()),
            hook::PreToolUse::Rewrite { .. } => ("rewrote", String::new()),
            hook::PreToolUse::Pass { failed } => passed(failed.as_ref()),
        });
        let verdict = match settle(round.replies) {
            Settled::Known(hooks, replies) => pre_call(&hooks, &replies, asked.action),
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
        asked: Asked<'_>,
        moment: &Moment<'_>,
    ) -> Answer<Permission> {
        let event = HookEvent::PermissionRequest;
        if !boundary.hooks.any(event) {
            return nothing(Permission::Silent);
        }
        let used = match asked.action {
            Action::Stdin(stdin) => typed(stdin, asked.id, moment),
            action => ToolUse::of(action, asked.arguments),
        };
        let Some(used) = used else { return nothing(Permission::Silent) };
        let mut hooks = boundary.hooks.matching(event, &used.name).peekable();
        if hooks.peek().is_none() {
            return nothing(Permission::Silent);
        }
        let input = used.described(asked.action);
        let occasion = Occasion::PermissionRequest { tool_name: &used.name, tool_input: &input };
        let round = self.run(event, hooks, &occasion, boundary, moment, hook::permission_request);
        let rows = round.rows(|answer| match answer {
            hook::PermissionRequest::Allow => ("allowed", String::new()),
            hook::PermissionRequest::Deny { message } => ("denied", message.clone()),
            hook::PermissionRequest::Silent { failed } => passed(failed.as_ref()),
        });
        let verdict = match settle(round.replies) {
            Settled::Unknown(hook, why, replies) => {
                // A denial is certain whatever the others would say.
                let denied = replies.into_iter().find_map(|(hook, reply)| match reply {
                    Reply { answer: hook::PermissionRequest::Deny { message }, doubt: None } => {
                        Some(ruling(Verdict::Deny, Phase::Approval, message, hook))
                    }
                    _ => None,
                });
                Permission::Stop(denied.unwrap_or_else(|| doubtful(Phase::Approval, &why, hook)))
            }
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

    /// After a tool gave a result. `call` is the one with the recorded result; `known` tells whether the result would
    /// be the same in the replay. Hooks find the files as the call left them.
    pub(in crate::engine) fn post_tool_use(
        &self,
        boundary: &Boundary,
        asked: Asked<'_>,
        call: &Call<'_>,
        known: Result<(), &'static str>,
        moment: &Moment<'_>,
    ) -> Answer<PostTool> {
        let event = HookEvent::PostToolUse;
        if !boundary.hooks.any(event) {
            return nothing(PostTool::Keep);
        }
        let Some(used) = ToolUse::of(asked.action, asked.arguments) else { return nothing(PostTool::Keep) };
        let mut hooks = boundary.hooks.matching(event, &used.name).peekable();
        if hooks.peek().is_none() {
            return nothing(PostTool::Keep);
        }
        let result = known.and_then(|()| response(asked.action, call).ok_or("the recording holds no result"));
        let tool_response = match result {
            Ok(result) => result,
            Err(why) => {
                let off = self.is_off(moment);
                let hooks = hooks.filter(|hook| !(off && hook.source == HookSource::Plugin));
                let tell = |hook: &Hook| {
                    let beside = ("async", "Codex does not wait for it");
                    let (outcome, why) = if hook.is_async { beside } else { ("not run", why) };
                    row(event, hook, outcome, why)
                };
                let rows = hooks.map(tell).collect();
                return Answer { verdict: PostTool::Keep, rows };
            }
        };
        let occasion = Occasion::PostToolUse {
            tool_name: &used.name,
            tool_input: &used.input,
            tool_response: &tool_response,
            tool_use_id: asked.id,
        };
        let files = moment.files_after();
        let site = Site { files: files.as_ref().or(moment.site.files), ..moment.site };
        let behind = Moment { site, untouched: None, ..*moment };
        let round = self.run(event, hooks, &occasion, boundary, &behind, |outcome, timeout| {
            hook::post_tool_use(outcome, timeout).0
        });
        let rows = round.rows(|answer| match answer {
            hook::PostToolUse::Replace { text } => ("replaced", text.clone()),
            hook::PostToolUse::Keep { failed } => passed(failed.as_ref()),
        });
        // The model reads what all of them say, in the order of the configuration.
        let texts: Vec<String> = round
            .replies
            .into_iter()
            .filter_map(|(_, reply)| match reply {
                Ok(Reply { answer: hook::PostToolUse::Replace { text }, doubt: None }) => Some(text),
                _ => None,
            })
            .collect();
        let verdict = if texts.is_empty() { PostTool::Keep } else { PostTool::Replace(texts.join("\n\n")) };
        Answer { verdict, rows }
    }
}

pub(super) fn nothing<V>(verdict: V) -> Answer<V> {
    Answer { verdict, rows: Vec::new() }
}

/// Answers that are all known to have been given, or the first that is not and why, with the others.
pub(super) enum Settled<'b, A> {
    Known(Vec<&'b Hook>, Vec<Reply<A>>),
    Unknown(&'b Hook, Cow<'static, str>, Vec<(&'b Hook, Reply<A>)>),
}

pub(super) fn settle<A>(replies: Replies<'_, A>) -> Settled<'_, A> {
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
            Ok(action) => PreTool::Rewrite { action, arguments: input.to_string() },
            Err(problem) => PreTool::Stop(ruling(Verdict::Deny, Phase::Hook, problem, hooks[hook])),
        },
    }
}

/// The call with the input that a hook put in its place.
fn rewritten(action: &Action<'_>, input: &Value) -> Result<Action<'static>, &'static str> {
    let own = |text: &Option<Cow<'_, str>>| text.as_ref().map(|text| text.to_string().into());
    let field = |name: &str| Some(Cow::Owned(input.get(name)?.as_str()?.to_owned()));
    Ok(match action {
        Action::Shell(shell) => Action::Shell(Shell {
            command: Command::Script {
                dialect: Dialect::Posix,
                text: hook::rewritten_command(input)?.to_owned().into(),
            },
            workdir: own(&shell.workdir),
            escalated: shell.escalated,
            justification: own(&shell.justification),
            launch: Launch { shell: own(&shell.launch.shell), login: shell.launch.login },
            permissions: shell.permissions,
        }),
        Action::Patch(_) => Action::Patch(hook::rewritten_command(input)?.to_owned().into()),
        Action::Mcp(_) if !input.is_object() => return Err("MCP tool arguments must be a JSON object"),
        Action::Mcp(call) => Action::Mcp(McpCall {
            server: call.server.to_string().into(),
            tool: call.tool.to_string().into(),
            arguments: input.to_string().into(),
        }),
        _ if !input.is_object() => return Err("expected an object for rewritten tool arguments"),
        Action::ViewImage(_) => match field("path") {
            Some(path) => Action::ViewImage(path),
            None => return Err("the hook rewrites the call to one whose arguments cannot be read"),
        },
        Action::Spawn(_) => {
            Action::Spawn(Spawn { role: field("agent_type"), prompt: field("message").unwrap_or_default() })
        }
        Action::Builtin(tool) => Action::Builtin(ToolName {
            namespace: tool.namespace.to_string().into(),
            name: tool.name.to_string().into(),
        }),
        _ => return Err("the hook rewrites a call whose input cannot be rewritten"),
    })
}

pub(super) fn passed(failed: Option<&FailOpen>) -> (&'static str, String) {
    match failed {
        None => ("passed", String::new()),
        Some(FailOpen(why)) => ("failed", why.to_string()),
    }
}
