use std::sync::Mutex;

use super::cell::Kept;
use super::grants::Grants;

/// What stays from call to call of one run under one stage.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// What hooks left in the plugin's data folder.
    pub(super) data: Mutex<Kept>,
    /// What people granted.
    pub(super) grants: Mutex<Grants>,
}
