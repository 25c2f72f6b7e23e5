//! Whether the files of a commit may be packed: none too large, none missing, no secret in them.

use std::collections::{HashMap, HashSet};

use git2::ObjectType;
use rayon::prelude::*;

use super::super::history::Graph;
use crate::source::{ObjectId, Repository};

/// Folders below each other that are entered.
const MAX_DEPTH: usize = 256;
/// Problems of one commit that are told.
const MAX_TOLD: usize = 20;
/// How a file starts that stands for one in Git LFS, and how long it may be, in bytes.
const LFS: &[u8] = b"version https://git-lfs.github.com/spec/";
const MAX_LFS: usize = 1024;

/// A secret in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::import) struct BlobHit {
    /// Line, from 1.
    pub(in crate::import) line: u32,
    /// Kind of secret.
    pub(in crate::import) kind: String,
}

/// How files are judged.
pub(in crate::import) struct BlobRules<'r> {
    /// Largest file, in bytes.
    pub(in crate::import) max_size: usize,
    /// The first secret in a file of this path, unless it is allowed there.
    pub(in crate::import) scan: &'r (dyn Fn(&str, &[u8]) -> Option<BlobHit> + Sync),
}

/// Why a file of a commit must not, or cannot, be packed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::import) struct BlobProblem {
    /// Its path.
    pub(in crate::import) path: String,
    /// What is wrong.
    pub(in crate::import) what: What,
}

/// What is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::import) enum What {
    /// Secrets.
    Secret(BlobHit),
    /// A secret of this kind in its name; the path is that of its folder.
    Name(String),
    /// Larger than is packed; its size in bytes.
    Large(usize),
    /// The clone lacks it.
    Missing,
}

/// What is known about files, by id.
#[derive(Clone, Debug)]
enum Verdict {
    Fine { lfs: bool },
    Bad(What),
}

/// The files of one clone, each looked at once.
pub(in crate::import) struct Blobs<'b> {
    repository: &'b Repository,
    rules: &'b BlobRules<'b>,
    verdicts: HashMap<ObjectId, Verdict>,
    /// Trees whose files all have a verdict.
    known: HashSet<ObjectId>,
    /// Paths without a secret.
    names: HashSet<String>,
    /// Trees without a problem.
    fine: HashSet<ObjectId>,
    /// Bytes that were looked through.
    pub(in crate::import) scanned: u64,
}

/// What is worth knowing about a commit that can be packed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::import) struct Remarks {
    /// Files whose content is in Git LFS, not in the repository.
    pub(in crate::import) lfs: Vec<String>,
    /// Submodules, whose content is in another repository.
    pub(in crate::import) submodules: Vec<String>,
}

impl<'b> Blobs<'b> {
    pub(in crate::import) fn new(repository: &'b Repository, rules: &'b BlobRules<'b>) -> Self {
        Self {
            repository,
            rules,
            verdicts: HashMap::new(),
            known: HashSet::new(),
            names: HashSet::new(),
            fine: HashSet::new(),
            scanned: 0,
        }
    }

    /// Can a commit be packed?
    pub(super) fn are_fine(&mut self, graph: &Graph, commit: ObjectId) -> bool {
        self.problems(graph, commit).is_empty()
    }

    /// Why a commit cannot be packed; empty when it can.
    pub(in crate::import) fn problems(&mut self, graph: &Graph, commit: ObjectId) -> Vec<BlobProblem> {
        let Some(tree) = graph.head(commit).map(|head| head.tree) else {
            return vec![BlobProblem { path: commit.to_string(), what: What::Missing }];
        };
        if self.fine.contains(&tree) {
            return Vec::new();
        }
        let mut fresh = Vec::new();
        let mut problems = Vec::new();
        self.unknown(graph, tree, "", 0, &mut fresh, &mut problems);
        self.look(graph, &fresh);
        if problems.is_empty() {
            self.collect(graph, tree, "", 0, &mut problems);
        }
        problems.truncate(MAX_TOLD);
        problems
    }

    /// Files that nothing is known about yet; folders that are not there are problems.
    fn unknown(
        &mut self,
        graph: &Graph,
        tree: ObjectId,
        path: &str,
        depth: usize,
        fresh: &mut Vec<(ObjectId, String)>,
        problems: &mut Vec<BlobProblem>,
    ) {
        if self.known.contains(&tree) {
            return;
        }
        let found = if depth < MAX_DEPTH { graph.git().find_tree(tree).ok() } else { None };
        let Some(found) = found else {
            problems.push(BlobProblem { path: format!("{path}/"), what: What::Missing });
            return;
        };
        for entry in &found {
            let path = join(path, entry.name_bytes());
            match entry.kind() {
                Some(ObjectType::Tree) => self.unknown(graph, entry.id(), &path, depth + 1, fresh, problems),
                _ if !self.names.contains(&path) && self.is_secret(&path, problems) => {}
                Some(ObjectType::Blob) if !self.verdicts.contains_key(&entry.id()) => {
                    // Filled in by `look`; the same file in another folder is looked at once.
                    self.verdicts.insert(entry.id(), Verdict::Bad(What::Missing));
                    fresh.push((entry.id(), path));
                }
                _ => {}
            }
        }
        if problems.is_empty() {
            self.known.insert(tree);
        }
    }

    /// Does a secret stand in a path?
    fn is_secret(&mut self, path: &str, problems: &mut Vec<BlobProblem>) -> bool {
        let Some(hit) = (self.rules.scan)(path, path.as_bytes()) else {
            self.names.insert(path.to_owned());
            return false;
        };
        let folder = path.rsplit_once('/').map_or(".", |(folder, _)| folder);
        // The secret may span both.
        let folder = if (self.rules.scan)(path, folder.as_bytes()).is_some() { "." } else { folder };
        problems.push(BlobProblem { path: folder.to_owned(), what: What::Name(hit.kind) });
        true
    }

    fn look(&mut self, graph: &Graph, fresh: &[(ObjectId, String)]) {
        let (repository, rules) = (self.repository, self.rules);
        let judge = |(id, path): &(ObjectId, String)| (*id, judge(repository, rules, *id, path));
        let mut judged: Vec<_> = fresh.par_iter().map(judge).collect();
        // Files that were rebuilt are not in the clone but in memory, or in the bundle that there is.
        for ((id, (verdict, size)), (_, path)) in judged.iter_mut().zip(fresh) {
            if let Verdict::Bad(What::Missing) = verdict
                && let Some(bytes) = graph.blob(*id)
            {
                *verdict = judge_bytes(rules, path, &bytes);
                *size = bytes.len() as u64;
            }
        }
        for (id, (verdict, size)) in judged {
            self.scanned += size;
            self.verdicts.insert(id, verdict);
        }
    }

    fn collect(
        &mut self,
        graph: &Graph,
        tree: ObjectId,
        path: &str,
        depth: usize,
        problems: &mut Vec<BlobProblem>,
    ) {
        if self.fine.contains(&tree) || problems.len() >= MAX_TOLD || depth > MAX_DEPTH {
            return;
        }
        let Ok(found) = graph.git().find_tree(tree) else { return };
        let before = problems.len();
        for entry in &found {
            let path = join(path, entry.name_bytes());
            match entry.kind() {
                Some(ObjectType::Tree) => self.collect(graph, entry.id(), &path, depth + 1, problems),
                Some(ObjectType::Blob) => {
                    if let Some(Verdict::Bad(what)) = self.verdicts.get(&entry.id()) {
                        problems.push(BlobProblem { path, what: what.clone() });
                    }
                }
                _ => {}
            }
        }
        if problems.len() == before {
            self.fine.insert(tree);
        }
    }

    /// What is worth knowing about a commit that was found fine.
    pub(in crate::import) fn remarks(&self, graph: &Graph, commit: ObjectId) -> Remarks {
        let mut remarks = Remarks::default();
        if let Some(head) = graph.head(commit) {
            self.remark(graph, head.tree, "", 0, &mut remarks);
        }
        remarks
    }

    fn remark(&self, graph: &Graph, tree: ObjectId, path: &str, depth: usize, remarks: &mut Remarks) {
        let Ok(found) = graph.git().find_tree(tree) else { return };
        for entry in &found {
            let path = join(path, entry.name_bytes());
            match entry.kind() {
                Some(ObjectType::Tree) if depth < MAX_DEPTH => {
                    self.remark(graph, entry.id(), &path, depth + 1, remarks);
                }
                Some(ObjectType::Blob) => {
                    if matches!(self.verdicts.get(&entry.id()), Some(Verdict::Fine { lfs: true })) {
                        remarks.lfs.push(path);
                    }
                }
                Some(ObjectType::Commit) => remarks.submodules.push(path),
                _ => {}
            }
        }
    }
}

fn join(folder: &str, name: &[u8]) -> String {
    let name = String::from_utf8_lossy(name);
    if folder.is_empty() { name.into_owned() } else { format!("{folder}/{name}") }
}

fn judge(repository: &Repository, rules: &BlobRules<'_>, id: ObjectId, path: &str) -> (Verdict, u64) {
    match repository.blob_size(id) {
        None => (Verdict::Bad(What::Missing), 0),
        Some(size) if size > rules.max_size => (Verdict::Bad(What::Large(size)), 0),
        Some(size) => match repository.blob(id) {
            Some(bytes) => (judge_bytes(rules, path, &bytes), size as u64),
            None => (Verdict::Bad(What::Missing), 0),
        },
    }
}

fn judge_bytes(rules: &BlobRules<'_>, path: &str, bytes: &[u8]) -> Verdict {
    if bytes.len() > rules.max_size {
        return Verdict::Bad(What::Large(bytes.len()));
    }
    match (rules.scan)(path, bytes) {
        Some(hit) => Verdict::Bad(What::Secret(hit)),
        None => Verdict::Fine { lfs: bytes.len() <= MAX_LFS && bytes.starts_with(LFS) },
    }
}
