//! One role, one plugin, many tasks, and the bars of each stage, as read from a suite folder.
