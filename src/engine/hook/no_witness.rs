//! Systems without a way to see which files a program opens. Nothing is run there either.

use std::path::Path;

use crate::source::Overlay;

pub(super) struct Witness(std::convert::Infallible);

impl Witness {
    pub(super) fn of(_top: &Path) -> Option<Self> {
        None
    }

    pub(super) fn saw_doubtful(&self, _files: &Overlay) -> bool {
        match self.0 {}
    }
}
