//! Pictures of what commands may write to, right before and right after calls of which the CLI may not tell enough.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::io;
use std::path::Path;

use super::picture::Picture;
use crate::source::Folder;

/// The folders of a server whose pictures are taken: the checkout, the user's home and the temporary folders.
const FOLDERS: &[&str] = &["work", "home", "tmp", "var-tmp"];
/// What Codex's sandbox puts at the top of a checkout and takes away again.
const PROTECTED: &[&[u8]] = &[b".git", b".codex", b".agents", b".aws"];
/// What Git writes where it may, and does without where it may not.
const GIT_INDEX: &[u8] = b".git/index";
/// Most pictures of one task.
const MAX_PICTURES: usize = 400;

/// Pictures of one task.
#[derive(Debug, Default)]
pub(super) struct Album {
    folders: Vec<Watched>,
    /// Calls of which pictures are wanted.
    wanted: HashSet<String>,
    before: HashMap<String, Moment>,
    after: HashMap<String, Moment>,
    last: Option<Moment>,
}

#[derive(Debug)]
struct Watched {
    folder: Folder,
    /// What lay there when the server had started: other folders stand in some of it.
    own: BTreeSet<Vec<u8>>,
}

/// A picture of each folder.
pub(super) type Moment = std::sync::Arc<Vec<Picture>>;

impl Album {
    /// Watches the folders of a server that has started.
    pub(super) fn new(top: &Path) -> io::Result<Self> {
        let watched = |name: &&str| {
            let folder = Folder::open(&top.join(name))?;
            // The checkout is empty by now.
            let own = folder.names()?.into_iter().collect();
            io::Result::Ok(Watched { folder, own })
        };
        Ok(Self { folders: FOLDERS.iter().map(watched).collect::<io::Result<_>>()?, ..Self::default() })
    }

    /// Begins a task: pictures of these calls are wanted.
    pub(super) fn begin(&mut self, wanted: HashSet<String>) {
        self.wanted = wanted;
        self.before.clear();
        self.after.clear();
        self.last = None;
    }

    /// The model is about to ask for these calls. Of those that run beside others nobody can tell what they did.
    pub(super) fn before(&mut self, calls: &[String]) {
        if let [call] = calls
            && self.wanted.contains(call)
            && self.before.len() < MAX_PICTURES
        {
            match self.look() {
                Ok(moment) => drop(self.before.insert(call.clone(), moment)),
                // There is too much for pictures, and will be.
                Err(_) => self.wanted.clear(),
            }
        }
    }

    /// This call was answered.
    pub(super) fn after(&mut self, call: &str) {
        if self.before.contains_key(call)
            && !self.after.contains_key(call)
            && let Ok(moment) = self.look()
        {
            self.after.insert(call.to_owned(), moment);
        }
    }

    /// How it was before and after a call; `None` where that is not known.
    pub(super) fn around(&self, call: &str) -> Option<(Moment, Moment)> {
        Some((self.before.get(call)?.clone(), self.after.get(call)?.clone()))
    }

    /// How it is now.
    pub(super) fn look(&mut self) -> io::Result<Moment> {
        let last = self.last.as_deref();
        let look = |(at, watched): (usize, &Watched)| {
            Picture::of(&watched.folder, &watched.own, last.and_then(|last| last.get(at)))
        };
        let pictures: Vec<Picture> = self.folders.iter().enumerate().map(look).collect::<io::Result<_>>()?;
        let moment = Moment::new(pictures);
        self.last = Some(moment.clone());
        Ok(moment)
    }

    /// Makes it as it was; all of it belongs to this user, if one is named.
    pub(super) fn put_back(&self, moment: &Moment, user: Option<u32>) -> io::Result<()> {
        let all = self.folders.iter().zip(&**moment);
        all.into_iter()
            .try_for_each(|(watched, picture)| picture.put_back(&watched.folder, &watched.own, user))
    }
}

/// What was changed from one moment to another, as folder and path there.
pub(super) fn changes(before: &Moment, after: &Moment) -> BTreeSet<(&'static str, Vec<u8>)> {
    let of = |((name, before), after): ((&&'static str, &Picture), &Picture)| {
        let paths = before.changes(after).into_iter();
        let paths =
            paths.filter(|path| !(*name == FOLDERS[0] && (PROTECTED.contains(path) || *path == GIT_INDEX)));
        paths.map(|path| (*name, path.to_vec())).collect::<Vec<_>>()
    };
    FOLDERS.iter().zip(&**before).zip(&**after).flat_map(of).collect()
}
