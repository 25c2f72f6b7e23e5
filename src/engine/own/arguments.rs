//! What tools of Codex's own are given, as Codex 0.169 reads it.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::is_uuid;

#[derive(Deserialize)]
pub(super) struct Listing {
    pub(super) server: Option<String>,
    pub(super) cursor: Option<String>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "they must be there")]
pub(super) struct Resource {
    pub(super) server: String,
    pub(super) uri: String,
}

#[derive(Deserialize)]
pub(super) struct Wait {
    #[serde(default)]
    pub(super) targets: Vec<String>,
    pub(super) timeout_ms: Option<i64>,
}

impl Wait {
    /// Nobody is known by every UUID, but can be waited for.
    pub(super) fn fails(&self) -> bool {
        let late = self.timeout_ms.is_some_and(|time| time <= 0);
        late || self.targets.is_empty() || !self.targets.iter().all(|id| is_uuid(id))
    }
}

#[derive(Deserialize)]
pub(super) struct Close {
    pub(super) target: String,
}

#[derive(Deserialize)]
pub(super) struct Resume {
    pub(super) id: String,
}

#[derive(Deserialize)]
pub(super) struct Input {
    pub(super) target: String,
    #[serde(flatten)]
    pub(super) said: Said,
}

/// What an agent is told.
#[derive(Deserialize)]
pub(super) struct Said {
    pub(super) message: Option<String>,
    pub(super) items: Option<Vec<IgnoredAny>>,
}

impl Said {
    /// Nothing, or the same in two ways.
    pub(super) fn is_nothing(&self) -> bool {
        match (&self.message, &self.items) {
            (Some(message), None) => message.trim().is_empty(),
            (None, Some(items)) => items.is_empty(),
            _ => true,
        }
    }
}

#[derive(Deserialize)]
pub(super) struct Permissions {
    pub(super) permissions: Profile,
    #[serde(rename = "reason")]
    _reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Profile {
    pub(super) network: Option<Network>,
    pub(super) file_system: Option<FileSystem>,
}

#[derive(Deserialize)]
pub(super) struct Network {
    pub(super) enabled: Option<bool>,
}

#[derive(Deserialize)]
pub(super) struct FileSystem {
    pub(super) read: Option<Vec<String>>,
    pub(super) write: Option<Vec<String>>,
    pub(super) entries: Option<Vec<IgnoredAny>>,
}

impl Profile {
    /// Does it ask for anything, be it for no network?
    pub(super) fn any(&self) -> bool {
        let any = |paths: &Option<Vec<String>>| paths.as_ref().is_some_and(|paths| !paths.is_empty());
        let files = self.file_system.as_ref().is_some_and(|files| {
            any(&files.read) || any(&files.write) || files.entries.as_ref().is_some_and(|all| !all.is_empty())
        });
        files || self.network.as_ref().is_some_and(|network| network.enabled.is_some())
    }
}
