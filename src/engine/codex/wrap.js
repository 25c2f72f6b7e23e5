const calls = [];
const watched = new Proxy({}, {
  get(_, name) {
    const call = tools[name];
    if (call === undefined && typeof name === "string") calls.push([name, `unsupported call: ${name}`]);
    if (typeof call !== "function") return call;
    return (...given) => {
      const row = [String(name), null];
      calls.push(row);
      const fail = (error) => { row[1] = String((error && error.message) || error); throw error; };
      try {
        return Promise.resolve(call.apply(tools, given)).then((value) => {
          const parts = value && value.isError && Array.isArray(value.content) ? value.content : [];
          row[1] = parts.map((part) => String((part && part.text) || "")).join("\n");
          return value;
        }, fail);
      } catch (error) { return fail(error); }
    };
  },
  has: (_, name) => name in tools,
  ownKeys: () => Reflect.ownKeys(tools),
  getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }),
});
