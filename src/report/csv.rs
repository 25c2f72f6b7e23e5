use super::escape;

/// Rows of a CSV file: comma-separated, one line each, quoted where needed, safe in a spreadsheet.
///
/// Written by hand because a run of 10,000 tasks fills millions of cells: [`escape::cell`] has made line breaks
/// visible before, so that a quoted cell never spans lines.
pub(super) struct Rows<'b> {
    out: &'b mut Vec<u8>,
    first: bool,
}

/// Characters of a cell; spreadsheets cut or refuse what is longer than 32,767. `report.json` has all of it.
const MAX_CELL: usize = 30_000;

impl<'b> Rows<'b> {
    pub(super) fn new(out: &'b mut Vec<u8>) -> Self {
        Self { out, first: true }
    }

    fn start(&mut self) {
        if !std::mem::take(&mut self.first) {
            self.out.push(b',');
        }
    }

    /// A word of ours, such as a kind or a verdict.
    pub(super) fn word(&mut self, word: &str) -> &mut Self {
        self.start();
        self.out.extend_from_slice(word.as_bytes());
        self
    }

    /// Anything else.
    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        self.start();
        if is_plain(text.as_bytes()) {
            self.out.extend_from_slice(text.as_bytes());
            return self;
        }
        let text = escape::cell(text);
        let text = if text.len() > MAX_CELL { escape::short(&text, MAX_CELL) } else { text };
        let bytes = text.as_bytes();
        // Quoted for `;` and tabs too: spreadsheets take several separators at once.
        let splits = |byte: &u8| matches!(byte, b',' | b';' | b'\t' | b'"' | b'\n' | b'\r');
        if !bytes.iter().any(splits) && !edge_blank(bytes) {
            self.out.extend_from_slice(bytes);
            return self;
        }
        self.out.push(b'"');
        for part in text.split_inclusive('"') {
            self.out.extend_from_slice(part.as_bytes());
            if part.ends_with('"') {
                self.out.push(b'"');
            }
        }
        self.out.push(b'"');
        self
    }

    pub(super) fn number(&mut self, number: impl Into<u64>) -> &mut Self {
        self.start();
        let mut digits = [0; 20];
        let mut at = digits.len();
        let mut rest = number.into();
        loop {
            at -= 1;
            digits[at] = b'0' + (rest % 10) as u8;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        self.out.extend_from_slice(&digits[at..]);
        self
    }

    pub(super) fn flag(&mut self, flag: bool) -> &mut Self {
        self.word(if flag { "yes" } else { "no" })
    }

    pub(super) fn end(&mut self) {
        self.out.push(b'\n');
        self.first = true;
    }

    /// The line of column names.
    pub(super) fn header(&mut self, columns: &[&str]) {
        for column in columns {
            self.word(column);
        }
        self.end();
    }
}

/// Most cells: nothing to guard, escape or quote. Anything else takes the long way.
fn is_plain(bytes: &[u8]) -> bool {
    let edge = |byte: Option<&u8>| {
        byte.is_none_or(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'`' | b'.'))
    };
    let special = |byte: u8| !(0x20..0x7F).contains(&byte) | matches!(byte, b',' | b';' | b'|' | b'"');
    // Without an early end the compiler compares many bytes at once.
    edge(bytes.first())
        && bytes.last() != Some(&b' ')
        && !bytes.iter().fold(false, |found, byte| found | special(*byte))
}

fn edge_blank(bytes: &[u8]) -> bool {
    bytes.first() == Some(&b' ') || bytes.last() == Some(&b' ')
}
