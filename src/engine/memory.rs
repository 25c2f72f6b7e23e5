use std::sync::{Mutex, MutexGuard, PoisonError};

use super::attempt::Attempt;
use super::cell::Kept;
use super::edits;
use super::grants::Grants;
use super::moment::{Moment, may_write};
use super::touch::{At, Site};
use crate::action::Access;
use crate::source::Overlay;
use crate::transcript::{Call, Recorded};

/// What stays from call to call of one run under one stage.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// What hooks left in the plugin's data folder.
    pub(super) data: Mutex<Kept>,
    /// What hooks changed of the task's files.
    pub(super) changed: Mutex<Kept>,
    /// The files as the calls left them that run here too, once the stage stops one that changed them in the recording.
    apart: Mutex<Option<Overlay>>,
    /// What people granted.
    pub(super) grants: Mutex<Grants>,
}

impl Memory {
    /// The files as they are under the stage: with what hooks changed, and without what was stopped; `None` where they
    /// are those of the recording, or nothing hangs on the difference: of calls that hold no patch, what hooks changed
    /// alone matters.
    pub(super) fn laid(&self, files: Option<&Overlay>, attempt: &Attempt<'_>) -> Option<Overlay> {
        let changed = lock(&self.changed);
        if changed.is_empty() && attempt.reading.patches.is_empty() {
            return None;
        }
        let apart = lock(&self.apart).clone();
        if apart.is_none() && changed.is_empty() {
            return None;
        }
        let mut files = apart.or_else(|| files.cloned())?;
        changed.lay_over(&mut files);
        Some(files)
    }

    /// Takes in what a recorded call did to the files, if it runs under the stage as well.
    pub(super) fn happened(&self, moment: &Moment<'_>, attempt: &Attempt<'_>, runs: bool) {
        let Some(call) = moment.call.filter(|_| moment.recorded == Recorded::Ran) else { return };
        let may_write = may_write(call, moment.context);
        let mut apart = lock(&self.apart);
        match &mut *apart {
            None if !runs && writes(attempt) => *apart = moment.site.files.cloned(),
            Some(files) if runs => edits::lay_over(files, call, attempt, moment.site.locale, may_write),
            _ => {}
        }
        drop(apart);
        if runs && !lock(&self.changed).is_empty() {
            self.over_changes(call, moment, may_write);
        }
    }

    /// Takes in what a call did to files that hooks changed.
    fn over_changes(&self, call: &Call<'_>, moment: &Moment<'_>, may_write: bool) {
        let laid = moment.site.files.cloned().map(|mut files| {
            lock(&self.changed).lay_over(&mut files);
            files
        });
        let Some((before, without)) = laid.zip(moment.files_after()) else { return };
        let attempt = Attempt::read(call, Site { files: Some(&before), ..moment.site });
        let mut after = before.clone();
        edits::lay_over(&mut after, call, &attempt, moment.site.locale, may_write);
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

/// May it change files?
fn writes(attempt: &Attempt<'_>) -> bool {
    let touches = attempt.touches.iter().any(|touch| touch.access == Access::Write);
    touches || attempt.opaque.is_some() || !attempt.reading.patches.is_empty()
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
