//! Per clone: which commits tasks start from, what was merged, and the bundle that holds both.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use rayon::prelude::*;

use super::Options;
use super::bundle::{
    self, BlobProblem, BlobRules, Blobs, Bundle, BundleError, CommitRules, Pin, Stored, What,
};
use super::draft::{Draft, Refusal};
use super::history::{Branches, ChangedLines, Graph, Later, Merged};
use super::masking::{Masking, ThreadMask};
use super::repo::Found;
use super::result::{Imported, ImportedBundle};
use super::run::ImportError;
use super::task::Known;
use super::work;
use crate::source::{ObjectId, OutputFolder, Repository};
use crate::suite::Suite;
use crate::transcript::Recording;

/// What a task needs to know of its repository.
#[derive(Clone, Debug, Default)]
pub(super) struct Pinned {
    /// Name of the repository in the suite, and commit.
    pub(super) snapshot: Option<(String, String)>,
    /// The recorded commit, where the snapshot was rebuilt on top of it.
    pub(super) recorded: Option<String>,
    pub(super) rebuilt: Vec<String>,
    pub(super) missing: Vec<String>,
    pub(super) merged: Option<Merged>,
    /// The commit that a person said was merged.
    pub(super) said: Option<ObjectId>,
    /// Only a bundle of the suite was at hand, which does not have all later commits.
    pub(super) no_history: bool,
    pub(super) notes: Vec<String>,
}

/// How drafts are pinned.
pub(super) struct Pinning<'p> {
    pub(super) suite: &'p Suite,
    pub(super) options: &'p Options,
    pub(super) masking: &'p Masking,
    pub(super) known: &'p Known,
}

type Result<T> = std::result::Result<T, Refusal>;

/// What came of one clone.
#[derive(Default)]
struct Packed {
    pinned: Vec<Result<Pinned>>,
    bundle: Option<ImportedBundle>,
}

/// Clones, by their numbers, that may want bundles of one name, in their order; those of different families do not.
fn families(clones: &[Vec<usize>], drafts: &[Draft]) -> Vec<Vec<usize>> {
    let mut families: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (number, members) in clones.iter().enumerate() {
        let found = members.iter().find_map(|at| drafts[*at].found.as_ref());
        let name = found.map_or("", |found| found.candidate.in_suite.as_ref().unwrap_or(&found.name));
        // Where a name is taken, a dash and a number are put behind it; very long ones are cut.
        let name = bundle::clean_name(name);
        let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
        let stem = stem.strip_suffix('-').unwrap_or(&name);
        families.entry(stem.chars().take(50).collect()).or_default().push(number);
    }
    families.into_values().collect()
}

impl Pinning<'_> {
    /// Pins all drafts, clone by clone, and writes the bundles.
    pub(super) fn pin(
        &self,
        drafts: &[Draft],
        imported: &mut Imported,
    ) -> std::result::Result<Vec<Result<Pinned>>, ImportError> {
        let mut results: Vec<Option<Result<Pinned>>> = drafts.iter().map(|_| None).collect();
        let mut clones: BTreeMap<PathBuf, Vec<usize>> = BTreeMap::new();
        for (at, draft) in drafts.iter().enumerate() {
            match &draft.found {
                // Work trees of one repository share its objects.
                Some(found) => {
                    clones.entry(found.candidate.repository.objects().to_owned()).or_default().push(at);
                }
                None => {
                    results[at] = Some(Ok(Pinned { no_history: true, ..Pinned::default() }));
                }
            }
        }
        let clones: Vec<Vec<usize>> = clones.into_values().collect();
        let families = families(&clones, drafts);
        let done: Vec<_> = families.par_iter().map(|family| self.family(family, &clones, drafts)).collect();
        let mut done: Vec<_> =
            done.into_iter().collect::<std::result::Result<Vec<_>, _>>()?.into_iter().flatten().collect();
        done.sort_by_key(|(clone, _)| *clone);
        for (clone, Packed { pinned, bundle }) in done {
            imported.bundles.extend(bundle);
            for (at, pinned) in clones[clone].iter().zip(pinned) {
                results[*at] = Some(pinned);
            }
        }
        let lost = || Err(Refusal { file: PathBuf::new(), reason: "was lost".into(), help: String::new() });
        Ok(results.into_iter().map(|result| result.unwrap_or_else(lost)).collect())
    }

    /// Clones by their numbers, one after the other.
    fn family(
        &self,
        family: &[usize],
        clones: &[Vec<usize>],
        drafts: &[Draft],
    ) -> std::result::Result<Vec<(usize, Packed)>, ImportError> {
        let group = |clone: usize| -> Vec<(&Draft, &Found)> {
            clones[clone].iter().filter_map(|at| Some((&drafts[*at], drafts[*at].found.as_ref()?))).collect()
        };
        family.iter().map(|clone| Ok((*clone, self.clone(&group(*clone))?))).collect()
    }

    /// All drafts of one clone.
    fn clone(&self, group: &[(&Draft, &Found)]) -> std::result::Result<Packed, ImportError> {
        let Some((_, first)) = group.first() else { return Ok(Packed::default()) };
        let clone = &first.candidate;
        let (name, there) = self.bundle_name(first);
        let refuse_all = |reason: String| -> Packed {
            let help = "check the clone with `git fsck`";
            let refused = group.iter().map(|(draft, _)| Err(refusal(draft, reason.clone(), help)));
            Packed { pinned: refused.collect(), bundle: None }
        };
        let mut sources = vec![clone.repository.clone()];
        sources.extend(there.iter().cloned());
        let graph = match Graph::of(&sources) {
            Ok(graph) => graph,
            Err(error) => {
                return Ok(refuse_all(format!("its repository cannot be read: {}", error.message())));
            }
        };
        let stored = match there.as_deref().map(Stored::read).transpose() {
            Ok(stored) => stored,
            Err(error) => {
                return Ok(refuse_all(format!("the bundle {name} cannot be read: {}", error.message())));
            }
        };
        let scan = |path: &str, bytes: &[u8]| self.masking.blob(path, bytes);
        let max_size = usize::try_from(self.options.max_blob).unwrap_or(usize::MAX);
        let rules = BlobRules { max_size, scan: &scan };
        let mut blobs = Blobs::new(&clone.repository, &rules);
        let branches = Branches::of(&clone.repository);
        let is_own = clone.in_suite.is_some() && !clone.linked;
        let later = later(&graph, &branches, group, is_own);
        let mut pins = Vec::new();
        let mut done = Packed::default();
        for (draft, found) in group {
            let mut pinned = self.one(draft, found, &graph, &mut blobs, later.as_ref());
            if let Ok((pinned, pin)) = &mut pinned {
                pinned.snapshot = Some((name.clone(), pin.commit.to_string()));
                pinned.no_history = is_own;
                pins.push(pin.clone());
            }
            done.pinned.push(pinned.map(|(pinned, _)| pinned));
        }
        if !pins.is_empty() && !clone.linked {
            let bundle = Bundle {
                name: &name,
                graph: &graph,
                branches: &branches,
                stored: stored.as_ref(),
                full: self.options.full_history,
                rules: CommitRules {
                    masked: self.masking.is_on(),
                    is_secret: &|text| self.masking.blob("", text.as_bytes()).is_some(),
                    message: &|message, people| self.masking.message(message, people),
                },
            };
            match self.write(&bundle, &pins, &mut blobs) {
                Ok(written) => done.bundle = Some(written),
                Err(BundleError::Write(error)) => return Err(error.into()),
                Err(error) => return Ok(refuse_all(error.to_string())),
            }
        }
        Ok(done)
    }

    fn bundle_name(&self, found: &Found) -> (String, Option<Arc<Repository>>) {
        if let Some(name) = &found.candidate.in_suite {
            let own = (!found.candidate.linked).then(|| found.candidate.repository.clone());
            return (name.clone(), own);
        }
        let taken = |name: &str| self.suite.repos.get(name).is_some();
        bundle::name_for(&found.name, &found.candidate.repository, self.suite.repos_folder(), &taken)
    }

    fn write(
        &self,
        bundle: &Bundle<'_>,
        pins: &[Pin],
        blobs: &mut Blobs<'_>,
    ) -> std::result::Result<ImportedBundle, BundleError> {
        let folder =
            if self.options.dry_run { None } else { Some(OutputFolder::open(self.suite.repos_folder())?) };
        let packed = bundle.write(pins, blobs, folder.as_ref())?;
        let name = bundle.name.to_owned();
        Ok(ImportedBundle { name, size: packed.size, commits: packed.commits, cut: packed.cut })
    }

    /// One draft: its snapshot, rebuilt where the recording shows how, and what was merged of it.
    fn one(
        &self,
        draft: &Draft,
        found: &Found,
        graph: &Graph,
        blobs: &mut Blobs<'_>,
        later: Option<&Later<'_>>,
    ) -> Result<(Pinned, Pin)> {
        let commit = found.commit;
        let problems = blobs.problems(graph, commit);
        if let Some(first) = problems.first() {
            return Err(unpackable(draft, commit, first, problems.len()));
        }
        let mut pinned = Pinned::default();
        let remarks = blobs.remarks(graph, commit);
        for (what, list) in [("Git LFS holds", &remarks.lfs), ("submodules hold", &remarks.submodules)] {
            if let Some(first) = list.first() {
                let more =
                    if list.len() > 1 { format!(" and {} more", list.len() - 1) } else { String::new() };
                pinned.notes.push(format!("{what} the content of {first}{more}, which the snapshot lacks"));
            }
        }
        pinned.missing = draft.work.missing.iter().cloned().collect();
        let mut start = commit;
        // In a repository that is used as it is, nothing can be rebuilt.
        if found.candidate.linked {
            pinned.missing.extend(draft.work.rebuilt.keys().cloned());
        } else if !draft.work.rebuilt.is_empty() {
            let rebuilt = self.rebuild(draft, graph, commit);
            let fine =
                |(id, _): &(ObjectId, Vec<String>)| *id != commit && blobs.problems(graph, *id).is_empty();
            match rebuilt.ok().filter(fine) {
                Some((id, laid)) => {
                    let not_laid = draft.work.rebuilt.keys().filter(|path| !laid.contains(path));
                    pinned.missing.extend(not_laid.cloned());
                    pinned.rebuilt = laid;
                    pinned.recorded = Some(commit.to_string());
                    start = id;
                }
                None => pinned.missing.extend(draft.work.rebuilt.keys().cloned()),
            }
        }
        pinned.missing.sort();
        let since = draft.thread.started.map(time::OffsetDateTime::unix_timestamp);
        let since = since.or(graph.head(commit).map(|head| head.time)).unwrap_or_default();
        let said = self.known.said(&self.masking.text(&draft.thread.id));
        if let Some(later) = later {
            let (mut merged, mut passed) = later.merged(&draft.work.lines, commit, since, &said.denied);
            if let Some(lines) = draft.work.with_commands.as_ref().filter(|_| merged.is_none()) {
                let (other, more) = later.merged_with_commands(lines, commit, since, &said.denied);
                passed.extend(more.into_iter().filter(|id| !passed.contains(id)).collect::<Vec<_>>());
                merged = other;
            }
            if said.merged.is_none() {
                pinned.notes.extend(passed_over(&passed, merged.as_ref()));
            }
            pinned.merged = merged;
        }
        let resolve = |id: &String| found.candidate.repository.resolve(id).ok();
        pinned.said = said.merged.as_ref().and_then(resolve);
        let merged = pinned.merged.as_ref();
        let repaired = merged.into_iter().flat_map(|merged| merged.repaired.iter().map(|(id, _)| *id));
        let pin = Pin {
            commit: start,
            merged: pinned.said.or(merged.map(|merged| merged.commit)),
            defects: repaired.chain(said.defects.iter().filter_map(resolve)).collect(),
        };
        Ok((pinned, pin))
    }

    /// The commit with what the recording shows, masked as the recording is.
    fn rebuild(
        &self,
        draft: &Draft,
        graph: &Graph,
        commit: ObjectId,
    ) -> std::result::Result<(ObjectId, Vec<String>), git2::Error> {
        let contents = super::draft::open(&draft.thread, self.options.max_size).unwrap_or_default();
        let documents: Vec<&[u8]> = contents.iter().map(Recording::bytes).collect();
        let mut mask = self.masking.thread(&documents);
        let masked = |bytes: &Vec<u8>, mask: &mut ThreadMask<'_>| match std::str::from_utf8(bytes) {
            Ok(text) => mask.text(text).into_owned().into_bytes(),
            Err(_) => bytes.clone(),
        };
        let files = draft
            .work
            .rebuilt
            .iter()
            .map(|(path, content)| (path.clone(), content.as_ref().map(|bytes| masked(bytes, &mut mask))))
            .collect();
        work::rebuild(graph, commit, &files)
    }
}

/// Later commits, if any of the sessions of a clone may have been merged.
fn later<'g>(
    graph: &'g Graph,
    branches: &Branches,
    group: &[(&Draft, &Found)],
    is_own: bool,
) -> Option<Later<'g>> {
    let edits = group.iter().filter(|(draft, _)| draft.work.changed().any(|lines| lines.total() > 0));
    let since = edits.filter_map(|(draft, found)| match draft.thread.started {
        Some(at) => Some(at.unix_timestamp()),
        None => graph.head(found.commit).map(|head| head.time),
    });
    let since = since.min()?;
    let files =
        group.iter().flat_map(|(draft, _)| draft.work.changed().flat_map(ChangedLines::paths)).collect();
    (!is_own).then(|| Later::read(graph, branches, since, &files))
}

/// Says of commits that a person denied what is proposed in their place.
fn passed_over(passed: &[ObjectId], merged: Option<&Merged>) -> Option<String> {
    let short = |id: &ObjectId| id.to_string()[..12].to_owned();
    let first = passed.first()?;
    let more = if passed.len() > 1 { format!(" and {} more", passed.len() - 1) } else { String::new() };
    let next = match merged {
        Some(merged) => {
            format!("{} is proposed, which holds most of its lines after that", short(&merged.commit))
        }
        None => "no other commit holds enough of its lines".to_owned(),
    };
    Some(format!("a person said that {}{more} did not merge it; {next}", short(first)))
}

fn refusal(draft: &Draft, reason: String, help: &str) -> Refusal {
    Refusal { file: draft.thread.main.path.clone(), reason, help: help.to_owned() }
}

/// Why a commit must not, or cannot, be packed.
fn unpackable(draft: &Draft, commit: ObjectId, first: &BlobProblem, all: usize) -> Refusal {
    let more = if all > 1 { format!(" and {} more like it", all - 1) } else { String::new() };
    let commit = &commit.to_string()[..12];
    let BlobProblem { path, what } = first;
    let (reason, help) = match what {
        What::Secret(hit) => (
            format!("the snapshot holds a secret: {path}@{commit}:{} ({}){more}", hit.line, hit.kind),
            format!("allow the file if it is none: --allow-blob {}, or in mask.toml", quoted(path)),
        ),
        What::Name(kind) => (
            format!(
                "the snapshot has a file with a secret in its name: in the folder {path}@{commit} ({kind}){more}"
            ),
            "allow the file if it is none: --allow-blob PATH, or in mask.toml".to_owned(),
        ),
        What::Large(size) => (
            format!("the snapshot holds a file of {size} bytes: {path}@{commit}{more}"),
            "pack it with --max-blob, or import the session with --without-snapshot".to_owned(),
        ),
        What::Missing => (
            format!("the clone lacks a file of the snapshot: {path}@{commit}{more}"),
            "fetch the repository whole: `git fetch --refetch`".to_owned(),
        ),
    };
    refusal(draft, reason, &help)
}

fn quoted(path: &str) -> String {
    shlex::try_quote(path).map_or_else(|_| format!("{path:?}"), std::borrow::Cow::into_owned)
}
