use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Pieces of evidence kept per metric; the rest is counted.
pub const MAX_EVIDENCE: usize = 200;

/// One sample behind a metric: a step of a replay, or a whole replay.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Evidence {
    /// The sample speaks for the plugin; those against it come first.
    pub good: bool,
    /// Number of the task in the suite, from 0: evidence is listed in suite order.
    #[serde(skip)]
    pub order: u32,
    /// The task.
    pub task: Arc<str>,
    /// Which of the task's recordings, from 1.
    pub repeat: u32,
    /// Number of the step, from 1; `None`: the replay as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<u32>,
    /// Id of the step; empty for a replay as a whole.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub id: Arc<str>,
    /// What it is, in short.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub note: Arc<str>,
}

/// The first pieces of evidence in suite order, whatever order they come in.
#[derive(Clone, Debug, Default)]
pub(super) struct EvidenceList {
    items: Vec<Evidence>,
    total: u64,
}

impl EvidenceList {
    pub(super) fn push(&mut self, evidence: Evidence) {
        self.items.push(evidence);
        self.total += 1;
        if self.items.len() > 2 * MAX_EVIDENCE {
            self.trim();
        }
    }

    /// Counts evidence that the facts of a task left out.
    pub(super) fn count_more(&mut self, more: u64) {
        self.total += more;
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.items.extend(other.items);
        self.total += other.total;
        self.trim();
    }

    fn trim(&mut self) {
        self.items.sort_unstable();
        self.items.truncate(MAX_EVIDENCE);
    }

    /// The evidence kept, and how much there was.
    pub(super) fn finish(&self) -> (Vec<Evidence>, u64) {
        let mut list = self.clone();
        list.trim();
        (list.items, list.total)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evidence(order: u32) -> Evidence {
        let task = format!("task-{order}").into();
        Evidence { good: false, order, task, repeat: 1, step: None, id: "".into(), note: "".into() }
    }

    #[test]
    fn the_first_in_suite_order_are_kept() {
        let (mut one, mut two) = (EvidenceList::default(), EvidenceList::default());
        for order in (0..1500).rev() {
            if order % 3 == 0 { one.push(evidence(order)) } else { two.push(evidence(order)) }
        }
        let mut other = two.clone();
        other.merge(one.clone());
        one.merge(two);
        let (items, total) = one.finish();
        assert_eq!((items.len(), total), (MAX_EVIDENCE, 1500));
        assert!(items.iter().enumerate().all(|(i, item)| item.order == i as u32));
        assert_eq!(other.finish(), (items, total));
    }
}
