// What a script of code mode finds around it, as Codex 0.169 lays it out. `host` reaches the evaluator; whatever a
// script may change (prototypes, globals) is taken before it runs. Gives back what the evaluator drives it with.
(function (host) {
  "use strict";
  const g = globalThis;
  const { parse, stringify } = JSON;
  const { defineProperty, prototype: { hasOwnProperty } } = Object;
  const { apply, construct, get: read } = Reflect;
  const { Promise, Proxy, Map, RegExp, TypeError, Date, Error, Symbol } = g;
  const own = (object, key) => apply(hasOwnProperty, object, [key]);
  const put = (object, key, value) =>
    defineProperty(object, key, { __proto__: null, value, writable: true, enumerable: true, configurable: true });
  const hide = (object, key, value) =>
    defineProperty(object, key, { __proto__: null, value, writable: true, enumerable: false, configurable: true });
  const bare = (fields) => ({ __proto__: null, ...fields });

  // Something that the recording does not tell. Outside of what is printed the evaluation ends here.
  const unknown = () => { throw host.unknown(); };
  const untold = (object, key) =>
    defineProperty(object, key, { __proto__: null, get: unknown, set: unknown, enumerable: true, configurable: true });
  const blocked = bare({
    set: unknown, has: unknown, deleteProperty: unknown, ownKeys: unknown, getOwnPropertyDescriptor: unknown,
    defineProperty: unknown, getPrototypeOf: unknown, setPrototypeOf: unknown, isExtensible: unknown,
    preventExtensions: unknown,
  });
  // An object of which nothing is known but that it is one, and no function that settles a promise.
  const object = () => new Proxy(bare({}), bare({ ...blocked, get: (_, key) => (key === "then" ? undefined : unknown()) }));
  // A text of which nothing is known but that it is not empty.
  const ofText = String.prototype;
  const text = () => new Proxy(bare({}), bare({
    ...blocked,
    get: (_, key) => (key in ofText || key === Symbol.toPrimitive || (typeof key === "string" && (key === "length" || +key >= 0)) ? unknown() : undefined),
    getPrototypeOf: () => null,
  }));

  const waiting = bare({});
  const call = (name, given) => {
    let input, isText = typeof given === "string";
    try {
      input = isText ? given : given === undefined ? "{}" : stringify(given);
    } catch (error) {
      if (host.stopped()) throw error;
      throw `${error}`;
    }
    if (input === undefined) unknown();
    const id = host.call(name, input, isText);
    return new Promise((resolve, reject) => { waiting[id] = bare({ resolve, reject }); });
  };
  const toolset = new Proxy({}, bare({
    get(target, key, receiver) {
      if (typeof key !== "string" || key === "then" || key === "toJSON" || key in target) return read(target, key, receiver);
      const tool = function () { return call(key, arguments[0]); };
      hide(tool, "name", "");
      put(target, key, tool);
      return tool;
    },
    has: (target, key) => own(target, key) || unknown(),
    getOwnPropertyDescriptor: unknown, ownKeys: unknown, deleteProperty: unknown,
  }));
  put(g, "tools", toolset);
  defineProperty(g, "ALL_TOOLS", { __proto__: null, get: unknown, set: unknown, enumerable: true, configurable: true });

  const plain = (value) => {
    if (typeof value === "string") return value;
    const json = typeof value === "object" && value !== null ? stringify(value) : undefined;
    return json === undefined ? (typeof value === "function" || typeof value === "symbol" ? "undefined" : `${value}`) : json;
  };
  const print = (given) => { host.print(plain(given)); };
  const block = (value) => {
    if (typeof value === "object" && value !== null && value.type === "text") print(value.text);
    else host.print(undefined);
  };
  hide(g, "text", function text(value) { print(value); });
  // What a script prints is evaluated apart: it may hold what is not known.
  hide(g, "__print__", (thunk) => {
    host.enter();
    let value;
    try { value = plain(thunk()); } catch (error) {
      if (host.leave()) return host.print(undefined);
      throw error;
    }
    host.print(host.leave() ? undefined : value);
  });
  hide(g, "__note__", (thunk) => {
    host.enter();
    try { plain(thunk()); } catch (error) { if (!host.leave()) throw error; return; }
    host.leave();
  });
  hide(g, "notify", function notify(value) { plain(value); });
  const shows = () => host.print(undefined);
  hide(g, "image", shows); hide(g, "audio", shows); hide(g, "generatedImage", shows);
  hide(g, "content", function content(value) {
    if (typeof value === "string" || typeof value?.[Symbol.iterator] !== "function") return block(value);
    for (const item of value) block(item);
  });
  hide(g, "yield_control", () => {});
  hide(g, "exit", () => { throw host.exit(); });
  hide(g, "store", function store(key, value) {
    const json = stringify(value);
    if (json === undefined) throw new TypeError(`Unable to store "${key}". Only plain serializable objects can be stored.`);
    host.store(`${key}`, json);
  });
  hide(g, "load", function load(key) {
    const json = host.load(`${key}`);
    return json === undefined ? undefined : parse(json);
  });
  hide(g, "as_settled", function as_settled(promises) {
    let ready = [], pending = 0, wake;
    const settle = (result) => { pending--; ready.push(result); if (wake) { const now = wake; wake = undefined; now(); } };
    const keyed = promises instanceof Map;
    let position = 0;
    for (const entry of promises) {
      const [index, promise] = keyed ? entry : [position++, entry];
      pending++;
      Promise.resolve(promise).then(
        (value) => settle({ index, status: "fulfilled", value }),
        (reason) => settle({ index, status: "rejected", reason }));
    }
    return (async function* () {
      while (pending > 0 || ready.length > 0) {
        if (ready.length === 0) await new Promise((resolve) => { wake = resolve; });
        const batch = ready;
        ready = [];
        yield* batch;
      }
    })();
  });
  hide(g, "stream_settled", async function stream_settled(promises, emit) {
    if (typeof emit !== "function") throw new TypeError("stream_settled requires a callback");
    for await (const result of g.as_settled(promises)) await emit(result);
  });

  const timers = bare({});
  let last = 0, now = 0, count = 0;
  hide(g, "setTimeout", function setTimeout(callback, delay) {
    const wait = +delay;
    timers[count++] = bare({ id: ++last, at: now + (wait > 0 ? wait : 0), callback });
    return last;
  });
  hide(g, "clearTimeout", function clearTimeout(id) {
    for (let at = 0; at < count; at++) if (timers[at].id === id) timers[at].callback = undefined;
  });

  // Which of two calls ends first, the clock, chance, the machine's language and its memory are not recorded.
  hide(Promise, "race", unknown); hide(Promise, "any", unknown);
  hide(Math, "random", unknown);
  const isUtc = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?Z)?$/;
  const test = isUtc.exec;
  const Clock = new Proxy(Date, bare({
    apply: unknown,
    construct(target, given, kind) {
      const value = given[0];
      if (given.length !== 1 || (typeof value === "string" ? apply(test, isUtc, [value]) === null : typeof value !== "number")) unknown();
      return construct(target, given, kind);
    },
  }));
  const told = ["constructor", "valueOf", "getTime", "toISOString", "toJSON"];
  for (const key of Reflect.ownKeys(Date.prototype)) {
    if (typeof key !== "string" || (!told.includes(key) && !key.includes("UTC"))) hide(Date.prototype, key, unknown);
  }
  hide(Clock, "now", unknown); hide(Clock, "parse", unknown);
  hide(Date.prototype, "constructor", Clock);
  hide(g, "Date", Clock);
  for (const kind of [String, Number, Array, Object, Object.getPrototypeOf(Int8Array)]) {
    hide(kind.prototype, "toLocaleString", unknown);
  }
  for (const key of ["localeCompare", "toLocaleLowerCase", "toLocaleUpperCase"]) hide(ofText, key, unknown);
  for (const name of ["Intl", "WeakRef", "FinalizationRegistry", "BigInt", "BigInt64Array", "BigUint64Array"]) {
    defineProperty(g, name, { __proto__: null, get: unknown, set: unknown, enumerable: false, configurable: true });
  }
  // Code from text, which no reader of the script has seen.
  const coder = function Function() { unknown(); };
  coder.prototype = g.Function.prototype;
  for (const one of [() => {}, async () => {}, function* () {}, async function* () {}]) {
    hide(Object.getPrototypeOf(one), "constructor", coder);
  }
  hide(g, "Function", coder);
  hide(g, "eval", unknown);
  for (const name of ["InternalError", "SharedArrayBuffer", "Atomics", "atob", "btoa", "performance", "queueMicrotask"]) {
    delete g[name];
  }
  for (const kind of [DataView.prototype]) {
    for (const key of Reflect.ownKeys(kind)) if (typeof key === "string" && key.includes("Big")) delete kind[key];
  }
  for (const key of ["chunks", "includes", "join", "windows"]) delete Iterator.prototype[key];
  for (const key of ["fileName", "lineNumber", "columnNumber"]) delete g.Function.prototype[key];
  delete Iterator.zip; delete Iterator.zipKeyed; delete Error.prepareStackTrace;
  defineProperty(Error.prototype, "stack", { __proto__: null, get: unknown, set: unknown, enumerable: false, configurable: true });

  // What takes long without a step that the engine counts.
  const size = (text) => (typeof text === "string" ? text.length : 0);
  for (const key of ["indexOf", "lastIndexOf", "includes", "split", "replace", "replaceAll"]) {
    const search = ofText[key];
    hide(ofText, key, ({ [key](wanted) {
      if (size(this) > 65536 || typeof this !== "string") {
        const odd = typeof this !== "string" || (typeof wanted === "object" && !(wanted instanceof RegExp));
        if (odd || size(this) * size(wanted) > 1e9) unknown();
      }
      return apply(search, this, arguments);
    } })[key]);
  }
  for (const key of ["sort", "toSorted"]) {
    const sort = Array.prototype[key];
    hide(Array.prototype, key, ({ [key](compare) {
      if (compare === undefined && this?.length > 64) {
        let sum = 0;
        for (let at = 0; at < this.length; at++) {
          if (typeof this[at] === "object" || (sum += size(this[at])) > 1e7) unknown();
        }
      }
      return apply(sort, this, arguments);
    } })[key]);
  }

  return bare({
    // Settles a call: 0 with a value, 1 with what a command gave, 2 with an object, 3 refused with a text,
    // 4 refused with a text that is not known, 5 with a value that is not looked at.
    settle(id, how, value) {
      const { resolve, reject } = waiting[id];
      delete waiting[id];
      if (how === 0) resolve(parse(value));
      else if (how === 1) {
        const result = parse(value);
        untold(result, "chunk_id"); untold(result, "wall_time_seconds"); untold(result, "original_token_count");
        resolve(result);
      } else if (how === 2) resolve(object());
      else if (how === 3) reject(value);
      else if (how === 4) reject(text());
      else resolve(undefined);
    },
    // Lets the next timer ring; gives whether there was one.
    ring() {
      let next = -1;
      for (let at = 0; at < count; at++) {
        if (timers[at].callback !== undefined && (next < 0 || timers[at].at < timers[next].at)) next = at;
      }
      if (next < 0) return false;
      const { callback, at } = timers[next];
      timers[next].callback = undefined;
      now = at;
      callback();
      return true;
    },
  });
})
