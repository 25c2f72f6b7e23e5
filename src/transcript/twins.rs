//! Things that Codex records more than once: as an item of the conversation, as an event, as a finished item.

/// Where a record comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// `response_item`: the conversation as the model sees it.
    Response = 1,
    /// `event_msg` of its own type.
    Event = 2,
    /// `event_msg` of type `item_completed`.
    Item = 4,
}

/// How far back a twin is looked for, in records of the kind.
const WINDOW: usize = 6;

/// Recent records of one kind with the origins that told of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Twins {
    recent: Vec<(usize, u8)>,
}

impl Twins {
    /// The step that already tells of this, if an other origin gave it; `same` compares with a step. The step that
    /// is not found must be [added](Self::add).
    pub(super) fn find(&mut self, origin: Origin, same: impl Fn(usize) -> bool) -> Option<usize> {
        let bit = origin as u8;
        let twin = self.recent.iter_mut().find(|(step, origins)| *origins & bit == 0 && same(*step))?;
        twin.1 |= bit;
        Some(twin.0)
    }

    /// Notes a new step.
    pub(super) fn add(&mut self, origin: Origin, step: usize) {
        if self.recent.len() == WINDOW {
            self.recent.remove(0);
        }
        self.recent.push((step, origin as u8));
    }

    /// Forgets steps from this one on.
    pub(super) fn truncate(&mut self, steps: usize) {
        self.recent.retain(|(step, _)| *step < steps);
    }
}

/// Whether two texts tell of the same thing: some origins leave out parts or citations.
pub(super) fn same_text(one: &str, other: &str) -> bool {
    let (one, other) = (one.trim(), other.trim());
    let solid = |text: &'_ str| text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect::<Vec<_>>();
    one == other
        || (!one.is_empty() && !other.is_empty() && (one.contains(other) || other.contains(one)))
        || (one.len().abs_diff(other.len()) < 64 && solid(one) == solid(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_origin_tells_once() {
        let texts = ["go", "go"];
        let mut twins = Twins::default();
        let mut steps = 0;
        let mut told = Vec::new();
        for origin in [Origin::Response, Origin::Item, Origin::Event, Origin::Response, Origin::Event] {
            let step = twins.find(origin, |step| same_text(texts[step], "go")).unwrap_or_else(|| {
                twins.add(origin, steps);
                steps += 1;
                steps - 1
            });
            told.push(step);
        }
        assert_eq!(told, [0, 0, 0, 1, 1]);
    }

    #[test]
    fn texts_may_differ_in_margins_and_citations() {
        assert!(same_text("done\n", "done"));
        assert!(same_text("done <citation>", "done"));
        assert!(same_text("look\nand say", "lookand say"));
        assert!(!same_text("done", "gone"));
        assert!(!same_text("", "gone"));
    }
}
