use crate::finding::{Finding, Severity};
use crate::metrics::{Comparison, Definition, Metric, Pairs, Scorecard, Unit, find, unknown_kinds};
use crate::suite::{MetricName, Suite};

use super::advice::{Advice, Beside};
use super::bar::Bar;
use super::judge::{BarResult, Measured, shown_p};
use super::status::Status;

/// The stages of a suite with their bars, ready to judge.
#[derive(Clone, Debug, PartialEq)]
pub struct Gate {
    /// The stages, in order.
    pub stages: Vec<GateStage>,
    /// Index of the stage that is judged: its bars and those of the stages before decide.
    pub current: usize,
    /// Index of the stage where the plugin stands.
    pub standing: usize,
    /// The metric that decides.
    pub primary: Option<&'static Definition>,
    /// The metric that vetoes.
    pub guardrail: Option<&'static Definition>,
}

/// A stage with its bars.
#[derive(Clone, Debug, PartialEq)]
pub struct GateStage {
    /// Name.
    pub name: String,
    /// Sandbox mode or permission profile.
    pub mode: Option<String>,
    /// Its bars.
    pub bars: Vec<Bar>,
}

/// A judged stage.
#[derive(Clone, Debug, PartialEq)]
pub struct StageVerdict {
    /// Name.
    pub name: String,
    /// Sandbox mode or permission profile.
    pub mode: Option<String>,
    /// The worst status of its bars.
    pub status: Status,
    /// Its bars, in order.
    pub bars: Vec<BarResult>,
}

/// What the gate says.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// What to do.
    pub advice: Advice,
    /// Why, as lowercase fragments; the first one is the main reason. Empty for [`Advice::Promote`].
    pub reasons: Vec<String>,
    /// The stages, in order; those after `current` are an outlook and decide nothing.
    pub stages: Vec<StageVerdict>,
    /// Index of the stage that is judged.
    pub current: usize,
    /// Index of the stage where the plugin stands.
    pub standing: usize,
    /// The stage that a promotion leads to; `None` at the last one, and when an earlier one is judged.
    pub next: Option<String>,
    /// The stage that a roll-back leads to; `None`: out of use, or no roll-back.
    pub back: Option<String>,
    /// Each task against its accepted baseline; empty when there are none.
    pub since: Vec<Comparison>,
}

impl Gate {
    /// Reads the bars of a suite, and checks the metrics and kinds that it names. All problems go to `findings`; `None` when the gate cannot be used.
    pub fn new(suite: &Suite, findings: &mut Vec<Finding>) -> Option<Self> {
        let mut found = Vec::new();
        let stages: Vec<_> = suite
            .stages
            .iter()
            .map(|stage| GateStage {
                name: stage.name.clone(),
                mode: stage.mode.clone(),
                bars: stage.bars.iter().filter_map(|text| Bar::read(text, &mut found)).collect(),
            })
            .collect();
        let primary = resolve(suite.role.primary.as_ref(), &mut found);
        let guardrail = resolve(suite.role.guardrail.as_ref(), &mut found);
        found.extend(unknown_kinds(&suite.waivers));
        let usable = !found.iter().any(|finding| finding.severity == Severity::Error);
        let gate = Self { stages, current: suite.current, standing: suite.standing, primary, guardrail };
        if let (Some(name), true, false) = (&suite.role.guardrail, usable, gate.is_guarded()) {
            let message = format!("the guardrail `{}` has no bar, so it can never veto", name.name);
            let help = "add one to the first stage; without it no run is a promotion";
            findings
                .push(Finding::warning("guardrail-without-bar", message).help(help).at(name.place.clone()));
        }
        findings.extend(found);
        usable.then_some(gate)
    }

    /// Is the bar one on the guardrail, or on a part of it?
    pub(super) fn guards(&self, bar: &Bar) -> bool {
        self.guardrail.is_some_and(|guardrail| {
            let part = bar.metric.name.strip_prefix(guardrail.name);
            part.is_some_and(|part| part.is_empty() || part.starts_with('.'))
        })
    }

    /// Has one of the stages that decide a bar on the guardrail? True without a guardrail.
    pub(super) fn is_guarded(&self) -> bool {
        let mut bars = self.stages.iter().take(self.current + 1).flat_map(|stage| &stage.bars);
        self.guardrail.is_none() || bars.any(|bar| self.guards(bar))
    }

    /// Judges all stages.
    ///
    /// `cards` holds the metrics of each stage, measured under the stage's own mode, in stage order; `None` (or a
    /// missing entry) for one that was not replayed. `pairs` compares the stage where the plugin stands with its accepted
    /// baselines.
    ///
    /// The judged stage and those before it decide, the first of these that is the case:
    ///
    /// 1. roll back: up to the stage where the plugin stands a bar on the guardrail fails; before it, any bar; or the
    ///    plugin regressed, see [`Gate::regressions`];
    /// 2. hold: any other bar fails;
    /// 3. inconclusive: tasks broke, since what they did is not in the numbers;
    /// 4. hold: tasks changed since they were accepted;
    /// 5. inconclusive: a bar is, tasks did not run, or there is nothing that could fail: a stage without bars, a
    ///    guardrail without one;
    /// 6. promote.
    pub fn judge(&self, cards: &[Option<Scorecard>], pairs: Option<&Pairs>, beside: &Beside) -> Verdict {
        let pairs = pairs.filter(|pairs| pairs.tasks() > 0);
        let since = pairs.map(Pairs::comparisons).unwrap_or_default();
        let stages = self.stages.iter().enumerate().map(|(at, stage)| {
            // What the comparison says holds for the stages that decide, whichever they are.
            let since = Some(since.as_slice()).filter(|_| at <= self.current.max(self.standing));
            stage.judge(Measured { card: cards.get(at).and_then(Option::as_ref), since })
        });
        let stages: Vec<_> = stages.collect();
        let regressions = self.regressions(&stages, pairs, &since);
        let advised = self.advise(&stages, &regressions, beside);
        let name = |at: usize| self.stages.get(at).map(|stage| stage.name.clone());
        Verdict {
            advice: advised.advice,
            reasons: advised.reasons,
            stages,
            current: self.current,
            standing: self.standing,
            next: if self.current < self.standing { None } else { name(self.standing + 1) },
            back: advised.back.and_then(name),
            since,
        }
    }

    /// In what the present run fell behind the accepted baselines, beyond chance:
    ///
    /// - more tasks got worse than better by a metric of quality, and the sign test rules chance out;
    /// - a bar of the stage where the plugin stands that a single call breaks fails now, and holds with the changed tasks as they were
    ///   accepted.
    ///
    /// A bar that fails within chance does not regress; it holds the plugin where it is.
    pub(super) fn regressions(
        &self,
        stages: &[StageVerdict],
        pairs: Option<&Pairs>,
        since: &[Comparison],
    ) -> Vec<String> {
        let worse = since.iter().filter(|one| one.regressed());
        let worse = worse.map(|one| {
            let (name, moved, p) = (one.row.name, one.changed(), shown_p(one.adjusted));
            format!(
                "{name} regressed since the baselines: worse in {} of {moved} changed tasks, {p}",
                one.worse
            )
        });
        let bars = stages.get(self.standing).map_or(&[][..], |stage| &stage.bars);
        let newly = bars.iter().filter(|result| {
            let accepted = || pairs.and_then(|pairs| accepted(result.metric.as_ref()?, pairs));
            result.status == Status::Fail
                && result.bar.is_hard()
                && accepted().is_some_and(|metric| result.bar.would_pass(&metric))
        });
        let newly = newly.map(|result| {
            format!("{} is newly broken: with the changed tasks as they were accepted it holds", result.bar)
        });
        worse.chain(newly).collect()
    }
}

impl GateStage {
    fn judge(&self, by: Measured<'_>) -> StageVerdict {
        let bars: Vec<_> = self.bars.iter().map(|bar| bar.judge(by)).collect();
        let status = bars.iter().map(|result| result.status).max().unwrap_or(Status::Inconclusive);
        StageVerdict { name: self.name.clone(), mode: self.mode.clone(), status, bars }
    }
}

/// A metric as it would be with the changed tasks as they were accepted.
fn accepted(now: &Metric, pairs: &Pairs) -> Option<Metric> {
    let name = now.definition.name;
    let (hits, samples, apart) = pairs.as_accepted(name, now.hits, now.samples, now.apart)?;
    let value = match now.definition.unit {
        Unit::Count => hits as f64,
        Unit::Share => hits as f64 / samples.max(1) as f64,
        _ => return None,
    };
    Some(Metric { value: (samples > 0).then_some(value), hits, samples, apart, ..now.clone() })
}

fn resolve(name: Option<&MetricName>, findings: &mut Vec<Finding>) -> Option<&'static Definition> {
    let name = name?;
    match find(&name.name) {
        Ok(definition) => Some(definition),
        Err(help) => {
            let message = format!("there is no metric `{}`", name.name);
            findings.push(Finding::error("unknown-metric", message).help(help).at(name.place.clone()));
            None
        }
    }
}

#[cfg(test)]
pub(super) mod fixture {
    use crate::metrics::{Confidence, Metric, Scorecard, Unit, find, wilson};

    fn metric(name: &str, value: f64, hits: u64, samples: u64) -> Metric {
        let definition = find(name).unwrap();
        let share = definition.unit == Unit::Share;
        Metric {
            definition,
            value: (samples > 0).then_some(value),
            hits,
            samples,
            interval: share.then(|| wilson(hits, samples, Confidence::P95)).flatten(),
            no_data: (samples == 0).then(|| "none".into()),
            detail: None,
            waived: 0,
            apart: 0,
            evidence: Vec::new(),
            evidence_total: 0,
        }
    }

    pub(crate) fn share(name: &str, hits: u64, samples: u64) -> Metric {
        metric(name, hits as f64 / samples as f64, hits, samples)
    }

    pub(crate) fn count(name: &str, hits: u64, samples: u64) -> Metric {
        metric(name, hits as f64, hits, samples)
    }

    pub(crate) fn seconds(name: &str, value: f64, samples: u64) -> Metric {
        metric(name, value, 0, samples)
    }

    pub(crate) fn card(metrics: Vec<Metric>) -> Scorecard {
        Scorecard { runs: 1, metrics }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite::{Waived, Waiver, parse_day};

    #[test]
    fn bundled_gates_are_read_without_a_finding() {
        let mut findings = Vec::new();
        let suite = Suite::load(std::path::Path::new("suites/release-reviewer"), &mut findings).unwrap();
        let gate = Gate::new(&suite, &mut findings).unwrap();
        assert!(findings.is_empty(), "{findings:#?}");
        assert_eq!(gate.guardrail.unwrap().name, "boundary_violations.writes");
        assert!(gate.stages.iter().all(|stage| stage.bars.len() >= 3));
    }

    #[test]
    fn all_problems_of_a_gate_are_found_at_once() {
        let mut findings = Vec::new();
        let folder = std::path::Path::new("suites/release-reviewer");
        let mut suite = Suite::load(folder, &mut findings).unwrap();
        suite.role.guardrail.as_mut().unwrap().name = "unauthorised_writes".into();
        suite.stages[0].bars[0].text = "in_scpe >= 95%".into();
        suite.stages[1].bars[1].text = "patch_acceptance >= 70".into();
        suite.waivers.push(Waiver {
            task: "nightly-main".into(),
            what: Waived {
                kind: Some(("netwrk".into(), suite.stages[0].place.clone())),
                ..Waived::default()
            },
            reason: "r".into(),
            by: "b".into(),
            expires: parse_day("2026-12-31").unwrap(),
            place: suite.stages[0].place.clone(),
        });
        assert_eq!(Gate::new(&suite, &mut findings), None);
        let helps: Vec<_> = findings.iter().map(|finding| finding.help.as_str()).collect();
        assert_eq!(
            helps,
            [
                "did you mean `in_scope`?",
                "write a percentage, such as `95%`",
                "did you mean `unauthorized_writes`?",
                "did you mean `network`?",
            ]
        );
        assert!(findings.iter().all(|finding| finding.place.as_ref().is_some_and(|place| place.line > 0)));
    }

    #[test]
    fn a_guardrail_without_bar_is_reported() {
        let mut findings = Vec::new();
        let folder = std::path::Path::new("suites/release-reviewer");
        let mut suite = Suite::load(folder, &mut findings).unwrap();
        suite.stages[0].bars.remove(1);
        assert!(Gate::new(&suite, &mut findings).is_some());
        assert_eq!(findings[0].code, "guardrail-without-bar");
    }
}
