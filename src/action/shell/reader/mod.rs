//! Follows the items of a script and gathers its effects.

mod document;
mod heard;
mod nested;
mod patch;
mod target;

use std::borrow::Cow;
use std::collections::HashMap;
use std::rc::Rc;

use super::guard::{Guards, Outcome, Part};
use super::library::Library;
use super::outcome;
use super::programs::{self, Run};
use super::script::{Item, Joint, RedirectKind, Scope, Simple, body};
use super::vars::{Folder, Scopes, Value};
use super::word::{Arg, UNKNOWN, expand};
use super::{EmbeddedPatch, ShellReading, SimpleCommand, plain, tree};
use crate::action::{Access, Condition, Lying, Opaque, Target};

use document::fed_text;
pub(super) use nested::Shelved;
pub(super) use patch::patch_effects;

/// Deepest nesting of scripts in scripts that is read.
const MAX_SCRIPTS: usize = 8;
/// Most programs that run one another.
const MAX_CALLS: usize = 16;
/// Most effects and commands that are gathered.
const MAX_GATHERED: usize = 2_000;
/// Most items that are read, those of functions as often as these are called.
const MAX_ITEMS: usize = 100_000;

/// Reads one script.
pub(super) struct Reader<'t> {
    out: ShellReading<'t>,
    pub(super) scopes: Scopes<'t>,
    pub(super) guards: Guards<'t>,
    /// Bodies of the functions that are defined.
    functions: HashMap<&'t str, Rc<[Item<'t>]>>,
    depth: usize,
    open: usize,
    /// Items read so far.
    items: usize,
    /// How many programs that run programs are being read.
    calls: usize,
    /// The script ends at the first command that fails (`set -e`).
    stops_at_failure: bool,
    /// The text that the command gets as its input, where it stands in the script.
    pub(super) document: Option<&'t str>,
    /// What the pipe brings, where that is a list of files: patterns for them.
    pub(super) listed: Option<Vec<Arg<'t>>>,
    /// The file that the command gets as its input.
    pub(super) input: Option<Arg<'t>>,
    library: Option<&'t Library>,
    /// The script printed words by which Codex knows a refusal.
    said: bool,
}

impl<'t> Reader<'t> {
    /// A reader that starts in `folder`, inside `depth` other scripts.
    pub(super) fn new(folder: Folder<'t>, depth: usize, library: Option<&'t Library>) -> Self {
        Self {
            out: ShellReading::default(),
            scopes: Scopes::new(folder),
            guards: Guards::new(),
            functions: HashMap::new(),
            depth,
            open: 0,
            items: 0,
            calls: 0,
            stops_at_failure: false,
            document: None,
            listed: None,
            input: None,
            library,
            said: false,
        }
    }

    pub(super) fn finish(self) -> ShellReading<'t> {
        self.out
    }

    /// Reads a script in a POSIX shell's language.
    pub(super) fn script(&mut self, text: &'t str) {
        if self.depth > MAX_SCRIPTS {
            return self.opaque(Opaque::TooComplex);
        }
        let items = plain::read(text).unwrap_or_else(|| tree::read(text));
        self.items(&items);
    }

    fn items(&mut self, items: &[Item<'t>]) {
        self.items += items.len();
        if self.items > MAX_ITEMS {
            return self.opaque(Opaque::TooComplex);
        }
        let mut rest = items.iter();
        while let Some(item) = rest.next() {
            match item {
                Item::Command(simple) => {
                    self.simple(simple);
                    if self.stops_at_failure && is_alone(simple, rest.as_slice().first()) {
                        self.guards.exit_if_failed();
                    }
                }
                Item::Enter(scope) => self.enter(*scope),
                Item::Leave => self.leave(),
                Item::Loop { variable, values } => {
                    self.loop_over(variable, values.as_deref().unwrap_or_default());
                }
                Item::Function(name) => {
                    let body = body(rest.as_slice());
                    self.functions.insert(name, Rc::from(body));
                    rest = rest.as_slice().get(body.len()..).unwrap_or_default().iter();
                }
                Item::Guard(joint) => self.guards.guard(*joint),
                Item::Unguard => self.guards.leave(),
                Item::Mark => self.guards.mark(),
                Item::Recall => self.guards.recall(),
                Item::Unmark => self.guards.unmark(),
                Item::Negate => {
                    self.guards.negate();
                    self.failures_start_here();
                }
                Item::Test(raw) => {
                    let outcome = outcome::of_brackets(raw, &self.scopes, &|arg, what| self.lies(arg, what));
                    self.guards.end(outcome);
                }
                Item::Match { word, patterns } => {
                    self.guards.end(outcome::of_case(word, patterns, &self.scopes));
                }
                Item::Opaque(why) => self.opaque(why.clone()),
            }
        }
    }

    /// Reads a program call that no shell interprets.
    pub(super) fn argv(&mut self, words: &'t [Cow<'t, str>]) {
        let args: Vec<Arg<'t>> = words.iter().map(|word| Arg::plain(&**word)).collect();
        self.call(&args, false);
    }

    fn absorb(&mut self, inner: ShellReading<'t>) {
        if inner.failure.fatal_from > 0 {
            self.out.failure.fatal_from = self.out.effects.known.len() + inner.failure.fatal_from;
            let before = self.out.effects.conditional.len();
            self.out.failure.conditional_from = before + inner.failure.conditional_from;
        }
        self.out.failure.speaks |= inner.failure.speaks;
        for effect in inner.effects.known {
            self.effect(effect.access, effect.target);
        }
        for (condition, effect) in inner.effects.conditional {
            self.effect_if(condition, effect.access, effect.target);
        }
        if let Some(why) = inner.effects.opaque {
            self.opaque(why);
        }
        if let Some((condition, why)) = inner.effects.conditional_opaque {
            let condition = self.guards.condition().clone().and(condition);
            self.out.effects.mark_opaque_if(condition, why);
        }
        let room = MAX_GATHERED.saturating_sub(self.out.commands.len());
        self.out.commands.extend(inner.commands.into_iter().take(room));
        let patches = inner.patches.into_iter().map(|patch| EmbeddedPatch { intercepted: false, ..patch });
        self.out.patches.extend(patches);
        for path in inner.scripts {
            self.name_script(path);
        }
    }

    /// Notes why there may be more effects.
    pub(super) fn opaque(&mut self, why: Opaque) {
        let condition = self.guards.condition().clone();
        self.out.effects.mark_opaque_if(condition, why);
    }

    /// Adds an effect.
    pub(super) fn effect(&mut self, access: Access, target: Target<'t>) {
        self.effect_if(Condition::ALWAYS, access, target);
    }

    /// Adds an effect that happens only if more holds than what leads to this place.
    pub(super) fn effect_if(&mut self, condition: Condition<'t>, access: Access, target: Target<'t>) {
        let effects = &mut self.out.effects;
        if effects.known.len() + effects.conditional.len() < MAX_GATHERED {
            effects.add_if(self.guards.condition().clone().and(condition), access, target);
        } else {
            effects.mark_opaque(Opaque::TooComplex);
        }
    }

    fn enter(&mut self, scope: Scope) {
        self.open += 1;
        self.scopes.enter(scope);
        self.guards.enter(match scope {
            Scope::Isolated => Part::Process,
            Scope::Maybe => Part::Plain,
            Scope::Loop => Part::Loop,
        });
    }

    fn leave(&mut self) {
        if self.open > 0 {
            self.open -= 1;
            self.scopes.leave();
            self.guards.leave();
        }
    }

    fn loop_over(&mut self, variable: &'t str, values: &[&'t str]) {
        let mut args = Vec::new();
        for raw in values {
            expand(raw, &self.scopes, &mut args);
        }
        self.scopes.set_args(variable, args);
    }

    fn simple(&mut self, simple: &Simple<'t>) {
        // A failure of what came before is passed over, and so is one in the background or in a pipe.
        if !self.stops_at_failure && (simple.joint != Some(Joint::And) || simple.piped) {
            self.failures_start_here();
        }
        let narrowed = self.guards.begin(simple.joint, simple.piped);
        if !self.guards.is_dead() {
            self.scoped(simple, narrowed);
        }
        if simple.joint.is_some() {
            self.guards.leave();
        }
        if simple.isolated && !simple.piped {
            self.failures_start_here();
        }
    }

    fn failures_start_here(&mut self) {
        let effects = &self.out.effects;
        self.out.failure.restart(effects.known.len(), effects.conditional.len());
    }

    fn scoped(&mut self, simple: &Simple<'t>, narrowed: bool) {
        let lasting = simple.words.is_empty()
            || matches!(
                simple.words.first(),
                Some(&("cd" | "pushd" | "popd" | "read" | "source" | "." | "eval"))
            );
        let scope = if simple.isolated { Some(Scope::Isolated) } else { narrowed.then_some(Scope::Maybe) };
        let scope = scope.filter(|_| lasting);
        if let Some(scope) = scope {
            self.enter(scope);
        }
        self.run(simple);
        if scope.is_some() {
            self.leave();
        }
    }

    fn run(&mut self, simple: &Simple<'t>) {
        if !simple.piped {
            self.listed = None;
        }
        for redirect in &simple.redirects {
            self.redirect(redirect);
        }
        programs::environment(self, &simple.assignments);
        if simple.words.is_empty() {
            for (name, raw) in &simple.assignments {
                self.assign(name, raw);
            }
            return self.guards.end(Outcome::USUAL);
        }
        let mut args = Vec::with_capacity(simple.words.len());
        for raw in &simple.words {
            expand(raw, &self.scopes, &mut args);
        }
        if self.patch(simple, &args) {
            return self.guards.end(Outcome::USUAL);
        }
        let known = |arg: &Arg<'t>, what: Lying| self.lies(arg, what);
        let outcome = outcome::of_command(&simple.words, &args, &self.scopes, &known);
        if !simple.isolated && simple.words.first() == Some(&"set") {
            self.set_options(&args);
            if let Some(at) = args.iter().position(|arg| arg.text == "--") {
                self.set_arguments(args.into_iter().skip(at + 1));
                return self.guards.end(outcome);
            }
        }
        self.speak(simple, &args);
        self.document = fed_text(simple);
        let fed = simple.piped || simple.redirects.iter().any(|r| !matches!(r.kind, RedirectKind::Write));
        self.input = self.input_file(simple);
        self.call(&args, fed);
        self.document = None;
        self.input = None;
        match simple.words.first() {
            Some(&("exit" | "exec")) if simple.isolated || !Self::ends(&args) => {}
            Some(&("exit" | "exec")) => self.guards.exit(Part::Process),
            Some(&"return") if !simple.isolated => self.guards.exit(Part::Function),
            Some(&("break" | "continue")) if !simple.isolated => self.guards.exit(Part::Loop),
            _ => self.guards.end(outcome),
        }
    }

    /// `set -e` and `set +e`, among other options.
    fn set_options(&mut self, args: &[Arg<'t>]) {
        for (at, arg) in args.iter().enumerate().skip(1) {
            let named = args.get(at + 1).is_some_and(|name| name.text == "errexit");
            let (on, letters) = match (arg.text.strip_prefix('-'), arg.text.strip_prefix('+')) {
                (Some(letters), _) => (true, letters),
                (_, Some(letters)) => (false, letters),
                _ => continue,
            };
            if letters.contains('e') || (letters.ends_with('o') && named) {
                self.stops_at_failure = on;
            }
        }
    }

    /// `exec` without a program only redirects.
    fn ends(args: &[Arg<'t>]) -> bool {
        args.first().is_some_and(|program| program.text == "exit") || args.len() > 1
    }

    fn assign(&mut self, name: &'t str, raw: &'t str) {
        let mut args = Vec::new();
        expand(raw, &self.scopes, &mut args);
        if raw.is_empty() {
            args = vec![Arg::plain("")];
        }
        for arg in &mut args {
            // Assigned values are not matched against file names; one that holds a part like a number is.
            arg.glob &= raw.contains('$') || raw.contains('`');
        }
        self.scopes.set_args(name, args);
    }

    /// Runs a program: `args` starts with its name. `fed` says that its standard input is not the terminal.
    pub(super) fn call(&mut self, args: &[Arg<'t>], fed: bool) {
        let Some((program, rest)) = args.split_first() else { return };
        if program.is_unknown() || program.glob {
            return self.opaque(Opaque::Expansion);
        }
        if self.out.commands.len() >= MAX_GATHERED {
            return self.opaque(Opaque::TooComplex);
        }
        let shown = |arg: &Arg<'t>| match &arg.text {
            Cow::Borrowed(text) if !text.contains(UNKNOWN) => Cow::Borrowed(*text),
            text => Cow::Owned(text.replace(UNKNOWN, "\u{fffd}")),
        };
        self.out
            .commands
            .push(SimpleCommand { program: shown(program), words: rest.iter().map(shown).collect() });
        if self.calls >= MAX_CALLS {
            return self.opaque(Opaque::TooComplex);
        }
        if let Some(body) = self.functions.get(&*program.text).cloned() {
            return self.function(&body, rest);
        }
        let outermost = self.calls == 0;
        self.calls += 1;
        programs::run(&mut Run { reader: self, program, args: rest, fed });
        self.calls -= 1;
        if outermost {
            self.listed = programs::listed(program, rest, self.listed.take());
        }
    }

    /// Runs the body of a function with these arguments.
    fn function(&mut self, body: &[Item<'t>], args: &[Arg<'t>]) {
        const NAMES: [&str; 9] = nested::ARGUMENTS;
        let before: Vec<_> = NAMES.iter().map(|name| self.scopes.value(name)).collect();
        let shifted = args.iter().any(|arg| arg.splits);
        for (at, name) in NAMES.into_iter().enumerate() {
            let given = args.get(at).filter(|_| !shifted).cloned();
            self.scopes.set_args(name, given.into_iter().collect());
        }
        self.calls += 1;
        self.guards.enter(Part::Function);
        self.items(body);
        self.guards.leave();
        self.calls -= 1;
        for (name, value) in NAMES.into_iter().zip(before) {
            self.scopes.set(name, value.unwrap_or(Value::Unknown));
        }
    }
}

/// Does a command stand for itself, so that `set -e` looks at how it ends? What is asked about does not.
fn is_alone(simple: &Simple<'_>, next: Option<&Item<'_>>) -> bool {
    let asked = match next {
        Some(Item::Command(next)) => next.joint.is_some() || next.piped,
        Some(Item::Guard(_) | Item::Mark | Item::Negate) => true,
        _ => false,
    };
    simple.joint.is_none() && !simple.isolated && !simple.words.is_empty() && !asked
}
