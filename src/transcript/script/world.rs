//! What a script can reach: the tools, which answer as the recording says they did, and what is printed and stored.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::noted::{Asked, Noted, Outcome};
use super::{Input, MAX_CALLS, Nested};

/// Pieces that one script may print.
const MAX_PRINTS: usize = 10_000;
/// What scripts may print or store, in bytes.
const MAX_KEPT: usize = 8 << 20;

/// What a call is answered.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Given {
    /// A value, as JSON text.
    Value(String),
    /// What a finished command gave, as JSON text; its fields about time and chunks are not known.
    Command(String),
    /// Some object.
    Object,
    /// A refusal with this text.
    Refused(String),
    /// A refusal with a text that is not known.
    RefusedSomehow,
    /// Something that the script does not look at.
    Ignored,
}

/// What may have become of a call that left no item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Choice {
    /// It ran.
    Ran,
    /// It was refused.
    Refused,
    /// It was not answered before the script ended.
    Open,
}

/// What scripts of a session stored for later ones.
#[derive(Clone, Debug, Default)]
pub(in crate::transcript) struct Stored {
    /// JSON texts by key.
    values: BTreeMap<String, String>,
    /// A script may have stored anything.
    pub(super) uncertain: bool,
}

impl Stored {
    pub(super) fn same(&self, other: &Self) -> bool {
        self.values == other.values && self.uncertain == other.uncertain
    }

    /// Notes that a script whose course is not known may have stored something.
    pub(super) fn doubt(&mut self, stores: bool) {
        if stores {
            self.values.clear();
            self.uncertain = true;
        }
    }
}

/// Something is not known.
pub(super) struct Unknown;

/// What is known of a script beside its text.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Traits {
    /// A refusal's text may be handed to the script: it does nothing with it that would pass unseen.
    pub refusals: bool,
    /// Calls whose results the script does not look at.
    pub ignores: bool,
}

/// A call that was made.
#[derive(Debug)]
pub(super) struct Made {
    pub nested: Nested,
    /// What it asks for, in the words of items.
    pub asked: Asked,
    /// The item that is its own.
    pub item: Option<usize>,
}

/// The world of one run.
#[derive(Debug, Default)]
pub(super) struct World {
    /// What the recording tells of calls.
    noted: Rc<Vec<Noted>>,
    traits: Traits,
    /// What became of calls without an item, in the order in which they are settled.
    pub choices: Vec<Choice>,
    /// Where another choice was possible: how many calls there were then.
    pub forks: Vec<usize>,
    /// The last call that was refused by choice.
    pub refused: Option<usize>,
    /// The calls so far.
    pub calls: Vec<Made>,
    /// The pieces printed so far; `None` where the text is not known.
    pub prints: Vec<Option<String>>,
    pub stored: Stored,
    /// The evaluation must end.
    pub stopped: bool,
    /// The script left by `exit()`.
    pub exited: bool,
    /// Calls that were not settled.
    waiting: Vec<u32>,
    taken: Vec<bool>,
    /// Something is printed at the moment; whether it held something unknown.
    printing: Option<bool>,
    kept: usize,
}

impl World {
    pub(super) fn new(noted: Rc<Vec<Noted>>, traits: Traits, choices: Vec<Choice>, stored: Stored) -> Self {
        Self { taken: vec![false; noted.len()], noted, traits, choices, stored, ..Self::default() }
    }

    pub(super) fn halted(&self) -> bool {
        self.stopped || self.exited
    }

    /// Whether something unknown was met.
    pub(super) fn is_hit(&self) -> bool {
        self.halted() || self.printing == Some(true)
    }

    /// Something unknown is asked for: the end, except in what is only printed.
    pub(super) fn unknown(&mut self) {
        match &mut self.printing {
            Some(hit) => *hit = true,
            None => self.stopped = true,
        }
    }

    pub(super) fn enter(&mut self) {
        self.printing = Some(false);
    }

    /// Whether what was printed held something unknown.
    pub(super) fn leave(&mut self) -> bool {
        self.printing.take() == Some(true)
    }

    /// A call; its number, or `None` when it cannot be made.
    pub(super) fn call(&mut self, name: String, input: Input) -> Option<u32> {
        self.stopped |= self.printing.is_some() || self.calls.len() >= MAX_CALLS;
        if self.halted() {
            return None;
        }
        let nested = Nested::new(name, input.canonical());
        let asked = Asked::by(&nested);
        let item = (0..self.noted.len()).find(|at| !self.taken[*at] && self.noted[*at].answers(&asked));
        if let Some(at) = item {
            self.taken[at] = true;
        }
        let id = self.calls.len() as u32;
        self.calls.push(Made { nested, asked, item });
        self.waiting.push(id);
        Some(id)
    }

    /// The call that is settled next: those without an item were refused or stopped at once, the others end in the
    /// order of their items.
    pub(super) fn settle(&mut self) -> Option<(u32, Given)> {
        while !self.halted() {
            let item = |id: &u32| self.calls[*id as usize].item;
            let (at, id) = self.waiting.iter().copied().enumerate().min_by_key(|(_, id)| item(id))?;
            self.waiting.remove(at);
            if let Some(given) = self.given(id) {
                return Some((id, given));
            }
        }
        None
    }

    fn given(&mut self, id: u32) -> Option<Given> {
        let call = self.calls.get(id as usize)?;
        let noted = call.item.and_then(|at| self.noted.get(at));
        let known = match noted.map(|noted| &noted.outcome) {
            Some(Outcome::Value(json)) => Some(Given::Value(json.clone())),
            Some(Outcome::Command(command)) => Some(match command.result(&call.asked) {
                Some(json) => Given::Command(json),
                None => Given::Object,
            }),
            Some(Outcome::Object) => Some(Given::Object),
            Some(Outcome::Unknown) | None => refused(&call.nested).map(Given::Refused),
        };
        known.or_else(|| self.chosen(id))
    }

    /// What a call is answered whose end is not recorded, by choice.
    fn chosen(&mut self, id: u32) -> Option<Given> {
        let nth = self.forks.len();
        self.forks.push(self.calls.len());
        if nth == self.choices.len() {
            self.choices.push(Choice::Ran);
        }
        let given = match self.choices[nth] {
            Choice::Open => return None,
            Choice::Refused => {
                self.refused = Some(id as usize);
                self.traits.refusals.then_some(Given::RefusedSomehow)
            }
            Choice::Ran => {
                let known = ran(&self.calls[id as usize].nested.name);
                known.or(self.traits.ignores.then_some(Given::Ignored))
            }
        };
        self.stopped |= given.is_none();
        given
    }

    pub(super) fn print(&mut self, text: Option<String>) -> Option<()> {
        self.kept += text.as_ref().map_or(0, String::len);
        self.stopped |= self.prints.len() >= MAX_PRINTS || self.kept > MAX_KEPT || self.printing.is_some();
        if self.halted() {
            return None;
        }
        self.prints.push(text);
        Some(())
    }

    pub(super) fn store(&mut self, key: String, json: String) -> Option<()> {
        self.kept += key.len() + json.len();
        self.stopped |= self.kept > MAX_KEPT || self.printing.is_some();
        if self.halted() {
            return None;
        }
        self.stored.values.insert(key, json);
        Some(())
    }

    /// What was stored, if anything; an error when that is not known.
    pub(super) fn load(&mut self, key: &str) -> Result<Option<String>, Unknown> {
        let found = self.stored.values.get(key).cloned();
        if found.is_none() && self.stored.uncertain {
            self.unknown();
        }
        if self.is_hit() { Err(Unknown) } else { Ok(found) }
    }

    /// Which items have a call.
    pub(super) fn explained(&self) -> &[bool] {
        &self.taken
    }
}

/// The refusal of arguments that a tool of Codex's own does not take.
fn refused(nested: &Nested) -> Option<String> {
    match (&nested.input, nested.name.as_str()) {
        (Input::Json(_), "apply_patch") => Some("tool `apply_patch` expects a string input".to_owned()),
        (Input::Text(_), name @ ("exec_command" | "write_stdin" | "view_image")) => {
            Some(format!("tool `{name}` expects a JSON object for arguments"))
        }
        _ => None,
    }
}

/// What is known of the result of a call that ran.
fn ran(name: &str) -> Option<Given> {
    match name {
        "apply_patch" => Some(Given::Value("{}".to_owned())),
        "exec_command" | "write_stdin" | "view_image" | "create_goal" | "get_goal" | "update_goal" => {
            Some(Given::Object)
        }
        name if name.starts_with("mcp__") => Some(Given::Object),
        _ => None,
    }
}
