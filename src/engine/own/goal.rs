//! Goals of threads, which the model makes and ends by calls.

use serde::Deserialize;

use super::read;
use crate::action::ToolName;
use crate::engine::moment::Moment;
use crate::transcript::{Call, StepKind};

/// The goal of a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Goal {
    None,
    Unfinished,
    Complete,
}

/// The goal before a call, as the calls of the same recording made it.
pub(super) fn goal_before(call: &Call<'_>, moment: &Moment<'_>) -> Goal {
    let own = moment.transcripts.iter().find(|transcript| transcript.session.id == moment.session.id);
    let calls = own.into_iter().flat_map(|own| &own.steps).filter_map(|step| match &step.kind {
        StepKind::Call(call) => Some(call),
        _ => None,
    });
    calls.take_while(|made| made.id != call.id).fold(Goal::None, |goal, made| {
        if !fits_goal(&made.tool, &made.arguments, goal) {
            return goal;
        }
        match &*made.tool.name {
            "create_goal" => Goal::Unfinished,
            "update_goal" if made.arguments.contains("\"complete\"") => Goal::Complete,
            _ => goal,
        }
    })
}

/// Can a goal be made or changed so? One at a time, and the model may not take it up again by itself.
pub(super) fn fits_goal(tool: &ToolName<'_>, arguments: &str, goal: Goal) -> bool {
    #[derive(Deserialize)]
    struct Made {
        objective: String,
        token_budget: Option<i64>,
    }
    #[derive(Deserialize)]
    struct Changed {
        status: String,
    }
    match &*tool.name {
        "create_goal" => {
            let made = read::<Made>(arguments);
            goal != Goal::Unfinished
                && made.is_ok_and(|made| {
                    !made.objective.trim().is_empty() && made.token_budget.is_none_or(|tokens| tokens > 0)
                })
        }
        "update_goal" => {
            let changed = read::<Changed>(arguments);
            let known = |status: &str| matches!(status, "complete" | "blocked" | "paused");
            goal != Goal::None && changed.is_ok_and(|changed| known(&changed.status))
        }
        _ => false,
    }
}
