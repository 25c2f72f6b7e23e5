//! Where a turn worked: its working folder and the workspace roots.

use crate::engine::Workspace;
use crate::transcript::{Context, Session};

/// Where a turn worked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct TurnPlace {
    /// The working folder; empty where the recording does not tell.
    pub(super) cwd: String,
    /// The workspace roots; `None` where nothing tells, and the working folder is the root.
    pub(super) roots: Option<Vec<String>>,
}

impl TurnPlace {
    pub(super) fn of(session: &Session<'_>, context: Option<&Context<'_>>) -> Self {
        let root = |root: &str| Workspace::new(root).root().to_owned();
        let roots = session.roots_in(context).map(|roots| roots.into_iter().map(root).collect());
        let cwd = context.map(|context| &*context.cwd).filter(|cwd| !cwd.is_empty());
        Self { cwd: cwd.map(root).unwrap_or_default(), roots }
    }

    /// Takes in that the checkout stands elsewhere.
    pub(super) fn move_along(&mut self, old: &str, new: &str) {
        for path in self.roots.iter_mut().flatten().chain([&mut self.cwd]) {
            if let Some(rest) = path.strip_prefix(old).filter(|rest| rest.is_empty() || rest.starts_with('/'))
            {
                *path = format!("{new}{rest}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkout_elsewhere_takes_roots_along() {
        let roots = ["/opt/app/web", "/opt/app2", "/opt/app"].map(str::to_owned).to_vec();
        let mut place = TurnPlace { cwd: "/opt/app/web".to_owned(), roots: Some(roots) };
        place.move_along("/opt/app", "/workspace");
        assert_eq!(place.cwd, "/workspace/web");
        assert_eq!(place.roots.unwrap(), ["/workspace/web", "/opt/app2", "/workspace"]);
    }
}
