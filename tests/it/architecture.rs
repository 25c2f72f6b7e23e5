//! Holds the one-way order of the modules: `lib.rs` lists them, and each may use only those before it.

use std::path::{Path, PathBuf};

fn module_order() -> Vec<String> {
    let lib = std::fs::read_to_string("src/lib.rs").unwrap();
    lib.lines()
        .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';').map(str::to_owned))
        .collect()
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            found.push(path);
        }
    }
}

/// Modules of this crate that a source text names after `crate::`.
fn uses(text: &str) -> Vec<String> {
    text.match_indices("crate::")
        .map(|(at, _)| {
            let rest = &text[at + "crate::".len()..];
            rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect()
        })
        .collect()
}

#[test]
fn modules_use_only_those_before_them() {
    let order = module_order();
    assert!(order.len() > 10, "lib.rs no longer lists its modules as `pub mod name;`");
    let mut wrong = Vec::new();
    for (rank, module) in order.iter().enumerate() {
        let mut files = Vec::new();
        let folder = Path::new("src").join(module);
        if folder.is_dir() {
            rust_files(&folder, &mut files);
        } else {
            files.push(Path::new("src").join(format!("{module}.rs")));
        }
        for file in files {
            for used in uses(&std::fs::read_to_string(&file).unwrap()) {
                let later = order.iter().position(|name| *name == used).is_none_or(|at| at > rank);
                let meets = module == "transcript" && ["plugin", "boundary"].contains(&used.as_str());
                if later || meets {
                    wrong.push(format!("{} uses {used}", file.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_check_sees_a_wrong_use() {
    assert_eq!(uses("use crate::gate::Gate; let x = crate::source::Place;"), ["gate", "source"]);
}
