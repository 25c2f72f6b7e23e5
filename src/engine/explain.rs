use std::borrow::Cow;

use crate::action::Opaque;

/// Why effects are not known in full, as a lowercase fragment.
pub(super) fn opaque(why: &Opaque) -> Cow<'static, str> {
    match why {
        Opaque::Program(name) => format!("`{name}` is not a program that is known").into(),
        Opaque::Interpreter(name) => format!("`{name}` runs code that is not read").into(),
        Opaque::Expansion => "a variable or substitution decides what is touched".into(),
        Opaque::Unreadable => "the command cannot be read".into(),
        Opaque::TooComplex => "the command is too long or too deeply nested".into(),
    }
}
