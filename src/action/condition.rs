use std::borrow::Cow;

/// Most parts of one condition; a longer one is not followed.
const MAX_PARTS: usize = 64;

/// What must hold for a part of a script to run, as far as its text tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition<'t> {
    /// It holds, or it does not, whatever the files are.
    Known(bool),
    /// Nothing tells.
    Unknown,
    /// Something lies at a path; see [`Effect`](super::Effect) for how paths are written.
    Lies {
        /// The path.
        path: Cow<'t, str>,
        /// What lies there.
        what: Lying,
    },
    /// It holds unless the files tell that it does not.
    Presumed(Box<Condition<'t>>),
    /// The opposite holds.
    Not(Box<Condition<'t>>),
    /// All hold.
    All(Vec<Condition<'t>>),
    /// One holds at least.
    Any(Vec<Condition<'t>>),
}

/// What a script asks about a path; links are followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lying {
    /// Anything.
    Anything,
    /// Anything, and a link as well that leads nowhere: what a command needs that would fail without it. It was there if
    /// the command is known to have ended well.
    Name,
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// Anything, in the snapshot or as the session left it, for commands that are content without it: what the session
    /// removed may still be there.
    Ever,
}

impl Condition<'_> {
    /// Always.
    pub const ALWAYS: Self = Self::Known(true);

    /// Both hold.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Known(true), other) | (other, Self::Known(true)) => other,
            (Self::Known(false), _) | (_, Self::Known(false)) => Self::Known(false),
            (one, other) if one == other => one,
            (Self::All(mut parts), other) if parts.len() < MAX_PARTS => {
                parts.push(other);
                Self::All(parts)
            }
            (one, other) if one.parts() + other.parts() <= MAX_PARTS => Self::All(vec![one, other]),
            _ => Self::Unknown,
        }
    }

    /// One of the two holds at least.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Known(false), other) | (other, Self::Known(false)) => other,
            (Self::Known(true), _) | (_, Self::Known(true)) => Self::Known(true),
            (one, other) if one == other => one,
            (one, other) if one.parts() + other.parts() <= MAX_PARTS => Self::Any(vec![one, other]),
            _ => Self::Unknown,
        }
    }

    /// It does not hold.
    #[must_use]
    pub fn negated(self) -> Self {
        match self {
            Self::Known(known) => Self::Known(!known),
            Self::Unknown => Self::Unknown,
            Self::Not(inner) => *inner,
            other => Self::Not(Box::new(other)),
        }
    }

    /// It is taken to hold where nothing tells.
    #[must_use]
    pub fn presumed(self) -> Self {
        match self {
            Self::Known(known) => Self::Known(known),
            Self::Unknown => Self::ALWAYS,
            other => Self::Presumed(Box::new(other)),
        }
    }

    fn parts(&self) -> usize {
        match self {
            Self::Known(_) | Self::Unknown | Self::Lies { .. } => 1,
            Self::Presumed(inner) | Self::Not(inner) => inner.parts(),
            Self::All(parts) | Self::Any(parts) => parts.iter().map(Self::parts).sum(),
        }
    }

    /// Whether it holds, given what lies where; `None` when that is not known.
    pub fn holds(&self, lies: &dyn Fn(&str, Lying) -> Option<bool>) -> Option<bool> {
        match self {
            Self::Known(known) => Some(*known),
            Self::Unknown => None,
            Self::Lies { path, what } => lies(path, *what),
            Self::Presumed(inner) => Some(inner.holds(lies).unwrap_or(true)),
            Self::Not(inner) => inner.holds(lies).map(|holds| !holds),
            Self::All(parts) => decided(parts, false, lies),
            Self::Any(parts) => decided(parts, true, lies),
        }
    }

    /// The same condition without borrows.
    pub fn into_owned(self) -> Condition<'static> {
        let all = |parts: Vec<Self>| parts.into_iter().map(Self::into_owned).collect();
        match self {
            Self::Known(known) => Condition::Known(known),
            Self::Unknown => Condition::Unknown,
            Self::Lies { path, what } => Condition::Lies { path: Cow::Owned(path.into_owned()), what },
            Self::Presumed(inner) => Condition::Presumed(Box::new(inner.into_owned())),
            Self::Not(inner) => Condition::Not(Box::new(inner.into_owned())),
            Self::All(parts) => Condition::All(all(parts)),
            Self::Any(parts) => Condition::Any(all(parts)),
        }
    }
}

/// One part that is `decisive` decides; else all must be known.
fn decided(
    parts: &[Condition<'_>],
    decisive: bool,
    lies: &dyn Fn(&str, Lying) -> Option<bool>,
) -> Option<bool> {
    let mut known = Some(!decisive);
    for part in parts {
        match part.holds(lies) {
            Some(holds) if holds == decisive => return Some(decisive),
            Some(_) => {}
            None => known = None,
        }
    }
    known
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lies(path: &str, _: Lying) -> Option<bool> {
        match path {
            "there" => Some(true),
            "gone" => Some(false),
            _ => None,
        }
    }

    fn at(path: &str) -> Condition<'_> {
        Condition::Lies { path: path.into(), what: Lying::Anything }
    }

    #[test]
    fn what_is_known_decides() {
        let (there, gone, far) = (at("there"), at("gone"), at("far"));
        for (condition, expected) in [
            (there.clone(), Some(true)),
            (far.clone(), None),
            (there.clone().and(far.clone()), None),
            (gone.clone().and(far.clone()), Some(false)),
            (there.clone().or(far.clone()), Some(true)),
            (gone.clone().or(far.clone()), None),
            (gone.clone().negated(), Some(true)),
            (far.clone().negated().negated(), None),
            (far.clone().presumed(), Some(true)),
            (gone.clone().presumed(), Some(false)),
            (there.clone().negated().presumed(), Some(false)),
            (Condition::ALWAYS.and(gone.clone()), Some(false)),
            (Condition::Unknown.or(Condition::Known(true)), Some(true)),
        ] {
            assert_eq!(condition.holds(&lies), expected, "{condition:?}");
        }
    }

    #[test]
    fn long_conditions_are_not_followed() {
        let paths: Vec<String> = (0..1000).map(|number| format!("p{number}")).collect();
        let all = paths.iter().fold(at("there"), |all, path| all.or(at(path)));
        assert!(all.parts() <= MAX_PARTS);
        assert_eq!(all.holds(&|_, _| Some(false)), None);
    }
}
