//! trigger_precision and trigger_recall: did a skill run when it should, and only then?

use crate::replay::Replay;

use super::metric::{Metric, Tally};
use super::{TaskFacts, Unit};

/// Skills of one replay.
#[derive(Clone, Debug, Default)]
pub struct TriggerFacts {
    /// Skills that were used, and whether the task calls for each.
    pub used: Vec<(String, bool)>,
    /// Skills that the task calls for, and whether each was used.
    pub called_for: Vec<(String, bool)>,
}

impl TriggerFacts {
    /// `wanted` names the skills that a task calls for, with or without the plugin's name before; `None`: nobody has said.
    pub(super) fn of(replay: &Replay, wanted: Option<&[String]>) -> Self {
        let Some(wanted) = wanted else { return Self::default() };
        let same = |used: &str, name: &str| {
            used == name || used.rsplit_once(':').is_some_and(|(_, short)| short == name)
        };
        let is_wanted = |used: &String| wanted.iter().any(|name| same(used, name));
        let is_used = |name: &String| replay.skills.iter().any(|used| same(used, name));
        Self {
            used: replay.skills.iter().map(|used| (used.clone(), is_wanted(used))).collect(),
            called_for: wanted.iter().map(|name| (name.clone(), is_used(name))).collect(),
        }
    }
}

#[derive(Clone, Debug, Default)]
pub(super) struct Triggers {
    precision: Tally,
    recall: Tally,
}

impl Triggers {
    pub(super) fn add(&mut self, facts: &TaskFacts) {
        let run = &facts.run;
        for (tally, list) in
            [(&mut self.precision, &facts.triggers.used), (&mut self.recall, &facts.triggers.called_for)]
        {
            for (skill, good) in list {
                tally.sample(*good, run.evidence(*good, None, skill.as_str()));
            }
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.precision.merge(other.precision);
        self.recall.merge(other.recall);
    }

    pub(super) fn metrics(&self, list: &mut Vec<Metric>) {
        list.push(self.precision.metric(
            "trigger_precision",
            Unit::Share,
            "no skill was used in a task that says which ones it calls for",
        ));
        list.push(self.recall.metric("trigger_recall", Unit::Share, "no task calls for a skill"));
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::replay;
    use super::*;

    #[test]
    fn skills_are_matched_by_short_and_full_names() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let of = |used: &[&str], wanted: Option<&[&str]>| {
            let replay = Replay { skills: names(used), ..replay("t", vec![]) };
            let wanted = wanted.map(names);
            let facts = TriggerFacts::of(&replay, wanted.as_deref());
            (
                facts.used.iter().filter(|(_, good)| *good).count(),
                facts.used.len(),
                facts.called_for.iter().filter(|(_, good)| *good).count(),
                facts.called_for.len(),
            )
        };
        assert_eq!(of(&["p:a"], Some(&["a"])), (1, 1, 1, 1));
        assert_eq!(of(&["p:a", "p:b"], Some(&["p:a", "c"])), (1, 2, 1, 2));
        assert_eq!(of(&["p:ba"], Some(&["a"])), (0, 1, 0, 1));
        assert_eq!(of(&["p:a"], Some(&[])), (0, 1, 0, 0));
        assert_eq!(of(&["p:a"], None), (0, 0, 0, 0));
        assert_eq!(of(&[], Some(&["a"])), (0, 0, 0, 1));
    }
}
