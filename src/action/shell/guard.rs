//! Under which conditions the place in a script that is read is come to, and how what came before it ends.

use super::script::Joint;
use crate::action::Condition;

/// When something succeeds and when it fails. The two may leave a gap: what usually succeeds is met always, and
/// whether it is unmet is not known.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Outcome<'t> {
    pub(super) met: Condition<'t>,
    pub(super) unmet: Condition<'t>,
}

impl<'t> Outcome<'t> {
    /// It succeeds always.
    pub(super) const SUCCESS: Self = Self { met: Condition::Known(true), unmet: Condition::Known(false) };
    /// It fails always.
    pub(super) const FAILURE: Self = Self { met: Condition::Known(false), unmet: Condition::Known(true) };
    /// It is taken to succeed, and may fail.
    pub(super) const USUAL: Self = Self { met: Condition::Known(true), unmet: Condition::Unknown };
    /// Nothing tells.
    pub(super) const UNKNOWN: Self = Self { met: Condition::Unknown, unmet: Condition::Unknown };

    /// Success is exactly this.
    pub(super) fn exactly(condition: Condition<'t>) -> Self {
        Self { unmet: condition.clone().negated(), met: condition }
    }

    /// It is taken to succeed; whether it fails can be told.
    pub(super) fn likely(condition: Condition<'t>) -> Self {
        Self { met: Condition::ALWAYS, unmet: condition.negated() }
    }

    pub(super) fn negated(self) -> Self {
        Self { met: self.unmet, unmet: self.met }
    }

    /// That of `self && other` or `self || other`.
    fn joined(self, joint: Joint, other: Self) -> Self {
        match joint {
            Joint::And => Self { met: self.met.and(other.met), unmet: self.unmet.or(other.unmet) },
            Joint::Or => Self { met: self.met.or(other.met), unmet: self.unmet.and(other.unmet) },
        }
    }

    /// When what is joined to it runs, and when not.
    fn lets(self, joint: Joint) -> Self {
        if joint == Joint::And { self } else { self.negated() }
    }
}

/// Kinds of parts, for the commands that leave them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// A process of its own.
    Process,
    /// The body of a function.
    Function,
    /// A loop.
    Loop,
    /// Any other.
    Plain,
}

#[derive(Clone, Debug)]
struct Frame<'t> {
    part: Part,
    /// How it is joined to what came before, and how that ended.
    joined: Option<(Joint, Outcome<'t>)>,
    outer: Outcome<'t>,
}

/// The state while a script is read.
#[derive(Debug)]
pub(super) struct Guards<'t> {
    /// When the place is come to, and when not.
    now: Outcome<'t>,
    frames: Vec<Frame<'t>>,
    /// How what was read last ends.
    outcome: Outcome<'t>,
    marks: Vec<Outcome<'t>>,
    /// What the pipeline that is being read is joined to.
    pipeline: Option<Outcome<'t>>,
}

impl<'t> Guards<'t> {
    pub(super) fn new() -> Self {
        Self {
            now: Outcome::SUCCESS,
            frames: Vec::new(),
            outcome: Outcome::SUCCESS,
            marks: Vec::new(),
            pipeline: None,
        }
    }

    /// When the place is come to.
    pub(super) fn condition(&self) -> &Condition<'t> {
        &self.now.met
    }

    /// Is the place never come to?
    pub(super) fn is_dead(&self) -> bool {
        self.now.met == Condition::Known(false)
    }

    /// What was read last ends like this.
    pub(super) fn end(&mut self, outcome: Outcome<'t>) {
        self.outcome = outcome;
    }

    pub(super) fn negate(&mut self) {
        let outcome = std::mem::replace(&mut self.outcome, Outcome::UNKNOWN);
        self.outcome = outcome.negated();
    }

    /// Begins a command: one that is joined to what came before runs only under a condition. Tells whether that is
    /// more than what leads to the place anyway.
    pub(super) fn begin(&mut self, joint: Option<Joint>, piped: bool) -> bool {
        match joint {
            None if !piped => self.pipeline = None,
            None => {}
            Some(joint) => {
                if !piped || self.pipeline.is_none() {
                    self.pipeline = Some(self.outcome.clone());
                }
                let before = self.pipeline.clone().unwrap_or(Outcome::UNKNOWN);
                self.narrow(Part::Plain, Some((joint, before)));
                return self.frames.last().is_some_and(|frame| frame.outer.met != self.now.met);
            }
        }
        false
    }

    /// Begins a part that is joined to what came before.
    pub(super) fn guard(&mut self, joint: Joint) {
        self.narrow(Part::Plain, Some((joint, self.outcome.clone())));
    }

    /// Begins a part that is come to under one more condition.
    pub(super) fn only_if(&mut self, condition: Condition<'t>) {
        let outer = self.now.clone();
        self.now = outer.clone().joined(Joint::And, Outcome::exactly(condition));
        self.frames.push(Frame { part: Part::Plain, joined: None, outer });
    }

    /// Begins a part that can be left.
    pub(super) fn enter(&mut self, part: Part) {
        self.narrow(part, None);
    }

    fn narrow(&mut self, part: Part, joined: Option<(Joint, Outcome<'t>)>) {
        let outer = self.now.clone();
        if let Some((joint, before)) = &joined {
            let lets = before.clone().lets(*joint);
            self.now = outer.clone().joined(Joint::And, lets);
        }
        self.frames.push(Frame { part, joined, outer });
    }

    /// Ends the innermost command or part.
    pub(super) fn leave(&mut self) {
        let Some(frame) = self.frames.pop() else { return };
        self.now = frame.outer;
        if let Some((joint, before)) = frame.joined {
            let own = std::mem::replace(&mut self.outcome, Outcome::UNKNOWN);
            self.outcome = before.joined(joint, own);
        }
    }

    /// Leaves the innermost part of a kind here and now: what follows in it is come to only if this place is not.
    pub(super) fn exit(&mut self, part: Part) {
        let here = std::mem::replace(&mut self.now, Outcome::FAILURE);
        for frame in self.frames.iter_mut().rev() {
            if frame.part == part || frame.part == Part::Process {
                break;
            }
            let outer = std::mem::replace(&mut frame.outer, Outcome::UNKNOWN);
            frame.outer = outer.joined(Joint::And, here.clone().negated());
        }
    }

    /// The script ends here if what was read last failed, as far as that can be told.
    pub(super) fn exit_if_failed(&mut self) {
        let failed = self.outcome.unmet.clone();
        // What usually succeeds is taken to.
        let usual = self.outcome.met == Condition::ALWAYS;
        if !usual && !matches!(failed, Condition::Unknown | Condition::Known(false)) {
            self.only_if(failed);
            self.exit(Part::Process);
            self.leave();
        }
    }

    pub(super) fn mark(&mut self) {
        self.marks.push(self.outcome.clone());
    }

    pub(super) fn recall(&mut self) {
        self.outcome = self.marks.last().cloned().unwrap_or(Outcome::UNKNOWN);
    }

    pub(super) fn unmark(&mut self) {
        self.marks.pop();
        self.outcome = Outcome::UNKNOWN;
    }
}
