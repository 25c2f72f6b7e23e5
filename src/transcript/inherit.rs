//! Forked recordings start with a copy of their parent's lines. Where does the copy end?
//!
//! Codex 0.169: a fork in legacy mode holds its own `session_meta`, then all lines of the parent, its `session_meta`
//! first. A sub-agent that was given its parent's context says at which `ordinal` its own history starts. A fork in
//! paginated mode copies nothing.

use std::borrow::Cow;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::json::Object;

/// A copy whose lines carry no turn ids is taken to be written within this time of the fork, in milliseconds.
const COPY_TIME: i64 = 2000;

/// More forks of forks than this are not told apart.
const MAX_SESSIONS: usize = 64;

/// Keeps track of the copied lines at the start of a recording.
#[derive(Clone, Debug, Default)]
pub(super) struct Inheritance<'t> {
    /// Ids of the sessions that have told of themselves so far; the first is the recording's own.
    sessions: Vec<Cow<'t, str>>,
    /// When the recording's own thread was made, in milliseconds.
    born: Option<i64>,
    copy: Copy,
    inherited: usize,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Copy {
    /// No copied lines, or none any more.
    #[default]
    None,
    /// Up to the line with this ordinal.
    Ordinal(u64),
    /// Up to the first turn that started after the fork.
    Turns,
}

/// What a `session_meta` line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meta {
    /// That of the recording itself.
    Own,
    /// A later update of a session that is known already.
    Update,
    /// That of a session whose lines are copied.
    Parent,
    /// That of a session that has nothing to do with this one.
    Foreign,
}

impl<'t> Inheritance<'t> {
    /// Takes note of a `session_meta` line, written at `at`, after `steps` steps.
    pub(super) fn session(&mut self, meta: &Object<'t>, at: &str, steps: usize) -> Meta {
        let id = meta.text_or_empty("id");
        if self.sessions.is_empty() {
            self.born = id_time(&id).or_else(|| clock(at));
            if let Some(ordinal) = meta.integer("subagent_history_start_ordinal") {
                self.copy = Copy::Ordinal(u64::try_from(ordinal).unwrap_or(0));
            }
            self.sessions.push(id);
            return Meta::Own;
        }
        if self.sessions.contains(&id) || self.sessions.len() >= MAX_SESSIONS {
            return Meta::Update;
        }
        if steps > 0 && self.copy == Copy::None {
            return Meta::Foreign;
        }
        self.sessions.push(id);
        if self.copy == Copy::None {
            self.copy = Copy::Turns;
        }
        Meta::Parent
    }

    /// Takes note of a line; `steps` is how many steps there were before it.
    pub(super) fn line(&mut self, ordinal: Option<u64>, steps: usize) {
        if let (Copy::Ordinal(start), Some(ordinal)) = (self.copy, ordinal)
            && ordinal >= start
        {
            self.end(steps);
        }
    }

    /// Takes note of the start of a turn, at the time `at`.
    pub(super) fn turn(&mut self, id: &str, at: &str, steps: usize) {
        if self.copy != Copy::Turns {
            return;
        }
        let after = match (id_time(id), clock(at), self.born) {
            (Some(turn), _, Some(born)) => turn >= born,
            (None, Some(written), Some(born)) => written > born + COPY_TIME,
            _ => false,
        };
        if after {
            self.end(steps);
        }
    }

    fn end(&mut self, steps: usize) {
        self.copy = Copy::None;
        self.inherited = steps;
    }

    /// How many of the steps that are left were copied.
    pub(super) fn finish(&self, steps: usize) -> usize {
        if self.copy == Copy::None { self.inherited.min(steps) } else { steps }
    }
}

/// The time that a UUID of version 7 holds, in milliseconds since 1970.
fn id_time(id: &str) -> Option<i64> {
    let bytes = id.as_bytes();
    if bytes.len() != 36 || bytes[14] != b'7' || !id.is_ascii() {
        return None;
    }
    let high = i64::from_str_radix(&id[..8], 16).ok()?;
    let low = i64::from_str_radix(&id[9..13], 16).ok()?;
    Some(high << 16 | low)
}

/// A timestamp in milliseconds since 1970.
fn clock(at: &str) -> Option<i64> {
    let time = OffsetDateTime::parse(at, &Rfc3339).ok()?;
    i64::try_from(time.unix_timestamp_nanos() / 1_000_000).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_from_ids() {
        let at = clock("2026-11-22T11:34:24.500Z").unwrap();
        let id = format!("{:08x}-{:04x}-7540-b5d7-4f6fed978472", at >> 16, at & 0xFFFF);
        assert_eq!(id_time(&id), Some(at));
        for id in ["", "ab46c7fb-95b9-4245-a6d7-b140bd36efa9", "01a20309-33e8-7540-b5d7-4f6fed97847ä", "zz"]
        {
            assert_eq!(id_time(id), None, "{id}");
        }
        assert_eq!(clock("yesterday"), None);
    }
}
