//! PowerShell and the Windows command interpreter, read coarsely.
//!
//! A statement of plain words is looked up in a small table; everything else is unreadable, so opaque.

use super::programs::Run;
use super::reader::Reader;
use crate::action::{Dialect, Opaque};

/// Reads a script of one of these shells.
pub(super) fn script(reader: &mut Reader<'_>, _dialect: Dialect, _text: &str) {
    reader.opaque(Opaque::Unreadable);
}

/// `powershell -Command …` inside another shell's script.
pub(super) fn powershell_call(run: &mut Run<'_, '_>) {
    run.reader.opaque(Opaque::Unreadable);
}

/// `cmd /c …` inside another shell's script.
pub(super) fn cmd_call(run: &mut Run<'_, '_>) {
    run.reader.opaque(Opaque::Unreadable);
}
