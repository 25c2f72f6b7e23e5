//! Splitting scripts of Windows shells into statements of plain words.

use crate::action::Dialect;
use crate::action::shell::word::UNKNOWN;

/// Longest script that is read, in bytes.
const MAX_BYTES: usize = 1 << 16;

/// One statement.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Statement {
    /// Words, without quotes; [`UNKNOWN`] stands for variables.
    Command {
        /// Name and arguments.
        words: Vec<String>,
        /// Files that output is redirected to.
        writes: Vec<String>,
        /// The input comes from the statement before.
        piped: bool,
    },
    /// Something else.
    Unreadable,
}

/// The statements of a script; `None` when it is too long or a quote is open.
pub(super) fn split(dialect: Dialect, text: &str) -> Option<Vec<Statement>> {
    if text.len() > MAX_BYTES {
        return None;
    }
    let mut reader = Reader {
        chars: text.chars().collect(),
        at: 0,
        power: dialect != Dialect::Cmd,
        now: Now::default(),
        done: Vec::new(),
    };
    reader.script()?;
    Some(reader.done)
}

/// The statement that is being read.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a question of its own")]
struct Now {
    words: Vec<String>,
    writes: Vec<String>,
    piped: bool,
    broken: bool,
    redirects: bool,
    /// The first word is a text in quotes, which stands for itself unless it is called.
    value: bool,
    called: bool,
}

struct Reader {
    chars: Vec<char>,
    at: usize,
    power: bool,
    now: Now,
    done: Vec<Statement>,
}

impl Reader {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    fn script(&mut self) -> Option<()> {
        while let Some(c) = self.peek(0) {
            match c {
                ' ' | '\t' | '\r' => self.at += 1,
                '\n' => self.end(false),
                ';' if self.power => self.end(false),
                '&' => self.ampersand(),
                '|' => {
                    let pipe = self.peek(1) != Some('|');
                    self.at += usize::from(!pipe);
                    self.end(pipe);
                }
                '>' => {
                    self.at += 1 + usize::from(self.peek(1) == Some('>'));
                    if self.peek(0) == Some('&') {
                        self.at += 2;
                    } else {
                        self.now.redirects = true;
                    }
                }
                '#' if self.power => {
                    while self.peek(0).is_some_and(|c| c != '\n') {
                        self.at += 1;
                    }
                }
                _ => self.word()?,
            }
        }
        self.end(false);
        Some(())
    }

    fn ampersand(&mut self) {
        if self.peek(1) == Some('&') {
            self.at += 1;
            self.end(false);
        } else if self.power {
            // The call operator: `& "program" arguments`.
            self.at += 1;
            self.now.broken |= !self.now.words.is_empty();
            self.now.called = true;
        } else {
            self.end(false);
        }
    }

    fn end(&mut self, pipe: bool) {
        self.at += 1;
        let now = std::mem::replace(&mut self.now, Now { piped: pipe, ..Now::default() });
        let starts_block = now.words.first().is_some_and(|word| {
            let lower = word.to_ascii_lowercase();
            matches!(
                lower.as_str(),
                "if" | "else"
                    | "for"
                    | "foreach"
                    | "while"
                    | "do"
                    | "function"
                    | "try"
                    | "catch"
                    | "param"
                    | "switch"
                    | "return"
                    | "throw"
                    | "."
                    | "call"
            ) || word.starts_with(UNKNOWN)
        });
        if now.broken || starts_block {
            self.done.push(Statement::Unreadable);
        } else if now.value && !now.called && now.words.len() == 1 && now.writes.is_empty() {
            // A text alone is printed.
        } else if !now.words.is_empty() || !now.writes.is_empty() {
            self.done.push(Statement::Command { words: now.words, writes: now.writes, piped: now.piped });
        }
    }

    fn word(&mut self) -> Option<()> {
        let mut word = String::new();
        if self.now.words.is_empty() && self.power && matches!(self.peek(0), Some('\'' | '"')) {
            self.now.value = !self.now.redirects;
        }
        while let Some(c) = self.peek(0) {
            match c {
                ' ' | '\t' | '\r' | '\n' | '|' | '>' | '&' => break,
                ';' if self.power => break,
                '\'' if self.power => self.quoted(&mut word, '\'')?,
                '"' => self.quoted(&mut word, '"')?,
                '$' if self.power => self.variable(&mut word),
                '%' if !self.power => self.percent(&mut word),
                '(' | ')' | '{' | '}' | '@' if self.power => {
                    self.now.broken = true;
                    self.at += 1;
                }
                '(' | ')' | '^' if !self.power => {
                    self.now.broken = true;
                    self.at += 1;
                }
                '`' if self.power => {
                    word.extend(self.peek(1));
                    self.at += 2;
                }
                _ => {
                    word.push(if c == UNKNOWN { '\u{fffd}' } else { c });
                    self.at += 1;
                }
            }
        }
        if std::mem::take(&mut self.now.redirects) {
            self.now.writes.push(word);
        } else if self.peek(0) == Some('>') && matches!(word.as_str(), "1" | "2" | "*") {
            // The number of the stream that is redirected.
        } else {
            self.now.words.push(word);
        }
        Some(())
    }

    fn quoted(&mut self, word: &mut String, quote: char) -> Option<()> {
        self.at += 1;
        loop {
            let c = self.peek(0)?;
            if c == quote && self.power && self.peek(1) == Some(quote) {
                word.push(quote);
                self.at += 2;
            } else if c == quote {
                self.at += 1;
                return Some(());
            } else if c == '$' && quote == '"' && self.power {
                self.variable(word);
            } else if c == '%' && !self.power {
                self.percent(word);
            } else if c == '`' && quote == '"' && self.power {
                word.extend(self.peek(1));
                self.at += 2;
            } else {
                word.push(c);
                self.at += 1;
            }
        }
    }

    /// `$name`, `$env:name`, `${name}`; `$null` stays as it is.
    fn variable(&mut self, word: &mut String) {
        self.at += 1;
        let start = self.at;
        while self
            .peek(0)
            .is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | ':' | '{' | '}' | '?' | '$'))
        {
            self.at += 1;
        }
        let name: String = self.chars.get(start..self.at).unwrap_or_default().iter().collect();
        if name.eq_ignore_ascii_case("null") {
            word.push_str("$null");
        } else {
            word.push(UNKNOWN);
        }
        if matches!(self.peek(0), Some('(' | '[' | '=')) {
            self.now.broken = true;
        }
    }

    /// `%NAME%`
    fn percent(&mut self, word: &mut String) {
        let rest = self.chars.get(self.at + 1..).unwrap_or_default();
        match rest.iter().position(|c| *c == '%' || c.is_whitespace()) {
            Some(length) if rest.get(length) == Some(&'%') => {
                word.push(UNKNOWN);
                self.at += length + 2;
            }
            _ => {
                word.push('%');
                self.at += 1;
            }
        }
    }
}
