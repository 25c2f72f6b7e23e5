use maud::{Markup, html};

use crate::gate::{Op, Status};
use crate::metrics::Interval;

const LEFT: f64 = 6.0;
const WIDTH: f64 = 248.0;

/// A share with its interval and the side of the limit where the bar wants it, on a line from 0 to 100%.
pub(super) fn share(
    value: f64,
    interval: Option<Interval>,
    limit: Option<(Op, f64)>,
    status: Status,
) -> Markup {
    let x = |share: f64| LEFT + WIDTH * share.clamp(0.0, 1.0);
    let span = |from: f64, to: f64| (number(x(from)), number((x(to) - x(from)).max(0.0)));
    let wanted = limit.and_then(|(op, limit)| match op {
        Op::AtLeast | Op::Above => Some(span(limit, 1.0)),
        Op::AtMost | Op::Below => Some(span(0.0, limit)),
        Op::Equal | Op::NoWorse => None,
    });
    let band = interval.map(|interval| span(interval.low, interval.high));
    let percent = |share: f64| format!("{:.1}%", share * 100.0);
    let label = match interval {
        Some(Interval { low, high }) => {
            format!("{}, interval {} to {}", percent(value), percent(low), percent(high))
        }
        None => percent(value),
    };
    html! {
        svg.plot viewBox="0 0 260 34" role="img" aria-label=(label) {
            line.axis x1=(number(LEFT)) y1="12" x2=(number(LEFT + WIDTH)) y2="12" {}
            @if let Some((x, width)) = wanted { rect.wanted x=(x) y="2" width=(width) height="20" {} }
            @if let Some((x, width)) = band { rect.(status.name()) x=(x) y="8" width=(width) height="8" rx="2" {} }
            @if let Some((_, limit)) = limit {
                line.limit x1=(number(x(limit))) y1="1" x2=(number(x(limit))) y2="23" {}
            }
            circle.dot cx=(number(x(value))) cy="12" r="4" {}
            @for (at, anchor) in [(0.0, "start"), (0.5, "middle"), (1.0, "end")] {
                text x=(number(x(at))) y="33" text-anchor=(anchor) { (format!("{:.0}%", at * 100.0)) }
            }
        }
    }
}

fn number(value: f64) -> String {
    format!("{value:.1}")
}
