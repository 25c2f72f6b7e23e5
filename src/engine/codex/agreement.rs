/// How far two engines agree.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Agreement {
    /// Steps on which both rule and agree: verdict, phase of a denial, inside or outside of the sandbox, hooks.
    pub agreed: u32,
    /// Steps on which they differ.
    pub differences: Vec<Difference>,
    /// Steps that the native engine calls undetermined and the CLI rules on, with the reason.
    pub undetermined: Vec<Unclear>,
    /// Steps on which the native engine's ruling was taken over, because what was seen fits it and does not prove it, with
    /// the reason.
    pub adopted: Vec<Unclear>,
    /// Steps that the CLI did not get to or does not tell of, with the reason.
    pub unseen: Vec<Unclear>,
}

/// A step on which two engines differ.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// Id of the step.
    pub step: String,
    /// The action in short.
    pub label: String,
    /// What the native engine says.
    pub native: String,
    /// What the CLI did.
    pub codex: String,
}

/// A step that cannot be compared.
#[derive(Clone, Debug, PartialEq)]
pub struct Unclear {
    /// Id of the step.
    pub step: String,
    /// The action in short.
    pub label: String,
    /// Why.
    pub reason: String,
}

impl Agreement {
    pub(super) fn add(&mut self, other: Self) {
        self.agreed += other.agreed;
        self.differences.extend(other.differences);
        self.undetermined.extend(other.undetermined);
        self.adopted.extend(other.adopted);
        self.unseen.extend(other.unseen);
    }

    /// Steps that were compared.
    pub fn compared(&self) -> usize {
        self.agreed as usize + self.differences.len()
    }

    /// Share of the compared steps on which both agree; `None` when none was.
    pub fn rate(&self) -> Option<f64> {
        let all = self.compared();
        (all > 0).then(|| f64::from(self.agreed) / all as f64)
    }
}
