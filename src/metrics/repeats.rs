//! pass_k and flakiness: what becomes of a task that is done several times.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::interval::{Confidence, mean_interval};
use super::metric::{Metric, Tally};
use super::{End, Run, TaskFacts, Unit};

/// The sessions of each task, by its number in the suite.
#[derive(Clone, Debug, Default)]
pub(super) struct Repeats {
    /// What the suite asks for.
    pass_k: Option<u32>,
    tasks: BTreeMap<u32, Sessions>,
}

/// How the sessions of one task ended.
#[derive(Clone, Debug)]
struct Sessions {
    /// One of them, the first.
    run: Run,
    count: u32,
    /// Sessions of which it is known whether they succeeded.
    decided: u32,
    succeeded: u32,
    end: End,
    /// Not all of them end alike.
    differ: bool,
}

impl Sessions {
    fn of(facts: &TaskFacts) -> Self {
        Self {
            run: facts.run.clone(),
            count: 1,
            decided: u32::from(facts.completed.is_some()),
            succeeded: u32::from(facts.completed == Some(true)),
            end: facts.end.clone(),
            differ: false,
        }
    }

    fn add(&mut self, other: Self) {
        self.differ |= other.differ || self.end != other.end;
        self.count += other.count;
        self.decided += other.decided;
        self.succeeded += other.succeeded;
        // The first stands for all, so that the order of adding does not show.
        if other.run.repeat < self.run.repeat {
            (self.run, self.end) = (other.run, other.end);
        }
    }

    /// Is it known of every session whether it succeeded? Else those that are known are the ones that did not finish,
    /// and say little about the others.
    fn all_decided(&self) -> bool {
        self.decided == self.count
    }

    /// The chance that `k` of these sessions, drawn without putting back, all succeed: C(c, k) ÷ C(n, k) for c
    /// successes among n. Over tasks its mean estimates pass^k without bias.
    fn pass(&self, k: u32) -> f64 {
        (0..k)
            .map(|drawn| f64::from(self.succeeded.saturating_sub(drawn)) / f64::from(self.count - drawn))
            .product()
    }

    fn told(&self) -> String {
        if self.all_decided() {
            return format!("{} of {} sessions succeed", self.succeeded, self.count);
        }
        let alike = if self.differ { "do not end alike" } else { "end alike" };
        format!("{} sessions {alike}", self.count)
    }
}

impl Repeats {
    pub(super) fn new(pass_k: Option<u32>) -> Self {
        Self { pass_k, tasks: BTreeMap::new() }
    }

    pub(super) fn add(&mut self, facts: &TaskFacts) {
        self.add_sessions(facts.run.order, Sessions::of(facts));
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.pass_k = self.pass_k.or(other.pass_k);
        for (order, sessions) in other.tasks {
            self.add_sessions(order, sessions);
        }
    }

    fn add_sessions(&mut self, order: u32, sessions: Sessions) {
        match self.tasks.entry(order) {
            Entry::Vacant(entry) => _ = entry.insert(sessions),
            Entry::Occupied(mut entry) => entry.get_mut().add(sessions),
        }
    }

    /// The k of pass^k: what the suite asks for, else the fewest sessions of a decided task that has several.
    fn k(&self) -> Option<u32> {
        let several = self.tasks.values().filter(|task| task.all_decided() && task.count > 1);
        self.pass_k.or_else(|| several.map(|task| task.count).min())
    }

    pub(super) fn metrics(&self, list: &mut Vec<Metric>) {
        list.push(self.pass_k());
        let mut flaky = Tally::default();
        for task in self.tasks.values().filter(|task| task.count > 1) {
            if task.differ || task.end != End::Unknown {
                flaky.total += 1;
                flaky.hits += u64::from(task.differ);
                flaky.evidence.push(task.run.evidence(!task.differ, None, task.told()));
            }
        }
        let none = "no task has several sessions of which the end is known";
        list.push(flaky.metric("flakiness", Unit::Share, none));
    }

    fn pass_k(&self) -> Metric {
        let k = self.k();
        let mut tally = Tally::default();
        let (mut sum, mut fewer) = (0.0, 0_u64);
        for task in self.tasks.values().filter(|task| task.all_decided()) {
            let Some(k) = k.filter(|k| *k <= task.count) else {
                fewer += 1;
                continue;
            };
            sum += task.pass(k);
            let all = task.succeeded == task.count;
            tally.sample(all, task.run.evidence(all, None, task.told()));
        }
        let none = match k {
            Some(_) => "no decided task has so many sessions",
            None => "no decided task has several sessions",
        };
        let mut metric = tally.metric("pass_k", Unit::Share, none);
        if metric.samples > 0 {
            let mean = sum / metric.samples as f64;
            metric.value = Some(mean);
            metric.interval = mean_interval(mean, metric.samples, Confidence::P95);
        }
        metric.detail = k.map(|k| match fewer {
            0 => format!("k = {k}"),
            1 => format!("k = {k}; 1 task has fewer sessions"),
            _ => format!("k = {k}; {fewer} tasks have fewer sessions"),
        });
        metric
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{decided, replay, role};
    use super::super::{Metrics, Waivers};
    use super::*;
    use crate::decision::Decision;
    use crate::replay::Replay;
    use crate::suite::{Role, RoleOutput};

    /// Sessions of tasks by what the agent says in each; a person says "block" of those that are decided.
    fn card(pass_k: Option<u32>, tasks: &[(&[&str], bool)], role: &Role) -> (Metric, Metric) {
        let mut metrics = Metrics { repeats: Repeats::new(pass_k), ..Metrics::default() };
        for (order, (said, is_decided)) in (0..).zip(tasks) {
            let decision = if *is_decided { decided("block") } else { Decision::default() };
            for (repeat, said) in (1..).zip(*said) {
                let outcome = Some((*said).to_owned()).filter(|said| !said.is_empty());
                let finished = *said != "aborted";
                let replay = Replay { repeat, outcome, finished, ..replay("t", vec![]) };
                metrics.add(&TaskFacts::of(order, &replay, &decision, role, &Waivers::default()));
            }
        }
        let card = metrics.scorecard();
        (card.get("pass_k").unwrap().clone(), card.get("flakiness").unwrap().clone())
    }

    const YES: &str = "block";
    const NO: &str = "approve";

    /// Three tasks of 4, 3 and 2 sessions with 3, 3 and 1 successes, one of a single session, one that nobody decided.
    ///
    /// k = 2: C(3,2) ÷ C(4,2) = 3/6; C(3,2) ÷ C(3,2) = 1; C(1,2) ÷ C(2,2) = 0. Mean of three: 1/2.
    /// k = 3: C(3,3) ÷ C(4,3) = 1/4; 1; the third has fewer. Mean of two: 5/8.
    /// k = 1: 3/4, 1, 1/2 and the single one's 0. Mean of four: 9/16.
    /// k = 4: 0 of the first alone. k = 5: nothing.
    #[test]
    fn pass_k_by_hand() {
        let tasks: [(&[&str], bool); 5] = [
            (&[YES, NO, YES, YES], true),
            (&[YES, YES, YES], true),
            (&[NO, YES], true),
            (&[NO], true),
            (&[YES, YES], false),
        ];
        for (asked, value, samples, detail) in [
            (None, Some(0.5), 3, "k = 2; 1 task has fewer sessions"),
            (Some(2), Some(0.5), 3, "k = 2; 1 task has fewer sessions"),
            (Some(3), Some(0.625), 2, "k = 3; 2 tasks have fewer sessions"),
            (Some(1), Some(0.5625), 4, "k = 1"),
            (Some(4), Some(0.0), 1, "k = 4; 3 tasks have fewer sessions"),
            (Some(5), None, 0, "k = 5; 4 tasks have fewer sessions"),
        ] {
            let (metric, _) = card(asked, &tasks, &role());
            assert_eq!((metric.value, metric.samples), (value, samples), "{asked:?}");
            assert_eq!(metric.detail.as_deref(), Some(detail));
            assert_eq!(metric.no_data.is_some(), value.is_none());
            assert_eq!(metric.interval.is_some(), value.is_some());
        }
        let (metric, _) = card(None, &tasks, &role());
        assert_eq!(metric.hits, 1, "one task never fails");
        let notes: Vec<_> = metric.evidence.iter().map(|one| (one.good, &*one.note)).collect();
        assert_eq!(
            notes,
            [
                (false, "3 of 4 sessions succeed"),
                (false, "1 of 2 sessions succeed"),
                (true, "3 of 3 sessions succeed")
            ]
        );
    }

    /// With 0 and 1 alone the interval is Wilson's: 1 of 2 tasks gives 9.45% to 90.55%.
    #[test]
    fn no_repeats_and_one_task() {
        let (none, flaky) = card(None, &[], &role());
        assert_eq!((none.value, none.detail, flaky.value), (None, None, None));
        let (single, flaky) = card(None, &[(&[YES], true)], &role());
        assert_eq!((single.value, single.samples, flaky.value), (None, 0, None));
        let (one, flaky) = card(None, &[(&[YES, YES], true)], &role());
        assert_eq!((one.value, one.samples), (Some(1.0), 1));
        assert_eq!((flaky.value, flaky.samples), (Some(0.0), 1));
        let (two, flaky) = card(None, &[(&[YES, YES], true), (&[NO, NO], true)], &role());
        let interval = two.interval.unwrap();
        assert!((interval.low - 0.0945).abs() < 5e-5 && (interval.high - 0.9055).abs() < 5e-5);
        assert_eq!((two.value, flaky.value), (Some(0.5), Some(0.0)), "a task that always fails is not flaky");
    }

    /// Decided tasks by success; the others by outcome, and by whether they finished at all.
    #[test]
    fn flakiness_by_hand() {
        let tasks: [(&[&str], bool); 7] = [
            (&[YES, NO], true),
            (&[YES, YES, YES], true),
            // Both fail, if in two ways.
            (&[NO, ""], true),
            (&[NO, NO], false),
            (&[NO, YES], false),
            (&[NO, ""], false),
            (&["aborted", NO], false),
        ];
        let (_, flaky) = card(None, &tasks, &role());
        assert_eq!((flaky.hits, flaky.samples), (4, 7));
        assert_eq!(flaky.value, Some(4.0 / 7.0));

        let writer = Role { output: RoleOutput::default(), ..role() };
        let tasks: [(&[&str], bool); 3] = [(&[NO, NO], false), (&["aborted", NO], false), (&[NO], false)];
        let (pass, flaky) = card(None, &tasks, &writer);
        assert_eq!(pass.value, None, "sessions of which nothing is known are no failures");
        assert_eq!((flaky.hits, flaky.samples), (1, 1), "nor are they alike");
    }

    proptest::proptest! {
        /// C(c, k) ÷ C(n, k) is the share of all choices of k sessions that hold successes alone.
        #[test]
        fn pass_is_the_share_of_choices(results in proptest::collection::vec(proptest::bool::ANY, 1..10), k in 1_u32..10) {
            let count = results.len() as u32;
            proptest::prop_assume!(k <= count);
            let succeeded = results.iter().filter(|good| **good).count() as u32;
            let sets = (0_u32..1 << count).filter(|set| set.count_ones() == k);
            let (mut good, mut all) = (0, 0);
            for set in sets {
                all += 1;
                good += u32::from((0..count).all(|at| set & (1 << at) == 0 || results[at as usize]));
            }
            let run = Run { order: 0, task: "t".into(), repeat: 1 };
            let task = Sessions { run, count, decided: count, succeeded, end: End::Success, differ: false };
            proptest::prop_assert!((task.pass(k) - f64::from(good) / f64::from(all)).abs() < 1e-12);
        }
    }
}
