use std::collections::BTreeMap;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span, StrInput};

use super::node::{Node, Table, Value};
use crate::finding::Finding;
use crate::source::{Place, TextFile};

/// Deepest nesting that is read.
const MAX_DEPTH: usize = 32;
/// Most nodes of a document, aliases expanded.
const MAX_NODES: usize = 10_000;

/// Reads the YAML in `text`, which starts on line `first_line` of `file`. Plain `true`, `false`, `null` and `~` have
/// their types, every other scalar is a string. A syntax error is an error finding and then there is no node.
pub fn read_yaml(file: &TextFile, text: &str, first_line: u32, findings: &mut Vec<Finding>) -> Option<Node> {
    let mut reader =
        Reader { file, first_line, parser: Parser::new_from_str(text), anchors: BTreeMap::new(), nodes: 0 };
    match reader.document() {
        Ok(node) => Some(node),
        Err((message, place)) => {
            findings.push(Finding::error("yaml-syntax", message).at(place));
            None
        }
    }
}

/// What is wrong and where.
type Wrong = (String, Place);

struct Reader<'t> {
    file: &'t TextFile,
    first_line: u32,
    parser: Parser<'t, StrInput<'t>>,
    anchors: BTreeMap<usize, Value>,
    nodes: usize,
}

impl<'t> Reader<'t> {
    fn place(&self, line: usize, column: usize) -> Place {
        Place {
            file: self.file.name().clone(),
            line: (line as u32).max(1) - 1 + self.first_line,
            column: column as u32 + 1,
        }
    }

    fn at(&self, span: Span) -> Place {
        self.place(span.start.line(), span.start.col())
    }

    fn scan_error(&self, error: &ScanError) -> Wrong {
        (error.info().to_owned(), self.place(error.marker().line(), error.marker().col()))
    }

    fn next(&mut self) -> Result<(Event<'t>, Span), Wrong> {
        match self.parser.next_event() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => Err(self.scan_error(&error)),
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    /// The first document; Codex takes no second one.
    fn document(&mut self) -> Result<Node, Wrong> {
        let node = loop {
            let (event, span) = self.next()?;
            match event {
                Event::Nothing | Event::StreamStart | Event::DocumentStart(_) => {}
                Event::StreamEnd | Event::DocumentEnd => {
                    return Ok(Node { place: self.at(span), value: Value::Null });
                }
                event => break self.node(event, span, 0)?,
            }
        };
        loop {
            match self.next()? {
                (Event::StreamEnd, _) => return Ok(node),
                (Event::DocumentStart(_), span) => {
                    return Err(("more than one document".to_owned(), self.at(span)));
                }
                _ => {}
            }
        }
    }

    fn node(&mut self, event: Event<'t>, span: Span, depth: usize) -> Result<Node, Wrong> {
        let place = self.at(span);
        self.nodes += 1;
        if depth > MAX_DEPTH || self.nodes > MAX_NODES {
            return Err(("nested too deep or too large".to_owned(), place));
        }
        let (value, anchor) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                let plain = style == ScalarStyle::Plain && tag.is_none();
                (scalar(&text, plain), anchor)
            }
            Event::SequenceStart(anchor, _) => (self.sequence(depth)?, anchor),
            Event::MappingStart(anchor, _) => (self.mapping(depth)?, anchor),
            Event::Alias(id) => {
                let value =
                    self.anchors.get(&id).cloned().ok_or(("unknown anchor".to_owned(), place.clone()))?;
                self.nodes += size(&value);
                (value, 0)
            }
            _ => return Err(("unexpected end".to_owned(), place)),
        };
        if anchor > 0 {
            self.nodes += size(&value);
            self.anchors.insert(anchor, value.clone());
        }
        Ok(Node { place, value })
    }

    fn sequence(&mut self, depth: usize) -> Result<Value, Wrong> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(Value::Array(items)),
                (event, span) => items.push(self.node(event, span, depth + 1)?),
            }
        }
    }

    fn mapping(&mut self, depth: usize) -> Result<Value, Wrong> {
        let mut table = Table::new();
        loop {
            let (event, span) = self.next()?;
            if event == Event::MappingEnd {
                return Ok(Value::Table(table));
            }
            let key = self.node(event, span, depth + 1)?;
            let (event, span) = self.next()?;
            let value = self.node(event, span, depth + 1)?.value;
            let name = key_text(&key.value).ok_or(("a key is not a scalar".to_owned(), key.place.clone()))?;
            if table.contains_key(&name) {
                return Err((format!("duplicate field `{name}`"), key.place));
            }
            table.insert(name, Node { place: key.place, value });
        }
    }
}

fn scalar(text: &str, plain: bool) -> Value {
    match text {
        "true" | "True" | "TRUE" if plain => Value::Boolean(true),
        "false" | "False" | "FALSE" if plain => Value::Boolean(false),
        "" | "~" | "null" | "Null" | "NULL" if plain => Value::Null,
        text => Value::String(text.to_owned()),
    }
}

fn key_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Boolean(value) => Some(value.to_string()),
        Value::Null => Some("null".to_owned()),
        _ => None,
    }
}

/// Nodes below a value, so that repeated aliases cannot grow past the limit.
fn size(value: &Value) -> usize {
    match value {
        Value::Table(table) => 1 + table.values().map(|node| size(&node.value)).sum::<usize>(),
        Value::Array(items) => 1 + items.iter().map(|node| size(&node.value)).sum::<usize>(),
        _ => 1,
    }
}
