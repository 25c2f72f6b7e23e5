use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use starlark::codemap::FileSpan;

use super::example::Examples;
use super::{HostExecutables, NetworkRule, PrefixRule};
use crate::finding::Finding;
use crate::source::Place;

/// Most rules that a suite may have; more are a sign of a loop gone wrong.
const MAX_RULES: usize = 20_000;

/// What rules files have stated so far.
#[derive(Debug, Default)]
pub(super) struct Stated {
    pub(super) prefix_rules: Vec<PrefixRule>,
    pub(super) network_rules: Vec<NetworkRule>,
    pub(super) hosts: HostExecutables,
    /// Examples of the file that is being read; checked when it ends.
    pub(super) examples: Vec<Examples>,
    pub(super) findings: Vec<Finding>,
}

thread_local! {
    /// The collector of the file that this thread evaluates. Starlark can carry a value of ours to the functions
    /// it calls, but only through an unsafe trait; rules have a thread of their own, so this is the same.
    static CURRENT: RefCell<Option<Rc<Collector>>> = const { RefCell::new(None) };
}

/// Takes what the functions of one rules file state.
#[derive(Debug)]
pub(super) struct Collector {
    file: Arc<str>,
    stated: RefCell<Stated>,
}

impl Collector {
    pub(super) fn new(file: Arc<str>, stated: Stated) -> Self {
        Self { file, stated: RefCell::new(stated) }
    }

    /// The collector of the file that is being evaluated.
    pub(super) fn current() -> Option<Rc<Self>> {
        CURRENT.with_borrow(Clone::clone)
    }

    /// Makes this the current collector while `work` runs.
    pub(super) fn during<T>(self: &Rc<Self>, work: impl FnOnce() -> T) -> T {
        CURRENT.set(Some(self.clone()));
        let result = work();
        CURRENT.set(None);
        result
    }

    /// What was stated so far; leaves nothing behind.
    pub(super) fn take(&self) -> Stated {
        self.stated.take()
    }

    /// Where a span of the file lies.
    pub(super) fn place(&self, span: Option<&FileSpan>) -> Place {
        let Some(span) = span else { return Place::file(self.file.clone()) };
        let begin = span.resolve_span().begin;
        Place { file: self.file.clone(), line: begin.line as u32 + 1, column: begin.column as u32 + 1 }
    }

    pub(super) fn problem(&self, finding: Finding) {
        self.stated.borrow_mut().findings.push(finding);
    }

    /// Adds a rule; false when there are too many.
    pub(super) fn add_prefix_rule(&self, rule: PrefixRule, mut examples: Examples) -> bool {
        let mut stated = self.stated.borrow_mut();
        examples.rule = stated.prefix_rules.len();
        stated.prefix_rules.push(rule);
        if !examples.is_empty() {
            stated.examples.push(examples);
        }
        stated.prefix_rules.len() <= MAX_RULES
    }

    pub(super) fn add_network_rule(&self, rule: NetworkRule) {
        self.stated.borrow_mut().network_rules.push(rule);
    }

    pub(super) fn set_host(&self, name: &str, paths: Vec<Box<str>>) {
        self.stated.borrow_mut().hosts.set(name, paths);
    }
}
