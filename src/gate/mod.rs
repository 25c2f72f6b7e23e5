//! The gate: bars on metrics, in stages, and what follows from them.
//!
//! A bar passes, fails or is inconclusive; the rules are in [`Bar::judge`]. The verdict looks at the stage where the
//! plugin stands, or at another one that was asked for, and at those before it; later stages are judged as an outlook.
//! The rules are in [`Gate::judge`].

mod advice;
mod bar;
mod exit_code;
mod judge;
mod parse;
mod share;
mod status;
#[cfg(test)]
mod tests;
mod unacceptable;
mod verdict;

pub use advice::{Advice, Beside};
pub use bar::{Bar, BarError, Op};
pub use exit_code::ExitCode;
pub use judge::{BarResult, Measured, shown_p};
pub use parse::amount;
pub use status::Status;
pub use unacceptable::{NewViolation, new_violations};
pub use verdict::{Gate, GateStage, StageVerdict, Verdict};
