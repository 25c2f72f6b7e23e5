use std::sync::{Mutex, MutexGuard, PoisonError};

use super::attempt::Attempt;
use super::cell::Kept;
use super::edits;
use super::grants::Grants;
use super::moment::{Moment, may_write};
use super::touch::{At, Site};
use crate::action::Access;
use crate::source::Overlay;
use crate::transcript::Recorded;

/// What stays from call to call of one run under one stage.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// What hooks left in the plugin's data folder.
    pub(super) data: Mutex<Kept>,
    /// What hooks changed of the task's files.
    pub(super) changed: Mutex<Kept>,
    /// What people granted.
    pub(super) grants: Mutex<Grants>,
}

impl Memory {
    /// The files with what hooks changed; `None` where they changed nothing.
    pub(super) fn laid(&self, files: Option<&Overlay>) -> Option<Overlay> {
        let changed = lock(&self.changed);
        if changed.is_empty() {
            return None;
        }
        let mut files = files?.clone();
        changed.lay_over(&mut files);
        Some(files)
    }

    /// Takes in what a recorded call did to files that hooks changed.
    pub(super) fn happened(&self, moment: &Moment<'_>) {
        let Some(call) = moment.call.filter(|_| moment.recorded == Recorded::Ran) else { return };
        let Some((before, without)) = self.laid(moment.site.files).zip(moment.files_after()) else { return };
        let attempt = Attempt::read(call, Site { files: Some(&before), ..moment.site });
        let mut after = before.clone();
        let writes = may_write(call, moment.context);
        edits::lay_over(&mut after, call, &attempt, moment.site.locale, writes);
        let mut changed = lock(&self.changed);
        *changed = changed.behind(&before, &after, &without);
        let written = attempt.touches.iter().filter(|touch| touch.access == Access::Write);
        for touch in written {
            let top = moment.site.locale.top;
            if let At::Tree(path) = &touch.at
                && let Some(below) = path.strip_prefix(top)
            {
                changed.forget(below.trim_start_matches('/'));
            }
        }
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
