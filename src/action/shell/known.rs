//! Readings of commands that come again: the sessions of a suite repeat one another's.

use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::ops::Deref;
use std::rc::Rc;

use super::{Command, Dialect, Shell, ShellReading, effects};

/// Longest script whose reading is kept, in bytes.
const LONGEST: usize = 512;
/// Readings that are kept on a thread.
const KEPT: usize = 1024;
/// Scripts that were met once and are remembered, as a power of two.
const MET: usize = 4096;

/// A reading, made for this command or for an equal one before.
#[derive(Debug)]
pub enum Reading<'t> {
    /// Made for this command.
    Own(Box<ShellReading<'t>>),
    /// Made before.
    Known(Rc<ShellReading<'static>>),
}

impl<'t> Deref for Reading<'t> {
    type Target = ShellReading<'t>;

    fn deref(&self) -> &ShellReading<'t> {
        match self {
            Self::Own(reading) => reading,
            Self::Known(reading) => reading,
        }
    }
}

impl<'t> From<ShellReading<'t>> for Reading<'t> {
    fn from(reading: ShellReading<'t>) -> Self {
        Self::Own(Box::new(reading))
    }
}

thread_local! {
    static READINGS: RefCell<Readings> = RefCell::default();
}

/// What a thread remembers. A reading is kept when its script comes a second time, for most come once.
#[derive(Default)]
struct Readings {
    kept: HashMap<Box<str>, Rc<ShellReading<'static>>>,
    /// Hashes of scripts, each at a place of its own; another one of the same place takes it.
    met: Vec<u64>,
}

impl Readings {
    fn meet(&mut self, script: &str) -> bool {
        let mut hasher = DefaultHasher::new();
        script.hash(&mut hasher);
        let hash = hasher.finish();
        self.met.resize(MET, 0);
        let place = &mut self.met[hash as usize % MET];
        std::mem::replace(place, hash) == hash
    }

    fn keep(&mut self, script: &str, reading: ShellReading<'_>) -> Rc<ShellReading<'static>> {
        if self.kept.len() == KEPT {
            self.kept.clear();
        }
        let reading = Rc::new(reading.into_owned());
        self.kept.insert(script.into(), Rc::clone(&reading));
        reading
    }
}

/// Reads a shell command as [`effects`] does, once for equal ones.
pub fn read<'s>(shell: &'s Shell<'_>) -> Reading<'s> {
    let Command::Script { dialect: Dialect::Posix, text } = &shell.command else {
        return effects(shell).into();
    };
    if text.len() > LONGEST {
        return effects(shell).into();
    }
    READINGS.with_borrow_mut(|readings| {
        if let Some(reading) = readings.kept.get(&**text) {
            return Reading::Known(Rc::clone(reading));
        }
        if readings.meet(text) {
            return Reading::Known(readings.keep(text, effects(shell)));
        }
        effects(shell).into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(text: &str) -> Shell<'_> {
        Shell::new(Command::Script { dialect: Dialect::Posix, text: text.into() })
    }

    #[test]
    fn a_command_that_comes_again_is_read_once() {
        let script = "for f in src/*.rs; do head -n 3 \"$f\"; done; git status --short > out";
        let kinds: Vec<bool> = (0..4).map(|_| matches!(read(&shell(script)), Reading::Known(_))).collect();
        assert_eq!(kinds, [false, true, true, true]);
        assert_eq!(*read(&shell(script)), effects(&shell(script)));
        let long = format!("echo {}", "x".repeat(LONGEST));
        assert!((0..3).all(|_| matches!(read(&shell(&long)), Reading::Own(_))));
    }

    #[test]
    fn many_commands_are_read_as_they_are() {
        for round in 0..3 {
            for number in 0..KEPT * 2 {
                let script = format!("cat file-{number}");
                assert_eq!(*read(&shell(&script)), effects(&shell(&script)), "{round}");
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn what_was_read_before_changes_no_reading(
            scripts in proptest::collection::vec(
                "(cat|rm -rf|cd|git push|echo x >|apply_patch <<'E'\n\\*\\*\\*) [a-c]{1,2}( && touch \\$X|; ls|\nE\n)?", 1..12
            ),
        ) {
            for script in scripts.iter().chain(&scripts).chain(&scripts) {
                let shell = shell(script);
                proptest::prop_assert_eq!(&*read(&shell), &effects(&shell));
            }
        }
    }
}
