//! The sandbox phase: where an attempt's effects lie, and which of them the sandbox stops.

use std::borrow::Cow;

use super::attempt::Attempt;
use super::explain;
use super::moment::{Confined, Moment};
use super::request;
use super::touch::{At, Touch};
use crate::action::patch::{self, ChangeKind};
use crate::action::shell::EmbeddedPatch;
use crate::action::{Access, Action};
use crate::boundary::Boundary;
use crate::boundary::mcp::Exposure;
use crate::boundary::sandbox::{Bounds, Confinement, Extent, Kind};
use crate::decision::{Phase, Rule, Ruling, Scope, Verdict};
use crate::replay::EffectRow;

/// Where each effect lies, and the attempt as a whole: out if one effect is, undetermined if there may be more.
pub(super) fn scope(
    boundary: &Boundary,
    bounds: &Bounds<'_>,
    attempt: &Attempt<'_>,
    moment: &Moment<'_>,
) -> (Scope, Vec<EffectRow>) {
    let mut scope = if attempt.opaque.is_some() { Scope::Undetermined } else { Scope::In };
    let mut rows = Vec::with_capacity(attempt.touches.len());
    for touch in &attempt.touches {
        let (inside, rule) = match lies_inside(boundary, bounds, touch, moment) {
            (Scope::Out, rule) if touch.perhaps => (Scope::Undetermined, rule),
            certain => certain,
        };
        scope = scope.max(inside);
        rows.push(EffectRow { access: touch.access, target: touch.shown.clone(), scope: inside, rule });
    }
    (scope, rows)
}

fn lies_inside(
    boundary: &Boundary,
    bounds: &Bounds<'_>,
    touch: &Touch<'_>,
    moment: &Moment<'_>,
) -> (Scope, Option<Rule>) {
    match &touch.at {
        At::Agent => (Scope::In, None),
        At::Tool { server, tool } => match boundary.mcp.tool(server, tool) {
            Exposure::Exposed(policy) => (Scope::In, Some(policy.rule)),
            Exposure::Hidden(rule) => (Scope::Out, Some(rule)),
        },
        _ => match stopped(bounds, touch, moment, Confinement::Sandboxed, boundary.sandbox.has_denials()) {
            Some(rule) => (Scope::Out, Some(rule.clone())),
            None => (Scope::In, None),
        },
    }
}

/// The rule that keeps a file or network effect, or a part of it, from happening.
pub(super) fn stopped<'b>(
    bounds: &Bounds<'b>,
    touch: &Touch<'_>,
    moment: &Moment<'_>,
    confinement: Confinement,
    denies: bool,
) -> Option<&'b Rule> {
    let answer = match (&touch.at, touch.access) {
        // A remote by name may be a folder: what ran well without a network needed none.
        (At::Host(None), _) if moment.ran_confined().is_some_and(|confined| !confined.network) => {
            return None;
        }
        (At::Host(host), _) => bounds.connect(host.as_deref(), confinement),
        // Nothing can be made in a folder that is missing; one that the sandbox masks is there, and shut.
        (At::Path(path), Access::Write)
            if touch.orphan.as_ref().is_some_and(|folder| !(holds(path, folder) && bounds.masks(folder))) =>
        {
            return None;
        }
        (At::Path(path), Access::Write) => bounds.write(path, touch.kind, confinement),
        (At::Path(path), _) => bounds.read(path, touch.kind, confinement),
        (At::Tree(path), Access::Write) => bounds.write_tree(path, moment.site.below(path), confinement),
        (At::Tree(path), _) => bounds.read_tree(path, moment.site.below(path), confinement),
        (At::Listing { path, .. }, _) if !denies => bounds.read(path, touch.kind, confinement),
        (At::Listing { path, tree }, _) => {
            let is_folder = |path: &str| moment.site.follow(path).kind == Kind::Folder;
            bounds.list(path, touch.kind, *tree, &is_folder, confinement)
        }
        // Finding out what has a name is dear, and where nothing may not be read it changes nothing.
        (At::Named { folder, .. }, Access::Read) if !denies => bounds.read_tree(folder, [], confinement),
        (At::Named { folder, names }, access) => {
            let found = moment.site.named(folder, names);
            let answers = found.iter().map(|(path, kind)| match access {
                Access::Write => bounds.write(path, *kind, confinement),
                _ => bounds.read(path, *kind, confinement),
            });
            return answers.into_iter().find(|answer| !answer.allowed()).map(|answer| answer.rule);
        }
        (At::Glob(pattern), Access::Write) => {
            let found = moment.site.matching(pattern);
            let kind = |path: &str| moment.site.follow(path).kind;
            let answers = found.iter().map(|path| bounds.write(path, kind(path), confinement));
            // A pattern that matches nothing stands for itself, or for what is made beside it.
            let itself = found.is_empty().then(|| bounds.write(pattern, Kind::File, confinement));
            return answers.chain(itself).find(|answer| !answer.allowed()).map(|answer| answer.rule);
        }
        (At::Glob(pattern), _) => {
            let folder = fixed_part(pattern);
            // Finding out what a pattern matches is dear, and where nothing may not be read it changes nothing.
            let files = if denies { moment.site.matching(pattern) } else { Vec::new() };
            bounds.read_tree(folder, files.iter().map(String::as_str), confinement)
        }
        (At::Tool { .. } | At::Agent, _) => return None,
    };
    (answer.extent != Extent::All).then_some(answer.rule)
}

/// Does a patch add a file at a place? One that it updates or deletes is read first, and a patch that cannot be read
/// fails before it is applied.
fn adds(embedded: &EmbeddedPatch<'_>, place: &Touch<'_>, moment: &Moment<'_>) -> bool {
    let Ok(patch) = patch::parse(&embedded.text) else { return false };
    let at = |path: &str| At::Path(moment.site.locale.absolute_in(&embedded.cwd, path));
    patch.files.iter().any(|file| matches!(file.kind, ChangeKind::Add { .. }) && at(&file.path) == place.at)
}

/// Is this the folder that a path lies in?
fn holds(path: &str, folder: &str) -> bool {
    path.rsplit_once('/').is_some_and(|(parent, _)| parent == folder)
}

/// The folder in which a pattern starts to vary.
fn fixed_part(pattern: &str) -> &str {
    let fixed = pattern.find(['*', '?', '[']).map_or(pattern, |at| &pattern[..at]);
    fixed.rsplit_once('/').map_or("/", |(folder, _)| if folder.is_empty() { "/" } else { folder })
}

/// The ruling on an attempt that has passed all phases before: does the sandbox let its effects happen?
pub(super) fn ruling(
    boundary: &Boundary,
    bounds: &Bounds<'_>,
    attempt: &Attempt<'_>,
    moment: &Moment<'_>,
    confinement: Confinement,
    allowed: Ruling,
) -> Ruling {
    let deny = |reason: String, rule: Rule| Ruling {
        verdict: Verdict::Deny,
        phase: Phase::Sandbox,
        reason: Cow::Owned(reason),
        rule,
    };
    let inside = confinement == Confinement::Sandboxed && !boundary.sandbox.is_unrestricted();
    // Codex reads images itself, by the rules of the sandbox and not in it.
    let inside = inside && !matches!(attempt.action, Action::ViewImage(_));
    if let Some(broken) = bounds.broken().filter(|_| inside) {
        return deny(broken.reason.clone(), broken.rule.clone());
    }
    if let Some(embedded) = attempt.direct_patch()
        && let Some(folder) = attempt.touches.iter().find(|touch| touch.kind == Kind::Folder)
        && adds(embedded, folder, moment)
    {
        // Codex lets it through, and it fails whatever the sandbox is.
        return Ruling {
            reason: format!("{} is a folder, and a patch writes files", folder.shown).into(),
            ..allowed
        };
    }
    let mut perhaps = None;
    for touch in &attempt.touches {
        if touch.perhaps && perhaps.is_some() {
            continue;
        }
        if let Some(rule) = stopped(bounds, touch, moment, confinement, boundary.sandbox.has_denials()) {
            let verb = match touch.access {
                Access::Read => "reading",
                Access::Write => "writing",
                _ => "connecting to",
            };
            if !touch.perhaps {
                return deny(format!("the sandbox stops {verb} {}", touch.shown), rule.clone());
            }
            perhaps = Some((verb, touch, rule));
        }
    }
    if let Some(limited) = limited(bounds, attempt, confinement) {
        return limited;
    }
    if let Some((verb, touch, rule)) = perhaps {
        return Ruling {
            verdict: Verdict::Undetermined,
            phase: Phase::Sandbox,
            reason: format!("the sandbox would stop {verb} {}, if the command gets there", touch.shown)
                .into(),
            rule: rule.clone(),
        };
    }
    unknown(boundary, bounds, attempt, moment, confinement, allowed)
}

/// The ruling on requests to hosts that may be read from alone; `None` where they only read.
fn limited(bounds: &Bounds<'_>, attempt: &Attempt<'_>, confinement: Confinement) -> Option<Ruling> {
    let rule = attempt.touches.iter().find_map(|touch| match &touch.at {
        At::Host(host) => bounds.limited(host.as_deref(), confinement),
        _ => None,
    })?;
    let Action::Shell(shell) = attempt.action else { return None };
    let (verdict, reason) = match request::reads(&shell.command) {
        Some(true) => return None,
        Some(false) => (Verdict::Deny, "the network lets through requests that only read"),
        None => (
            Verdict::Undetermined,
            "the network lets through requests that only read; what the command requests is not known",
        ),
    };
    Some(Ruling { verdict, phase: Phase::Sandbox, reason: reason.into(), rule: rule.clone() })
}

/// The ruling on an attempt of which nothing known is stopped: may there be more?
fn unknown(
    boundary: &Boundary,
    bounds: &Bounds<'_>,
    attempt: &Attempt<'_>,
    moment: &Moment<'_>,
    confinement: Confinement,
    allowed: Ruling,
) -> Ruling {
    let Some(opaque) = &attempt.opaque else { return allowed };
    if boundary.sandbox.is_unrestricted()
        || (confinement == Confinement::Escalated && !boundary.sandbox.has_denials())
    {
        return allowed;
    }
    if moment.ran_confined().is_some_and(|confined| no_wider(&confined, boundary, bounds, moment)) {
        let reason = "it ran in a recorded sandbox that lets through no more than this one";
        return Ruling { reason: reason.into(), ..allowed };
    }
    Ruling {
        verdict: Verdict::Undetermined,
        phase: Phase::Sandbox,
        reason: Cow::Owned(format!(
            "runs in the sandbox; what it would touch is not known: {}",
            explain::opaque(opaque)
        )),
        rule: allowed.rule,
    }
}

/// Does a recorded sandbox let through no more than the one in force? Then what ran well in it runs well here.
fn no_wider(confined: &Confined<'_>, boundary: &Boundary, bounds: &Bounds<'_>, moment: &Moment<'_>) -> bool {
    let same_profile = boundary.sandbox.name() == confined.profile;
    let root = moment.site.locale.workspace.root();
    let reads = same_profile || !boundary.sandbox.has_denials();
    let writes =
        !confined.writes || bounds.write_tree(root, [], Confinement::Sandboxed).extent != Extent::None;
    let connects = !confined.network || bounds.connect(None, Confinement::Sandboxed).allowed();
    reads && writes && connects
}
