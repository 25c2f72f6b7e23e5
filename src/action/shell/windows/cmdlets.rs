//! What cmdlets and built-in commands of Windows shells do, coarsely.

/// What a cmdlet does.
#[derive(Clone, Copy)]
pub(super) enum Cmdlet {
    /// It touches nothing.
    Nothing,
    /// It changes the working folder.
    Folder,
    /// It uses its arguments.
    Uses {
        /// Arguments by place; the last one stands for all that follow.
        positional: &'static [Part],
        /// Arguments by name, in lower case.
        named: &'static [(&'static str, Part)],
        /// What is read when no path is given.
        default: &'static str,
    },
}

/// What is done with an argument.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// It is no path.
    Skip,
    /// The file or folder is read.
    Read,
    /// The file or folder is written.
    Write,
    /// It is read and written.
    Move,
    /// It is an address.
    Url,
}

use Part::{Move, Read, Skip, Url, Write};

const READS: Cmdlet = Cmdlet::Uses {
    positional: &[Read],
    named: &[
        ("-path", Read),
        ("-literalpath", Read),
        ("-encoding", Skip),
        ("-totalcount", Skip),
        ("-tail", Skip),
        ("-first", Skip),
        ("-filter", Skip),
        ("-include", Skip),
        ("-exclude", Skip),
        ("-depth", Skip),
        ("-delimiter", Skip),
        ("-algorithm", Skip),
        ("-head", Skip),
        ("-readcount", Skip),
        ("-erroraction", Skip),
        ("-ea", Skip),
    ],
    default: "",
};
const LISTS: Cmdlet = match READS {
    Cmdlet::Uses { positional, named, .. } => Cmdlet::Uses { positional, named, default: "." },
    other => other,
};
const WRITES: Cmdlet = Cmdlet::Uses {
    positional: &[Write, Skip],
    named: &[
        ("-path", Write),
        ("-literalpath", Write),
        ("-filepath", Write),
        ("-value", Skip),
        ("-encoding", Skip),
        ("-itemtype", Skip),
        ("-type", Skip),
        ("-name", Write),
        ("-width", Skip),
        ("-inputobject", Skip),
        ("-erroraction", Skip),
        ("-ea", Skip),
    ],
    default: "",
};
const REMOVES: Cmdlet = Cmdlet::Uses {
    positional: &[Write],
    named: &[
        ("-path", Write),
        ("-literalpath", Write),
        ("-include", Skip),
        ("-exclude", Skip),
        ("-filter", Skip),
        ("-erroraction", Skip),
        ("-ea", Skip),
    ],
    default: "",
};
const COPIES: Cmdlet = Cmdlet::Uses {
    positional: &[Read, Write],
    named: &[
        ("-path", Read),
        ("-literalpath", Read),
        ("-destination", Write),
        ("-erroraction", Skip),
        ("-filter", Skip),
    ],
    default: "",
};
const MOVES: Cmdlet = Cmdlet::Uses {
    positional: &[Move, Write],
    named: &[
        ("-path", Move),
        ("-literalpath", Move),
        ("-destination", Write),
        ("-newname", Write),
        ("-erroraction", Skip),
    ],
    default: "",
};
const SEARCHES: Cmdlet = Cmdlet::Uses {
    positional: &[Skip, Read],
    named: &[
        ("-pattern", Skip),
        ("-path", Read),
        ("-literalpath", Read),
        ("-context", Skip),
        ("-encoding", Skip),
    ],
    default: "",
};
const FETCHES: Cmdlet = Cmdlet::Uses {
    positional: &[Url],
    named: &[
        ("-uri", Url),
        ("-url", Url),
        ("-outfile", Write),
        ("-o", Write),
        ("-infile", Read),
        ("-method", Skip),
        ("-body", Skip),
        ("-headers", Skip),
        ("-source", Url),
        ("-destination", Write),
        ("-computername", Url),
        ("-port", Skip),
        ("-contenttype", Skip),
        ("-timeoutsec", Skip),
        ("-useragent", Skip),
    ],
    default: "",
};
const CMD_SEARCHES: Cmdlet = Cmdlet::Uses { positional: &[Skip, Read], named: &[], default: "" };

/// A cmdlet or alias of PowerShell, in lower case.
pub(super) fn of_powershell(name: &str) -> Option<Cmdlet> {
    Some(match name {
        "get-content" | "gc" | "cat" | "type" | "get-item" | "gi" | "get-filehash" | "import-csv"
        | "get-acl" | "format-hex" | "get-itemproperty" | "import-clixml" => READS,
        "get-childitem" | "gci" | "ls" | "dir" | "tree" => LISTS,
        "set-content" | "sc" | "add-content" | "ac" | "out-file" | "clear-content" | "clc" | "new-item"
        | "ni" | "mkdir" | "md" | "export-csv" | "export-clixml" | "tee-object" | "tee" | "set-acl"
        | "set-itemproperty" | "set-item" => WRITES,
        "remove-item" | "ri" | "rm" | "del" | "erase" | "rd" | "rmdir" => REMOVES,
        "copy-item" | "cpi" | "cp" | "copy" => COPIES,
        "move-item" | "mi" | "mv" | "move" | "rename-item" | "rni" | "ren" => MOVES,
        "select-string" | "sls" => SEARCHES,
        "invoke-webrequest" | "iwr" | "invoke-restmethod" | "irm" | "start-bitstransfer"
        | "test-netconnection" | "test-connection" | "wget" | "curl" => FETCHES,
        "set-location" | "cd" | "chdir" | "sl" | "push-location" | "pushd" => Cmdlet::Folder,
        "write-output" | "write-host" | "echo" | "write" | "get-date" | "get-location" | "pwd" | "gl"
        | "select-object" | "select" | "sort-object" | "sort" | "measure-object" | "measure"
        | "format-table" | "ft" | "format-list" | "fl" | "out-string" | "out-null" | "out-host"
        | "get-process" | "gps" | "get-command" | "gcm" | "get-help" | "get-member" | "gm"
        | "get-variable" | "get-host" | "get-service" | "test-path" | "resolve-path" | "join-path"
        | "split-path" | "start-sleep" | "sleep" | "convertfrom-json" | "convertto-json" | "exit" | "cls"
        | "clear-host" | "get-history" | "group-object" | "get-unique" | "get-psdrive" | "write-error"
        | "write-warning" | "get-alias" | "get-culture" | "whoami" | "hostname" | "where.exe" => {
            Cmdlet::Nothing
        }
        _ => return None,
    })
}

/// A command of cmd.exe, in lower case.
pub(super) fn of_cmd(name: &str) -> Option<Cmdlet> {
    Some(match name {
        "type" | "more" | "fc" | "comp" | "attrib" | "sort" => READS,
        "dir" | "tree" => LISTS,
        "md" | "mkdir" | "del" | "erase" | "rd" | "rmdir" => REMOVES,
        "copy" | "xcopy" | "robocopy" => COPIES,
        "move" | "ren" | "rename" => MOVES,
        "findstr" | "find" => CMD_SEARCHES,
        "cd" | "chdir" | "pushd" => Cmdlet::Folder,
        "echo" | "rem" | "set" | "ver" | "vol" | "where" | "whoami" | "hostname" | "date" | "time"
        | "cls" | "exit" | "title" | "timeout" | "pause" | "tasklist" | "systeminfo" | "chcp" | "popd"
        | "setlocal" | "endlocal" | "path" | "@echo" => Cmdlet::Nothing,
        _ => return None,
    })
}

/// Programs that are the same in every shell.
pub(super) fn is_common(name: &str) -> bool {
    matches!(
        name,
        "git"
            | "gh"
            | "cargo"
            | "rustc"
            | "rustup"
            | "npm"
            | "npx"
            | "pnpm"
            | "yarn"
            | "bun"
            | "node"
            | "deno"
            | "python"
            | "python3"
            | "py"
            | "pip"
            | "uv"
            | "go"
            | "dotnet"
            | "java"
            | "mvn"
            | "gradle"
            | "rg"
            | "grep"
            | "sed"
            | "awk"
            | "jq"
            | "docker"
            | "kubectl"
            | "ssh"
            | "scp"
            | "curl"
            | "tar"
            | "bash"
            | "sh"
            | "wsl"
            | "code"
            | "codex"
            | "tsc"
            | "eslint"
            | "prettier"
            | "pytest"
            | "ruff"
            | "make"
            | "cmake"
            | "powershell"
            | "pwsh"
            | "cmd"
            | "fd"
            | "head"
            | "tail"
            | "wc"
    )
}
