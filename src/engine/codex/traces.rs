//! What a task leaves behind in the folders of a server. Commands of the recording may have put anything there, so no
//! link is followed and nothing is waited for.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use super::performance::PlayError;
use crate::source::Folder;
use crate::transcript::Recording;

/// Where Codex 0.169 puts recordings below CODEX_HOME, and how deep in folders of years, months and days.
const SESSIONS: &str = "sessions";
const DEPTH: usize = 4;
/// Most recordings of one task, and most bytes of one.
const MAX_RECORDINGS: usize = 1000;
const MAX_BYTES: u64 = 256 << 20;
/// Most bytes of the list of calls that ran outside of Codex's sandbox.
const MAX_LIST: u64 = 1 << 20;

/// The folders of a server.
pub(super) struct Traces {
    codex: Folder,
    outside: Folder,
    /// The user's home and the temporary folders, with what lay in them when the server had started: other folders stand
    /// in some of it.
    open: [(Folder, BTreeSet<Vec<u8>>); 3],
}

impl Traces {
    /// Looks at the folders `codex`, `home`, `tmp`, `var-tmp` and `outside` of a server that has started.
    pub(super) fn new(folder: &Path) -> io::Result<Self> {
        let open = |name: &str| Folder::open(&folder.join(name));
        let with_own = |name: &str| {
            let folder = open(name)?;
            let own = folder.names()?.into_iter().collect();
            io::Result::Ok((folder, own))
        };
        Ok(Self {
            codex: open("codex")?,
            outside: open("outside")?,
            open: [with_own("home")?, with_own("tmp")?, with_own("var-tmp")?],
        })
    }

    /// The recordings of the task: that of the main thread first.
    pub(super) fn recordings(&self, thread: &str) -> Result<Vec<Recording>, PlayError> {
        let unread = |error: io::Error| PlayError::NoRecording(error.to_string());
        let mut found = Vec::new();
        if let Ok(sessions) = self.codex.below(Path::new(SESSIONS)) {
            rollouts(&sessions, 0, &mut found).map_err(unread)?;
        }
        let is_main = |name: &[u8]| memchr::memmem::find(name, thread.as_bytes()).is_some();
        found.sort_by_key(|(name, _)| (!is_main(name), name.clone()));
        if !found.first().is_some_and(|(name, _)| is_main(name)) {
            return Err(PlayError::NoRecording("there is no file of the thread".to_owned()));
        }
        Ok(found.into_iter().map(|(_, recording)| recording).collect())
    }

    /// Ids of calls whose commands could write to a folder that no sandbox opens.
    pub(super) fn outside(&self) -> Vec<String> {
        let told = self.outside.read(b"ran", MAX_LIST).unwrap_or_default();
        String::from_utf8_lossy(&told).lines().map(str::to_owned).collect()
    }

    /// Makes a folder in the user's home, until the next task; one that cannot be made is as if it was not there.
    pub(super) fn make_home_folder(&self, path: &str) {
        let Ok(mut at) = self.open[0].0.below(Path::new("")) else { return };
        for name in path.split('/').map(str::as_bytes) {
            // The checkout may stand below.
            match at.folder(name).or_else(|_| at.make_folder(name, 0o777)) {
                Ok(folder) => at = folder,
                Err(_) => return,
            }
        }
    }

    /// Removes what the last task left: recordings, data of the plugin, temporary files.
    pub(super) fn clear(&self) -> io::Result<()> {
        self.codex.remove(b"sessions")?;
        self.codex.remove(b"archived_sessions")?;
        match self.codex.below(Path::new("plugins")) {
            Ok(plugins) => plugins.remove(b"data")?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        self.outside.remove(b"ran")?;
        for (folder, own) in &self.open {
            for name in folder.names()? {
                if !own.contains(&name) {
                    folder.remove(&name)?;
                }
            }
        }
        Ok(())
    }
}

fn rollouts(folder: &Folder, depth: usize, found: &mut Vec<(Vec<u8>, Recording)>) -> io::Result<()> {
    for name in folder.names()? {
        if name.starts_with(b"rollout-") && name.ends_with(b".jsonl") {
            if found.len() == MAX_RECORDINGS {
                return Err(io::Error::other(format!("there are more than {MAX_RECORDINGS} recordings")));
            }
            let bytes = folder.read(&name, MAX_BYTES)?;
            found.push((name, Recording::from_bytes(bytes)));
        } else if depth < DEPTH
            && let Ok(inner) = folder.folder(&name)
        {
            rollouts(&inner, depth + 1, found)?;
        }
    }
    Ok(())
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    const DAY: &str = "codex/sessions/2026/05/12";

    fn lab() -> tempfile::TempDir {
        let top = tempfile::tempdir().unwrap();
        for folder in [
            DAY,
            "home/.codex",
            "tmp/own",
            "var-tmp",
            "outside",
            "codex/plugins/data/p",
            "host/data",
            "host/2026",
        ] {
            fs::create_dir_all(top.path().join(folder)).unwrap();
        }
        fs::write(top.path().join("host/data/kept"), "kept").unwrap();
        fs::write(top.path().join("host/2026/rollout-main.jsonl"), "of the host").unwrap();
        top
    }

    #[test]
    fn recordings_are_found_and_all_is_cleared() {
        let top = lab();
        let at = |path: &str| top.path().join(path);
        let traces = Traces::new(top.path()).unwrap();
        assert!(traces.recordings("main").is_err());
        for (name, text) in [("rollout-a-child.jsonl", "1"), ("rollout-b-main.jsonl", "2"), ("other", "3")] {
            fs::write(at(DAY).join(name), text).unwrap();
        }
        let found = traces.recordings("main").unwrap();
        assert_eq!(found.iter().map(Recording::bytes).collect::<Vec<_>>(), [b"2", b"1"]);
        fs::write(at("outside/ran"), "c1\nc2\n").unwrap();
        assert_eq!(traces.outside(), ["c1", "c2"]);
        fs::create_dir_all(at("tmp/new/deep")).unwrap();
        traces.clear().unwrap();
        assert!(traces.recordings("main").is_err() && traces.outside().is_empty());
        assert!(at("tmp/own").is_dir() && !at("tmp/new").exists() && !at("codex/plugins/data").exists());
        traces.clear().unwrap();
    }

    #[test]
    fn links_lead_nowhere_and_nothing_is_waited_for() {
        let deeds: &[fn(&Path)] = &[
            |top| {
                fs::remove_dir_all(top.join("codex/sessions")).unwrap();
                symlink(top.join("host"), top.join("codex/sessions")).unwrap();
            },
            |top| symlink("/dev/zero", top.join(DAY).join("rollout-main.jsonl")).unwrap(),
            |top| symlink(top.join("host/2026"), top.join(DAY).join("more")).unwrap(),
            |top| {
                let pipe = top.join(DAY).join("rollout-main.jsonl");
                nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
            },
            |top| {
                fs::remove_dir_all(top.join("codex/plugins")).unwrap();
                symlink(top.join("host"), top.join("codex/plugins")).unwrap();
            },
            |top| {
                fs::rename(top.join("home/.codex"), top.join("tmp/codex")).unwrap();
                symlink(top.join("host"), top.join("home/.codex")).unwrap();
            },
            |top| symlink("/dev/zero", top.join("outside/ran")).unwrap(),
        ];
        for (at, deed) in deeds.iter().enumerate() {
            let top = lab();
            let traces = Traces::new(top.path()).unwrap();
            deed(top.path());
            assert!(traces.recordings("main").is_err(), "{at}");
            assert!(traces.outside().is_empty(), "{at}");
            let _ = traces.clear();
            assert_eq!(fs::read(top.path().join("host/data/kept")).unwrap(), b"kept", "{at}");
            assert!(top.path().join("host/2026/rollout-main.jsonl").exists(), "{at}");
        }
    }
}
