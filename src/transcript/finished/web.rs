//! Searches of the web and images that were looked at.

use std::borrow::Cow;

use super::{Dropped, evidence, note, target};
use crate::action::{Action, ToolName};
use crate::transcript::reader::Reader;
use crate::transcript::twins::Origin;
use crate::transcript::{Item, StepKind, tool};

/// Adds a search of the web, unless another record told it.
pub(in crate::transcript) fn web_search<'t>(
    reader: &mut Reader<'t>,
    origin: Origin,
    id: Cow<'t, str>,
    action: &'t str,
) {
    let tool = ToolName { namespace: "".into(), name: "web_search".into() };
    let read = tool::web_search(action);
    let read =
        read.unwrap_or_else(|error| Action::Malformed { tool: tool.clone(), error: error.to_string() });
    let steps = &reader.out.steps;
    let twin = reader
        .searched
        .find(origin, |step| matches!(&steps[step].kind, StepKind::Call(call) if call.action == read));
    let step = twin.unwrap_or_else(|| {
        let step = reader.call(id, tool, read, Cow::Borrowed(action));
        reader.searched.add(origin, step);
        step
    });
    note(reader, step, Item { status: "completed".into(), ..Item::default() }, None);
}

pub(super) fn viewed_image<'t>(reader: &mut Reader<'t>, id: Cow<'t, str>, path: Cow<'t, str>) {
    let fits =
        |action: &Action<'_>| matches!(action, Action::ViewImage(known) if path.ends_with(known.as_ref()));
    let step = match target(reader, &id, fits) {
        Err(Dropped) => return,
        Ok(Some(step)) => step,
        Ok(None) => evidence(reader, id, "view_image", Action::ViewImage(path.clone()), path),
    };
    note(reader, step, Item { status: "completed".into(), ..Item::default() }, None);
}
