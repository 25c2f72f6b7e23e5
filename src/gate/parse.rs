//! The grammar of bars.

use crate::metrics::{Confidence, Definition, ROWS, Unit, find};

use super::bar::{Bar, BarError, Op};

const SHAPE: &str = "write it as `in_scope >= 95%` or `boundary_violations.network == 0`";

impl Bar {
    /// Reads a bar.
    pub fn parse(text: &str) -> Result<Self, BarError> {
        let mut rest = Rest { text, at: 0 };
        let (name_at, name) = rest.take(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'));
        if name.is_empty() {
            return Err(BarError::new(name_at, "bad-bar", "the bar does not start with a metric", SHAPE));
        }
        let metric = find(name).map_err(|help| {
            BarError::new(name_at, "unknown-metric", format!("there is no metric `{name}`"), help)
        })?;
        let op = rest.operator()?;
        if op == Op::NoWorse && !ROWS.iter().any(|row| row.name == metric.name) {
            let message = format!("`{}` is not compared task by task", metric.name);
            let names = ROWS.iter().filter_map(|row| find(row.name).ok()).map(|metric| metric.name);
            let help = format!("these are: {}", names.collect::<Vec<_>>().join(", "));
            return Err(BarError::new(name_at, "bad-bar", message, help));
        }
        let (value_at, value) = if op == Op::NoWorse { (rest.at, 0.0) } else { rest.value(metric)? };
        let (level_at, confidence) = rest.level()?;
        let (end_at, left) = rest.take(|_| true);
        if !left.is_empty() {
            let message = format!("`{left}` is left over after the bar");
            return Err(BarError::new(end_at, "bad-bar", message, SHAPE));
        }
        check_level(metric, op, value, confidence)
            .map_err(|(message, help)| BarError::new(level_at, "bad-level", message, help))?;
        check_sense(metric, op, value)
            .map_err(|(message, help)| BarError::new(value_at, "senseless-bar", message, help))?;
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        Ok(Self { text, metric, op, value, confidence })
    }
}

/// Reads an amount of a metric, as a bar would write it: `2%`, `30s`, `4`.
pub fn amount(metric: &Definition, text: &str) -> Result<f64, BarError> {
    let mut rest = Rest { text, at: 0 };
    let (_, value) = rest.value(metric)?;
    match rest.take(|_| true) {
        (_, "") => Ok(value),
        (at, left) => {
            let message = format!("`{left}` is left over after the amount");
            Err(BarError::new(at, "bad-value", message, example(metric.unit)))
        }
    }
}

/// What has not been read yet.
struct Rest<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Rest<'t> {
    /// The offset and text of the next characters that `wanted` takes, after spaces.
    fn take(&mut self, wanted: impl Fn(char) -> bool) -> (usize, &'t str) {
        let rest = &self.text[self.at..];
        let start = self.at + (rest.len() - rest.trim_start().len());
        let rest = &self.text[start..];
        let length = rest.find(|c| !wanted(c)).unwrap_or(rest.len());
        self.at = start + length;
        (start, rest[..length].trim_end())
    }

    fn operator(&mut self) -> Result<Op, BarError> {
        let (at, written) = self.take(|c| matches!(c, '<' | '>' | '=' | '!' | '≥' | '≤' | '~'));
        if written.is_empty() {
            let before = self.at;
            if self.take(|c| c.is_ascii_alphabetic() || c == '-').1 == Op::NoWorse.symbol() {
                return Ok(Op::NoWorse);
            }
            self.at = before;
        }
        if let Some((_, op)) = Op::ALL.into_iter().find(|(symbol, _)| *symbol == written) {
            return Ok(op);
        }
        let message = match written {
            "" => "the bar has no comparison after the metric".to_owned(),
            _ => format!("there is no comparison `{written}`"),
        };
        let help = match written {
            "=" | "===" => "write `==`",
            "=>" | "≥" => "write `>=`",
            "=<" | "≤" => "write `<=`",
            _ => "known: >=, <=, >, <, ==, no-worse",
        };
        Err(BarError::new(at, "bad-bar", message, help))
    }

    /// The value in the metric's unit.
    fn value(&mut self, metric: &Definition) -> Result<(usize, f64), BarError> {
        let signed = matches!(metric.unit, Unit::PerTask | Unit::Points);
        let (at, number) = self.take(|c| c.is_ascii_digit() || c == '.' || (signed && c == '-'));
        let error = |message: String, help: &str| BarError::new(at, "bad-value", message, help);
        let parsed: Option<f64> =
            Some(number).filter(|text| text.len() <= 15).and_then(|text| text.parse().ok());
        let Some(value) = parsed else {
            let (_, found) = self.take(|c| !c.is_whitespace());
            let found = format!("{number}{found}");
            return Err(error(
                if found.is_empty() {
                    "the bar has no value".to_owned()
                } else {
                    format!("`{found}` is no value")
                },
                example(metric.unit),
            ));
        };
        let spaced = self.text[self.at..].starts_with(char::is_whitespace);
        let (unit_at, unit) =
            if spaced { (self.at, "") } else { self.take(|c| c == '%' || c.is_alphabetic()) };
        let wrong = |message: String| Err(BarError::new(unit_at, "bad-unit", message, example(metric.unit)));
        let value = match (metric.unit, unit) {
            (Unit::Share, "%") => value / 100.0,
            (Unit::Share, "") => {
                return wrong(format!("`{}` is a share, so its bar needs a `%`", metric.name));
            }
            (Unit::Seconds, "") => {
                return wrong(format!("`{}` is a time, so its bar needs a unit", metric.name));
            }
            (Unit::Seconds, _) => match seconds(unit) {
                Some(seconds) => value * seconds,
                None => return wrong(format!("`{unit}` is no unit of time")),
            },
            (Unit::Count, "") if value.fract() != 0.0 => {
                return Err(error(
                    format!("`{}` counts in whole numbers", metric.name),
                    example(metric.unit),
                ));
            }
            (Unit::Count | Unit::PerHundred | Unit::Tokens | Unit::PerTask | Unit::Points, "") => value,
            _ => return wrong(format!("`{}` is not given in `{unit}`", metric.name)),
        };
        Ok((at, value))
    }

    fn level(&mut self) -> Result<(usize, Option<Confidence>), BarError> {
        let rest = self.text[self.at..].trim_start();
        let at = self.text.len() - rest.len();
        if !rest.starts_with('@') {
            return Ok((at, None));
        }
        self.at = at + 1;
        let digits =
            self.text[self.at..].bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'.');
        let level = &self.text[self.at..self.at + digits.count()];
        self.at += level.len();
        if self.text[self.at..].starts_with('%') {
            self.at += 1;
        }
        let known = Confidence::ALL.into_iter().find(|(name, _)| *name == level);
        let (_, confidence) = known.ok_or_else(|| {
            BarError::new(at, "bad-level", format!("there is no level `@{level}`"), "known: @90, @95, @99")
        })?;
        Ok((at, Some(confidence)))
    }
}

fn example(unit: Unit) -> &'static str {
    match unit {
        Unit::Share => "write a percentage, such as `95%`",
        Unit::Count => "write a whole number, such as `0`",
        Unit::PerHundred => "write a number per 100 task runs, such as `5`",
        Unit::Seconds => "write a time, such as `30s`, `10m` or `2h`",
        Unit::PerTask => "write a number per task, such as `0.5`",
        Unit::Points => "write a number of percentage points, such as `0`",
        Unit::Tokens => "write a number of tokens, such as `20000`",
    }
}

fn seconds(unit: &str) -> Option<f64> {
    Some(match unit {
        "ms" => 0.001,
        "s" | "sec" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        "d" => 86_400.0,
        _ => return None,
    })
}

type Wrong = (String, &'static str);

fn check_level(metric: &Definition, op: Op, value: f64, level: Option<Confidence>) -> Result<(), Wrong> {
    let Some(level) = level.filter(|_| op != Op::NoWorse) else { return Ok(()) };
    let at = level.percent();
    if metric.unit != Unit::Share {
        let message = format!("`{}` is no share, so it has no interval", metric.name);
        return Err((message, "remove the `@` part"));
    }
    if op == Op::Equal {
        return Err((
            format!("`==` has no bound to meet at {at}%"),
            "use `>=` or `<=`, or remove the `@` part",
        ));
    }
    let end = if op.wants_more() { 1.0 } else { 0.0 };
    if (value - end).abs() < f64::EPSILON {
        let message = format!("no number of samples puts the bound at {}%", value * 100.0);
        return Err((message, "ask for less, or remove the `@` part"));
    }
    Ok(())
}

/// A bar that always holds, or never does, decides nothing.
fn check_sense(metric: &Definition, op: Op, value: f64) -> Result<(), Wrong> {
    if matches!(metric.unit, Unit::PerTask | Unit::Points) {
        // These may fall below zero.
        return Ok(());
    }
    let most = if metric.unit == Unit::Share { 1.0 } else { f64::INFINITY };
    let always = match op {
        Op::AtLeast => value <= 0.0,
        Op::AtMost => value >= most,
        Op::Above | Op::Below | Op::Equal | Op::NoWorse => false,
    };
    let never = match op {
        Op::Above => value >= most,
        Op::Below => value <= 0.0,
        Op::AtLeast | Op::Equal => value > most,
        Op::AtMost | Op::NoWorse => false,
    };
    match (always, never) {
        (true, _) => Err(("the bar can never fail".to_owned(), "ask for more, or remove the bar")),
        (_, true) => Err(("the bar can never hold".to_owned(), "ask for less")),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_that_are_read() {
        use Confidence::{P95, P99};
        use Op::{Above, AtLeast, AtMost, Below, Equal, NoWorse};
        for (text, metric, op, value, level) in [
            ("in_scope >= 95%", "in_scope", AtLeast, 0.95, None),
            ("in_scope>=95%@95", "in_scope", AtLeast, 0.95, Some(P95)),
            ("  in_scope  >  99.5%  @99% ", "in_scope", Above, 0.995, Some(P99)),
            ("in_scope == 100%", "in_scope", Equal, 1.0, None),
            ("unauthorized_writes == 0", "boundary_violations.writes", Equal, 0.0, None),
            ("boundary_violations.network == 0", "boundary_violations.network", Equal, 0.0, None),
            ("boundary_violations < 3", "boundary_violations", Below, 3.0, None),
            ("escalation_latency.p95 <= 10m", "escalation_latency.p95", AtMost, 600.0, None),
            ("escalation_latency.p50 <= 1.5h", "escalation_latency.p50", AtMost, 5400.0, None),
            ("escalation_latency.max < 500ms", "escalation_latency.max", Below, 0.5, None),
            ("hook_block_rate <= 2.5", "hook_block_rate", AtMost, 2.5, None),
            ("context_efficiency <= 20000", "context_efficiency", AtMost, 20_000.0, None),
            ("decision_agreement.false_approve == 0", "decision_agreement.false_approve", Equal, 0.0, None),
            ("in_scope_tasks no-worse", "in_scope_tasks", NoWorse, 0.0, None),
            ("unauthorized_writes  no-worse @99", "boundary_violations.writes", NoWorse, 0.0, Some(P99)),
        ] {
            let bar = Bar::parse(text).unwrap_or_else(|error| panic!("{text}: {error:?}"));
            assert_eq!((bar.metric.name, bar.op, bar.confidence), (metric, op, level), "{text}");
            assert!((bar.value - value).abs() < 1e-12, "{text}: {}", bar.value);
        }
        assert_eq!(Bar::parse(" in_scope  >=  95% ").unwrap().to_string(), "in_scope >= 95%");
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "a table")]
    fn bars_that_are_refused() {
        for (text, offset, message, help) in [
            ("", 0, "the bar does not start with a metric", SHAPE),
            (">= 95%", 0, "the bar does not start with a metric", SHAPE),
            ("in_scop >= 95%", 0, "there is no metric `in_scop`", "did you mean `in_scope`?"),
            (
                "in_scope",
                8,
                "the bar has no comparison after the metric",
                "known: >=, <=, >, <, ==, no-worse",
            ),
            (
                "in_scope 95%",
                9,
                "the bar has no comparison after the metric",
                "known: >=, <=, >, <, ==, no-worse",
            ),
            ("in_scope = 95%", 9, "there is no comparison `=`", "write `==`"),
            ("in_scope => 95%", 9, "there is no comparison `=>`", "write `>=`"),
            ("in_scope ≥ 95%", 9, "there is no comparison `≥`", "write `>=`"),
            ("in_scope != 95%", 9, "there is no comparison `!=`", "known: >=, <=, >, <, ==, no-worse"),
            ("in_scope >=", 11, "the bar has no value", "write a percentage, such as `95%`"),
            ("in_scope >= many", 12, "`many` is no value", "write a percentage, such as `95%`"),
            ("in_scope >= 9.5.1%", 12, "`9.5.1%` is no value", "write a percentage, such as `95%`"),
            ("in_scope >= -1%", 12, "`-1%` is no value", "write a percentage, such as `95%`"),
            (
                "in_scope >= 95",
                14,
                "`in_scope` is a share, so its bar needs a `%`",
                "write a percentage, such as `95%`",
            ),
            (
                "in_scope >= 95 %",
                14,
                "`in_scope` is a share, so its bar needs a `%`",
                "write a percentage, such as `95%`",
            ),
            ("in_scope >= 95m", 14, "`in_scope` is not given in `m`", "write a percentage, such as `95%`"),
            ("in_scope >= 0%", 12, "the bar can never fail", "ask for more, or remove the bar"),
            ("in_scope > 100%", 11, "the bar can never hold", "ask for less"),
            ("in_scope >= 101%", 12, "the bar can never hold", "ask for less"),
            ("in_scope >= 95% @", 16, "there is no level `@`", "known: @90, @95, @99"),
            ("in_scope >= 95% @96", 16, "there is no level `@96`", "known: @90, @95, @99"),
            (
                "in_scope == 95% @95",
                16,
                "`==` has no bound to meet at 95%",
                "use `>=` or `<=`, or remove the `@` part",
            ),
            (
                "in_scope >= 100% @95",
                17,
                "no number of samples puts the bound at 100%",
                "ask for less, or remove the `@` part",
            ),
            ("in_scope >= 95% or so", 16, "`or so` is left over after the bar", SHAPE),
            ("in_scope no-worse 95%", 18, "`95%` is left over after the bar", SHAPE),
            ("in_scope no-worse @96", 18, "there is no level `@96`", "known: @90, @95, @99"),
            (
                "in_scope not-worse",
                9,
                "the bar has no comparison after the metric",
                "known: >=, <=, >, <, ==, no-worse",
            ),
            (
                "fidelity no-worse",
                0,
                "`fidelity` is not compared task by task",
                "these are: in_scope, in_scope_tasks, boundary_violations, task_completion, decision_agreement, \
                 review_yield, boundary_violations.reads, boundary_violations.writes, boundary_violations.network, \
                 boundary_violations.mcp, boundary_violations.commands, boundary_violations.subagents",
            ),
            (
                "boundary_violations == 0%",
                24,
                "`boundary_violations` is not given in `%`",
                "write a whole number, such as `0`",
            ),
            (
                "boundary_violations <= 0.5",
                23,
                "`boundary_violations` counts in whole numbers",
                "write a whole number, such as `0`",
            ),
            ("boundary_violations < 0", 22, "the bar can never hold", "ask for less"),
            (
                "boundary_violations == 0 @95",
                25,
                "`boundary_violations` is no share, so it has no interval",
                "remove the `@` part",
            ),
            (
                "escalation_latency.p95 <= 10",
                28,
                "`escalation_latency.p95` is a time, so its bar needs a unit",
                "write a time, such as `30s`, `10m` or `2h`",
            ),
            (
                "escalation_latency.p95 <= 10y",
                28,
                "`y` is no unit of time",
                "write a time, such as `30s`, `10m` or `2h`",
            ),
        ] {
            let error = Bar::parse(text).expect_err(text);
            assert_eq!(
                (error.offset, error.message.as_str(), error.help.as_str()),
                (offset, message, help),
                "{text}"
            );
        }
    }

    #[test]
    fn bars_that_the_catalogue_shows_are_bars() {
        for metric in crate::metrics::CATALOGUE {
            for bar in metric.bars() {
                let read = Bar::parse(&bar).unwrap_or_else(|error| panic!("{bar}: {error:?}"));
                assert_eq!(read.metric, metric);
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in "(?s).{0,60}") {
            if let Err(error) = Bar::parse(&text) {
                proptest::prop_assert!(text.get(..error.offset).is_some(), "{error:?}");
            }
        }

        #[test]
        fn bar_like_texts_do_not_panic(
            text in "(in_scope|escalation_latency\\.p95|boundary_violations)? ?(>=|<|==|=)? ?[0-9.]{0,4}(%|m|é)? ?(@[0-9]{0,3}%?)?.{0,2}",
        ) {
            match Bar::parse(&text) {
                Ok(bar) => proptest::prop_assert_eq!(Bar::parse(&bar.text).unwrap(), bar),
                Err(error) => proptest::prop_assert!(text.get(..error.offset).is_some()),
            }
        }
    }
}
