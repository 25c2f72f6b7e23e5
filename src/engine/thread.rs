use std::collections::{HashMap, HashSet};

use crate::transcript::{StepKind, Transcript};

/// Deepest nesting of sub-agents that is followed; deeper ones are judged at this depth.
const MAX_DEPTH: u8 = 16;

/// Which recordings of a task make up one run of the agent: a main thread and the sub-agents it started.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Run {
    /// Index of the main thread's recording.
    pub(super) main: usize,
    /// Recordings of sub-agents of any depth, by thread id.
    pub(super) children: HashMap<String, usize>,
}

/// A step of a run: where it is recorded and how deep its agent is nested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct StepRef {
    /// Index of the recording.
    pub(super) recording: usize,
    /// Index of the step in its transcript; how many there are for the end of the recording.
    pub(super) step: usize,
    /// 0 for the main thread.
    pub(super) depth: u8,
}

/// The roles through which every sub-agent of a run was started, the outermost first, by its recording.
pub(super) fn roles<'t>(run: &Run, transcripts: &'t [Transcript<'_>]) -> HashMap<usize, Vec<&'t str>> {
    if run.children.is_empty() {
        return HashMap::new();
    }
    let by_id: HashMap<&str, usize> =
        transcripts.iter().enumerate().rev().map(|(at, t)| (&*t.session.id, at)).collect();
    let parents = parents(transcripts, &by_id);
    let chain = |child: usize| {
        let above = std::iter::successors(Some(child), |at| parents[*at]).take(usize::from(MAX_DEPTH));
        let agents = above.take_while(|at| *at != run.main);
        let mut roles: Vec<&str> =
            agents.map(|at| transcripts[at].session.agent_role.as_deref().unwrap_or("default")).collect();
        roles.reverse();
        roles
    };
    run.children.values().map(|child| (*child, chain(*child))).collect()
}

/// Tells repeats from sub-agents: a recording whose thread names another recording of the task as its parent, or
/// that a call of another one started, is a sub-agent's; every other one is a run of its own. Guardian reviews are
/// no runs. Runs come in the order of the recordings.
pub(super) fn runs(transcripts: &[Transcript<'_>]) -> Vec<Run> {
    let by_id: HashMap<&str, usize> =
        transcripts.iter().enumerate().rev().map(|(at, t)| (&*t.session.id, at)).collect();
    let parents: Vec<Option<usize>> = parents(transcripts, &by_id);
    let mut runs: Vec<Run> = Vec::new();
    let mut run_of: HashMap<usize, usize> = HashMap::new();
    for (at, transcript) in transcripts.iter().enumerate() {
        if parents[at].is_none() && !transcript.session.guardian {
            run_of.insert(at, runs.len());
            runs.push(Run { main: at, children: HashMap::new() });
        }
    }
    for (at, transcript) in transcripts.iter().enumerate() {
        if let Some(run) = root(at, &parents).filter(|root| *root != at).and_then(|root| run_of.get(&root)) {
            runs[*run].children.insert(transcript.session.id.to_string(), at);
        }
    }
    runs
}

fn parents(transcripts: &[Transcript<'_>], by_id: &HashMap<&str, usize>) -> Vec<Option<usize>> {
    let mut parents: Vec<Option<usize>> = transcripts
        .iter()
        .enumerate()
        .map(|(at, t)| by_id.get(t.session.parent.as_deref()?).copied().filter(|parent| *parent != at))
        .collect();
    for (at, transcript) in transcripts.iter().enumerate() {
        for step in &transcript.steps {
            let StepKind::Call(call) = &step.kind else { continue };
            let child = call.child_thread.as_deref().and_then(|id| by_id.get(id).copied());
            if let Some(child) = child.filter(|child| *child != at && parents[*child].is_none()) {
                parents[child] = Some(at);
            }
        }
    }
    parents
}

/// The outermost ancestor; `None` when recordings claim to be each other's parents.
fn root(mut at: usize, parents: &[Option<usize>]) -> Option<usize> {
    let mut seen = HashSet::new();
    while let Some(parent) = parents[at] {
        if !seen.insert(at) {
            return None;
        }
        at = parent;
    }
    Some(at)
}

/// All steps of a run in order, and after the last of each recording its end: a sub-agent's follow the call that
/// started it, those of a sub-agent that no call names come last. Steps that a fork copied from another recording of
/// the task are left out.
pub(super) fn steps(run: &Run, transcripts: &[Transcript<'_>]) -> Vec<StepRef> {
    let mut order = Order { run, transcripts, done: HashSet::new(), steps: Vec::new() };
    order.add(run.main, 0);
    let mut left: Vec<usize> = run.children.values().copied().collect();
    left.sort_unstable();
    for child in left {
        order.add(child, 1);
    }
    order.steps
}

struct Order<'r, 't> {
    run: &'r Run,
    transcripts: &'r [Transcript<'t>],
    done: HashSet<usize>,
    steps: Vec<StepRef>,
}

impl Order<'_, '_> {
    fn add(&mut self, recording: usize, depth: u8) {
        if !self.done.insert(recording) {
            return;
        }
        let transcript = &self.transcripts[recording];
        let copied = if self.has_origin(transcript) { transcript.inherited as usize } else { 0 };
        for (step, recorded) in transcript.steps.iter().enumerate().skip(copied) {
            self.steps.push(StepRef { recording, step, depth });
            let StepKind::Call(call) = &recorded.kind else { continue };
            let child = call.child_thread.as_deref().and_then(|id| self.run.children.get(id));
            if let Some(child) = child {
                self.add(*child, (depth + 1).min(MAX_DEPTH));
            }
        }
        self.steps.push(StepRef { recording, step: transcript.steps.len(), depth });
    }

    /// Is the thread that this one was forked from among the recordings?
    fn has_origin(&self, transcript: &Transcript<'_>) -> bool {
        let origin = transcript.session.forked_from.as_deref();
        origin.is_some_and(|id| self.transcripts.iter().any(|other| other.session.id == id))
    }
}
