//! Systems other than Linux: nothing can be confined, and nothing is run.

use std::path::Path;

use super::{CellError, CellKind, CellUnavailable, Job, ProcessOutcome};

/// Runs programs confined; never available on this system.
#[derive(Clone, Debug)]
pub struct Cell(std::convert::Infallible);

impl Cell {
    /// Says that nothing can be confined here.
    pub fn probe(_binary: &Path) -> Result<Self, CellUnavailable> {
        Err(CellUnavailable { reason: "this needs Linux".to_owned() })
    }

    /// How programs are confined.
    pub fn kind(&self) -> CellKind {
        match self.0 {}
    }

    /// Can a job have a layer?
    pub fn layers(&self) -> bool {
        match self.0 {}
    }

    /// Runs a job.
    pub fn run(&self, _job: &Job, _stdin: &[u8]) -> Result<ProcessOutcome, CellError> {
        match self.0 {}
    }
}

/// Watches folders; never available on this system.
pub(in crate::engine) struct Opens(std::convert::Infallible);

impl Opens {
    pub(in crate::engine) fn below(_top: &Path) -> Option<Self> {
        None
    }

    pub(in crate::engine) fn paths(self) -> Option<Vec<String>> {
        match self.0 {}
    }
}

/// Never called on this system.
pub fn enter(_arguments: &[String]) -> u8 {
    70
}
