//! The `.git` of a working copy.

use std::fmt::Write as _;
use std::io;

use super::files::{Laying, inner_folder};
use super::store::{self, Store};
use crate::source::Scratch;
use crate::source::folder::Folder;
use crate::source::snapshot::{History, Snapshot};

const CONFIG: &str =
    "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = false\n\tlogallrefupdates = true\n";

/// The folders in it.
const FOLDERS: &[&[u8]] = &[b"objects", b"refs", b"hooks", b"info"];
/// Names in a folder that is looked through elsewhere.
const ANY: &[&[u8]] = &[b"*"];

/// What goes into `.git`.
pub(super) struct Git<'g> {
    pub(super) snapshot: &'g Snapshot,
    pub(super) history: &'g History,
    pub(super) branch: Option<&'g str>,
    pub(super) store: Store<'g>,
    pub(super) index: &'g [u8],
    pub(super) scratch: &'g Scratch,
}

impl Git<'_> {
    /// Makes `.git` as if it were new.
    pub(super) fn lay(&self, laying: &mut Laying<'_>, top: &Folder) -> io::Result<()> {
        let files = self.files();
        let names: Vec<&[u8]> = files.iter().map(|(name, _)| name.as_bytes()).collect();
        let git = folder(laying, top, b".git", &[&names[..], FOLDERS].concat())?;
        let objects = folder(laying, &git, b"objects", &[b"pack", b"info"])?;
        let packs = folder(laying, &objects, b"pack", ANY)?;
        let info = folder(laying, &objects, b"info", &[b"alternates"])?;
        store::lay(laying, self.snapshot, self.history, self.store, &packs, &info, self.scratch)?;
        let refs = folder(laying, &git, b"refs", &[b"heads", b"tags"])?;
        folder(laying, &refs, b"heads", &[])?;
        folder(laying, &refs, b"tags", &[])?;
        folder(laying, &git, b"hooks", &[])?;
        folder(laying, &git, b"info", &[])?;
        for (name, bytes) in &files {
            laying.known(&git, name.as_bytes(), &format!(".git/{name}"), bytes)?;
        }
        Ok(())
    }

    /// The files at the top.
    fn files(&self) -> Vec<(&'static str, Vec<u8>)> {
        let branch = self.branch.map(|branch| format!("refs/heads/{branch}"));
        let branch = branch.filter(|name| git2::Reference::is_valid_name(name));
        let commit = self.snapshot.commit();
        let head = branch.as_ref().map_or_else(|| format!("{commit}\n"), |name| format!("ref: {name}\n"));
        let mut files = vec![
            ("HEAD", head.into_bytes()),
            ("config", CONFIG.as_bytes().to_vec()),
            ("packed-refs", self.refs(branch.as_deref()).into_bytes()),
            ("index", self.index.to_vec()),
        ];
        if !self.history.shallow.is_empty() {
            let lines: Vec<String> = self.history.shallow.iter().map(ToString::to_string).collect();
            files.push(("shallow", (lines.join("\n") + "\n").into_bytes()));
        }
        files
    }

    /// Names as git packs them: sorted, with the branch where the commit is.
    fn refs(&self, branch: Option<&str>) -> String {
        let commit = self.snapshot.commit();
        let others = self.history.refs.iter().filter(|(name, _)| Some(name.as_str()) != branch);
        let mut refs: Vec<_> = others.map(|(name, id)| (name.as_str(), *id)).collect();
        refs.extend(branch.map(|name| (name, commit)));
        refs.sort_unstable();
        refs.iter().fold(String::new(), |mut text, (name, id)| {
            let _ = writeln!(text, "{id} {name}");
            text
        })
    }
}

/// A folder in which nothing is left but what is to be kept.
fn folder(laying: &Laying<'_>, parent: &Folder, name: &[u8], keep: &[&[u8]]) -> io::Result<Folder> {
    let folder = inner_folder(parent, name)?;
    laying.own(&folder)?;
    if keep != ANY {
        for inner in folder.names()? {
            if !keep.contains(&inner.as_slice()) {
                folder.remove(&inner)?;
            }
        }
    }
    Ok(folder)
}
