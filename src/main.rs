//! The command line: parse, dispatch, map the result to an exit code.

fn main() {}
