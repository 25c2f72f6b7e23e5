use super::*;
use crate::action::{Action, Command, Dialect};
use crate::transcript::Recorded::{Declined, Ran, Rejected, Unknown};
use crate::transcript::{Format, Usage};

const LOG: &str = r#"{"type":"thread.started","thread_id":"t1"}
{"type":"item.completed","item":{"id":"item_0","type":"error","message":"a warning"}}
{"type":"turn.started"}
{"type":"item.started","item":{"id":"item_2","type":"command_execution","command":"/bin/bash -lc 'cat README.md'","aggregated_output":"","exit_code":null,"status":"in_progress"}}
{"type":"item.completed","item":{"id":"item_2","type":"command_execution","command":"/bin/bash -lc 'cat README.md'","aggregated_output":"patch rejected by user","exit_code":0,"status":"completed"}}
{"type":"item.completed","item":{"id":"item_3","type":"file_change","changes":[{"path":"/w/new.txt","kind":"add"},{"path":"/w/old","kind":"delete"},{"path":"/w/x","kind":"update"}],"status":"completed"}}
{"type":"item.started","item":{"id":"item_4","type":"mcp_tool_call","server":"tracker","tool":"destr","arguments":{"id":"1"},"result":null,"error":null,"status":"in_progress"}}
{"type":"item.completed","item":{"id":"item_4","type":"mcp_tool_call","server":"tracker","tool":"destr","arguments":{"id":"1"},"result":null,"error":{"message":"MCP tool call requires approval, but approval policy is never"},"status":"failed"}}
{"type":"item.started","item":{"id":"item_5","type":"collab_tool_call","tool":"spawn_agent","sender_thread_id":"t1","receiver_thread_ids":[],"prompt":"work","agents_states":{},"status":"in_progress"}}
{"type":"item.completed","item":{"id":"item_5","type":"collab_tool_call","tool":"spawn_agent","sender_thread_id":"t1","receiver_thread_ids":["t2"],"prompt":"work","agents_states":{},"status":"completed"}}
{"type":"item.started","item":{"id":"item_6","type":"web_search","id":"item_6_4","query":"q","action":{"type":"search","query":"q"}}}
{"type":"item.completed","item":{"id":"item_6","type":"web_search","id":"item_6_4","query":"q","action":{"type":"search","query":"q"}}}
{"type":"item.started","item":{"id":"item_7","type":"command_execution","command":"/bin/bash -lc cat","aggregated_output":"","exit_code":null,"status":"in_progress"}}
{"type":"item.completed","item":{"id":"item_8","type":"todo_list","items":[]}}
{"type":"item.completed","item":{"id":"item_9","type":"agent_message","text":"All done."}}
{"type":"turn.completed","usage":{"input_tokens":800,"cached_input_tokens":160,"cache_write_input_tokens":0,"output_tokens":240,"reasoning_output_tokens":40}}
"#;

#[test]
fn event_logs_are_read() {
    let transcript = read(LOG);
    assert_eq!((transcript.format, transcript.session.id.as_ref()), (Format::ExecJson, "t1"));
    let want = [
        "call item_2",
        "call item_3",
        "call item_4",
        "call item_5",
        "call item_6_4",
        "call item_7",
        "message All done.",
        "ended",
    ];
    assert_eq!(told(&transcript), want);
    let calls = calls(&transcript);
    let Action::Shell(shell) = &calls[0].action else { panic!() };
    assert_eq!(shell.command, Command::Script { dialect: Dialect::Posix, text: "cat README.md".into() });
    assert_eq!(calls[0].exit_code(), Some(0));
    assert_eq!(calls[0].output.unwrap().text(), "patch rejected by user");
    let Action::Patch(patch) = &calls[1].action else { panic!() };
    let files = "*** Add File: /w/new.txt\n*** Delete File: /w/old\n*** Update File: /w/x\n";
    assert_eq!(patch, &format!("*** Begin Patch\n{files}*** End Patch"));
    assert_eq!(calls[3].child_thread.as_deref(), Some("t2"));
    assert_eq!(calls[4].action, Action::WebSearch("q".into()));
    let recorded: Vec<_> = calls.iter().map(|call| call.recorded()).collect();
    assert_eq!(recorded, [Ran, Ran, Rejected, Ran, Ran, Unknown]);
    let answered: Vec<_> = calls.iter().map(|call| call.answered).collect();
    assert_eq!(answered, [Some(5), Some(6), Some(8), Some(10), Some(12), None]);
    assert_eq!(transcript.usage, Usage { input: 800, cached: 160, output: 240, reasoning: 40 });
    assert_eq!((transcript.tally.unknown.len(), transcript.tally.broken), (0, 0));
}

#[test]
fn ids_that_start_again_are_other_calls() {
    let run = r#"{"type":"item.completed","item":{"id":"item_0","type":"command_execution","command":"ls","aggregated_output":"","exit_code":0,"status":"completed"}}"#;
    let text = text(&[run, r#"{"type":"turn.failed","error":{"message":"m"}}"#, run]);
    assert_eq!(told(&read(&text)), ["call item_0", "aborted m", "call item_0"]);
}

#[test]
fn declined_items_and_unknown_items() {
    let text = text(&[
        r#"{"type":"item.completed","item":{"id":"item_0","type":"command_execution","command":"ls","aggregated_output":"","exit_code":null,"status":"declined"}}"#,
        r#"{"type":"item.completed","item":{"id":"item_1","type":"new_thing"}}"#,
    ]);
    let transcript = read(&text);
    assert_eq!(calls(&transcript)[0].recorded(), Declined);
    assert_eq!(transcript.tally.unknown.get("item/new_thing"), Some(&1));
}
