//! Several hooks at one event: all run together, and the answers are put together in the order of the configuration.

use serde_json::Value;

use super::answer::{PermissionRequest, PreToolUse};
use super::lifecycle::Stop;
use crate::engine::cell::Doubt;

/// One hook's answer, and why it might be another one outside the cell.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply<A> {
    /// The answer.
    pub answer: A,
    /// Why it is not certain, if so.
    pub doubt: Option<Doubt>,
}

/// What all PreToolUse hooks of a call come to. Numbers are places in the list of answers.
#[derive(Clone, Debug, PartialEq)]
pub enum PreCall {
    /// The call does not run.
    Block {
        /// The hook that is reported.
        hook: usize,
        /// What the model is told.
        reason: String,
    },
    /// The call goes on with another input.
    Rewrite {
        /// The hook that rewrote it.
        hook: usize,
        /// The new input.
        input: Value,
    },
    /// The call goes on as it is.
    Pass,
    /// It cannot be known: a hook's answer is in doubt.
    Doubtful {
        /// The hook.
        hook: usize,
        /// Why.
        doubt: Doubt,
    },
    /// It cannot be known: two hooks rewrite the input in different ways, and with Codex 0.169 the one that ends last
    /// wins.
    Race {
        /// The hooks, in the order of the configuration.
        hooks: Vec<usize>,
    },
}

/// Puts PreToolUse answers together: any block wins, and the first in order is reported.
pub fn pre_call(replies: &[Reply<PreToolUse>]) -> PreCall {
    let certain = |reply: &Reply<PreToolUse>| reply.doubt.is_none();
    for (hook, reply) in replies.iter().enumerate().filter(|(_, reply)| certain(reply)) {
        if let PreToolUse::Block { reason } = &reply.answer {
            return PreCall::Block { hook, reason: reason.clone() };
        }
    }
    for (hook, reply) in replies.iter().enumerate() {
        if let Some(doubt) = reply.doubt {
            return PreCall::Doubtful { hook, doubt };
        }
    }
    let rewrites: Vec<(usize, &Value)> = replies
        .iter()
        .enumerate()
        .filter_map(|(hook, reply)| match &reply.answer {
            PreToolUse::Rewrite { input } => Some((hook, input)),
            _ => None,
        })
        .collect();
    match rewrites.as_slice() {
        [] => PreCall::Pass,
        [(hook, input), rest @ ..] if rest.iter().all(|(_, other)| other == input) => {
            PreCall::Rewrite { hook: *hook, input: (*input).clone() }
        }
        all => PreCall::Race { hooks: all.iter().map(|(hook, _)| *hook).collect() },
    }
}

/// What all PermissionRequest hooks of a call come to. Numbers are places in the list of answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Permission {
    /// Approved, and nobody else is asked.
    Allow {
        /// The hook that approved.
        hook: usize,
    },
    /// Rejected.
    Deny {
        /// The hook that is reported.
        hook: usize,
        /// What the model is told.
        message: String,
    },
    /// No hook has a verdict: whoever reviews approvals is asked.
    Silent,
    /// It cannot be known: a hook's answer is in doubt.
    Doubtful {
        /// The hook.
        hook: usize,
        /// Why.
        doubt: Doubt,
    },
}

/// Puts PermissionRequest answers together: any deny wins, and the first in order is reported; then any allow.
pub fn permission(replies: &[Reply<PermissionRequest>]) -> Permission {
    for (hook, reply) in replies.iter().enumerate().filter(|(_, reply)| reply.doubt.is_none()) {
        if let PermissionRequest::Deny { message } = &reply.answer {
            return Permission::Deny { hook, message: message.clone() };
        }
    }
    for (hook, reply) in replies.iter().enumerate() {
        if let Some(doubt) = reply.doubt {
            return Permission::Doubtful { hook, doubt };
        }
    }
    let allow = replies.iter().position(|reply| reply.answer == PermissionRequest::Allow);
    allow.map_or(Permission::Silent, |hook| Permission::Allow { hook })
}

/// What all Stop or SubagentStop hooks of a turn come to. Numbers are places in the list of answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TurnEnd {
    /// The turn ends.
    Ends,
    /// The agent goes on with these prompts, one from each hook that blocked.
    GoesOn {
        /// The first hook that blocked.
        hook: usize,
        /// The prompts, in the order of the configuration.
        prompts: Vec<String>,
    },
    /// It cannot be known: a hook's answer is in doubt.
    Doubtful {
        /// The hook.
        hook: usize,
        /// Why.
        doubt: Doubt,
    },
}

/// Puts Stop answers together: one that halts wins over all that block; else the prompts of all that block count.
pub fn turn_end(replies: &[Reply<Stop>]) -> TurnEnd {
    let halts = |reply: &Reply<Stop>| reply.doubt.is_none() && matches!(reply.answer, Stop::Halt { .. });
    if replies.iter().any(halts) {
        return TurnEnd::Ends;
    }
    for (hook, reply) in replies.iter().enumerate() {
        if let Some(doubt) = reply.doubt {
            return TurnEnd::Doubtful { hook, doubt };
        }
    }
    let blocks = replies.iter().enumerate().filter_map(|(hook, reply)| match &reply.answer {
        Stop::Continue { prompt } => Some((hook, prompt.clone())),
        _ => None,
    });
    let (hooks, prompts): (Vec<_>, Vec<_>) = blocks.unzip();
    match hooks.first() {
        Some(hook) => TurnEnd::GoesOn { hook: *hook, prompts },
        None => TurnEnd::Ends,
    }
}
