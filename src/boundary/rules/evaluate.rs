use std::rc::Rc;
use std::sync::OnceLock;

use starlark::codemap::FileSpanRef;
use starlark::environment::{Globals, GlobalsBuilder, Module};
use starlark::eval::{BeforeStmtFunc, BeforeStmtFuncDyn, Evaluator};
use starlark::syntax::{AstModule, Dialect};

use super::builtins::{Stop, functions};
use super::collect::{Collector, Stated};
use super::{apart, scan};
use crate::finding::Finding;
use crate::source::TextFile;

/// Largest rules file that is evaluated, in bytes.
const MAX_FILE: usize = 256 << 10;
/// Function calls and loop rounds that one file may take.
const MAX_TICKS: u64 = 200_000;
/// Memory that the values of one file may take, in bytes; looked at every thousand ticks.
const MAX_HEAP: usize = 64 << 20;
/// Stack of the thread that evaluates, in bytes; the longest chain of operators that is let through fits.
const STACK: usize = 512 << 20;

/// Runs rules files in order and collects what they state.
///
/// A file that fails is an error finding; Codex 0.169 then refuses to start (`exec`) or goes on without any user
/// rule (`app-server`).
pub(super) fn run(files: &[TextFile]) -> Stated {
    match apart::try_apart(files) {
        Ok(()) => run_here(files),
        Err(finding) => Stated { findings: vec![finding], ..Stated::default() },
    }
}

/// The same in this process, whatever it takes.
fn run_here(files: &[TextFile]) -> Stated {
    run_all(files).unwrap_or_else(|| {
        let finding =
            Finding::error("rules", "the rules could not be evaluated").help("simplify the rules files");
        Stated { findings: vec![finding], ..Stated::default() }
    })
}

/// Runs rules files in a thread with a large stack; `None` when Starlark gives up on them in a way of its own.
pub(super) fn run_all(files: &[TextFile]) -> Option<Stated> {
    let work = || files.iter().fold(Stated::default(), run_file);
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("rules".into()).stack_size(STACK);
        thread.spawn_scoped(scope, work).ok().and_then(|thread| thread.join().ok())
    })
}

fn run_file(stated: Stated, file: &TextFile) -> Stated {
    let collector = Rc::new(Collector::new(file.name().clone(), stated));
    if let Some(finding) = too_large(file) {
        collector.problem(finding);
        return collector.take();
    }
    if let Err(error) = collector.during(|| evaluate(file)) {
        let place = collector.place(error.span());
        let message = error.without_diagnostic().to_string().split_whitespace().collect::<Vec<_>>().join(" ");
        let help = way_out(&message);
        collector.problem(Finding::error("rules", shorten(message)).at(place).help(help));
    }
    let mut stated = collector.take();
    for examples in std::mem::take(&mut stated.examples) {
        examples.check(&stated.prefix_rules, &stated.hosts, &mut stated.findings);
    }
    stated
}

fn evaluate(file: &TextFile) -> starlark::Result<()> {
    let ast = AstModule::parse(file.name(), file.text().to_owned(), &dialect())?;
    Module::with_temp_heap(|module| {
        let mut evaluator = Evaluator::new(&module);
        evaluator.set_max_tick_count(MAX_TICKS).map_err(starlark::Error::new_other)?;
        evaluator.set_max_heap_size(MAX_HEAP).map_err(starlark::Error::new_other)?;
        evaluator.before_stmt_for_dap(BeforeStmtFunc::from_dyn(Box::new(HeapGuard)));
        evaluator.eval_module(ast, globals()).map(drop)
    })
}

/// Looks at the memory in use before every statement: a value that doubles from one statement to the next grows
/// past all bounds between the looks that Starlark takes by itself.
struct HeapGuard;

impl<'e> BeforeStmtFuncDyn<'e> for HeapGuard {
    fn call<'v>(
        &mut self,
        _: FileSpanRef<'_>,
        _: bool,
        eval: &mut Evaluator<'v, '_, 'e>,
    ) -> starlark::Result<()> {
        if eval.heap().allocated_bytes() > MAX_HEAP {
            return Err(starlark::Error::new_other(Stop("heap limit exceeded")));
        }
        Ok(())
    }
}

/// The Starlark that Codex 0.169 accepts: type annotations, top-level statements, f-strings, no `print`.
fn dialect() -> Dialect {
    Dialect { enable_f_strings: true, ..Dialect::Extended }
}

fn globals() -> &'static Globals {
    static GLOBALS: OnceLock<Globals> = OnceLock::new();
    GLOBALS.get_or_init(|| GlobalsBuilder::standard().with(functions).build())
}

fn too_large(file: &TextFile) -> Option<Finding> {
    let text = file.text();
    if text.len() > MAX_FILE {
        let message = format!("the rules file is larger than {} KiB", MAX_FILE >> 10);
        return Some(Finding::error("rules", message).at(file.place(0)).help("split it into several files"));
    }
    let (at, message) = scan::too_complex(text)?;
    Some(Finding::error("rules", message).at(file.place(at)).help("split the expression into several"))
}

fn way_out(message: &str) -> &'static str {
    if message == "too many rules" {
        "rules files may state 20,000 rules together"
    } else if message.contains("extra named parameter") {
        "prefix_rule takes pattern, decision, match, not_match, justification and canonical_matching"
    } else if message.contains("No imports") {
        "rules files cannot load others; list every file in `rules`"
    } else if message.contains("tick") || message.contains("heap") || message.contains("Heap") {
        "a rules file may take 200,000 steps and 64 MiB"
    } else if message.contains("stack") || message.contains("recursion") {
        "functions may call each other 50 deep"
    } else if message.contains("not found") {
        "only prefix_rule, host_executable, network_rule and Starlark's own functions exist"
    } else if message.contains("Missing parameter") {
        "name all that the function needs"
    } else {
        "rules files are written in Starlark"
    }
}

fn shorten(mut message: String) -> String {
    if let Some((end, _)) = message.char_indices().nth(300) {
        message.truncate(end);
        message.push('…');
    }
    message
}
