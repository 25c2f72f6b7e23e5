use std::collections::BTreeMap;

use crate::finding::{Finding, closest};
use crate::source::Place;

/// A table of a configuration file.
pub type Table = BTreeMap<String, Node>;

/// A value of a TOML or JSON file and where it is written.
///
/// The place is that of the key for an entry of a table, that of the value for an element of an array.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Where it is written.
    pub place: Place,
    /// What is written there.
    pub value: Value,
}

/// A value of TOML or JSON.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A table or JSON object.
    Table(Table),
    /// An array.
    Array(Vec<Node>),
    /// A text.
    String(String),
    /// A whole number that fits 64 bits.
    Integer(i64),
    /// Any other number.
    Float(f64),
    /// True or false.
    Boolean(bool),
    /// A date or time of TOML, as written.
    Datetime(String),
    /// JSON's null; TOML has none.
    Null,
}

impl Value {
    /// What kind of value it is, with its article, for messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Table(_) => "a table",
            Self::Array(_) => "an array",
            Self::String(_) => "a string",
            Self::Integer(_) => "an integer",
            Self::Float(_) => "a float",
            Self::Boolean(_) => "a boolean",
            Self::Datetime(_) => "a datetime",
            Self::Null => "null",
        }
    }
}

/// A typed value and where it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed<T> {
    /// Where it is written.
    pub place: Place,
    /// The value.
    pub value: T,
}

/// Types that a [`Node`] can be read as.
pub trait FromNode<'n>: Sized {
    /// What is expected, with its article, for messages.
    const EXPECTED: &'static str;
    /// The value, if it is of that type.
    fn from_node(node: &'n Node) -> Option<Self>;
}

impl<'n> FromNode<'n> for &'n Node {
    const EXPECTED: &'static str = "a value";
    fn from_node(node: &'n Node) -> Option<Self> {
        Some(node)
    }
}

impl<'n> FromNode<'n> for &'n str {
    const EXPECTED: &'static str = "a string";
    fn from_node(node: &'n Node) -> Option<Self> {
        match &node.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }
}

impl FromNode<'_> for String {
    const EXPECTED: &'static str = "a string";
    fn from_node(node: &Node) -> Option<Self> {
        <&str>::from_node(node).map(str::to_owned)
    }
}

impl FromNode<'_> for bool {
    const EXPECTED: &'static str = "a boolean";
    fn from_node(node: &Node) -> Option<Self> {
        match node.value {
            Value::Boolean(value) => Some(value),
            _ => None,
        }
    }
}

impl FromNode<'_> for i64 {
    const EXPECTED: &'static str = "an integer";
    fn from_node(node: &Node) -> Option<Self> {
        match node.value {
            Value::Integer(value) => Some(value),
            _ => None,
        }
    }
}

impl FromNode<'_> for u64 {
    const EXPECTED: &'static str = "a whole number";
    fn from_node(node: &Node) -> Option<Self> {
        i64::from_node(node).and_then(|value| Self::try_from(value).ok())
    }
}

impl FromNode<'_> for f64 {
    const EXPECTED: &'static str = "a number";
    fn from_node(node: &Node) -> Option<Self> {
        match node.value {
            Value::Float(value) => Some(value),
            Value::Integer(value) => Some(value as Self),
            _ => None,
        }
    }
}

impl<'n> FromNode<'n> for &'n [Node] {
    const EXPECTED: &'static str = "an array";
    fn from_node(node: &'n Node) -> Option<Self> {
        match &node.value {
            Value::Array(items) => Some(items),
            _ => None,
        }
    }
}

impl<'n> FromNode<'n> for &'n Table {
    const EXPECTED: &'static str = "a table";
    fn from_node(node: &'n Node) -> Option<Self> {
        match &node.value {
            Value::Table(table) => Some(table),
            _ => None,
        }
    }
}

impl<'n> FromNode<'n> for Vec<Placed<String>> {
    const EXPECTED: &'static str = "an array of strings";
    fn from_node(node: &'n Node) -> Option<Self> {
        let item = |node: &Node| Some(Placed { place: node.place.clone(), value: String::from_node(node)? });
        <&[Node]>::from_node(node)?.iter().map(item).collect()
    }
}

impl Node {
    /// An empty table.
    pub fn empty(place: Place) -> Self {
        Self { place, value: Value::Table(Table::new()) }
    }

    /// The node under these keys.
    pub fn get(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |node, key| <&Table>::from_node(node)?.get(*key))
    }

    /// Is it a table?
    pub fn is_table(&self) -> bool {
        matches!(self.value, Value::Table(_))
    }

    /// This node as a `T`, if it is one.
    pub fn read<'n, T: FromNode<'n>>(&'n self) -> Option<T> {
        T::from_node(self)
    }

    /// The value under these keys as a `T`. A value of another type is an error finding, as Codex refuses it;
    /// JSON's null counts as absent.
    pub fn typed<'n, T: FromNode<'n>>(
        &'n self,
        path: &[&str],
        findings: &mut Vec<Finding>,
    ) -> Option<Placed<T>> {
        let node = self.get(path).filter(|node| node.value != Value::Null)?;
        let read = T::from_node(node).map(|value| Placed { place: node.place.clone(), value });
        if read.is_none() {
            findings.push(node.wrong_type(&path.join("."), T::EXPECTED));
        }
        read
    }

    /// The error finding for a value of a wrong type; `name` is the key, `expected` has its article.
    pub fn wrong_type(&self, name: &str, expected: &str) -> Finding {
        Finding::error("wrong-type", format!("`{name}` is {}, not {expected}", self.value.kind()))
            .at(self.place.clone())
            .help(format!("write {expected}"))
    }

    /// Entries of the table under these keys, in the order of their names; none if it is absent.
    pub fn entries<'n>(
        &'n self,
        path: &[&str],
        findings: &mut Vec<Finding>,
    ) -> impl Iterator<Item = (&'n str, &'n Self)> + use<'n> {
        let table = self.typed::<&Table>(path, findings).map(|table| table.value);
        table.into_iter().flatten().map(|(key, node)| (key.as_str(), node))
    }

    /// Warns of every key of this table that Codex does not read; it ignores them without a word, so a misspelt
    /// key silently changes what the plugin may do. `what` names the table.
    pub fn warn_unknown(&self, what: &str, known: &[&str], findings: &mut Vec<Finding>) {
        let Some(table) = self.read::<&Table>() else { return };
        for (key, node) in table.iter().filter(|(key, _)| !known.contains(&key.as_str())) {
            let help = closest(key, known.iter().copied())
                .map_or_else(|| "remove it".to_owned(), |name| format!("did you mean `{name}`?"));
            findings.push(
                Finding::warning("unknown-key", format!("Codex ignores the unknown key `{key}` in {what}"))
                    .at(node.place.clone())
                    .help(help),
            );
        }
    }

    /// Lays `higher` over this node: tables merge key by key, anything else is replaced.
    pub fn overlay(&mut self, higher: &Self) {
        match (&mut self.value, &higher.value) {
            (Value::Table(low), Value::Table(high)) => {
                self.place = higher.place.clone();
                for (key, node) in high {
                    match low.get_mut(key) {
                        Some(below) => below.overlay(node),
                        None => drop(low.insert(key.clone(), node.clone())),
                    }
                }
            }
            _ => self.clone_from(higher),
        }
    }
}
