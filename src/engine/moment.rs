use super::attempt::Attempt;
use super::edits;
use super::grants::has_tty;
use super::hook::RecordView;
use super::hooks::{Answers, body};
use super::memory::Memory;
use super::touch::Site;
use crate::action::is_current;
use crate::decision::Approval;
use crate::source::Overlay;
use crate::transcript::{Call, Context, Recorded, Session, Transcript};

/// When and where a call happened, as the recording tells.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment<'m> {
    /// Where the call starts from.
    pub(super) site: Site<'m>,
    /// The session (of the sub-agent, if it is one).
    pub(super) session: &'m Session<'m>,
    /// Id of the session that started all agents of the run.
    pub(super) root: &'m str,
    /// Settings in force; `None` in formats without them.
    pub(super) context: Option<&'m Context<'m>>,
    /// The call; `None` for a prompt.
    pub(super) call: Option<&'m Call<'m>>,
    /// What the recording shows to have become of it.
    pub(super) recorded: Recorded,
    /// Whoever was asked in the recording accepted it.
    pub(super) accepted: bool,
    /// What a person answered; `None` where nothing is known.
    pub(super) approval: Option<&'m Approval>,
    /// Text is typed into a terminal that was started outside the sandbox.
    pub(super) escalated_terminal: bool,
    /// The call whose command this one types to.
    pub(super) terminal: Option<&'m Call<'m>>,
    /// Nesting of sub-agents.
    pub(super) depth: u8,
    /// All recordings of the task.
    pub(super) transcripts: &'m [Transcript<'m>],
    /// What MCP servers answered in them.
    pub(super) answers: &'m Answers,
    /// The recordings as they were then.
    pub(super) record: RecordView<'m>,
    /// What stays from call to call under the stage at hand.
    pub(super) memory: Option<&'m Memory>,
    /// The files without what hooks changed, where the site has them with it.
    pub(super) untouched: Option<&'m Overlay>,
}

impl<'m> Moment<'m> {
    /// The branch that was checked out; `main` where it is not recorded.
    pub(super) fn branch(&self) -> &'m str {
        let main = self.transcripts.iter().find(|transcript| transcript.session.id == self.root);
        let branch = main.map_or(&self.session.branch, |main| &main.session.branch);
        branch.as_deref().unwrap_or("main")
    }

    /// The kind of the agent at work, as matchers of sub-agents go by.
    pub(super) fn agent_role(&self) -> &'m str {
        self.session.agent_role.as_deref().unwrap_or("default")
    }

    /// Is the working folder that the call names not there? The files of the snapshot tell, unless the recording shows
    /// that the command ran. Codex notes that of every command since 0.169, and earlier ones show what it wrote.
    pub(super) fn lacks_folder(&self) -> bool {
        let Some(call) = self.call.filter(|_| self.site.locale.workdir.is_some()) else { return false };
        let notes = is_current(&self.session.cli_version);
        let wrote = || call.output.is_some_and(|output| !body(&output.text()).trim().is_empty());
        let ran = call.item.as_ref().is_some_and(|item| item.status == "completed")
            || (!notes && call.exit_code().is_none_or(|code| code == 0) && wrote());
        // A terminal starts without its folder too.
        !ran && !has_tty(&call.arguments) && self.site.lacks_folder()
    }

    /// The files behind the call, for hooks that look at what it did; `None` without a snapshot, and for calls that did
    /// not run in the recording.
    pub(super) fn files_after(&self) -> Option<Overlay> {
        let call = self.call.filter(|_| self.recorded == Recorded::Ran)?;
        let mut files = self.site.files?.clone();
        let attempt = Attempt::read(call, self.site);
        edits::lay_over(&mut files, call, &attempt, self.site.locale, may_write(call, self.context));
        Some(files)
    }

    /// The sandbox in which the call ran to a good end, where the recording names one.
    pub(super) fn ran_confined(&self) -> Option<Confined<'m>> {
        let call = self.call?;
        let fine = self.recorded == Recorded::Ran && call.exit_code() == Some(0) && !call.unsandboxed;
        let context = self.context.filter(|_| fine)?;
        let writes = match &*context.sandbox_mode {
            "read-only" => false,
            "workspace-write" => true,
            _ => return None,
        };
        Some(Confined { writes, network: context.network, profile: &context.profile })
    }
}

/// Did the recorded sandbox let this call write in the workspace, or is that not known?
pub(super) fn may_write(call: &Call<'_>, context: Option<&Context<'_>>) -> bool {
    call.unsandboxed || context.is_none_or(|context| context.sandbox_mode != "read-only")
}

/// A recorded sandbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Confined<'m> {
    /// The workspace and temporary folders could be written.
    pub(super) writes: bool,
    /// The network could be reached.
    pub(super) network: bool,
    /// Name of the permission profile; empty when it had none.
    pub(super) profile: &'m str,
}
