//! Reading a command line as verb and operands (`cargo fmt --check`).

use super::options::{Part, split};
use super::run::Run;
use super::table::Use;
use crate::action::shell::word::Arg;

/// The first word that is no option, nor a toolchain choice.
pub(super) fn verb<'r>(run: &Run<'r, '_>) -> &'r str {
    run.args.iter().map(|arg| &*arg.text).find(|text| !text.starts_with(['-', '+'])).unwrap_or_default()
}

pub(super) fn has(run: &Run<'_, '_>, flags: &[&str]) -> bool {
    run.args.iter().take_while(|arg| arg.text != "--").any(|arg| flags.contains(&&*arg.text))
}

/// Operands after the verb, options with a value left out.
pub(super) fn operands<'t>(run: &Run<'_, 't>, options: &'static [(&'static str, Use)]) -> Vec<Arg<'t>> {
    let mut found = Vec::new();
    split(run.args, options, false, |part| {
        if let Part::Operand(operand) = part {
            found.push(operand.clone());
        }
    });
    if !found.is_empty() {
        found.remove(0);
    }
    found
}
