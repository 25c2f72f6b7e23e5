//! Runs one script in QuickJS, cut off from everything but the [`World`] that the recording tells of.
//!
//! A script is hostile. It has no files, network, clock or chance; memory, stack and the number of steps are
//! limited, and steps are counted by the engine, not timed, so that the outcome is the same on every machine. Only a
//! script that spends seconds inside of few steps (on huge strings) is stopped by time; its outcome is then the same
//! as if it had run out of steps.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant};

use rquickjs::context::intrinsic;
use rquickjs::function::Opt;
use rquickjs::promise::PromiseState;
use rquickjs::{Context, Ctx, Function, Module, Object, Runtime, Value};

use super::Input;
use super::world::{Given, World};

/// What a script may use, in bytes.
const MAX_MEMORY: usize = 24 << 20;
/// Depth of its calls, in bytes of stack.
const MAX_STACK: usize = 512 << 10;
/// Calls and turns of loops that a script may make, in units of 10,000.
const MAX_STEPS: u32 = 100;
/// Time that no script needs who does not mean to waste it.
const MAX_TIME: Duration = Duration::from_secs(2);
/// What such a script takes of the means of all, in steps.
const LATE: u32 = 1_000;
/// How often the outside may act: calls settled and timers rung.
const MAX_TURNS: u32 = 20_000;

const PRELUDE: &str = include_str!("prelude.js");

/// What a script is evaluated with; the parts of the language that reach outside are left out.
type Language = (
    intrinsic::Date,
    intrinsic::Eval,
    intrinsic::RegExpCompiler,
    intrinsic::RegExp,
    intrinsic::Json,
    intrinsic::Proxy,
    intrinsic::MapSet,
    intrinsic::TypedArrays,
    intrinsic::Promise,
);

/// How the evaluation of a script ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// It ran to its end, or left by `exit()`.
    Completed,
    /// It threw.
    Failed,
    /// It waits for something that never comes.
    Waiting,
    /// It goes on in a way that the recording does not tell, or past a limit.
    Stuck,
}

/// Shared between the evaluator and the functions that a script calls.
type Shared = Rc<RefCell<World>>;

/// What scripts of one recording may use up together, so that many hostile ones cost no more than a few.
#[derive(Debug)]
pub(in crate::transcript) struct Means {
    /// In steps, as scripts; every run costs one beside those it takes.
    left: u32,
}

impl Default for Means {
    fn default() -> Self {
        Self { left: 4_000 }
    }
}

/// Runs a script in its world; afterwards the world holds what the script did.
pub(super) fn run(source: &str, world: World, means: &mut Means) -> (Ended, World) {
    let shared = Rc::new(RefCell::new(world));
    let steps = Rc::new(Cell::new(0));
    let most = MAX_STEPS.min(means.left);
    let ended = if most == 0 { Ok(Ended::Stuck) } else { evaluate(source, &shared, &steps, most) };
    let ended = ended.unwrap_or(Ended::Stuck);
    means.left = means.left.saturating_sub(1 + steps.get());
    let world = std::mem::take(&mut *shared.borrow_mut());
    let ended = match ended {
        _ if world.stopped => Ended::Stuck,
        _ if world.exited => Ended::Completed,
        ended => ended,
    };
    (ended, world)
}

fn evaluate(source: &str, shared: &Shared, steps: &Rc<Cell<u32>>, most: u32) -> rquickjs::Result<Ended> {
    let runtime = Runtime::new()?;
    runtime.set_memory_limit(MAX_MEMORY);
    runtime.set_max_stack_size(MAX_STACK);
    runtime.set_gc_threshold(MAX_MEMORY / 4);
    let watched = shared.clone();
    let taken = steps.clone();
    let start = Instant::now();
    runtime.set_interrupt_handler(Some(Box::new(move || {
        let late = start.elapsed() > MAX_TIME;
        taken.set(taken.get() + if late { LATE } else { 1 });
        // The world is borrowed while it acts, and never for long.
        let Ok(mut world) = watched.try_borrow_mut() else { return false };
        world.stopped |= late || taken.get() >= most;
        world.stopped || world.exited
    })));
    let context = Context::custom::<Language>(&runtime)?;
    context.with(|ctx| {
        let prelude: Function<'_> = ctx.eval(PRELUDE)?;
        let outside: Object<'_> = prelude.call((host(&ctx, shared)?,))?;
        drive(&ctx, source, &outside, shared)
    })
}

/// Starts the script and lets the outside act whenever it waits.
fn drive<'js>(
    ctx: &Ctx<'js>,
    source: &str,
    outside: &Object<'js>,
    shared: &Shared,
) -> rquickjs::Result<Ended> {
    let settle: Function<'_> = outside.get("settle")?;
    let ring: Function<'_> = outside.get("ring")?;
    let Ok(script) = Module::evaluate(ctx.clone(), "exec_main.mjs", source) else {
        ctx.catch();
        return Ok(Ended::Failed);
    };
    for _ in 0..MAX_TURNS {
        while ctx.execute_pending_job() {
            if shared.borrow().halted() {
                return Ok(Ended::Stuck);
            }
        }
        if shared.borrow().halted() {
            return Ok(Ended::Stuck);
        }
        match script.state() {
            PromiseState::Resolved => return Ok(Ended::Completed),
            PromiseState::Rejected => return Ok(Ended::Failed),
            PromiseState::Pending => {}
        }
        let next = shared.borrow_mut().settle();
        let acted: rquickjs::Result<bool> = match next {
            Some((id, given)) => give(&settle, id, given).map(|()| true),
            None if shared.borrow().halted() => return Ok(Ended::Stuck),
            None => ring.call(()),
        };
        match acted {
            Ok(true) => {}
            Ok(false) => return Ok(Ended::Waiting),
            // A timer threw; Codex goes on.
            Err(_) => drop(ctx.catch()),
        }
    }
    Ok(Ended::Stuck)
}

fn give(settle: &Function<'_>, id: u32, given: Given) -> rquickjs::Result<()> {
    match given {
        Given::Value(json) => settle.call((id, 0, json)),
        Given::Command(json) => settle.call((id, 1, json)),
        Given::Object => settle.call((id, 2)),
        Given::Refused(text) => settle.call((id, 3, text)),
        Given::RefusedSomehow => settle.call((id, 4)),
        Given::Ignored => settle.call((id, 5)),
    }
}

/// The functions by which the prelude reaches the world.
fn host<'js>(ctx: &Ctx<'js>, shared: &Shared) -> rquickjs::Result<Object<'js>> {
    let host = Object::new(ctx.clone())?;
    let halt = |ctx: &Ctx<'js>| ctx.throw(Value::new_null(ctx.clone()));
    let act = |shared: &Shared| shared.clone();

    let world = act(shared);
    let call =
        move |ctx: Ctx<'js>, name: rquickjs::String<'js>, input: rquickjs::String<'js>, is_text: bool| {
            let mut world = world.borrow_mut();
            let (Ok(name), Ok(input)) = (name.to_string(), input.to_string()) else {
                // Half of a surrogate pair is no text of ours.
                world.stopped = true;
                return Err(halt(&ctx));
            };
            let input = if is_text { Input::Text(input) } else { Input::Json(input) };
            world.call(name, input).ok_or_else(|| halt(&ctx))
        };
    host.set("call", Function::new(ctx.clone(), call)?)?;

    let world = act(shared);
    let print = move |ctx: Ctx<'js>, text: Opt<Value<'js>>| {
        let text = text.0.filter(|text| !text.is_undefined());
        let printed = world.borrow_mut().print(text.and_then(|text| text.get::<String>().ok()));
        printed.ok_or_else(|| halt(&ctx))
    };
    host.set("print", Function::new(ctx.clone(), print)?)?;

    let world = act(shared);
    host.set("unknown", Function::new(ctx.clone(), move || world.borrow_mut().unknown())?)?;
    let world = act(shared);
    host.set("stopped", Function::new(ctx.clone(), move || world.borrow().is_hit())?)?;
    let world = act(shared);
    host.set("enter", Function::new(ctx.clone(), move || world.borrow_mut().enter())?)?;
    let world = act(shared);
    host.set("leave", Function::new(ctx.clone(), move || world.borrow_mut().leave())?)?;
    let world = act(shared);
    host.set("exit", Function::new(ctx.clone(), move || world.borrow_mut().exited = true)?)?;

    let world = act(shared);
    let store = move |ctx: Ctx<'js>, key: String, json: String| {
        world.borrow_mut().store(key, json).ok_or_else(|| halt(&ctx))
    };
    host.set("store", Function::new(ctx.clone(), store)?)?;
    let world = act(shared);
    let load = move |ctx: Ctx<'js>, key: String| world.borrow_mut().load(&key).map_err(|_| halt(&ctx));
    host.set("load", Function::new(ctx.clone(), load)?)?;
    Ok(host)
}
