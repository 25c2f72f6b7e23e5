use std::collections::HashMap;

use super::{Graph, MAX_COMMITS, SKEW};
use crate::source::ObjectId;

/// The commits that build on one: every commit is looked at once, however many questions are asked.
pub(super) struct Descent<'g> {
    graph: &'g Graph,
    floor: i64,
    known: HashMap<ObjectId, bool>,
}

impl<'g> Descent<'g> {
    /// Of what builds on `from`. Where that is not there, nothing does.
    pub(super) fn of(graph: &'g Graph, from: ObjectId) -> Self {
        let there = graph.head(from);
        let floor = there.as_ref().map_or(i64::MAX, |head| head.time - SKEW);
        let known = there.is_some().then_some((from, true)).into_iter().collect();
        Self { graph, floor, known }
    }

    /// Does a commit build on it, or is it the same? `false` too beyond a great many commits.
    pub(super) fn includes(&mut self, id: ObjectId) -> bool {
        let mut left = vec![(id, false)];
        while let Some((id, parents_known)) = left.pop() {
            if self.known.contains_key(&id) && !parents_known {
                continue;
            }
            let head = self.graph.head(id).filter(|head| head.time >= self.floor);
            let parents = head.as_ref().map_or(&[][..], |head| &head.parents);
            if parents_known || parents.is_empty() || self.known.len() > MAX_COMMITS {
                let builds = parents.iter().any(|parent| self.known.get(parent) == Some(&true));
                self.known.insert(id, builds);
                continue;
            }
            // Until its parents are known; no commit leads to itself, whatever ids promise.
            self.known.insert(id, false);
            left.push((id, true));
            left.extend(parents.iter().map(|parent| (*parent, false)));
        }
        self.known.get(&id) == Some(&true)
    }
}
