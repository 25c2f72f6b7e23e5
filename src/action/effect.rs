use std::borrow::Cow;

/// How an effect touches its target.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    serde::Serialize,
    serde::Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Access {
    /// Reads a file or lists a folder.
    Read,
    /// Creates, changes, moves or removes a file or folder, or its metadata.
    Write,
    /// Opens a network connection.
    Connect,
    /// Calls a tool of an MCP server.
    Call,
    /// Starts a sub-agent.
    Spawn,
}

impl Access {
    /// Lower-case name, as in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Connect => "connect",
            Self::Call => "call",
            Self::Spawn => "spawn",
        }
    }
}

/// What an effect touches.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Target<'t> {
    /// A path as written, joined with the `cd`s before it; relative ones start at the call's working folder.
    /// `~` stands for the home folder when it is the first component.
    Path(Cow<'t, str>),
    /// The entry at a path itself, which is removed or moved: a symlink there is not followed. Otherwise like
    /// [`Target::Path`].
    Entry(Cow<'t, str>),
    /// A path pattern with `*`, `?` or `[…]`, otherwise like [`Target::Path`].
    Glob(Cow<'t, str>),
    /// Everything below a path (a recursive command such as `grep -r` or `rm -r`).
    Tree(Cow<'t, str>),
    /// A host name or address, without port.
    Host(Cow<'t, str>),
    /// Some host that the command does not name (a package registry, a git remote by name).
    SomeHost(Cow<'t, str>),
    /// A tool of an MCP server.
    Tool {
        /// Server.
        server: Cow<'t, str>,
        /// Tool.
        tool: Cow<'t, str>,
    },
    /// A sub-agent of this role; empty for the default role.
    Agent(Cow<'t, str>),
}

/// One thing that an action would touch.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Effect<'t> {
    /// How.
    pub access: Access,
    /// What.
    pub target: Target<'t>,
}

impl Effect<'_> {
    /// The same effect without borrows.
    pub fn into_owned(self) -> Effect<'static> {
        let own = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        let target = match self.target {
            Target::Path(path) => Target::Path(own(path)),
            Target::Entry(path) => Target::Entry(own(path)),
            Target::Glob(path) => Target::Glob(own(path)),
            Target::Tree(path) => Target::Tree(own(path)),
            Target::Host(host) => Target::Host(own(host)),
            Target::SomeHost(place) => Target::SomeHost(own(place)),
            Target::Tool { server, tool } => Target::Tool { server: own(server), tool: own(tool) },
            Target::Agent(role) => Target::Agent(own(role)),
        };
        Effect { access: self.access, target }
    }
}

/// Why effects cannot be known in full.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opaque {
    /// A program that the table does not know; holds its name.
    Program(String),
    /// Code handed to an interpreter (`python -c`, `node -e`, a script file).
    Interpreter(String),
    /// A variable, substitution or other expansion decides what is touched.
    Expansion,
    /// The text is not valid for its shell, or of a shell that is only read coarsely.
    Unreadable,
    /// Nested deeper or longer than is read.
    TooComplex,
}

/// All that an action would touch.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Effects<'t> {
    /// Known effects, in order of appearance, without exact repeats.
    pub known: Vec<Effect<'t>>,
    /// The first reason why there may be more; `None` when `known` is complete.
    pub opaque: Option<Opaque>,
}

impl<'t> Effects<'t> {
    /// Adds an effect unless it is there already.
    pub fn add(&mut self, access: Access, target: Target<'t>) {
        let effect = Effect { access, target };
        if !self.known.contains(&effect) {
            self.known.push(effect);
        }
    }

    /// The same effects without borrows.
    pub fn into_owned(self) -> Effects<'static> {
        Effects { known: self.known.into_iter().map(Effect::into_owned).collect(), opaque: self.opaque }
    }

    /// Notes that there may be effects which are not known; the first reason stays.
    pub fn mark_opaque(&mut self, why: Opaque) {
        self.opaque.get_or_insert(why);
    }
}
