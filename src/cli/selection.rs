use anyhow::Context;
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use plugin_eval::suite::Suite;
use time::{Date, OffsetDateTime};

use super::args::Selection;

impl Selection {
    /// Indexes of the chosen tasks, in suite order. A pattern that matches no task is an error.
    pub(crate) fn tasks(&self, suite: &Suite) -> anyhow::Result<Vec<usize>> {
        if self.task.is_empty() {
            return Ok((0..suite.task_count()).collect());
        }
        for pattern in &self.task {
            let set = patterns(std::slice::from_ref(pattern))?;
            anyhow::ensure!(suite.task_names().any(|name| set.is_match(name)), "no task matches `{pattern}`");
        }
        let set = patterns(&self.task)?;
        Ok(suite.task_names().enumerate().filter(|(_, name)| set.is_match(name)).map(|(at, _)| at).collect())
    }

    /// The day that waivers are judged by.
    pub(crate) fn today(&self) -> anyhow::Result<Date> {
        match &self.today {
            Some(text) => plugin_eval::suite::parse_day(text)
                .with_context(|| format!("`{text}` is not a day; write 2026-12-31")),
            None => Ok(OffsetDateTime::now_utc().date()),
        }
    }
}

fn patterns(patterns: &[String]) -> anyhow::Result<GlobSet> {
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        let glob = GlobBuilder::new(pattern).literal_separator(false).build();
        set.add(glob.with_context(|| format!("`{pattern}` is not a pattern"))?);
    }
    Ok(set.build()?)
}

/// A pool of `jobs` threads; 0 means one a core.
pub(crate) fn pool(jobs: usize) -> anyhow::Result<rayon::ThreadPool> {
    rayon::ThreadPoolBuilder::new().num_threads(jobs).build().context("cannot start threads")
}
