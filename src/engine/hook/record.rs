//! The recordings of a session as files that grow with the replay, for hooks that read them.

use std::fs::{File, OpenOptions};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::PathBuf;
use std::sync::{Mutex, OnceLock, PoisonError};

use crate::source::{ContentHash, Scratch};

/// Longest recording that is given to hooks, in bytes.
const MAX_RECORD: usize = 64 << 20;

/// The recordings of one run of the agent.
#[derive(Debug, Default)]
pub struct Records<'r> {
    files: Vec<RecordFile<'r>>,
    scratch: OnceLock<Option<Scratch>>,
}

#[derive(Debug)]
struct RecordFile<'r> {
    name: String,
    bytes: &'r [u8],
    rollout: bool,
    /// How many bytes are on disk.
    written: Mutex<usize>,
}

/// How much of a recording was written at a moment. Lines count from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// Everything before this line.
    Line(u32),
    /// Everything before the first answer or result after the call on this line: parallel calls are there.
    Results(u32),
    /// Everything before the first answer after the call on this line: finished items are there.
    Answers(u32),
}

/// The recordings as hooks find them at one moment.
#[derive(Clone, Copy, Debug)]
pub struct RecordView<'v> {
    /// All of them.
    pub records: &'v Records<'v>,
    /// The one that `transcript_path` names.
    pub own: (usize, Until),
    /// The one that `agent_transcript_path` names.
    pub agent: Option<(usize, Until)>,
}

impl<'r> Records<'r> {
    /// Adds a recording: the thread's id, when it starts (RFC 3339; empty where that is not known), its bytes, and
    /// whether it is a rollout, as Codex itself writes them.
    pub fn add(&mut self, id: &str, start: &str, bytes: &'r [u8], rollout: bool) {
        self.files.push(RecordFile { name: name(id, start), bytes, rollout, written: Mutex::default() });
    }

    fn file(&self, at: usize) -> Option<&RecordFile<'r>> {
        self.files.get(at)
    }
}

/// The name that Codex gives a rollout, below its folder of sessions.
fn name(id: &str, start: &str) -> String {
    let plain = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    let id =
        if plain(id) && id.len() < 100 { id.to_owned() } else { ContentHash::of(id.as_bytes()).to_string() };
    match (start.get(..10), start.get(11..19)) {
        (Some(day), Some(time)) if plain(day) && plain(&time.replace(':', "-")) => {
            format!("{}/rollout-{day}T{}-{id}.jsonl", day.replace('-', "/"), time.replace(':', "-"))
        }
        _ => format!("rollout-{id}.jsonl"),
    }
}

impl RecordView<'_> {
    /// The same moment, or once the results of the call at hand are there.
    #[must_use]
    pub fn at(self, after_call: bool) -> Self {
        match self.own {
            (at, Until::Results(line)) if after_call => Self { own: (at, Until::Answers(line)), ..self },
            _ => self,
        }
    }

    /// Names below the folder of sessions, of `transcript_path` and `agent_transcript_path`.
    pub(super) fn names(&self) -> (Option<&str>, Option<&str>) {
        let name = |at: usize| self.records.file(at).map(|file| file.name.as_str());
        (name(self.own.0), self.agent.and_then(|(at, _)| name(at)))
    }

    /// Identity of what the files hold at this moment.
    pub(super) fn hash(&self) -> ContentHash {
        let parts = self.shown().map(|(file, end)| (file.name.as_str(), &file.bytes[..end]));
        ContentHash::of_parts(parts)
    }

    /// Is one of them none that Codex writes?
    pub(super) fn is_foreign(&self) -> bool {
        self.shown().any(|(file, _)| !file.rollout)
    }

    fn shown(&self) -> impl Iterator<Item = (&RecordFile<'_>, usize)> {
        let all = [Some(self.own), self.agent];
        all.into_iter().flatten().filter_map(|(at, until)| {
            let file = self.records.file(at)?;
            Some((file, until.end(file.bytes)))
        })
    }

    /// Brings the files to this moment; gives the folder of sessions, and the files in it.
    pub(super) fn lay(&self) -> std::io::Result<(PathBuf, Vec<PathBuf>)> {
        let scratch = self.records.scratch.get_or_init(|| Scratch::new().ok());
        let folder = scratch.as_ref().ok_or_else(|| std::io::Error::other("no temporary folder"))?;
        let folder = folder.path().join("sessions");
        let mut paths = Vec::new();
        for (file, end) in self.shown() {
            if end > MAX_RECORD {
                return Err(std::io::Error::other("the recording is too large to give it to hooks"));
            }
            let path = folder.join(&file.name);
            let mut written = file.written.lock().unwrap_or_else(PoisonError::into_inner);
            if *written == 0 {
                make_folders(&folder, &path)?;
                File::create(&path)?;
            }
            let mut disk = OpenOptions::new().write(true).open(&path)?;
            if end < *written {
                disk.set_len(end as u64)?;
            } else {
                disk.seek(SeekFrom::End(0))?;
                disk.write_all(&file.bytes[*written..end])?;
            }
            *written = end;
            paths.push(path);
        }
        Ok((folder, paths))
    }
}

/// Folders that a program under another user id can pass.
fn make_folders(top: &std::path::Path, file: &std::path::Path) -> std::io::Result<()> {
    let mut missing: Vec<_> =
        file.ancestors().skip(1).take_while(|folder| folder.starts_with(top) && !folder.exists()).collect();
    missing.reverse();
    missing.into_iter().try_for_each(super::home::readable_folder)
}

/// Signs of a result, and of an answer, near the start of a line.
const RESULT: [&[u8]; 3] = [b"_output\"", b"\"item_completed\"", b"_end\""];
const ANSWER: [&[u8]; 1] = [b"call_output\""];
/// How far into a line a sign is looked for.
const SIGN: usize = 300;

impl Until {
    /// The length of what was written.
    fn end(self, bytes: &[u8]) -> usize {
        let (line, signs): (u32, &[&[u8]]) = match self {
            Self::Line(line) => return start_of(bytes, line),
            Self::Results(line) => (line, &RESULT),
            Self::Answers(line) => (line, &ANSWER),
        };
        let mut at = start_of(bytes, line.saturating_add(1));
        while at < bytes.len() {
            let head = &bytes[at..bytes.len().min(at + SIGN)];
            let head = memchr::memchr(b'\n', head).map_or(head, |end| &head[..end]);
            if signs.iter().any(|sign| memchr::memmem::find(head, sign).is_some()) {
                break;
            }
            at = memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |end| at + end + 1);
        }
        at
    }
}

/// Where a line starts; the end of the bytes if there are not so many.
fn start_of(bytes: &[u8], line: u32) -> usize {
    let Some(before) = line.checked_sub(2) else { return 0 };
    memchr::memchr_iter(b'\n', bytes).nth(before as usize).map_or(bytes.len(), |end| end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINES: &str = "meta\nprompt\n\"function_call\"\n\"function_call\"\nusage\n\"item_completed\"\n\"function_call_output\"\nend\n";

    #[test]
    fn recordings_are_cut_where_codex_had_got_to() {
        let cut = |until: Until| until.end(LINES.as_bytes());
        let lines = |count: usize| LINES.split_inclusive('\n').take(count).map(str::len).sum::<usize>();
        for (until, want) in [
            (Until::Line(0), 0),
            (Until::Line(1), 0),
            (Until::Line(2), 1),
            (Until::Line(9), 8),
            (Until::Line(u32::MAX), 8),
            (Until::Results(3), 5),
            (Until::Results(4), 5),
            (Until::Answers(3), 6),
            (Until::Answers(8), 8),
            (Until::Results(u32::MAX), 8),
        ] {
            assert_eq!(cut(until), lines(want), "{until:?}");
        }
    }

    #[test]
    fn names_are_those_of_codex_and_lead_nowhere_else() {
        assert_eq!(name("a-1", "2026-03-02T09:00:01.5Z"), "2026/03/02/rollout-2026-03-02T09-00-01-a-1.jsonl");
        assert_eq!(name("a-1", ""), "rollout-a-1.jsonl");
        for (id, start) in [("../../x", "2026-03-02T09:00:01Z"), ("x", "../../../../tmp/xxxx"), ("x\0", "")] {
            let name = name(id, start);
            assert!(!name.contains("..") && !name.starts_with('/') && !name.contains('\0'), "{name}");
        }
    }

    #[test]
    fn files_grow_and_shrink_with_the_moment() {
        let mut records = Records::default();
        records.add("s", "2026-03-02T09:00:01Z", LINES.as_bytes(), true);
        let view = |until| RecordView { records: &records, own: (0, until), agent: None };
        for (until, want) in
            [(Until::Line(3), "meta\nprompt\n"), (Until::Line(99), LINES), (Until::Line(2), "meta\n")]
        {
            let (_, paths) = view(until).lay().unwrap();
            assert_eq!(std::fs::read_to_string(&paths[0]).unwrap(), want);
        }
        assert_ne!(view(Until::Line(2)).hash(), view(Until::Line(3)).hash());
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_cut_somewhere(bytes: Vec<u8>, line: u32, small in 0..20_u32) {
            for line in [line, small] {
                for until in [Until::Line(line), Until::Results(line), Until::Answers(line)] {
                    proptest::prop_assert!(until.end(&bytes) <= bytes.len());
                }
            }
        }
    }
}
