use std::io::{IsTerminal, Write};

use super::args::{Colour, Look};

impl Look {
    /// Should output to standard output be coloured? `NO_COLOR` and dumb terminals are honoured.
    pub(crate) fn colour(self) -> bool {
        match self.color {
            Colour::Always => true,
            Colour::Never => false,
            Colour::Auto => {
                let choice = anstream::AutoStream::choice(&std::io::stdout());
                choice != anstream::ColorChoice::Never && std::io::stdout().is_terminal()
            }
        }
    }

    /// Standard output, which drops colour unless it is wanted.
    pub(crate) fn stdout(self) -> impl Write {
        anstream::AutoStream::new(std::io::stdout().lock(), self.choice())
    }

    /// Standard error, likewise.
    pub(crate) fn stderr(self) -> impl Write {
        anstream::AutoStream::new(std::io::stderr().lock(), self.choice())
    }

    /// Should progress be shown?
    pub(crate) fn progress(self) -> bool {
        !self.quiet && std::io::stderr().is_terminal()
    }

    fn choice(self) -> anstream::ColorChoice {
        match self.color {
            Colour::Always => anstream::ColorChoice::Always,
            Colour::Never => anstream::ColorChoice::Never,
            Colour::Auto => anstream::ColorChoice::Auto,
        }
    }
}
