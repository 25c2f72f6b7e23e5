use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::args::Look;

/// A progress bar over tasks on standard error; hidden unless that is a terminal.
pub(crate) fn bar(tasks: usize, look: Look) -> ProgressBar {
    let target =
        if look.progress() { ProgressDrawTarget::stderr_with_hz(10) } else { ProgressDrawTarget::hidden() };
    let bar = ProgressBar::with_draw_target(Some(tasks as u64), target);
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} tasks, {per_sec}, {eta} left");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}
