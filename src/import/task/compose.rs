//! What the files of a task are to hold, beside what people wrote into them.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::folder::FileSet;
use super::{Changed, TaskFolders};
use crate::decision::{Approval, Proposal};
use crate::source::ContentHash;
use crate::suite::{Kept, Origin, Task, TaskEdit, Tree};
use crate::transcript::Format;

/// Recordings larger than this are compressed, in bytes.
const PLAIN: usize = 1 << 20;
/// Level of compression; another one would change the bytes of every task.
const LEVEL: i32 = 3;

/// A task as it is to be, masked.
#[derive(Debug)]
pub(in crate::import) struct Compose<'b> {
    /// Id of the thread.
    pub(in crate::import) thread: String,
    pub(in crate::import) format: Format,
    /// Recordings: the main one, then those of sub-agents.
    pub(in crate::import) sessions: Vec<Cow<'b, [u8]>>,
    pub(in crate::import) prompt: String,
    /// Repository and commit of the snapshot.
    pub(in crate::import) snapshot: Option<(String, String)>,
    /// Where the top of the snapshot lay, where that is not the session's own folder.
    pub(in crate::import) cwd: Option<String>,
    /// The recorded commit, where the snapshot is another one.
    pub(in crate::import) recorded_commit: Option<String>,
    pub(in crate::import) tree: Tree,
    pub(in crate::import) rebuilt: Vec<String>,
    pub(in crate::import) missing: Vec<String>,
    pub(in crate::import) proposal: Proposal,
    /// Answers to approval prompts that logs tell of.
    pub(in crate::import) approvals: Vec<Approval>,
    /// No clone was asked for later commits, so that what was proposed of them before still stands.
    pub(in crate::import) keep_merged: bool,
}

/// The files, and what should be said about them.
#[derive(Debug, Default)]
pub(in crate::import) struct Composed<'b> {
    pub(in crate::import) files: FileSet<'b>,
    pub(in crate::import) notes: Vec<String>,
    pub(in crate::import) proposal: Proposal,
}

/// Kind of recording, as `[import]` names it.
fn format_name(format: Format) -> &'static str {
    match format {
        Format::BareRollout | Format::Rollout => "codex",
        Format::ExecJson => "exec-json",
        Format::Atif => "atif",
        Format::Claude => "claude",
    }
}

impl<'b> Compose<'b> {
    /// The files of the task. `before` is the task as it is, when it can be read.
    ///
    /// # Errors
    /// `task.toml` is not TOML, so that it cannot be changed without loss.
    pub(in crate::import) fn files(
        mut self,
        folders: &TaskFolders,
        task: &str,
        before: Option<&Task>,
    ) -> Result<Composed<'b>, String> {
        let text = folders.read(task, "task.toml").map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        let mut edit = match &text {
            Some(text) => text.parse::<TaskEdit>().map_err(|error| format!("its task.toml is {error}"))?,
            None => TaskEdit::new(),
        };
        let there = text.as_deref().and_then(|text| text.parse::<toml::Table>().ok()).unwrap_or_default();
        let old = Before { table: &there };
        let mut composed = Composed::default();
        let sessions = self.put_sessions(folders, task, &old, &mut composed);
        let prompt = self.put_prompt(folders, task, &old, &mut composed);
        self.put_snapshot(&old, &mut edit, &mut composed);
        let mut proposal = self.open_proposal(&old, before);
        for approval in &self.approvals {
            if let Kept::Other(there) = edit.add_approval(approval) {
                let (call, verdict) = (&approval.call, approval.verdict.name());
                composed
                    .notes
                    .push(format!("a log says {verdict} of {call}, task.toml says {there}, which stays"));
            }
            proposal.approvals.retain(|proposed| proposed.call != approval.call);
        }
        edit.add_labels(&self.labels());
        edit.set_proposal(&proposal);
        edit.set_origin(&Origin {
            thread: self.thread,
            format: Some(format_name(self.format).to_owned()),
            sessions: Some(sessions),
            prompt: Some(prompt),
            commit: self.recorded_commit,
            tree: self.tree,
            rebuilt: self.rebuilt,
            missing: self.missing,
        });
        composed.proposal = proposal;
        composed.files.insert("task.toml".to_owned(), Some(Cow::Owned(edit.to_string().into_bytes())));
        Ok(composed)
    }

    fn labels(&self) -> Vec<String> {
        let repo = self.snapshot.as_ref().map(|(repo, _)| repo.clone());
        std::iter::once(format_name(self.format).to_owned()).chain(repo).collect()
    }

    /// Adds the recordings unless a person changed them, and gives their hash.
    fn put_sessions(
        &mut self,
        folders: &TaskFolders,
        task: &str,
        old: &Before<'_>,
        composed: &mut Composed<'b>,
    ) -> String {
        let hash = hash_of(self.sessions.iter().map(AsRef::as_ref));
        let there = stored_sessions(folders, task);
        if let Some(known) = old.origin("sessions")
            && !there.is_empty()
            && hash_of(there.iter().map(Vec::as_slice)) != known
        {
            composed.notes.push("its recordings were changed by hand and stay as they are".to_owned());
            return known.to_owned();
        }
        let sessions = std::mem::take(&mut self.sessions);
        let count = sessions.len();
        for (at, bytes) in sessions.into_iter().enumerate() {
            let (plain, packed) = session_names(at);
            let small = if bytes.len() > PLAIN { compress(&bytes) } else { None };
            let (here, gone, bytes) = match small {
                Some(small) => (packed, plain, Cow::Owned(small)),
                None => (plain, packed, bytes),
            };
            composed.files.insert(here, Some(bytes));
            composed.files.insert(gone, None);
        }
        for at in count..there.len() {
            let (plain, packed) = session_names(at);
            composed.files.extend([(plain, None), (packed, None)]);
        }
        hash
    }

    /// Adds the prompt unless a person changed it, and gives its hash.
    fn put_prompt(
        &self,
        folders: &TaskFolders,
        task: &str,
        old: &Before<'_>,
        composed: &mut Composed<'b>,
    ) -> String {
        let text = match self.prompt.trim() {
            "" => "(The recording holds no prompt.)\n".to_owned(),
            prompt => format!("{prompt}\n"),
        };
        let there = folders.read(task, "prompt.md");
        if let (Some(known), Some(there)) = (old.origin("prompt"), &there)
            && ContentHash::of(there).to_string() != known
        {
            composed.notes.push("its prompt.md was changed by hand and stays as it is".to_owned());
            return known.to_owned();
        }
        let hash = ContentHash::of(text.as_bytes()).to_string();
        composed.files.insert("prompt.md".to_owned(), Some(Cow::Owned(text.into_bytes())));
        hash
    }

    /// Names the snapshot. One that a person chose stays.
    fn put_snapshot(&self, old: &Before<'_>, edit: &mut TaskEdit, composed: &mut Composed<'_>) {
        let Some((repo, commit)) = &self.snapshot else { return };
        let chosen = old.text("commit").is_some_and(|there| !there.eq_ignore_ascii_case(commit));
        if chosen && old.origin("tree") != Some(Tree::Rebuilt.name()) {
            composed.notes.push(format!("its commit is another one than {commit} and stays as it is"));
            return;
        }
        edit.set_snapshot(repo, commit);
        if old.text("cwd").is_none() {
            edit.set_cwd(self.cwd.as_deref());
        }
    }

    /// What is still open: what a person has decided is not proposed again.
    fn open_proposal(&self, old: &Before<'_>, before: Option<&Task>) -> Proposal {
        let mut proposal = self.proposal.clone();
        if self.keep_merged
            && let Some(task) = before
        {
            proposal.merged.clone_from(&task.proposal.merged);
            proposal.similarity = task.proposal.similarity;
            proposal.defects.clone_from(&task.proposal.defects);
            let of_merge =
                |line: &&String| ["merged: ", "defects: "].iter().any(|start| line.starts_with(start));
            proposal.evidence.extend(task.proposal.evidence.iter().filter(of_merge).cloned());
        }
        let mut drop_evidence = |start: &str| proposal.evidence.retain(|line| !line.starts_with(start));
        if old.decided("outcome").is_some() {
            proposal.outcome = None;
            drop_evidence("outcome: ");
        }
        if old.decided("restarted").is_some() {
            proposal.restarted = false;
            drop_evidence("restarted: ");
        }
        if old.decided("merged").is_some()
            || proposal.merged.as_deref().is_some_and(|merged| old.denies(merged))
        {
            (proposal.merged, proposal.similarity) = (None, None);
            proposal.defects.clear();
            drop_evidence("merged: ");
            drop_evidence("defects: ");
        }
        let answered = old.answered();
        proposal.approvals.retain(|approval| !answered.contains(&approval.call.as_str()));
        proposal
    }
}

/// `task.toml` as it is.
struct Before<'b> {
    table: &'b toml::Table,
}

impl Before<'_> {
    fn text(&self, key: &str) -> Option<&str> {
        self.table.get(key)?.as_str()
    }

    fn origin(&self, key: &str) -> Option<&str> {
        self.table.get("import")?.get(key)?.as_str()
    }

    fn decided(&self, key: &str) -> Option<&toml::Value> {
        self.table.get("decision")?.get(key)
    }

    /// Whether a person has said of a commit that it is not the merged one.
    fn denies(&self, commit: &str) -> bool {
        let list = self.decided("not_merged").and_then(toml::Value::as_array);
        let denied = list.into_iter().flatten().filter_map(toml::Value::as_str);
        denied
            .filter(|denied| denied.len() >= 7)
            .any(|denied| commit.get(..denied.len()).is_some_and(|start| start.eq_ignore_ascii_case(denied)))
    }

    /// Calls whose prompts a person has answered.
    fn answered(&self) -> Vec<&str> {
        let list = self.decided("approval").and_then(toml::Value::as_array);
        list.into_iter().flatten().filter_map(|entry| entry.get("call")?.as_str()).collect()
    }
}

/// Names of a recording, plain and compressed: the main one has no label.
fn session_names(at: usize) -> (String, String) {
    let name = if at == 0 { "session.jsonl".to_owned() } else { format!("session.agent-{at}.jsonl") };
    let packed = format!("{name}.zst");
    (name, packed)
}

/// The recordings that an earlier import wrote, decompressed.
fn stored_sessions(folders: &TaskFolders, task: &str) -> Vec<Vec<u8>> {
    let names = folders.files(task);
    let stored = |at: usize| {
        let (plain, packed) = session_names(at);
        if names.contains(&plain) {
            return folders.read(task, &plain);
        }
        let bytes = names.contains(&packed).then(|| folders.read(task, &packed))??;
        // One that cannot be unpacked was changed by somebody; it has a hash of its own.
        Some(unpack(&bytes).unwrap_or(bytes))
    };
    (0..).map_while(stored).collect()
}

fn unpack(bytes: &[u8]) -> Option<Vec<u8>> {
    use std::io::Read as _;
    let mut plain = Vec::new();
    let decoder = zstd::stream::read::Decoder::new(bytes).ok()?;
    decoder.take(crate::transcript::MAX_RECORDING).read_to_end(&mut plain).ok()?;
    Some(plain)
}

fn compress(bytes: &[u8]) -> Option<Vec<u8>> {
    zstd::bulk::compress(bytes, LEVEL).ok()
}

fn hash_of<'b>(sessions: impl Iterator<Item = &'b [u8]>) -> String {
    let each: BTreeMap<usize, String> =
        sessions.map(|bytes| ContentHash::of(bytes).to_string()).enumerate().collect();
    let all: Vec<&str> = each.values().map(String::as_str).collect();
    match all.as_slice() {
        [one] => (*one).to_owned(),
        _ => ContentHash::of(all.join("\n").as_bytes()).to_string(),
    }
}

/// What writing would do, without writing.
impl Composed<'_> {
    pub(in crate::import) fn would(&self, folders: &TaskFolders, task: &str) -> Changed {
        folders.compare(task, &self.files)
    }
}
