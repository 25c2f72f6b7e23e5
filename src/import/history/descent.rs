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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::source::Repository;

    /// A history in which each commit has these parents, all of them before it.
    fn history(parents: &[Vec<usize>]) -> (tempfile::TempDir, Graph, Vec<ObjectId>) {
        let folder = tempfile::tempdir().unwrap();
        let git = git2::Repository::init_bare(folder.path()).unwrap();
        let tree = git.find_tree(git.treebuilder(None).unwrap().write().unwrap()).unwrap();
        let mut ids: Vec<ObjectId> = Vec::new();
        for (number, parents) in (0_i32..).zip(parents) {
            let nobody = git2::Signature::new("n", "n@n", &git2::Time::new(i64::from(number), 0)).unwrap();
            let parents: Vec<_> =
                parents.iter().map(|parent| git.find_commit(ids[*parent]).unwrap()).collect();
            let parents: Vec<_> = parents.iter().collect();
            ids.push(git.commit(None, &nobody, &nobody, &number.to_string(), &tree, &parents).unwrap());
        }
        let graph = Graph::of(&[Arc::new(Repository::open(folder.path()).unwrap())]).unwrap();
        (folder, graph, ids)
    }

    #[test]
    fn what_parted_before_does_not_build_on_it() {
        // 0 - 1 - 3 - 4, and 0 - 2 - 4: the last merges both.
        let (_folder, graph, ids) = history(&[vec![], vec![0], vec![0], vec![1], vec![3, 2]]);
        let mut descent = Descent::of(&graph, ids[1]);
        let found: Vec<bool> = ids.iter().map(|id| descent.includes(*id)).collect();
        assert_eq!(found, [false, true, false, true, true]);
        assert!(!Descent::of(&graph, ObjectId::ZERO_SHA1).includes(ids[4]));
        assert!(!Descent::of(&graph, ids[0]).includes(ObjectId::ZERO_SHA1));
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(24))]
        /// In whatever order commits are asked about, the answers are those of the ways between them.
        #[test]
        fn answers_are_those_of_the_ways(
            parents in proptest::collection::vec(proptest::collection::vec(0..100_usize, 0..3), 1..14),
            from in 0..14_usize,
            order in proptest::collection::vec(0..14_usize, 1..30),
        ) {
            let parents: Vec<Vec<usize>> = parents
                .iter()
                .enumerate()
                .map(|(number, few)| few.iter().filter(|_| number > 0).map(|at| at % number.max(1)).collect())
                .collect();
            let (_folder, graph, ids) = history(&parents);
            let from = ids[from % ids.len()];
            let mut descent = Descent::of(&graph, from);
            for at in order {
                let id = ids[at % ids.len()];
                proptest::prop_assert_eq!(descent.includes(id), graph.between(from, id).is_some());
            }
        }
    }
}
