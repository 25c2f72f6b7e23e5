use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::io::{self, BufWriter, Read as _, Seek as _, SeekFrom, Write as _};

use crate::report::rows;
use crate::report::v1::TaskV1;

/// The tasks of a report, each found by its name. They lie in a file without a name, so that memory holds one at a
/// time.
pub(super) struct Store {
    file: File,
    places: HashMap<String, (u64, usize)>,
}

impl Store {
    /// Fills a store: `fill` gets a function that takes one task.
    pub(super) fn fill<E: From<io::Error>, T>(
        fill: impl FnOnce(&mut dyn FnMut(&TaskV1<'_>) -> io::Result<()>) -> Result<T, E>,
    ) -> Result<(Self, T), E> {
        let mut file = BufWriter::new(tempfile::tempfile()?);
        let mut places = HashMap::new();
        let mut at = 0;
        let filled = fill(&mut |task| {
            let line = rows::task_line(task);
            file.write_all(&line)?;
            places.insert(task.name.to_string(), (at, line.len()));
            at += line.len() as u64;
            Ok(())
        })?;
        let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
        Ok((Self { file, places }, filled))
    }

    /// The task of this name as a line of JSON; each is given once.
    pub(super) fn take(&mut self, name: &str) -> io::Result<Option<Vec<u8>>> {
        let Some((at, length)) = self.places.remove(name) else { return Ok(None) };
        let mut line = vec![0; length];
        self.file.seek(SeekFrom::Start(at))?;
        self.file.read_exact(&mut line)?;
        Ok(Some(line))
    }

    /// Names of the tasks that were not taken, sorted.
    pub(super) fn left(self) -> BTreeSet<String> {
        self.places.into_keys().collect()
    }
}
